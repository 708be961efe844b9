"""What the answers to the random sample tell: how many wrong labels are left, what drifts, and whether it helped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import DataError, ExplorerError
from explorer.estimates.errors_left import Heard, below
from explorer.estimates.results import FEWEST_DRAWS, Below, Left
from explorer.progress import Progress
from explorer.review.label_columns import is_settled
from explorer.review.levels import Levels
from explorer.review.runs import Runs
from explorer.review.sample.random_sample import RandomSample
from explorer.review.score_updates import ScoreUpdates
from explorer.review.scores import Scores
from explorer.review.state import ReviewState
from explorer.review.sync import StoreSync
from explorer.utils.numbers import check_cut

if TYPE_CHECKING:
    from explorer.estimates.drift import Drift
    from explorer.estimates.helped import Helped

NOTHING_JUDGED = "No label has been kept or changed yet, so there is nothing to judge on."
"""Why it cannot be said whether the corrections helped."""


def check_judged(states: NDArray[np.uint8], given: NDArray[np.int32], codes: NDArray[np.int32]) -> None:
    """Refuse to compare labels of which nobody has kept or changed one (`DataError`): a mark alone says no label."""
    if not is_settled(states).any() and np.array_equal(given, codes):
        raise DataError(NOTHING_JUDGED, "Keep or change some labels first.")


def check_progress(progress: object) -> None:
    """Refuse what cannot hear how far the work is (`DataError`)."""
    if progress is not None and not isinstance(progress, Progress):
        raise DataError(
            f"helped() was given {progress!r}, a {type(progress).__name__}.",
            "Call it without arguments, helped(): it compares all items that have been decided on. Its one argument is "
            "an explorer.progress.Progress, for a program that shows how far it is.",
        )


class Estimates:
    """Estimates over what people have decided on. Each reads under the state's lock, and reckons without."""

    def __init__(
        self,
        state: ReviewState,
        sync: StoreSync,
        runs: Runs,
        scores: Scores,
        sample: RandomSample,
        updates: ScoreUpdates,
    ) -> None:
        self._state = state
        self._sync = sync
        self._runs = runs
        self._scores = scores
        self._sample = sample
        self._levels = Levels(state, sample, updates)

    def left(self, *, wait: bool = True) -> Left:
        """Estimate how many wrong labels are left; see `Review.left`."""
        return self.left_and_below((), wait=wait)[0]

    def left_below(self, cut: int | None = None, *, wait: bool = True) -> Below:
        """Estimate how many wrong labels are left below a line across the ranking; see `Review.left_below`."""
        heard, draws, above = self._hear([cut], wait)
        return below(heard, above[0], draws)

    def left_and_below(self, cuts: Sequence[int | None], *, wait: bool = True) -> tuple[Left, list[Below]]:
        """Return `left()`, and `left_below()` of some lines, all of one moment and for hardly more than one of them."""
        heard, draws, above = self._hear(cuts, wait)
        found, classes = replace(heard.left(), draws=draws), self._state.classes
        if found.per_class is not None:
            names = [classes[code] for code in found.per_class.index]
            found = replace(found, per_class=found.per_class.set_axis(pd.Index(names, name="class")))
        return found, [below(heard, part, draws) for part in above]

    def drift(self, *, wait: bool = True) -> Drift:
        """Compare the last decisions with what `p_error` expected of them."""
        from explorer.estimates.drift import drift

        if wait:
            self._scores.ready()
        with self._state.lock:  # decisions are taken down under it
            baseline = self._state.baseline
            rows = [] if baseline is None else [i for i in baseline.order if np.isfinite(baseline.wrong[i])]
            if baseline is None or not rows:
                return drift([], [])
            return drift(baseline.shown[rows], baseline.wrong[rows] == 1)

    def helped(self, progress: Progress | None = None) -> Helped:
        """Compare the probe taught on the given labels with one taught on the labels now; see `Review.helped`."""
        from explorer.engine.devices import pick
        from explorer.estimates.helped import helped

        check_progress(progress)
        state = self._state
        self._sync.catch_up()
        with state.lock:
            check_judged(state.states, state.given, state.codes)
        if state.results.embedding is None:
            self._runs.need("embed")
            self._sync.catch_up()
        with state.lock:
            embedding, classes = state.results.embedding, state.classes
            if embedding is None or len(embedding.vectors) != len(state.codes):
                raise ExplorerError("There is no embedding.", "See review.status.")
            # Codes of a class that was merged into another read as that one's: nobody corrected these labels.
            vectors, before, after = embedding.vectors, state.given.copy(), state.codes.copy()
            settled, count = is_settled(state.states), max(1, len(classes))
            options, ids = state.options, state.dataset.item_ids
        device = str(pick(options.device)[0])
        found = helped(vectors, before, after, settled, count, options.seed, progress, device)
        found = replace(found, lost_items=tuple(str(ids[i]) for i in found.lost_at))
        table = found.per_class
        return replace(found, per_class=table.set_axis(pd.Index(classes, name="class"))) if classes else found

    def _hear(self, cuts: Sequence[int | None], wait: bool) -> tuple[Heard, int, tuple[NDArray[np.bool_], ...]]:
        """Return what the audit has heard, how many answers that is, and which items are above each line, bool [N]."""
        if wait:
            self._scores.ready()
        with self._state.lock:
            self._sample.current()  # says that there are no scores, where there are none
            reading = self._sample.reading([self._above(cut) for cut in cuts])
        return (*reading.heard(FEWEST_DRAWS), reading.above)

    def _above(self, cut: int | None) -> NDArray[np.bool_]:
        """Return which items are above a line across the ranking, bool [N]."""
        combined = self._state.results.combined
        assert combined is not None  # since there is a sample
        if cut is None:
            return combined.is_issue.copy()
        above = np.zeros(len(combined.p_error), dtype=bool)
        above[self._scores.ranking()[: check_cut(cut, len(above))]] = True
        return above
