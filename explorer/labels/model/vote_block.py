"""Blocks of votes: what one rater says of many items, kept as one row of columns instead of an event an item.

A rater's newest block counts. Positions are those of the snapshot that was bound when the block was written, so that
a block is small and says exactly which content each vote was about. A block is whole (Parquet), or has only what the
rater said anew since the version before (JSON): an answer costs as much as it says.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError, UnknownName
from explorer.labels.model.hashing import canonical, check_text, of_rows
from explorer.labels.model.types import RATER_KINDS

VOTER_KINDS = (*RATER_KINDS, "function")
"""Who can have a block of votes."""


@dataclass(frozen=True, slots=True)
class VoteBlock:
    """One version of the votes of one rater, without the votes.

    Attributes
    ----------
    rater, version
        Name of whose votes they are, and their number, from 1.
    kind, family
        One of `VOTER_KINDS`; what the rater has in common with others, "" for nothing.
    votes, abstentions
        How many there are of each. A block of neither takes the rater's votes away.
    time, by
        When it was written, and by whom.
    snapshot
        Id of the snapshot that the positions are of.
    digest
        SHA-256, hex, of all of this, of the columns, and of the digest of the version before.
    """

    rater: str
    version: int
    kind: str
    family: str
    votes: int
    abstentions: int
    time: dt.datetime
    by: str
    snapshot: str
    digest: str

    @property
    def id(self) -> str:
        """What stands for the block where votes are cited: rater and version."""
        return f"votes:{self.rater}:{self.version}"


@dataclass(frozen=True, slots=True)
class VoteDraft:
    """What a rater says, before it is written.

    Attributes
    ----------
    rater, kind, family
        See `VoteBlock`.
    items
        Item ids, each once.
    labels
        Class name of each, `None` for an abstention.
    confidence
        From 0 to 1, NaN for none; or `None` for none at all.
    op_id
        Made by the client, unique: a second call with it writes nothing.
    keep
        Whether what the rater said of other items stays, and its kind and family with it.
    """

    rater: str
    items: Sequence[str]
    labels: Sequence[str | None]
    kind: str = "person"
    family: str = ""
    confidence: Sequence[float] | NDArray[np.float32] | None = None
    op_id: str | None = None
    keep: bool = False

    def checked(self) -> VoteDraft:
        """Return the draft with plain values; `DataError` or `UnknownName` if it is none."""
        if not isinstance(self.rater, str) or not self.rater.strip():
            raise DataError(f"The rater is {self.rater!r}.", "Say whose votes they are, as text.")
        if self.kind not in VOTER_KINDS:
            raise UnknownName("kind of rater", self.kind, VOTER_KINDS)
        items = [check_text(item, "item id") for item in self.items]
        labels = [None if label is None else check_text(label, "label") for label in self.labels]
        if len(items) != len(labels):
            raise DataError(f"There are {len(items):,} items and {len(labels):,} labels.", "Give one label an item.")
        if len(frozenset(items)) < len(items):
            ordered = sorted(items)
            twice = next(one for one, other in itertools.pairwise(ordered) if one == other)
            raise DataError(f"{self.rater!r} votes on item {twice!r} twice.", "Give each item once.")
        confidence = self.confidence
        if confidence is not None:
            confidence = np.asarray(confidence, dtype=np.float32)
            bad = ~np.isnan(confidence) & ~((confidence >= 0) & (confidence <= 1))
            if confidence.shape != (len(items),) or bad.any():
                at = f": item {items[int(np.flatnonzero(bad)[0])]!r}" if confidence.shape == (len(items),) else ""
                raise DataError(f"The confidence of {self.rater!r} is none{at}.", "Give a number from 0 to 1 an item.")
        rater, family = check_text(self.rater.strip(), "rater"), check_text(self.family, "family")
        op_id = None if self.op_id is None else check_text(self.op_id, "op_id")
        return VoteDraft(rater, items, labels, self.kind, family, confidence, op_id, bool(self.keep))


class Vote(NamedTuple):
    """What a rater says of an item: id of a class, or `None` for an abstention; how sure it is, or `None`."""

    label: str | None
    confidence: float | None


WHOLE = b"PAR1"
"""What a whole block begins with."""


@dataclass(frozen=True, eq=False)
class VoteColumns:
    """The votes of a block.

    Attributes
    ----------
    positions
        int32 [m]: of the items in the block's snapshot, ascending.
    codes
        int32 [m]: into `classes`; -1 is an abstention.
    classes
        Ids of the classes that occur.
    confidence
        float32 [m], NaN for none; or `None`.
    """

    positions: NDArray[np.int32]
    codes: NDArray[np.int32]
    classes: tuple[str, ...]
    confidence: NDArray[np.float32] | None

    def packed(self) -> bytes:
        """Return the columns as Parquet: position, label (null: an abstention), confidence where there is any."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        codes = pa.array(self.codes, pa.int32(), mask=self.codes < 0)
        columns = {
            "position": pa.array(self.positions, pa.int32()),
            "label": pa.DictionaryArray.from_arrays(codes, pa.array(list(self.classes), pa.string())),
        }
        if self.confidence is not None:
            columns["confidence"] = pa.array(self.confidence, pa.float32(), mask=np.isnan(self.confidence))
        sink = io.BytesIO()
        pq.write_table(pa.table(columns), sink, compression="zstd", use_dictionary=["label"])
        return sink.getvalue()

    def of(self, position: int) -> Vote | None:
        """Return what is said of an item of the snapshot; `None` where nothing is."""
        at = int(np.searchsorted(self.positions, position))
        if at == len(self.positions) or self.positions[at] != position:
            return None
        code = int(self.codes[at])
        sure = math.nan if self.confidence is None else float(self.confidence[at])
        return Vote(None if code < 0 else self.classes[code], None if math.isnan(sure) else sure)

    def votes(self) -> dict[int, Vote]:
        """Return them one by one, by position."""
        sure = np.full(len(self.codes), np.nan) if self.confidence is None else self.confidence
        rows = zip(self.positions.tolist(), self.codes.tolist(), sure.tolist(), strict=True)
        return {p: Vote(None if c < 0 else self.classes[c], None if math.isnan(s) else s) for p, c, s in rows}

    def changed(self, changes: Mapping[int, Vote]) -> VoteColumns:
        """Return the votes with others on some items, in place of what was said of these."""
        if not changes:
            return self
        new = np.array(sorted(changes), dtype=np.int32)
        votes = [changes[position] for position in new.tolist()]
        classes = tuple(dict.fromkeys([*self.classes, *(v.label for v in votes if v.label is not None)]))
        codes = np.array([-1 if v.label is None else classes.index(v.label) for v in votes], dtype=np.int32)
        rest = ~np.isin(self.positions, new)
        positions = np.concatenate([self.positions[rest], new])
        order = np.argsort(positions, kind="stable")
        sure = self.confidence
        if sure is not None or any(v.confidence is not None for v in votes):
            before = np.full(len(self.codes), np.nan, dtype=np.float32) if sure is None else sure
            own = np.array([math.nan if v.confidence is None else v.confidence for v in votes], dtype=np.float32)
            sure = np.concatenate([before[rest], own])[order]
        return VoteColumns(positions[order], np.concatenate([self.codes[rest], codes])[order], classes, sure)


