"""What a model holds the share of wrong labels to be, before anybody has looked: an estimate and its range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WIDE = 1.5
"""A range is wide where its high end is so many times its low end, and"""

MATTERS = 0.03
"""the ends are so far apart, as a share of the labels."""

UNSURE = 1 / 3
"""Least share of the estimate that the range reaches below it. On the benchmark sets the truth is up to .3 below."""


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
    def of(cls, estimate: float, floor: float, disagreement: float, counted: float = float("nan")) -> NoiseRange:
        """Return the range of an estimate.

        Parameters
        ----------
        estimate
            The estimated share of wrong labels.
        floor
            Share of the labels that disagree with the opinion where it is surest.
        disagreement
            Share of the labels that disagree with it, of all: none more can be wrong, or a little above the estimate.
        counted
            Share of the labels that are counted as wrong, which the range holds; NaN where nobody counted.

        Examples
        --------
        >>> NoiseRange.of(0.1, floor=0.05, disagreement=0.2)
        NoiseRange(estimate=0.1, low=0.05, high=0.2)
        """
        return cls(
            estimate,
            float(np.nanmin([floor, estimate * (1 - UNSURE), counted])),
            min(1.0, float(np.nanmax([disagreement, estimate * (1 + UNSURE / 2), counted]))),
        )


def is_wide(low: float, high: float) -> bool:
    """Whether a range of the share of wrong labels is so wide that what to do depends on where in it the truth lies."""
    return high >= WIDE * low and high - low >= MATTERS
