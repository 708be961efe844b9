"""Commits, branches, tags, differences and merges."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from explorer.panels.schema.base import Answer, Args, Natural
from explorer.panels.schema.labels import EditReply

Pick = Literal["ours", "theirs", "value"]


class HistoryEntry(Answer):
    """One decision on one item."""

    time: str
    rater: str
    item: int | None
    """null where the dataset does not hold the item."""
    item_id: str = msgspec.field(name="itemId")
    op: Literal["set", "keep", "clear", "flag"]
    old: str | None
    new: str | None
    why: str
    reason: str
    p_error: float | None
    """As the rater saw it."""
    commit: str
    event: str
    kind: str


class Entry(HistoryEntry):
    """One decision inside a commit."""

    branch: str
    """The branch that it was made on."""
    merged_from: str | None = msgspec.field(name="mergedFrom")
    """The branch that a merge brought it from."""
    field: str = "label"
    """What was decided about."""


class CommitRow(Answer):
    """One commit, with the first of its decisions."""

    commit: str
    time: str
    rater: str
    rater_kind: str = msgspec.field(name="raterKind")
    kind: str
    """edit, bulk, keep, merge, revert, schema, import, …"""
    message: str
    branch: str
    merge_parent: str | None = msgspec.field(name="mergeParent")
    merged_from: str | None = msgspec.field(name="mergedFrom")
    """For a merge, the branch that came in, if its name is known."""
    tags: list[str]
    undone: bool
    """Taken back by a later commit."""
    undoable: bool
    count: int
    """Decisions in it; `entries` holds the first of them."""
    entries: list[Entry]


class Branch(Answer):
    """A branch and its newest commit."""

    name: str
    current: bool
    commit: str
    time: str
    ahead: int
    """Commits that main does not have."""


class Tag(Answer):
    """A name for a commit."""

    name: str
    commit: str
    time: str | None
    rater: str
    why: str


class Versions(Answer):
    """The branch that is shown, all branches and all tags."""

    branch: str
    branches: list[Branch]
    tags: list[Tag]


class Timeline(Versions):
    """The newest commits that match a filter, and everything to choose from."""

    commits: list[CommitRow]
    total: int
    """Commits in all that match the filter."""
    raters: list[str]
    reasons: list[str]
    labels: list[str]


class TimelineFilter(Args):
    """Which commits to show; "" matches all. `item` is an item id."""

    rater: str = ""
    label: str = ""
    reason: str = ""
    item: str = ""


class TimelineArgs(TimelineFilter):
    """Which commits, and at most how many."""

    limit: Natural = 100


class HistoryArgs(Args):
    """At most how many entries."""

    limit: Natural = 100


class EntriesArgs(Args):
    """Some of a commit's decisions."""

    commit: str
    offset: Natural = 0
    limit: Natural = 100


class EntriesReply(Answer):
    """Decisions, and how many there are in all."""

    entries: list[Entry]
    total: int


class DiffArgs(Args):
    """Two versions: commit ids, tags, branches or "head"."""

    a: str
    b: str = "head"
    limit: Natural = 500


class DiffRow(Answer):
    """An item whose label differs between two versions, with who, when and why."""

    item: int | None
    item_id: str = msgspec.field(name="itemId")
    old: str | None
    new: str | None
    rater: str
    time: str | None
    why: str
    commit: str
    left_out: Literal["", "left out", "back in"] | UnsetType = UNSET
    """Whether the later version leaves the item out, and the earlier one did not, or the other way about."""


class Diff(Answer):
    """What differs between two versions."""

    a: str
    """Commit ids of the two versions."""
    b: str
    rows: list[DiffRow]
    total: int
    counts: list[tuple[str | None, str | None, int]]
    """Old label, new label, items."""
    added: int
    """Items that only the later version holds."""
    removed: int
    """Items that only the earlier version holds."""


class RevertArgs(Args):
    """Take commits back by their inverse; `items` limits it to some item ids."""

    commits: list[str]
    op_id: str
    why: str = ""
    items: list[str] | None = None


class TagArgs(Args):
    """Name a version."""

    name: str
    when: str = "head"
    why: str = ""


class BranchArgs(Args):
    """Make a branch at a version, and go there if asked to."""

    name: str
    at: str = "head"
    go: bool = False


class Side(Answer):
    """What one branch says about an item."""

    label: str | None
    state: str
    rater: str
    time: str | None
    why: str
    reason: str
    event: str
    p_error: float | None = msgspec.field(name="pError")
    """As the rater saw it."""


class MergeConflict(Answer):
    """What both branches have decided, and not alike."""

    item: int | None
    """null where the dataset does not hold the item."""
    item_id: str = msgspec.field(name="itemId")
    field: str
    base: Side
    ours: Side
    theirs: Side
    pick: Pick | None
    """How it is resolved so far; null = open."""
    value: str | None
    """The label picked, where it is neither ours nor theirs."""


class MergeView(Answer):
    """A merge in the making: the part that goes by itself is counted, the rest is listed as conflicts."""

    source: str
    """The branch that comes in."""
    into: str
    """The branch that takes it."""
    base: str
    theirs: str
    taken: int
    """Changes of `source` that nobody here has touched."""
    same: int
    """Cells that both sides changed alike."""
    notes: list[str]
    open: int
    up_to_date: bool = msgspec.field(name="upToDate")
    conflicts: list[MergeConflict]


class MergeReply(EditReply, kw_only=True):
    """What a merge has left."""

    merged: int
    """Decisions that it brought."""


class MergeArgs(Args):
    """The branch that comes in."""

    source: str


class ResolveArgs(Args, kw_only=True):
    """How one conflict is settled."""

    source: str
    item_id: str = msgspec.field(name="itemId")
    pick: Pick
    field: str = "label"
    label: str | None = None
    """The label, where `pick` is "value"."""
    why: str = ""


class UnresolveArgs(Args):
    """A conflict to open again."""

    source: str
    item_id: str = msgspec.field(name="itemId")
    field: str = "label"


class MergeCommitArgs(Args):
    """Write a merge; the same `op_id` again writes nothing twice."""

    source: str
    op_id: str
    why: str = ""


class NearestArgs(Args):
    """Find, for each label, the items nearest to one whose label now it is."""

    item: Natural
    labels: list[str | None]
    count: Natural = 5
