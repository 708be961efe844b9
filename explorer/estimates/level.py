"""What a score of suspicion means: one increasing map of log-odds, which moves all probabilities and no rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.utils.logits import LARGEST, clipped_logit, expit

ISSUE = 0.5
"""A label is an issue when it is more likely wrong than right, while no answers say more."""

BINARY = 2
"""With so many classes a wrong label can only be the other one."""

STEPS = 2_000
"""Places that log-odds are rounded to while a level is sought."""


@dataclass(frozen=True)
class Level:
    """An increasing map of log-odds: slope and shift. It changes what a score means and never the ranking.

    Attributes
    ----------
    slope, shift
        Log-odds z become `shift + slope·z`.
    cut
        Above it a label is an issue.
    """

    slope: float = 1.0
    shift: float = 0.0
    cut: float = ISSUE

    @property
    def same(self) -> bool:
        """Whether it leaves every probability as it is."""
        return self.slope == 1 and self.shift == 0

    def apply(self, log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return probabilities."""
        result: NDArray[np.float64] = expit(self.shift + self.slope * np.clip(log_odds, -LARGEST, LARGEST))
        return result

    def move(self, p: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return probabilities float32 in the place of others; NaN stays NaN.

        Examples
        --------
        >>> Level(shift=1.0).move(np.array([0.1, 0.5, np.nan])).round(3).tolist()
        [0.23199999332427979, 0.7310000061988831, nan]
        """
        if self.same:
            return np.array(p, dtype=np.float32)
        return self.apply(clipped_logit(p.astype(np.float64))).astype(np.float32)

    def issues(
        self, p: NDArray[np.float32], fits: NDArray[np.int32], labels: NDArray[np.int32], n_classes: int
    ) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Return what is suggested and which labels are issues, given their `p_error` here: int32 [n] and bool [n].

        The class that fits best (`fits`) is suggested, and an issue is above the cut with another class suggested. Of
        two classes a wrong label can only be the other one: so that one is suggested for whatever is above the cut,
        also where the label fits better. NaN, of what is unlabelled, is above nothing.

        Examples
        --------
        >>> Level(cut=0.3).issues(np.float32([0.4, 0.2]), np.int32([0, 1]), np.int32([0, 0]), n_classes=2)
        (array([1, 1], dtype=int32), array([ True, False]))
        """
        over = p > self.cut
        suggested = np.where(over, 1 - labels, fits).astype(np.int32) if n_classes == BINARY else fits
        return suggested, over & (suggested != labels)


class Population:
    """The log-odds of many items, rounded: what is left to sum over is as small for a million as for a thousand.

    Parameters
    ----------
    log_odds
        float64 [N], finite.
    """

    def __init__(self, log_odds: NDArray[np.float64]) -> None:
        place = np.rint((np.clip(log_odds, -LARGEST, LARGEST) + LARGEST) * (STEPS / (2 * LARGEST))).astype(np.int64)
        count = np.bincount(place, minlength=STEPS + 1)
        used = np.flatnonzero(count)
        self.size = len(log_odds)
        self.at: NDArray[np.float64] = used.astype(np.float64) * (2 * LARGEST / STEPS) - LARGEST
        self.count: NDArray[np.float64] = count[used].astype(np.float64)

    def total(self, level: Level) -> float:
        """Return the sum of the probabilities."""
        return float(self.count @ level.apply(self.at))

    def reaching(self, total: float, slope: float) -> Level:
        """Return the level of this slope at which the probabilities sum to `total`, as far as a shift can."""
        if not self.size:
            return Level(slope)
        wanted = min(max(total, 1e-6 * self.size), (1 - 1e-6) * self.size)
        low, high = -4 * LARGEST, 4 * LARGEST
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self.total(Level(slope, middle)) < wanted else (low, middle)
        return Level(slope, (low + high) / 2)

    def best_cut(self, level: Level) -> float:
        """Return the cut at which what is flagged has the largest expected F1.

        Of the first k by probability F1 is expected to be 2·Σp/(k + Σp of all); it grows with another item as long as
        that one's probability is above half of it. So the cut is half the largest F1, and never above one half.

        References
        ----------
        Lipton, Elkan, Naryanaswamy, Optimal thresholding of classifiers to maximize F1 measure (ECML 2014).
        """
        if not self.size:
            return ISSUE
        p, count = level.apply(self.at)[::-1], self.count[::-1]
        reached = 2 * np.cumsum(p * count) / (np.cumsum(count) + float(p @ count))
        return min(ISSUE, float(reached.max()) / 2)
