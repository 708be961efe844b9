"""NeighbourGraph: the k nearest items of every item, and who has whom among them."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError
from explorer.graph.links import MOST, rows_of
from explorer.utils.text import counted

FORMAT = 2
"""Version of the file format that `save` writes; 1 knew no degree."""


class Reverse(NamedTuple):
    """Who has item j among its neighbours: the entries `indptr[j]:indptr[j+1]` of `rows` and `slots`.

    `indices[rows[e], slots[e]] == j` for every entry e of j.
    """

    indptr: NDArray[np.int64]  # [N + 1]
    rows: NDArray[np.int32]  # [N·k], ascending within one j
    slots: NDArray[np.int32]  # [N·k]


@dataclass(frozen=True, eq=False)
class NeighbourGraph:
    """k nearest neighbours of N items by cosine; or links that somebody gave (`from_edges`).

    Attributes
    ----------
    indices
        int32 [N, k]: positions of the neighbours, most similar first, never the item itself.
    similarity
        float32 [N, k]: their cosines, descending; of links their weight in (0, 1], the heaviest of an item having 1.
    method
        How it was searched: "exact", or the name of the approximate index; "given" for links.
    recall
        Share of the true k nearest that were found, measured on a sample; 1 for an exact search.
    device
        Where it was searched, in words.
    degree
        int32 [N]: how many links an item has; what follows in its row are fillers of similarity 0, which mean nothing.
        `None` where every neighbour is one, and similarities are cosines.
    """

    indices: NDArray[np.int32]
    similarity: NDArray[np.float32]
    method: str = "exact"
    recall: float = 1.0
    device: str = ""
    degree: NDArray[np.int32] | None = None
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
        if self.degree is not None and (self.degree.shape != (self.n,) or self.degree.dtype != np.int32):
            raise DataError(
                f"The degrees of the neighbour graph are {self.degree.dtype} of the shape {self.degree.shape}.",
                f"Give int32 of the shape ({self.n},).",
            )

    @classmethod
    def from_edges(
        cls, edges: Any, n: int, weights: Any = None, directed: bool = False, *, k: int = MOST
    ) -> NeighbourGraph:
        """Make a graph of links that are known: citations, friendships, pages that point to each other.

        Methods that ask who is near an item read it in place of the graph that is built from vectors. It holds no
        distances: methods that compare these (duplicates, outliers, groups, HOC, KNN-Shapley) need vectors beside it.

        Parameters
        ----------
        edges
            int [E, 2]: positions of the two ends, from 0. What joins an item to itself is left out; of what is there
            more than once, the heaviest counts. Items without any edge are allowed.
        n
            Number of items.
        weights
            float [E], above 0, larger for what is closer; all alike where left out. Only their ratio to the heaviest
            link of the same item is kept.
        directed
            Whether an edge is a link of its first end alone; by default it is one of both.
        k
            Most links kept of an item: the heaviest, and of equal ones those to items with fewer links, which say more.

        Raises
        ------
        DataError
            Fewer than two items; ends that are no positions (the first is named); no edge between two items; weights
            that are not above 0.

        References
        ----------
        Adamic, Adar: Friends and neighbors on the web (Social Networks, 2003), for the links of rare items.

        Examples
        --------
        >>> graph = NeighbourGraph.from_edges([(0, 1), (1, 2)], n=4)
        >>> graph.degree.tolist(), graph.near(1).tolist()
        ([1, 2, 1, 0], [0, 2])
        """
        indices, similarity, degree = rows_of(edges, n, weights, directed, k)
        return cls(indices, similarity, "given", degree=degree)

    @property
    def n(self) -> int:
        """Number of items."""
        return len(self.indices)

    @property
    def k(self) -> int:
        """Neighbours per item."""
        return int(self.indices.shape[1])

    @property
    def measured(self) -> bool:
        """Whether similarities are cosines, and everybody has k neighbours: not so where links were given."""
        return self.degree is None

    def __str__(self) -> str:
        if self.degree is None:
            return f"{self.k} neighbours of {counted(self.n, 'item')}"
        alone = int((self.degree == 0).sum())
        without = f", {alone:,} of them without any" if alone else ""
        return f"{counted(int(self.degree.sum()), 'link')} of {counted(self.n, 'item')}{without}"

    def near(self, item: int) -> NDArray[np.int32]:
        """Return the positions of an item's neighbours, nearest first, int32 [≤ k]."""
        return self.indices[item] if self.degree is None else self.indices[item, : self.degree[item]]

    @property
    def real(self) -> NDArray[np.bool_]:
        """Which entries are neighbours and no fillers, bool [N, k]."""
        if self.degree is None:
            return np.ones(self.indices.shape, dtype=bool)
        result: NDArray[np.bool_] = np.arange(self.k) < self.degree[:, None]
        return result

    def part(self, rows: NDArray[np.intp]) -> NeighbourGraph:
        """Return the graph of some items, in the order of their positions [M], without links to others.

        One that loses a neighbour holds links from then on: fewer than k are left.
        """
        place = np.full(self.n, -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        real = self.real[rows] & (place[self.indices[rows]] >= 0)
        if self.degree is None and real.all():
            return NeighbourGraph(
                place[self.indices[rows]].astype(np.int32), self.similarity[rows], self.method, self.recall, self.device
            )
        order = np.argsort(~real, axis=1, kind="stable")
        m, degree = len(rows), real.sum(axis=1).astype(np.int32)
        width = min(int(degree.max(initial=0)), max(0, m - 1)) or min(1, max(0, m - 1))
        real = np.take_along_axis(real, order, axis=1)[:, :width]
        fillers = (np.arange(m)[:, None] + 1 + np.arange(width)) % max(1, m)
        found = np.take_along_axis(place[self.indices[rows]], order, axis=1)[:, :width]
        similarity = np.take_along_axis(self.similarity[rows], order, axis=1)[:, :width]
        return NeighbourGraph(
            np.where(real, found, fillers).astype(np.int32),
            np.where(real, similarity, 0).astype(np.float32),
            "given",
            degree=degree,
        )

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
        known: dict[str, Any] = {} if self.degree is None else {"degree": self.degree}
        with Path(path).open("wb") as file:
            np.savez(
                file,
                format=np.int64(1 if self.degree is None else FORMAT),  # older versions read what they know
                indices=self.indices,
                similarity=self.similarity,
                method=np.str_(self.method),
                recall=np.float64(self.recall),
                device=np.str_(self.device),
                **known,
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
                degree = file["degree"] if "degree" in file.files else None
        except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(f"{path} is no neighbour graph ({error}).", "Delete it; it will be built again.") from error
        if version > FORMAT:
            raise DataError(f"{path} was written by a newer version of this package.", "Upgrade the package.")
        return cls(*arrays, method, recall, device, degree)


def _reverse(indices: NDArray[np.int32]) -> Reverse:
    n, k = indices.shape
    from scipy.sparse import csr_array

    kind = np.int32 if indices.size < 2**31 else np.int64
    entries, ends = np.arange(indices.size, dtype=kind), np.arange(n + 1, dtype=kind) * kind(k)
    # Counted, not sorted: several times as quick as a stable argsort, with the same rows ascending within one target.
    turned = csr_array((entries, indices.ravel(), ends), shape=(n, n)).tocsc()
    rows, places = np.divmod(turned.data, kind(max(k, 1)))
    return Reverse(turned.indptr.astype(np.int64), rows.astype(np.int32), places.astype(np.int32))
