"""NeighbourGraph: the k nearest items of every item, and who has whom among them."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError

FORMAT = 1
"""Version of the file format that `save` writes."""


class Reverse(NamedTuple):
    """Who has item j among its neighbours: the entries `indptr[j]:indptr[j+1]` of `rows` and `slots`.

    `indices[rows[e], slots[e]] == j` for every entry e of j.
    """

    indptr: NDArray[np.int64]  # [N + 1]
    rows: NDArray[np.int32]  # [N·k], ascending within one j
    slots: NDArray[np.int32]  # [N·k]


@dataclass(frozen=True, eq=False)
class NeighbourGraph:
    """k nearest neighbours of N items by cosine.

    Attributes
    ----------
    indices
        int32 [N, k]: positions of the neighbours, most similar first, never the item itself.
    similarity
        float32 [N, k]: their cosines, descending.
    method
        How it was searched: "exact", or the name of the approximate index.
    recall
        Share of the true k nearest that were found, measured on a sample; 1 for an exact search.
    device
        Where it was searched, in words.
    """

    indices: NDArray[np.int32]
    similarity: NDArray[np.float32]
    method: str = "exact"
    recall: float = 1.0
    device: str = ""
    _reverse: list[Reverse] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        if self.indices.ndim != 2 or self.indices.shape != self.similarity.shape:
            raise DataError(
                f"A neighbour graph needs indices and similarity of one shape [N, k]; they have {self.indices.shape} "
                f"and {self.similarity.shape}."
            )
        if self.indices.dtype != np.int32 or self.similarity.dtype != np.float32:
            raise DataError(
                f"A neighbour graph holds int32 indices and float32 similarity, not {self.indices.dtype} and "
                f"{self.similarity.dtype}.",
                "Convert them with astype.",
            )
        if self.indices.size and (self.indices.min() < 0 or self.indices.max() >= len(self.indices)):
            raise DataError(f"The neighbour graph of {len(self.indices):,} items points outside of them.")
        if (self.indices == np.arange(len(self.indices), dtype=np.int32)[:, None]).any():
            raise DataError("The neighbour graph has an item that is its own neighbour.", "Remove the self-edges.")

    @property
    def n(self) -> int:
        """Number of items."""
        return len(self.indices)

    @property
    def k(self) -> int:
        """Neighbours per item."""
        return int(self.indices.shape[1])

    @property
    def reverse(self) -> Reverse:
        """The reverse view, made on first use in O(N·k) and kept."""
        if not self._reverse:  # two threads may both make it; they make the same
            self._reverse.append(_reverse(self.indices))
        return self._reverse[0]

    def pointing_at(self, item: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the items that have this one among their neighbours, and in which slot."""
        indptr, rows, slots = self.reverse
        entries = slice(indptr[item], indptr[item + 1])
        return rows[entries], slots[entries]

    def save(self, path: str | Path) -> None:
        """Write it as .npz (arrays and plain text, no pickle)."""
        with Path(path).open("wb") as file:
            np.savez(
                file,
                format=np.int64(FORMAT),
                indices=self.indices,
                similarity=self.similarity,
                method=np.str_(self.method),
                recall=np.float64(self.recall),
                device=np.str_(self.device),
            )

    @classmethod
    def load(cls, path: str | Path) -> NeighbourGraph:
        """Read what `save` wrote.

        Raises
        ------
        DataError
            The file is no neighbour graph, is damaged, or was written by a newer version.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                version = int(file["format"])
                arrays = file["indices"], file["similarity"]
                method, recall, device = str(file["method"]), float(file["recall"]), str(file["device"])
        except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(f"{path} is no neighbour graph ({error}).", "Delete it; it will be built again.") from error
        if version > FORMAT:
            raise DataError(f"{path} was written by a newer version of this package.", "Upgrade the package.")
        return cls(*arrays, method, recall, device)


def _reverse(indices: NDArray[np.int32]) -> Reverse:
    n, k = indices.shape
    from scipy.sparse import csr_array

    kind = np.int32 if indices.size < 2**31 else np.int64
    entries, ends = np.arange(indices.size, dtype=kind), np.arange(n + 1, dtype=kind) * kind(k)
    # Counted, not sorted: several times as quick as a stable argsort, with the same rows ascending within one target.
    turned = csr_array((entries, indices.ravel(), ends), shape=(n, n)).tocsc()
    rows, places = np.divmod(turned.data, kind(max(k, 1)))
    return Reverse(turned.indptr.astype(np.int64), rows.astype(np.int32), places.astype(np.int32))
