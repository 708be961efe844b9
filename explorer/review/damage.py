"""Damage: how likely a label is wrong, times how much the item misleads a nearest-neighbour classifier.

Formula
-------
damage = p_error · max(0, −s), with s the item's KNN-Shapley value (`explorer.detectors.page("shapley")`): the expected
loss in correct predictions through a label that is wrong. An item that helps others does no damage, however wrong
its label seems; neither does one without a label.

References
----------
Jia, Dao, Wang et al.: Efficient task-specific data valuation for nearest neighbor algorithms (VLDB 2019).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from explorer.detectors.protocol import Findings

METHOD = "shapley"
"""The detector that has the values."""


def harm(findings: Findings, rows: NDArray[np.intp] | slice = slice(None)) -> NDArray[np.float32] | None:
    """Return max(0, −s) of some items, float32 [n], 0 where there is no label; `None` where the method did not run."""
    result = findings.results.get(METHOD)
    if result is None:
        return None
    found: NDArray[np.float32] = np.maximum(np.nan_to_num(result.score[rows], nan=0.0), 0).astype(np.float32)
    return found


def damage(p_error: NDArray[np.float32], harms: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return p_error · harm, 0 where there is no label.

    >>> damage(np.array([0.5, np.nan], np.float32), np.array([0.2, 0.3], np.float32)).tolist()
    [0.10000000149011612, 0.0]
    """
    found: NDArray[np.float32] = (np.nan_to_num(p_error, nan=0.0) * harms).astype(np.float32)
    return found
