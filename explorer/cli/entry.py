"""Where the command begins: the overview at once, anything else through its own parser."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status.

    Parameters
    ----------
    argv
        The words after `explorer`; by default those of this process.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    if not given or given[0] in ("-h", "--help"):
        from explorer.cli.overview import text

        print(text())
        return 0
    from explorer.cli.run import run

    return run(given)
