"""Items with equal vectors: searched once, and given back as each other's nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class Twins:
    """Groups of equal rows among N vectors, U groups in all, single rows included.

    Attributes
    ----------
    group
        int [N]: group of each row.
    representative
        int [U]: its first row.
    members, start
        int [N] rows sorted by group, and int [U + 1] where each group begins in it.
    """

    group: NDArray[np.intp]
    representative: NDArray[np.intp]
    members: NDArray[np.intp]
    start: NDArray[np.intp]

    def expand(
        self, found: NDArray[np.int32], similarity: NDArray[np.float32], width: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Turn neighbours among groups [U, m] into neighbours among rows [N, width], the row itself among them.

        A group is replaced by its rows, and each group comes first in its own list with a similarity of 1 (zero vectors
        too: they equal their twins).
        """
        groups, m = found.shape
        rows = np.empty((len(self.group), width), dtype=np.int32)
        cosines = np.empty((len(self.group), width), dtype=np.float32)
        size = np.minimum(np.diff(self.start), width)  # no list ever needs more of one group
        own = np.arange(groups, dtype=np.int32)
        others = np.argsort(found == own[:, None], axis=1, kind="stable")  # the group itself goes last …
        for first in range(0, groups, ROWS_AT_ONCE):
            part = own[first : first + ROWS_AT_ONCE]
            take = others[part]
            lists = np.concatenate([part[:, None], np.take_along_axis(found[part], take, axis=1)], axis=1)
            values = np.concatenate(
                [np.ones((len(part), 1), np.float32), np.take_along_axis(similarity[part], take, axis=1)], axis=1
            )
            counts = size[lists]
            counts[:, 1:][lists[:, 1:] == part[:, None]] = 0  # … and does not count there, as it leads the list
            ends = counts.cumsum(axis=1)
            flat = counts.ravel()
            at = np.repeat(np.arange(flat.size), flat)
            within = np.arange(flat.sum()) - np.repeat(flat.cumsum() - flat, flat)
            column = within + (ends - counts).ravel()[at]
            kept = column < width
            at, within, column = at[kept], within[kept], column[kept]
            block = np.empty((len(part), width), dtype=np.int32)
            block_values = np.empty((len(part), width), dtype=np.float32)
            row = at // (m + 1)
            block[row, column] = self.members[self.start[lists.ravel()[at]] + within]
            block_values[row, column] = values.ravel()[at]
            mine = self.members[self.start[first] : self.start[min(first + ROWS_AT_ONCE, groups)]]
            rows[mine] = block[self.group[mine] - first]
            cosines[mine] = block_values[self.group[mine] - first]
        self._close_rings(rows, cosines, width)
        return rows, cosines

    def _close_rings(self, rows: NDArray[np.int32], cosines: NDArray[np.float32], width: int) -> None:
        """Give each row of a group larger than its list the rows that follow it in the group, round in a ring.

        If all took the same first ones, those few would have the whole group pointing at them.
        """
        for group in np.flatnonzero(np.diff(self.start) > width):
            members = self.members[self.start[group] : self.start[group + 1]]
            following = np.arange(len(members))[:, None] + np.arange(1, width + 1)
            rows[members] = members[following % len(members)]
            cosines[members] = 1


def find_twins(vectors: NDArray[np.float32]) -> Twins | None:
    """Group rows with equal bytes; `None` when every row is unique."""
    seen: dict[bytes, int] = {}
    group = np.empty(len(vectors), dtype=np.intp)
    for row, vector in enumerate(vectors):
        group[row] = seen.setdefault(vector.tobytes(), len(seen))
    if len(seen) == len(vectors):
        return None
    members = np.argsort(group, kind="stable")
    start = np.zeros(len(seen) + 1, dtype=np.intp)
    np.cumsum(np.bincount(group, minlength=len(seen)), out=start[1:])
    return Twins(group, members[start[:-1]], members, start)
