"""Edits become events: what is allowed, the check against what the writer saw, and the inverse events of an undo."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from explorer.errors import DataError, UnknownName
from explorer.labels.canonical import clean_evidence
from explorer.labels.cells import Version
from explorer.labels.engine import EventDraft
from explorer.labels.model import OPS, RATER_KINDS, Cell, Commit, Conflict, Edit, Event, Logged, Rater, StoreError


def check_rater(name: object, kind: str) -> Rater:
    """Make a rater of a name and a kind; `DataError` or `UnknownName` if they are none."""
    if not isinstance(name, str) or not name.strip():
        raise DataError(f"The rater is {name!r}.", "Say who gives the labels, as text: rater='ann'.")
    if kind not in RATER_KINDS:
        raise UnknownName("kind of rater", kind, RATER_KINDS)
    return Rater(check_text(name.strip(), "rater"), kind)


def check_text(value: object, what: str) -> str:
    """Return text that UTF-8 can hold; `DataError` otherwise."""
    if not isinstance(value, str):
        raise DataError(f"The {what} is {value!r}, which is no text.", f"Pass the {what} as text.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"The {what} {value!r} is no valid text: {error.reason}.", "Remove the bad characters.") from error
    return str(value)  # numpy's text becomes plain text


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
    classes = {name: identity for identity, name in version.names.items()}
    before = {edit.item: _cell(version, edit.item) for edit in edits}
    if changed := [before[e.item] for e in edits if not _as_seen(version, before[e.item], e.expected)]:
        raise Conflict(changed)
    now = _Overlay(version)
    return [
        now.add(_draft(version, edit, op_id, rater, now, classes)) for edit, op_id in zip(edits, op_ids, strict=True)
    ]


def _draft(
    version: Version, edit: Edit, op_id: str, rater: Rater, now: _Overlay, classes: Mapping[str, str]
) -> EventDraft:
    if edit.op not in OPS:
        raise UnknownName("op", edit.op, OPS)
    content, given = version.snapshot.row(edit.item) or ("", None)
    old = now.value(edit.item)
    if edit.op == "set":
        new = _class_id(edit.value, edit.item, classes)
    elif edit.value is not None:
        raise DataError(f"Item {edit.item!r}: the op {edit.op!r} takes no value.", "Use the op 'set' to give a label.")
    else:
        new = old if edit.op in ("keep", "flag") else _id_of(given, classes)
    return EventDraft(
        op_id=op_id,
        item=edit.item,
        content_hash=content,
        rater=edit.rater or rater,
        op=edit.op,
        previous=now.newest(edit.item),
        old=old,
        new=new,
        reason=check_text(edit.reason, "reason"),
        why=check_text(edit.why, "why"),
        evidence=_evidence(edit),
    )


def _evidence(edit: Edit) -> dict[str, object] | None:
    evidence = clean_evidence(edit.evidence, edit.item)
    if evidence is not None:
        try:
            json.dumps(evidence, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, UnicodeEncodeError) as error:
            raise DataError(f"Item {edit.item!r}: the evidence cannot be stored: {error}", "Pass plain values.") from error
    return evidence


class _Overlay:
    """The cells of a version with the drafts of this very commit on top: a later edit sees an earlier one."""

    def __init__(self, version: Version) -> None:
        self._version = version
        self._ids = {name: identity for identity, name in version.names.items()}
        self._drafts: dict[str, EventDraft] = {}

    def add(self, draft: EventDraft) -> EventDraft:
        self._drafts[draft.item] = draft
        return draft

    def value(self, item: str) -> str | None:
        """Class id in force."""
        if item in self._drafts:
            return self._drafts[item].new
        cell = self._version.cell(item)
        if cell is not None:
            return _id_of(cell.value, self._ids)
        head = self._version.heads.get(item)  # an item that has left the dataset keeps what was recorded
        return head.event.new if head else None

    def newest(self, item: str) -> str | None:
        """Newest stored event. A draft has no id yet: `plan` callers write one event per item and commit, see `split`."""
        head = self._version.heads.get(item)
        return head.event.id if head else None


def _cell(version: Version, item: str) -> Cell:
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
