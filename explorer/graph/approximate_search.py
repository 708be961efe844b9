"""Approximate search for when every-against-every is out of reach: faiss' inverted file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.graph.exact_search import search_faiss, search_index
from explorer.progress import Progress

PROBED = 1 / 32
"""Share of the cells that a query looks into."""

PER_CELL = 256
"""Vectors aimed at per cell."""

TRAINED_ON = 64
"""Vectors per cell that the cells are fitted to."""


def search_ivf(
    vectors: NDArray[np.float32], fetch: int, seed: int, progress: Progress
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return positions [N, fetch] and inner products [N, fetch]; a few of the true nearest may be missing.

    The inverted file is chosen over a navigable graph (HNSW) because it is built by k-means with a seed, so that a
    parallel build is deterministic. Queries that find too few in their cells are answered exactly.
    """
    import faiss

    n, d = vectors.shape
    cells = int(np.clip(n // PER_CELL, 1, 16_384))
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(d), d, cells, faiss.METRIC_INNER_PRODUCT)
    index.cp.seed = seed + 1
    index.cp.min_points_per_centroid = 1
    index.cp.max_points_per_centroid = TRAINED_ON
    progress.say(f"fitting {cells:,} cells")
    index.train(vectors)
    index.add(vectors)
    index.nprobe = max(min(cells, 16), int(cells * PROBED))
    progress.check()
    found, similarity = search_index(index, vectors, fetch, progress)
    short = np.flatnonzero((found < 0).any(axis=1))
    if len(short):
        found[short], similarity[short] = search_faiss(vectors, vectors[short], fetch, Progress(cancel=progress.cancel))
    return found, similarity
