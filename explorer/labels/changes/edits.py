"""Edits become events: what is allowed, and the check against what the writer saw."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from explorer.errors import DataError, UnknownName
from explorer.labels.model.drafts import EventDraft
from explorer.labels.model.hashing import check_text, clean_evidence
from explorer.labels.model.types import FIELD, OPS, Cell, Conflict, Edit, Event, Logged, Rater, StoreError, Value
from explorer.labels.model.values import to_stored
from explorer.labels.model.version import Version, known_cell

_BASE = re.compile(r"base:[0-9a-f]{64}").fullmatch
Versions = Callable[[str], Version]
"""Returns the version of a field at the tip of the branch; `UnknownName` if there is no such field."""


def operation_ids(edits: Sequence[Edit], op_id: str | None) -> list[str | None]:
    """Return the operation id of each edit: its own, or the batch's with its place, or none."""
    stem = None if op_id is None else check_text(op_id, "op_id")
    ids = [
        check_text(e.op_id, "op_id") if e.op_id is not None else stem if stem is None else f"{stem}:{i}"
        for i, e in enumerate(edits)
    ]
    named = [i for i in ids if i is not None]
    if len(frozenset(named)) != len(named):
        raise DataError("Two edits of one call have the same op_id.", "Give each edit an op_id of its own.")
    return ids


def first_commit(op_ids: Sequence[str], known: Mapping[str, str]) -> str | None:
    """Return the commit that these operations were written in before, `None` if they are new.

    Raises
    ------
    StoreError
        Some are known and others are not, or they are of different commits: then this is no retry.
    """
    if not known:
        return None
    commits = frozenset(known.values())
    if len(known) < len(op_ids) or len(commits) > 1:
        raise StoreError(
            f"{len(known)} of {len(op_ids)} op_ids were used before, in {len(commits)} commits; nothing was written.",
            "A retry repeats the whole call; a new change needs new op_ids.",
        )
    return next(iter(commits))


def plan(versions: Versions, edits: Sequence[Edit], op_ids: Sequence[str | None], rater: Rater) -> list[EventDraft]:
    """Turn edits into event drafts on top of a version.

    Raises
    ------
    UnknownName, DataError
        An item, field, op or class that does not exist; a value that does not fit its field; evidence that is no JSON.
    Conflict
        Some cell is not as its writer saw it; carries all such cells.
    """
    changed: dict[tuple[str, str], Cell] = {}
    for edit in edits:
        version = versions(edit.field)
        cell = known_cell(version, edit.item)
        if not _as_seen(version, cell, edit.expected):
            changed[edit.field, edit.item] = cell
    if changed:
        raise Conflict(list(changed.values()))
    now = Overlay(versions)
    return [now.add(_draft(edit, op, rater, now)) for edit, op in zip(edits, op_ids, strict=True)]


def _draft(edit: Edit, op_id: str | None, rater: Rater, now: Overlay) -> EventDraft:
    if edit.op not in OPS:
        raise UnknownName("op", edit.op, OPS)
    field, item, names = edit.field, edit.item, now.version(edit.field).names
    old = now.value(field, item)
    if edit.op == "set":
        new = to_stored(edit.value, names.type_of(field), names, item, field)
    elif edit.value is not None:
        raise DataError(f"Item {item!r}: the op {edit.op!r} takes no value.", "Use the op 'set' to give a label.")
    else:
        new = now.given(field, item) if edit.op == "clear" else old
    return EventDraft(
        op_id=op_id,
        item=item,
        content_hash=None,
        rater=edit.rater or rater,
        op=edit.op,
        previous=now.previous(field, item),
        old=old,
        new=new,
        reason=check_text(edit.reason, "reason"),
        why=check_text(edit.why, "why"),
        evidence=clean_evidence(edit.evidence, item),
        field=field,
    )


class Overlay:
    """The values of a version with the drafts of this very commit on top, so that a later edit sees an earlier one."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._found: dict[str, Version] = {}
        self._drafts: dict[tuple[str, str], EventDraft] = {}

    def version(self, field: str = FIELD) -> Version:
        """Return the version of a field."""
        found = self._found.get(field)
        if found is None:
            found = self._found[field] = self._versions(field)
        return found

    def add(self, draft: EventDraft) -> EventDraft:
        """Put a draft on top, and return it."""
        self._drafts[draft.field, draft.item] = draft
        return draft

    def value(self, field: str, item: str) -> Value:
        """Return the label in force, in stored form."""
        draft = self._drafts.get((field, item))
        return draft.new if draft is not None else self.version(field).value(item)

    def previous(self, field: str, item: str) -> str | None:
        """Return the id of the newest event of a cell; the engine knows those of this commit."""
        head = self.version(field).heads.get(item)
        return head.event.id if head else None

    def given(self, field: str, item: str) -> Value:
        """Return the given label, in stored form."""
        version = self.version(field)
        row = version.snapshot.row(item)
        return version.names.class_id(row[1]) if row and field == FIELD else None

    def content(self, logged: Logged) -> str | None:
        """Return the content hash for an event that brings back a decision: `None` if that is the content now."""
        version = self.version(logged.event.field)
        row = version.snapshot.row(logged.event.item)
        made_on = version.content_of(logged)
        return None if row is not None and row[0] == made_on else made_on or ""

    def copy(self, decision: Logged, rater: Rater, **said: Any) -> EventDraft:
        """Return a draft that says what a decision said, on top of what is in force.

        Parameters
        ----------
        rater
            Whose event it is.
        said
            Other arguments of `EventDraft`, in place of the decision's own.
        """
        event: Event = decision.event
        given = {
            "op_id": None,
            "item": event.item,
            "content_hash": self.content(decision),
            "op": event.op,
            "previous": self.previous(event.field, event.item),
            "old": self.value(event.field, event.item),
            "new": self.given(event.field, event.item) if event.op == "clear" else event.new,
            "reason": event.reason,
            "why": event.why,
            "evidence": dict(event.evidence) if event.evidence else None,
            "field": event.field,
        }
        return EventDraft(rater=rater, **{**given, **said})


def _as_seen(version: Version, cell: Cell, expected: str | None) -> bool:
    """Tell whether a cell still is what the writer saw."""
    if expected is None or expected == cell.event:
        return True
    if not _BASE(expected) or not cell.event.startswith("base:"):
        return False
    # Both untouched, on two snapshots: the same sight if content and given label are the same in both.
    snapshot = version.find(expected.removeprefix("base:"))
    seen, now = (s.row(cell.item) if s else None for s in (snapshot, version.snapshot))
    return seen is not None and now is not None and seen[0] == now[0] and version.given(seen[1]) == cell.given
