"""KNN-Shapley: what each item is worth to a nearest-neighbour classifier, and whom it misleads."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.compiled import neighbours
from explorer.detectors.incremental import Change, Later, distinct
from explorer.detectors.label_state import LabelState, label_state
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.graph import NeighbourGraph
from explorer.progress import Progress

VOTERS = 5
"""K of the classifier that the values are about: the K nearest vote."""

GRAIN = 2.0**-26
"""Values are multiples of this, so that their sums are exact in float64 in whatever order they are made."""

LISTED = 100
"""Up to this many classes the mean value of each is listed in the summary."""


@shipped
class Shapley:
    """KNN-Shapley: the formula, when to trust it and its sources are in `pages/shapley.md`."""

    name = "shapley"
    title = "KNN-Shapley"
    issue = "label"
    needs: frozenset[Need] = frozenset({"graph"})
    measures = True
    exact = True

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Let every item value its neighbours."""
        assert inputs.distances is not None
        seen, everyone = label_state(inputs), np.arange(inputs.n)
        value, weight = np.zeros(inputs.n), np.zeros(inputs.n)
        _give(seen, seen, inputs.distances, everyone, value, weight, anew=True)
        progress.check()
        score, share = _scores(value, weight, seen.judged(everyone))
        frozen = {"seen": seen, "value": value, "weight": weight}
        summary = Later(_summary, value, seen)
        return Result(score, columns={"shapley_share": share}, frozen=frozen, summary=summary)

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Take back what the changed items and those near to them gave their neighbours, and give it anew.

        Sums are exact, so this is a full run's result to the bit.
        """
        assert inputs.distances is not None
        before: LabelState = result.frozen["seen"]
        seen, change = before.follow(inputs, changed)
        givers = change.rows
        value, weight = result.own(result.frozen["value"]), result.own(result.frozen["weight"])
        rows = distinct(givers, _give(before, seen, inputs.distances, givers, value, weight))
        score, share = result.own(result.score), result.own(result.columns["shapley_share"])
        score[rows], share[rows] = _scores(value[rows], weight[rows], seen.judged(rows))
        return result.updated(
            Change(rows),
            score=score,
            columns={"shapley_share": share},
            frozen={"seen": seen, "value": value, "weight": weight},
            summary=Later(_summary, value, seen),
        )

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Count who has it among the nearest, and how many of those are labelled otherwise."""
        assert inputs.distances is not None
        if not result.score[item] > 0:
            return []
        rows, slots = inputs.distances.pointing_at(item)
        labels = inputs.labels[rows[(slots < 2 * VOTERS) & (inputs.labels[rows] >= 0)]]
        against = int((labels != inputs.labels[item]).sum())
        if not against:
            return []
        given, count = classes[inputs.labels[item]], len(labels)
        if count == 1:
            text = f"the one item that has it among its nearest is not labelled {given}"
        elif against == count:
            text = f"none of the {count} items that have it among their nearest is labelled {given}"
        else:
            text = f"{against} of the {count} items that have it among their nearest are not labelled {given}"
        return [Reason(self.name, text, float(result.score[item]))]


@functools.cache
def coefficients(k: int, complete: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what a matching neighbour earns itself, and what it adds to all nearer ones, by rank.

    Summed by parts, the recursion is s_t = m_t·c_t + Σ_{u > t} m_u·d_u with c_u = min(K, u)/(K·u) and
    d_u = c_u − c_{u−1}. The last stored neighbour has c = 0, unless the graph is complete.

    Returns
    -------
    tuple
        c and d, float64 [k + 1, k + 1] each: row n for n labelled neighbours, column u for rank u (column 0 is 0).
    """
    rank = np.arange(1, k + 1)
    inside = rank <= np.arange(k + 1)[:, None]
    earned = np.zeros((k + 1, k + 1))
    earned[:, 1:] = inside * np.round(np.minimum(VOTERS, rank) / (VOTERS * rank) / GRAIN) * GRAIN
    if not complete:
        np.fill_diagonal(earned, 0)
    passed = np.zeros_like(earned)
    passed[:, 2:] = inside[:, 1:] * (earned[:, 2:] - earned[:, 1:-1])
    return earned, passed


def _give(
    before: LabelState,
    after: LabelState,
    graph: NeighbourGraph,
    givers: NDArray[np.intp],
    value: NDArray[np.float64],
    weight: NDArray[np.float64],
    *,
    anew: bool = False,
) -> NDArray[np.intp]:
    """Add what some items give their neighbours to their sums, less what they gave `before` unless it is all `anew`.

    Returns
    -------
    numpy.ndarray
        To whom it made a difference, some more than once; nobody is named where it is all anew.
    """
    moved = np.empty(0 if anew else len(givers) * graph.k, np.intp)
    earned, passed = coefficients(graph.k, graph.k == graph.n - 1)
    count = neighbours.give_values(
        before.labels, after.labels, anew, graph.indices, givers, earned, passed, value, weight, moved
    )
    return moved[:count]


def _scores(
    value: NDArray[np.float64], weight: NDArray[np.float64], judged: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    mean = np.divide(value, weight, out=np.zeros(len(value)), where=weight > 0)
    score, share = (-value).astype(np.float32), (-mean).astype(np.float32)
    if not judged.all():
        score[~judged] = share[~judged] = np.nan
    return score, share


def _facts(
    value: NDArray[np.float64], labels: NDArray[np.int32], n_classes: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return of some items the sum of the values, how many are negative, and how many are 0, by class."""
    labelled = labels >= 0
    value, labels = value[labelled], labels[labelled]
    return (
        np.bincount(labels, value, minlength=n_classes).astype(np.float64, copy=False),
        np.bincount(labels[value < 0], minlength=n_classes).astype(np.int64, copy=False),
        np.bincount(labels[value == 0], minlength=n_classes).astype(np.int64, copy=False),
    )


def _summary(value: NDArray[np.float64], seen: LabelState) -> dict[str, Any]:
    """Return the values as a valuation of the data; means are per item, in correct predictions."""
    total, negative, unused = _facts(value, seen.labels, len(seen.counts))
    summary: dict[str, Any] = {
        "mean": float(total.sum() / max(1, seen.counts.sum())),
        "negative": int(negative.sum()),
        "unused": int(unused.sum()),
    }
    if len(total) <= LISTED:
        summary["mean_by_class"] = (total / np.maximum(seen.counts, 1)).tolist()
        summary["negative_by_class"] = negative.tolist()
    return summary
