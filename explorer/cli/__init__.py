"""The `explorer` command: the same work from a shell.

Exit status 0 = done; 1 = an answer that a script acts on (the share of wrong labels is over the limit, conflicts are
open, the store is damaged); 2 = whatever went wrong: refused with a reason, used wrongly, or a bug. 1 is never anything
but that answer. 130 = interrupted.
"""

from __future__ import annotations

import argparse
import logging
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from explorer.cli.data import DATA_OPTIONS
from explorer.cli.printing import unread
from explorer.errors import ExplorerError

log = logging.getLogger("explorer")


class AnyOrder(argparse.ArgumentParser):
    """Takes options before, between and after the positional arguments, as git does: `tag STORE -m why v1`."""

    _mixing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse what a command is given."""
        if self._mixing:  # which is how the standard library's own intermixed parsing comes back here
            return super().parse_known_args(args, namespace)
        self._mixing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixing = False


# Remedies are written for Python; here the same is said as one types it.
_SAID_HERE = {
    "force=True": "-f",
    "branch() lists them": "`explorer branch STORE` lists them",
    "switch(name, create=True) makes one": "`explorer branch STORE NAME` makes one",
    "name one with format=": "name one with --format",
    "give an array: probs=table[[…]].to_numpy()": "give a .npy file with --probs",
    "Give columns called after the classes (a DataFrame), or": "Give columns of the data called after the classes, or",
}

_OPTION = re.compile(rf"\b({'|'.join(DATA_OPTIONS)})=(\[…\])?(?=[\s.,;:)]|$)")
"""An argument of Python's without a value of its own, which is an option here."""


def said_here(text: str) -> str:
    """Say a message's remedy as one types it: "label=" as "--label"."""
    for python, shell in _SAID_HERE.items():
        text = text.replace(python, shell)
    return _OPTION.sub(lambda found: f"--{found[1]}{' …' if found[2] else ''}", text)


class SaidHere(logging.Formatter):
    """Writes what is logged as `said_here` does; a traceback stays as it is."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the standard library's name
        """Write the message alone."""
        return said_here(super().formatMessage(record))


@contextmanager
def _logging() -> Iterator[None]:
    """Let warnings be said as one types it, unless whoever calls has a place of their own for them."""
    if log.hasHandlers():
        yield
        return
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    handler.setFormatter(SaidHere())
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = build_parser()
    given = parser.parse_args(argv)
    if not hasattr(given, "run"):
        parser.print_help()
        return 0
    with _logging():
        return _run(given)


def _run(given: argparse.Namespace) -> int:
    status = None
    try:
        status = int(given.run(given) or 0)
        sys.stdout.flush()  # a reader that went away shows here, and not when the interpreter ends
    except ExplorerError as error:
        print(f"explorer: {said_here(str(error))}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        unread()
        if status is None:  # where the status is an answer, none has been given
            return 2 if hasattr(given, "answer") else 0
        return status
    except KeyboardInterrupt:
        return 130
    except Exception:  # a crash must not look like an answer, which is 1
        log.exception("explorer: an error that was not expected; please report it.")
        return 2
    return status


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    from explorer import __doc__ as about
    from explorer import __version__
    from explorer.cli import bench, change, data, helped, issues, look, merge

    parser = argparse.ArgumentParser(
        prog="explorer",
        description=(about or "").splitlines()[0],
        epilog="explorer COMMAND --help says more of each. Exit status: 0 done; 1 the answer that a command's help "
        "names; 2 refused with a reason, or used wrongly.",
    )
    parser.add_argument("--version", action="version", version=f"explorer {__version__}")
    commands: Any = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=AnyOrder)
    data.add_commands(commands)
    issues.add_commands(commands)
    helped.add_commands(commands)
    look.add_commands(commands)
    change.add_commands(commands)
    merge.add_commands(commands)
    bench.add_commands(commands)
    for command in commands.choices.values():
        answer = command.get_default("answer")
        one = f"; 1 {answer}" if answer else ""
        command.epilog = f"Exit status: 0 done{one}; 2 refused with a reason, or used wrongly."
    return parser
