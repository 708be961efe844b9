"""Shares of a count, and how far they are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Z = 1.959963984540054
"""Quantile of a 95 % interval."""


def wilson(count: ArrayLike, of: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Wilson's 95 % interval of shares, low and high float64 [n]; 0 to 1 where nothing was counted.

    Parameters
    ----------
    count
        float [n]: may be an expected number.
    of
        float [n]: out of how many.

    References
    ----------
    Wilson: Probable inference, the law of succession, and statistical inference (JASA, 1927).

    Examples
    --------
    >>> low, high = wilson([8.0, 0.0], [10, 0])
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.49, 0.0], [0.943, 1.0])
    """
    total = np.asarray(of, dtype=np.float64)
    n = np.maximum(total, 1e-12)
    p = np.asarray(count, dtype=np.float64) / n
    middle = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    known = total > 0
    return np.where(known, np.clip(middle - half, 0, 1), 0.0), np.where(known, np.clip(middle + half, 0, 1), 1.0)
