"""Edges that somebody has (citations, friendships, links between pages) → the rectangular rows of a neighbour graph."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError
from explorer.utils.numbers import whole
from explorer.utils.text import are, counted

MOST = 50
"""Links kept of an item by default."""

Rows = tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]


def rows_of(edges: Any, n: int, weights: Any, directed: bool, k: int) -> Rows:
    """Return indices int32 [n, width], similarity float32 [n, width] and degree int32 [n]; see `from_edges`."""
    n = whole(n, 0, 2**31 - 1, f"A graph of n = {n!r} items cannot be made.", "Give the number of items")
    k = whole(k, 1, 2**31 - 1, f"A graph that keeps k = {k!r} links of an item has no edges.", "Give k")
    if n < 2:
        raise DataError(
            f"A neighbour graph needs at least two items, and there {'is one' if n else 'are none'}.",
            "Add items to the dataset.",
        )
    ends = _ends(edges, n)
    weight = _weights(weights, len(ends))
    apart = ends[:, 0] != ends[:, 1]
    ends, weight = ends[apart], weight[apart]
    if not len(ends):
        raise DataError(
            f"No edge joins two items ({counted(len(apart), 'edge')} of an item to itself {are(len(apart))} left out).",
            "Give edges [E, 2] of different items.",
        )
    if not directed:
        ends, weight = np.concatenate([ends, ends[:, ::-1]]), np.concatenate([weight, weight])
    # Each link once, with the largest of its weights.
    key = ends[:, 0] * n + ends[:, 1]
    order = np.lexsort((-weight, key))
    key, weight = key[order], weight[order]
    first = np.append(True, key[1:] != key[:-1])
    key, weight = key[first], weight[first]
    source, target = np.divmod(key, n)
    asked = np.bincount(target, minlength=n)
    order = np.lexsort((target, asked[target], -weight, source))
    source, target, weight = source[order], target[order], weight[order]
    count = np.bincount(source, minlength=n)
    begin = np.cumsum(count) - count
    rank = np.arange(len(source)) - begin[source]
    heaviest = weight[begin[source]]
    kept = rank < k
    degree = np.minimum(count, k).astype(np.int32)
    width = min(int(degree.max()), n - 1)
    # Fillers: a ring, so that none of them has many pointing at it.
    indices = ((np.arange(n)[:, None] + 1 + np.arange(width)) % n).astype(np.int32)
    similarity = np.zeros((n, width), dtype=np.float32)
    indices[source[kept], rank[kept]] = target[kept]
    similarity[source[kept], rank[kept]] = (weight / heaviest)[kept]
    return indices, similarity, degree


def _ends(edges: Any, n: int) -> NDArray[np.int64]:
    """Return the edges as int64 [E, 2], all within the items."""
    try:
        found = np.asarray(edges)
    except (ValueError, TypeError) as error:
        raise DataError(f"The edges cannot be read as an array ({error}).", "Give pairs of row numbers.") from error
    if found.dtype.kind in "OUS" and found.size:
        shown = found.ravel()[0]
        raise DataError(
            f"The edges name their ends by {type(shown).__name__}, such as {str(shown)[:40]!r}.",
            "Give the numbers of the rows, from 0; explorer.read(graph=…) also takes the keys of the items.",
        )
    if found.ndim != 2 or found.shape[1] != 2:
        raise DataError(
            f"The edges have the shape {found.shape}.", "Give an array [E, 2]: the two ends of each, as row numbers."
        )
    if found.dtype.kind not in "iuf" or (found.dtype.kind == "f" and not (found == np.floor(found)).all()):
        raise DataError(f"The edges are of the type {found.dtype}.", "Give whole numbers: rows, counted from 0.")
    outside = ((found < 0) | (found >= n)).any(axis=1)
    if outside.any():
        at = int(np.flatnonzero(outside)[0])
        a, b = found[at].tolist()
        raise DataError(
            f"Edge {at} joins {a:g} and {b:g}, and rows go from 0 to {n - 1:,}; {counted(int(outside.sum()), 'edge')} "
            f"{are(int(outside.sum()))} like it.",
            "Number the ends by rows, counted from 0.",
        )
    return found.astype(np.int64)


def _weights(weights: Any, count: int) -> NDArray[np.float64]:
    """Return one positive weight an edge, float64 [E]."""
    if weights is None:
        return np.ones(count)
    found = np.asarray(weights)
    if found.shape != (count,) or found.dtype.kind not in "iufb":
        raise DataError(
            f"The weights of the edges are of the type {found.dtype} and the shape {found.shape}; "
            f"{counted(count, 'number')} {are(count)} expected.",
            "Give one number an edge, or leave them out.",
        )
    values = found.astype(np.float64)
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"The weight of edge {at} is {values[at]:g}; {counted(int(bad.sum()), 'weight')} "
            f"{are(int(bad.sum()))} like it.",
            "Give weights above 0, larger for what is closer; leave out edges that are none.",
        )
    return values
