"""A snapshot: the items of a dataset, what they contained and how they were labelled when it was bound.

It is one Parquet blob in the store. Decoding waits until somebody asks, since most calls need only the id.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError, UnknownName
from explorer.labels.model.hashing import check_text, of_rows, snapshot_id

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("item_id", "content_hash", "given_label")


class Snapshot:
    """N items in the order in which they were first bound.

    Attributes
    ----------
    id
        Hash over the sorted rows; the same rows in another order have the same id.
    keyed
        The item ids come from a key column; otherwise they are the content hashes.
    """

    def __init__(self, identity: str, keyed: bool, blob: Callable[[], bytes]) -> None:
        self.id = identity
        self.keyed = keyed
        self._blob = blob

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def base(self) -> str:
        """What `Cell.event` is for an item of this snapshot that has no event."""
        return f"base:{self.id}"

    @cached_property
    @of_rows
    def _columns(self) -> tuple[NDArray[np.object_], NDArray[np.object_], NDArray[np.int32], list[str]]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        # DANGER: none of this on Arrow's threads. One that still holds an object of Python's when the process ends is
        # made to stop in a destructor, and the process aborts. So no scan (`read_table`), no buffers ahead, no file.
        table = pq.ParquetFile(pa.BufferReader(self._blob()), pre_buffer=False).read(use_threads=False)
        ids, hashes = (table.column(c).cast(pa.string()).to_numpy() for c in COLUMNS[:2])
        if table.column("item_id").null_count:
            raise ValueError("an item of a snapshot has no id")
        if table.column("content_hash").null_count:
            missing = np.array([h is None for h in hashes], dtype=bool)
            hashes = np.where(missing, ids, hashes)
        given = table.column("given_label").cast(pa.string()).combine_chunks().dictionary_encode()
        codes = given.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
        return ids.astype(object), hashes.astype(object), codes, given.dictionary.to_pylist()

    @property
    def ids(self) -> NDArray[np.object_]:
        """Item ids, object [N] of str."""
        return self._columns[0]

    @property
    def hashes(self) -> NDArray[np.object_]:
        """Content hashes, object [N] of str."""
        return self._columns[1]

    @property
    def given_codes(self) -> NDArray[np.int32]:
        """Given labels, int32 [N] into `given_names`; -1 is unlabelled."""
        return self._columns[2]

    @property
    def given_names(self) -> list[str]:
        """The names that given labels have, as of the binding."""
        return self._columns[3]

    @cached_property
    def given(self) -> NDArray[np.object_]:
        """Given labels, object [N] of class name (as of the binding) or `None`."""
        return np.array([*self.given_names, None], dtype=object)[self.given_codes]

    @cached_property
    @of_rows
    def positions(self) -> dict[str, int]:
        """Position of each item id."""
        found = dict(zip(self.ids.tolist(), range(len(self.ids)), strict=True))
        if len(found) < len(self.ids):
            raise ValueError("an item stands twice in a snapshot")
        return found

    @cached_property
    @of_rows
    def index(self) -> pd.Index[str]:
        """The item ids as a pandas index named `item_id`."""
        import pandas as pd

        found = pd.Index(self.ids, name="item_id")
        if not found.is_unique:
            raise ValueError("an item stands twice in a snapshot")
        return found

    def row(self, item: str) -> tuple[str, str | None] | None:
        """Return content hash and given label of an item, `None` if the snapshot does not have it."""
        position = self.positions.get(item)
        if position is None:
            return None
        columns = self._columns
        code = columns[2][position]
        return columns[1][position], columns[3][code] if code >= 0 else None

    def blob(self) -> bytes:
        """Return the Parquet form."""
        return self._blob()

    def digest(self) -> str:
        """Recompute the id from the rows."""
        return snapshot_id(self.ids.tolist(), self.hashes.tolist(), self.given.tolist())


def row_digest(blob: bytes, ids: str) -> bytes:
    """Return the SHA-256 of what the table holds of a snapshot next to its id: how ids are made, and the blob."""
    return hashlib.sha256(ids.encode() + b"\n" + blob).digest()


def from_frame(frame: pd.DataFrame, classes: list[str], keyed: bool) -> Snapshot:
    """Check the rows and make a snapshot of them.

    Parameters
    ----------
    frame
        Columns item_id, content_hash, given_label (class name; `None` or NaN is unlabelled), one row per item.
    classes
        Every class that a given label may be.

    Raises
    ------
    DataError, UnknownName
        A missing column, no rows, an id that is empty, no text or repeated, a given label that is no class.
    """
    for column in COLUMNS:
        if column not in frame.columns:
            raise UnknownName("column", column, frame.columns, "A snapshot needs item_id, content_hash, given_label.")
    if frame.empty:
        raise DataError("There are no items to bind.", "Bind a dataset with at least one item.")
    ids = _texts(frame, "item_id")
    hashes = _texts(frame, "content_hash")
    if len(frozenset(ids)) != len(ids):
        repeated = frame["item_id"][frame["item_id"].duplicated()]
        raise DataError(
            f"The item id {str(repeated.iloc[0])!r} stands in more than one row ({len(repeated):,} repeats in all).",
            "Bind one row per item.",
        )
    missing = frame["given_label"].isna().to_numpy()
    given = [None if m else v for v, m in zip(frame["given_label"].tolist(), missing, strict=True)]
    known = frozenset(classes)
    for item, label in zip(ids, given, strict=True):
        if label is not None and (not isinstance(label, str) or label not in known):
            raise UnknownName("class", label, classes, f"Item {item!r} has it as its given label.")
    given = [None if g is None else str(g) for g in given]
    identity = snapshot_id(ids, hashes, given)
    encoded: list[bytes] = []

    def blob() -> bytes:
        if not encoded:
            encoded.append(_encode(ids, hashes, given))
        return encoded[0]

    return Snapshot(identity, keyed, blob)


def _texts(frame: pd.DataFrame, column: str) -> list[str]:
    values = frame[column].tolist()
    for row, value in enumerate(values):
        if not isinstance(value, str) or not value:
            raise DataError(f"Row {row}: the {column} is {value!r}.", "It has to be text, and not empty.")
        if not value.isascii():
            check_text(value, column)
    return [str(v) for v in values]  # numpy's text becomes plain text


def _encode(ids: list[str], hashes: list[str], given: list[str | None]) -> bytes:
    """Write the Parquet blob; a content hash that equals the item id is left null, which halves most files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        "item_id": pa.array(ids, pa.string()),
        "content_hash": pa.array([None if h == i else h for i, h in zip(ids, hashes, strict=True)], pa.string()),
        "given_label": pa.array(given, pa.string()).dictionary_encode(),
    }
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, compression="zstd", use_dictionary=["given_label"])
    return sink.getvalue()
