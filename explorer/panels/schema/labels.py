"""Labels and decisions: the columns, one item's cell, edits and their answers, and what panels need first."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from explorer.labels.model.states import State
from explorer.panels.schema.base import Answer, Args, Int32Array, Natural, Uint8Array
from explorer.panels.schema.scopes import Opened

ItemState = State
Action = Literal["relabel", "keep", "mark", "clear", "leave_out"]


class Cell(Answer):
    """The label of one item as the store has it."""

    item: int
    label: int
    """Class code of the label now; -1 = unlabelled."""
    state: ItemState
    event: str
    """What the writer must name to change it: an event id, or the base of a snapshot."""
    rater: str = ""
    time: str = ""
    why: str = ""


class WireError(Answer):
    """What the kernel says of a call that failed: never a traceback, always what to do."""

    type: str
    message: str
    remedy: str
    transient: bool | UnsetType = UNSET
    """The reason may pass (the store is locked, the disk is full): the same call may succeed later."""
    cells: list[Cell] | UnsetType = UNSET
    """For a refused edit: what stands there now."""


class Stage(Answer):
    """One stage of the pipeline, or other long work. Times are seconds; `rate` is units a second."""

    name: str
    state: Literal["waiting", "running", "done", "failed", "cancelled", "skipped"]
    done: int
    total: int
    unit: str
    device: str
    note: str
    seconds: float
    rate: float
    left: float | None
    """Estimated seconds left; null before it can be known."""


class Counts(Answer):
    """How many items stand how."""

    reviewed: int
    """Items decided on by a person: relabelled, kept, flagged or left out."""
    relabelled: int
    kept: int
    flagged: int
    suspects: int
    """Items that the ranking called label issues when this was counted; what is shown is `session.suspects`."""
    left_out: int | UnsetType = UNSET
    """Items to be left out of the dataset."""


class StoreInfo(Answer, kw_only=True):
    """The label store."""

    id: str
    name: str
    temporary: bool | UnsetType = UNSET
    branch: str
    saved: str | None
    """Time of the newest commit, ISO 8601."""


class DatasetInfo(Answer, kw_only=True):
    """The dataset under review."""

    n: int
    kind: Literal["image", "text", "table", "vector"]
    classes: list[str]
    retired: list[str] | UnsetType = UNSET
    """Names among the classes that no label may have any more: they were merged, split or retired."""
    source: str
    unlabelled: int
    set_aside: int = msgspec.field(name="setAside")
    notes: list[str]


class Ready(Answer):
    """What is ready to be asked for."""

    layout: str | None
    scores: bool


class Hello(Answer):
    """All that panels need before any column."""

    protocol: Literal[1]
    review: str
    epoch: int
    """Grows when the items themselves change (unreadable ones were set aside): every column must be asked for anew."""
    store: StoreInfo
    dataset: DatasetInfo
    rater: str
    calibrated: bool
    """False until p_error is calibrated: the UI then shows ranks and no percentages."""
    embedder: str
    trust: str | None
    stages: list[Stage]
    counts: Counts
    reasons: list[str]
    ready: Ready
    opened: Opened | UnsetType = UNSET
    """Where somebody has told pages to show a scope."""
    highlighted: Int32Array | UnsetType = UNSET
    """Items that stand out on the map, where some do."""


class Seen(Answer):
    """Event ids of the items that have events, and the one that stands for all the others."""

    base: str
    events: dict[str, str]


class Labels(Answer):
    """Label columns over all items, in the dataset's order."""

    given: Int32Array
    current: Int32Array
    state: Uint8Array
    order: str
    """Names the order of the items: positions mean something only together with it."""
    seen: Seen


class Edit(Args, kw_only=True):
    """A decision on some items, as it waits in the outbox and goes up in the call `edit`."""

    op_id: str
    action: Action
    items: list[Natural]
    ids: list[str] | None = None
    """Item ids where the browser knows them all: after a restart positions may differ, ids do not."""
    order: str
    """The order of items that `items` counts in; the kernel refuses positions of another order."""
    label: str | UnsetType = UNSET
    labels: list[str] | UnsetType = UNSET
    """Instead of `label`: one for each item, none of them new."""
    new_class: bool | UnsetType = UNSET
    """Whether `label` is added as a class, if it is none."""
    reason: str | UnsetType = UNSET
    why: str | UnsetType = UNSET
    expected: dict[Natural, str]
    """By position, the event that the item's label was seen to rest on."""
    base: str | UnsetType = UNSET
    """The event that stands for those of the items that `expected` does not name."""
    kept: list[Natural] | UnsetType = UNSET
    """Those of the items that keep their given label, whatever is done to the others: one of several copies."""


class OutlookArgs(Args, kw_only=True):
    """A decision on many items that somebody thinks of."""

    action: Literal["accept", "relabel", "keep", "leave_out"]
    """Give each its suggested label, all of them `label`, or each its given one; or leave them out of the dataset."""
    items: list[Natural]
    order: str
    """The order of items that `items` counts in; the kernel refuses positions of another order."""
    label: str | UnsetType = UNSET


class Change(Answer):
    """Items that would go from one label to another. Class codes; -1 = unlabelled."""

    before: int
    after: int
    count: int
    decided: int
    """Of them, those that somebody had decided on."""


class Decider(Answer):
    """Whose decisions would be changed, and which."""

    rater: str
    state: ItemState
    count: int


class Outlook(Answer):
    """What a decision on many items would do."""

    n: int
    """Number of items that it was asked for."""
    unchanged: int
    """Of them, those that would be left as they are."""
    without: int
    """Of them, those that there is no suggested label for (with "keep": no given one)."""
    changes: list[Change]
    """The most frequent first."""
    deciders: list[Decider]
    items: Int32Array
    """The items that would be decided on, and the label code that each would have."""
    labels: Int32Array
    decided: Uint8Array
    """Whether somebody had decided on each."""


class EditReply(Answer):
    """What a change of labels has left."""

    commit: str | None
    saved: str | None
    cells: list[Cell]
    counts: Counts
    classes: list[str] | UnsetType = UNSET
    """Class names after the edit (a new one may have been added); left out where this widget has heard them."""
    changed: int | UnsetType = UNSET
    """How many items it was about, where those are too many for `cells`."""


class UndoArgs(Args):
    """Take back the newest decision that still stands."""

    op_id: str


class SelectArgs(Args):
    """What the person looks at, and what is picked or chosen."""

    item: Natural | None
    items: list[Natural] | UnsetType = UNSET
    """Left out where they are the same as before."""


class NameArgs(Args):
    """A name: of a rater, a tag, a branch, a method."""

    name: str
