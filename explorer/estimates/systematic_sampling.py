"""Which items a random audit draws: by unequal chances, and evenly (`explorer.estimates.audit` has the formula)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

GOLDEN = (5**0.5 - 1) / 2
"""Step from one draw to the next, as a share of the ladder: however many draws there are, they lie evenly."""

STRATA = 50
"""Strata of equal chance by p⁰ that the ladder is made of; within each the order is random."""

UNIFORM = 0.2
"""Share of the chance to be drawn that all labels have alike: what finds errors where the model is sure and wrong."""

LEAST = 1e-4
"""p⁰(1 − p⁰) counts as at least this much."""


@dataclass(frozen=True, eq=False)
class Ladder:
    """Items laid end to end, each as long as its chance.

    Attributes
    ----------
    items
        intp [M]: positions of the items that can be drawn, in the order of the ladder.
    ends
        float64 [M]: where each of them ends.
    begin
        u, where the first draw falls.
    """

    items: NDArray[np.intp]
    ends: NDArray[np.float64]
    begin: float

    @classmethod
    def build(cls, ranked: NDArray[np.intp], chance: NDArray[np.float64], seed: int) -> Ladder:
        """Lay the items that have a chance [N] end to end, given all of them by p⁰, intp [N]."""
        # Random within strata: otherwise few samples would be possible, and of some labels all of them unlucky.
        rng = np.random.default_rng(seed)
        items = ranked[chance[ranked] > 0]
        stratum = np.floor(np.cumsum(chance[items]) * STRATA)
        items = items[np.lexsort((rng.random(len(items)), stratum))]
        return cls(items, np.cumsum(chance[items]), rng.random())

    def draw(self, n: int) -> NDArray[np.intp]:
        """Return the positions of the first n draws; nothing is drawn from nobody."""
        if not len(self.items):
            return np.empty(0, dtype=np.intp)
        keys = (self.begin + GOLDEN * np.arange(n)) % 1 * self.ends[-1]
        at = np.minimum(np.searchsorted(self.ends, keys, side="right"), len(self.ends) - 1)
        drawn: NDArray[np.intp] = self.items[at]
        return drawn


def chances(p: NDArray[np.float64], known: NDArray[np.bool_], uniform: float) -> NDArray[np.float64]:
    """Return π, the chance of each item to be the next one drawn, float64 [N]: 0 where p⁰ is not `known`."""
    if not known.any():
        return np.zeros(len(p))
    spread = np.sqrt(np.maximum(p * (1 - p), LEAST)) * known
    chance: NDArray[np.float64] = (1 - uniform) * spread / spread[known].mean() + uniform * known
    chance /= chance.sum()
    return chance


def uneven(chance: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return how far the number of times that an item is drawn varies [N], as a share of its mean.

    It would be 1 for n independent draws. As draws lie evenly, an item that is likely to be drawn is hardly drawn
    twice, and one that is bound to be drawn varies little. Two draws that are m apart both fall on an item of chance π
    with probability max(0, π − d) + max(0, π − (1 − d)), where d is what m·`GOLDEN` leaves of a whole number.
    """
    apart = np.arange(1, n)
    distance = apart * GOLDEN % 1
    distance, times = np.concatenate([distance, 1 - distance]), np.tile(n - apart, 2)
    order = np.argsort(distance)
    pairs = np.concatenate([[0.0], np.cumsum(times[order])])
    lost = np.concatenate([[0.0], np.cumsum((times * distance)[order])])
    near = np.searchsorted(distance[order], chance)
    twice = 2 * (chance * pairs[near] - lost[near])
    result: NDArray[np.float64] = 1 - n * chance + twice / np.maximum(n * chance, 1e-12)
    return np.clip(result, 0, 1)
