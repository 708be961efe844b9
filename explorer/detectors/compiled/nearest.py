"""Compiled loops, as those of `kernels`, for the nearest item of the same label and of another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.compiled.jit import Bools, Ints, Kernel, Reals, kernel
from explorer.detectors.compiled.prefetch import ahead

AHEAD = 4
"""So many rows further on is what memory is asked for."""

FOLLOWED = ("far", "similarity", "second", "state", "best")
"""What `follow_answers` writes to."""


@kernel("slot", "far", "similarity", "second", "asked_before", "wanting")
def look_up(
    before: Ints,
    labels: Ints,
    sizes: Ints,
    comparable: bool,
    indices: Ints,
    cosines: Reals,
    asked: Bools,
    rows: Ints,
    slot: NDArray[np.int16],
    far: NDArray[np.int32],
    similarity: NDArray[np.float32],
    second: NDArray[np.int32],
    asked_before: Bools,
    wanting: Bools,
) -> int:
    """Find the nearest of the same label (column 0) and of another (column 1) of some items in their rows of the graph.

    Parameters
    ----------
    before
        [N]: the labels that answers of the index were about.
    asked
        [K]: whether the index is asked for a class.
    slot, far, similarity, second
        Of a `Nearest`, [N, 2] and [N], written at `rows`. Where none is in the row: the k-th neighbour's cosine beside
        a fact on the other side, else NaN; an answer of the index is kept where it still is one.
    asked_before, wanting
        [rows, 2]: whose far one was known, and who has to ask the index now.

    Returns
    -------
    int
        How many of `rows` have to ask, do not need the answer any more, or need one to another question.
    """
    turned, k = 0, indices.shape[1]
    for i in range(len(rows)):
        row = rows[i]
        if i + AHEAD < len(rows):
            soon = rows[i + AHEAD]
            ahead(indices, soon)
            ahead(slot, soon)
            ahead(far, soon)
            ahead(similarity, soon)
        own = labels[row]
        same, other = -1, -1
        for j in range(k):
            label = labels[indices[row, j]]
            if label < 0:
                continue
            if label == own:
                if same < 0:
                    same = j
            elif other < 0:
                other = j
            if other >= 0 and (same >= 0 or own < 0):
                break
        slot[row, 0], slot[row, 1] = same, other
        lone = comparable and own >= 0 and sizes[own] != 1 and same < 0 and asked[own]
        changes = False
        for kind in range(2):
            at = other if kind else same
            needs = lone and (kind == 0 or other < 0)
            known = far[row, kind] >= 0
            kept = needs and known and before[row] == own
            asked_before[i, kind] = known
            wanting[i, kind] = needs and not kept
            changes = changes or (needs and not kept) or (known and not kept)
            if not kept:
                # A bound on one side says something beside a fact on the other, and nothing beside another bound.
                similarity[row, kind] = np.nan if same < 0 and other < 0 else cosines[row, at if at >= 0 else k - 1]
                far[row, kind] = -1
                if kind == 0:
                    second[row] = -1
        if changes:
            turned += 1
    return turned


@kernel("score", "suggestion")
def compare_distances(
    labels: Ints,
    sizes: Ints,
    comparable: bool,
    indices: Ints,
    rows: Ints,
    slot: Ints,
    similarity: Reals,
    score: NDArray[np.float32],
    suggestion: NDArray[np.int32],
) -> None:
    """Write d_same² / (d_same² + d_other²) and the likelier of the two labels of some items, from a `Nearest`."""
    for i in range(len(rows)):
        row = rows[i]
        own = labels[row]
        score[row], suggestion[row] = np.nan, -1
        if own < 0 or not comparable or sizes[own] == 1:
            continue
        to_same, to_other = 1 - np.float64(similarity[row, 0]), 1 - np.float64(similarity[row, 1])
        same = 0.0 if to_same < 0 else to_same * to_same
        other = 0.0 if to_other < 0 else to_other * to_other
        found = np.float32(0.5 if same + other == 0 else same / (same + other))
        score[row] = found
        if found > 0.5:
            at = slot[row, 1]
            suggestion[row] = labels[indices[row, at]] if at >= 0 else -1
        elif found <= 0.5:  # not where it is NaN
            suggestion[row] = own


@kernel("who", "best", whole=("vectors",), loose=True)
def search_two(
    candidates: Ints,
    queries: Ints,
    vectors: Reals,
    lengths: Reals,
    who: NDArray[np.int32],
    best: NDArray[np.float32],
) -> None:
    """Find the two candidates most similar to each of a few items, the item itself left out.

    Parameters
    ----------
    candidates, queries
        Positions; of equally similar candidates the first counts.
    vectors, lengths
        [N, D] and [N].
    who, best
        [queries, 2], written: positions and cosines as float32 sums have them, -1 and −∞ where there are fewer.
    """
    dimensions = vectors.shape[1]
    for q in range(len(queries)):
        query = queries[q]
        first, second, most, next_most = -1, -1, np.float32(-np.inf), np.float32(-np.inf)
        for i in range(len(candidates)):
            if i + AHEAD < len(candidates):
                ahead(vectors, candidates[i + AHEAD])
                ahead(lengths, candidates[i + AHEAD])
            item = candidates[i]
            product = np.float32(0)
            for d in range(dimensions):
                product += vectors[query, d] * vectors[item, d]
            cosine = product / (lengths[query] * lengths[item])
            if cosine > next_most and item != query:
                if cosine > most:
                    first, second, most, next_most = item, first, cosine, most
                else:
                    second, next_most = item, cosine
        who[q, 0], who[q, 1] = first, second
        best[q, 0], best[q, 1] = most, next_most


@kernel("who", "best", whole=("codes", "grain", "vectors"), loose=True)
def search_sketch(
    queries: Ints,
    labels: Ints,
    label: int,
    begin: int,
    end: int,
    order: Ints,
    codes: NDArray[np.int8],
    grain: Reals,
    home: Ints,
    strays: Ints,
    vectors: Reals,
    lengths: Reals,
    who: NDArray[np.int32],
    best: NDArray[np.float32],
) -> None:
    """Find the two items of a class most similar to each of a few items, as `search_two` does, by their sketch.

    Parameters
    ----------
    label, begin, end
        The class, and where its entries are.
    order, codes, grain, home, strays
        Of a `Sketch`.
    """
    dimensions = vectors.shape[1]
    unit = np.empty(dimensions, np.float32)
    for q in range(len(queries)):
        query = queries[q]
        for d in range(dimensions):
            unit[d] = vectors[query, d] / lengths[query]
        first, second, most, next_most = -1, -1, np.float32(-np.inf), np.float32(-np.inf)
        for i in range(begin, end + len(strays)):
            if i < end:
                about = np.float32(0)
                for d in range(dimensions):
                    about += unit[d] * codes[i, d]
                if about * grain[i, 0] + grain[i, 1] < next_most:
                    continue  # as nearly all
                item = order[i]
            else:
                item = strays[i - end]
                if home[item] == label:
                    continue  # it has an entry
            if labels[item] != label or item == query:
                continue
            product = np.float32(0)
            for d in range(dimensions):
                product += vectors[query, d] * vectors[item, d]
            cosine = product / (lengths[query] * lengths[item])
            if cosine > next_most or (cosine == next_most and item < second):
                if cosine > most or (cosine == most and item < first):
                    first, second, most, next_most = item, first, cosine, most
                else:
                    second, next_most = item, cosine
        who[q, 0], who[q, 1] = first, second
        best[q, 0], best[q, 1] = most, next_most


@kernel(*FOLLOWED, whole=("vectors",), loose=True)
def follow_answers(
    labels: Ints,
    askers: Ints,
    changed: Ints,
    kind: int,
    vectors: Reals,
    lengths: Reals,
    margin: float,
    far: NDArray[np.int32],
    similarity: NDArray[np.float32],
    second: NDArray[np.int32],
    second_similarity: Reals,
    state: NDArray[np.int8],
    best: NDArray[np.intp],
) -> int:
    """Compare the answers that some items had from the index with the items whose label changed.

    Parameters
    ----------
    kind
        0 where they asked for the nearest of the same label, 1 for that of another.
    margin
        More than float32 errs by in a cosine.
    far, similarity, second, second_similarity
        Of a `Nearest`. Where the answer was lost the second takes its place.
    state
        int8 [askers], written. Bits: 1 the answer was lost; 2 the index has to be asked again; 4 a changed item may be
        nearer, `best` (its place in `changed`); 8 others may be too.

    Returns
    -------
    int
        How many have a state.
    """
    count, dimensions = 0, vectors.shape[1]
    for i in range(len(askers)):
        asker = askers[i]
        if i + 2 * AHEAD < len(askers):
            soon = askers[i + 2 * AHEAD]
            ahead(labels, soon)
            ahead(far, soon)
            ahead(second, soon)
            ahead(similarity, soon)
            ahead(second_similarity, soon)
            ahead(vectors, soon)
            ahead(lengths, soon)
        own, was, after = labels[asker], far[asker, kind], second[asker]
        lost = gone = False
        for j in range(len(changed)):
            item = changed[j]
            fits = labels[item] == own if kind == 0 else labels[item] != own and labels[item] >= 0
            if not fits:
                lost = lost or was == item
                gone = gone or (kind == 0 and after == item)
        found = 0
        if gone:
            second[asker] = -1
        if lost:
            found = 1
            if kind == 0 and after >= 0 and not gone:
                far[asker, 0], similarity[asker, 0] = after, second_similarity[asker]
                second[asker] = -1
            else:
                found = 3
        if found != 3:
            least = similarity[asker, kind]
            if kind == 0 and second[asker] >= 0:
                least = second_similarity[asker]
            most, fitting = np.float32(-np.inf), 0
            for j in range(len(changed)):
                item = changed[j]
                fits = labels[item] == own if kind == 0 else labels[item] != own and labels[item] >= 0
                if fits and item != asker and item != was and not (kind == 0 and item == second[asker]):  # noqa: PLR1714  # numba knows no `in` for a tuple
                    product = np.float32(0)
                    for d in range(dimensions):
                        product += vectors[asker, d] * vectors[item, d]
                    cosine = product / (lengths[asker] * lengths[item])
                    fitting += 1
                    if cosine > most:
                        most, best[i] = cosine, j
            if fitting and most > least - margin:
                found |= 12 if fitting > 1 else 4
        state[i] = found
        if found:
            count += 1
    return count


follow_scattered = Kernel(follow_answers.function, FOLLOWED, loose=True)
"""`follow_answers` for vectors that do not lie in one piece."""
