"""UMAP from the neighbour graph: no second search, deterministic, on all cores, and it can be stopped."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError
from explorer.graph import NeighbourGraph
from explorer.graph.cores import cores, workers
from explorer.layout.fuzzy import memberships
from explorer.layout.principal import framed
from explorer.progress import Progress

A, B = 1.5769434602697652, 0.8950608778515733
"""The curve 1/(1 + a·d^2b) fitted to a least distance of .1 and a spread of 1, umap-learn's defaults."""

NEGATIVES = 5.0
"""Random items that push for each edge that pulls."""

EPOCHS = ((10_000, 500), (200_000, 200))
"""Epochs up to so many items, as umap-learn has it; beyond the last, `MANY`."""

MANY = 100

EDGE = 0.9999
"""Share of the items inside the frame; one item pushed far away must not shrink the map."""


def umap(
    graph: NeighbourGraph,
    init: NDArray[np.float32],
    *,
    seed: int = 0,
    n_neighbors: int = 15,
    epochs: int | None = None,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Lay the items out so that neighbours are near each other.

    UMAP's own optimisation with one change: within an epoch every item reads where the others stood before it.
    So any number of threads gives the same layout, none of them holds Python's lock, and progress and cancelling work
    epoch by epoch.

    Parameters
    ----------
    graph
        Neighbour graph of N items.
    init
        float [N, 2]: where they start, the principal layout say.
    seed
        Seed of the random items that push.
    n_neighbors
        Neighbours that count, the item itself among them; no more than the graph has.
    epochs
        Default: fewer for more items.

    Returns
    -------
    numpy.ndarray
        float32 [N, 2] in [-1, 1], one scale for both axes.

    Raises
    ------
    DataError
        An init of another shape.
    Cancelled
        When `progress` says so.

    References
    ----------
    McInnes, Healy, Melville: UMAP: uniform manifold approximation and projection for dimension reduction (2018).
    """
    progress = progress or Progress()
    n = graph.n
    if init.shape != (n, 2) or not np.isfinite(init).all():
        raise DataError(f"The layout of {n:,} items starts from finite coordinates [{n}, 2]; got {init.shape}.")
    if epochs is None:
        epochs = next((count for items, count in EPOCHS if n <= items), MANY)
    progress.begin(epochs, unit="epochs", device="cpu", note=f"UMAP, {n_neighbors} neighbours")
    # numba is loaded, and compiles once per machine, only here.
    from explorer.layout import kernel

    weights = memberships(graph, n_neighbors)
    # An edge this weak would not be pulled once.
    weights.data[weights.data < weights.data.max() / epochs] = 0
    weights.eliminate_zeros()
    indptr, tails = weights.indptr.astype(np.int64), weights.indices.astype(np.int32)
    period = (weights.data.max() / weights.data).astype(np.float32)
    due, due_negative = period.copy(), (period / NEGATIVES).astype(np.float32)
    rng = np.random.default_rng(seed)
    random = rng.integers(1, 2**63, size=n, dtype=np.uint64)
    here = _start(init, rng)
    there = here.copy()
    # More threads than thousands of items would only wait for each other.
    ranges = _ranges(indptr, max(1, min(cores(), n // 1000)))
    with workers("umap") as pool:
        for number in range(epochs):
            rate = 1 - number / epochs
            arrays = (here, there, indptr, tails, period, due, due_negative, random)
            tasks = [
                pool.submit(partial(kernel.run, *arrays, start, stop, number, rate, A, B, NEGATIVES))
                for start, stop in ranges
            ]
            for task in tasks:
                task.result()
            here, there = there, here
            progress.advance()
    progress.finish()
    return framed(here, EDGE)


def _start(init: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Scale to a square of ten and part those who stand on the same spot."""
    low, high = init.min(axis=0), init.max(axis=0)
    here = 10 * (init - low) / np.maximum(high - low, 1e-12) + rng.normal(scale=1e-3, size=init.shape)
    return np.ascontiguousarray(here, dtype=np.float32)


def _ranges(indptr: NDArray[np.int64], parts: int) -> list[tuple[int, int]]:
    """Cut the items into ranges with about as many edges each."""
    cuts = np.searchsorted(indptr, np.linspace(0, indptr[-1], parts + 1)[1:-1])
    return [(int(a), int(b)) for a, b in pairwise([0, *cuts, len(indptr) - 1])]
