"""Groups of similar items, read off the neighbour graph alone: no labels, no vectors, no number of groups to choose."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.graph import NeighbourGraph

DENSITY = 10
"""Nearest neighbours whose similarity is an item's density, and whose groups a small group may join."""

REACH = 5
"""Nearest neighbours among which an item looks for a denser one; more make larger groups."""

EQUAL = 1e-6
"""Items up to this distance are the same and never parted."""

LEAST = 15
"""Fewest items of a group; half the square root of N where that is more."""

MOST = 0.05
"""Share of the items that a group does not grow beyond by taking in small ones."""

ROUNDS = 30
"""Most rounds of joining small groups; each at least halves the number of those that can be joined."""


def communities(graph: NeighbourGraph) -> NDArray[np.int32]:
    """Group the items around the densest ones.

    Every item points to the densest of its nearest neighbours that is denser than itself; what hangs together is a
    group around a peak of density. Groups that are too small join the one that they have the strongest edges to. Only
    values are compared, so renumbering the items renumbers the result. O(N·k) time, O(N) memory.

    Returns
    -------
    int32 [N]
        Number of the group, the largest first; −1 where an item is in no group of sufficient size.

    References
    ----------
    Koontz, Narendra, Fukunaga: A graph-theoretic approach to nonparametric cluster analysis (IEEE Transactions on
    Computers, 1976).
    Rodriguez, Laio: Clustering by fast search and find of density peaks (Science, 2014).
    """
    n = graph.n
    if not graph.indices.size:
        return np.full(n, -1, dtype=np.int32)
    least = max(LEAST, round(n**0.5 / 2))
    group = _peaks(graph)
    for _ in range(ROUNDS):
        size = np.bincount(group)
        target = _joins(graph, group, size, least, max(MOST * n, 4.0 * least))
        if target is None:
            break
        group = _components(np.arange(len(size)), target, len(size))[group]
    size = np.bincount(group)
    _, first = np.unique(group, return_index=True)
    order = np.lexsort((first, -size))
    number = np.empty(len(size), dtype=np.int32)
    number[order] = np.where(size[order] >= least, np.arange(len(size)), -1)
    return number[group]


def _peaks(graph: NeighbourGraph) -> NDArray[np.int32]:
    """Return what hangs together when everyone points uphill."""
    density = graph.similarity[:, :DENSITY].sum(axis=1, dtype=np.float64)
    near = graph.indices[:, :REACH]
    higher = np.where(density[near] > density[:, None], density[near], -np.inf)
    everyone = np.arange(graph.n)
    best = higher.argmax(axis=1)
    uphill = np.where(np.isfinite(higher[everyone, best]), near[everyone, best], everyone)
    # Equal items are equally dense, so none of them points to another.
    row, slot = np.nonzero(1 - graph.similarity <= EQUAL)
    return _components(np.append(everyone, row), np.append(uphill, graph.indices[row, slot]), graph.n)


def _joins(
    graph: NeighbourGraph, group: NDArray[np.int32], size: NDArray[np.int64], least: int, most: float
) -> NDArray[np.int64] | None:
    """Return which group each one joins (itself for most), int64 [groups]; `None` where nothing is left to join."""
    rows = np.flatnonzero((size < least)[group])
    near = graph.indices[rows, :DENSITY]
    of, to = np.repeat(group[rows], near.shape[1]), group[near].ravel()
    # A large group stays as it is; a fragment may always join another fragment.
    fits = (of != to) & (size[of] + size[to] <= most)
    cell, where = np.unique(of[fits].astype(np.int64) * len(size) + to[fits], return_inverse=True)
    if not len(cell):
        return None
    small, other = cell // len(size), cell % len(size)
    weight = np.bincount(where, np.maximum(graph.similarity[rows, :DENSITY].ravel()[fits], 0)) / size[other]
    order = np.lexsort((size[other], weight.round(9), small))
    last = np.append(small[order][1:] != small[order][:-1], True)
    target = np.arange(len(size))
    target[small[order][last]] = other[order][last]
    return target


def _components(one: NDArray[Any], other: NDArray[Any], n: int) -> NDArray[np.int32]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(n, n))
    found: NDArray[np.int32] = connected_components(edges, directed=False)[1].astype(np.int32)
    return found
