"""A store on SQLite: one file, one writer at a time, every commit durable when the call returns."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from explorer.labels.model.types import StoreError
from explorer.labels.storage import connection, ddl, file_systems
from explorer.labels.storage.backend import Backend
from explorer.labels.storage.connection import translated
from explorer.labels.storage.rows import Row


class SQLiteBackend(Backend):
    """See `explorer.labels.storage.backend.Backend`.

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
        super().__init__()
        self.path = str(path)
        self.read_only = read_only
        self._file = path
        self._pid = os.getpid()
        self._timeout = timeout
        self._connection: sqlite3.Connection | None = connection.connect(path, read_only=read_only, timeout=timeout)
        self._inode = self._identity()
        self.network = file_systems.warn(path)

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
    def exclusive(self, branch: str = "main") -> Iterator[None]:  # noqa: ARG002  # a file has one writer, whatever the branch
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
            self._begin(db)
            self._begun()
            try:
                yield
                db.execute("COMMIT")
            except BaseException:
                self._taken_back()
                if db.in_transaction:  # a full disk may already have rolled it back
                    db.execute("ROLLBACK")
                raise

    def _begin(self, db: sqlite3.Connection) -> None:
        """Begin to write, as soon as nobody else does.

        SQLite itself looks again at longer and longer intervals of up to 100 ms, and among several that write without
        a pause one that waits hardly ever finds the file free. Here all look about as often.
        """
        stop = time.monotonic() + self._timeout
        db.execute("PRAGMA busy_timeout = 0")
        try:
            while True:
                try:
                    db.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= stop:
                        raise
                    time.sleep(random.uniform(0.0005, 0.003))  # noqa: S311  # no secret
                else:
                    return
        finally:
            db.execute(f"PRAGMA busy_timeout = {round(self._timeout * 1000)}")

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
                if outermost and self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    def all(self, sql: str, /, **binds: Any) -> list[Row]:
        """Run a query and return its rows."""
        with self.lock, translated(self.path):
            return self._db.execute(sql, binds).fetchall()

    def many(self, sql: str, values: Sequence[dict[str, Any]], /) -> None:
        """Run a statement once per row of binds."""
        with self.lock, translated(self.path):
            self._db.executemany(sql, values)

    def data_version(self, branch: str) -> Hashable:  # noqa: ARG002  # SQLite counts what others write to the file
        """Return a number that changes when somebody else has written."""
        return int(self.all("PRAGMA data_version")[0][0])

    def damage(self) -> Iterator[str]:
        """Yield what SQLite finds wrong with the file."""
        for (line,) in self.all("PRAGMA integrity_check(5)"):
            if line != "ok":
                yield f"the file is damaged: {line}"
        for table, row, target, _ in self.all("PRAGMA foreign_key_check"):
            yield f"row {row} of {table} points to a row of {target} that does not exist"
        made = frozenset(self.all(ddl.MADE))
        votes = self.has_votes() or self.all("PRAGMA user_version")[0][0] > 0
        for name, *_ in sorted(ddl.made(votes=votes) - made, key=str):
            yield f"{name!r} is not defined as it was"

    def has_votes(self) -> bool:
        """Say whether there is a table for blocks of votes."""
        return bool(self.all("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'vote_block'"))

    def make_votes(self) -> None:
        """Make that table, and note in the head of the file that it has one."""
        for statement in ddl.statements(ddl.VOTES_SCRIPT):
            self.all(statement)
        self.all("PRAGMA user_version = 1")

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            if self._connection is not None and os.getpid() == self._pid:
                self._connection.close()
            self._connection = None
