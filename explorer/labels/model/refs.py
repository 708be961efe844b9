"""Branches and tags and their moves, what was settled of a merge, and what is wrong with a store."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from explorer.labels.model.types import Value


@dataclass(frozen=True, slots=True)
class Ref:
    """A branch or tag: its name, kind ("branch" or "tag") and the id of the commit that it points to."""

    name: str
    kind: str
    commit_id: str


@dataclass(frozen=True, slots=True)
class Move:
    """A ref that was made, moved or deleted (`new` is `None`): who, when and why. A branch's commits are no moves."""

    name: str
    kind: str
    old: str | None
    new: str | None
    rater: str
    time: dt.datetime
    why: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a conflict of a merge that is not committed yet was settled; it holds for the pair of events it names.

    Attributes
    ----------
    into, source
        Names of the branches: what is merged into, and what is merged.
    ours, theirs
        What the rater saw on either side: an event id, or `base:<snapshot id>`.
    pick
        "ours", "theirs" or "value"; `value` is then in stored form.
    rater, rater_kind
        Whoever settled it.
    """

    into: str
    source: str
    item: str
    field: str
    ours: str
    theirs: str
    pick: str
    value: Value
    rater: str
    time: dt.datetime
    why: str = ""
    rater_kind: str = "person"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a store that is not as it was written, and the id of the first commit concerned, where known."""

    text: str
    commit: str | None = None
