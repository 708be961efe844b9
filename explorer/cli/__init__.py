"""The `explorer` command: the same work from a shell.

Exit status 0 = done, 1 = refused with a reason (also: conflicts are open, or the store is damaged), 2 = usage. Where
1 is an answer (`issues --fail-over`), whatever goes wrong exits with 2.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from explorer.cli.printing import unread
from explorer.errors import ExplorerError


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
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = build_parser()
    given = parser.parse_args(argv)
    if not hasattr(given, "run"):
        parser.print_help()
        return 0
    status = None
    try:
        status = int(given.run(given) or 0)
        sys.stdout.flush()  # a reader that went away shows here, and not when the interpreter ends
    except ExplorerError as error:
        text = str(error)
        for python, shell in _SAID_HERE.items():
            text = text.replace(python, shell)
        print(f"explorer: {text}", file=sys.stderr)
        return int(getattr(given, "refused", 1))
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        unread()
        # Where 1 is an answer, none has been given.
        return int(getattr(given, "refused", 0)) if status is None else status
    except KeyboardInterrupt:
        return 130
    return status


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    from explorer import __doc__ as about
    from explorer import __version__
    from explorer.cli import bench, change, data, helped, issues, look, merge

    parser = argparse.ArgumentParser(
        prog="explorer", description=(about or "").splitlines()[0], epilog="explorer COMMAND --help says more of each."
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
    return parser
