"""Commits become rows; to be called where nobody else writes to the branch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explorer.labels.model import times
from explorer.labels.model.hashing import canonical
from explorer.labels.model.snapshot import Snapshot, row_digest
from explorer.labels.model.types import FIELD, KINDS, Commit, Event, LabelSchema, Rater, StoreError
from explorer.labels.storage import rows
from explorer.labels.storage.database import Database, chunks, listed
from explorer.labels.storage.interning import Numbers

# The newest event of a rater on a cell is found from its newest events backwards; mostly it is the first.
_DROP_HEAD = (
    "DELETE FROM head WHERE branch = :branch AND event = (SELECT e.n FROM events e WHERE e.item = :item "
    "AND e.field = :field AND e.rater = :rater AND EXISTS (SELECT 1 FROM head h WHERE h.branch = :branch "
    "AND h.event = e.n) ORDER BY e.n DESC LIMIT 1)"
)


class Inserts:
    """Adds rows to the tables that only grow, and keeps the cache of newest events in step."""

    def __init__(self, db: Database, numbers: Numbers) -> None:
        self._db = db
        self._numbers = numbers

    def add_schema(self, schema: LabelSchema) -> int:
        """Return the number of a schema, which is added where it is new."""
        known = self._numbers.schemas.number(schema.id)
        if known is not None:
            return known
        return self._numbers.schemas.add(
            schema.id,
            parent=None if schema.parent is None else self._numbers.schemas.number(schema.parent),
            classes=canonical(rows.classes_json(schema)).decode(),
            migrations=canonical(list(schema.migrations)).decode(),
            fields=canonical(rows.fields_json(schema)).decode() if schema.fields else "",
        )

    def add_snapshot(self, snapshot: Snapshot, parent: int | None) -> int:
        """Return the number of a snapshot, which is added where it is new."""
        known = self._numbers.snapshots.number(snapshot.id)
        if known is not None:
            return known
        blob, ids = snapshot.blob(), "key" if snapshot.keyed else "content"
        return self._numbers.snapshots.add(
            snapshot.id,
            parent=parent,
            items=len(snapshot),
            labels=blob,
            digest=row_digest(blob, ids),
            ids=ids,
        )

    def add_commit(
        self,
        commit: Commit,
        number: int,
        parent: int | None,
        merge_parent: int | None,
        op_ids: Sequence[str | None],
        raters: Sequence[Rater],
    ) -> None:
        """Write a commit and its events; snapshot and schema are there already.

        Parameters
        ----------
        number, parent, merge_parent
            The commit's number, that of its parent where it is not the one before, that of its merge parent.
        op_ids
            Of each event: made by a client, or `None`.
        raters
            Of the commit, then of each event.
        """
        if number & (rows.POSITIONS - 1) == rows.POSITIONS - 1 or len(commit.events) > rows.ORDERS:
            raise StoreError(
                f"A commit has at most {rows.ORDERS:,} events, a branch at most {rows.POSITIONS - 1:,} commits; this "
                f"one would have {len(commit.events):,} events; nothing was written.",
                "Split the change into several calls.",
            )
        stem = _stem(op_ids)
        row = {
            "n": number,
            "id": bytes.fromhex(commit.id),
            "parent": parent,
            "merge_parent": merge_parent,
            "rater": self._numbers.add_rater(raters[0]),
            "time": times.micros(commit.time),
            "message": commit.message,
            "kind": KINDS.index(commit.kind),
            "schema": self._numbers.schemas.number(commit.schema),
            "snapshot": self._numbers.snapshots.number(commit.snapshot),
            "tool": self._numbers.tools.add(commit.tool),
            "op_id": None if stem is None else rows.pack(stem),
        }
        self._db.many(rows.INSERT_COMMIT, [row])
        if not commit.events:
            return
        for rater in {r.id: r for r in raters[1:]}.values():
            self._numbers.add_rater(rater)
        first = number << rows.ORDER_BITS
        found = self._event_numbers(commit.events, first)
        values = {
            "event": found.__getitem__,
            "rater": self._numbers.raters.number,
            "value": self._numbers.add_value,
        }

        def numbered(table: str, identity: Any) -> int:
            return int(values[table](identity))  # type: ignore[arg-type]

        own = [None if stem is not None or op is None else rows.pack(op) for op in op_ids]
        self._db.many(
            rows.INSERT_EVENT,
            [rows.event_row(e, first + e.order, own[e.order], numbered) for e in commit.events],
        )

    def _event_numbers(self, events: Sequence[Event], first: int) -> dict[str, int]:
        """Return the numbers of all events that these refer to; they are of the same items."""
        found = {e.id: first + e.order for e in events}
        wanted: dict[str, str] = {}  # id to item
        for event in events:
            for identity in (event.previous, event.undoes, event.restores):
                if identity is not None and identity not in found:
                    wanted[identity] = event.item
        for some in chunks(list(wanted)):
            items, item_binds = listed("i", list({rows.pack(wanted[identity]) for identity in some}))
            ids, id_binds = listed("e", [bytes.fromhex(identity) for identity in some])
            sql = f"SELECT id, n FROM events WHERE item IN ({items}) AND id IN ({ids})"  # noqa: S608  # names of binds
            found |= {row[0].hex(): row[1] for row in self._db.all(sql, **item_binds, **id_binds)}
        if missing := [identity for identity in wanted if identity not in found]:
            raise StoreError(
                f"Item {wanted[missing[0]]!r} has no event {missing[0]}, to which a change refers; not written.",
                "Run verify(), and go back to a copy.",
            )
        return found

    def update_heads(self, branch: int, commit: Commit, number: int) -> None:
        """Let the cache of a branch have a commit's events instead of those that they follow."""
        newest: dict[tuple[str, str, str], Event] = {}
        followed = False
        for event in commit.events:
            newest[event.item, event.field, event.rater] = event
            followed = followed or event.previous is not None
        cells = [
            {
                "branch": branch,
                "item": rows.pack(item),
                "field": "" if field == FIELD else field,
                "rater": self._numbers.raters.number(rater),
            }
            for item, field, rater in newest
        ]
        first = number << rows.ORDER_BITS
        if followed:
            self._db.many(_DROP_HEAD, cells)
        self._db.many(
            "INSERT INTO head (branch, event) VALUES (:branch, :event)",
            [{"branch": branch, "event": first + e.order} for e in newest.values()],
        )


def _stem(op_ids: Sequence[str | None]) -> str | None:
    """Return what the operation ids of a commit have in common, if each is that and its order behind a colon."""
    first = op_ids[0] if op_ids else None
    if first is None or not first.endswith(":0"):
        return None
    stem = first[:-2]
    return stem if stem and all(op == f"{stem}:{i}" for i, op in enumerate(op_ids)) else None
