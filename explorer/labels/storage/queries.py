"""The engine's queries, the same for every database; subclasses open, begin and commit, and run a statement."""

from __future__ import annotations

import datetime as dt
import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.labels.model.hashing import of_rows, read_value, root_hash
from explorer.labels.model.refs import Problem
from explorer.labels.model.snapshot import Snapshot
from explorer.labels.model.types import FIELD, KINDS, Commit, LabelSchema, Logged, Rater, StoreError, Value
from explorer.labels.storage import rows
from explorer.labels.storage.ancestry import Paths, Range, event_range, lane_of
from explorer.labels.storage.backend import Change
from explorer.labels.storage.inserts import Writer, chunks, listed
from explorer.labels.storage.interning import Numbers
from explorer.labels.storage.verify import problems

_REVERT = KINDS.index("revert")
_REMEMBERED = 50_000
"""Events kept in memory: an event never changes, and versions that are looked at share most of theirs."""


class Changed(NamedTuple):
    """Changes as columns of the same length, oldest first; numbers stand for what the last three say of them."""

    items: list[str]
    old: NDArray[np.int64]
    new: NDArray[np.int64]
    raters: NDArray[np.int64]
    whys: list[str]
    commits: NDArray[np.int64]
    values: dict[int, Value]
    names: dict[int, str]  # of raters
    made: dict[int, tuple[str, dt.datetime]]  # id and time of commits


