"""The engine on SQLite: one file, one writer at a time, every commit durable when the call returns."""

from __future__ import annotations

import datetime as dt
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from explorer.labels import rows
from explorer.labels.canonical import canonical, time_text, value_text
from explorer.labels.checks import problems
from explorer.labels.connection import connect, translated
from explorer.labels.engine import CommitDraft, LabelSchema
from explorer.labels.model import FIELD, Commit, Logged, Rater, StoreError
from explorer.labels.placing import place
from explorer.labels.snapshot import Snapshot

_UPDATE_HEAD = (
    "INSERT INTO head (branch, item, field, rater, event, value) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (branch, item, field, rater) DO UPDATE SET event = excluded.event, value = excluded.value"
)


class SQLiteEngine:
    """See `explorer.labels.engine.Engine`.

    Parameters
    ----------
    path
        The store file; made where it does not exist.
    read_only
        Refuse to write.
    timeout
        Seconds to wait for another process that is writing.
    """

    def __init__(self, path: Path, *, read_only: bool = False, timeout: float = 10.0) -> None:
        self.path = str(path)
        self.read_only = read_only
        self.lock = threading.RLock()
        self._file = path
        self._pid = os.getpid()
        self._connection: sqlite3.Connection | None = connect(path, read_only=read_only, timeout=timeout)
        self._inode = self._identity()
        self._snapshots: dict[str, Snapshot] = {}

    @property
    def _db(self) -> sqlite3.Connection:
        if self._connection is None:
            raise StoreError(f"The label store {self.path} is closed.", "Open it again.")
        if os.getpid() != self._pid:
            # SQLite's locks do not survive a fork: writing through them damages the file.
            raise StoreError(f"{self.path} was opened by another process.", "Open the store in this process.")
        return self._connection

    def _identity(self) -> tuple[int, int] | None:
        try:
            stat = self._file.stat()
        except FileNotFoundError:
            return None
        return (stat.st_dev, stat.st_ino)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Be the only writer until the block ends; then everything is durable, or nothing is written if it raised."""
        with self.lock, translated(self.path):
            db = self._db
            if self.read_only:
                raise StoreError(
                    f"{self.path} was opened read-only; nothing was written.", "Open it without read_only=True."
                )
            if self._identity() != self._inode:
                # The open file would still take the write, and then be gone with it.
                raise StoreError(
                    f"{self.path} was moved, replaced or deleted while it was open; nothing was written.",
                    "Put the file back, or open the store again.",
                )
            db.execute("BEGIN IMMEDIATE")
            try:
                yield
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:  # a full disk may already have rolled it back
                    db.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See one consistent state of the file until the block ends."""
        with self.lock, translated(self.path):
            outermost = not self._db.in_transaction
            if outermost:
                self._db.execute("BEGIN")
            try:
                yield
            finally:
                if outermost:
                    self._db.execute("ROLLBACK")

    def _all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.lock, translated(self.path):
            return self._db.execute(sql, values).fetchall()

    def _one(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        found = self._all(sql, *values)
        return found[0] if found else None

    def data_version(self) -> int:
        """Return a number that changes when somebody else has written."""
        return int(self._all("PRAGMA data_version")[0][0])

    # Reading

    def tip(self, branch: str) -> Commit | None:
        """Return the newest commit of a branch, without its events."""
        row = self._one(
            f"{rows.SELECT_COMMIT} JOIN ref f ON f.commit_id = c.id WHERE f.name = ? AND f.kind = 'branch'", branch
        )
        return None if row is None else rows.read_commit(row)

    def commit(self, commit_id: str) -> Commit | None:
        """Return a commit with its events."""
        row = self._one(f"{rows.SELECT_COMMIT} WHERE c.id = ?", commit_id)
        if row is None:
            return None
        columns = ", ".join(rows.EVENT_COLUMNS)
        found = self._all(f"SELECT {columns} FROM events WHERE commit_id = ? ORDER BY ord", commit_id)  # noqa: S608
        return rows.read_commit(row, tuple(rows.read_event(e) for e in found))

    def commits(self, branch: str | None = None) -> list[Commit]:
        """Return commits oldest first, without their events."""
        where, values = ("", ()) if branch is None else (" WHERE c.branch = ?", (branch,))
        found = self._all(f"{rows.SELECT_COMMIT}{where} ORDER BY c.branch, c.position", *values)
        return [rows.read_commit(row) for row in found]

    def commit_at(self, branch: str, time: dt.datetime) -> Commit | None:
        """Return the newest commit of a branch that is not later than a time, without its events."""
        row = self._one(
            f"{rows.SELECT_COMMIT} WHERE c.branch = ? AND c.time <= ? ORDER BY c.position DESC LIMIT 1",
            branch,
            time_text(time),
        )
        return None if row is None else rows.read_commit(row)

    def commits_like(self, branch: str, prefix: str) -> list[Commit]:
        """Return the commits of a branch whose id begins with a prefix, without their events."""
        # Ids are lower-case hex, so everything that begins with the prefix lies between it and the prefix + "g".
        found = self._all(
            f"{rows.SELECT_COMMIT} WHERE c.id >= ? AND c.id < ? AND c.branch = ?", prefix, prefix + "g", branch
        )
        return [rows.read_commit(row) for row in found]

    def commit_of(self, op_ids: list[str]) -> dict[str, str]:
        """Return the commit id of each operation id that is known already."""
        # One value holds all ids, since the number of values in a statement is limited.
        found = self._all(
            "SELECT op_id, commit_id FROM events WHERE op_id IN (SELECT value FROM json_each(?))", json.dumps(op_ids)
        )
        return dict(found)

    def events(self, branch: str, after: int) -> list[Logged]:
        """Return the events of the commits after a position of a branch, oldest first."""
        found = self._all(
            f"{rows.SELECT_LOGGED} WHERE c.branch = ? AND c.position > ? AND e.field = ? ORDER BY e.seq",
            branch,
            after,
            FIELD,
        )
        return [rows.read_logged(row) for row in found]

    def heads(self, branch: str, position: int | None = None) -> dict[str, Logged]:
        """Return the newest event of each item that has one, now or as of a position."""
        if position is None:
            found = self._all(
                f"{rows.SELECT_LOGGED} JOIN head h ON h.event = e.id WHERE h.branch = ? AND h.field = ? ORDER BY e.seq",
                branch,
                FIELD,
            )
        else:
            found = self._all(
                f"{rows.SELECT_LOGGED} WHERE e.seq IN (SELECT max(x.seq) FROM events x "  # noqa: S608  # fixed text
                "JOIN commits y ON y.id = x.commit_id WHERE y.branch = ? AND y.position <= ? AND x.field = ? "
                "GROUP BY x.item)",
                branch,
                position,
                FIELD,
            )
        # The table keeps one row per rater; the newest of them, last in this order, is the one in force.
        return {logged.event.item: logged for logged in map(rows.read_logged, found)}

    def event(self, event_id: str) -> Logged | None:
        """Return one event."""
        row = self._one(f"{rows.SELECT_LOGGED} WHERE e.id = ?", event_id)
        return None if row is None else rows.read_logged(row)

    def undoable(self, branch: str, rater: str | None, n: int, before: int | None = None) -> list[Commit]:
        """Return the newest n commits (before a position) with events that are no undo and not undone, newest first."""
        # A commit is undone as a whole, so its first event tells.
        found = self._all(
            "SELECT c.id FROM commits c JOIN rater r ON r.id = c.rater "
            "JOIN events e ON e.commit_id = c.id AND e.ord = 0 "
            "WHERE c.branch = ? AND c.kind <> 'revert' AND (? IS NULL OR r.name = ?) AND (? IS NULL OR c.position < ?) "
            "AND NOT EXISTS (SELECT 1 FROM events u WHERE u.undoes = e.id) ORDER BY c.position DESC LIMIT ?",
            branch,
            rater,
            rater,
            before,
            before,
            n,
        )
        whole = (self.commit(row[0]) for row in found)
        return [c for c in whole if c is not None]

    def store_id(self) -> str:
        """Return what tells this store from any other, whatever its file is called."""
        return str(self._all("SELECT value FROM meta WHERE key = 'id'")[0][0])

    def count_events(self, branch: str) -> int:
        """Count the events of a branch."""
        sql = "SELECT COUNT(*) FROM events e JOIN commits c ON c.id = e.commit_id WHERE c.branch = ?"
        return int(self._all(sql, branch)[0][0])

    def log_rows(self, branch: str, limit: int | None, item: str | None = None) -> Iterator[Logged]:
        """Yield the events of a branch, or of one item of it, newest first."""
        values = [branch, *([] if item is None else [item]), -1 if limit is None else limit]
        found = self._all(
            # The + keeps the query from starting at the branch's commits, and so from sorting all events.
            f"{rows.SELECT_LOGGED} WHERE +c.branch = ? {'' if item is None else 'AND e.item = ?'} "
            "ORDER BY e.seq DESC LIMIT ?",
            *values,
        )
        return map(rows.read_logged, found)

    def snapshot(self, snapshot_id: str) -> Snapshot | None:
        """Return a snapshot; it stays in memory, decoded once somebody has looked inside."""
        if snapshot_id in self._snapshots:
            return self._snapshots[snapshot_id]
        row = self._one("SELECT ids FROM snapshot WHERE id = ?", snapshot_id)
        if row is None:
            return None

        def blob() -> bytes:
            found = self._all("SELECT labels FROM snapshot WHERE id = ?", snapshot_id)
            return bytes(found[0][0])

        return self._snapshots.setdefault(snapshot_id, Snapshot(snapshot_id, row[0] == "key", blob))

    def schema(self, schema_id: str) -> LabelSchema:
        """Return a label schema."""
        found = self._all("SELECT id, parent, classes, migrations FROM label_schema WHERE id = ?", schema_id)
        return rows.read_schema(found[0])

    def refs(self) -> dict[str, tuple[str, str]]:
        """Return kind ("branch" or "tag") and commit id of every ref."""
        return {name: (kind, target) for name, kind, target in self._all("SELECT name, kind, commit_id FROM ref")}

    # Writing, inside exclusive()

    def append(self, branch: str, draft: CommitDraft, expected: str | None) -> Commit | None:
        """Add a commit to a branch whose newest commit is `expected`; return `None`, unwritten, if it is another."""
        with self.lock, translated(self.path):
            tip = self.tip(branch)
            if (tip.id if tip else None) != expected:
                return None
            self._add_rater(draft.rater)
            for rater in frozenset(e.rater for e in draft.events):
                self._add_rater(rater)
            self._add_schema(draft.schema)
            self._add_snapshot(draft.snapshot, tip.snapshot if tip else None)
            commit = place(draft, branch, tip)
            self._db.execute(rows.INSERT_COMMIT, rows.commit_row(commit, draft.rater.id))
            self._db.executemany(rows.INSERT_EVENT, (rows.event_row(e, commit.id) for e in commit.events))
            self._db.executemany(
                _UPDATE_HEAD, ((branch, e.item, e.field, e.rater, e.id, value_text(e.new)) for e in commit.events)
            )
            self.move_ref(branch, "branch", commit.id, draft.rater, draft.time, draft.kind)
            return commit

    def move_ref(self, name: str, kind: str, commit_id: str, rater: Rater, time: dt.datetime, why: str) -> None:
        """Point a branch or tag at a commit and note the move in the reflog."""
        with self.lock, translated(self.path):
            self._add_rater(rater)
            before = self._one("SELECT commit_id FROM ref WHERE name = ?", name)
            self._db.execute(
                "INSERT INTO ref (name, kind, commit_id) VALUES (?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, commit_id = excluded.commit_id",
                (name, kind, commit_id),
            )
            self._db.execute(
                "INSERT INTO reflog (name, kind, old, new, rater, time, why) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (name, kind, before[0] if before else None, commit_id, rater.id, time_text(time), why),
            )

    def _add_rater(self, rater: Rater) -> None:
        if not self._one("SELECT 1 FROM rater WHERE id = ?", rater.id):
            self._db.execute("INSERT INTO rater (id, name, kind) VALUES (?, ?, ?)", (rater.id, rater.name, rater.kind))

    def _add_schema(self, schema: LabelSchema) -> None:
        if not self._one("SELECT 1 FROM label_schema WHERE id = ?", schema.id):
            classes = canonical(rows.classes_json(schema)).decode()
            self._db.execute(
                "INSERT INTO label_schema (id, parent, classes, migrations) VALUES (?, ?, ?, ?)",
                (schema.id, schema.parent, classes, canonical(list(schema.migrations)).decode()),
            )

    def _add_snapshot(self, snapshot: Snapshot, parent: str | None) -> None:
        if not self._one("SELECT 1 FROM snapshot WHERE id = ?", snapshot.id):
            self._db.execute(
                "INSERT INTO snapshot (id, parent, n, labels, ids) VALUES (?, ?, ?, ?, ?)",
                (snapshot.id, parent, len(snapshot), snapshot.blob(), "key" if snapshot.keyed else "content"),
            )

    def rebuild_heads(self) -> None:
        """Make the cache of newest events anew from the log."""
        with self.exclusive():
            self._db.execute("DELETE FROM head")
            self._db.execute(
                "INSERT INTO head (branch, item, field, rater, event, value) "
                "SELECT c.branch, e.item, e.field, e.rater, e.id, e.new FROM events e JOIN commits c "
                "ON c.id = e.commit_id WHERE e.seq IN (SELECT max(x.seq) FROM events x JOIN commits y "
                "ON y.id = x.commit_id GROUP BY y.branch, x.item, x.field, x.rater)"
            )

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with the file."""
        with self.reading():
            found: Callable[..., list[tuple[Any, ...]]] = self._all
            yield from problems(found)

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            if self._connection is not None and os.getpid() == self._pid:
                self._connection.close()
            self._connection = None
