"""The one place where a connection to a store file is made, and where SQLite's errors become ours."""

from __future__ import annotations

import datetime as dt
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from explorer.labels.model.times import time_text
from explorer.labels.model.types import StoreError
from explorer.labels.storage import ddl, migrate


def connect(path: Path, *, read_only: bool, timeout: float) -> sqlite3.Connection:
    """Open a label store file and check that it is one; make it where it does not exist yet.

    Parameters
    ----------
    path
        The file. Its folder has to exist.
    read_only
        Never write, and never make the file.
    timeout
        Seconds to wait for another process that is writing.

    Raises
    ------
    StoreError
        No such file or folder, not an SQLite file, no label store, or of a newer format.
    """
    if path.is_dir():
        raise StoreError(f"{path} is a folder.", "Give the path of a file in it, such as corrections.labels.db.")
    if not path.parent.is_dir():
        raise StoreError(f"The folder {path.parent} does not exist.", "Make it first, or give another path.")
    if read_only and not path.exists():
        raise StoreError(f"There is no label store at {path}.", "Check the path, or open it without read_only=True.")
    with translated(path):
        db = raw(path, read_only=read_only, timeout=timeout)
        try:
            settings(db)
            return _prepare(db, path, read_only)
        except BaseException:
            db.close()
            raise


def raw(path: Path, *, read_only: bool, timeout: float) -> sqlite3.Connection:
    """Open a file, and no more."""
    return sqlite3.connect(
        f"{path.as_uri()}?mode={'ro' if read_only else 'rwc'}",
        uri=True,
        timeout=timeout,
        isolation_level=None,  # transactions begin where the engine says so, and nowhere else
        check_same_thread=False,  # the engine's lock lets one thread in at a time
    )


def settings(db: sqlite3.Connection) -> None:
    """Set what holds for the connection."""
    # EXTRA fsyncs data and journal at every commit (and, where a journal is deleted, its folder), which is what
    # "an acknowledged click survives" rests on. A rollback journal keeps the store one file that can be copied;
    # TRUNCATE spares making and deleting the journal. It is set once the file is known to be a store.
    db.execute("PRAGMA synchronous = EXTRA")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA recursive_triggers = ON")
    db.execute("PRAGMA trusted_schema = OFF")  # a file from elsewhere cannot make our queries call functions


def _prepare(db: sqlite3.Connection, path: Path, read_only: bool) -> sqlite3.Connection:
    """Make the tables of a new file, refuse a foreign one, bring an old one up; return the connection to use."""
    if not _tables(db):
        if read_only:
            raise StoreError(f"{path} is empty.", "Open it without read_only=True to make a label store of it.")
        _create(db)
    if "meta" not in _tables(db) or db.execute("PRAGMA application_id").fetchone()[0] != ddl.APPLICATION:
        raise StoreError(
            f"{path} is an SQLite file, but not a label store.", "Give another path; this file was left as it is."
        )
    found = migrate.found_format(db, path)
    if found > ddl.FORMAT:
        raise StoreError(
            f"{path} has format {found}; this version of the package reads up to format {ddl.FORMAT}.",
            "Update the package: pip install -U data-quality-explorer",
        )
    if found < ddl.FORMAT and read_only:
        return migrate.in_memory(db, path)
    if not read_only:
        db.execute("PRAGMA journal_mode = TRUNCATE")
        if found < ddl.FORMAT:
            migrate.in_place(db, path)
    return db


def _tables(db: sqlite3.Connection) -> frozenset[str]:
    return frozenset(row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))


def _create(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        if not _tables(db):  # another process may have been first
            for statement in ddl.statements(ddl.SCRIPT):
                db.execute(statement)
            made = ddl.meta(uuid.uuid4().hex, time_text(dt.datetime.now(dt.UTC)))
            db.executemany("INSERT INTO meta (key, value) VALUES (?, ?)", list(made.items()))
            db.execute(f"PRAGMA application_id = {ddl.APPLICATION}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def translated(path: Path | str) -> Iterator[None]:
    """Turn SQLite's errors into `StoreError`s that say what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise _error(path, error) from error
    except UnicodeDecodeError as error:  # SQLite quotes what it found in the file
        raise StoreError(
            f"{path} is damaged ({error}).", "Go back to a copy of it; keep the damaged file for rescue."
        ) from error


def _error(path: Path | str, error: sqlite3.Error) -> StoreError:
    # The low byte is the primary code; the rest refines it.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return StoreError(
            f"{path} is not a label store: it is no SQLite file.", "Give another path; this file was left as it is."
        )
    if code == sqlite3.SQLITE_FULL:
        return StoreError(
            f"The disk that holds {path} is full; the change was not written and the store is as before.",
            "Free some space, and repeat the change.",
            transient=True,
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(
            f"{path} is locked: another process has been writing to it for too long; nothing was written.",
            "Try again, or close the other process.",
            transient=True,
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return StoreError(
            f"{path} cannot be written: the file or its folder is read-only; nothing was written.",
            "Make both writable, or copy the file elsewhere and open the copy.",
        )
    if code == sqlite3.SQLITE_CANTOPEN:
        return StoreError(
            f"{path} cannot be opened: the file or its folder may not be read or written.",
            "Check the permissions; reading alone works with read_only=True.",
        )
    if code == sqlite3.SQLITE_CORRUPT:
        return StoreError(f"{path} is damaged ({error}).", "Go back to a copy of it; keep the damaged file for rescue.")
    if code == sqlite3.SQLITE_IOERR:
        return StoreError(
            # A sync that fails after the last write leaves a commit that may hold.
            f"Reading or writing {path} failed ({error}); whether the change is in the file is unsure.",
            "Check the disk, look again, and repeat the change; with the same op_id it is written once.",
            transient=True,
        )
    return StoreError(f"{path}: SQLite refused ({error}); nothing was written.")
