"""Taking back: inverse events for decisions that still hold. Nothing is deleted.

Each event of an undo names the event that it `undoes` and the decision that it `restores`; so a second undo steps past
both instead of undoing the undo, and the restored decision keeps its op, its reasons and the content it was made on.
"""

from __future__ import annotations

from collections.abc import Sequence

from explorer.errors import DataError
from explorer.labels.changes.edits import Overlay
from explorer.labels.head import When
from explorer.labels.model.cells import Cell, Conflict
from explorer.labels.model.drafts import EventDraft
from explorer.labels.model.hashing import check_text
from explorer.labels.model.schema import ways_back
from explorer.labels.model.types import Commit, Event, Logged, Rater, StoreError
from explorer.labels.model.version import Version
from explorer.labels.storage.backend import Backend
from explorer.labels.working_copy import WorkingCopy


def undo(copy: WorkingCopy, n: int, rater: str | None, op_id: str | None) -> Commit | None:
    """Take back the newest commits; see `Store.undo`."""
    if n < 1:
        raise DataError(f"n is {n}.", "Undo one commit or more.")
    stem = None if op_id is None else check_text(op_id, "op_id")
    with copy.exclusive():
        tip = copy.head.tip()
        if (first := copy.known(stem)) is not None:
            return first
        past = Past(copy.backend, tip)
        commits = copy.backend.undoable(tip, rater, n)
        if rater is not None and n == 1:
            while commits and superseded(_versions(copy, commits[0]), commits[0], rater, past):
                commits = copy.backend.undoable(tip, rater, n, before=commits[0])
        if not commits:
            return None
        events = [event for commit in commits for event in reversed(commit.events)]
        drafts = invert(Overlay(copy.head.bound), past, events, copy.rater, stem)
        return copy.commit(copy.draft("revert", "undo " + ", ".join(c.id[:12] for c in commits), drafts))


def revert(
    copy: WorkingCopy, whens: Sequence[When], items: Sequence[str] | None, why: str, op_id: str | None
) -> Commit:
    """Take back the labels that some commits gave; see `Store.revert`."""
    if not whens:
        raise DataError("There is nothing to revert: no commit is named.", "Pass ids, prefixes or tags of commits.")
    stem = None if op_id is None else check_text(op_id, "op_id")
    text = check_text(why, "why")
    with copy.exclusive():
        tip = copy.head.tip()
        if (first := copy.known(stem)) is not None:
            return first
        past, now = Past(copy.backend, tip), Overlay(copy.head.bound)
        named = {c.id: c for c in map(copy.head.find, whens)}
        commits = [copy.whole(c) for c in named]
        wanted = [items] if isinstance(items, str) else items
        events = to_revert(now, past, commits, wanted, copy.backend.path)
        drafts = invert(now, past, events, copy.rater, stem)
        message = "revert " + ", ".join(c[:12] for c in named)
        return copy.commit(copy.draft("revert", f"{message}: {text}" if text else message, drafts))


def _versions(copy: WorkingCopy, commit: Commit) -> list[Version]:
    """Return the version of each field that a commit has events of."""
    return [copy.head.bound(f) for f in dict.fromkeys(e.field for e in commit.events)]


class Past:
    """Looks back from a commit: single events, and what happened to a cell."""

    def __init__(self, backend: Backend, at: Commit) -> None:
        self._backend = backend
        self._at = at
        self._paths: dict[tuple[str, str], list[Logged]] = {}

    def event(self, item: str, event_id: str | None) -> Logged | None:
        """Return one event of an item."""
        return None if event_id is None else self._backend.event(item, event_id)

    def path(self, field: str, item: str) -> list[Logged]:
        """Return the events of a cell, newest first."""
        found = self._paths.get((field, item))
        if found is None:
            found = self._paths[field, item] = self._backend.item_events(self._at, item, field)
        return found

    def standing(self, head: Logged, event: Event) -> list[Event]:
        """Return the events of this history that say what an event says and are not taken back, newest first.

        They are the event itself, and those of merges that brought it over or kept it in a conflict: the decision is
        taken back when all of them are.
        """
        if head.event.id == event.id:
            return [event]
        gone = taken_back(path := self.path(event.field, event.item))
        said = (x.event for x in path if x.event.id not in gone)
        return [e for e in said if e.id == event.id or (e.undoes is None and e.restores == event.id)]

    def has(self, event: Event) -> bool:
        """Tell whether an event, or a merge that brought it over, is part of this history."""
        return any(event.id in (x.event.id, x.event.restores) for x in self.path(event.field, event.item))

    def ways_back(self, commit: Commit) -> list[str]:
        """Return the calls that take back what a commit did to classes and fields, the newest change first."""
        parent = self._backend.commit(commit.parent) if commit.kind == "schema" and commit.parent else None
        if parent is None:
            return []
        now = self._backend.schema(self._at.schema)
        return ways_back(self._backend.schema(parent.schema), self._backend.schema(commit.schema), now)


