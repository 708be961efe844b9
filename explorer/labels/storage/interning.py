"""Small tables that only grow, in memory: which number stands for which rater, value, snapshot, schema, tool, lane."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from explorer.labels.model.hashing import value_text
from explorer.labels.model.types import Rater, StoreError, Value
from explorer.labels.storage.database import Database


class Table:
    """One such table, read as it is needed.

    Parameters
    ----------
    name, column
        The table, and its column that tells rows apart.
    stored, loaded
        Between what the code says and what the column holds.
    """

    def __init__(
        self,
        db: Database,
        name: str,
        column: str,
        stored: Callable[[Any], Any] = str,
        loaded: Callable[[Any], str] = str,
    ) -> None:
        self._db, self._name, self._column = db, name, column
        self._stored, self._loaded = stored, loaded
        self.forget()

    def forget(self) -> None:
        """Read everything anew: what was added has not been written after all."""
        self._numbers: dict[str, int] = {}
        self._keys: dict[int, str] = {}

    def key(self, number: int) -> str:
        """Return what a number stands for; `StoreError` if nothing does."""
        key = self._keys.get(number)
        if key is None:
            found = self._db.all(f"SELECT {self._column} FROM {self._name} WHERE n = :n", n=number)  # noqa: S608  # our own names
            if not found:
                raise StoreError(
                    f"The table {self._name} lacks the row {number}, which others refer to.", "Go back to a copy."
                )
            key = self._keys[number] = self._loaded(found[0][0])
        return key

    def number(self, key: str) -> int | None:
        """Return the number of a key, `None` if it is not in the table."""
        number = self._numbers.get(key)
        if number is None:
            sql = f"SELECT n FROM {self._name} WHERE {self._column} = :key"  # noqa: S608  # our own names
            found = self._db.all(sql, key=self._stored(key))
            if not found:
                return None
            number = self._numbers[key] = int(found[0][0])
        return number

    def add(self, key: str, **columns: Any) -> int:
        """Return the number of a key, which is added with its other columns where it is new."""
        number = self.number(key)
        if number is None:
            values = {self._column: self._stored(key), **columns}
            names, binds = ", ".join(values), ", ".join(f":{name}" for name in values)
            # On a server somebody else may add it at this moment; theirs is as good as ours.
            sql = f"INSERT INTO {self._name} ({names}) VALUES ({binds}) ON CONFLICT DO NOTHING RETURNING n"  # noqa: S608  # our own names
            found = self._db.all(sql, **values)
            number = int(found[0][0]) if found else self.number(key)
            if number is None:
                raise StoreError(f"{key!r} could not be added to the table {self._name}.", "Try again.")
            self._numbers[key] = number
        return number


class Numbers:
    """All of these tables."""

    def __init__(self, db: Database) -> None:
        self.raters = Table(db, "rater", "id")
        self.tools = Table(db, "tool", "name")
        self.lanes = Table(db, "lane", "name")
        self.snapshots = Table(db, "snapshot", "id", bytes.fromhex, bytes.hex)
        self.schemas = Table(db, "label_schema", "id", bytes.fromhex, bytes.hex)
        self._db = db
        self._values: dict[str, int] = {}

    def forget(self) -> None:
        """Read everything anew."""
        for table in (self.raters, self.tools, self.lanes, self.snapshots, self.schemas):
            table.forget()
        self._values.clear()

    def rater(self, number: int) -> Rater:
        """Return a rater; the id of one has kind and name."""
        kind, _, name = self.raters.key(number).partition(":")
        return Rater(name, kind)

    def add_rater(self, rater: Rater) -> int:
        """Return the number of a rater, which is added where it is new."""
        return self.raters.add(rater.id, name=rater.name, kind=rater.kind)

    def add_value(self, value: Value) -> int:
        """Return the number of a value in stored form, which is added where it is new."""
        text = value_text(value)
        number = self._values.get(text)
        if number is None:
            digest = hashlib.sha256(text.encode()).digest()
            found = self._db.all("SELECT n FROM value WHERE digest = :digest", digest=digest)
            if not found:
                sql = "INSERT INTO value (digest, json) VALUES (:digest, :json) ON CONFLICT DO NOTHING RETURNING n"
                found = self._db.all(sql, digest=digest, json=text)
            if not found:  # somebody else on the server has just added it
                found = self._db.all("SELECT n FROM value WHERE digest = :digest", digest=digest)
            number = int(found[0][0])
            if len(self._values) >= 10_000:
                self._values.clear()
            self._values[text] = number
        return number
