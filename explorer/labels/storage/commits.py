"""A draft gets its place: position on the branch, order of events, and the hashes that become ids."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from explorer.labels.model.drafts import CommitDraft, EventDraft
from explorer.labels.model.hashing import commit_id, event_id, root_hash
from explorer.labels.model.times import time_text
from explorer.labels.model.types import Commit, Event


@cache
def tool() -> str:
    """Return the name and version of this package, as commits record it."""
    try:
        return f"data-quality-explorer {version('data-quality-explorer')}"
    except PackageNotFoundError:
        return "data-quality-explorer"


def place(draft: CommitDraft, lane: str, tip: Commit | None) -> Commit:
    """Give a draft its position, its order of events and its hashes.

    A commit is never earlier than its parent, so that a time stands for one version even where clocks differ.
    """
    position = tip.position + 1 if tip else 0
    time = max(draft.time, tip.time) if tip else draft.time
    events: list[Event] = []
    newest: dict[tuple[str, str], str] = {}  # the events of this commit, for a second one on the same cell
    for order, event_draft in enumerate(draft.events):
        cell = event_draft.item, event_draft.field
        event = _placed_event(event_draft, order, newest.get(cell, event_draft.previous), f"{lane}/{position}", draft)
        newest[cell] = event.id
        events.append(event)
    parent, root = (tip.id if tip else None), root_hash(events)
    identity = commit_id(
        parent=parent,
        merge_parent=draft.merge_parent,
        branch=lane,
        position=position,
        rater=draft.rater.id,
        time=time_text(time),
        message=draft.message,
        kind=draft.kind,
        schema=draft.schema.id,
        snapshot=draft.snapshot.id,
        root=root,
        tool=tool(),
    )
    return Commit(
        id=identity,
        kind=draft.kind,
        rater=draft.rater.name,
        rater_kind=draft.rater.kind,
        time=time,
        message=draft.message,
        events=tuple(events),
        parent=parent,
        merge_parent=draft.merge_parent,
        branch=lane,
        position=position,
        schema=draft.schema.id,
        snapshot=draft.snapshot.id,
        root=root,
        tool=tool(),
    )


def _placed_event(draft: EventDraft, order: int, previous: str | None, place: str, commit: CommitDraft) -> Event:
    row = commit.snapshot.row(draft.item)
    content = row[0] if row else None
    event = Event(
        id="",
        op_id=f"{place}:{order}" if draft.op_id is None else draft.op_id,
        order=order,
        item=draft.item,
        # Where the snapshot says it already, the event need not.
        content_hash=(None if row else "") if draft.content_hash in (None, content) else draft.content_hash,
        field=draft.field,
        rater=draft.rater.id,
        op=draft.op,
        previous=previous,
        old=draft.old,
        new=draft.new,
        reason=draft.reason,
        why=draft.why,
        evidence=draft.evidence,
        undoes=draft.undoes,
        restores=draft.restores,
    )
    return replace(event, id=event_id(event, content))
