"""Whether removing the worst labels of a review would help a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.errors import ExplorerError, UnknownName
from explorer.progress import Progress
from explorer.review.estimates import check_progress
from explorer.review.label_columns import is_settled
from explorer.review.runs import Runs
from explorer.review.scores import Scores
from explorer.review.state import ReviewState
from explorer.review.sync import StoreSync

if TYPE_CHECKING:
    from explorer.estimates.removal import Removal

MODES = ("relabel", "remove")
"""What `Review.helped` compares with the given labels."""


def check_mode(mode: str) -> str:
    """Return a mode of `Review.helped`; `UnknownName` if there is none of that name."""
    if mode not in MODES:
        raise UnknownName("mode", mode, MODES)
    return mode


class Removals:
    """Compares models taught with and without the worst labels. Reads under the state's lock, and reckons without."""

    def __init__(self, state: ReviewState, sync: StoreSync, runs: Runs, scores: Scores) -> None:
        self._state = state
        self._sync = sync
        self._runs = runs
        self._scores = scores

    def curve(self, progress: Progress | None = None) -> Removal:
        """Return accuracy against the share removed; see `Review.helped`."""
        from explorer.engine.devices import pick
        from explorer.estimates.removal import removal

        check_progress(progress)
        self._scores.ready()
        state = self._state
        if state.results.embedding is None:
            self._runs.need("embed")
            self._sync.catch_up()
        with state.lock:
            embedding, combined = state.results.embedding, state.results.combined
            if embedding is None or combined is None or len(embedding.vectors) != len(state.codes):
                raise ExplorerError("There is no embedding.", "See review.status.")
            vectors, given, now = embedding.vectors, state.given.copy(), state.codes.copy()
            suspicion, settled = combined.p_error.copy(), is_settled(state.states)
            count, options = max(1, len(state.classes)), state.options
        device = str(pick(options.device)[0])
        return removal(vectors, given, now, suspicion, settled, count, options.seed, progress, device)
