"""Edits: what is allowed, the check against what the writer saw, and the events that they become."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from explorer.errors import DataError, UnknownName
from explorer.labels.history.vote_blocks import cited as of_blocks
from explorer.labels.history.votes import standing_votes
from explorer.labels.model.cells import Cell, Conflict
from explorer.labels.model.drafts import EventDraft
from explorer.labels.model.hashing import check_text, clean_evidence
from explorer.labels.model.raters import check_rater
from explorer.labels.model.types import FIELD, KINDS, OPS, Commit, Edit, Event, Logged, Rater, StoreError, Value
from explorer.labels.model.values import to_stored
from explorer.labels.model.version import Version, known_cell
from explorer.labels.storage.backend import Backend
from explorer.labels.working_copy import WorkingCopy

_BASE = re.compile(r"base:[0-9a-f]{64}").fullmatch
Versions = Callable[[str], Version]
"""Returns the version of a field at the tip of the branch; `UnknownName` if there is no such field."""


def apply(
    copy: WorkingCopy, edits: Sequence[Edit], kind: str, message: str, rater: str | None, op_id: str | None
) -> Commit:
    """Write edits as one commit; see `Store.apply`."""
    edits = list(edits)
    if not edits:
        raise DataError("There is nothing to apply: no edits.", "Pass at least one Edit.")
    if kind not in KINDS:
        raise UnknownName("kind of commit", kind, KINDS)
    op_ids = operation_ids(edits, op_id)
    named = [i for i in op_ids if i is not None]
    who = copy.rater if rater is None else check_rater(rater, copy.rater.kind)
    _check_signed(copy.backend, [who, *(e.rater for e in edits if e.rater is not None)])
    with copy.exclusive():
        copy.head.now()
        first = first_commit(named, copy.backend.commit_of(named)) if named else None
        if first is not None:
            return copy.whole(first)
        events = plan(copy.head.bound, edits, op_ids, who)
        draft = copy.draft(kind, check_text(message, "message"), events)
        # A server takes commits of the login only; its events say who decided.
        return copy.commit(draft if copy.backend.login is not None else replace(draft, rater=who))


def resolve(copy: WorkingCopy, edit: Edit, votes: Sequence[str] | None) -> Commit:
    """Write an edit that cites votes on its item, by default all that stand; see `Store.resolve`."""
    standing = [v.event for v in standing_votes(copy, edit.item, edit.field)]
    if edit.field == FIELD:
        with copy.backend.lock:
            standing += of_blocks(copy, edit.item)
    for vote in votes or ():
        if vote not in standing:
            raise UnknownName("vote on this item", vote, standing, "votes(item) lists them.")
    cited = {**(edit.evidence or {}), "votes": standing if votes is None else list(votes)}
    return apply(copy, [replace(edit, evidence=cited)], "edit", "", None, None)


def _check_signed(backend: Backend, raters: Sequence[Rater]) -> None:
    """Raise `StoreError` if labels are given in the name of another person than the one who is logged in."""
    login = backend.login
    for rater in raters if login is not None else ():
        if rater.kind == "person" and rater.name != login:
            raise StoreError(
                f"{backend.path}: the login is {login!r}, so labels cannot be given as the person {rater.name!r}; "
                "nothing was written.",
                f"Leave the rater out, let {rater.name!r} log in, or bring the decisions in as an import: "
                f"Edit(..., rater=Rater({rater.name!r}, 'import')).",
            )


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
        """Return the id of the newest event of a cell; the backend knows those of this commit."""
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
