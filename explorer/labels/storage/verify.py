"""Recompute everything that a store claims: hashes, chains, caches, refs. What is wrong names the commit concerned."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator

from explorer.labels.model import times
from explorer.labels.model.hashing import commit_id, event_id, read_value, root_hash, schema_id
from explorer.labels.model.refs import Problem
from explorer.labels.model.snapshot import Snapshot, row_digest
from explorer.labels.model.times import time_text
from explorer.labels.model.types import KINDS, Event, Rater, StoreError
from explorer.labels.storage import ddl, rows
from explorer.labels.storage.ancestry import Paths, event_range, lane_of
from explorer.labels.storage.database import Database
from explorer.labels.storage.interning import Numbers
from explorer.labels.storage.vote_queries import VoteDatabase, vote_problems

_PAGE = 500
"""Commits that are read at once."""
_UNREADABLE = (ValueError, LookupError, TypeError, ArithmeticError, AttributeError, OSError, StoreError)
"""What comes of rows that do not hold what they should."""

Claims = dict[str, dict[int, str]]
"""What is wrong with a row of a small table: table to number to text."""


def problems(db: VoteDatabase, numbers: Numbers, damage: Callable[[], Iterator[str]]) -> Iterator[Problem]:
    """Yield what is wrong: first what belongs to a commit, from the oldest on, then the rest.

    Parameters
    ----------
    damage
        Yields what the database itself finds.
    """
    try:
        small = _Small(db)
        yield from _Commits(db, small).problems()
        for table in small.bad.values():
            yield from (Problem(text) for text in table.values())  # of rows that no commit refers to
        yield from _moves(db)
        yield from _caches(db)
        yield from vote_problems(db, numbers)
    except _UNREADABLE as error:
        yield Problem(f"a row cannot be read: {error}")
    yield from map(Problem, damage())


class _Small:
    """The tables that commits and events refer to, and what is wrong with their rows."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.bad: Claims = defaultdict(dict)
        self.rater: dict[int, str] = {}
        self.schema: dict[int, str] = {}
        self.snapshot: dict[int, str] = {}
        self.snapshot_parent: dict[int, int | None] = {}
        self.tool: dict[int, str] = {}
        self.lane: dict[int, str] = {}
        self._decoded: dict[int, Snapshot] = {}
        self._each("lane", "name", lambda n, name: self.lane.update({n: name}))
        self._each("tool", "name", lambda n, name: self.tool.update({n: name}))
        self._each("rater", "id, name, kind", self._rater)
        self._each("value", "digest, json", self._value)
        self._each("label_schema", "id", lambda n, identity: self.schema.update({n: identity.hex()}))
        self._each("label_schema", "id, parent, classes, migrations, fields", self._schema)
        self._each("snapshot", "id, parent, items, digest, ids, labels", self._snapshot)

    def _each(self, table: str, columns: str, check: Callable[..., None]) -> None:
        """Check the rows of a table one by one, so that one that cannot be read spoils no other."""
        for (n,) in self._db.all(f"SELECT n FROM {table} ORDER BY n"):  # noqa: S608  # our own names
            try:
                check(n, *self._db.all(f"SELECT {columns} FROM {table} WHERE n = :n", n=n)[0])  # noqa: S608  # our own names
            except _UNREADABLE as error:
                self.bad[table][n] = f"row {n} of {table} cannot be read: {error}"

    def _rater(self, n: int, identity: str, name: str, kind: str) -> None:
        self.rater[n] = identity
        if Rater(name, kind).id != identity:
            self.bad["rater"][n] = f"rater {identity!r} does not match its name and kind"

    def _value(self, n: int, digest: bytes, json: str) -> None:
        if hashlib.sha256(json.encode()).digest() != digest or (n == 0) != (json == "null"):
            self.bad["value"][n] = f"the value {json[:80]} does not match its hash"
        else:
            read_value(json)

    def _schema(self, n: int, identity: bytes, parent: int | None, classes: str, migrations: str, fields: str) -> None:
        parent_id = None if parent is None else self.schema[parent]
        schema = rows.read_schema(identity.hex(), parent_id, classes, migrations, fields)
        found = schema_id(rows.classes_json(schema), parent_id, schema.migrations, rows.fields_json(schema))
        if found != schema.id:
            self.bad["label_schema"][n] = f"label schema {schema.id} does not match its hash"

    def _snapshot(
        self, n: int, identity: bytes, parent: int | None, items: int, digest: bytes, ids: str, labels: bytes
    ) -> None:
        self.snapshot[n], self.snapshot_parent[n] = identity.hex(), parent
        snapshot = Snapshot(identity.hex(), ids == "key", lambda: bytes(labels))
        whole = row_digest(bytes(labels), ids) == digest and ids in ("content", "key")
        if not whole or len(snapshot) != items or snapshot.digest() != snapshot.id:
            self.bad["snapshot"][n] = f"snapshot {snapshot.id} does not match its hash"

    def content(self, n: int, item: str) -> str:
        """Return the content hash of an item in a snapshot; `LookupError` if it is not there."""
        if n not in self._decoded:
            if len(self._decoded) >= 4:
                self._decoded.clear()
            labels = self._db.all("SELECT labels FROM snapshot WHERE n = :n", n=n)[0][0]
            self._decoded[n] = Snapshot(self.snapshot[n], False, lambda: bytes(labels))
        row = self._decoded[n].row(item)
        if row is None:
            raise LookupError(f"the snapshot has no item {item!r}")
        return row[0]

    def take(self, table: str, n: int) -> Iterator[str]:
        """Yield what is wrong with a row, the first time that somebody refers to it."""
        if text := self.bad[table].pop(n, None):
            yield text


