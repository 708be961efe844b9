"""Wrong labels planted on purpose, by a seed.

uniform     every item is flipped with the same chance, to any other class alike
confusable  as uniform, but to another class in proportion to its held-out probability (+ .001) under a model of the
            true labels: look-alikes are mistaken for each other. Of two classes there is only one other, so it is left
            out there
instance    an item that the model of the true labels finds hard is flipped more often (the hardest `SPAN` times as
            often as the easiest), and to a class that its features lean to along directions drawn at random: labels are
            wrong for reasons that stand in the item itself
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError, UnknownName

KINDS = ("uniform", "confusable", "instance")

SPAN = 4.0
"""How many times as often the hardest item is flipped as the easiest."""

MOST = 0.95
"""Largest chance of a flip."""


def plant(
    truth: NDArray[np.int32],
    clean: NDArray[np.float32],
    vectors: NDArray[np.float32],
    kind: str,
    rate: float,
    seed: int,
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Flip labels.

    Parameters
    ----------
    truth
        int32 [N].
    clean
        float32 [N, K]: held-out probabilities under a model of the true labels.
    vectors
        float32 [N, D].
    rate
        Expected share of flips.

    Returns
    -------
    labels int32 [N], wrong bool [N]

    Raises
    ------
    UnknownName
        No such kind.
    DataError
        A rate that is none, or fewer than two classes.
    """
    if kind not in KINDS:
        raise UnknownName("kind of noise", kind, KINDS)
    if not 0 < rate < 1:
        raise DataError(f"A share of {rate:g} wrong labels cannot be planted.", "Give a rate between 0 and 1.")
    n, k = clean.shape
    if k < 2:
        raise DataError("Labels of one class cannot be flipped.", "Give a set of at least two classes.")
    rng = np.random.default_rng(seed)
    chance = np.full(n, rate)
    leaning: NDArray[np.float64] = np.ones((n, k))
    if kind == "confusable":
        leaning = clean.astype(np.float64) + 1e-3
    elif kind == "instance":
        chance = _by_hardness(clean[np.arange(n), truth], rate)
        drift = vectors @ rng.normal(size=(vectors.shape[1], k))
        drift = (drift - drift.mean(axis=0)) / np.maximum(drift.std(axis=0), 1e-12)
        leaning = np.exp(drift).astype(np.float64)
    wrong = rng.random(n) < chance
    leaning[np.arange(n), truth] = 0
    ladder = np.cumsum(leaning / leaning.sum(axis=1, keepdims=True), axis=1)
    # The last class that can be drawn catches what rounding leaves above the ladder.
    last = k - 1 - (truth == k - 1)
    drawn = np.minimum((ladder < rng.random((n, 1))).sum(axis=1), last)
    return np.where(wrong, drawn, truth).astype(np.int32), wrong


def _by_hardness(own: NDArray[np.float32], rate: float) -> NDArray[np.float64]:
    """Return each item's chance to be flipped: by the rank of its true class's probability, with the mean `rate`."""
    hard = np.empty(len(own))
    hard[np.argsort(-own, kind="stable")] = np.linspace(0, 1, len(own))
    relative = SPAN**hard
    low, high = 0.0, 1 / rate * SPAN
    for _ in range(60):  # the cap makes the mean fall short, so the factor is sought
        middle = (low + high) / 2
        low, high = (middle, high) if np.minimum(rate * middle * relative, MOST).mean() < rate else (low, middle)
    result: NDArray[np.float64] = np.minimum(rate * high * relative, MOST)
    return result
