"""A review's votes in step with its store: what others add, and classes that become one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.labels import Store
from explorer.labels.history.vote_blocks import newest
from explorer.review.events import CellsChanged, Event, Events, LabelsReset, VersionsMoved, VotesChanged
from explorer.review.state import ReviewState

if TYPE_CHECKING:
    from explorer.dataset.votes import RaterVotes, Votes
    from explorer.review.raters import Raters


class VoteSync:
    """Reads votes anew where the store has others, or where their classes are others; else it costs a look.

    Emits `VotesChanged` where a rater came or went, or where one that is no person says something else. Single votes of
    people are taken up and nothing more, as those are that are given here: the scores follow at the next run.

    Parameters
    ----------
    raters
        Reads them.
    """

    def __init__(self, state: ReviewState, store: Store, raters: Raters, events: Events) -> None:
        self._state, self._store, self._raters, self._events = state, store, raters, events
        self._seen = self._blocks()
        events.subscribe(LabelsReset, lambda _: self._read())  # other items, another branch, or classes merged
        events.subscribe(CellsChanged, self._written)
        events.subscribe(VersionsMoved, self._written)

    def _blocks(self) -> tuple[str, ...]:
        backend = self._store.working_copy.backend
        with backend.lock, backend.reading():
            return tuple(block.digest for block in newest(backend.vote_blocks()))

    def _written(self, event: Event) -> None:
        """Somebody wrote to the store, here or elsewhere."""
        if isinstance(event, CellsChanged) and event.commit is not None:
            return  # this review did
        if self._blocks() != self._seen:
            self._read()

    def _read(self) -> None:
        with self._state.lock:
            before = self._state.votes
            self._seen = self._blocks()
            self._raters.refresh()
            if _differ(before, self._state.votes):
                self._events.emit(VotesChanged())


def _differ(before: Votes | None, now: Votes | None) -> bool:
    """Say whether scores that read the votes before are to be computed anew."""
    one, other = _by_name(before), _by_name(now)
    if list(one) != list(other):
        return True
    return any(not _same(one[name], other[name]) for name in one if other[name].kind != "person")


def _by_name(votes: Votes | None) -> dict[str, RaterVotes]:
    return {} if votes is None else {rater.name: rater for rater in votes.raters}


def _same(one: RaterVotes, other: RaterVotes) -> bool:
    if one is other:
        return True
    if (one.kind, one.family) != (other.kind, other.family):
        return False
    if not (np.array_equal(one.items, other.items) and np.array_equal(one.codes, other.codes)):
        return False
    sure, now = one.confidence, other.confidence
    return sure is now if sure is None or now is None else np.array_equal(sure, now, equal_nan=True)
