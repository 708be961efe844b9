"""Distance ratio: whether the nearest item of the same label is farther than the nearest of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.protocol import Inputs, Need, Reason, Result, distinct
from explorer.detectors.registry import detector
from explorer.detectors.seen import Seen, around, look
from explorer.progress import Progress

BUDGET = 1e10
"""Most multiplications spent on questions that the graph cannot answer: under half a second on one core."""

CELLS = 2**22
"""Most similarities held at once."""

CANDIDATES = 16_384
"""Most vectors that a block of questions is compared with at once."""

ROWS = 16_384
"""Items whose neighbours' labels are looked at at once."""

FEW = 4
"""Most questions at once that are not left to BLAS."""

ONE_BY_ONE = 8
"""Most changed items that answers are compared with one by one."""

NOISE = 1e-5
"""More than float32 errs by in a cosine, or rounding moves it."""

SAME, OTHER = 0, 1


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest item of the same (column 0) and of another label (column 1), for every item.

    Attributes
    ----------
    slot
        int16 [N, 2]: where in the graph's row it is; -1 where the row holds none.
    far
        int32 [N, 2]: who it is, where the graph does not say and the index was asked; else -1.
    similarity
        float32 [N, 2]: its cosine; the k-th neighbour's, an upper bound, where nobody knows; NaN where there is none.
    second
        int32 [N]: the second nearest of the same label, where the index gave it; -1 where it is not known (any more).
        Who loses his nearest then need not ask again.
    second_similarity
        float32 [N]: its cosine.
    """

    slot: NDArray[np.int16]
    far: NDArray[np.int32]
    similarity: NDArray[np.float32]
    second: NDArray[np.int32]
    second_similarity: NDArray[np.float32]

    def own(self, result: Result) -> Nearest:
        """Return one that an update of `result` may write to."""
        return Nearest(
            result.own(self.slot),
            result.own(self.far),
            result.own(self.similarity),
            result.own(self.second),
            result.own(self.second_similarity),
        )

    def who(self, inputs: Inputs, rows: NDArray[np.intp], kind: int) -> NDArray[np.int32]:
        """Return the position of the nearest, int32 [rows]; -1 where it is not known."""
        assert inputs.graph is not None
        slot = self.slot[rows, kind]
        found: NDArray[np.int32] = np.where(slot >= 0, inputs.graph.indices[rows, slot], self.far[rows, kind])
        return found


class Askers(NamedTuple):
    """Whose nearest the index gave.

    Attributes
    ----------
    same
        Positions of those whose nearest of the same label it gave, by that label, in no order: a changed item is the
        answer, or could become it, only where its old and its new label are asked about.
    other
        Positions of those whose nearest of another label it gave, ascending.
    """

    same: Mapping[int, NDArray[np.intp]]
    other: NDArray[np.intp]

    @classmethod
    def of(cls, seen: Seen, nearest: Nearest) -> Askers:
        """Look through all items."""
        same, other = (np.flatnonzero(nearest.far[:, kind] >= 0) for kind in (SAME, OTHER))
        labels = seen.labels[same]
        order = np.argsort(labels, kind="stable")
        classes, begins = np.unique(labels[order], return_index=True)
        parts = np.split(same[order], begins[1:])
        return cls(dict(zip(classes.tolist(), parts, strict=False)), other)

    @property
    def n(self) -> int:
        """Number of those who asked for the nearest of the same label."""
        return sum(map(len, self.same.values()))

    def moved(
        self, before: Seen, after: Seen, nearest: Nearest, rows: NDArray[np.intp], was: NDArray[np.bool_]
    ) -> Askers:
        """Return what `of` returns, by what has changed for some items; `was`, bool [rows, 2], says who had asked."""
        asks = nearest.far[rows] >= 0
        old, new = before.labels[rows], after.labels[rows]
        turned = np.flatnonzero((asks[:, SAME] != was[:, SAME]) | ((old != new) & asks[:, SAME]))
        if len(turned) > ONE_BY_ONE or (asks[:, OTHER] != was[:, OTHER]).any():
            return Askers.of(after, nearest)
        same = self.same
        if len(turned):
            same = dict(same)
            for at in turned.tolist():
                item, left, joined = rows[at], int(old[at]), int(new[at])
                if was[at, SAME]:
                    same[left] = same[left][same[left] != item]
                if asks[at, SAME]:
                    same[joined] = np.append(same.get(joined, rows[:0]), item)
        return Askers(same, self.other)

    def concerned(self, before: Seen, after: Seen, nearest: Nearest, changed: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return those whose answer is one of the changed items, or could now be one; of many, everybody."""
        if len(changed) > ONE_BY_ONE:
            return np.concatenate([self.other[:0], *self.same.values()])
        parts = [changed[:0]]
        for item in changed:
            left, joined = int(before.labels[item]), int(after.labels[item])
            if joined != left:
                parts.append(self.same.get(joined, changed[:0]))
            mates = self.same.get(left, changed[:0])
            parts.append(mates[(nearest.far[mates, SAME] == item) | (nearest.second[mates] == item)])
        # Those of two labels are different ones.
        return np.concatenate(parts) if len(changed) == 1 else distinct(*parts)


