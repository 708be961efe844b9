"""What is to be written: events and commits before they have their place and their ids."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from explorer.labels.model.snapshot import Snapshot
from explorer.labels.model.types import LabelSchema, Rater, Value


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event before it has its place in a commit: everything but id, order and the commit.

    `op_id` is `None` where no client made one; then the place of the event in the history is its op_id.
    `content_hash` may be `None` for "as in the snapshot of the commit".
    """

    op_id: str | None
    item: str
    content_hash: str | None
    rater: Rater
    op: str
    previous: str | None
    old: Value
    new: Value
    reason: str = ""
    why: str = ""
    evidence: dict[str, Any] | None = None
    undoes: str | None = None
    restores: str | None = None
    field: str = "label"


@dataclass(frozen=True, slots=True)
class CommitDraft:
    """A commit before it has its place on a branch. `snapshot` and `schema` are stored first where they are new."""

    kind: str
    rater: Rater
    time: dt.datetime
    message: str
    snapshot: Snapshot
    schema: LabelSchema
    events: tuple[EventDraft, ...] = ()
    merge_parent: str | None = None
