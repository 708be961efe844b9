"""Distance ratio: whether the nearest item of the same label is farther than the nearest of another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.compiled import nearest as kernels
from explorer.detectors.incremental import Change, distinct
from explorer.detectors.label_state import LabelState, label_state
from explorer.detectors.nearest_of_label.columns import OTHER, SAME, Askers, Nearest
from explorer.detectors.nearest_of_label.search import ask_all, follow_answers, prepare
from explorer.detectors.nearest_of_label.sketch import Index
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.progress import Progress

BUDGET = 1e10
"""Most multiplications spent on questions that the graph cannot answer: under half a second on one core."""


@shipped
class DistanceRatio:
    """Distance ratio: the formula, when to trust it and its sources are in `pages/distance_ratio.md`."""

    name = "distance_ratio"
    title = "Distance ratio"
    issue = "label"
    needs: frozenset[Need] = frozenset({"graph"})
    measures = True
    exact = True

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Look through the graph, ask the index for the rest, as far as the budget goes."""
        return _result(inputs, None, Index.of(inputs, label_state(inputs)), progress)

    def rerun(self, inputs: Inputs, result: Result, progress: Progress) -> Result:
        """Do it all again, asking for the same classes as the earlier result."""
        index: Index = result.frozen["index"]
        return _result(inputs, result.frozen["asked"], index.standing(label_state(inputs)), progress)

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Look again where a label next to an item changed, and ask again where an answer of the index did.

        Answers of the index are compared with the changed items alone; only who lost his nearest asks again, which
        takes a pass over the vectors of the class.
        """
        assert result.suggestion is not None
        before: LabelState = result.frozen["seen"]
        seen, change = before.follow(inputs, changed)
        rows = change.rows
        nearest: Nearest = result.frozen["nearest"].own(result)
        index: Index = result.frozen["index"].following(changed)
        askers: Askers = result.frozen["askers"]
        turned, answered, wanting = _look_up(inputs, before, seen, nearest, rows, result.frozen["asked"])
        if turned:
            ask_all(inputs, seen, nearest, rows, wanting, index)
            askers = askers.moved(before, seen, nearest, rows, answered)
        if inputs.vectors is not None and len(changed):
            concerned = askers.concerned(before, seen, changed)
            touched, emptied = follow_answers(inputs, seen, nearest, changed, index, (concerned, askers.other))
            if emptied:
                askers = Askers.of(seen, nearest)  # the last of a class has nobody to be near to
            if touched:
                rows = distinct(rows, *touched)
        score, suggestion = result.own(result.score), result.own(result.suggestion)
        _score(inputs, seen, nearest, rows, score, suggestion)
        frozen = {**result.frozen, "seen": seen, "nearest": nearest, "askers": askers, "index": index}
        summary = {**result.summary, "asked": askers.n}
        return result.updated(
            change if rows is change.rows else Change(rows),
            score=score,
            suggestion=suggestion,
            frozen=frozen,
            summary=summary,
        )

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Compare the two distances, where the other label is nearer."""
        if not result.score[item] > 0.5:
            return []
        nearest: Nearest = result.frozen["nearest"]
        given = classes[inputs.labels[item]]
        other = int(nearest.who(inputs, np.array([item]), OTHER)[0])
        called = classes[inputs.labels[other]]
        d_same, d_other = (max(0.0, 1 - float(s)) for s in nearest.similarity[item])
        if d_other == 0:
            text = f"an item labelled {called} is equal to it, none labelled {given} is"
        elif nearest.who(inputs, np.array([item]), SAME)[0] < 0:
            text = f"none of its neighbours is labelled {given}; the nearest says {called}"
        else:
            times = d_same / d_other
            much = f"{times:.1f} times as far as" if times >= 1.1 else "farther than"
            text = f"the nearest item labelled {given} is {much} the nearest labelled {called}"
        return [Reason(self.name, text, float(result.score[item]))]


def _affordable(inputs: Inputs, seen: LabelState, wanting: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say which classes' questions the index is asked, bool [K]: the cheapest first, as far as the budget goes.

    `wanting`, bool [N, 2], says who would ask it.
    """
    if inputs.vectors is None:
        return np.zeros(inputs.n_classes, bool)
    asking = [np.bincount(seen.labels[some], minlength=inputs.n_classes).astype(np.float64) for some in wanting.T]
    work = (asking[SAME] * seen.counts + asking[OTHER] * (seen.counts.sum() - seen.counts)) * inputs.vectors.shape[1]
    order = np.argsort(work, kind="stable")
    result = np.zeros(inputs.n_classes, bool)
    result[order[np.cumsum(work[order]) <= BUDGET]] = True
    return result


def _look_up(
    inputs: Inputs,
    before: LabelState,
    seen: LabelState,
    nearest: Nearest,
    rows: NDArray[np.intp],
    asked: NDArray[np.bool_],
) -> tuple[int, NDArray[np.bool_], NDArray[np.bool_]]:
    """Find some items' nearest in the graph; answers of the index stay where they are about the label there is now.

    Returns
    -------
    turned
        For how many items there is another answer of the index to have, or none any more.
    answered
        Bool [rows, 2]: who had one, of the same and of another label.
    wanting
        Bool [rows, 2]: who has to ask for one.
    """
    assert inputs.distances is not None
    answered, wanting = np.empty((len(rows), 2), bool), np.empty((len(rows), 2), bool)
    turned = kernels.look_up(
        before.labels,
        seen.labels,
        seen.counts,
        seen.comparable,
        inputs.distances.indices,
        inputs.distances.similarity,
        asked,
        rows,
        nearest.slot,
        nearest.far,
        nearest.similarity,
        nearest.second,
        answered,
        wanting,
    )
    return turned, answered, wanting


def _score(
    inputs: Inputs,
    seen: LabelState,
    nearest: Nearest,
    rows: NDArray[np.intp],
    score: NDArray[np.float32],
    suggestion: NDArray[np.int32],
) -> None:
    """Write score and suggestion of some items. An answer of the index suggests nothing: others may be as near."""
    assert inputs.distances is not None
    kernels.compare_distances(
        seen.labels,
        seen.counts,
        seen.comparable,
        inputs.distances.indices,
        rows,
        nearest.slot,
        nearest.similarity,
        score,
        suggestion,
    )


def _result(inputs: Inputs, asked: NDArray[np.bool_] | None, index: Index, progress: Progress) -> Result:
    """Look up everybody; `asked`, bool [K], says for which classes the index is asked, else as is affordable."""
    seen, everyone = label_state(inputs), np.arange(inputs.n)
    nearest = Nearest.unknown(inputs.n)
    everybody = np.ones(inputs.n_classes, bool) if asked is None else asked
    _, _, wanting = _look_up(inputs, seen, seen, nearest, everyone, everybody)
    if asked is None:
        asked = _affordable(inputs, seen, wanting)
        wanting &= asked[seen.labels][:, None]
    progress.check()
    ask_all(inputs, seen, nearest, everyone, wanting, index)
    if inputs.vectors is not None:
        prepare(inputs, seen, index)
    score, suggestion = np.empty(inputs.n, np.float32), np.empty(inputs.n, np.int32)
    _score(inputs, seen, nearest, everyone, score, suggestion)
    askers = Askers.of(seen, nearest)
    summary = {"asked": askers.n, "classes_not_asked": np.flatnonzero(~asked).tolist()}
    frozen = {"seen": seen, "nearest": nearest, "askers": askers, "asked": asked, "index": index}
    return Result(score, suggestion, frozen=frozen, summary=summary)
