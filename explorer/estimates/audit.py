"""Which items a random audit draws: the chances of each item, and the sequence of draws."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError
from explorer.estimates.systematic_sampling import UNIFORM, Ladder, chances
from explorer.utils.logits import clipped_logit

PLACES = 100
"""Log-odds are rounded to one part in so many while shifts are weighed."""


@dataclass(frozen=True, eq=False)
class Audit:
    """Which items a random audit asks about, and in which order. It never changes.

    Attributes
    ----------
    expected
        float64 [N]: p⁰, `p_error` when the audit began; 0 where there was none.
    chance
        float64 [N]: π, the chance to be the next one drawn; 0 where there was no label. Sums to 1.
    seed
        Of the sequence of draws.
    labels
        int32 [N]: given classes at that time, -1 for unlabelled; `None` where they were not handed over.
    """

    expected: NDArray[np.float64]
    chance: NDArray[np.float64]
    seed: int
    labels: NDArray[np.int32] | None = None

    @classmethod
    def design(
        cls,
        p_error: NDArray[np.floating[Any]],
        seed: int = 0,
        uniform: float = UNIFORM,
        labels: NDArray[np.int32] | None = None,
    ) -> Audit:
        """Begin an audit.

        Parameters
        ----------
        p_error
            float [N] in [0, 1]; NaN where unlabelled, which is never drawn.
        uniform
            Share of the chance that all labels have alike, above 0 and at most 1 (a simple random sample).
        labels
            int32 [N], for figures by class.

        Raises
        ------
        DataError
            A share outside (0, 1], a `p_error` outside [0, 1], labels of another length.
        """
        if not 0 < uniform <= 1:
            raise DataError(
                f"The share of the audit drawn uniformly lies above 0 and is at most 1, not {uniform:g}.",
                "Without it an error that the model is sure of could never be found.",
            )
        p = np.asarray(p_error, dtype=np.float64).ravel()
        if labels is not None and len(labels) != len(p):
            raise DataError(f"There are {len(labels):,} labels for {len(p):,} p_error.")
        known = ~np.isnan(p)
        if known.any() and (p[known].min() < 0 or p[known].max() > 1):
            raise DataError("p_error lies between 0 and 1.")
        p = np.where(known, p, 0)
        return cls(
            p, chances(p, known, uniform), int(seed), None if labels is None else np.array(labels, dtype=np.int32)
        )

    def draw(self, n: int) -> NDArray[np.intp]:
        """Return the positions of the first n draws; more draws begin with the same ones.

        Draws lie evenly among the chances, whatever their number, and so among p⁰. An item may come again: it is not
        asked about twice, and its answer counts twice. Nothing is drawn from nobody.

        Raises
        ------
        DataError
            A negative number.
        """
        if n < 0:
            raise DataError(f"{n} items cannot be drawn.")
        return self._ladder.draw(n)

    @cached_property
    def ranked(self) -> NDArray[np.intp]:
        """Positions of all items by p⁰, ascending, intp [N]."""
        return np.argsort(self.expected, kind="stable")

    @cached_property
    def _ladder(self) -> Ladder:
        return Ladder.build(self.ranked, self.chance, self.seed)

    @cached_property
    def places(self) -> tuple[NDArray[np.int64], NDArray[np.intp], NDArray[np.float64]]:
        """Rounded log-odds of p⁰ that there are, ascending, which of them each item has, and their chance together."""
        places, where = np.unique(np.round(clipped_logit(self.expected) * PLACES).astype(np.int64), return_inverse=True)
        return places, where, np.bincount(where, self.chance, len(places)).astype(np.float64)