class SQLReader(ABC):
    """The half of an engine that looks. See `explorer.labels.storage.backend.Engine`."""

    path: str
    read_only: bool
    login: str | None = None
    server = False
    network: str | None = None

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._numbers = Numbers(self)
        self._paths = Paths(self)
        self._writer = Writer(self, self._numbers)
        self._snapshots: dict[str, Snapshot] = {}
        self._schemas: dict[str, LabelSchema] = {}
        self._seen: dict[int, Logged] = {}
        self._wrote = False  # rows, since the transaction began

    # What a subclass does

    @abstractmethod
    def all(self, sql: str, /, **binds: Any) -> list[rows.Row]:
        """Run a query and return its rows."""

    @abstractmethod
    def many(self, sql: str, values: Sequence[dict[str, Any]], /) -> None:
        """Run a statement once per row of binds."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[None]:
        """See one consistent state of the store until the block ends."""

    @abstractmethod
    def exclusive(self, branch: str = "main") -> AbstractContextManager[None]:
        """Be the only writer of a branch until the block ends."""

    @abstractmethod
    def damage(self) -> Iterator[str]:
        """Yield what the database itself finds wrong."""

    def _taken_back(self) -> None:
        """Forget what was read of rows that have not been written after all."""
        if self._wrote:
            self._wrote = False
            self._snapshots.clear()
            self._forget()

    def _forget(self) -> None:
        """Read everything anew, but for snapshots."""
        self._numbers.forget()
        self._paths.forget()
        self._seen.clear()
        self._schemas.clear()

    # Commits

    @of_rows
    def _commit(self, row: rows.Row) -> Commit:
        number = self._numbers
        rater = number.rater(row[4])
        return rows.read_commit(
            row,
            number.lanes.key(lane_of(row[0])),
            (rater.name, rater.kind),
            number.schemas.key(row[8]),
            number.snapshots.key(row[9]),
            number.tools.key(row[10]),
        )

    def number_of(self, commit: Commit) -> int:
        """Return the number of a commit."""
        lane = self._numbers.lanes.number(commit.branch)
        if lane is None:
            raise StoreError(f"{self.path} has no commits of a branch {commit.branch!r}.", "Open the store again.")
        return (lane << rows.POSITION_BITS) | commit.position

    def select_commits(self, where: str, **binds: Any) -> list[Commit]:
        """Return the commits `c` that a condition (and an order) in SQL picks, without their events."""
        return [self._commit(row) for row in self.all(f"{rows.SELECT_COMMIT} {where}", **binds)]

    def ranges(self, at: Commit, after: Commit | None = None, before: Commit | None = None) -> list[Range]:
        """Return the history of a commit, between two others, as ranges of commit numbers, newest first."""
        since = -1 if after is None else self.number_of(after)
        ranges = self._paths.history(self.number_of(at), since)
        if before is None:
            return ranges
        until = self.number_of(before) - 1
        return [(lo, min(hi, until)) for lo, hi in ranges if lo <= until]

    def tip(self, branch: str) -> Commit | None:
        """Return the newest commit of a branch, without its events."""
        where = "JOIN ref f ON f.\"commit\" = c.n WHERE f.name = :name AND f.kind = 'branch'"
        return next(iter(self.select_commits(where, name=branch)), None)

    def commit(self, commit_id: str) -> Commit | None:
        """Return a commit with its events."""
        found = self.by_id(commit_id)
        return None if found is None else self._whole(found)

    def by_id(self, commit_id: str) -> Commit | None:
        """Return a commit without its events."""
        try:
            identity = bytes.fromhex(commit_id)
        except ValueError:
            return None
        where = "WHERE substr(c.id, 1, 4) = :start AND c.id = :id"
        return next(iter(self.select_commits(where, start=identity[:4], id=identity)), None)

    def _whole(self, commit: Commit) -> Commit:
        """Add its events to a commit."""
        number = self.number_of(commit)
        events = tuple(x.event for x in self._in_range((number, number)))
        return replace(commit, events=events, root=root_hash(events))

    def commits(
        self, at: Commit | None = None, *, limit: int | None = None, before: Commit | None = None
    ) -> list[Commit]:
        """Return the first-parent history of a commit newest first, without events; all commits if none is given."""
        if at is None:
            found = self.select_commits("ORDER BY c.time DESC, c.n DESC")
            return found if limit is None else found[:limit]
        found = []
        for lo, hi in self.ranges(at, before=before):
            rest = "" if limit is None else f"LIMIT {max(limit - len(found), 0)}"
            found += self.select_commits(f"WHERE c.n BETWEEN :lo AND :hi ORDER BY c.n DESC {rest}", lo=lo, hi=hi)
        return found

    def commit_at(self, at: Commit, time: dt.datetime) -> Commit | None:
        """Return the newest commit of a history that is not later than a time, without its events."""
        for lo, hi in self.ranges(at):
            where = "WHERE c.n BETWEEN :lo AND :hi AND c.time <= :time ORDER BY c.n DESC LIMIT 1"
            if found := self.select_commits(where, lo=lo, hi=hi, time=rows.micros(time)):
                return found[0]
        return None

    def commits_like(self, prefix: str) -> list[Commit]:
        """Return the commits whose id begins with a prefix, without their events."""
        if not prefix or len(prefix) > 64 or set(prefix) - set("0123456789abcdef"):
            return []
        least, most = (bytes.fromhex(prefix[:8].ljust(8, end)) for end in "0f")
        found = self.select_commits("WHERE substr(c.id, 1, 4) BETWEEN :least AND :most", least=least, most=most)
        return [c for c in found if c.id.startswith(prefix)]

    def commit_of(self, op_ids: Sequence[str]) -> dict[str, str]:
        """Return the commit id of each operation id that is known already."""
        found: dict[str, str] = {}
        for some in chunks(list(op_ids)):
            names, binds = listed("o", [rows.pack(op) for op in some])
            sql = (
                f"SELECT e.op_id, c.id FROM events e JOIN commits c ON c.n = {rows.COMMIT_OF} "  # noqa: S608  # our own names
                f"WHERE e.op_id IN ({names})"
            )
            found |= {rows.unpack(op): commit.hex() for op, commit in self.all(sql, **binds)}
        stems: dict[str, list[int]] = {}
        for op in op_ids:
            stem, _, order = op.rpartition(":")
            if stem and order.isascii() and order.isdigit() and str(int(order)) == order:
                stems.setdefault(stem, []).append(int(order))
        for some in chunks(list(stems)):
            names, binds = listed("o", [rows.pack(stem) for stem in some])
            for number, packed, commit in self.all(
                f"SELECT n, op_id, id FROM commits WHERE op_id IN ({names})",  # noqa: S608  # names of binds
                **binds,
            ):
                stem, lo = rows.unpack(packed), number << rows.ORDER_BITS
                size = self.all(
                    "SELECT count(*) FROM events WHERE n BETWEEN :lo AND :hi", lo=lo, hi=lo + rows.ORDERS - 1
                )
                found |= {f"{stem}:{order}": commit.hex() for order in stems[stem] if order < size[0][0]}
        return found

    # Events

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
                rows.moment(row[18]),
                rater.name,
                snapshot if row[21] is None else number.snapshots.key(row[21]),
                snapshot,
                lane,
            )
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            self._seen[row[0]] = seen
        return seen

    def _in_range(self, commits: Range) -> list[Logged]:
        lo, hi = event_range(commits)
        found = self.all(f"{rows.SELECT_LOGGED} WHERE e.n BETWEEN :lo AND :hi ORDER BY e.n", lo=lo, hi=hi)
        return [self.logged(row) for row in found]

    @of_rows
    def _by_number(self, numbers: Sequence[int]) -> list[Logged]:
        """Return events by number, in that order."""
        found = {n: self._seen[n] for n in numbers if n in self._seen}
        for some in chunks([n for n in numbers if n not in found]):
            names, binds = listed("n", some)
            for row in self.all(f"{rows.SELECT_LOGGED} WHERE e.n IN ({names})", **binds):
                found[row[0]] = self.logged(row)
        return [found[n] for n in numbers]

    def events(self, at: Commit, after: Commit | None) -> list[Logged]:
        """Return the events of a history that come after a commit of it, oldest first."""
        found: list[Logged] = []
        for commits in reversed(self.ranges(at, after)):
            found += self._in_range(commits)
        return found

    def heads(self, branch: str) -> list[Logged]:
        """Return the newest event of each item, field and rater, oldest first, so that the last one is in force."""
        with self.reading():
            ref = self.all("SELECT n FROM ref WHERE name = :name AND kind = 'branch'", name=branch)
            if not ref:
                return []
            sql = "SELECT event FROM head WHERE branch = :branch ORDER BY event"
            return self._by_number([row[0] for row in self.all(sql, branch=ref[0][0])])

    def heads_at(self, at: Commit) -> list[Logged]:
        """Return what `heads` returned when a commit was the newest."""
        return self._by_number(self._newest(self.number_of(at)))

    def _newest(self, number: int) -> list[int]:
        """Return the newest event of each item, field and rater as of a commit, in order."""
        ranges = [event_range(r) for r in self._paths.history(number)]
        where = " OR ".join(f"n BETWEEN {lo} AND {hi}" for lo, hi in ranges)
        sql = f"SELECT max(n) FROM events WHERE {where} GROUP BY item, field, rater"  # noqa: S608  # numbers
        return sorted(row[0] for row in self.all(sql))

    def steady(self, at: Commit, after: Commit) -> bool:
        """Tell whether only labels changed between two commits of one history, decided on the items as they are."""
        number = self.number_of(after)
        if not any(lo <= number <= hi for lo, hi in self.ranges(at)):
            return False
        basis = self.all('SELECT "schema", snapshot FROM commits WHERE n = :n', n=number)[0]
        for lo, hi in self.ranges(at, after):
            sql = 'SELECT 1 FROM commits WHERE n BETWEEN :lo AND :hi AND ("schema" <> :a OR snapshot <> :b) LIMIT 1'
            if self.all(sql, lo=lo, hi=hi, a=basis[0], b=basis[1]):
                return False
            first, last = event_range((lo, hi))
            sql = "SELECT 1 FROM events WHERE n BETWEEN :lo AND :hi AND content_hash IS NOT NULL LIMIT 1"
            if self.all(sql, lo=first, hi=last):
                return False
        return True

    def changes(self, at: Commit, after: Commit | None, field: str) -> list[Change]:
        """Return the events of one field as `events` does, but only what a diff needs."""
        found = self.changed(at, after, field)
        value, name, made = found.values.__getitem__, found.names.__getitem__, found.made.__getitem__
        commits = list(map(made, found.commits.tolist()))
        return list(
            zip(
                found.items,
                map(value, found.old.tolist()),
                map(value, found.new.tolist()),
                map(name, found.raters.tolist()),
                (time for _, time in commits),
                found.whys,
                (identity for identity, _ in commits),
                strict=True,
            )
        )

    @of_rows
    def changed(self, at: Commit, after: Commit | None, field: str) -> Changed:
        """Return `changes` as columns, which takes a third of the time where there are thousands."""
        items: list[str] = []
        whys: list[str] = []
        parts: list[tuple[NDArray[np.int64], ...]] = []
        made: dict[int, tuple[str, dt.datetime]] = {}
        # Columns are what a fetch costs: two numbers below 2³² travel as one.
        sql = (
            f"SELECT e.item, (e.old << 32) | e.new, {rows.COMMIT_OF}, e.rater, e.note FROM events e "  # noqa: S608  # our own
            "WHERE e.n BETWEEN :lo AND :hi AND e.field = :field ORDER BY e.n"
        )
        for lo, hi in reversed(self.ranges(at, after)):
            first, last = event_range((lo, hi))
            events = self.all(sql, lo=first, hi=last, field="" if field == FIELD else field)
            if not events:
                continue
            packed, *numbers, notes = zip(*events, strict=True)
            items.extend(rows.unpack_all(packed))
            whys.extend(notes)
            both, commits, by = (np.array(column, dtype=np.int64) for column in numbers)
            old, new = both >> 32, both & (2**32 - 1)
            parts.append((old, new, by, commits))
            found = self.all("SELECT n, id, time FROM commits WHERE n BETWEEN :lo AND :hi", lo=lo, hi=hi)
            made |= {n: (identity.hex(), rows.moment(time)) for n, identity, time in found}
        old, new, by, commits = (
            (np.concatenate(column) for column in zip(*parts, strict=True))
            if parts
            else (np.empty(0, np.int64) for _ in range(4))
        )
        values = self._values(set(np.unique(np.concatenate([old, new])).tolist()))
        names = {n: self._numbers.rater(n).name for n in np.unique(by).tolist()}
        return Changed(items, old, new, by, whys, commits, values, names, made)

    @of_rows
    def _values(self, numbers: set[int]) -> dict[int, Value]:
        """Return the values of numbers, in stored form."""
        found: dict[int, Value] = {}
        for some in chunks(sorted(numbers)):
            names, binds = listed("n", some)
            known = self.all(f"SELECT n, json FROM value WHERE n IN ({names})", **binds)  # noqa: S608  # names of binds
            found |= {n: read_value(json) for n, json in known}
        return found

    def event(self, item: str, event_id: str) -> Logged | None:
        """Return one event of an item."""
        try:
            identity = bytes.fromhex(event_id)
        except ValueError:
            return None
        found = self.all(f"{rows.SELECT_LOGGED} WHERE e.item = :item AND e.id = :id", item=rows.pack(item), id=identity)
        return self.logged(found[0]) if found else None

    def item_events(self, at: Commit, item: str, field: str) -> list[Logged]:
        """Return the events of one cell in a history, newest first."""
        return self._of_item(at, item, "AND e.field = :field", field="" if field == FIELD else field)

    def _of_item(self, at: Commit, item: str, also: str, before: Commit | None = None, **binds: Any) -> list[Logged]:
        ranges = [event_range(r) for r in self.ranges(at, before=before)]
        sql = f"{rows.SELECT_LOGGED} WHERE e.item = :item {also} ORDER BY e.n DESC"
        found = self.all(sql, item=rows.pack(item), **binds)
        return [self.logged(row) for row in found if any(lo <= row[0] <= hi for lo, hi in ranges)]

    def log_rows(
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
        for commits in self.ranges(at, before=before):
            lo, hi = event_range(commits)
            rest = "" if limit is None else f"LIMIT {max(limit - len(found), 0)}"
            sql = f"{rows.SELECT_LOGGED} WHERE e.n BETWEEN :lo AND :hi {also} ORDER BY e.n DESC {rest}"
            found += (self.logged(row) for row in self.all(sql, lo=lo, hi=hi, **binds))
        return found

    def undoable(self, at: Commit, rater: str | None, n: int, before: Commit | None = None) -> list[Commit]:
        """Return the newest n commits of a history with events that are no undo and not undone, newest first."""
        undone = Counter(number >> rows.ORDER_BITS for number in self.undone(at))
        whose = "" if rater is None else "AND c.rater IN (SELECT r.n FROM rater r WHERE r.name = :rater)"
        binds = {} if rater is None else {"rater": rater}
        found: list[Commit] = []
        for lo, newest in self.ranges(at, before=before):
            hi, size = newest, 4 * n
            while hi >= lo and len(found) < n:
                where = (
                    f"WHERE c.n BETWEEN :lo AND :hi AND c.kind <> {_REVERT} {whose} AND EXISTS (SELECT 1 "  # noqa: S608  # numbers
                    f"FROM events e WHERE {rows.IN_COMMIT}) "
                    f"ORDER BY c.n DESC LIMIT {size}"
                )
                page = self.all(f"{rows.SELECT_COMMIT} {where}", lo=lo, hi=hi, **binds)
                found += (
                    self._commit(row) for row in page if row[0] not in undone or self.size(row[0]) > undone[row[0]]
                )
                hi, size = (page[-1][0] - 1 if len(page) == size else -1), 4 * size
        return [self._whole(commit) for commit in found[:n]]

    def size(self, number: int) -> int:
        """Return how many events a commit has, by its number."""
        lo, hi = event_range((number, number))
        return int(self.all("SELECT count(*) FROM events WHERE n BETWEEN :lo AND :hi", lo=lo, hi=hi)[0][0])

    def undone(self, at: Commit) -> set[int]:
        """Return the events of a history that are undone, by undo events that are not undone themselves."""
        undone: set[int] = set()
        for commits in self.ranges(at):  # newest first, as an undo is newer than what it takes back
            lo, hi = event_range(commits)
            # A plus keeps the database from looking at every event of the range: few of them are undos.
            sql = "SELECT n, undoes FROM events WHERE undoes IS NOT NULL AND +n BETWEEN :lo AND :hi ORDER BY +n DESC"
            for number, undoes in self.all(sql, lo=lo, hi=hi):
                if number not in undone:
                    undone.add(undoes)
        return undone

    # What can be reached

    def merge_base(self, a: Commit, b: Commit) -> Commit | None:
        """Return the best common ancestor of two commits, without its events; the newest if several are as good."""
        best = self._paths.common(self.number_of(a), self.number_of(b))
        found = [self.select_commits("WHERE c.n = :n", n=n)[0] for n in best]
        return max(found, key=lambda c: c.time, default=None)

    def is_ancestor(self, a: Commit, b: Commit) -> bool:
        """Tell whether commit a is b or can be reached from it."""
        number = self.number_of(a)
        return number <= self._paths.reached(self.number_of(b)).get(lane_of(number), -1)

    def ahead(self, a: Commit, b: Commit) -> int:
        """Count the commits in the first-parent history of commit a that cannot be reached from commit b."""
        part = self._paths.reached(self.number_of(b))
        # What is part of b is the beginning of each lane, so the rest of each is ahead of it.
        history = self._paths.history(self.number_of(a))
        return sum(max(0, hi - max(lo - 1, part.get(lane_of(lo), -1))) for lo, hi in history)

    # Everything else

    def store_id(self) -> str:
        """Return what tells this store from any other, whatever its file is called."""
        return str(self.all("SELECT value FROM meta WHERE key = 'id'")[0][0])

    def count_events(self, at: Commit) -> int:
        """Count the events of a history."""
        ranges = [event_range(r) for r in self.ranges(at)]
        sql = "SELECT count(*) FROM events WHERE n BETWEEN :lo AND :hi"
        return sum(int(self.all(sql, lo=lo, hi=hi)[0][0]) for lo, hi in ranges)

    def counts(self) -> tuple[int, int]:
        """Count all commits and all events of the store, readable or not."""
        return self.all("SELECT count(*) FROM commits")[0][0], self.all("SELECT count(*) FROM events")[0][0]

    def raters(self) -> list[tuple[Rater, int, dt.datetime | None, dt.datetime | None]]:
        """Return each rater with the number of events, and the times of the first and the last of them."""
        sql = (
            "SELECT r.n, count(e.n), min(c.time), max(c.time) FROM rater r "  # noqa: S608  # our own names
            f"LEFT JOIN events e ON e.rater = r.n LEFT JOIN commits c ON c.n = {rows.COMMIT_OF} "
            "GROUP BY r.n ORDER BY r.n"
        )

        def time(micros: int | None) -> dt.datetime | None:
            return None if micros is None else rows.moment(micros)

        return [(self._numbers.rater(n), count, time(first), time(last)) for n, count, first, last in self.all(sql)]

    def snapshot(self, snapshot_id: str) -> Snapshot | None:
        """Return a snapshot; it stays in memory, decoded once somebody has looked inside."""
        if snapshot_id in self._snapshots:
            return self._snapshots[snapshot_id]
        number = self._numbers.snapshots.number(snapshot_id)
        if number is None:
            return None
        keyed = self.all("SELECT ids FROM snapshot WHERE n = :n", n=number)[0][0] == "key"

        def blob() -> bytes:
            return bytes(self.all("SELECT labels FROM snapshot WHERE n = :n", n=number)[0][0])

        return self._snapshots.setdefault(snapshot_id, Snapshot(snapshot_id, keyed, blob))

    @of_rows
    def schema(self, schema_id: str) -> LabelSchema:
        """Return a label schema."""
        schema = self._schemas.get(schema_id)
        if schema is None:
            number = self._numbers.schemas.number(schema_id)
            if number is None:
                raise StoreError(f"{self.path}: the label schema {schema_id} is missing.", "Go back to a copy.")
            sql = "SELECT parent, classes, migrations, fields FROM label_schema WHERE n = :n"
            parent, *columns = self.all(sql, n=number)[0]
            parent_id = None if parent is None else self._numbers.schemas.key(parent)
            schema = self._schemas[schema_id] = rows.read_schema(schema_id, parent_id, *columns)
        return schema

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the store."""
        with self.reading():
            self._forget()  # what is in memory may be sounder than what is stored
            yield from problems(self, self.damage)
