"""The queue of a review: the suspects that are open, with draws of the random sample mixed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.review.mixed_queue import QueuePlaces
from explorer.review.sample.random_sample import RandomSample
from explorer.review.sample.rate import every
from explorer.review.scores import Scores
from explorer.review.state import ReviewState

if TYPE_CHECKING:
    import pandas as pd


class Queue:
    """The items to be decided on, in order. It keeps the places where it showed draws of the sample."""

    def __init__(self, state: ReviewState, scores: Scores, sample: RandomSample) -> None:
        self._state = state
        self._scores = scores
        self._sample = sample
        self._places = QueuePlaces()
        self._of = ""  # the sample whose draws have these places

    def table(self) -> pd.DataFrame:
        """Return the queue; see `Review.queue`."""
        self._scores.ready()
        state, scores = self._state, self._scores
        with state.lock:
            ranked = scores.ranking()
            combined = state.results.combined
            assert combined is not None  # since there is a ranking
            sample, decided = self._sample.current(), state.decided()
            if sample.frame.id != self._of:
                self._places, self._of = QueuePlaces(), sample.frame.id
            suspects = ranked[combined.is_issue[ranked]]
            order, drawn = self._places.mixed(suspects, sample.draws(), every(self._sample.rate), decided)
            open_ = ~decided[order]
            place = np.empty(len(ranked), dtype=np.intp)
            place[ranked] = np.arange(len(ranked))
            return scores.listed(place[order[open_]]).assign(drawn=drawn[open_])
