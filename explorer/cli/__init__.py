"""The `explorer` command: the same work from a shell.

Exit status 0 = done; 1 = an answer that a script acts on (the share of wrong labels is over the limit, conflicts are
open, the store is damaged); 2 = whatever went wrong: refused with a reason, used wrongly, or a bug. 1 is never anything
but that answer. 130 = interrupted.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from explorer.cli.messages import SaidHere, said_here
from explorer.cli.output import unread
from explorer.cli.parser import AnyOrder
from explorer.errors import ExplorerError

log = logging.getLogger("explorer")


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
    from explorer.cli.commands import bench, helped, history, issues, merge, review, store

    parser = argparse.ArgumentParser(
        prog="explorer",
        description=(about or "").splitlines()[0],
        epilog="explorer COMMAND --help says more of each. Exit status: 0 done; 1 the answer that a command's help "
        "names; 2 refused with a reason, or used wrongly.",
    )
    parser.add_argument("--version", action="version", version=f"explorer {__version__}")
    commands: Any = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=AnyOrder)
    review.add_commands(commands)
    issues.add_commands(commands)
    helped.add_commands(commands)
    history.add_commands(commands)
    store.add_commands(commands)
    merge.add_commands(commands)
    bench.add_commands(commands)
    for command in commands.choices.values():
        answer = command.get_default("answer")
        one = f"; 1 {answer}" if answer else ""
        command.epilog = f"Exit status: 0 done{one}; 2 refused with a reason, or used wrongly."
    return parser
