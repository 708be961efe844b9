"""Undo: inverse events for the newest commits that still hold. Nothing is deleted, and an undo is never undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from explorer.labels.cells import Version
from explorer.labels.editing import Overlay
from explorer.labels.engine import EventDraft
from explorer.labels.model import Cell, Commit, Conflict, Event, Logged, Rater


def invert(
    version: Version, commits: Sequence[Commit], op_id: str, rater: Rater, event: Callable[[str], Logged | None]
) -> list[EventDraft]:
    """Make the events that take commits back.

    Each event of an undo names the event that it `undoes` and the decision that it `restores`; so a second undo steps
    past both instead of undoing the undo, and the restored decision keeps its op, its reasons and the content it was
    made on.

    Parameters
    ----------
    commits
        Newest first, with their events.
    op_id
        Each event gets it with its place behind a colon.
    event
        Looks up a stored event.

    Raises
    ------
    Conflict
        Somebody has decided otherwise on one of the items since.
    """
    now = Overlay(version)
    decisions: dict[str, str | None] = {}  # decision in force, item by item, as this undo goes back
    drafts: list[EventDraft] = []
    changed: list[Cell] = []
    for commit in commits:
        for undone in reversed(commit.events):
            head = version.heads[undone.item]
            if decisions.get(undone.item, head.event.decision) != undone.id:
                changed.append(_present(version, undone.item, head))
                continue
            before = event(undone.previous) if undone.previous else None
            restores = before.event.decision if before else None
            found = event(restores) if restores else None
            restored = found.event if found else None
            decisions[undone.item] = restores
            draft = _inverse(version, now, undone, restored, f"{op_id}:{len(drafts)}", rater)
            drafts.append(now.add(draft))
    if changed:
        raise Conflict(changed)
    return drafts


def superseded(version: Version, commit: Commit, rater: str, event: Callable[[str], Logged | None]) -> bool:
    """Tell whether somebody else's decisions hold now on all items of a commit, so that nothing of it still stands.

    Parameters
    ----------
    commit
        With its events.
    rater
        Name of the one whose commit it is.
    event
        Looks up a stored event.
    """
    own = frozenset(e.id for e in commit.events)
    for item in frozenset(e.item for e in commit.events):
        decision = version.heads[item].event.decision
        found = event(decision) if decision and decision not in own else None
        if found is None or found.rater == rater:
            return False
    return True


def _inverse(
    version: Version, now: Overlay, undone: Event, restored: Event | None, op_id: str, rater: Rater
) -> EventDraft:
    row = version.snapshot.row(undone.item)
    clears = restored is None or restored.op == "clear"
    return EventDraft(
        op_id=op_id,
        item=undone.item,
        content_hash=restored.content_hash if restored else row[0] if row else undone.content_hash,
        rater=rater,
        op=restored.op if restored else "clear",
        previous=version.heads[undone.item].event.id,
        old=now.value(undone.item),
        new=now.given(undone.item) if clears or restored is None else restored.new,
        reason=restored.reason if restored else "",
        why=restored.why if restored else "",
        evidence=dict(restored.evidence) if restored and restored.evidence else None,
        undoes=undone.id,
        restores=restored.id if restored else None,
    )


def _present(version: Version, item: str, head: Logged) -> Cell:
    """Return the cell of an item, also of one that has left the dataset."""
    cell = version.cell(item)
    if cell is not None:
        return cell
    newest = head.event
    return Cell(item, newest.new, newest.id, newest.op, head.rater, head.time, newest.why, state="stale")
