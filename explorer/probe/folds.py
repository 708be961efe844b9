"""Which fold an item is held out in: by a hash of its id, alike for every class, whatever the order of the rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NEVER = -1
"""Fold of an item that is never held out, as no other item could teach its class."""

UNLABELLED = -2
"""Fold of an item that teaches nothing."""


def assign(labels: NDArray[np.int32], n_classes: int, folds: int) -> NDArray[np.int32]:
    """Deal the items of each class out over the folds in turn, in the order in which they stand.

    Parameters
    ----------
    labels
        int32 [N] in canonical order, -1 for unlabelled.

    Returns
    -------
    numpy.ndarray
        int32 [N] with 0…folds-1, `NEVER` (alone in its class) or `UNLABELLED`.
    """
    result = np.full(len(labels), UNLABELLED, dtype=np.int32)
    dealt = 0
    for c in range(n_classes):
        members = np.flatnonzero(labels == c)
        if len(members) == 1:
            result[members] = NEVER
            continue
        # Each class goes on where the last one stopped, so that many small classes do not all fill the first folds.
        result[members] = (dealt + np.arange(len(members))) % folds
        dealt += len(members)
    return result
