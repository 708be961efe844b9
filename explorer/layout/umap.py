"""UMAP from the neighbour graph: umap-learn, told the neighbours, so that there is no second search."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError
from explorer.graph import NeighbourGraph
from explorer.layout.principal import framed
from explorer.layout.worker import Worker, borrowed
from explorer.progress import Progress

EPOCHS = ((10_000, 500), (200_000, 200))
"""Epochs up to so many items, as umap-learn has it; beyond the last, `MANY`."""

MANY = 100

EDGE = 0.9999
"""Share of the items inside the frame; one item pushed far away must not shrink the map."""


BEYOND = 3.0
"""Distance of what is no neighbour, beyond all links (1 to 2)."""


def umap(
    graph: NeighbourGraph,
    init: NDArray[np.float32],
    *,
    seed: int = 0,
    n_neighbors: int = 15,
    epochs: int | None = None,
    progress: Progress | None = None,
    worker: Worker | None = None,
) -> NDArray[np.float32]:
    """Lay the items out so that neighbours are near each other.

    Parameters
    ----------
    graph
        Neighbour graph of N items.
    init
        float [N, 2]: where they start, the principal layout say.
    seed
        Everything random follows from it; the layout is the same on every run.
    n_neighbors
        Neighbours that count, the item itself among them; no more than the graph has.
    epochs
        Default: fewer for more items.
    worker
        The process to run in, warm if it was made earlier; otherwise one is borrowed for this call.

    Returns
    -------
    numpy.ndarray
        float32 [N, 2] in [-1, 1], one scale for both axes.

    Raises
    ------
    DataError
        An init of another shape.
    Cancelled
        When `progress` says so; the worker is ended.

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
    near = min(n_neighbors - 1, graph.k)
    indices, distances = graph.indices[:, :near], 1 - graph.similarity[:, :near]
    if not graph.measured:
        # A filler is no neighbour, and the heaviest link no twin: UMAP would see it at distance 0.
        real = graph.real[:, :near]
        indices, distances = np.where(real, indices, -1), np.where(real, distances + 1, BEYOND)
    progress.begin(epochs, unit="epochs", device="cpu", note=f"UMAP, {near + 1} neighbours")
    # umap-learn counts an item as its own first neighbour.
    arrays: dict[str, NDArray[Any]] = {
        "indices": np.concatenate([np.arange(n)[:, None], indices], axis=1).astype(np.int64),
        "distances": np.pad(distances, ((0, 0), (1, 0))).clip(0).astype(np.float32),
        "init": _parted(init, np.random.default_rng(seed)),
    }
    job = {"seed": seed, "epochs": epochs}
    if worker is not None:
        points = worker.run(job, arrays, progress)
    else:
        with borrowed() as lent:
            points = lent.run(job, arrays, progress)
    progress.finish()
    return framed(points, EDGE)


def _parted(init: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Scale to a square of ten, and part those who stand on the same spot: they would move as one."""
    low, high = init.min(axis=0), init.max(axis=0)
    spread = 10 * (init - low) / np.maximum(high - low, 1e-12)
    parted: NDArray[np.float32] = (spread + rng.normal(scale=1e-3, size=init.shape)).astype(np.float32)
    return parted
