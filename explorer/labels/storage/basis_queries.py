"""What commits stand on: snapshots, label schemas, raters; and what the store says of itself."""

from __future__ import annotations

import datetime as dt

from explorer.labels.model import times
from explorer.labels.model.hashing import of_rows
from explorer.labels.model.snapshot import Snapshot
from explorer.labels.model.types import LabelSchema, Rater, StoreError
from explorer.labels.storage import rows
from explorer.labels.storage.database import Database
from explorer.labels.storage.interning import Numbers


class BasisQueries:
    """Snapshots, schemas and raters by id. Snapshots and schemas never change, and stay in memory."""

    def __init__(self, db: Database, numbers: Numbers) -> None:
        self._db, self._numbers = db, numbers
        self._snapshots: dict[str, Snapshot] = {}
        self._schemas: dict[str, LabelSchema] = {}

    def forget(self) -> None:
        """Read schemas anew."""
        self._schemas.clear()

    def forget_snapshots(self) -> None:
        """Read snapshots anew: one that was added has not been written after all."""
        self._snapshots.clear()

    @of_rows
    def store_id(self) -> str:
        """Return what tells this store from any other, whatever its file is called."""
        return str(self._db.all("SELECT value FROM meta WHERE key = 'id'")[0][0])

    def counts(self) -> tuple[int, int]:
        """Count all commits and all events of the store, readable or not."""
        return self._db.all("SELECT count(*) FROM commits")[0][0], self._db.all("SELECT count(*) FROM events")[0][0]

    def raters(self) -> list[tuple[Rater, int, dt.datetime | None, dt.datetime | None]]:
        """Return each rater with the number of events, and the times of the first and the last of them."""
        sql = (
            "SELECT r.n, count(e.n), min(c.time), max(c.time) FROM rater r "  # noqa: S608  # our own names
            f"LEFT JOIN events e ON e.rater = r.n LEFT JOIN commits c ON c.n = {rows.COMMIT_OF} "
            "GROUP BY r.n ORDER BY r.n"
        )

        def time(micros: int | None) -> dt.datetime | None:
            return None if micros is None else times.moment(micros)

        return [(self._numbers.rater(n), count, time(first), time(last)) for n, count, first, last in self._db.all(sql)]

    def rater_names(self) -> list[str]:
        """Return the names of everybody who wrote to the store, once each, in the order in which they came."""
        return list(dict.fromkeys(str(name) for (name,) in self._db.all("SELECT name FROM rater ORDER BY n")))

    def schema_ids(self) -> list[tuple[int, str]]:
        """Return the number and the id of every schema."""
        return [(n, bytes(key).hex()) for n, key in self._db.all("SELECT n, id FROM label_schema")]

    @of_rows
    def snapshot(self, snapshot_id: str) -> Snapshot | None:
        """Return a snapshot; it stays in memory, decoded once somebody has looked inside."""
        if snapshot_id in self._snapshots:
            return self._snapshots[snapshot_id]
        number = self._numbers.snapshots.number(snapshot_id)
        if number is None:
            return None
        keyed = self._db.all("SELECT ids FROM snapshot WHERE n = :n", n=number)[0][0] == "key"

        @of_rows
        def blob() -> bytes:
            return bytes(self._db.all("SELECT labels FROM snapshot WHERE n = :n", n=number)[0][0])

        return self._snapshots.setdefault(snapshot_id, Snapshot(snapshot_id, keyed, blob))

    @of_rows
    def schema(self, schema_id: str) -> LabelSchema:
        """Return a label schema."""
        schema = self._schemas.get(schema_id)
        if schema is None:
            number = self._numbers.schemas.number(schema_id)
            if number is None:
                raise StoreError(f"{self._db.path}: the label schema {schema_id} is missing.", "Go back to a copy.")
            sql = "SELECT parent, classes, migrations, fields FROM label_schema WHERE n = :n"
            parent, *columns = self._db.all(sql, n=number)[0]
            parent_id = None if parent is None else self._numbers.schemas.key(parent)
            schema = self._schemas[schema_id] = rows.read_schema(schema_id, parent_id, *columns)
        return schema
