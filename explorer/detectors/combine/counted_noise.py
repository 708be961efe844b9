"""How many labels are wrong by counting: confident learning's calibrated joint, on the pooled opinion."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

MARGIN = 1e-6
"""A class of one item stays confident of itself."""

Block = tuple[NDArray[np.float64], NDArray[np.int32]]
"""Opinions [n, K] on labelled items, and their labels [n]."""


def counted_noise(blocks: Callable[[], Iterable[Block]], n_classes: int) -> float:
    """Return the share of labels that the opinion counts as wrong.

    An item is counted at the most probable class among those that reach their threshold, the mean probability of a
    class over the items that carry it. Rows of the counts, by given class, are scaled to the number of items of each;
    what is off the diagonal is the share.

    Parameters
    ----------
    blocks
        Gives all labelled items, block by block; it is asked twice.

    References
    ----------
    Northcutt, Jiang, Chuang, Confident learning: estimating uncertainty in dataset labels (JAIR 2021).
    """
    members, own = np.zeros(n_classes), np.zeros(n_classes)
    for q, labels in blocks():
        members += np.bincount(labels, minlength=n_classes)
        own += np.bincount(labels, q[np.arange(len(q)), labels], minlength=n_classes)
    if not members.any():
        return 0.0
    thresholds = np.where(members > 0, own / np.maximum(members, 1), np.inf)
    right, counted = np.zeros(n_classes), np.zeros(n_classes)
    for q, labels in blocks():
        confident = np.where(q >= thresholds - MARGIN, q, -1.0)
        best = confident.argmax(axis=1)
        sure = confident[np.arange(len(q)), best] >= 0
        counted += np.bincount(labels[sure], minlength=n_classes)
        right += np.bincount(labels[sure & (best == labels)], minlength=n_classes)
    # A class none of whose items is confident of anything is taken as it is given.
    kept = np.where(counted > 0, right / np.maximum(counted, 1), 1.0)
    return float(1 - (kept @ members) / members.sum())
