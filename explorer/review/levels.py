"""The level of `p_error` follows the answers to the random checks, at once and for everything that is read from it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from explorer.errors import ExplorerError
from explorer.estimates.level import Level
from explorer.review.baseline import Baseline
from explorer.review.events import LevelChanged, SampleChanged, ScoresChanged
from explorer.review.level_question import Question
from explorer.review.sample.random_sample import RandomSample
from explorer.review.score_updates import ScoreUpdates
from explorer.review.state import ReviewState

log = logging.getLogger("explorer")

if TYPE_CHECKING:
    from explorer.detectors import Inputs
    from explorer.detectors.combine.feedback import Taught


class Levels:
    """Sets the level that the answers tell of.

    Reading and setting happen under the state's lock. In between, after a decision, nobody holds it: what is summed
    over all items keeps no other decision waiting.
    """

    def __init__(self, state: ReviewState, sample: RandomSample, updates: ScoreUpdates) -> None:
        self._state = state
        self._sample = sample
        self._updates = updates
        self._events = updates.events
        self._of: tuple[object, ...] = ()
        self._asked: Question | None = None
        self._busy = self._quiet = False
        updates.level_by(self)
        self._events.subscribe(SampleChanged, lambda _: updates.relevel())
        self._events.subscribe(ScoresChanged, self._scores_changed)

    def _scores_changed(self, event: ScoresChanged) -> None:
        # After its own changes `ScoreUpdates` asks by itself, once everybody has been told of them. Whoever hears that
        # all scores are others reads them anew, after this, and need not be told of the level besides.
        if event.rows is None and not isinstance(event, LevelChanged) and not self._updates.here:
            self._quiet = True
            try:
                self._updates.relevel()
            finally:
                self._quiet = False

    def ask(self, baseline: Baseline, taught: Taught | None, inputs: Inputs) -> Question | None:
        """Return what the level is to be reckoned from; `None` where nothing has changed since it was last asked."""
        if self._busy:
            return None
        self._busy = True
        try:
            asked = self._question(baseline, taught, inputs)
        finally:
            self._busy = False
        if asked is not None:
            self._asked = asked
        return asked

    def put(self, asked: Question, level: Level) -> None:
        """Bring everything to a level, unless something else was asked since."""
        if asked is self._asked and level != self._state.level:
            self._state.set_level(level)
            if not self._quiet:
                self._events.emit(LevelChanged(self._state.version, level=level))

    def forget(self) -> None:
        """What was asked has no answer: it is asked anew the next time."""
        self._of = ()

    def _question(self, baseline: Baseline, taught: Taught | None, inputs: Inputs) -> Question | None:
        state = self._state
        try:
            sample, rows, answers = self._sample.answered()
        except ExplorerError:
            return None  # no scores
        except Exception:  # whoever asks for the sample is told; the scores stand, at the level that they have
            log.exception("The random checks could not be read, so the level stays as it is.")
            return None
        combined = state.results.combined
        nothing = np.empty(0, np.float32)
        if combined is None or combined.model is None or not len(rows):
            self._of = ()
            return Question(rows, answers, nothing, nothing, None, nothing)
        now = (sample, state.scored, taught, rows.tobytes(), answers.tobytes())
        if now == self._of:
            return None
        self._of = now
        assert state.levelless is not None
        p_error = state.levelless.p_error.copy()
        held = baseline.held(rows, taught, inputs)
        return Question(rows, answers, p_error, held, self._sample.reading(), self._sample.by_row(p_error))
