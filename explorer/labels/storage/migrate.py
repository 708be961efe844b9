"""A store of format 1 becomes one of format 2: the same ids, smaller rows, and a copy of the old file beside it."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from explorer.labels.model import times
from explorer.labels.model.hashing import of_rows, read_value
from explorer.labels.model.snapshot import Snapshot, row_digest
from explorer.labels.model.times import read_time
from explorer.labels.model.types import Commit, Event, Rater, StoreError
from explorer.labels.storage import ddl, rows
from explorer.labels.storage.inserts import Inserts
from explorer.labels.storage.interning import Numbers

_OLD = ("meta", "snapshot", "label_schema", "rater", "commits", "events", "head", "ref", "reflog")

_EVENT = tuple(f.name for f in fields(Event))


def found_format(db: sqlite3.Connection, path: Path) -> int:
    """Return the format of a store; `StoreError` if it does not say."""
    row = db.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
    if row is None or not str(row[0]).isdecimal():
        raise StoreError(
            f"{path} is damaged: it does not say its format.",
            "Go back to a copy of it; keep the damaged file for rescue.",
        )
    return int(row[0])


def in_memory(db: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """Return a connection to a copy in memory, brought up to this format; the file stays as it is."""
    db.close()
    copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    with closing(_reader(path)) as source:
        source.backup(copy)
    copy.execute("BEGIN")
    _convert(copy)
    copy.execute("COMMIT")
    copy.execute("PRAGMA query_only = ON")
    return copy


def in_place(db: sqlite3.Connection, path: Path) -> None:
    """Copy the file aside, then rewrite it in one transaction, which a crash leaves as it was."""
    db.execute("PRAGMA foreign_keys = OFF")  # tables are renamed and dropped; takes no effect inside a transaction
    db.execute("BEGIN IMMEDIATE")
    try:
        if found_format(db, path) < ddl.FORMAT:  # another process may have been first
            _keep_copy(path)
            _convert(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    db.execute("PRAGMA foreign_keys = ON")
    with suppress(sqlite3.OperationalError):  # the store is whole; without room for a second copy it stays larger
        db.execute("VACUUM")  # the old tables left their pages behind


def _reader(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)


def _keep_copy(path: Path) -> Path:
    """Copy a store with SQLite's backup, durably, under a name that is free; return it. A failure leaves no half copy.

    As `utils.files.replacing`, but that SQLite writes the file; and the label store knows no other room.
    """
    part = path.with_name(f"{path.name}.format1-backup.part")
    part.unlink(missing_ok=True)  # of a process that was killed; nobody else is here, as the store is locked
    kept: Path | None = None
    try:
        with closing(_reader(path)) as source, closing(sqlite3.connect(part)) as copy:
            source.backup(copy)
        _sync(part)
        kept = _free_name(path)
        part.replace(kept)
    except BaseException:
        for half in (part, kept):
            if half is not None:
                half.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # only there can a folder be opened and synced
        _sync(path.parent)
    return kept


def _free_name(path: Path) -> Path:
    """Take a name for a copy of a store, so that nobody's file is written over."""
    for end in ("", *(f"-{n}" for n in range(2, 1000))):
        name = path.with_name(f"{path.name}.format1-backup{end}")
        try:
            name.touch(exist_ok=False)
        except FileExistsError:
            continue
        return name
    raise StoreError(f"{path} has 999 backups beside it.", "Move them elsewhere.")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _Plain:
    """A connection as the writer wants it."""

    path = ""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def all(self, sql: str, /, **binds: Any) -> list[rows.Row]:
        return self._db.execute(sql, binds).fetchall()

    def many(self, sql: str, values: Sequence[dict[str, Any]], /) -> None:
        self._db.executemany(sql, values)


@of_rows
def _convert(db: sqlite3.Connection) -> None:
    """Rewrite all tables; inside a transaction."""
    made = db.execute("SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL")
    for kind, name in made.fetchall():
        db.execute(f'DROP {kind} "{name}"')
    for table in _OLD:
        db.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    for statement in ddl.statements(ddl.SCRIPT):
        db.execute(statement)
    plain = _Plain(db)
    numbers = Numbers(plain)
    _copy_small(db, numbers)
    known = _copy_commits(db, Inserts(plain, numbers))
    _copy_refs(db, numbers, known)
    db.execute("INSERT INTO head (branch, event) SELECT 0, max(n) FROM events GROUP BY item, field, rater")
    for table in reversed(_OLD):
        db.execute(f"DROP TABLE old_{table}")


