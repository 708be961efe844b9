"""UMAP's weighted graph: neighbour distances become memberships in [0, 1], and both directions are united."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.graph import NeighbourGraph

BISECTIONS = 48
LEAST_SIGMA = 1e-3
"""Least bandwidth, as a share of the mean distance: keeps the memberships of copies finite."""


def memberships(graph: NeighbourGraph, n_neighbors: int) -> Any:
    """Return the fuzzy simplicial set, a symmetric scipy CSR array float32 [N, N].

    Every item counts itself as a neighbour: `n_neighbors` means what it means in umap-learn. An item's memberships are
    exp(−max(0, d − ρ)/σ), with ρ its nearest distance that is not zero and σ such that they sum to log₂(n_neighbors).

    References
    ----------
    McInnes, Healy, Melville: UMAP: uniform manifold approximation and projection for dimension reduction (2018).
    """
    from scipy.sparse import csr_array

    k = min(graph.k, n_neighbors - 1)
    distance = np.maximum(1 - graph.similarity[:, :k].astype(np.float64), 0)
    beyond = np.where(distance > 0, distance, np.inf).min(axis=1)
    nearest = np.where(np.isfinite(beyond), beyond, 0)
    over = np.maximum(distance - nearest[:, None], 0)
    sigma = _bandwidth(over, np.log2(k + 1))
    sigma = np.maximum(sigma, LEAST_SIGMA * np.where(nearest > 0, distance.mean(axis=1), distance.mean()))
    weight = np.exp(-over / np.maximum(sigma, 1e-12)[:, None]).astype(np.float32)
    indptr = np.arange(graph.n + 1, dtype=np.int64) * k
    shape = (graph.n, graph.n)
    directed = csr_array((weight.ravel(), graph.indices[:, :k].ravel().astype(np.int64), indptr), shape=shape)
    directed.sort_indices()
    backward = directed.T.tocsr()
    united = (directed + backward - directed * backward).tocsr()
    united.sort_indices()
    return united


def _bandwidth(over: NDArray[np.float64], target: float) -> NDArray[np.float64]:
    """Solve Σ exp(−over/σ) = target for σ in every row at once, by bisection."""
    low, high = np.zeros(len(over)), np.full(len(over), np.inf)
    sigma = np.ones(len(over))
    for _ in range(BISECTIONS):
        above = np.exp(-over / sigma[:, None]).sum(axis=1) > target
        high = np.where(above, sigma, high)
        low = np.where(above, low, sigma)
        sigma = np.where(np.isinf(high), sigma * 2, (low + high) / 2)
        sigma = np.maximum(sigma, 1e-12)
    return sigma
