"""SQLite on a disk that writes down what is asked of it, and the shipped engine on that SQLite.

The engine opens its connections at `labels.storage.connection.raw` and `.settings`. Here they are replaced, for as
long as a test needs it, by connections of apsw, the one binding that lets Python be the file system.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from disk import Make, Recording, Remove, Step, Sync, SyncFolder, Truncate, Write

from explorer.labels.storage import connection

apsw = pytest.importorskip("apsw", reason="needs apsw, with which Python can be SQLite's file system")
_NUMBERS = itertools.count()
_KEPT = apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_SUPER_JOURNAL
_SYNCS_FOLDER = apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_SUPER_JOURNAL

Fault = Callable[[Step], None]
"""Looks at a step before it happens, and may raise instead (`apsw.exception_for(code)`)."""


class Disk(apsw.VFS):
    """A folder whose changes are recorded. Syncs are taken down, not done, so that thousands cost little.

    Parameters
    ----------
    folder
        Where the files are; what is there is on the disk for good.
    fault
        May make a step fail.
    """

    def __init__(self, folder: Path, fault: Fault | None = None) -> None:
        self.name = f"recorded-{os.getpid()}-{next(_NUMBERS)}"
        self.recording = Recording({p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.is_file()})
        self.inodes = {name: i for i, name in enumerate(self.recording.start)}
        self.fault = fault
        super().__init__(self.name, "")

    def step(self, step: Step) -> None:
        """Take down a step, or fail."""
        if self.fault:
            self.fault(step)
        self.recording.steps.append(step)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        if name is None or not flags[0] & _KEPT:
            return apsw.VFSFile("", name, flags)
        return _File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        if Path(filename).exists():
            self.step(Remove(Path(filename).name))
            self.inodes.pop(Path(filename).name, None)
        super().xDelete(filename, False)
        if syncdir:
            self.step(SyncFolder())


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name)
        if flags[0] & apsw.SQLITE_OPEN_CREATE and not path.exists():
            disk.inodes[path.name] = len(disk.recording.start) + next(_NUMBERS)
            disk.step(Make(path.name, disk.inodes[path.name]))
        self._disk, self._inode = disk, disk.inodes[path.name]
        # SQLite's own file system syncs the folder at the first sync of a journal, see UNIXFILE_DIRSYNC.
        self._folder = bool(flags[0] & apsw.SQLITE_OPEN_CREATE and flags[0] & _SYNCS_FOLDER)
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.step(Write(self._inode, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self._disk.step(Truncate(self._inode, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        self._disk.step(Sync(self._inode))
        if self._folder:
            self._disk.step(SyncFolder())
            self._folder = False


def _translated(error: apsw.Error) -> sqlite3.Error:
    ours: Any = sqlite3.OperationalError(str(error))
    ours.sqlite_errorcode = getattr(error, "extendedresult", 0) or getattr(error, "result", 0)
    return ours


class Adapter:
    """As much of a `sqlite3.Connection` as the engine uses, over apsw."""

    def __init__(self, path: Path, disk: Disk, read_only: bool, timeout: float) -> None:
        flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        try:
            self._db = apsw.Connection(str(path), flags=flags, vfs=disk.name)
        except apsw.Error as error:
            raise _translated(error) from error
        self._db.set_busy_timeout(int(timeout * 1000))
        self.pinned = False  # the journal mode is the test's, whatever else asks for one

    def execute(self, sql: str, values: Any = None) -> Any:
        if self.pinned and "journal_mode" in sql.lower():
            return self._run("SELECT 1")
        return self._run(sql, values)

    def _run(self, sql: str, values: Any = None) -> _Cursor:
        try:
            return _Cursor(self._db.execute(sql, values))
        except apsw.Error as error:
            raise _translated(error) from error

    def executemany(self, sql: str, values: Any) -> None:
        try:
            self._db.executemany(sql, values)
        except apsw.Error as error:
            raise _translated(error) from error

    @property
    def in_transaction(self) -> bool:
        return bool(self._db.in_transaction)

    def close(self) -> None:
        self._db.close()


class _Cursor:
    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def fetchone(self) -> Any:
        return next(self, None)

    def fetchall(self) -> list[Any]:
        return list(self)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            return next(self._cursor)
        except apsw.Error as error:
            raise _translated(error) from error


@contextlib.contextmanager
def recorded(disk: Disk, pragmas: tuple[str, ...] = (), more: tuple[str, ...] = ()) -> Iterator[None]:
    """Let every connection that the engine opens go to a recorded disk.

    Parameters
    ----------
    pragmas
        Settings instead of the shipped ones, such as `journal_mode = WAL`; empty: the shipped ones.
    more
        Settings on top.
    """
    shipped_raw, shipped_settings = connection.raw, connection.settings

    def raw(path: Path, *, read_only: bool, timeout: float) -> Any:
        return Adapter(path, disk, read_only, timeout)

    def settings(db: Any) -> None:
        if not isinstance(db, Adapter):  # such as a copy in memory
            return shipped_settings(db)
        if not pragmas:
            shipped_settings(db)
        for pragma in (*pragmas, *more):
            db.execute(f"PRAGMA {pragma}").fetchall()
        db.pinned = bool(pragmas)
        return None

    connection.raw, connection.settings = raw, settings  # type: ignore[assignment]
    try:
        yield
    finally:
        connection.raw, connection.settings = shipped_raw, shipped_settings
