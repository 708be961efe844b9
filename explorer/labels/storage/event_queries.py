"""Events as they are asked for: of a commit, a history, an item, a log; and which of them are in force."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.labels.model import times
from explorer.labels.model.hashing import of_rows, read_value, root_hash
from explorer.labels.model.states import State
from explorer.labels.model.types import FIELD, KINDS, OPS, Commit, Logged, Value
from explorer.labels.storage import rows
from explorer.labels.storage.ancestry import Range, event_range
from explorer.labels.storage.commit_queries import CommitQueries
from explorer.labels.storage.database import Database, chunks, listed
from explorer.labels.storage.interning import Numbers

_REVERT = KINDS.index("revert")
_REMEMBERED = 50_000
"""Events kept in memory: an event never changes, and versions that are looked at share most of theirs."""


class ChangeColumns(NamedTuple):
    """Changes as columns of the same length, oldest first; numbers stand for what the three mappings say of them."""

    items: list[str]
    old: NDArray[np.int64]
    new: NDArray[np.int64]
    raters: NDArray[np.int64]
    whys: list[str]
    commits: NDArray[np.int64]
    values: dict[int, Value]
    names: dict[int, str]  # of raters
    made: dict[int, tuple[str, dt.datetime]]  # id and time of commits
    left_out: NDArray[np.bool_]  # the event leaves its item out
    was_left_out: NDArray[np.bool_]  # the event that it follows did


def _leaves_out(event: str) -> str:
    """Return in SQL that an event leaves its item out."""
    return f"{event}.op = {OPS.index('flag')} AND {event}.reason = '{State.LEFT_OUT.value}'"


class EventQueries:
    """The events of a store. Those that were read stay in memory, up to a number."""

    def __init__(self, db: Database, numbers: Numbers, commits: CommitQueries) -> None:
        self._db, self._numbers, self._commits = db, numbers, commits
        self._seen: dict[int, Logged] = {}

    def forget(self) -> None:
        """Read everything anew."""
        self._seen.clear()

    @of_rows
    def logged(self, row: rows.Row) -> Logged:
        """Make an event of a row of `rows.SELECT_LOGGED`."""
        seen = self._seen.get(row[0])
        if seen is None:
            number = self._numbers
            rater = number.rater(row[6])
            lane = number.lanes.key(row[0] >> (rows.POSITION_BITS + rows.ORDER_BITS))
            snapshot = number.snapshots.key(row[19])
            seen = Logged(
                rows.read_event(row, rater.id, rows.op_id_of(row[2], row[20], lane, row[0])),
                row[16].hex(),
                KINDS[row[17]],
                times.moment(row[18]),
                rater.name,
                snapshot if row[21] is None else number.snapshots.key(row[21]),
                snapshot,
                lane,
            )
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            self._seen[row[0]] = seen
        return seen

    def whole(self, commit: Commit) -> Commit:
        """Add its events to a commit."""
        number = self._commits.number_of(commit)
        events = tuple(x.event for x in self._in_range((number, number)))
        return replace(commit, events=events, root=root_hash(events))

    def _in_range(self, commits: Range) -> list[Logged]:
        lo, hi = event_range(commits)
        found = self._db.all(f"{rows.SELECT_LOGGED} WHERE e.n BETWEEN :lo AND :hi ORDER BY e.n", lo=lo, hi=hi)
        return [self.logged(row) for row in found]

    @of_rows
    def _by_number(self, numbers: Sequence[int]) -> list[Logged]:
        """Return events by number, in that order."""
        found = {n: self._seen[n] for n in numbers if n in self._seen}
        for some in chunks([n for n in numbers if n not in found]):
            names, binds = listed("n", some)
            for row in self._db.all(f"{rows.SELECT_LOGGED} WHERE e.n IN ({names})", **binds):
                found[row[0]] = self.logged(row)
        return [found[n] for n in numbers]

    def since(self, at: Commit, after: Commit | None) -> list[Logged]:
        """Return the events of a history that come after a commit of it, oldest first."""
        found: list[Logged] = []
        for commits in reversed(self._commits.ranges(at, after)):
            found += self._in_range(commits)
        return found

    def heads(self, branch: str) -> list[Logged]:
        """Return the newest event of each item, field and rater, oldest first, so that the last one is in force."""
        ref = self._db.all("SELECT n FROM ref WHERE name = :name AND kind = 'branch'", name=branch)
        if not ref:
            return []
        sql = "SELECT event FROM head WHERE branch = :branch ORDER BY event"
        return self._by_number([row[0] for row in self._db.all(sql, branch=ref[0][0])])

    def heads_at(self, at: Commit) -> list[Logged]:
        """Return what `heads` returned when a commit was the newest."""
        return self._by_number(self.newest(self._commits.number_of(at)))

    def newest(self, number: int) -> list[int]:
        """Return the numbers of the newest event of each item, field and rater as of a commit, in order."""
        ranges = [event_range(r) for r in self._commits.histories(number)]
        where = " OR ".join(f"n BETWEEN {lo} AND {hi}" for lo, hi in ranges)
        sql = f"SELECT max(n) FROM events WHERE {where} GROUP BY item, field, rater"  # noqa: S608  # numbers
        return sorted(row[0] for row in self._db.all(sql))

    @of_rows
    def steady(self, at: Commit, after: Commit) -> bool:
        """Tell whether only labels changed between two commits of one history, decided on the items as they are."""
        number = self._commits.number_of(after)
        if not any(lo <= number <= hi for lo, hi in self._commits.ranges(at)):
            return False
        basis = self._db.all('SELECT "schema", snapshot FROM commits WHERE n = :n', n=number)[0]
        for lo, hi in self._commits.ranges(at, after):
            sql = 'SELECT 1 FROM commits WHERE n BETWEEN :lo AND :hi AND ("schema" <> :a OR snapshot <> :b) LIMIT 1'
            if self._db.all(sql, lo=lo, hi=hi, a=basis[0], b=basis[1]):
                return False
            first, last = event_range((lo, hi))
            sql = "SELECT 1 FROM events WHERE n BETWEEN :lo AND :hi AND content_hash IS NOT NULL LIMIT 1"
            if self._db.all(sql, lo=first, hi=last):
                return False
        return True

    @of_rows
    def changed(self, at: Commit, after: Commit | None, field: str) -> ChangeColumns:
        """Return the events of one field that `since` returns, as columns: only what a diff needs."""
        items: list[str] = []
        whys: list[str] = []
        parts: list[tuple[NDArray[np.int64], ...]] = []
        made: dict[int, tuple[str, dt.datetime]] = {}
        # Columns are what a fetch costs: two numbers below 2³² travel as one.
        sql = (
            f"SELECT e.item, (e.old << 32) | e.new, {rows.COMMIT_OF}, e.rater, "  # noqa: S608  # our own
            f"CASE WHEN {_leaves_out('e')} THEN 1 ELSE 0 END + CASE WHEN {_leaves_out('p')} THEN 2 ELSE 0 END, e.note "
            "FROM events e LEFT JOIN events p ON p.n = e.previous "
            "WHERE e.n BETWEEN :lo AND :hi AND e.field = :field ORDER BY e.n"
        )
        for lo, hi in reversed(self._commits.ranges(at, after)):
            first, last = event_range((lo, hi))
            events = self._db.all(sql, lo=first, hi=last, field="" if field == FIELD else field)
            if not events:
                continue
            packed, *numbers, notes = zip(*events, strict=True)
            items.extend(rows.unpack_all(packed))
            whys.extend(notes)
            both, commits, by, out = (np.array(column, dtype=np.int64) for column in numbers)
            old, new = both >> 32, both & (2**32 - 1)
            parts.append((old, new, by, commits, out))
            found = self._db.all("SELECT n, id, time FROM commits WHERE n BETWEEN :lo AND :hi", lo=lo, hi=hi)
            made |= {n: (identity.hex(), times.moment(time)) for n, identity, time in found}
        old, new, by, commits, out = (
            (np.concatenate(column) for column in zip(*parts, strict=True))
            if parts
            else (np.empty(0, np.int64) for _ in range(5))
        )
        values = self._values(set(np.unique(np.concatenate([old, new])).tolist()))
        names = {n: self._numbers.rater(n).name for n in np.unique(by).tolist()}
        return ChangeColumns(items, old, new, by, whys, commits, values, names, made, out & 1 > 0, out & 2 > 0)

    @of_rows
    def _values(self, numbers: set[int]) -> dict[int, Value]:
        """Return the values of numbers, in stored form."""
        found: dict[int, Value] = {}
        for some in chunks(sorted(numbers)):
            names, binds = listed("n", some)
            known = self._db.all(f"SELECT n, json FROM value WHERE n IN ({names})", **binds)  # noqa: S608  # names of binds
            found |= {n: read_value(json) for n, json in known}
        return found

    def get(self, item: str, event_id: str) -> Logged | None:
        """Return one event of an item."""
        try:
            identity = bytes.fromhex(event_id)
        except ValueError:
            return None
        found = self._db.all(
            f"{rows.SELECT_LOGGED} WHERE e.item = :item AND e.id = :id", item=rows.pack(item), id=identity
        )
        return self.logged(found[0]) if found else None

    def of_cell(self, at: Commit, item: str, field: str) -> list[Logged]:
        """Return the events of one cell in a history, newest first."""
        return self._of_item(at, item, "AND e.field = :field", field="" if field == FIELD else field)

    def _of_item(self, at: Commit, item: str, also: str, before: Commit | None = None, **binds: Any) -> list[Logged]:
        ranges = [event_range(r) for r in self._commits.ranges(at, before=before)]
        sql = f"{rows.SELECT_LOGGED} WHERE e.item = :item {also} ORDER BY e.n DESC"
        found = self._db.all(sql, item=rows.pack(item), **binds)
        return [self.logged(row) for row in found if any(lo <= row[0] <= hi for lo, hi in ranges)]

    def log(
        self,
        at: Commit,
        limit: int | None,
        item: str | None = None,
        rater: str | None = None,
        reason: str | None = None,
        before: Commit | None = None,
    ) -> list[Logged]:
        """Return the events of a history newest first: of one item, one rater (by name), one reason, or all."""
        also, binds = "", dict[str, Any]()
        if rater is not None:
            also += " AND e.rater IN (SELECT r.n FROM rater r WHERE r.name = :rater)"
            binds["rater"] = rater
        if reason is not None:
            also += " AND e.reason = :reason"
            binds["reason"] = reason
        if item is not None:
            return self._of_item(at, item, also, before, **binds)[:limit]
        found: list[Logged] = []
        for commits in self._commits.ranges(at, before=before):
            lo, hi = event_range(commits)
            rest = "" if limit is None else f"LIMIT {max(limit - len(found), 0)}"
            sql = f"{rows.SELECT_LOGGED} WHERE e.n BETWEEN :lo AND :hi {also} ORDER BY e.n DESC {rest}"
            found += (self.logged(row) for row in self._db.all(sql, lo=lo, hi=hi, **binds))
        return found

    def undoable(self, at: Commit, rater: str | None, n: int, before: Commit | None = None) -> list[Commit]:
        """Return the newest n commits of a history with events that are no undo and not undone, newest first."""
        undone = Counter(number >> rows.ORDER_BITS for number in self.undone(at))
        whose = "" if rater is None else "AND c.rater IN (SELECT r.n FROM rater r WHERE r.name = :rater)"
        binds = {} if rater is None else {"rater": rater}
        found: list[Commit] = []
        for lo, newest in self._commits.ranges(at, before=before):
            hi, size = newest, 4 * n
            while hi >= lo and len(found) < n:
                where = (
                    f"WHERE c.n BETWEEN :lo AND :hi AND c.kind <> {_REVERT} {whose} AND EXISTS (SELECT 1 "  # noqa: S608  # numbers
                    f"FROM events e WHERE {rows.IN_COMMIT}) "
                    f"ORDER BY c.n DESC LIMIT {size}"
                )
                page = self._db.all(f"{rows.SELECT_COMMIT} {where}", lo=lo, hi=hi, **binds)
                found += (
                    self._commits.read(row)
                    for row in page
                    if row[0] not in undone or self.size(row[0]) > undone[row[0]]
                )
                hi, size = (page[-1][0] - 1 if len(page) == size else -1), 4 * size
        return [self.whole(commit) for commit in found[:n]]

    def size(self, number: int) -> int:
        """Return how many events a commit has; by its number."""
        lo, hi = event_range((number, number))
        return int(self._db.all("SELECT count(*) FROM events WHERE n BETWEEN :lo AND :hi", lo=lo, hi=hi)[0][0])

    def undone(self, at: Commit) -> set[int]:
        """Return the numbers of the events of a history that are undone, by undos that are not undone themselves."""
        undone: set[int] = set()
        for commits in self._commits.ranges(at):  # newest first, as an undo is newer than what it takes back
            lo, hi = event_range(commits)
            # A plus keeps the database from looking at every event of the range: few of them are undos.
            sql = "SELECT n, undoes FROM events WHERE undoes IS NOT NULL AND +n BETWEEN :lo AND :hi ORDER BY +n DESC"
            for number, undoes in self._db.all(sql, lo=lo, hi=hi):
                if number not in undone:
                    undone.add(undoes)
        return undone

    def count(self, at: Commit) -> int:
        """Count the events of a history."""
        ranges = [event_range(r) for r in self._commits.ranges(at)]
        sql = "SELECT count(*) FROM events WHERE n BETWEEN :lo AND :hi"
        return sum(int(self._db.all(sql, lo=lo, hi=hi)[0][0]) for lo, hi in ranges)

    def undone_items(self) -> frozenset[str]:
        """Return the items that have an undo anywhere in the store."""
        sql = "SELECT DISTINCT item FROM events WHERE undoes IS NOT NULL"
        return frozenset(rows.unpack(item) for (item,) in self._db.all(sql))
