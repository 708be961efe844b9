"""Where a commit comes from: its first-parent history as ranges of numbers, and what can be reached from it."""

from __future__ import annotations

from explorer.labels.model.hashing import of_rows
from explorer.labels.model.types import StoreError
from explorer.labels.storage.database import Database
from explorer.labels.storage.rows import ORDER_BITS, ORDERS, POSITION_BITS, POSITIONS

Range = tuple[int, int]
"""First and last number, both included."""


def lane_of(number: int) -> int:
    """Return the lane of a commit's number."""
    return number >> POSITION_BITS


def event_range(commits: Range) -> Range:
    """Return the numbers that the events of a range of commits have."""
    return commits[0] << ORDER_BITS, (commits[1] << ORDER_BITS) | (ORDERS - 1)


class Paths:
    """The tree of lanes. A lane has a higher number than the lane that it was made from, and so have its commits."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._starts: dict[int, tuple[int, int | None]] = {}

    def forget(self) -> None:
        """Read everything anew."""
        self._starts.clear()

    @of_rows
    def start(self, lane: int) -> tuple[int, int | None]:
        """Return the number of the first commit of a lane that has one, and that of its parent."""
        start = self._starts.get(lane)
        if start is None:
            first = lane << POSITION_BITS
            sql = "SELECT n, parent FROM commits WHERE n BETWEEN :first AND :last ORDER BY n LIMIT 1"
            found = self._db.all(sql, first=first, last=first + POSITIONS - 1)
            if not found:
                raise StoreError(
                    f"The lane {lane} of the label store has no commits: it is damaged.",
                    "Run verify(), and go back to a copy of the file; keep the damaged one for rescue.",
                )
            start = self._starts[lane] = found[0][0], found[0][1]
        return start

    @of_rows
    def history(self, number: int, after: int = -1) -> list[Range]:
        """Return the first-parent history of a commit, after a commit of it, as ranges of numbers, newest first."""
        found: list[Range] = []
        now: int | None = number
        while now is not None and now > after:
            first, parent = self.start(lane_of(now))
            found.append((max(first, after + 1), now))
            now = parent
        return found

    @of_rows
    def reached(self, number: int) -> dict[int, int]:
        """Return what can be reached from a commit over parents and merge parents: the last commit of each lane."""
        known: dict[int, int] = {}
        open_ends: list[int] = [number]
        while open_ends:
            end = open_ends.pop()
            lane = lane_of(end)
            if end <= known.get(lane, -1):
                continue
            first, parent = self.start(lane)
            since = known.get(lane, first - 1) + 1
            if lane not in known and parent is not None:
                open_ends.append(parent)
            known[lane] = end
            # The plus keeps the database from looking at every commit of the range: few of them are merges.
            sql = "SELECT merge_parent FROM commits WHERE merge_parent IS NOT NULL AND +n BETWEEN :since AND :until"
            open_ends += (row[0] for row in self._db.all(sql, since=since, until=end))
        return known

    @of_rows
    def common(self, a: int, b: int) -> list[int]:
        """Return the best common ancestors of two commits: those that are no ancestors of another one, newest last."""
        of_a, of_b = self.reached(a), self.reached(b)
        shared = sorted(min(end, of_b[lane]) for lane, end in of_a.items() if lane in of_b)
        below: set[int] = set()
        for one in shared:
            reached = self.reached(one)
            below |= {other for other in shared if other != one and other <= reached.get(lane_of(other), -1)}
        return [one for one in shared if one not in below]
