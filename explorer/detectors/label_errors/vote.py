"""Neighbour vote: what the nearest items are called, weighted by how near they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.compiled import neighbours
from explorer.detectors.incremental import Change
from explorer.detectors.label_state import LabelState, label_state
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.progress import Progress

NEIGHBOURS = 30
"""Neighbours that vote: the nearest of the graph's."""

SQUARINGS = 2
"""A vote weighs similarity to the power of 4: squared twice."""

CELLS = 2**22
"""Most cells of votes [rows, K] held at once."""


@shipped
class Vote:
    """Neighbour vote: the formula, when to trust it and its sources are in `pages/vote.md`."""

    name = "vote"
    title = "Neighbour vote"
    issue = "label"
    needs: frozenset[Need] = frozenset({"graph"})
    exact = True
    weight = 0.5
    floor = 0.01

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Let the neighbours of every item vote."""
        score = np.full(inputs.n, np.nan, dtype=np.float32)
        suggestion = np.full(inputs.n, -1, dtype=np.int32)
        seen = label_state(inputs)
        block = max(1, CELLS // max(1, inputs.n_classes))
        for start in range(0, inputs.n, block):
            rows = np.arange(start, min(start + block, inputs.n))
            score[rows], suggestion[rows] = _score(inputs, Change(rows), seen)
            progress.check()
        return Result(score, suggestion, frozen={"seen": seen})

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Vote again where the item or one of its voters changed; nothing is frozen, so this is a full run's result."""
        assert result.suggestion is not None
        seen, change = result.frozen["seen"].follow(inputs, changed)
        score, suggestion = result.own(result.score), result.own(result.suggestion)
        score[change.rows], suggestion[change.rows] = _score(inputs, change, seen)
        return result.updated(change, score=score, suggestion=suggestion, frozen={"seen": seen})

    def opinion(self, inputs: Inputs, _result: Result, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the shares of the vote."""
        return even_where_mute(*_heard(inputs, Change(rows)), inputs, rows)

    def explain(self, item: int, inputs: Inputs, _result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Count the labels of all the neighbours: "46 of 50 nearest say 7, none 3"."""
        assert inputs.graph is not None
        labels = inputs.labels[inputs.graph.near(item)]
        nearest = "nearest" if inputs.graph.measured else "linked items"
        if not len(labels):
            return [Reason("neighbours", "linked to no other item", 0.0)]
        counts = np.bincount(labels[labels >= 0], minlength=inputs.n_classes)
        if not counts.sum():
            return [Reason("neighbours", f"none of the {len(labels)} {nearest} has a label", 0.0)]
        given = int(inputs.labels[item])
        best = int(counts.argmax())
        text = f"{counts[best]} of {len(labels)} {nearest} say {classes[best]}"
        if given >= 0 and best != given:
            text += f", {int(counts[given]) or 'none'} {classes[given]}"
        elif given >= 0 and counts[best] < counts.sum():
            second = int(np.argsort(-counts, kind="stable")[1])
            text += f", {counts[second]} {classes[second]}"
        return [Reason("neighbours", text, float(counts[best] / len(labels)))]


def shares(inputs: Inputs, rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return each class's share of the weighted votes, float32 [rows, K]; zeros where no neighbour has a label."""
    return _heard(inputs, Change(rows))[0]


def compared(inputs: Inputs, change: Change) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    """Return how the vote on some items compares with their labels, and the strongest class; not to be written to.

    Returns
    -------
    lead
        float32 [rows]: the strongest other class's share minus the label's; NaN where unlabelled.
    angle
        float32 [rows]: 1 − cosine of vote and label; NaN where unlabelled and where nobody votes.
    best
        int32 [rows]: the class with the largest share, -1 where nobody votes.
    """
    return inputs.shared.of(change, "compared", lambda: _compared(inputs, change))


def _compared(inputs: Inputs, change: Change) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    rows = change.rows
    lead, angle, best = np.empty(len(rows), np.float32), np.empty(len(rows), np.float32), np.empty(len(rows), np.int32)
    neighbours.compare_votes(inputs.labels, rows, _heard(inputs, change)[0], lead, angle, best)
    return lead, angle, best


def _heard(inputs: Inputs, change: Change) -> tuple[NDArray[np.float32], int]:
    """Return the shares, and for how many items nobody votes."""
    assert inputs.graph is not None
    similarity, rows = inputs.graph.similarity, change.rows
    return inputs.shared.of(change, "shares", lambda: count_votes(inputs, similarity, rows, NEIGHBOURS, SQUARINGS))


def count_votes(
    inputs: Inputs, weight: NDArray[np.float32], rows: NDArray[np.intp], voters: int, squarings: int = 0
) -> tuple[NDArray[np.float32], int]:
    """Return each class's share of the weight of an item's first voters, and how many items have none.

    Parameters
    ----------
    weight
        float32 [N, k]: of each neighbour's vote, squared so many times.
    rows
        Positions of the items.

    Returns
    -------
    shares
        float32 [rows, K]; zeros where nobody votes.
    mute
        For how many of `rows` nobody votes.
    """
    assert inputs.graph is not None
    found = np.empty((len(rows), inputs.n_classes), np.float32)
    width = min(voters, inputs.graph.k)
    mute = neighbours.count_votes(inputs.labels, inputs.graph.indices, weight, rows, width, squarings, found)
    return found, mute


def even_where_mute(
    opinion: NDArray[np.float32], mute: int, inputs: Inputs, rows: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Make an opinion of neighbours even where they cannot know: none is labelled, or the item is alone in its class.

    Nobody could confirm the label of the only item of its class, so that nobody confirms it says nothing. `mute` says
    of how many items the opinion is zero.
    """
    seen = label_state(inputs)
    if not mute and not seen.singles:
        return opinion
    silent = np.logical_not(opinion.any(axis=1)) | seen.alone(rows)
    result: NDArray[np.float32] = np.where(silent[:, None], np.float32(1 / inputs.n_classes), opinion)
    return result


def _score(inputs: Inputs, change: Change, seen: LabelState) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    score, _, best = compared(inputs, change)
    if seen.singles:
        score = np.where(seen.alone(change.rows), np.float32(np.nan), score)
    return score, best
