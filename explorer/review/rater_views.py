"""What the screens show of raters: who says what of one item, and how good each is; kept while nothing has changed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.consensus import Agreement, Consensus
from explorer.dataset.votes import Votes
from explorer.detectors.label_errors.raters import Heard, counted_votes
from explorer.detectors.protocol import Findings, Inputs
from explorer.review.blind import BlindQueue, Mode
from explorer.review.label_columns import is_settled
from explorer.review.raters import Raters
from explorer.review.scores import Scores
from explorer.review.state import ReviewState

LIKELY = 0.01
"""Least probability of a class that is shown."""


class Saying(NamedTuple):
    """What one rater, or what is shown like one, says of an item.

    Attributes
    ----------
    name, kind, family
        "person", "model", "function" or "import"; of what is no rater "neighbours" or "model".
    label
        Class code; -1 for an abstention.
    right
        How often it is right where it names that class, by the raters' consensus; NaN where that is not known.
    confidence
        As it says itself, NaN for none.
    """

    name: str
    kind: str
    family: str
    label: int
    right: float
    confidence: float


class Said(NamedTuple):
    """What is said of an item.

    Attributes
    ----------
    text
        "2 of 3 raters say dog, both of the same family".
    rows
        One a rater that saw the item, then the model and the neighbours.
    posterior
        Classes and how likely each is by the raters together, the likeliest first.
    """

    text: str
    rows: list[Saying]
    posterior: list[tuple[int, float]]


class _Figures(NamedTuple):
    """The consensus of all, with what it was made of."""

    votes: Votes
    probs: NDArray[np.float32] | None
    settled: NDArray[np.int32]
    consensus: Consensus
    agreement: Agreement


class RaterViews:
    """Answers what the screens ask of raters."""

    def __init__(self, state: ReviewState, scores: Scores, raters: Raters) -> None:
        self._state, self._scores, self._raters = state, scores, raters
        self._queues: dict[tuple[str, Mode, int, bool], BlindQueue] = {}
        self._figures: _Figures | None = None
        self._right: tuple[Heard, NDArray[np.float32], NDArray[np.float32]] | None = None

    def figures(self) -> tuple[Consensus, Agreement]:
        """Return the consensus by the best method, and how far raters agree. May take seconds; not under the lock.

        `DataError` without raters.
        """
        with self._state.lock:
            state = self._state
            votes, probs = state.votes, state.results.probs
            settled = np.where(is_settled(state.states), state.codes, np.int32(-1))
        known = self._figures
        if (
            known is None
            or known.votes is not votes
            or known.probs is not probs
            or not np.array_equal(known.settled, settled)
        ):
            consensus, agreement = self._raters.consensus(), self._raters.agreement()
            assert isinstance(agreement, Agreement)
            if votes is None:  # they came a moment ago
                return consensus, agreement
            known = self._figures = _Figures(votes, probs, settled, consensus, agreement)
        return known.consensus, known.agreement

    def asked(self, rater: str, mode: Mode, votes: int, hide_suggestion: bool) -> BlindQueue:
        """Return the queue of a rater, the same for as long as it is not ended; see `Raters.blind`."""
        key = rater.strip(), mode, votes, hide_suggestion
        with self._state.lock:  # the screen asks on threads
            if key not in self._queues:
                self._queues[key] = self._raters.blind(rater, mode=mode, votes=votes, hide_suggestion=hide_suggestion)
            return self._queues[key]

    def end(self, rater: str) -> None:
        """Let go of a rater's queues; the scores follow what was answered."""
        with self._state.lock:
            ended = [self._queues.pop(key) for key in list(self._queues) if key[0] == rater.strip()]
        for queue in ended:
            queue.close()

    def of_item(self, item: int, neighbours: list[tuple[int, int]]) -> Said | None:
        """Return what is said of an item; `None` where no rater saw it, or the votes were not weighed yet.

        Whoever calls holds the lock.

        Parameters
        ----------
        neighbours
            Labels of the item's neighbours and how many carry each, the commonest first.
        """
        votes = self._state.votes
        if votes is None or not self._scores.scored:
            return None
        with self._scores.reading() as (inputs, findings):
            result = findings.results.get("raters")
            if result is None or inputs.votes is None:
                return None
            heard: Heard = result.frozen["heard"]
            rows = _sayings(votes, item, heard, inputs.votes.names)
            if not rows:
                return None
            # As the rows have it: somebody may have answered since the scores were computed.
            said = [row for row in rows if row.label >= 0]
            families = [row.family for row in said]
            text = counted_votes(np.array([row.label for row in said], np.int32), families, self._state.classes)
            model, near = self._precision(heard, inputs, findings)
            if inputs.probs is not None and np.isfinite(inputs.probs[item]).all():
                best = int(inputs.probs[item].argmax())
                rows.append(Saying("the model", "model", "", best, _at(model, best), float(inputs.probs[item, best])))
            if neighbours and neighbours[0][0] >= 0:
                label, n = neighbours[0]
                share = n / sum(count for _, count in neighbours)
                rows.append(Saying("the neighbours", "neighbours", "", label, _at(near, label), share))
            posterior = heard.posterior[item] if heard.best[item] >= 0 else np.empty(0, dtype=np.float32)
            order = np.argsort(-posterior, kind="stable")
            likely = [(int(c), float(posterior[c])) for c in order if posterior[c] >= LIKELY]
        return Said(text, rows, likely)

    def _precision(
        self, heard: Heard, inputs: Inputs, findings: Findings
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return how often the model, and the neighbours' vote, are right where they name a class, float32 [K] each."""
        known = self._right
        if known is None or known[0] is not heard:
            model = None if inputs.probs is None else inputs.probs.argmax(axis=1).astype(np.int32)
            if model is not None and inputs.probs is not None:
                model = np.where(np.isfinite(inputs.probs[:, 0]), model, np.int32(-1))
            vote = findings.results.get("vote")
            near = None if vote is None else vote.suggestion
            known = self._right = heard, _right(heard, model), _right(heard, near)
        return known[1], known[2]


def _sayings(votes: Votes, item: int, heard: Heard, names: tuple[str, ...]) -> list[Saying]:
    """Return what each rater that saw the item says of it; `names` are those who were heard, in that order."""
    found = []
    numbers = {name: number for number, name in enumerate(names)}
    for rater in votes:
        at = int(np.searchsorted(rater.items, item))
        if at == len(rater.items) or rater.items[at] != item:
            continue
        code = int(rater.codes[at])
        number = numbers.get(rater.name)
        known = number is not None and 0 <= code < heard.right.shape[1]
        right = float(heard.right[number, code]) if known else np.nan
        sure = np.nan if rater.confidence is None else float(rater.confidence[at])
        found.append(Saying(rater.name, rater.kind, rater.family, code, right, sure))
    return found


def _right(heard: Heard, codes: NDArray[np.int32] | None) -> NDArray[np.float32]:
    """Return how often a column of labels is right where it names a class, by the consensus, float32 [K]."""
    k = heard.posterior.shape[1]
    if codes is None:
        return np.full(k, np.nan, dtype=np.float32)
    rows = np.flatnonzero((heard.best >= 0) & (codes >= 0) & (codes < k))
    said = np.bincount(codes[rows], minlength=k)
    sure = np.bincount(codes[rows], heard.posterior[rows, codes[rows]].astype(np.float64), k)
    found: NDArray[np.float32] = np.divide(sure, said, out=np.full(k, np.nan), where=said > 0).astype(np.float32)
    return found


def _at(shares: NDArray[np.float32], label: int) -> float:
    return float(shares[label]) if 0 <= label < len(shares) else np.nan