@detector
class DistanceRatio:
    """Suspicion is near 1 where items of the same label are far and an item of another label is near.

    Formula
    -------
    d_same² / (d_same² + d_other²), d = 1 − cosine to the nearest item of the same and of another label; ½ where both
    are 0. Above ½ the nearest item of all has another label. The graph answers first. An item without one of its own
    label among its neighbours (half of the planted errors on digits, a fifth on CIFAR-10) has the vectors of its class
    searched, exactly; an item without any labelled neighbour has all labelled ones searched. Where only the other label
    is missing, the distance of the k-th neighbour stands for it: a lower bound, by which the item looks a little more
    suspicious than it is, but never above ½. The same bound serves for d_same where there are no vectors, or where
    the questions of a class would take too long.

    When to trust it
    ----------------
    It sees an error that lies deep inside another class, and needs no probabilities. It hears a single item on either
    side: a correct item next to a mislabelled one looks as wrong as that one does, so it ranks below the vote of many
    neighbours. Best on clean, well separated classes and few errors.

    References
    ----------
    Gröger, Lionetti, Gottfrois et al.: Intrinsic self-supervision for data quality audits (SelfClean, NeurIPS 2024).
    """

    name = "distance_ratio"
    issue = "label"
    needs: frozenset[Need] = frozenset({"graph"})
    exact = True

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Look through the graph, ask the index for the rest, as far as the budget goes."""
        seen, everyone = look(inputs), np.arange(inputs.n)
        slot = _slots(inputs, seen, everyone)
        return _result(inputs, seen, slot, _affordable(inputs, seen, slot), _lengths(inputs), progress)

    def rerun(self, inputs: Inputs, result: Result, progress: Progress) -> Result:
        """Do it all again, asking for the same classes as the earlier result."""
        seen = look(inputs)
        slot = _slots(inputs, seen, np.arange(inputs.n))
        return _result(inputs, seen, slot, result.frozen["asked"], result.frozen["lengths"], progress)

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Look again where a label next to an item changed, and ask again where an answer of the index did.

        Answers of the index are compared with the changed items alone; only who lost his nearest asks again, which
        takes a pass over the vectors of the class.
        """
        assert result.suggestion is not None
        before: Seen = result.frozen["seen"]
        seen, rows = before.follow(inputs, changed)
        nearest, lengths = result.frozen["nearest"].own(result), result.frozen["lengths"]
        nearest.slot[rows] = _slots(inputs, seen, rows)
        valid = before.labels[rows] == seen.labels[rows]
        answered = nearest.far[rows] >= 0
        _fill(inputs, seen, nearest, rows, result.frozen["asked"], lengths, valid)
        askers: Askers = result.frozen["askers"].moved(before, seen, nearest, rows, answered)
        if inputs.vectors is not None and len(changed):
            concerned = askers.concerned(before, seen, nearest, changed)
            touched = _follow_answers(inputs, seen, nearest, changed, lengths, (concerned, askers.other))
            if any((nearest.far[some, kind] < 0).any() for kind, some in enumerate(touched)):
                askers = Askers.of(seen, nearest)  # the last of a class has nobody to be near to
            if any(len(some) for some in touched):
                rows = distinct(rows, *touched)
        score, suggestion = result.own(result.score), result.own(result.suggestion)
        score[rows], suggestion[rows] = _score(inputs, seen, nearest, rows)
        frozen = {**result.frozen, "seen": seen, "nearest": nearest, "askers": askers}
        summary = {**result.summary, "asked": askers.n}
        return result.after(score=score, suggestion=suggestion, frozen=frozen, summary=summary, moved=rows)

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


