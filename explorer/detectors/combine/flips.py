"""Labels flipped on purpose, where and as real errors are likely to be: what the combiner learns from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SHARE = 0.15
"""Share of the labelled items that are flipped in one copy."""

OWN = 0.5
"""Share of the flips whose target follows the item's own pooled opinion; the others follow the class's transition."""

SMOOTH = 1.0
"""Errors between any two classes that the transition starts from."""


def transition(
    suggested: NDArray[np.int32], labels: NDArray[np.int32], p_error: NDArray[np.float64], n_classes: int
) -> NDArray[np.float64]:
    """Return how often a true class (row) is given as each other one (column), float64 [K, K]; rows sum to 1.

    Counted over the items by how likely their label is wrong, with a little weight on every pair.
    """
    counts = np.full((n_classes, n_classes), SMOOTH / max(1, n_classes - 1))
    known = (labels >= 0) & (suggested >= 0) & (suggested != labels)
    np.add.at(counts, (suggested[known], labels[known]), p_error[known])
    np.fill_diagonal(counts, 0)
    result: NDArray[np.float64] = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-12)
    return result


def choose(
    labels: NDArray[np.int32], p_error: NDArray[np.float64], keys: NDArray[np.float64], share: float = SHARE
) -> NDArray[np.intp]:
    """Choose which labels to flip: `share` of the labelled ones, each by how likely it is right.

    Parameters
    ----------
    p_error
        float64 [N], NaN where unlabelled.
    keys
        float64 [N] in (0, 1), drawn at random.
    """
    weight = np.where(labels >= 0, 1 - np.nan_to_num(p_error), 0)
    n = int((labels >= 0).sum())
    chosen: NDArray[np.intp] = np.flatnonzero(keys < share * n * weight / max(weight.sum(), 1e-12))
    return chosen


def targets(
    q: NDArray[np.float64], labels: NDArray[np.int32], moves: NDArray[np.float64], keys: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Draw a wrong class for each of some items [n].

    Parameters
    ----------
    q
        float64 [n, K]: pooled opinion.
    labels
        int32 [n]: their labels, believed right.
    moves
        float64 [n, K]: the transition of their class.
    keys
        float64 [n] in (0, 1), drawn at random.
    """
    each = np.arange(len(labels))
    own = q.copy()
    own[each, labels] = 0
    chance = OWN * own / np.maximum(own.sum(axis=1, keepdims=True), 1e-12) + (1 - OWN) * moves
    chance[each, labels] = 0
    ladder = np.cumsum(chance, axis=1)
    drawn = (ladder < (keys * ladder[:, -1])[:, None]).sum(axis=1)
    result: NDArray[np.int32] = np.minimum(drawn, q.shape[1] - 1).astype(np.int32)
    # Where nothing else has any chance the next class is taken.
    same = result == labels
    result[same] = (labels[same] + 1) % q.shape[1]
    return result
