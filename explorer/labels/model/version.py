"""What a cell is: the newest decision on a field of an item, read against the snapshot that is bound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from explorer.errors import UnknownName
from explorer.labels.model.cells import Cell
from explorer.labels.model.schema import Names, names_of
from explorer.labels.model.snapshot import Snapshot
from explorer.labels.model.states import State, leaves_out
from explorer.labels.model.types import FIELD, LabelSchema, Logged, Value
from explorer.labels.model.values import to_public


@dataclass(frozen=True)
class Version:
    """One field's labels at one commit: a snapshot, the newest event of each item, and the classes.

    `commit` is "" for the labels as they were given. `heads` has the events of this field only; `known` keeps the
    cells made so far, of items with events.
    """

    commit: str
    position: int
    snapshot: Snapshot
    heads: Mapping[str, Logged]
    schema: LabelSchema
    find: Callable[[str], Snapshot | None]  # an earlier snapshot, to see whether content or given label changed
    known: dict[str, Cell] = field(default_factory=dict)
    field: str = FIELD

    @cached_property
    def names(self) -> Names:
        """What the names and class ids of this version mean."""
        return names_of(self.schema)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names that a label may have, in order."""
        return self.names.active

    def given(self, label: str | None) -> str | None:
        """Return what a given label of the snapshot reads as; only the field "label" has given labels."""
        return self.names.given(label) if self.field == FIELD else None

    def cell(self, item: str) -> Cell | None:
        """Return the cell of an item, `None` if the snapshot does not have it."""
        cell = self.known.get(item)
        if cell is not None:
            return cell
        row = self.snapshot.row(item)
        if row is None:
            return None
        logged = self.heads.get(item)
        if logged is None:
            given = self.given(row[1])
            return Cell(item, given, self.snapshot.base, given=given, recorded=given, field=self.field)
        return self.known.setdefault(item, self.decided(logged, row[0], self.given(row[1])))

    def decided(self, logged: Logged, content: str, given: str | None) -> Cell:
        """Return the cell that an event makes of an item with this content and this given label (as it reads)."""
        event = logged.event
        recorded = to_public(event.new, self.names)
        value, state = self.outcome(logged, recorded, content, given)
        return Cell(
            item=event.item,
            value=value,
            event=event.id,
            op=event.op,
            rater=logged.rater,
            time=logged.time,
            why=event.why,
            reason=event.reason,
            state=state,
            given=given,
            recorded=recorded,
            evidence=event.evidence,
            field=self.field,
        )

    def cells(self) -> dict[str, Cell]:
        """Return the cells of the items of the snapshot that have events."""
        found = ((item, self.cell(item)) for item in self.heads)
        return {item: cell for item, cell in found if cell is not None}

    def anywhere(self, item: str) -> Cell:
        """Return the cell of an item that has events, also of one that has left the dataset; it is stale then."""
        cell = self.cell(item)
        if cell is not None:
            return cell
        logged = self.heads.get(item)
        if logged is None:
            return Cell(item, None, self.snapshot.base, state=State.STALE, field=self.field)
        new, event = to_public(logged.event.new, self.names), logged.event
        return Cell(
            item, new, event.id, event.op, logged.rater, logged.time, event.why, event.reason, State.STALE,
            recorded=new, evidence=event.evidence, field=self.field,
        )  # fmt: skip

    def content_of(self, logged: Logged) -> str | None:
        """Return the content hash that an event was made on; `None` if its snapshot did not have the item."""
        if logged.event.content_hash is not None:
            return logged.event.content_hash
        snapshot = self.snapshot if logged.snapshot == self.snapshot.id else self.find(logged.snapshot)
        row = snapshot.row(logged.event.item) if snapshot else None
        return row[0] if row else None

    def outcome(self, logged: Logged, recorded: Any, content: str, given: str | None) -> tuple[Any, State]:
        """Return the label in force and the state."""
        event = logged.event
        op = event.op
        if op == "clear":
            return given, State.GIVEN
        if event.content_hash is None and logged.snapshot == self.snapshot.id:
            pass  # the usual case, which needs no look at a snapshot
        elif self.content_of(logged) != content:
            return given, State.STALE
        if recorded != given and logged.decided != self.snapshot.id and self.field == FIELD:
            before = self.find(logged.decided)
            row = before.row(event.item) if before else None
            if row is not None and self.given(row[1]) != given:
                return recorded, State.CONFLICT
        if op == "flag":
            return recorded, State.LEFT_OUT if leaves_out(op, event.reason) else State.FLAGGED
        # Giving an item the label that it has anyway is a way of keeping it.
        return recorded, State.KEPT if op == "keep" or recorded == given else State.RELABELLED

    def value(self, item: str) -> Value:
        """Return the stored form of the label in force, also of an item that has left the dataset."""
        row = self.snapshot.row(item)
        logged = self.heads.get(item)
        if row is None:
            return logged.event.new if logged else None
        if logged is not None:
            known = self.known.get(item)
            given = self.given(row[1])
            state = (
                known.state
                if known
                else self.outcome(logged, to_public(logged.event.new, self.names), row[0], given)[1]
            )
            if state not in (State.GIVEN, State.STALE):
                return logged.event.new
        return self.names.class_id(row[1]) if self.field == FIELD else None


def known_cell(version: Version, item: str) -> Cell:
    """Return the cell of an item; `UnknownName` if the dataset has no such item."""
    cell = version.cell(item)
    if cell is None:
        past = "It was in the dataset before: see log()." if item in version.heads else ""
        raise UnknownName("item", item, list(version.snapshot.positions)[:2000], past)
    return cell