def _slots(inputs: Inputs, seen: Seen, rows: NDArray[np.intp]) -> NDArray[np.int16]:
    """Return the first slot of the same and of another label in each row of the graph, int16 [rows, 2]."""
    assert inputs.graph is not None
    result = np.empty((len(rows), 2), dtype=np.int16)
    for start in range(0, len(rows), ROWS):
        part = rows if len(rows) <= ROWS else rows[start : start + ROWS]
        near = around(inputs, part)
        own = seen.labels[part][:, None]
        same: NDArray[np.bool_] = (near == own) & (own >= 0)
        other: NDArray[np.bool_] = (near != own) & (near >= 0)
        for kind, match in ((SAME, same), (OTHER, other)):
            first = match.argmax(axis=1)
            there = match[np.arange(len(part)), first]
            result[start : start + ROWS, kind] = np.where(there, first, -1)
    return result


def _lacking(seen: Seen, slot: NDArray[np.int16], rows: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the items to ask the index about: for the same label, and for another."""
    lone = seen.judged(rows) & (slot[:, SAME] < 0)
    return rows[lone], rows[lone & (slot[:, OTHER] < 0)]


def _affordable(inputs: Inputs, seen: Seen, slot: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Say which classes' questions the index is asked, bool [K]: the cheapest first, as far as the budget goes."""
    if inputs.vectors is None:
        return np.zeros(inputs.n_classes, bool)
    same, other = _lacking(seen, slot, np.arange(inputs.n))
    asking = [np.bincount(seen.labels[rows], minlength=inputs.n_classes).astype(np.float64) for rows in (same, other)]
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


def _fill(
    inputs: Inputs,
    seen: Seen,
    nearest: Nearest,
    rows: NDArray[np.intp],
    asked: NDArray[np.bool_],
    lengths: NDArray[np.float32] | None,
    valid: NDArray[np.bool_] | None = None,
) -> None:
    """Look up the similarities of some items from their slots, from the index, or as a bound.

    Where an item still needs the answer that the index gave, and `valid` (bool [rows]) says that it was about the label
    that the item has now, the answer is kept.
    """
    assert inputs.graph is not None
    slot = nearest.slot[rows]
    old = nearest.far[rows], nearest.similarity[rows]
    known = inputs.graph.similarity[rows[:, None], slot]  # slot -1 is the k-th neighbour: the bound
    # A bound on one side says something beside a fact on the other, and nothing beside another bound.
    blind: NDArray[np.bool_] = slot.max(axis=1) < 0
    nearest.similarity[rows] = np.where(blind[:, None], np.nan, known)
    nearest.far[rows] = -1
    seconds = nearest.second[rows]
    nearest.second[rows] = -1
    for kind, lacking in zip((SAME, OTHER), _lacking(seen, slot, rows), strict=True):
        wanting = lacking[asked[seen.labels[lacking]]]
        if valid is not None and len(wanting):
            at = np.searchsorted(rows, wanting)
            kept = valid[at] & (old[0][at, kind] >= 0)
            nearest.far[wanting[kept], kind] = old[0][at[kept], kind]
            nearest.similarity[wanting[kept], kind] = old[1][at[kept], kind]
            if kind == SAME:
                nearest.second[wanting[kept]] = seconds[at[kept]]
            wanting = wanting[~kept]
        _ask(inputs, seen, nearest, wanting, kind, lengths)


def _ask(
    inputs: Inputs,
    seen: Seen,
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
    seen: Seen,
    nearest: Nearest,
    changed: NDArray[np.intp],
    lengths: NDArray[np.float32] | None,
    asked: tuple[NDArray[np.intp], NDArray[np.intp]],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Bring the answers of the index up to date that the changed items are or now could be; return whose, by kind."""
    assert inputs.vectors is not None
    assert lengths is not None
    touched = (changed[:0], changed[:0])
    vectors = _unit(inputs, changed, lengths)
    for kind in (SAME, OTHER):
        askers = asked[kind]
        if not len(askers):
            continue
        own, now = seen.labels[askers][:, None], seen.labels[changed]
        fits = (own == now) if kind == SAME else (own != now) & (now >= 0)
        far = nearest.far[askers, kind]
        lost = ((far[:, None] == changed) & ~fits).any(axis=1)
        gone = askers[lost]
        fits &= (askers[:, None] != changed) & (far[:, None] != changed)
        if kind == SAME:
            lost = _second_for_lost(seen, nearest, askers, lost, changed)
            fits &= nearest.second[askers][:, None] != changed
        _ask(inputs, seen, nearest, askers[lost], kind, lengths)
        could = np.flatnonzero(~lost & fits.any(axis=1))
        rows = askers[could]
        # Not by `@`: for so few BLAS takes longer to wake its threads.
        product = np.einsum("rd,cd->rc", inputs.vectors[rows], vectors) / lengths[rows, None]
        cosine = np.where(fits[could], product, -np.inf)
        least = nearest.similarity[rows, kind]
        if kind == SAME:
            least = np.where(nearest.second[rows] >= 0, nearest.second_similarity[rows], least)
        near = cosine.max(axis=1, initial=-np.inf) > least - NOISE
        rows, best, several = rows[near], changed[cosine[near].argmax(axis=1)], fits[could[near]].sum(axis=1) > 1
        value = _cosine(inputs, rows, best, lengths)
        better = value > nearest.similarity[rows, kind]
        if kind == SAME:
            _follow_second(nearest, rows, best, value, better, several)
        nearest.far[rows[better], kind] = best[better]
        nearest.similarity[rows[better], kind] = value[better]
        found = np.concatenate([gone, rows[better]])
        touched = (found, touched[OTHER]) if kind == SAME else (touched[SAME], found)
    return touched


def _second_for_lost(
    seen: Seen, nearest: Nearest, askers: NDArray[np.intp], lost: NDArray[np.bool_], changed: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Put the second in the place of a nearest of the same label that was lost; return who has to ask, bool."""
    second = nearest.second[askers]
    gone = (second[:, None] == changed).any(axis=1) & (seen.labels[second] != seen.labels[askers])
    nearest.second[askers[gone]] = -1
    ready = lost & (second >= 0) & ~gone
    rows = askers[ready]
    nearest.far[rows, SAME], nearest.similarity[rows, SAME] = second[ready], nearest.second_similarity[rows]
    nearest.second[rows] = -1
    still: NDArray[np.bool_] = lost & ~ready
    return still


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
    inputs: Inputs, seen: Seen, nearest: Nearest, rows: NDArray[np.intp]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    square = np.square(np.maximum(1 - nearest.similarity[rows].astype(np.float64), 0))
    total = square.sum(axis=1)
    ratio = np.where(total == 0, 0.5, square[:, SAME] / np.where(total == 0, 1, total))
    score = np.where(seen.judged(rows), ratio, np.nan).astype(np.float32)
    # The index may know several at one distance; the order of a graph's row is settled.
    assert inputs.graph is not None
    slot = nearest.slot[rows, OTHER]
    other = np.where(slot >= 0, seen.labels[inputs.graph.indices[rows, slot]], -1)
    suggestion = np.where(score > 0.5, other, seen.labels[rows])
    return score, np.where(np.isnan(score), -1, suggestion).astype(np.int32)


def _result(
    inputs: Inputs,
    seen: Seen,
    slot: NDArray[np.int16],
    asked: NDArray[np.bool_],
    lengths: NDArray[np.float32] | None,
    progress: Progress,
) -> Result:
    progress.check()
    everyone = np.arange(inputs.n)
    nearest = Nearest(
        slot,
        np.full((inputs.n, 2), -1, np.int32),
        np.full((inputs.n, 2), np.nan, np.float32),
        np.full(inputs.n, -1, np.int32),
        np.full(inputs.n, np.nan, np.float32),
    )
    _fill(inputs, seen, nearest, everyone, asked, lengths)
    score, suggestion = _score(inputs, seen, nearest, everyone)
    askers = Askers.of(seen, nearest)
    summary = {"asked": askers.n, "classes_not_asked": np.flatnonzero(~asked).tolist()}
    frozen = {"seen": seen, "nearest": nearest, "askers": askers, "asked": asked, "lengths": lengths}
    return Result(score, suggestion, frozen=frozen, summary=summary)
