"""Distance ratio: whether the nearest item of the same label is farther than the nearest of another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.incremental import Change, distinct
from explorer.detectors.kernels import nearest as kernels
from explorer.detectors.label_errors.nearest import OTHER, SAME, Askers, Nearest
from explorer.detectors.label_state import LabelState, label_state
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.progress import Progress

BUDGET = 1e10
"""Most multiplications spent on questions that the graph cannot answer: under half a second on one core."""

CELLS = 2**22
"""Most similarities held at once."""

CANDIDATES = 16_384
"""Most vectors that a block of questions is compared with at once."""

FEW = 4
"""Most questions at once that are not left to BLAS."""

NOISE = 1e-5
"""More than float32 errs by in a cosine, or rounding moves it."""

LOST, AGAIN, NEARER, SEVERAL = 1, 2, 4, 8
"""What `nearest_kernels.follow_answers` says of an answer, in bits."""


@shipped
class DistanceRatio:
    """Distance ratio: the formula, when to trust it and its sources are in `pages/distance_ratio.md`."""

    name = "distance_ratio"
    title = "Distance ratio"
    issue = "label"
    needs: frozenset[Need] = frozenset({"graph"})
    exact = True

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Look through the graph, ask the index for the rest, as far as the budget goes."""
        return _result(inputs, None, _lengths(inputs), progress)

    def rerun(self, inputs: Inputs, result: Result, progress: Progress) -> Result:
        """Do it all again, asking for the same classes as the earlier result."""
        return _result(inputs, result.frozen["asked"], result.frozen["lengths"], progress)

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Look again where a label next to an item changed, and ask again where an answer of the index did.

        Answers of the index are compared with the changed items alone; only who lost his nearest asks again, which
        takes a pass over the vectors of the class.
        """
        assert result.suggestion is not None
        before: LabelState = result.frozen["seen"]
        seen, change = before.follow(inputs, changed)
        rows = change.rows
        nearest, lengths = result.frozen["nearest"].own(result), result.frozen["lengths"]
        askers: Askers = result.frozen["askers"]
        turned, answered, wanting = _look_up(inputs, before, seen, nearest, rows, result.frozen["asked"])
        if turned:
            _ask_all(inputs, seen, nearest, rows, wanting, lengths)
            askers = askers.moved(before, seen, nearest, rows, answered)
        if inputs.vectors is not None and len(changed):
            concerned = askers.concerned(before, seen, changed)
            touched, emptied = _follow_answers(inputs, seen, nearest, changed, lengths, (concerned, askers.other))
            if emptied:
                askers = Askers.of(seen, nearest)  # the last of a class has nobody to be near to
            if touched:
                rows = distinct(rows, *touched)
        score, suggestion = result.own(result.score), result.own(result.suggestion)
        _score(inputs, seen, nearest, rows, score, suggestion)
        frozen = {**result.frozen, "seen": seen, "nearest": nearest, "askers": askers}
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


def _lengths(inputs: Inputs) -> NDArray[np.float32] | None:
    """Return the lengths of the vectors, never 0, float32 [N]."""
    if inputs.vectors is None:
        return None
    squares = np.einsum("nd,nd->n", inputs.vectors, inputs.vectors)
    lengths: NDArray[np.float32] = np.sqrt(np.maximum(squares, 1e-24)).astype(np.float32)
    return lengths


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
    assert inputs.graph is not None
    answered, wanting = np.empty((len(rows), 2), bool), np.empty((len(rows), 2), bool)
    turned = kernels.look_up(
        before.labels,
        seen.labels,
        seen.counts,
        seen.comparable,
        inputs.graph.indices,
        inputs.graph.similarity,
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


def _ask_all(
    inputs: Inputs,
    seen: LabelState,
    nearest: Nearest,
    rows: NDArray[np.intp],
    wanting: NDArray[np.bool_],
    lengths: NDArray[np.float32] | None,
) -> None:
    """Ask the index for whatever some items want, bool [rows, 2]."""
    for kind in (SAME, OTHER):
        _ask(inputs, seen, nearest, rows[wanting[:, kind]], kind, lengths)


def _ask(
    inputs: Inputs,
    seen: LabelState,
    nearest: Nearest,
    queries: NDArray[np.intp],
    kind: int,
    lengths: NDArray[np.float32] | None,
) -> None:
    """Find the nearest of the same or of another label for some items, class by class, and write it down."""
    if not len(queries):
        return
    labels = seen.labels[queries]
    for label in distinct(labels):
        if kind == SAME:
            candidates = np.flatnonzero(seen.labels == label)
        else:
            candidates = np.flatnonzero((seen.labels >= 0) & (seen.labels != label))
        part = queries[labels == label]
        who, cosine = _search(inputs, part, candidates, lengths)
        nearest.far[part, kind], nearest.similarity[part, kind] = who[:, 0], cosine[:, 0]
        if kind == SAME:
            nearest.second[part], nearest.second_similarity[part] = who[:, 1], cosine[:, 1]


def _search(
    inputs: Inputs, queries: NDArray[np.intp], candidates: NDArray[np.intp], lengths: NDArray[np.float32] | None
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return positions and cosines of each query's two nearest among the candidates (ascending), [queries, 2]; exact.

    The query itself is left out; -1 and NaN where there are fewer.
    """
    assert inputs.vectors is not None
    assert lengths is not None
    who, best = np.full((len(queries), 2), -1, np.int32), np.full((len(queries), 2), -np.inf, np.float32)
    for first in range(0, len(candidates), CANDIDATES):
        some = candidates[first : first + CANDIDATES]
        vectors, scale = np.take(inputs.vectors, some, axis=0), lengths[some]
        block = max(1, CELLS // len(some))
        for start in range(0, len(queries), block):
            rows = slice(start, start + block)
            unit = _unit(inputs, queries[rows], lengths)
            # BLAS is no quicker for a few, and on a busy machine takes long to wake its threads.
            cosine = unit @ vectors.T if len(unit) > FEW else np.einsum("qd,cd->qc", unit, vectors)
            cosine /= scale
            own = np.searchsorted(some, queries[rows])
            inside = np.flatnonzero(some.take(own, mode="clip") == queries[rows])
            cosine[inside, own[inside]] = -np.inf
            each, names, values = np.arange(len(cosine)), [who[rows]], [best[rows]]
            for _ in range(2):
                top = cosine.argmax(axis=1)
                value = cosine[each, top]
                names.append(np.where(value > -np.inf, some[top], -1)[:, None])
                values.append(value[:, None])
                cosine[each, top] = -np.inf
            known = np.concatenate(values, axis=1)
            order = np.argsort(-known, axis=1, kind="stable")[:, :2]
            who[rows] = np.take_along_axis(np.concatenate(names, axis=1), order, axis=1)
            best[rows] = np.take_along_axis(known, order, axis=1)
    exact = [np.where(one >= 0, _cosine(inputs, queries, one.astype(np.intp), lengths), np.nan) for one in who.T]
    return who, np.stack(exact, axis=1)


def _follow_answers(
    inputs: Inputs,
    seen: LabelState,
    nearest: Nearest,
    changed: NDArray[np.intp],
    lengths: NDArray[np.float32] | None,
    asked: tuple[NDArray[np.intp], NDArray[np.intp]],
) -> tuple[list[NDArray[np.intp]], bool]:
    """Bring the answers of the index up to date that the changed items are or now could be.

    Returns
    -------
    touched
        Whose answer is another one, in parts that are not empty.
    emptied
        Whether anybody has none any more.
    """
    assert inputs.vectors is not None
    assert lengths is not None
    follow = kernels.follow_answers if inputs.vectors.flags.c_contiguous else kernels.follow_scattered
    touched, emptied = [], False
    for kind in (SAME, OTHER):
        askers = asked[kind]
        if not len(askers):
            continue
        state, best = np.empty(len(askers), np.int8), np.empty(len(askers), np.intp)
        count = follow(
            seen.labels,
            askers,
            changed,
            kind,
            inputs.vectors,
            lengths,
            NOISE,
            nearest.far,
            nearest.similarity,
            nearest.second,
            nearest.second_similarity,
            state,
            best,
        )
        if not count:
            continue
        _ask(inputs, seen, nearest, askers[(state & AGAIN) > 0], kind, lengths)
        near = np.flatnonzero(state & NEARER)
        rows, which, several = askers[near], changed[best[near]], (state[near] & SEVERAL) > 0
        value = _cosine(inputs, rows, which, lengths)
        better = value > nearest.similarity[rows, kind]
        if kind == SAME:
            _follow_second(nearest, rows, which, value, better, several)
        nearest.far[rows[better], kind] = which[better]
        nearest.similarity[rows[better], kind] = value[better]
        found = np.concatenate([askers[(state & LOST) > 0], rows[better]])
        if len(found):
            touched.append(found)
            emptied = emptied or bool((nearest.far[found, kind] < 0).any())
    return touched, emptied


def _follow_second(
    nearest: Nearest,
    rows: NDArray[np.intp],
    who: NDArray[np.intp],
    value: NDArray[np.float32],
    better: NDArray[np.bool_],
    several: NDArray[np.bool_],
) -> None:
    """Bring the second nearest up to date for items whose class `who` has joined, before the nearest is."""
    first = rows[better]
    nearest.second[first], nearest.second_similarity[first] = nearest.far[first, SAME], nearest.similarity[first, SAME]
    between = ~better & (nearest.second[rows] >= 0) & (value > nearest.second_similarity[rows])
    nearest.second[rows[between]], nearest.second_similarity[rows[between]] = who[between], value[between]
    nearest.second[rows[several]] = -1  # any of the others may be nearer


def _unit(inputs: Inputs, rows: NDArray[np.intp], lengths: NDArray[np.float32] | None) -> NDArray[np.float32]:
    assert inputs.vectors is not None
    assert lengths is not None
    unit: NDArray[np.float32] = inputs.vectors[rows] / lengths[rows, None]
    return unit


def _cosine(
    inputs: Inputs, a: NDArray[np.intp], b: NDArray[np.intp], lengths: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """Return the cosines of some pairs, float32 [pairs], rounded as the graph does.

    A matrix product's last digits depend on how it was cut into blocks; these do not.
    """
    assert inputs.vectors is not None
    assert lengths is not None
    product = np.einsum("nd,nd->n", inputs.vectors[a], inputs.vectors[b], dtype=np.float64)
    cosine = product / (lengths[a].astype(np.float64) * lengths[b])
    rounded: NDArray[np.float32] = np.round(np.clip(cosine, -1, 1), 6).astype(np.float32)
    return rounded


def _score(
    inputs: Inputs,
    seen: LabelState,
    nearest: Nearest,
    rows: NDArray[np.intp],
    score: NDArray[np.float32],
    suggestion: NDArray[np.int32],
) -> None:
    """Write score and suggestion of some items. An answer of the index suggests nothing: others may be as near."""
    assert inputs.graph is not None
    kernels.compare_distances(
        seen.labels,
        seen.counts,
        seen.comparable,
        inputs.graph.indices,
        rows,
        nearest.slot,
        nearest.similarity,
        score,
        suggestion,
    )


def _result(
    inputs: Inputs, asked: NDArray[np.bool_] | None, lengths: NDArray[np.float32] | None, progress: Progress
) -> Result:
    """Look up everybody; `asked`, bool [K], says for which classes the index is asked, else as is affordable."""
    seen, everyone = label_state(inputs), np.arange(inputs.n)
    nearest = Nearest.unknown(inputs.n)
    everybody = np.ones(inputs.n_classes, bool) if asked is None else asked
    _, _, wanting = _look_up(inputs, seen, seen, nearest, everyone, everybody)
    if asked is None:
        asked = _affordable(inputs, seen, wanting)
        wanting &= asked[seen.labels][:, None]
    progress.check()
    _ask_all(inputs, seen, nearest, everyone, wanting, lengths)
    if inputs.vectors is not None:
        # Compiled before the first correction asks for it.
        _follow_answers(inputs, seen, nearest, everyone[:0], lengths, (everyone[:1], everyone[:0]))
    score, suggestion = np.empty(inputs.n, np.float32), np.empty(inputs.n, np.int32)
    _score(inputs, seen, nearest, everyone, score, suggestion)
    askers = Askers.of(seen, nearest)
    summary = {"asked": askers.n, "classes_not_asked": np.flatnonzero(~asked).tolist()}
    frozen = {"seen": seen, "nearest": nearest, "askers": askers, "asked": asked, "lengths": lengths}
    return Result(score, suggestion, frozen=frozen, summary=summary)
