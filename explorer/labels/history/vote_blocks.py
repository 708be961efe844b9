"""Blocks of votes as they count now: the newest of each rater, over the items that are bound, in the names of today."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.labels.history.entries import typed
from explorer.labels.model.schema import Names, names_of
from explorer.labels.model.snapshot import Snapshot
from explorer.labels.model.types import FIELD, StoreError
from explorer.labels.model.version import known_cell
from explorer.labels.model.vote_block import VoteBlock
from explorer.labels.working_copy import Opened, WorkingCopy

BLOCK_COLUMNS = ("rater", "version", "kind", "family", "votes", "abstentions", "time", "by", "block")


@dataclass(frozen=True, eq=False)
class Standing:
    """The votes of one rater that count.

    Attributes
    ----------
    block
        Where they come from.
    positions
        int32 [m]: of the items in the snapshot that is bound, ascending.
    items
        object [m]: their ids.
    codes
        int32 [m]: into `classes`; -1 is an abstention.
    classes
        Names of classes as of now, each once.
    confidence
        float32 [m], NaN for none; or `None`.
    lost
        Votes of the block that do not count: their item is gone, or its content is another one.
    """

    block: VoteBlock
    positions: NDArray[np.int32]
    items: NDArray[np.object_]
    codes: NDArray[np.int32]
    classes: tuple[str, ...]
    confidence: NDArray[np.float32] | None
    lost: int


def standing(store: Opened) -> list[Standing]:
    """Return the votes that count of every rater who has any; none before anything is bound."""
    copy = store.working_copy
    with copy.backend.lock, copy.backend.reading():
        return standing_blocks(copy)


def standing_blocks(copy: WorkingCopy) -> list[Standing]:
    """Return the same; whoever calls holds the lock."""
    now = copy.head.newest()
    if now is None:
        return []
    blocks = [block for block in copy.backend.votes.newest() if block.votes or block.abstentions]
    return [read(copy, block, now.snapshot, names_of(now.schema)) for block in blocks]


class News(NamedTuple):
    """What was written since a block.

    Attributes
    ----------
    last
        Number of the newest block now.
    votes
        What was said anew, oldest first: block, item id, name of a class or `None`, confidence or NaN. `None` where a
        whole block came, or other items are bound: read `standing`.
    """

    last: int
    votes: list[tuple[VoteBlock, str, str | None, float]] | None


def last_of(store: Opened) -> int:
    """Return the number of the newest block of all, 0 for none."""
    with store.working_copy.backend.lock:
        return store.working_copy.backend.votes.last()


def news(store: Opened, last: int) -> News:
    """Return what was written after a block of that number. Costs as much as was."""
    copy = store.working_copy
    with copy.backend.lock, copy.backend.reading():
        now, newest = copy.head.newest(), copy.backend.votes.last()
        if newest == last or now is None:
            return News(newest, [])
        names, found = names_of(now.schema), []
        for block, changes in copy.backend.votes.since(last):
            if changes is None or block.snapshot != now.snapshot.id:
                return News(newest, None)
            for position, (label, sure) in changes.items():
                name = None if label is None else names.name(label)
                found.append((block, str(now.snapshot.ids[position]), name, math.nan if sure is None else sure))
        return News(newest, found)


def read(copy: WorkingCopy, block: VoteBlock, bound: Snapshot, names: Names) -> Standing:
    """Return what of a block counts over a snapshot."""
    columns = copy.backend.vote_columns(block)
    positions, codes, confidence = columns.positions, columns.codes, columns.confidence
    lost = 0
    if block.snapshot != bound.id:
        own = copy.backend.snapshot(block.snapshot)
        if own is None:
            raise StoreError(f"{copy.backend.path}: the snapshot {block.snapshot} is missing.", "Go back to a copy.")
        places = bound.index.get_indexer(own.index[positions])
        here = np.flatnonzero(places >= 0)
        here = here[own.hashes[positions[here]] == bound.hashes[places[here]]]
        here = here[np.argsort(places[here], kind="stable")]
        lost = len(positions) - len(here)
        positions, codes = places[here].astype(np.int32), codes[here]
        confidence = None if confidence is None else confidence[here]
    called = [names.name(identity) for identity in columns.classes]
    classes = tuple(dict.fromkeys(called))  # two classes may have become one
    code = np.array([*(classes.index(name) for name in called), -1], dtype=np.int32)
    return Standing(block, positions, bound.ids[positions], code[codes], classes, confidence, lost)


def table(copy: WorkingCopy) -> pd.DataFrame:
    """List all versions of all raters, oldest first; see `Reader.vote_blocks`."""
    with copy.backend.lock:
        blocks = copy.backend.vote_blocks()
    rows = [
        (b.rater, b.version, b.kind, b.family, b.votes, b.abstentions, b.time, b.by.partition(":")[2], b.id)
        for b in blocks
    ]
    frame = pd.DataFrame(rows, columns=list(BLOCK_COLUMNS))
    counts = dict.fromkeys(("version", "votes", "abstentions"), int)
    return typed(frame, but=tuple(counts)).astype(counts)


def with_blocks(copy: WorkingCopy, events: pd.DataFrame, item: str | None, field: str) -> pd.DataFrame:
    """Put the votes of blocks after those of decisions; of a rater who has both on an item, the decision counts."""
    if field != FIELD:
        return events
    with copy.backend.lock, copy.backend.reading():
        now = copy.head.newest()
        found = [] if now is None else standing_blocks(copy)
        if now is None or not found:
            return events
        position = None
        if item is not None:
            known_cell(copy.head.bound(), item)
            position = now.snapshot.positions[item]
        parts = [part for one in found if len(part := _rows(one, position))]
    if not parts:
        return events
    decided = set(zip(events["item"], events["rater"], strict=True))
    more = pd.concat(parts, ignore_index=True)
    if decided:
        both = [pair in decided for pair in zip(more["item"], more["rater"], strict=True)]
        more = more[~np.array(both, dtype=bool)]
    if not len(events):
        return typed(more.reset_index(drop=True))
    return typed(pd.concat([events, typed(more)], ignore_index=True))


def _rows(one: Standing, position: int | None) -> pd.DataFrame:
    """Return the votes of a rater, without abstentions, as `store.votes()` has them."""
    voted = one.codes >= 0
    if position is not None:
        voted &= one.positions == position
    value = np.array([*one.classes, None], dtype=object)[one.codes[voted]]
    block = one.block
    columns: dict[str, Any] = {
        "item": one.items[voted],
        "rater": block.rater,
        "value": value,
        "op": "set",
        "time": block.time,
        "why": "",
        "reason": "",
        "event": block.id,
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(int(voted.sum())))


def cited(copy: WorkingCopy, item: str) -> Sequence[str]:
    """Return what stands for the votes on an item that blocks hold; whoever calls holds the lock."""
    now = copy.head.newest()
    position = None if now is None else now.snapshot.positions.get(item)
    if position is None:
        return []
    return [
        one.block.id for one in standing_blocks(copy) if bool(((one.positions == position) & (one.codes >= 0)).any())
    ]
