"""What the audit of a random sample is estimated from, read at one moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.estimates.audit import Audit
from explorer.estimates.errors_left import Heard, hear
from explorer.estimates.noise_range import NoiseRange


@dataclass(frozen=True, eq=False)
class AuditReading:
    """The answers to a sample as they stood. Made under the state's lock; reckoned with without it.

    Attributes
    ----------
    audit
        What is drawn. All arrays below are in the order of its rows.
    answers
        float64 [N]: 1 where a label was found wrong, 0 where it was kept, NaN elsewhere.
    reached
        How many draws count.
    noise
        Range of the share of wrong labels as it was estimated when the sample began.
    elsewhere
        Whether the scores are others than those that it was drawn by.
    beyond
        float64 [N]: `p_error` of open items that the sample is not about, NaN for others.
    above
        bool [N] each: the items above a line across the ranking.
    shown
        float64 [N]: `p_error` as it is shown, NaN where there is none; `None` where nothing could be compared.
    """

    audit: Audit
    answers: NDArray[np.float64]
    reached: int
    noise: NoiseRange | None
    elsewhere: bool
    beyond: NDArray[np.float64]
    above: tuple[NDArray[np.bool_], ...]
    shown: NDArray[np.float64] | None

    def heard(self, fewest: int) -> tuple[Heard, int]:
        """Return what the audit has heard, and how many answered draws stand for labels that are left.

        With fewer than `fewest` of them it has heard nothing: what the model believes says more.
        """
        otherwise = np.isfinite(self.answers)
        drawn = otherwise.copy()
        drawn[self.audit.draw(self.reached)] = False
        heard = hear(
            self.audit,
            self.answers,
            self.reached,
            drawn,
            self.noise,
            elsewhere=self.elsewhere,
            beyond=self.beyond,
            shown=self.shown,
        )
        draws = round(heard.standing)
        if draws < fewest:
            draws = max(draws, min(1, len(heard.draws)))  # an answer remains one, whoever was reviewed since
            heard = hear(self.audit, self.answers, 0, otherwise, self.noise, beyond=self.beyond, shown=self.shown)
        return heard, len(heard.draws) or draws
