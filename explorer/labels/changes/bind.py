"""Binding a dataset to a store: what differs from the snapshot bound before."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.labels.model.schema import Names
from explorer.labels.model.snapshot import Snapshot
from explorer.labels.model.types import StoreError


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
            "Give this dataset a store= path of its own, or open the dataset that the store was made for, with the "
            "same key column.",
        )
    here, there = np.flatnonzero(common), at[common]
    changed = new.hashes[here] != old.hashes[there]
    if new.keyed and len(here) >= _FEWEST_TO_TELL and changed.all() and not allow_changed:
        raise StoreError(
            f"The label store {path} seems to belong to another dataset: {len(here):,} of its {len(old):,} items have "
            f"the key of one of the {len(new):,} items to bind (the first is {new.ids[here[0]]!r}), but none of them "
            "has the content that it had.",
            "Give this dataset a store= path of its own; if these are the same items and all of them were edited, bind "
            "them once with store.bind(..., allow_changed=True).",
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
