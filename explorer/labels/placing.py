"""A draft gets its place: position on the branch, order of events, and the hashes that become ids."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from explorer.labels.canonical import commit_id, event_id, root_hash, time_text
from explorer.labels.engine import CommitDraft, EventDraft
from explorer.labels.model import FIELD, Commit, Event


@cache
def tool() -> str:
    """Return the name and version of this package, as commits record it."""
    try:
        return f"data-quality-explorer {version('data-quality-explorer')}"
    except PackageNotFoundError:
        return "data-quality-explorer"


def place(draft: CommitDraft, branch: str, tip: Commit | None) -> Commit:
    """Give a draft its position, its order of events and its hashes."""
    events: list[Event] = []
    newest: dict[str, str] = {}  # the events of this commit, for a second one on the same item
    for order, event_draft in enumerate(draft.events):
        event = _placed_event(event_draft, order, newest.get(event_draft.item, event_draft.previous))
        newest[event.item] = event.id
        events.append(event)
    parent, position, root = (tip.id if tip else None), (tip.position + 1 if tip else 0), root_hash(events)
    identity = commit_id(
        parent=parent,
        merge_parent=draft.merge_parent,
        branch=branch,
        position=position,
        rater=draft.rater.id,
        time=time_text(draft.time),
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
        time=draft.time,
        message=draft.message,
        events=tuple(events),
        parent=parent,
        merge_parent=draft.merge_parent,
        branch=branch,
        position=position,
        schema=draft.schema.id,
        snapshot=draft.snapshot.id,
        root=root,
        tool=tool(),
    )


def _placed_event(draft: EventDraft, order: int, previous: str | None) -> Event:
    event = Event(
        id="",
        op_id=draft.op_id,
        order=order,
        item=draft.item,
        content_hash=draft.content_hash,
        field=FIELD,
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
    return replace(event, id=event_id(event))