def taken_back(path: Sequence[Logged]) -> frozenset[str]:
    """Return the ids of the events of a cell (newest first) that were undone, where the undo was not undone itself."""
    gone: set[str] = set()
    for logged in path:
        if logged.event.undoes is not None and logged.event.id not in gone:
            gone.add(logged.event.undoes)
    return frozenset(gone)


def invert(now: Overlay, past: Past, events: Sequence[Event], rater: Rater, op_id: str | None) -> list[EventDraft]:
    """Make the events that take others back.

    Parameters
    ----------
    events
        Newest first. Those that are taken back already are passed over.
    op_id
        Each event gets it with its place behind a colon.

    Raises
    ------
    Conflict
        Somebody has decided otherwise on one of the cells since.
    """
    in_force: dict[tuple[str, str], str | None] = {}  # decision of each cell, as this goes back
    drafts: list[EventDraft] = []
    changed: dict[tuple[str, str], Cell] = {}
    done: set[str] = set()
    for event in events:
        cell = event.field, event.item
        version = now.version(event.field)
        head = version.heads.get(event.item)
        for undone in past.standing(head, event) if head else ():
            if head is None or undone.id in done:
                continue
            done.add(undone.id)
            if in_force.get(cell, head.event.decision) != undone.decision:
                changed[cell] = version.anywhere(event.item)
                break
            before = past.event(undone.item, undone.previous)
            restores = before.event.decision if before else None
            in_force[cell] = restores
            restored = past.event(undone.item, restores)
            op = None if op_id is None else f"{op_id}:{len(drafts)}"
            drafts.append(now.add(_inverse(now, undone, restored, rater, op)))
    if changed:
        raise Conflict(list(changed.values()), later=True)
    return drafts


def _inverse(now: Overlay, undone: Event, restored: Logged | None, rater: Rater, op_id: str | None) -> EventDraft:
    if restored is not None:
        return now.copy(restored, rater, op_id=op_id, undoes=undone.id, restores=restored.event.id)
    field, item = undone.field, undone.item
    row = now.version(field).snapshot.row(item)
    return EventDraft(
        op_id=op_id,
        item=item,
        content_hash=None if row else undone.content_hash or "",
        rater=rater,
        op="clear",
        previous=now.previous(field, item),
        old=now.value(field, item),
        new=now.given(field, item),
        undoes=undone.id,
        field=field,
    )


def superseded(versions: Sequence[Version], commit: Commit, rater: str, past: Past) -> bool:
    """Tell whether somebody else's decisions hold now on all cells of a commit, so that nothing of it still stands.

    Parameters
    ----------
    versions
        Of each field that the commit has events of.
    commit
        With its events.
    rater
        Name of the one whose commit it is.
    """
    by_field = {v.field: v for v in versions}
    own = frozenset(e.decision for e in commit.events)
    for event in commit.events:
        head = by_field[event.field].heads[event.item]
        if not past.standing(head, event):
            continue  # taken back by itself: no more of it is left than where somebody else decided
        decision = head.event.decision
        if decision in own:
            return False
        found = past.event(event.item, decision)
        if found is None or found.rater == rater:
            return False
    return True


def to_revert(
    now: Overlay, past: Past, commits: Sequence[Commit], items: Sequence[str] | None, path: str
) -> list[Event]:
    """Return the events of commits that a revert takes back, newest first.

    Raises
    ------
    StoreError
        There are none: the commits have no events (on these items), are of another history, or are taken back already.
    """
    wanted = None if items is None else frozenset(check_text(i, "item id") for i in items)
    events = [
        e
        for c in sorted(commits, key=lambda c: c.position, reverse=True)
        for e in reversed(c.events)
        if wanted is None or e.item in wanted
    ]
    named = ", ".join(c.id[:12] for c in commits)
    if not events and wanted is None and (back := [way for c in commits for way in past.ways_back(c)]):
        raise StoreError(
            f"{path}: {named} changed classes or fields and no labels; a revert takes back labels only.",
            f"To go back: {'; '.join(back)}.",
        )
    if not events:
        where = "" if wanted is None else " on these items"
        raise StoreError(f"{path}: {named} changed no labels{where}; nothing to take back.", "Name another commit.")
    heads = [now.version(e.field).heads.get(e.item) for e in events]
    found = [e for e, head in zip(events, heads, strict=True) if head and past.standing(head, e)]
    if not found:
        if not any(past.has(e) for e in events):
            raise StoreError(f"{path}: {named} is not part of this branch.", "Go to its branch with switch() first.")
        raise StoreError(f"{path}: {named} was taken back already.", "To have it again, revert the commit that did so.")
    return found
