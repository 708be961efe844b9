"""The stretch of rows in which something holds that does not hold elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def largest_sum(gain: NDArray[np.floating[Any]] | NDArray[np.integer[Any]]) -> tuple[int, int, float]:
    """Return the stretch of rows whose gains have the largest sum, as start and end (half open), and that sum.

    Of several it is the first, and the shortest. Empty, (0, 0, 0.0), where no gain is positive.

    References
    ----------
    Bentley: Programming pearls: algorithm design techniques (Communications of the ACM, 1984), Kadane's algorithm.

    Examples
    --------
    >>> largest_sum(np.array([-1, 0, 2, -1, 3, 0, -5, 1]))
    (2, 5, 4.0)
    """
    if not len(gain) or gain.max() <= 0:
        return 0, 0, 0.0
    total = np.concatenate([[0.0], np.cumsum(gain, dtype=np.float64)])
    least = np.minimum.accumulate(total)
    end = int((total - least).argmax())
    start = int(np.flatnonzero(total[:end] <= least[end] + 1e-12)[-1])
    return start, end, float(total[end] - least[end])


def runs(marked: NDArray[np.bool_], codes: NDArray[np.int32]) -> int:
    """Count the marked rows, those that follow each other under one code as one.

    Rows that are sorted by class tell one thing a class, however many they are.

    >>> runs(np.array([True, True, True, False, True]), np.array([1, 1, 2, 2, 2], np.int32))
    3
    """
    if not marked.any():
        return 0
    follows = marked[1:] & marked[:-1] & (codes[1:] == codes[:-1])
    return int(marked.sum() - follows.sum())


def move(codes: NDArray[np.int32], by: int) -> NDArray[np.int32]:
    """Return the code that stands so many rows farther down, -1 where there is no such row.

    >>> move(np.array([5, 6, 7], np.int32), 1).tolist(), move(np.array([5, 6, 7], np.int32), -1).tolist()
    ([6, 7, -1], [-1, 5, 6])
    """
    moved = np.full_like(codes, -1)
    if 0 <= by < len(codes):
        moved[: len(codes) - by] = codes[by:]
    elif -len(codes) < by < 0:
        moved[-by:] = codes[:by]
    return moved


def kappa(labels: NDArray[np.int32], opinion: NDArray[np.int32]) -> float:
    """Return the agreement beyond chance of two columns of class codes, none missing; 0 where chance is all there is.

    References
    ----------
    Cohen: A coefficient of agreement for nominal scales (Educational and Psychological Measurement, 1960).

    >>> kappa(np.array([0, 0, 1, 1], np.int32), np.array([0, 0, 1, 0], np.int32))
    0.5
    """
    n = len(labels)
    size = int(max(labels.max(initial=0), opinion.max(initial=0))) + 1
    shares = [np.bincount(what, minlength=size) / max(n, 1) for what in (labels, opinion)]
    chance = float(shares[0] @ shares[1])
    return 0.0 if chance >= 1 or not n else (float((labels == opinion).mean()) - chance) / (1 - chance)
