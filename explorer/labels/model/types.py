"""The plain values that the label store speaks in, and its errors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from explorer.errors import ExplorerError
from explorer.labels.display import (
    _SHOWN,
    _box,
    _decided,
    _head,
    _many,
    _pairs,
    label_text,
    table_html,
    time_text,
    to_text,
)
from explorer.labels.model.states import State

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


class Conflict(ExplorerError):
    """Somebody changed a cell after the writer looked at it; nothing was written.

    Attributes
    ----------
    cells
        The cells as they are now: what, who, when and why.
    later
        What was asked for is to take a decision back, and a later one stands in the way.
    """

    def __init__(self, cells: Sequence[Cell], *, later: bool = False) -> None:
        self.cells = tuple(cells)
        self.later = later
        first = self.cells[0]
        who = f" by {first.rater}" if first.rater else ""
        when = f" at {first.time:%Y-%m-%d %H:%M:%S} UTC" if first.time else ""
        why = f" ({first.why})" if first.why else ""
        now = "unlabelled" if first.value is None else repr(first.value)
        place = "" if first.field == FIELD else f" in the field {first.field!r}"
        more = f", and {len(self.cells) - 1:,} more items changed" if len(self.cells) > 1 else ""
        if later:
            others = f"; so it is for {len(self.cells) - 1:,} more items" if len(self.cells) > 1 else ""
            super().__init__(
                f"Item {first.item!r}{place}: a later decision stands in the way{who}{when}{why}: it is now {now}, "
                f"{first.state}{others}. Nothing was written.",
                "Take the later decision back first, or revert the other items only: revert(commit, items=[…]).",
            )
            return
        super().__init__(
            f"Item {first.item!r} changed{place} after you looked: it is now {now}, {first.state}{who}{when}{why}"
            f"{more}. Nothing was written.",
            "Look again, and repeat the change if it still holds.",
        )

    def _repr_html_(self) -> str:

        return conflict_html(self)


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

        return commit_text(self)

    def _repr_html_(self) -> str:

        return commit_html(self)


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


@dataclass(frozen=True, slots=True, repr=False)
class Cell:
    """The label of one field of one item now.

    Attributes
    ----------
    value
        The label in force: a class name, or what the type of the field has; `None` is unlabelled.
    event
        Newest event of the item, or `base:<snapshot id>`; hand it back as `Edit.expected`.
    op, rater, time, why, reason
        Of that event; `None` and "" where there is none. `time` is UTC.
    state
        A `State`, which is text: given, relabelled, kept, flagged, stale (the decision is shown, as `recorded`, but
        does not hold) or conflict (`given` changed under it).
    given
        The given label now; only the field "label" has one.
    recorded
        The label that the newest event recorded; it differs from `value` where the cell is stale.
    evidence
        What the writer was shown.
    field
        Field of the item.
    """

    item: str
    value: Any
    event: str
    op: str | None = None
    rater: str | None = None
    time: dt.datetime | None = None
    why: str = ""
    reason: str = ""
    state: State = State.GIVEN
    given: str | None = None
    recorded: Any = None
    evidence: Mapping[str, Any] | None = None
    field: str = FIELD

    def __repr__(self) -> str:

        return cell_text(self)

    def _repr_html_(self) -> str:

        return cell_html(self)


@dataclass(frozen=True, repr=False)
class BindReport:
    """What `Store.bind` found; lists of item ids.

    `added`, `removed`, `changed` (content), `moved` (the fewest items that explain a new order) and `given_changed`
    compare with the snapshot bound before. `stale` and `conflict` are the cells in these states now. `commit` is the
    commit that recorded it, `None` if nothing had to be written.
    """

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    given_changed: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    conflict: list[str] = field(default_factory=list)
    commit: Commit | None = None

    def __str__(self) -> str:
        names = {"given_changed": "with another given label", "conflict": "in conflict"}
        fields = ("added", "removed", "changed", "moved", "given_changed", "stale", "conflict")
        parts = [f"{len(getattr(self, f)):,} {names.get(f, f)}" for f in fields if getattr(self, f)]
        return ", ".join(parts) or "nothing changed"

    def __repr__(self) -> str:
        return f"BindReport({self})"

    def _repr_html_(self) -> str:

        return bind_html(self)


@dataclass(frozen=True, slots=True, repr=False)
class Verification:
    """Outcome of recomputing every hash: counts of what was checked, and the first problem if there is one.

    `commit` is the id of the first commit that is not as it was written, where one can be named.
    """

    ok: bool
    commits: int
    events: int
    problem: str | None = None
    commit: str | None = None

    def __str__(self) -> str:
        checked = f"{self.commits:,} commits with {self.events:,} events"
        return f"{checked}: all as written" if self.ok else f"damaged: {self.problem}"

    def __repr__(self) -> str:
        return f"Verification({self})"

    def _repr_html_(self) -> str:

        return verification_html(self)


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


def commit_text(commit: Commit) -> str:
    """Return a commit in one line."""
    said = f": {commit.message}" if commit.message else ""
    events = f", {_many(len(commit.events), 'event')}" if commit.events else ""
    return f"Commit({commit.id[:12]}, {commit.kind} by {commit.rater} at {time_text(commit.time)}{events}{said})"


def cell_text(cell: Cell) -> str:
    """Return a cell in one line."""
    field = "" if cell.field == FIELD else f".{cell.field}"
    decided = _decided(cell.rater, cell.time, cell.why)
    state = _state(cell) if decided else cell.state
    was = f", given {label_text(cell.given)}" if cell.field == FIELD and cell.given != cell.value else ""
    held = f", recorded {label_text(cell.recorded)}" if cell.recorded != cell.value else ""
    reason = f", reason {cell.reason!r}" if cell.reason else ""
    return (
        f"Cell({cell.item!r}{field}: {label_text(cell.value)}, {state}{' ' if decided else ''}{decided}"
        f"{was}{held}{reason})"
    )


def _state(cell: Cell) -> str:
    """Return the state in words that a name may follow; going back to the given label is not giving it."""
    return "given label, cleared" if cell.state == State.GIVEN and cell.op == "clear" else cell.state


def commit_html(commit: Commit) -> str:
    """Return a commit as HTML."""
    shown = commit.events[:_SHOWN]
    rows = [(e.item, e.op, to_text(_inner(e.old)), to_text(_inner(e.new)), e.why) for e in shown]
    events = table_html(("item", "op", "old", "new", "why"), rows, len(commit.events)) if rows else ""
    quiet = f"{commit.kind} by {commit.rater} at {time_text(commit.time)}"
    about = _pairs({"message": commit.message, "branch": commit.branch, "merged from": commit.merge_parent})
    return _box(_head(f"Commit {commit.id[:12]}", quiet), about, events)


def _inner(value: Any) -> Any:
    """Return a stored value without the name of its type."""
    return next(iter(value.values())) if isinstance(value, dict) else value


def cell_html(cell: Cell) -> str:
    """Return a cell as HTML."""
    pairs = {
        "label": label_text(cell.value),
        "given": label_text(cell.given) if cell.field == FIELD else None,
        "recorded": label_text(cell.recorded) if cell.recorded != cell.value else None,
        "by": cell.rater,
        "at": time_text(cell.time),
        "why": cell.why,
        "reason": cell.reason,
        "evidence": to_text(dict(cell.evidence)) if cell.evidence else None,
    }
    field = "" if cell.field == FIELD else f", field {cell.field!r}"
    return _box(_head(f"Item {cell.item!r}{field}", cell.state), _pairs(pairs))


def conflict_html(conflict: Conflict) -> str:
    """Return what stood in the way of a change, as HTML."""
    rows = [(c.item, label_text(c.value), c.state, c.rater, time_text(c.time), c.why) for c in conflict.cells[:_SHOWN]]
    table = table_html(("item", "label now", "state", "by", "at", "why"), rows, len(conflict.cells))
    title = "A later decision stands in the way" if conflict.later else "Changed after you looked"
    return _box(_head(title, "nothing was written", bad=True), table)


def bind_html(report: BindReport) -> str:
    """Return what a binding found as HTML."""
    fields = ("added", "removed", "changed", "moved", "given_changed", "stale", "conflict")
    rows = []
    for name in fields:
        items = getattr(report, name)
        if items:
            more = f" … and {len(items) - 5:,} more" if len(items) > 5 else ""
            rows.append((name.replace("_", " "), f"{len(items):,}", ", ".join(map(repr, items[:5])) + more))
    table = table_html(("what", "items", "which"), rows) if rows else ""
    return _box(_head("Bound", str(report)), table)


def verification_html(found: Verification) -> str:
    """Return the outcome of a verification as HTML."""
    title = "The store is as it was written" if found.ok else "The store is damaged"
    pairs = {
        "commits": f"{found.commits:,}",
        "events": f"{found.events:,}",
        "problem": found.problem,
        "commit": found.commit,
    }
    return _box(_head(title, bad=not found.ok), _pairs(pairs))
