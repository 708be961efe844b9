"""Surroundings: what lies one, two and three steps away from every item in the graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.graph import NeighbourGraph

NEIGHBOURS = 10
"""Nearest neighbours that are a step away; they of whom an item is one of the nearest are too."""

BLOCK = 4096
"""Rows whose walks of two steps are held at once."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The normalised adjacency S = D^(−½)·A·D^(−½) of the symmetrised graph.

    Attributes
    ----------
    steps
        S, sparse float32 [N, N].
    back
        float32 [2, N]: diagonals of S² and S³, the walks that end where they began.
    """

    steps: Any
    back: NDArray[np.float32]

    def means(
        self, values: NDArray[np.float32], counted: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Return the mean of values [N, C] over walks of one, two and three steps from every item, each [N, C].

        Walks that end where they began are left out, and those that end at an item whose `counted` [N] is 0 instead of
        1; their values have to be 0 as well. Zeros where no walk is left.
        """
        total: list[NDArray[np.float32]] = []
        for start in (values, counted[:, None]):
            first = self.steps @ start
            second = self.steps @ first
            third = self.steps @ second
            total += [first, second - self.back[0][:, None] * start, third - self.back[1][:, None] * start]
        # A difference of roundings is no walk.
        one, two, three = (
            np.where(weight > 1e-6, sums / np.maximum(weight, 1e-6), 0).clip(0, None)
            for sums, weight in zip(total[:3], total[3:], strict=True)
        )
        return one, two, three


def surroundings(graph: NeighbourGraph) -> Surroundings:
    """Make the symmetrised graph of the nearest neighbours, or of all links that were given; never N x N in memory."""
    from scipy.sparse import csr_array

    n, k = graph.n, min(NEIGHBOURS, graph.k) if graph.measured else graph.k
    row = np.repeat(np.arange(n, dtype=np.int64), k)
    to = graph.indices[:, :k].ravel().astype(np.int64)
    if not graph.measured:
        real = graph.real.ravel()
        row, to = row[real], to[real]
    edge = np.sort(
        np.concatenate([row * n + to, to * n + row])
    )  # sorted by hand: numpy's unique hashes, ten times slower
    edge = edge[np.concatenate([[True], edge[1:] != edge[:-1]])] if len(edge) else edge
    row, to = edge // max(1, n), edge % max(1, n)
    indptr = np.zeros(n + 1, dtype=np.int32 if len(edge) < 2**31 else np.int64)
    np.cumsum(np.bincount(row, minlength=n), out=indptr[1:])
    scale = 1 / np.sqrt(np.maximum(np.diff(indptr), 1))
    steps = csr_array(((scale[row] * scale[to]).astype(np.float32), to.astype(np.int32), indptr), shape=(n, n))
    back = np.zeros((2, n), dtype=np.float32)
    back[0] = steps.multiply(steps).sum(axis=1)
    for start in range(0, n, BLOCK):
        rows = steps[start : start + BLOCK]
        # The walks of two steps are needed along the edges alone.
        back[1, start : start + BLOCK] = (rows @ steps).multiply(rows).sum(axis=1)
    return Surroundings(steps, back)
