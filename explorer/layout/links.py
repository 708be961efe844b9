"""The layout that UMAP starts from where there are no vectors: items that are linked are near each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.graph import NeighbourGraph
from explorer.graph.walks import surroundings
from explorer.layout.principal import principal

DIRECTIONS = 16
"""Random numbers an item that are smoothed along the links."""

STEPS = 8
"""Times that they are."""


def linked(graph: NeighbourGraph, seed: int = 0) -> NDArray[np.float32]:
    """Lay items out by their links: random vectors, averaged with those of the linked items again and again.

    What varies slowly along the links is left, as in the leading eigenvectors of the graph; the principal components of
    that are the layout.

    Parameters
    ----------
    graph
        N items.
    seed
        Of the random vectors.

    Returns
    -------
    numpy.ndarray
        float32 [N, 2] in [-1, 1].

    References
    ----------
    Koren: Drawing graphs by eigenvectors (Computers and Mathematics with Applications, 2005).
    """
    steps = surroundings(graph).steps
    # Rows weighted by 1/degree: the mean over the neighbours.
    weight = np.maximum(np.asarray(steps.sum(axis=1)).ravel(), 1e-12)[:, None].astype(np.float32)
    points = np.random.default_rng(seed).standard_normal((graph.n, DIRECTIONS)).astype(np.float32)
    for _ in range(STEPS):
        points = 0.5 * points + 0.5 * (steps @ points) / weight
        points -= points.mean(axis=0)
        points /= np.maximum(points.std(axis=0), 1e-12)
    return principal(points, seed)
