"""The `explorer` command: the same work from a shell.

Exit status 0 = done; 1 = an answer that a script acts on (the share of wrong labels is over the limit, conflicts are
open, the store is damaged); 2 = whatever went wrong: refused with a reason, used wrongly, or a bug. 1 is never anything
but that answer. 130 = interrupted.
"""

from explorer.cli.entry import main

__all__ = ["main"]
