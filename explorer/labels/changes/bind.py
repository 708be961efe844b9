"""Binding a dataset to a store: what differs from the snapshot bound before."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import Option, Said
from explorer.labels.model.drafts import CommitDraft
from explorer.labels.model.reports import BindReport
from explorer.labels.model.schema import Names, class_name, extend, names_of
from explorer.labels.model.snapshot import Snapshot, from_frame
from explorer.labels.model.states import State
from explorer.labels.model.types import Commit, StoreError
from explorer.labels.working_copy import WorkingCopy


@dataclass(frozen=True)
class Difference:
    """Item ids by what happened to them between two snapshots; see `BindReport`."""

    added: list[str]
    removed: list[str]
    changed: list[str]
    moved: list[str]
    given_changed: list[str]


_FEWEST_TO_TELL = 3
"""Items in common from which on other content in all of them means another dataset; fewer may all have been edited."""


def bind(
    copy: WorkingCopy, frame: pd.DataFrame, classes: Sequence[str] | None, keyed: bool, allow_changed: bool
) -> BindReport:
    """Say which items the labels are for; see `Store.bind`."""
    names = _given_names(frame) if classes is None else [class_name(c) for c in classes]
    backend, commit = copy.backend, None
    with backend.lock:
        now = copy.head.newest()
        known = names_of(now.schema).ids if now else {}
        new = from_frame(frame, [*names, *known], keyed)
        if now is None or now.snapshot.id != new.id or not frozenset(names) <= frozenset(known):
            with backend.exclusive(copy.branch):
                commit, difference = _write(copy, new, names, allow_changed)
        else:
            difference = compare(now.snapshot, new, names_of(now.schema), backend.path, allow_changed)
        cells = copy.head.cells()
        report = BindReport(
            **vars(difference),
            stale=[item for item, cell in cells.items() if cell.state == State.STALE],
            conflict=[item for item, cell in cells.items() if cell.state == State.CONFLICT],
            commit=commit,
        )
    if commit is not None:
        copy.tell()
    return report


def _write(copy: WorkingCopy, new: Snapshot, names: list[str], allow_changed: bool) -> tuple[Commit | None, Difference]:
    """Write what is new about a snapshot and its classes; now nobody else can."""
    now = copy.head.newest()
    if now is None:
        schema, difference, kind = extend(None, names), Difference([], [], [], [], []), "import"
    else:
        schema = extend(now.schema, names)
        difference = compare(now.snapshot, new, names_of(schema), copy.backend.path, allow_changed)
        kind = "schema" if now.snapshot.id == new.id else "import"
        if kind == "schema":
            new = now.snapshot
            if schema.id == now.schema.id:  # another process has just bound the same
                return None, difference
    message = f"bind {len(new):,} items, {len(schema.classes)} classes"
    return copy.commit(CommitDraft(kind, copy.rater, copy.now(), message, new, schema)), difference


def _given_names(frame: pd.DataFrame) -> list[str]:
    """Return the given labels of a frame, in order of the alphabet."""
    if "given_label" not in frame.columns:
        return []  # which from_frame says in its own words
    return sorted(class_name(v) for v in frame["given_label"].dropna().unique())


def compare(old: Snapshot, new: Snapshot, names: Names, path: str, allow_changed: bool = False) -> Difference:
    """Compare the snapshot that is bound with the one to bind.

    Parameters
    ----------
    names
        What given labels mean now: one under a former name of a class has not changed.
    allow_changed
        Take it that the same keys name the same items, although none has the content that it had.

    Raises
    ------
    StoreError
        They have no item in common, or no more than keys, so this is the store of another dataset.
    """
    at = old.index.get_indexer(new.index)  # position in old of each item of new, -1 where it is new
    common = at >= 0
    if not common.any():
        ids = "key" if old.keyed else "content"
        raise StoreError(
            f"The label store {path} belongs to another dataset: none of its {len(old):,} items (told apart by {ids}; "
            f"the first is {old.ids[0]!r}) is among the {len(new):,} items to bind (the first is {new.ids[0]!r}).",
            Said(
                "Give this dataset a {} path of its own, or open the dataset that the store was made for, with the "
                "same key column.",
                Option("store"),
            ),
        )
    here, there = np.flatnonzero(common), at[common]
    changed = new.hashes[here] != old.hashes[there]
    if new.keyed and len(here) >= _FEWEST_TO_TELL and changed.all() and not allow_changed:
        raise StoreError(
            f"The label store {path} seems to belong to another dataset: {len(here):,} of its {len(old):,} items have "
            f"the key of one of the {len(new):,} items to bind (the first is {new.ids[here[0]]!r}), but none of them "
            "has the content that it had.",
            Said(
                "Give this dataset a {} path of its own; if these are the same items and all of them were edited, bind "
                "them once with store.bind(..., allow_changed=True).",
                Option("store"),
            ),
        )
    gone = np.ones(len(old), dtype=bool)
    gone[there] = False
    return Difference(
        added=new.ids[~common].tolist(),
        removed=old.ids[gone].tolist(),
        changed=new.ids[here[changed]].tolist(),
        moved=new.ids[here[_out_of_order(there)]].tolist(),
        given_changed=new.ids[here[_given(new, names)[here] != _given(old, names)[there]]].tolist(),
    )


def _given(snapshot: Snapshot, names: Names) -> NDArray[np.object_]:
    """Return the given labels as they read now, object [N] of class name or `None`."""
    read = np.array([*map(names.given, snapshot.given_names), None], dtype=object)
    return read[snapshot.given_codes]


def _out_of_order(positions: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Mark the fewest entries whose removal leaves distinct positions in increasing order.

    That is all but a longest increasing subsequence (patience sorting, n log n): an item that was added or removed at
    the front moves nothing, and one that was carried from the end to the front counts as one.
    """
    moved = np.zeros(len(positions), dtype=bool)
    if np.all(positions[1:] > positions[:-1]):
        return moved
    tails: list[int] = []  # smallest last position of an increasing run of each length
    ends: list[int] = []  # where in `positions` that is
    before = np.full(len(positions), -1, dtype=np.intp)
    for i, position in enumerate(positions.tolist()):
        length = bisect_right(tails, position)
        before[i] = ends[length - 1] if length else -1
        tails[length : length + 1] = [position]
        ends[length : length + 1] = [i]
    moved[:] = True
    i = ends[-1]
    while i >= 0:
        moved[i] = False
        i = int(before[i])
    return moved
