"""What a store is made of: events, commits, raters, classes and fields; what a caller asks for; the store's error."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from explorer.errors import ExplorerError
from explorer.labels.display import SHOWN, box_html, counted, heading_html, pairs_html, table_html, time_text, to_text

OPS = ("set", "keep", "clear", "flag")
"""What an event does: give a label, confirm the label, go back to the given label, mark the item with a reason."""
KINDS = ("edit", "bulk", "keep", "merge", "revert", "schema", "import")
"""What a commit is for."""
RATER_KINDS = ("person", "model", "import")
"""Who can give a label."""
FIELD = "label"
"""The field of an item that is always there: its class."""

Value = str | dict[str, Any] | None
"""A label in stored form: a class id as text, typed JSON of any other type as a dict, `None` is unlabelled."""


class StoreError(ExplorerError):
    """The store cannot be used as asked: it is missing, locked, read-only, full, damaged, newer or another's.

    Attributes
    ----------
    transient
        The same call may succeed later by itself: the store is locked, the disk is full, the connection was lost.
    """

    def __init__(self, problem: str, remedy: str = "", *, transient: bool = False) -> None:
        super().__init__(problem, remedy)
        self.transient = transient


@dataclass(frozen=True, slots=True)
class Rater:
    """Whoever gives a label. Two raters with the same name and kind are the same rater, in every store."""

    name: str
    kind: str = "person"

    @property
    def id(self) -> str:
        """Stable id, such as `person:ann`."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True)
class Edit:
    """One wish to change one item.

    Attributes
    ----------
    item
        Item id.
    op
        One of `OPS`.
    value
        For "set": a class name, or what the type of the field asks for (see `labels.model.values`); `None` means
        unlabelled. The other ops take no value.
    expected
        What the writer saw: an event id, or `base:<snapshot id>` where there was no event. `None` asks for no check.
    why, reason
        Free text, and a reason code.
    evidence
        What the writer was shown: `p_error`, `score`, `name`, `model`, `revision` … Numbers that are missing or not
        finite are left out.
    op_id
        Made by the client, unique: a second edit with it changes nothing.
    rater
        Whoever decided, where that is not whoever commits (an import of somebody else's decisions).
    field
        Field of the item; "label" is its class.
    """

    item: str
    op: str
    value: Any = None
    expected: str | None = None
    why: str = ""
    reason: str = ""
    evidence: Mapping[str, Any] | None = None
    op_id: str | None = None
    rater: Rater | None = None
    field: str = FIELD


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one field of one item, as stored. `old` and `new` are in stored form; see `Value`.

    `previous` is the event that it follows on the cell. An event of an undo has `undoes`, the event it takes back, and
    `restores`, the decision in force again (`None`: the cell is untouched again). An event of a merge that brings over
    another branch's decision names it in `restores` and has no `undoes`. `content_hash` is `None` where it is what the
    snapshot of the event's commit says.
    """

    id: str
    op_id: str
    order: int
    item: str
    content_hash: str | None
    field: str
    rater: str
    op: str
    previous: str | None
    old: Value
    new: Value
    reason: str = ""
    why: str = ""
    evidence: Mapping[str, Any] | None = None
    undoes: str | None = None
    restores: str | None = None

    @property
    def decision(self) -> str | None:
        """Id of the event whose decision holds after this one: its own, or the one that it restores."""
        return self.id if self.restores is None and self.undoes is None else self.restores


@dataclass(frozen=True, slots=True, repr=False)
class Commit:
    """Events that were written together, and what they stand on.

    `time` is UTC; `position` counts from 0 on the branch; `message` is free text, `tool` the package that wrote it.
    """

    id: str
    kind: str
    rater: str
    time: dt.datetime
    message: str
    events: tuple[Event, ...] = ()
    rater_kind: str = "person"
    parent: str | None = None
    merge_parent: str | None = None
    branch: str = "main"
    position: int = 0
    schema: str = ""
    snapshot: str = ""
    root: str = ""
    tool: str = ""

    def __repr__(self) -> str:
        said = f": {self.message}" if self.message else ""
        events = f", {counted(len(self.events), 'event')}" if self.events else ""
        return f"Commit({self.id[:12]}, {self.kind} by {self.rater} at {time_text(self.time)}{events}{said})"

    def _repr_html_(self) -> str:
        rows = [(e.item, e.op, _shown(e.old), _shown(e.new), e.why) for e in self.events[:SHOWN]]
        events = table_html(("item", "op", "old", "new", "why"), rows, len(self.events)) if rows else ""
        quiet = f"{self.kind} by {self.rater} at {time_text(self.time)}"
        about = pairs_html({"message": self.message, "branch": self.branch, "merged from": self.merge_parent})
        return box_html(heading_html(f"Commit {self.id[:12]}", quiet), about, events)


def _shown(value: Value) -> str | None:
    """Return a stored value as text, without the name of its type."""
    return to_text(next(iter(value.values())) if isinstance(value, dict) else value)


@dataclass(frozen=True, slots=True)
class Logged:
    """An event together with what its commit says.

    `rater` is the name of whoever decided. `decided` is the snapshot that the decision was made on, `snapshot` that of
    the commit. `branch` is where the commit was made.
    """

    event: Event
    commit: str
    kind: str
    time: dt.datetime
    rater: str
    decided: str
    snapshot: str
    branch: str


@dataclass(frozen=True, slots=True)
class LabelClass:
    """A class: its id never changes, its name may. The id is the name that it was first given."""

    id: str
    name: str
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an item that takes labels, and the type of its values."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class LabelSchema:
    """The classes that labels may have, in order, and the fields next to "label", which is always there."""

    id: str
    parent: str | None
    classes: tuple[LabelClass, ...]
    migrations: tuple[Any, ...] = ()
    fields: tuple[Field, ...] = ()
