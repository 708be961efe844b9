"""Probabilities as log-odds, cut off where a float says no more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

LARGEST = 15.0
"""Log-odds are cut off here."""

TINY = float(expit(-LARGEST))
"""Probability of log-odds of −`LARGEST`."""


def clipped_logit(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log p/(1 − p), within ±`LARGEST`.

    Parameters
    ----------
    p
        float64 of any shape, in [0, 1]; NaN stays NaN.

    Examples
    --------
    >>> clipped_logit(np.array([0.0, 0.5, 1.0])).round(9).tolist()
    [-15.0, 0.0, 15.0]
    """
    # numpy.clip takes thrice as long for a few.
    result: NDArray[np.float64] = logit(np.minimum(np.maximum(p, TINY), 1 - TINY))
    return result


def softmax(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return exp z divided by its sum over each row, float64 [n, K]; the rows may be of any size.

    Examples
    --------
    >>> softmax(np.array([[0.0, 0.0], [1000.0, 0.0]])).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    found = np.exp(z - z.max(axis=1, keepdims=True))
    result: NDArray[np.float64] = found / found.sum(axis=1, keepdims=True)
    return result


__all__ = ["LARGEST", "TINY", "clipped_logit", "expit", "softmax"]
