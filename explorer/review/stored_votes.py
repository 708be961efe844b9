"""The votes of a label store as a review has them: read as a whole, and from then on followed one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from explorer.dataset.dataset import Dataset
from explorer.dataset.votes import RaterKind, RaterVotes, Votes, checked_kind
from explorer.labels import Store, VoteDraft
from explorer.labels.history import vote_blocks
from explorer.review.rater_blocks import draft_of, not_taken_away, read_block
from explorer.review.state import ReviewState

NOBODY = np.empty(0, dtype=np.int32)


class Answer(NamedTuple):
    """A vote that came by itself; the code of an abstention is -1, no confidence is NaN."""

    rater: str
    kind: RaterKind
    position: int
    code: int
    confidence: float


class StoredVotes:
    """Keeps `state.votes` in step with a store.

    Parameters
    ----------
    state
        `state.votes` is written to.
    bound
        The dataset as it was read. Votes that it brings are stored, once.

    Attributes
    ----------
    readings
        How often all was read anew; the answers are those since.
    answers
        What came one by one, oldest first.
    begun
        Ids of the items that somebody was asked about by this review, with the two classes of a choice: scores move
        with the answers, and the others are to be asked the same.
    """

    def __init__(self, state: ReviewState, store: Store, bound: Dataset) -> None:
        self._state, self._store = state, store
        self._unstored: tuple[RaterVotes, ...] = ()
        self._last = 0
        self._news = False
        self.readings, self.answers = 0, list[Answer]()
        self.begun: dict[str, tuple[str, str] | None] = {}
        if bound.votes is not None:
            self._bind(bound, bound.votes)
        self.refresh()

    def write(self, drafts: Sequence[VoteDraft]) -> None:
        """Store votes, and read all anew."""
        with self._state.lock:
            self._store.add_vote_blocks(drafts)
            self.refresh()
            self._news = False

    def take_away(self, rater: RaterVotes) -> None:
        """Store that a rater has no votes any more."""
        self._unstored = tuple(one for one in self._unstored if one.name != rater.name)
        self.write([VoteDraft(rater.name, [], [], rater.kind, rater.family)])

    def record(self, name: str, position: int, code: int, confidence: float) -> None:
        """Store one vote beside those that the rater gave before; a rater who is new is a person. Costs O(1)."""
        state = self._state
        with state.lock:
            item, label = str(state.dataset.item_ids[position]), None if code < 0 else state.classes[code]
            sure = None if math.isnan(confidence) else [confidence]
            self.follow()  # what others wrote is news, the own vote is none
            before = self._news
            self._store.add_vote_blocks([VoteDraft(name, [item], [label], "person", "", sure, keep=True)])
            self.follow()
            self._news = before

    def follow(self) -> None:
        """Take up what was written since, here or elsewhere. Costs one look where nothing was, else as much as was."""
        state = self._state
        with state.lock:
            found = vote_blocks.news(self._store, self._last)
            if found.votes is None:
                self.refresh()
                return
            if found.votes and any(name not in state.classes for _, _, name, _ in found.votes if name is not None):
                state.labels.load_classes()
            for block, item, name, confidence in found.votes:
                position = state.dataset.place(item)
                if position is None:
                    continue
                code, kind = -1 if name is None else state.classes.index(name), checked_kind(block.kind)
                rater = RaterVotes(block.rater, kind, block.family, NOBODY, NOBODY)
                state.take_answer(rater, position, code, confidence)
                self.answers.append(Answer(block.rater, kind, position, code, confidence))
                self._news |= kind != "person"
            self._last = found.last

    def news(self) -> bool:
        """Say, once, whether there are votes since the last time for which scores are to be computed anew.

        That is so where a rater came or went, or where one that is no person says something else: what people say one
        by one is heard at the next run. What `write` stored is known to whoever called it.
        """
        found, self._news = self._news, False
        return found

    def refresh(self) -> None:
        """Read all votes of the store."""
        state = self._state
        with state.lock:
            self._last = vote_blocks.last_of(self._store)
            standing = vote_blocks.standing(self._store)
            index = pd.Index(state.dataset.item_ids if standing else [], dtype=object)
            found = [read_block(state, one, index) for one in standing]
            stored = {one.name for one in found}
            found += [one for one in self._unstored if one.name not in stored]
            before = state.votes if self.readings else None
            state.votes = Votes(tuple(found), len(state.dataset)) if found else None
            self._news |= self.readings > 0 and _differ(before, state.votes)
            self.readings, self.answers = self.readings + 1, []

    def _bind(self, bound: Dataset, votes: Votes) -> None:
        """Store the votes that a dataset brings, but for those that the store has, or that somebody took away."""
        if self._store.read_only:
            order = np.append(np.arange(len(bound.classes), dtype=np.int32), np.int32(-1))
            self._unstored = votes.recoded(self._state.labels.reading(order)).raters
            return
        drafts = [draft_of(one, bound.item_ids, bound.classes) for one in votes]
        kept = not_taken_away(drafts, self._store.vote_blocks())
        if kept:
            self._store.add_vote_blocks(kept)


def _differ(before: Votes | None, now: Votes | None) -> bool:
    """Say whether another rater is there, or one that is no person says something else."""
    one, other = _by_name(before), _by_name(now)
    if list(one) != list(other):
        return True
    return any(not _same(one[name], other[name]) for name in one if other[name].kind != "person")


def _by_name(votes: Votes | None) -> dict[str, RaterVotes]:
    return {} if votes is None else {rater.name: rater for rater in votes.raters}


def _same(one: RaterVotes, other: RaterVotes) -> bool:
    if (one.kind, one.family) != (other.kind, other.family):
        return False
    if not (np.array_equal(one.items, other.items) and np.array_equal(one.codes, other.codes)):
        return False
    sure, now = one.confidence, other.confidence
    return sure is now if sure is None or now is None else np.array_equal(sure, now, equal_nan=True)
