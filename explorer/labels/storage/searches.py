"""Commits whose changes match a filter, a page at a time, and how many there are."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import Any

from explorer.labels.model.hashing import value_text
from explorer.labels.model.types import Commit, Logged
from explorer.labels.storage import rows
from explorer.labels.storage.ancestry import Range, event_range, lane_of
from explorer.labels.storage.commit_queries import CommitQueries
from explorer.labels.storage.database import Database, listed
from explorer.labels.storage.event_queries import EventQueries
from explorer.labels.storage.interning import Numbers

_COUNTS = 100
"""How many filters the count is remembered of."""
_IN_RANGE = "e.n BETWEEN :lo AND :hi"

Place = tuple[str, int]
"""Branch lane and position of a commit."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events are meant: of one item, by one rater (name), with one reason code, from or to one of some classes.

    `None` sets no condition. `classes` are class ids.
    """

    item: str | None = None
    rater: str | None = None
    reason: str | None = None
    classes: tuple[str, ...] | None = None

    def condition(self, among: str) -> tuple[str, dict[str, Any]]:
        """Return what an event `e` must be, as SQL, and its binds: one among some, and what is wanted of it."""
        parts, binds = [among], dict[str, Any]()
        if self.item is not None:
            parts.append("e.item = :item")
            binds["item"] = rows.pack(self.item)
        if self.rater is not None:
            parts.append("e.rater IN (SELECT r.n FROM rater r WHERE r.name = :rater)")
            binds["rater"] = self.rater
        if self.reason is not None:
            parts.append("e.reason = :reason")
            binds["reason"] = self.reason
        if self.classes is not None:
            names, classes = listed("class", [value_text(i) for i in self.classes])
            values = f"(SELECT v.n FROM value v WHERE v.json IN ({names}))"  # noqa: S608  # names of binds
            parts.append(f"(e.old IN {values} OR e.new IN {values})")
            binds |= classes
        return " AND ".join(parts), binds


class Searches:
    """Looks for commits. How many match a filter is counted once, and after that only for what is new."""

    def __init__(self, db: Database, numbers: Numbers, commits: CommitQueries, events: EventQueries) -> None:
        self._db, self._numbers, self._commits, self._events = db, numbers, commits, events
        self._counts: OrderedDict[tuple[str, Filter], tuple[Commit, int]] = OrderedDict()

    def forget(self) -> None:
        """Count everything anew."""
        self._counts.clear()

    def commits(self, at: Commit, wanted: Filter, limit: int, before: Commit | None = None) -> list[Commit]:
        """Return the newest commits of a history with an event that matches, without their events."""
        condition, binds = wanted.condition(rows.IN_COMMIT)
        found: list[Commit] = []
        for lo, hi in self._commits.ranges(at, before=before):
            where = (
                f"WHERE c.n BETWEEN :lo AND :hi AND EXISTS (SELECT 1 FROM events e WHERE {condition}) "  # noqa: S608
                f"ORDER BY c.n DESC LIMIT {limit - len(found)}"
            )
            if len(found) < limit:
                found += self._commits.select(where, lo=lo, hi=hi, **binds)
        return found

    def count(self, at: Commit, wanted: Filter) -> int:
        """Count the commits of a history with an event that matches."""
        key = (at.branch, wanted)
        before, total = self._counts.pop(key, (None, 0))
        if before is not None and before.position > at.position:
            before, total = None, 0
        condition, binds = wanted.condition(_IN_RANGE)
        for commits in self._commits.ranges(at, before):
            lo, hi = event_range(commits)
            sql = f"SELECT count(DISTINCT {rows.COMMIT_OF}) FROM events e WHERE {condition}"  # noqa: S608
            total += int(self._db.all(sql, lo=lo, hi=hi, **binds)[0][0])
        self._counts[key] = (at, total)
        while len(self._counts) > _COUNTS:
            self._counts.popitem(last=False)
        return total

    def events(self, commit: Commit, wanted: Filter, limit: int | None) -> tuple[list[Logged], int]:
        """Return the first events of a commit that match, in their order, and the number of all that do."""
        condition, binds = wanted.condition(_IN_RANGE)
        lo, hi = self._range(commit)
        rest = "" if limit is None else f"LIMIT {limit}"
        sql = f"{rows.SELECT_LOGGED} WHERE {condition} ORDER BY e.n {rest}"
        found = [self._events.logged(row) for row in self._db.all(sql, lo=lo, hi=hi, **binds)]
        count = len(found)
        if limit is not None and count == limit:
            sql = f"SELECT count(*) FROM events e WHERE {condition}"  # noqa: S608
            count = int(self._db.all(sql, lo=lo, hi=hi, **binds)[0][0])
        return found, count

    def page(self, commit: Commit, offset: int, limit: int) -> tuple[list[Logged], int]:
        """Return some events of a commit in their order, and how many it has."""
        lo, hi = self._range(commit)
        first = lo + max(offset, 0)
        sql = f"{rows.SELECT_LOGGED} WHERE e.n BETWEEN :lo AND :hi ORDER BY e.n"
        found = self._db.all(sql, lo=first, hi=min(hi, first + limit - 1))
        return [self._events.logged(row) for row in found], self.size(commit)

    def size(self, commit: Commit) -> int:
        """Return how many events a commit has."""
        return self._events.size(self._commits.number_of(commit))

    def undone(self, at: Commit) -> Counter[Place]:
        """Count the events of each commit of a history that are undone, by undos that are not undone themselves."""
        numbers = Counter(number >> rows.ORDER_BITS for number in self._events.undone(at))
        lane = self._numbers.lanes.key
        return Counter({(lane(lane_of(n)), n & (rows.POSITIONS - 1)): count for n, count in numbers.items()})

    def _range(self, commit: Commit) -> Range:
        number = self._commits.number_of(commit)
        return event_range((number, number))
