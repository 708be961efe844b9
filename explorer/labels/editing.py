"""Edits become events: what is allowed, and the check against what the writer saw."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from explorer.errors import DataError, UnknownName
from explorer.labels.canonical import check_text, clean_evidence
from explorer.labels.cells import Version
from explorer.labels.engine import EventDraft
from explorer.labels.model import OPS, Cell, Conflict, Edit, Rater, StoreError


def operation_ids(edits: Sequence[Edit], op_id: str | None) -> list[str]:
    """Return the operation id of each edit: its own, or the batch's with its place, or a new one."""
    stem = check_text(op_id, "op_id") if op_id is not None else uuid.uuid4().hex
    ids = [f"{stem}:{i}" if e.op_id is None else check_text(e.op_id, "op_id") for i, e in enumerate(edits)]
    if len(frozenset(ids)) != len(ids):
        raise DataError("Two edits of one call have the same op_id.", "Give each edit an op_id of its own.")
    return ids


def first_commit(op_ids: list[str], known: Mapping[str, str]) -> str | None:
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


def plan(version: Version, edits: Sequence[Edit], op_ids: list[str], rater: Rater) -> list[EventDraft]:
    """Turn edits into event drafts on top of a version.

    Raises
    ------
    UnknownName, DataError
        An item, op or class that does not exist; a value that is no class label; evidence that is no JSON.
    Conflict
        Some cell is not as its writer saw it; carries all such cells.
    """
    before = {edit.item: known_cell(version, edit.item) for edit in edits}
    if changed := [before[e.item] for e in edits if not _as_seen(version, before[e.item], e.expected)]:
        raise Conflict(changed)
    now = Overlay(version)
    return [now.add(_draft(version, edit, op, rater, now)) for edit, op in zip(edits, op_ids, strict=True)]


def _draft(version: Version, edit: Edit, op_id: str, rater: Rater, now: Overlay) -> EventDraft:
    if edit.op not in OPS:
        raise UnknownName("op", edit.op, OPS)
    old = now.value(edit.item)
    if edit.op == "set":
        new = now.class_id(_class_name(edit, version))
    elif edit.value is not None:
        raise DataError(f"Item {edit.item!r}: the op {edit.op!r} takes no value.", "Use the op 'set' to give a label.")
    else:
        new = now.given(edit.item) if edit.op == "clear" else old
    row = version.snapshot.row(edit.item)
    head = version.heads.get(edit.item)
    return EventDraft(
        op_id=op_id,
        item=edit.item,
        content_hash=row[0] if row else "",
        rater=edit.rater or rater,
        op=edit.op,
        previous=head.event.id if head else None,
        old=old,
        new=new,
        reason=check_text(edit.reason, "reason"),
        why=check_text(edit.why, "why"),
        evidence=clean_evidence(edit.evidence, edit.item),
    )


def _class_name(edit: Edit, version: Version) -> str | None:
    """Return the class that an edit gives; `None` is unlabelled."""
    value: Any = edit.value  # whatever a caller passed
    if value is None:
        return None
    if not isinstance(value, str) and (hasattr(value, "__len__") or hasattr(value, "shape")):
        raise DataError(
            f"Item {edit.item!r}: the label is a {type(value).__name__}.",
            "Only one class per item is supported so far: no several labels, spans or boxes.",
        )
    if not isinstance(value, str) or value not in version.classes:
        raise UnknownName("class", value, version.classes, "A new class is added on purpose with add_class().")
    return str(value)


class Overlay:
    """The values of a version with the drafts of this very commit on top, so that a later edit sees an earlier one."""

    def __init__(self, version: Version) -> None:
        self._version = version
        self._ids = {name: identity for identity, name in version.names.items()}
        self._drafts: dict[str, EventDraft] = {}

    def add(self, draft: EventDraft) -> EventDraft:
        """Put a draft on top, and return it."""
        self._drafts[draft.item] = draft
        return draft

    def value(self, item: str) -> str | None:
        """Return the class id in force."""
        if item in self._drafts:
            return self._drafts[item].new
        cell = self._version.cell(item)
        if cell is not None:
            return self.class_id(cell.value)
        head = self._version.heads.get(item)  # an item that has left the dataset keeps what was recorded
        return head.event.new if head else None

    def given(self, item: str) -> str | None:
        """Return the class id of the given label."""
        row = self._version.snapshot.row(item)
        return self.class_id(row[1]) if row else None

    def class_id(self, name: str | None) -> str | None:
        """Return the id of a class that has a name now."""
        return None if name is None else self._ids.get(name, name)


def known_cell(version: Version, item: str) -> Cell:
    """Return the cell of an item; `UnknownName` if the dataset has no such item."""
    cell = version.cell(item)
    if cell is None:
        past = "It was in the dataset before: see log()." if item in version.heads else ""
        raise UnknownName("item", item, list(version.snapshot.positions)[:2000], past)
    return cell


def _as_seen(version: Version, cell: Cell, expected: str | None) -> bool:
    """Tell whether a cell still is what the writer saw."""
    if expected is None or expected == cell.event:
        return True
    if not expected.startswith("base:") or not cell.event.startswith("base:"):
        return False
    # Both untouched, on two snapshots: the same sight if content and given label are the same in both.
    seen = version.find(expected.removeprefix("base:"))
    return seen is not None and seen.row(cell.item) == version.snapshot.row(cell.item)
