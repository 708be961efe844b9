"""What the level of `p_error` is reckoned from, read at one moment, and who asks and answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.estimates.level import Level, Population
from explorer.estimates.level_posterior import FEWEST, posterior
from explorer.estimates.results import FEWEST_DRAWS
from explorer.review.baseline import Baseline
from explorer.review.sample.reading import AuditReading
from explorer.utils.logits import clipped_logit

if TYPE_CHECKING:
    from explorer.detectors import Inputs
    from explorer.detectors.combine.feedback import Taught


@dataclass(frozen=True, eq=False)
class Question:
    """What a level is reckoned from, read at one moment under the state's lock; reckoned with without it.

    Attributes
    ----------
    rows, answers
        intp [n]: positions of the random checks with an answer; float64 [n]: 1 where the label was found wrong, else 0.
    p_error
        float32 [N]: `p_error` before it is levelled.
    held
        float32 [n]: that of the rows, by what was learnt from others; NaN where it is not known.
    reading
        What the audit says of what is left.
    by_row
        float32 [N]: `p_error` in the order of the reading's rows; `held` is not in it, since it is of what is decided.
    """

    rows: NDArray[np.intp]
    answers: NDArray[np.float64]
    p_error: NDArray[np.float32]
    held: NDArray[np.float32]
    reading: AuditReading | None
    by_row: NDArray[np.float32]

    def level(self) -> Level:
        """Reckon it. Costs O(N)."""
        if self.reading is None:
            return Level()
        p_error = self.p_error.astype(np.float64)
        p_error[self.rows] = np.where(np.isnan(self.held), p_error[self.rows], self.held)
        known = np.isfinite(p_error)
        everybody = Population(clipped_logit(p_error[known]))
        heard = known[self.rows]
        rows, answers = self.rows[heard], self.answers[heard]
        level = self._within(posterior(everybody, clipped_logit(p_error[rows]), answers), self.reading)
        if len(rows) < FEWEST:
            return level
        return Level(level.slope, level.shift, everybody.best_cut(level))

    def _within(self, level: Level, reading: AuditReading) -> Level:
        """Return the level at which what is left lies within the interval of the audit, which rests on no model."""
        heard, _ = reading.heard(FEWEST_DRAWS)
        if heard.basis != "audit":
            return level
        low, high = heard.ends
        rest = Population(clipped_logit(self.by_row[heard.open & np.isfinite(self.by_row)].astype(np.float64)))
        left = rest.total(level)
        if low <= left <= high:
            return level
        return rest.reaching(min(max(left, low), high), level.slope)


class Leveller(Protocol):
    """Who knows the level. Both are called under the state's lock; `Question.level` is not."""

    def ask(self, baseline: Baseline, taught: Taught | None, inputs: Inputs) -> Question | None:
        """Return what the level is to be reckoned from; `None` where it stays."""

    def put(self, asked: Question, level: Level) -> None:
        """Bring everything to the level that was reckoned."""

    def forget(self) -> None:
        """What was asked has no answer: ask it anew the next time."""
