"""A small set of pictures with labels that are wrong on purpose."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits


class Planted(NamedTuple):
    """Some of scikit-learn's digits with labels flipped on purpose."""

    images: NDArray[np.uint8]  # [N, 8, 8]
    truth: NDArray[np.int64]
    labels: NDArray[np.int64]
    flipped: NDArray[np.intp]
    keys: list[str]


def plant(n: int = 500, share: float = 0.05, seed: int = 0) -> Planted:
    """Flip a share of the labels of the first n digits, uniformly to another class."""
    digits = load_digits()
    rng = np.random.default_rng(seed)
    truth = digits.target[:n]
    flipped = rng.choice(n, size=round(share * n), replace=False)
    labels = truth.copy()
    labels[flipped] = (labels[flipped] + rng.integers(1, 10, size=len(flipped))) % 10
    images = (digits.images[:n] * 255 / 16).astype(np.uint8)
    return Planted(images, truth, labels, flipped, [f"digit-{i:04d}" for i in range(n)])