@of_rows
def unpacked(blob: bytes) -> VoteColumns:
    """Return the columns of a block; `StoreError` if they are damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    # DANGER: none of this on Arrow's threads; see `Snapshot`.
    table = pq.ParquetFile(pa.BufferReader(blob), pre_buffer=False).read(use_threads=False)
    label = table.column("label").cast(pa.string()).combine_chunks().dictionary_encode()
    if isinstance(label, pa.ChunkedArray):
        label = label.combine_chunks()
    codes = label.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    confidence = None
    if "confidence" in table.column_names:
        confidence = table.column("confidence").to_numpy(zero_copy_only=False).astype(np.float32)
    positions = table.column("position").to_numpy().astype(np.int32)
    if len(positions) and (positions[0] < 0 or bool((np.diff(positions) <= 0).any())):
        raise ValueError("the positions of a block of votes do not ascend")
    return VoteColumns(positions, codes, tuple(label.dictionary.to_pylist()), confidence)


def packed_changes(changes: Mapping[int, Vote]) -> bytes:
    """Return what a rater said anew as JSON: position, class id or null, confidence or null; by position."""
    return canonical({"changes": [[position, *changes[position]] for position in sorted(changes)]})


@of_rows
def unpacked_changes(blob: bytes) -> dict[int, Vote] | None:
    """Return what a block says anew, by position; `None` of a block that is whole. `StoreError` if it is damaged."""
    if blob.startswith(WHOLE):
        return None
    rows = json.loads(blob)["changes"]
    positions = [position for position, _, _ in rows]
    if any(not isinstance(p, int) or p < 0 for p in positions) or any(b <= a for a, b in itertools.pairwise(positions)):
        raise ValueError("the positions of a block of votes do not ascend")
    if any(not (label is None or isinstance(label, str)) for _, label, _ in rows):
        raise ValueError("a vote names no class")
    return {position: Vote(label, None if sure is None else float(sure)) for position, label, sure in rows}


def block_digest(block: VoteBlock, blob: bytes, time: str, op_id: str | None, before: str) -> str:
    """Return the digest of a block: of what its row says, of its columns, and of the version before ("" for none)."""
    said = {
        "rater": block.rater,
        "version": block.version,
        "kind": block.kind,
        "family": block.family,
        "votes": block.votes,
        "abstentions": block.abstentions,
        "time": time,
        "by": block.by,
        "snapshot": block.snapshot,
        "columns": hashlib.sha256(blob).hexdigest(),
        "op_id": op_id,
        "before": before,
    }
    return hashlib.sha256(canonical(said)).hexdigest()