class _Commits:
    """Commits, each after its parents, so that what is wrong shows first where it is."""

    def __init__(self, db: Database, small: _Small) -> None:
        self._db, self._small = db, small
        self._ids: dict[int, str] = {n: bytes(i).hex() for n, i in db.all("SELECT n, id FROM commits ORDER BY n")}
        self._snapshots: dict[int, int] = {}  # of each commit
        self._under: dict[int, set[int | None]] = defaultdict(set)  # snapshots that each one was bound after
        self._first_use: dict[int, int] = {}  # commit that first stands on each snapshot
        self._newest: dict[int, dict[tuple[bytes, str], int]] = defaultdict(dict)  # event of each cell, lane by lane
        self._forks: dict[int, list[int]] = defaultdict(list)  # lanes by the commit that they start from

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with commits and events."""
        for page in self._pages():
            commits: dict[int, rows.Row] | None = None
            events: dict[int, list[rows.Row]] = {}
            try:
                # Read whole before any is checked, so that none is checked twice.
                events = self._events(page[0], page[-1])
                commits = self._rows(page[0], page[-1])
            except _UNREADABLE:
                commits = None  # then one by one, to find the one that it is
            for n in page:
                texts: list[str] = []
                try:
                    row = self._rows(n, n)[n] if commits is None else commits[n]
                    own = self._events(n, n) if commits is None else events
                    texts += self._commit(n, row, own.get(n, []))
                except _UNREADABLE as error:
                    texts.append(f"commit {self._ids[n]} cannot be read: {error}")
                yield from (Problem(text, self._ids[n]) for text in texts)
                for lane in self._forks.get(n, ()):
                    self._newest[lane] = dict(self._newest[lane_of(n)])
        yield from self._rest()

    def _pages(self) -> Iterator[list[int]]:
        """Yield commits that follow each other on a lane."""
        page: list[int] = []
        for n in self._order():
            if page and (n != page[-1] + 1 or len(page) == _PAGE):
                yield page
                page = []
            page.append(n)
        if page:
            yield page

    def _order(self) -> list[int]:
        """Return all commits, each after its parent and its merge parent."""
        lanes: dict[int, list[int]] = defaultdict(list)  # what is left of each, newest first
        for n in sorted(self._ids, reverse=True):
            lanes[lane_of(n)].append(n)
        after: dict[int, list[int]] = defaultdict(list)  # what else comes before a commit
        for lane, left in lanes.items():
            parent = self._db.all("SELECT parent FROM commits WHERE n = :n", n=left[-1])[0][0]
            if lane and parent is not None:
                self._forks[parent].append(lane)
                after[left[-1]].append(parent)
        for n, merged in self._db.all("SELECT n, merge_parent FROM commits WHERE merge_parent IS NOT NULL"):
            after[n].append(merged)
        order: list[int] = []
        busy: set[int] = set()  # damaged numbers may go in circles

        def until(last: int) -> None:
            lane = lane_of(last)
            left = lanes.get(lane, [])
            if lane in busy:
                return
            busy.add(lane)
            while left and left[-1] <= last:
                for before in after.get(left[-1], ()):
                    until(before)
                order.append(left.pop())
            busy.discard(lane)

        for left in list(lanes.values())[::-1]:
            while left:
                until(left[0])
        return order

    def _rows(self, first: int, last: int) -> dict[int, rows.Row]:
        sql = (
            "SELECT n, parent, merge_parent, rater, time, message, kind, schema, snapshot, tool FROM commits "
            "WHERE n BETWEEN :first AND :last ORDER BY n"
        )
        return {row[0]: row for row in self._db.all(sql, first=first, last=last)}

    def _events(self, first: int, last: int) -> dict[int, list[rows.Row]]:
        lo, hi = event_range((first, last))
        found: dict[int, list[rows.Row]] = defaultdict(list)
        for row in self._db.all(rows.SELECT_CHECKED, lo=lo, hi=hi):
            found[row[0] >> rows.ORDER_BITS].append(row)
        return found

    def _commit(self, n: int, row: rows.Row, events: list[rows.Row]) -> Iterator[str]:
        parent, merge_parent, rater, time, message, kind, schema, snapshot, tool = row[1:]
        small, identity = self._small, self._ids[n]
        for table, number in (("rater", rater), ("label_schema", schema), ("snapshot", snapshot), ("tool", tool)):
            yield from small.take(table, number)
        yield from small.take("lane", lane_of(n))
        before = parent
        if n - 1 in self._ids and lane_of(n - 1) == lane_of(n):
            if parent is not None:
                yield f"commit {identity} does not follow commit {self._ids[n - 1]}"
            before = n - 1
        elif n and (parent not in self._ids or parent & (rows.POSITIONS - 1) != (n & (rows.POSITIONS - 1)) - 1):
            yield f"commit {identity} does not follow another one, and is not the first"
            before = None
        self._snapshots[n] = snapshot
        self._first_use.setdefault(snapshot, n)
        under = None if before is None else self._snapshots.get(before)
        if under != snapshot:
            self._under[snapshot].add(under)
        made = []
        for event_row in events:
            for number in event_row[-2:]:
                yield from small.take("value", number)
            yield from small.take("rater", event_row[6])
            event, content = self._event(event_row, snapshot)
            made.append(event)
            yield from self._check(event_row, event, content)
        found = commit_id(
            parent=None if before is None else self._ids[before],
            merge_parent=None if merge_parent is None else self._ids[merge_parent],
            branch=small.lane[lane_of(n)],
            position=n & (rows.POSITIONS - 1),
            rater=small.rater[rater],
            time=time_text(times.moment(time)),
            message=message,
            kind=KINDS[kind],
            schema=small.schema[schema],
            snapshot=small.snapshot[snapshot],
            root=root_hash(made),
            tool=small.tool[tool],
        )
        if found != identity:
            if _nearly(found, identity):
                self._ids[n] = found  # so the id is what was damaged, and those after it are right to name this one
                yield f"commit {found} stands under the id {identity}"
            else:
                yield f"commit {identity} does not match its hash"

    def _event(self, row: rows.Row, snapshot: int) -> tuple[Event, str | None]:
        """Return an event, and its content hash where the snapshot has it."""
        lane = self._small.lane[row[0] >> (rows.POSITION_BITS + rows.ORDER_BITS)]
        op_id = rows.op_id_of(row[2], row[20], lane, row[0])
        event = rows.read_event(row, self._small.rater[row[6]], op_id)
        content = self._small.content(snapshot, event.item) if event.content_hash is None else None
        return event, content

    def _check(self, row: rows.Row, event: Event, content: str | None) -> Iterator[str]:
        newest = self._newest[row[0] >> (rows.POSITION_BITS + rows.ORDER_BITS)]
        if event_id(event, content) != event.id:
            yield f"event {event.id} of item {event.item!r} does not match its hash"
        cell = row[3], row[5]
        if row[-3] != newest.get(cell):
            yield f"event {event.id} of item {event.item!r} does not follow the event before it"
        newest[cell] = row[0]

    def _rest(self) -> Iterator[Problem]:
        """Yield what shows once all commits have been read."""
        for snapshot, n in self._first_use.items():
            parent = self._small.snapshot_parent.get(snapshot)
            if parent not in self._under[snapshot]:
                yield Problem(f"snapshot {snapshot} does not name the one that was bound before", self._ids[n])
        sql = "SELECT count(*) FROM events e WHERE NOT EXISTS (SELECT 1 FROM commits c WHERE c.n = (e.n >> 20))"
        if orphans := self._db.all(sql)[0][0]:
            yield Problem(f"{orphans} events belong to no commit")


def _nearly(one: str, other: str) -> bool:
    """Tell whether two hashes are the same but for a byte, which does not happen by chance."""
    a, b = bytes.fromhex(one), bytes.fromhex(other)
    return len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) == 1


def _moves(db: Database) -> Iterator[Problem]:
    """Yield what is wrong with what no commit covers: what the store says of itself, and the moves of its refs."""
    said = dict(db.all("SELECT key, value FROM meta"))
    if said != ddl.meta(said.get("id", ""), said.get("made", "")):
        yield Problem("what the store says of itself (table meta) does not match its hash")
    there: dict[str, bool] = {}
    for n, *said_row, digest in db.all(
        "SELECT n, name, kind, old, new, rater, time, why, digest FROM reflog ORDER BY n"
    ):
        there[said_row[0]] = said_row[3] is not None
        if rows.move_row(*said_row)["digest"] != digest:
            yield Problem(f"move {n} of a branch or tag does not match its hash")
    known = {name for (name,) in db.all("SELECT name FROM ref")}
    for name in (name for name, is_there in there.items() if is_there and name not in known):
        yield Problem(f"the branch or tag {name!r} is missing, although nobody deleted it")


def _caches(db: Database) -> Iterator[Problem]:
    tips = dict(db.all("SELECT n >> 28, max(n) FROM commits GROUP BY n >> 28"))
    moved = dict(db.all("SELECT name, new FROM reflog ORDER BY n"))  # the newest of each name
    paths = Paths(db)
    heads: dict[int, set[int]] = defaultdict(set)
    for branch, event in db.all("SELECT branch, event FROM head"):
        heads[branch].add(event)
    lanes = dict(db.all("SELECT n, name FROM lane"))
    for n, name, kind, lane, commit in db.all('SELECT n, name, kind, lane, "commit" FROM ref ORDER BY n'):
        own = lanes.get(lane, "") if kind == "branch" else name
        if own != name and not own.startswith(f"{name}~"):
            yield Problem(f"the branch {name!r} goes on in the commits of another one")
        if commit != (tips.get(lane, moved.get(name)) if kind == "branch" else moved.get(name)):
            newest = "its newest commit" if kind == "branch" else "the commit that it was put on"
            yield Problem(f"the {kind} {name!r} does not point to {newest}")
        elif kind == "branch" and heads.pop(n, set()) != _newest(db, paths, commit):
            yield Problem(f"the cache of newest labels of the branch {name!r} does not match the log; {_REBUILD}")
    if heads:
        yield Problem(f"the cache of newest labels has branches that do not exist; {_REBUILD}")


_REBUILD = "rebuild_heads() makes it anew"


def _newest(db: Database, paths: Paths, commit: int | None) -> set[int]:
    if commit is None:
        return set()
    where = " OR ".join("n BETWEEN {} AND {}".format(*event_range(r)) for r in paths.history(commit))
    sql = f"SELECT max(n) FROM events WHERE {where} GROUP BY item, field, rater"  # noqa: S608  # numbers
    return {row[0] for row in db.all(sql)}
