"""The `explorer` command: the same work from a shell.

Exit status 0 = done, 1 = refused with a reason (also: conflicts are open, or the store is damaged), 2 = usage.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from explorer.errors import ExplorerError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = build_parser()
    given = parser.parse_args(argv)
    if not hasattr(given, "run"):
        parser.print_help()
        return 0
    try:
        status = int(given.run(given) or 0)
        sys.stdout.flush()  # a reader that went away shows here, and not when the interpreter ends
    except ExplorerError as error:
        print(f"explorer: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130
    return status


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    from explorer import __doc__ as about
    from explorer import __version__
    from explorer.cli import change, data, look, merge

    parser = argparse.ArgumentParser(
        prog="explorer", description=(about or "").splitlines()[0], epilog="explorer COMMAND --help says more of each."
    )
    parser.add_argument("--version", action="version", version=f"explorer {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    data.add_commands(commands)
    look.add_commands(commands)
    change.add_commands(commands)
    merge.add_commands(commands)
    return parser
