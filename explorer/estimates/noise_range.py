"""What a model holds the share of wrong labels to be, before anybody has looked: an estimate and its range."""

from __future__ import annotations

import math
from dataclasses import dataclass

WIDE = 1.5
"""A range is wide where its high end is so many times its low end, and"""

MATTERS = 0.03
"""the ends are so far apart, as a share of the labels."""

UNSURE = 1 / 3
"""Least share of the estimate that the range reaches below it. On the benchmark sets the truth is up to .3 below."""

FEWER, MORE = 0.25, 0.35
"""How far, as a share of the estimate, the range reaches below it at least, and above it at most, where it is known how
well the opinion tells flips."""

BLIND = 0.5
"""Share of wrong labels that an opinion which tells nothing sees among the items that it is surest of: of two classes
it calls every other label the other one."""


@dataclass(frozen=True)
class NoiseRange:
    """An estimated share of wrong labels, in [0, 1].

    Attributes
    ----------
    estimate
        The share itself.
    low, high
        Ends of the range that it lies in.
    """

    estimate: float
    low: float
    high: float

    @classmethod
    def of(cls, estimate: float, floor: float, disagreement: float, told: float = float("nan")) -> NoiseRange:
        """Return the range of an estimate.

        Parameters
        ----------
        estimate
            The estimated share of wrong labels.
        floor
            Share of the labels that disagree with the opinion where it is surest.
        disagreement
            Share of the labels that disagree with it, of all: none more can be wrong, or a little above the estimate.
        told
            AUROC with which the opinion tells flips made on purpose. The less well it does, the more of `floor` is its
            own error. NaN where that is not known.

        Examples
        --------
        >>> NoiseRange.of(0.1, floor=0.05, disagreement=0.2)
        NoiseRange(estimate=0.1, low=0.05, high=0.2)
        >>> NoiseRange.of(0.1, floor=0.08, disagreement=0.2, told=0.95)
        NoiseRange(estimate=0.1, low=0.025, high=0.135)
        """
        most = max(disagreement, estimate * (1 + UNSURE / 2))
        if math.isnan(told):
            return cls(estimate, min(floor, estimate * (1 - UNSURE)), min(1.0, most))
        own = BLIND * (1 - (2 * told - 1))
        low = round(max(0.0, min(floor, estimate * (1 - FEWER)) - own), 12)
        return cls(estimate, low, min(1.0, most, estimate * (1 + MORE)))


def is_wide(low: float, high: float) -> bool:
    """Whether a range of the share of wrong labels is so wide that what to do depends on where in it the truth lies."""
    return high >= WIDE * low and high - low >= MATTERS
