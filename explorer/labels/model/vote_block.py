"""Blocks of votes: what one rater says of many items, kept as one row of columns instead of an event an item.

A rater's newest block counts. Positions are those of the snapshot that was bound when the block was written, so that
a block is small and says exactly which content each vote was about.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

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
    """

    rater: str
    items: Sequence[str]
    labels: Sequence[str | None]
    kind: str = "person"
    family: str = ""
    confidence: Sequence[float] | NDArray[np.float32] | None = None
    op_id: str | None = None

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
        return VoteDraft(rater, items, labels, self.kind, family, confidence, op_id)


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