def _copy_small(db: sqlite3.Connection, numbers: Numbers) -> None:
    old = dict(db.execute("SELECT key, value FROM old_meta").fetchall())
    new = ddl.meta(old["id"], old["made"])
    db.executemany("INSERT INTO meta (key, value) VALUES (?, ?)", list(new.items()))
    for name, kind in db.execute("SELECT name, kind FROM old_rater ORDER BY rowid").fetchall():
        numbers.add_rater(Rater(name, kind))
    found = db.execute("SELECT id, parent, classes, migrations FROM old_label_schema ORDER BY rowid").fetchall()
    for identity, parent, classes, migrations in found:
        number = None if parent is None else numbers.schemas.number(parent)
        numbers.schemas.add(identity, parent=number, classes=classes, migrations=migrations)
    for identity, parent, n, ids in db.execute("SELECT id, parent, n, ids FROM old_snapshot ORDER BY rowid").fetchall():
        labels = bytes(db.execute("SELECT labels FROM old_snapshot WHERE id = ?", (identity,)).fetchone()[0])
        number = None if parent is None else numbers.snapshots.number(parent)
        numbers.snapshots.add(identity, parent=number, items=n, labels=labels, digest=row_digest(labels, ids), ids=ids)


def _copy_commits(db: sqlite3.Connection, writer: Inserts) -> dict[str, int]:
    """Write every commit anew; return their numbers by id."""
    if db.execute("SELECT 1 FROM old_commits WHERE branch <> 'main'").fetchone():
        raise StoreError("The store has branches, which format 1 does not have.", "Keep it, and report this.")
    people = {i: Rater(name, kind) for i, name, kind in db.execute("SELECT id, name, kind FROM old_rater")}
    names = (
        "id, kind, rater, time, message, parent, merge_parent, position, schema, snapshot, root, tool"  # of `Commit`
    )
    found = db.execute(f"SELECT {names} FROM old_commits ORDER BY position").fetchall()  # noqa: S608  # our own names
    numbers: dict[str, int] = {}
    snapshot: Snapshot | None = None
    for row in found:
        said = dict(zip(names.split(", "), row, strict=True))
        if snapshot is None or snapshot.id != said["snapshot"]:
            snapshot = _snapshot(db, said["snapshot"])
        events = tuple(_events(db, said["id"], snapshot))
        who = people[said.pop("rater")]
        time = read_time(said.pop("time"))
        commit = Commit(**said, rater=who.name, rater_kind=who.kind, time=time, events=events)
        raters = [who, *(people[e.rater] for e in events)]
        writer.add_commit(commit, commit.position, None, None, [e.op_id for e in events], raters)
        numbers[commit.id] = commit.position
    return numbers


def _snapshot(db: sqlite3.Connection, identity: str) -> Snapshot:
    blob = bytes(db.execute("SELECT labels FROM old_snapshot WHERE id = ?", (identity,)).fetchone()[0])
    return Snapshot(identity, False, lambda: blob)


def _events(db: sqlite3.Connection, commit: str, snapshot: Snapshot) -> Iterator[Event]:
    columns = ", ".join({"order": "ord", "why": "note"}.get(name, name) for name in _EVENT)
    sql = f"SELECT {columns} FROM old_events WHERE commit_id = ? ORDER BY ord"  # noqa: S608  # our own names
    found = db.execute(sql, (commit,)).fetchall()
    for row in found:
        said = dict(zip(_EVENT, row, strict=True))
        there = snapshot.row(said["item"])
        if there and there[0] == said["content_hash"]:
            said["content_hash"] = None  # the snapshot says it
        for name in ("old", "new"):
            said[name] = read_value(said[name])
        if said["evidence"] is not None:
            said["evidence"] = json.loads(said["evidence"])
        yield Event(**said)


def _copy_refs(db: sqlite3.Connection, numbers: Numbers, commits: dict[str, int]) -> None:
    for name, kind, commit in db.execute("SELECT name, kind, commit_id FROM old_ref").fetchall():
        if kind == "branch":
            db.execute('UPDATE ref SET "commit" = ? WHERE name = ?', (commits[commit], name))
        else:
            db.execute('INSERT INTO ref (name, kind, "commit") VALUES (?, ?, ?)', (name, kind, commits[commit]))
    moved = db.execute(
        "SELECT name, kind, old, new, rater, time, why FROM old_reflog WHERE kind <> 'branch' ORDER BY seq"
    )
    for name, kind, old, new, rater, time, why in moved.fetchall():
        before = None if old is None else commits[old]
        who = numbers.raters.number(rater)
        row = rows.move_row(name, kind, before, commits[new], who, times.micros(read_time(time)), why)
        db.execute(rows.INSERT_MOVE, row)
