"""The layout that is on screen first: the two directions of largest variance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

EDGE = 0.999
"""Share of the items that lie inside the frame of the principal layout; the few beyond stand on its edge."""

WIDE = 2048
"""Beyond so many dimensions the vectors are first projected at random."""

ROWS = 65_536


def principal(vectors: NDArray[Any], seed: int = 0) -> NDArray[np.float32]:
    """Project vectors on their first two principal components.

    Parameters
    ----------
    vectors
        float [N, D], finite.
    seed
        Seed of the random projection, which only vectors of more than `WIDE` dimensions need.

    Returns
    -------
    numpy.ndarray
        float32 [N, 2] in [-1, 1], one scale for both axes. Signs are fixed, so that it does not flip between runs.

    Examples
    --------
    >>> principal(np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 3.0]]))[[0, 2], 0].tolist()
    [-1.0, 1.0]
    """
    n, d = vectors.shape
    vectors = _scaled(vectors)
    if d > WIDE:
        mixing = np.random.default_rng(seed).standard_normal((d, 256)).astype(np.float32) / 16
        vectors, d = vectors.astype(np.float32) @ mixing, 256
    mean = vectors.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((d, d))
    for start in range(0, n, ROWS):
        part = vectors[start : start + ROWS].astype(np.float32) - mean.astype(np.float32)
        covariance += part.T @ part
    _, directions = np.linalg.eigh(covariance)
    first = directions[:, ::-1][:, :2]
    if first.shape[1] < 2:
        first = np.concatenate([first, np.zeros((d, 1))], axis=1)
    first = first * np.where(first[np.abs(first).argmax(axis=0), [0, 1]] < 0, -1, 1)
    return framed((vectors.astype(np.float32) - mean.astype(np.float32)) @ first.astype(np.float32), EDGE)


def _scaled(vectors: NDArray[Any]) -> NDArray[Any]:
    """Bring the largest number to about 1, by a power of two, so that no square overflows and no bit is lost."""
    largest = float(max(vectors.max(initial=0), -vectors.min(initial=0)))
    return np.ldexp(vectors, -math.frexp(largest)[1]) if vectors.dtype.kind == "f" and largest else vectors


def framed(points: NDArray[np.float32], share: float = 1.0) -> NDArray[np.float32]:
    """Centre points and scale them into [-1, 1] by one factor, so that `share` of them lie within the frame."""
    tail = (1 - share) / 2
    low, high = np.quantile(points, [tail, 1 - tail], axis=0)
    middle, half = (low + high) / 2, float((high - low).max()) / 2
    result: NDArray[np.float32] = np.clip((points - middle) / (half or 1.0), -1, 1).astype(np.float32)
    return result
