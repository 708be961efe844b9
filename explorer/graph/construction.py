"""Vectors in, neighbour graph out: exact on the CPU (faiss) or a GPU (torch), approximate beyond a budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError, UnknownName
from explorer.graph.approximate_search import search_ivf
from explorer.graph.exact_search import search_faiss, search_torch
from explorer.graph.graph import NeighbourGraph
from explorer.graph.identical import find_twins
from explorer.progress import Progress
from explorer.utils.ordering import canonical_order

METHODS = ("auto", "exact", "ivf")

CPU_BUDGET = 1e13
"""Most multiplications N·N·D of an exact search on the CPU: 200,000 items of 256 dimensions, minutes on two cores."""

GPU_BUDGET = 4e15
"""The same on a GPU: three million items of 384 dimensions."""

SLACK = 8
"""Neighbours fetched beyond k, so that ties at the edge of the list are broken by us and not by the engine."""

RECALL_SAMPLE = 512
"""Items on which the recall of an approximate search is measured."""


def build(
    vectors: NDArray[Any],
    k: int = 50,
    *,
    ids: Sequence[Any] | NDArray[Any] | None = None,
    device: str | None = None,
    method: str = "auto",
    seed: int = 0,
    progress: Progress | None = None,
) -> NeighbourGraph:
    """Find the k nearest neighbours of every item by cosine.

    Deterministic for a seed. With `ids` it does not depend on the order of the rows: the search runs in the order of a
    hash of the ids, and equal similarities are ordered by it. Items with equal vectors are searched once, so that
    thousands of identical ones neither hide each other nor themselves.

    Parameters
    ----------
    vectors
        float [N, D], any length: they are normalised here. A zero vector is similar (0) to nothing.
    k
        Neighbours per item; N − 1 where there are fewer items.
    ids
        [N] unique item ids.
    device
        "cpu", "cuda", "cuda:1", "mps" …; `None` takes the CPU's exact search.
    method
        "exact", "ivf" (approximate: faiss' inverted file), or "auto": exact while N·N·D is within the budget.
    seed
        Seed of the approximate index.

    Raises
    ------
    DataError
        Fewer than two items, vectors that are not a finite [N, D] array, a method that does not exist.
    Cancelled
        When `progress` says so, between two blocks.

    References
    ----------
    Johnson, Douze, Jégou: Billion-scale similarity search with GPUs (IEEE Transactions on Big Data, 2019).

    Examples
    --------
    >>> found = build(np.array([[1.0, 0], [0.9, 0.1], [0, 1]], np.float32), k=1)
    >>> found.indices.ravel().tolist(), found.n, found.k
    ([1, 0, 1], 3, 1)
    """
    progress = progress or Progress()
    vectors = _checked(vectors, k)
    if method not in METHODS:
        raise UnknownName("graph method", method, METHODS)
    n, d = vectors.shape
    k = min(k, n - 1)
    order = canonical_order(ids, n)
    normal = _normalised(vectors, order)
    twins = find_twins(normal)
    unique = normal if twins is None else normal[twins.representative]
    on_gpu = device is not None and not device.startswith("cpu")
    work = float(len(unique)) ** 2 * d
    if method == "auto":
        method = "exact" if work <= (GPU_BUDGET if on_gpu else CPU_BUDGET) else "ivf"
    fetch = min(k + 1 + SLACK, len(unique))
    recall = 1.0
    if method == "exact" and on_gpu:
        place = str(device)
        progress.begin(len(unique), device=place, note=f"exact, {k} neighbours")
        found, similarity = search_torch(unique, unique, fetch, place, progress)
    elif method == "exact":
        place = "cpu"
        progress.begin(len(unique), device=place, note=f"exact, {k} neighbours")
        found, similarity = search_faiss(unique, unique, fetch, progress)
    else:
        place = "cpu"
        progress.begin(len(unique), device=place, note=f"approximate (inverted file), {k} neighbours")
        found, similarity = search_ivf(unique, fetch, seed, progress)
        recall = _recall(unique, found, min(k + 1, fetch), seed)
        progress.say(f"approximate (inverted file), {k} neighbours, recall {recall:.3f}")
    indices, similarity = _tidy(found, similarity)
    if twins is not None:
        indices, similarity = twins.expand(indices, similarity, k + 1)
    indices, similarity = _without_self(indices, similarity, k)
    # Back from the canonical order to the user's: row order[r] gets canonical row r, whose neighbours are order[…].
    result = np.empty((n, k), dtype=np.int32)
    cosines = np.empty((n, k), dtype=np.float32)
    result[order] = order.astype(np.int32)[indices]
    cosines[order] = similarity
    progress.finish()
    return NeighbourGraph(result, cosines, method, recall, place)


def _checked(vectors: NDArray[Any], k: int) -> NDArray[Any]:
    vectors = np.asarray(vectors)
    if vectors.ndim != 2 or vectors.dtype.kind not in "fiu":
        raise DataError(
            f"The vectors have the shape {vectors.shape} and the type {vectors.dtype}.",
            "Give a two-dimensional array of numbers, one row per item.",
        )
    if k < 1:
        raise DataError(f"A neighbour graph with k = {k} has no edges.", "Give k of at least 1.")
    if len(vectors) < 2:
        raise DataError(
            f"A neighbour graph needs at least two items, and there {'is one' if len(vectors) else 'are none'}.",
            "Add items to the dataset.",
        )
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        raise DataError(
            f"{int((~finite).sum()):,} vectors hold NaN or infinite values, the first at position "
            f"{int(np.flatnonzero(~finite)[0])}.",
            "Set these items aside first.",
        )
    return vectors


def _normalised(vectors: NDArray[Any], order: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return unit rows float32 [N, D] in canonical order; zero rows stay zero."""
    normal = vectors[order].astype(np.float32)
    # Scaled by the largest entry first: the squares of tiny or huge values would leave float32.
    normal /= np.maximum(np.abs(normal).max(axis=1, keepdims=True), np.float32(1e-30))
    length = np.sqrt(np.einsum("nd,nd->n", normal, normal))
    normal /= np.maximum(length, np.float32(1e-12))[:, None]
    normal += 0  # −0 becomes 0, so that equal rows have equal bytes
    return np.ascontiguousarray(normal)


def _tidy(found: NDArray[Any], similarity: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Order every row by similarity, and where two differ by no more than float noise, by canonical position."""
    similarity = np.clip(similarity, -1, 1)
    rounded = np.round(similarity, 6)
    by = np.lexsort((found, -rounded), axis=1)
    return (
        np.take_along_axis(found, by, axis=1).astype(np.int32),
        np.take_along_axis(rounded, by, axis=1).astype(np.float32),
    )


def _without_self(
    found: NDArray[np.int32], similarity: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Drop each row's own position, and then all beyond k."""
    own = found == np.arange(len(found), dtype=np.int32)[:, None]
    by = np.argsort(own, axis=1, kind="stable")[:, :k]  # the item itself goes last, the rest keeps its order
    return np.take_along_axis(found, by, axis=1), np.take_along_axis(similarity, by, axis=1)


def _recall(unique: NDArray[np.float32], found: NDArray[Any], k: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    sample = np.sort(rng.choice(len(unique), size=min(RECALL_SAMPLE, len(unique)), replace=False))
    truth, _ = search_faiss(unique, unique[sample], k, Progress())
    hits = sum(len(np.intersect1d(a, b)) for a, b in zip(truth, found[sample, :k], strict=True))
    return hits / truth.size
