"""The level of `p_error` follows the answers to the random checks, at once and for everything that is read from it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.errors import ExplorerError
from explorer.estimates.level import Level, Population
from explorer.estimates.level_posterior import FEWEST, posterior
from explorer.estimates.results import FEWEST_DRAWS
from explorer.review.baseline import Baseline
from explorer.review.events import LevelChanged, SampleChanged, ScoresChanged
from explorer.review.sample.random_sample import RandomSample
from explorer.review.score_updates import ScoreUpdates
from explorer.review.state import ReviewState
from explorer.utils.logits import clipped_logit

log = logging.getLogger("explorer")

if TYPE_CHECKING:
    from explorer.detectors import Inputs
    from explorer.detectors.combine.feedback import Taught


class Levels:
    """Sets the level that the answers tell of. Everything of it happens under the state's lock."""

    def __init__(self, state: ReviewState, sample: RandomSample, updates: ScoreUpdates) -> None:
        self._state = state
        self._sample = sample
        self._updates = updates
        self._events = updates.events
        self._of: tuple[object, ...] = ()
        self._busy = self._quiet = False
        updates.level_by(self._follow)
        self._events.subscribe(SampleChanged, lambda _: updates.relevel())
        self._events.subscribe(ScoresChanged, self._scores_changed)

    def _scores_changed(self, event: ScoresChanged) -> None:
        # After some rows `ScoreUpdates` asks by itself, once everybody has been told of them. Whoever hears that all
        # scores are others reads them anew, after this, and need not be told of the level besides.
        if event.rows is None and not isinstance(event, LevelChanged):
            self._quiet = True
            try:
                self._updates.relevel()
            finally:
                self._quiet = False

    def _follow(self, baseline: Baseline, taught: Taught | None, inputs: Inputs) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            level = self._level(baseline, taught, inputs)
            if level is not None and level != self._state.level:
                self._state.set_level(level)
                if not self._quiet:
                    self._events.emit(LevelChanged(self._state.version, level=level))
        finally:
            self._busy = False

    def _level(self, baseline: Baseline, taught: Taught | None, inputs: Inputs) -> Level | None:
        """Return the level; `None` where nothing has changed since it was last reckoned."""
        state = self._state
        try:
            sample, rows, answers = self._sample.answered()
        except ExplorerError:
            return None  # no scores
        except Exception:  # whoever asks for the sample is told; the scores stand, at the level that they have
            log.exception("The random checks could not be read, so the level stays as it is.")
            return None
        combined = state.results.combined
        if combined is None or combined.model is None or not len(rows):
            self._of = ()
            return Level()
        now = (sample, state.scored, taught, rows.tobytes(), answers.tobytes())
        if now == self._of:
            return None
        self._of = now
        return self._reckoned(baseline, taught, inputs, rows, answers)

    def _reckoned(
        self,
        baseline: Baseline,
        taught: Taught | None,
        inputs: Inputs,
        rows: NDArray[np.intp],
        answers: NDArray[np.float64],
    ) -> Level:
        state = self._state
        assert state.levelless is not None
        p_error = state.levelless.p_error.astype(np.float64)
        held = baseline.held(rows, taught, inputs).astype(np.float64)
        p_error[rows] = np.where(np.isnan(held), p_error[rows], held)
        known = np.isfinite(p_error)
        everybody = Population(clipped_logit(p_error[known]))
        heard = known[rows]
        rows, answers = rows[heard], answers[heard]
        level = posterior(everybody, clipped_logit(p_error[rows]), answers)
        level = self._within(level, p_error)
        if len(rows) < FEWEST:
            return level
        return Level(level.slope, level.shift, everybody.best_cut(level))

    def _within(self, level: Level, p_error: NDArray[np.float64]) -> Level:
        """Return the level at which what is left lies within the interval of the audit, which rests on no model."""
        heard, _ = self._sample.reading().heard(FEWEST_DRAWS)
        if heard.basis != "audit":
            return level
        low, high = heard.ends
        by_row = self._sample.by_row(p_error)
        rest = Population(clipped_logit(by_row[heard.open & np.isfinite(by_row)]))
        left = rest.total(level)
        if low <= left <= high:
            return level
        return rest.reaching(min(max(left, low), high), level.slope)
