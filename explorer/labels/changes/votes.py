"""Adding blocks of votes: what is new of them, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from explorer.errors import DataError, UnknownName
from explorer.labels.history.vote_blocks import read
from explorer.labels.model.schema import Names, names_of
from explorer.labels.model.snapshot import Snapshot
from explorer.labels.model.vote_block import VoteBlock, VoteColumns, VoteDraft
from explorer.labels.working_copy import WorkingCopy


def add_blocks(copy: WorkingCopy, drafts: Sequence[VoteDraft]) -> list[VoteBlock]:
    """Write the votes of some raters, all or nothing; see `VoteWriter.add_votes`.

    Returns the newest block of each: one that says the same already is not written again.
    """
    if not isinstance(drafts, Sequence) or not all(isinstance(draft, VoteDraft) for draft in drafts):
        raise DataError(
            "The votes to add are no list of `VoteDraft`.", "Make one a rater: VoteDraft(rater, items, labels)."
        )
    checked = [draft.checked() for draft in drafts]
    copy.head.now()  # before a file is locked: something has to be bound
    with copy.exclusive("main"):
        now = copy.head.now()
        names = names_of(now.schema)
        votes = copy.backend.votes
        before = {block.rater: block for block in votes.newest()} if len(checked) > 1 else None
        found = []
        for draft in checked:
            known = None if draft.op_id is None else copy.backend.vote_block_of(draft.op_id)
            if known is None:
                columns = _columns(draft, now.snapshot, names)
                last = votes.newest_of(draft.rater) if before is None else before.get(draft.rater)
                if draft.keep and last is not None and (last.votes or last.abstentions):
                    known = _over(copy, last, draft, columns, now.snapshot, names)
                else:
                    same = last is not None and _same(copy, last, draft, columns, now.snapshot, names)
                    known = last if same else copy.add_votes(draft, columns, now.snapshot.id)
                assert known is not None
                if before is not None:
                    before[draft.rater] = known
            found.append(known)
        return found


def _over(
    copy: WorkingCopy, last: VoteBlock, draft: VoteDraft, columns: VoteColumns, snapshot: Snapshot, names: Names
) -> VoteBlock:
    """Write what is new of a draft over the votes of a rater; a whole block where other items are bound by now."""
    draft, changes = replace(draft, kind=last.kind, family=last.family), columns.votes()
    if last.snapshot == snapshot.id:
        fresh = {at: vote for at, vote in changes.items() if copy.backend.votes.vote(last, at) != vote}
        return copy.change_votes(draft, last, fresh) if fresh else last
    known = read(copy, last, snapshot, names)
    classes = tuple(str(names.class_id(name)) for name in known.classes)
    whole = VoteColumns(known.positions, known.codes, classes, known.confidence)
    return copy.add_votes(draft, whole.changed(changes), snapshot.id)


def _columns(draft: VoteDraft, snapshot: Snapshot, names: Names) -> VoteColumns:
    positions = np.empty(len(draft.items), dtype=np.int32)
    classes: dict[str, int] = {}
    codes = np.full(len(draft.items), -1, dtype=np.int32)
    for row, (item, label) in enumerate(zip(draft.items, draft.labels, strict=True)):
        position = snapshot.positions.get(item)
        if position is None:
            where = f"{draft.rater!r} votes on it."
            raise UnknownName("item", item, list(snapshot.positions)[:2000], where, few=3, of=len(snapshot))
        positions[row] = position
        if label is not None:
            identity = names.class_id(label)
            if identity not in names.public:
                known = names.active
                raise UnknownName("class", label, known, f"{draft.rater!r} gives it to item {item!r}.")
            codes[row] = classes.setdefault(str(identity), len(classes))
    order = np.argsort(positions, kind="stable")
    confidence = None if draft.confidence is None else np.asarray(draft.confidence, dtype=np.float32)[order]
    if confidence is not None and np.isnan(confidence).all():
        confidence = None
    return VoteColumns(positions[order], codes[order], tuple(classes), confidence)


def _same(
    copy: WorkingCopy, last: VoteBlock, draft: VoteDraft, columns: VoteColumns, snapshot: Snapshot, names: Names
) -> bool:
    """Say whether the newest block of a rater says what a draft says, on the items as they are."""
    if (last.kind, last.family, last.votes + last.abstentions) != (draft.kind, draft.family, len(columns.codes)):
        return False
    known = read(copy, last, snapshot, names)
    if known.lost or not np.array_equal(known.positions, columns.positions):
        return False
    called = np.array([*(names.name(identity) for identity in columns.classes), None], dtype=object)
    if not np.array_equal(np.array([*known.classes, None], dtype=object)[known.codes], called[columns.codes]):
        return False
    if known.confidence is None or columns.confidence is None:
        return known.confidence is None and columns.confidence is None
    return np.array_equal(known.confidence, columns.confidence, equal_nan=True)
