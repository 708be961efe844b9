"""Neighbour vote: what the nearest items are called, weighted by how near they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import detector
from explorer.progress import Progress

NEIGHBOURS = 30
"""Neighbours that vote: the nearest of the graph's."""

POWER = 4
"""A vote weighs similarity to this power."""

CELLS = 2**22
"""Most cells of votes [rows, K] held at once."""


@detector
class Vote:
    """Suspicion is the share of the strongest other class minus the share of the given one, in [-1, 1].

    References
    ----------
    Zhu, Dong, Liu: Detecting corrupted labels without training a model to predict (ICML 2022).
    """

    name = "vote"
    issue = "label"
    needs: frozenset[Need] = frozenset({"graph"})
    weight = 0.5
    floor = 0.01

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Let the neighbours of every item vote."""
        score = np.full(inputs.n, np.nan, dtype=np.float32)
        suggestion = np.full(inputs.n, -1, dtype=np.int32)
        block = max(1, CELLS // max(1, inputs.n_classes))
        for start in range(0, inputs.n, block):
            rows = np.arange(start, min(start + block, inputs.n))
            score[rows], suggestion[rows] = _score(inputs, rows)
            progress.check()
        return Result(score, suggestion)

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Vote again where the item or one of its voters changed; nothing is frozen, so this is a full run's result."""
        again = reached(inputs, changed)
        score, suggestion = result.score.copy(), np.array(result.suggestion)
        score[again], suggestion[again] = _score(inputs, again)
        return replace(result, score=score, suggestion=suggestion)

    def opinion(self, inputs: Inputs, _result: Result, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the shares of the vote."""
        return even_where_mute(shares(inputs, rows), inputs, rows)

    def explain(self, item: int, inputs: Inputs, _result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Count the labels of all the neighbours: "46 of 50 neighbours say 7, none says 3"."""
        assert inputs.graph is not None
        labels = inputs.labels[inputs.graph.indices[item]]
        counts = np.bincount(labels[labels >= 0], minlength=inputs.n_classes)
        if not counts.sum():
            return [Reason("neighbours", f"none of the {len(labels)} neighbours has a label", 0.0)]
        given = int(inputs.labels[item])
        best = int(counts.argmax())
        text = f"{counts[best]} of {len(labels)} neighbours say {classes[best]}"
        if given >= 0 and best != given:
            own = int(counts[given])
            text += f", {'none says' if own == 0 else 'one says' if own == 1 else f'{own} say'} {classes[given]}"
        elif given >= 0 and counts[best] < counts.sum():
            second = int(np.argsort(-counts, kind="stable")[1])
            text += f", {counts[second]} {'says' if counts[second] == 1 else 'say'} {classes[second]}"
        return [Reason("neighbours", text, float(counts[best] / len(labels)))]


def shares(inputs: Inputs, rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return each class's share of the weighted votes, float32 [rows, K]; zeros where no neighbour has a label."""
    assert inputs.graph is not None
    weight = np.maximum(inputs.graph.similarity[rows, :NEIGHBOURS], 0) ** POWER
    return count_votes(inputs.labels[inputs.graph.indices[rows, :NEIGHBOURS]], weight, inputs.n_classes)


def count_votes(labels: NDArray[np.int32], weight: NDArray[np.float32], n_classes: int) -> NDArray[np.float32]:
    """Return each class's share of the weight, float32 [rows, K], from labels and weights [rows, voters]."""
    rows = len(labels)
    cell = np.arange(rows)[:, None] * n_classes + np.maximum(labels, 0)
    votes = np.bincount(cell.ravel(), np.where(labels >= 0, weight, 0).ravel(), minlength=rows * n_classes)
    votes = votes.reshape(rows, n_classes)
    result: NDArray[np.float32] = (votes / np.maximum(votes.sum(axis=1, keepdims=True), 1e-9)).astype(np.float32)
    return result


def even_where_mute(opinion: NDArray[np.float32], inputs: Inputs, rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Make an opinion of neighbours even where they cannot know: none is labelled, or the item is alone in its class.

    Nobody could confirm the label of the only item of its class, so that nobody confirms it says nothing.
    """
    mute = ~opinion.any(axis=1) | alone(inputs, rows)
    result: NDArray[np.float32] = np.where(mute[:, None], np.float32(1 / inputs.n_classes), opinion)
    return result


def alone(inputs: Inputs, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Say which items are the only ones of their given class, bool [rows]."""
    counts = np.bincount(inputs.labels[inputs.labelled], minlength=inputs.n_classes)
    labels = inputs.labels[rows]
    result: NDArray[np.bool_] = (labels >= 0) & (counts[labels] == 1)
    return result


def reached(inputs: Inputs, changed: Sequence[int] | NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the items whose opinions may be others after these changed their labels: they, and those next to them."""
    touched = [np.asarray(changed, dtype=np.intp)]
    if inputs.graph is not None:
        touched += [inputs.graph.pointing_at(int(item))[0].astype(np.intp) for item in changed]
    # The size of a class is read only where it is one. So few changes cannot have made a larger one of such.
    counts = np.bincount(inputs.labels[inputs.labelled], minlength=inputs.n_classes)
    touched.append(np.flatnonzero(inputs.labelled & (counts[inputs.labels] <= len(changed) + 1)))
    return np.unique(np.concatenate(touched))


def _score(inputs: Inputs, rows: NDArray[np.intp]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    votes = shares(inputs, rows)
    labels = inputs.labels[rows]
    each = np.arange(len(rows))
    suggestion = np.where(votes.any(axis=1), votes.argmax(axis=1), -1).astype(np.int32)
    own = votes[each, labels].copy()
    votes[each, labels] = -1
    other = votes.max(axis=1) if votes.shape[1] > 1 else np.zeros(len(rows), np.float32)
    judged = (labels >= 0) & ~alone(inputs, rows)
    return np.where(judged, other - own, np.nan).astype(np.float32), suggestion
