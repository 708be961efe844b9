"""UMAP from the neighbour graph: no second search, deterministic, on all cores, and it can be stopped."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from explorer.graph import NeighbourGraph
from explorer.layout.fuzzy import memberships
from explorer.layout.principal import framed
from explorer.progress import Progress

A, B = 1.5769434602697652, 0.8950608778515733
"""The curve 1/(1 + a·d^2b) fitted to a least distance of .1 and a spread of 1, umap-learn's defaults."""

NEGATIVES = 5
"""Random items that push for each edge that pulls."""


def umap(
    graph: NeighbourGraph,
    init: NDArray[np.float32],
    *,
    seed: int = 0,
    n_neighbors: int = 15,
    epochs: int | None = None,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    progress = progress or Progress()
    n = graph.n
    epochs = epochs or (500 if n <= 10_000 else 200 if n <= 200_000 else 100)
    progress.begin(epochs, unit="epochs")
    from explorer.layout import kernel

    weights = memberships(graph, n_neighbors)
    weights.data[weights.data < weights.data.max() / epochs] = 0
    weights.eliminate_zeros()
    period = (weights.data.max() / weights.data).astype(np.float32)
    indptr, tails = weights.indptr.astype(np.int64), weights.indices.astype(np.int32)
    due, due_negative = period.copy(), period / np.float32(NEGATIVES)
    rng = np.random.default_rng(seed)
    random = rng.integers(1, 2**63, size=n, dtype=np.uint64)
    low, high = init.min(axis=0), init.max(axis=0)
    here = (10 * (init - low) / np.maximum(high - low, 1e-12)).astype(np.float32)
    here += rng.normal(scale=1e-3, size=here.shape).astype(np.float32)
    there = here.copy()
    workers = max(1, min(8, os.cpu_count() or 1))
    # Ranges with as many edges each.
    cuts = np.searchsorted(indptr, np.linspace(0, indptr[-1], workers + 1)).clip(0, n)
    cuts[0], cuts[-1] = 0, n
    with ThreadPoolExecutor(workers) as pool:
        for number in range(epochs):
            alpha = 1 - number / epochs
            tasks = [
                pool.submit(
                    kernel.run,
                    here,
                    there,
                    indptr,
                    tails,
                    period,
                    due,
                    due_negative,
                    random,
                    int(s),
                    int(t),
                    number,
                    alpha,
                    A,
                    B,
                    float(NEGATIVES),
                )
                for s, t in zip(cuts[:-1], cuts[1:], strict=True)
            ]
            for task in tasks:
                task.result()
            here, there = there, here
            progress.advance()
    progress.finish()
    return framed(here)
