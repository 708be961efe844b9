"""The nearest item of a label where the graph's row holds none: exact, by all vectors or by a sketch of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.compiled import nearest as kernels
from explorer.detectors.incremental import distinct
from explorer.detectors.label_state import LabelState
from explorer.detectors.nearest_of_label.columns import OTHER, SAME, Nearest
from explorer.detectors.nearest_of_label.sketch import Index
from explorer.detectors.protocol import Inputs

CELLS = 2**22
"""Most similarities held at once."""

CANDIDATES = 16_384
"""Most vectors that a block of questions is compared with at once."""

FEW = 4
"""Most questions at once that are not left to BLAS."""

SKETCHED = 32
"""Most questions at once that are put to the sketch; more are left to BLAS."""

NOISE = 1e-5
"""More than float32 errs by in a cosine, or rounding moves it."""

LOST, AGAIN, NEARER, SEVERAL = 1, 2, 4, 8
"""What `kernels.nearest.follow_answers` says of an answer, in bits."""


def ask_all(
    inputs: Inputs,
    seen: LabelState,
    nearest: Nearest,
    rows: NDArray[np.intp],
    wanting: NDArray[np.bool_],
    index: Index,
) -> None:
    """Ask the index for whatever some items want, bool [rows, 2]."""
    for kind in (SAME, OTHER):
        _ask(inputs, seen, nearest, rows[wanting[:, kind]], kind, index)


def _ask(
    inputs: Inputs,
    seen: LabelState,
    nearest: Nearest,
    queries: NDArray[np.intp],
    kind: int,
    index: Index,
) -> None:
    """Find the nearest of the same or of another label for some items, class by class, and write it down."""
    if not len(queries):
        return
    labels = seen.labels[queries]
    for label in distinct(labels):
        part = queries[labels == label]
        who, cosine = search(inputs, seen, part, int(label), kind, index)
        nearest.far[part, kind], nearest.similarity[part, kind] = who[:, 0], cosine[:, 0]
        if kind == SAME:
            nearest.second[part], nearest.second_similarity[part] = who[:, 1], cosine[:, 1]


def search(
    inputs: Inputs,
    seen: LabelState,
    queries: NDArray[np.intp],
    label: int,
    kind: int,
    index: Index,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return positions and cosines of each query's two nearest of a label, or of any other one, [queries, 2]; exact.

    The query itself is left out; -1 and NaN where there are fewer.
    """
    assert inputs.vectors is not None
    lengths = index.lengths
    assert lengths is not None
    who, best = np.full((len(queries), 2), -1, np.int32), np.full((len(queries), 2), -np.inf, np.float32)
    if kind == SAME and index.sketch is not None and len(queries) <= SKETCHED:
        index.sketch.search(inputs, seen, queries, label, lengths, who, best)
    else:
        same = seen.labels == label
        candidates = np.flatnonzero(same if kind == SAME else (seen.labels >= 0) & ~same)
        if len(queries) <= FEW and inputs.vectors.flags.c_contiguous:
            # BLAS would copy the candidates' vectors first, and on a busy machine takes long to wake its threads.
            kernels.search_two(candidates, queries, inputs.vectors, lengths, who, best)
        else:
            _search_many(inputs, queries, candidates, lengths, who, best)
    exact = [np.where(one >= 0, _cosine(inputs, queries, one.astype(np.intp), lengths), np.nan) for one in who.T]
    return who, np.stack(exact, axis=1)


def _search_many(
    inputs: Inputs,
    queries: NDArray[np.intp],
    candidates: NDArray[np.intp],
    lengths: NDArray[np.float32],
    who: NDArray[np.int32],
    best: NDArray[np.float32],
) -> None:
    """Write the two nearest of many queries, by blocks of matrix products."""
    assert inputs.vectors is not None
    for first in range(0, len(candidates), CANDIDATES):
        some = candidates[first : first + CANDIDATES]
        vectors, scale = np.take(inputs.vectors, some, axis=0), lengths[some]
        block = max(1, CELLS // len(some))
        for start in range(0, len(queries), block):
            rows = slice(start, start + block)
            unit = _unit(inputs, queries[rows], lengths)
            cosine = unit @ vectors.T
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


def prepare(inputs: Inputs, seen: LabelState, index: Index) -> None:
    """Have compiled what a correction may ask for."""
    everyone = np.arange(inputs.n)
    follow_answers(inputs, seen, Nearest.unknown(inputs.n), everyone[:0], index, (everyone[:1], everyone[:0]))
    search(inputs, seen, everyone[:1], 0, SAME, index)
    assert inputs.vectors is not None
    assert index.lengths is not None
    if inputs.vectors.flags.c_contiguous:
        who, best = np.empty((1, 2), np.int32), np.empty((1, 2), np.float32)
        kernels.search_two(everyone[:0], everyone[:1], inputs.vectors, index.lengths, who, best)


def follow_answers(
    inputs: Inputs,
    seen: LabelState,
    nearest: Nearest,
    changed: NDArray[np.intp],
    index: Index,
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
    lengths = index.lengths
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
        _ask(inputs, seen, nearest, askers[(state & AGAIN) > 0], kind, index)
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
