"""Stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from explorer.detectors import Inputs
    from explorer.graph import NeighbourGraph


def _inputs(
    codes: NDArray[np.int32],
    n_classes: int,
    *,
    vectors: NDArray[np.float32] | None,
    probs: NDArray[np.float32] | None,
    seed: int,
    graph: NeighbourGraph | None = None,
    ids: NDArray[Any] | None = None,
    **others: Any,
) -> Inputs:
    """Compute what is absent and can be: probabilities, with how their training went, and the graph, from vectors."""
    from explorer import graph as graphs
    from explorer import probe
    from explorer.detectors import Inputs

    if vectors is not None and probs is None:
        found = probe.out_of_fold(vectors, codes, n_classes, ids=ids, seed=seed)
        probs, others = found.probs, {**others, "dynamics": found.dynamics}
    if vectors is not None and graph is None and len(codes) > 1:
        graph = graphs.build(vectors, ids=ids, seed=seed)
    return Inputs(codes, n_classes, graph=graph, probs=probs, vectors=vectors, seed=seed, **others)


SUITES_FROM = 700
"""Least number of items with which probe suites are trained along: fewer would feel them."""


CHECKPOINTS = 5
"""Moments of the probe's training that the relation map shows."""


CHECKPOINT_CELLS = 2**25
"""Most cells [N, K] of one such moment; beyond, none are kept."""


def _padded(checkpoints: NDArray[np.float16] | None, classes: int) -> NDArray[np.float16] | None:
    if checkpoints is None or checkpoints.shape[2] == classes:
        return checkpoints
    return np.pad(checkpoints, ((0, 0), (0, 0), (0, classes - checkpoints.shape[2])))


def _pad(probs: NDArray[np.float32] | None, classes: int) -> NDArray[np.float32] | None:
    """Give classes that were added after the probabilities were made a column of zeros."""
    if probs is None or probs.shape[1] == classes:
        return probs
    return np.pad(probs, ((0, 0), (0, classes - probs.shape[1])))
