"""Compiled loops, as those of `kernels`, from what detectors say about some items to the verdict on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.compiled.jit import Bools, Ints, Reals, kernel
from explorer.detectors.compiled.prefetch import ahead, cell_ahead

AHEAD = 8
"""So many rows further on is what memory is asked for."""


@kernel("matrix", "differs", whole=("values", "ends", "within", "places", "at", "below"))
def scale(
    values: NDArray[np.float32],
    numbers: Ints,
    begins: Ints,
    ends: NDArray[np.float32],
    within: NDArray[np.float32],
    places: Reals,
    at: Reals,
    below: Reals,
    into: Ints,
    matrix: Reals,
    differs: Bools,
) -> None:
    """Write columns into some rows of a matrix, each by its `Scale`.

    A value is counted into its block, then into its place there: that takes a quarter of what halving does, whose
    every step guesses wrong half of the time.

    Parameters
    ----------
    values
        float32 [C, n]: the raw columns; NaN is nothing said.
    numbers
        [C]: the number of each column's scale, which is its place in the matrix.
    begins, places, at, below
        The scales one after the other: number c has `begins[c]:begins[c + 1]`, and one more of `below`.
    ends, within
        float32 [·, B] and [·, B, W]: the places in blocks, not above what they are, and the last one of each block;
        infinite beyond the last.
    into
        [n]: the rows of the matrix.
    differs
        Bool [n], written: whose row has got another value.
    """
    n, n_blocks, width = values.shape[1], ends.shape[1], within.shape[2]
    differs[:] = False
    for c in range(len(values)):
        number = numbers[c]
        first, size = begins[number], begins[number + 1] - begins[number]
        for i in range(n):
            if i + AHEAD < n:
                cell_ahead(matrix, into[i + AHEAD], number)
            value, scaled = values[c, i], np.float32(0)
            if size and not np.isnan(value):
                block, more = np.int32(0), np.int32(0)
                for j in range(n_blocks):
                    block += np.int32(ends[number, j] < value)
                if block < n_blocks:
                    for j in range(width):
                        more += np.int32(within[number, block, j] < value)
                place = first + block * width + more
                here = place < first + size and places[place] == value
                scaled = np.float32(at[place] if here else below[min(place, first + size) + number])
            row = into[i]
            if matrix[row, number] != scaled:
                matrix[row, number] = scaled
                differs[i] = True


@kernel("columns", "suggested", "share")
def read_pool(
    q: Reals,
    labels: Ints,
    tie: float,
    known: float,
    tiny: float,
    into: Ints,
    columns: Reals,
    suggested: NDArray[np.int32],
    share: NDArray[np.float32],
) -> None:
    """Write what the pooled opinion q [n, K] says of some items with labels [n].

    Parameters
    ----------
    tie, known, tiny
        Probabilities as near as the first are equal; less than the second between two classes says nothing; logarithms
        begin at the third.
    into
        [n]: the rows of the rest.
    columns
        Its first three columns get the log-odds against the label, and half those of its strongest rival and of doubt.
    suggested
        int32 [N]: the class that fits best; a tie goes to the given label, which also stands where nothing is known.
    share
        float32 [N]: its probability if the given label is wrong; where that is the suggested one, or none is given, its
        probability.
    """
    for i in range(len(into)):
        row, label = into[i], labels[i]
        given = max(label, 0)
        own, other, top, most, least = q[i, given], 0.0, 0, q[i, 0], q[i, 0]
        for c in range(q.shape[1]):
            one = q[i, c]
            if one > most:
                top, most = c, one
            least = min(least, one)
            if c != given:
                other = max(other, one)
        for column in range(3):
            p = own if column == 0 else other if column == 1 else 1 - max(own, other)
            p = min(max(p, tiny), 1 - tiny)
            odds = np.log(p) - np.log1p(-p)
            columns[row, column] = odds / 2 if column else -odds
        best = label if label >= 0 and own >= most - tie else top
        chosen = best if most - least > known else label
        suggested[row] = chosen
        of_it = q[i, max(chosen, 0)]
        share[row] = of_it if label < 0 or chosen == label else of_it / max(1 - own, 1e-12)


@kernel("suggested", "p_error", "suggested_p", "is_issue", "odds", "moved", whole=("matrix", "centre", "weights"))
def judge(
    labels: Ints,
    rows: Ints,
    matrix: Reals,
    centre: Reals,
    weights: Reals,
    bias: float,
    part: float,
    largest: float,
    slope: float,
    shift: float,
    issue: float,
    binary: bool,
    anew: bool,
    fits: Ints,
    suggested: NDArray[np.int32],
    share: Reals,
    p_error: NDArray[np.float32],
    suggested_p: NDArray[np.float32],
    is_issue: Bools,
    odds: NDArray[np.float64],
    moved: NDArray[np.intp],
) -> int:
    """Write the verdict on some items by what was read of them.

    Parameters
    ----------
    matrix
        [N, C]: what was read.
    centre, weights
        float64 [C] of the model taught on flips; empty where there is none.
    bias, part
        Of that model, and its share in the log-odds.
    largest
        What log-odds are cut off at.
    slope, shift
        Bring log-odds to probabilities.
    issue
        Above it `p_error` is an issue.
    binary
        Whether there are two classes: the rule of `Level.issues`.
    anew
        Whether labels or what `read_pool` wrote may differ too: else who has the same odds as before is passed over.
    fits, share
        [N], of `read_pool`.
    odds
        float64 [N]: the log-odds before they are levelled, written at `rows`.
    suggested, p_error, suggested_p, is_issue
        [N], written at `rows`.
    moved
        Gets the rows of which one of the last three is another one than it was; none where it is empty.

    Returns
    -------
    int
        How many entries it got.
    """
    count = 0
    width = len(weights)
    even = width - width % 4
    for i in range(len(rows)):
        row = rows[i]
        if i + AHEAD < len(rows):
            soon = rows[i + AHEAD]
            ahead(matrix, soon)
            ahead(odds, soon)
            if anew:
                ahead(labels, soon)
                ahead(fits, soon)
                ahead(suggested, soon)
                ahead(share, soon)
                ahead(p_error, soon)
                ahead(suggested_p, soon)
                ahead(is_issue, soon)
        pooled: float = np.float64(matrix[row, 0])
        level = pooled
        if width:
            a, b, c, d = bias, 0.0, 0.0, 0.0  # four sums, which need not wait for each other
            for j in range(0, even, 4):
                a += (matrix[row, j] - centre[j]) * weights[j]
                b += (matrix[row, j + 1] - centre[j + 1]) * weights[j + 1]
                c += (matrix[row, j + 2] - centre[j + 2]) * weights[j + 2]
                d += (matrix[row, j + 3] - centre[j + 3]) * weights[j + 3]
            for j in range(even, width):
                a += (matrix[row, j] - centre[j]) * weights[j]
            level = (1 - part) * pooled + part * min(max((a + b) + (c + d), -largest), largest)
        level = min(max(level, -largest), largest)
        if not anew and odds[row] == level:
            continue
        odds[row] = level
        p = 0.5 * (1 + np.tanh(0.5 * (shift + slope * level)))
        now = np.float32(p if labels[row] >= 0 else np.nan)
        label, chosen = labels[row], fits[row]
        if binary and now > issue:
            chosen = 1 - label
        # The doubt about the given label is shared among the others as the pooled opinion has it.
        sure = np.float64(share[row])
        if label >= 0:
            sure = 1 - p if chosen == label else p if binary else p * sure
        sure_now = np.float32(min(sure, 1.0) if chosen >= 0 else np.nan)
        issue_now = chosen != label and now > issue
        if len(moved):
            differs = is_issue[row] != issue_now
            differs = differs or not (p_error[row] == now or (np.isnan(p_error[row]) and np.isnan(now)))
            was = suggested_p[row]
            if differs or not (was == sure_now or (np.isnan(was) and np.isnan(sure_now))):
                moved[count] = row
                count += 1
        suggested[row] = chosen
        p_error[row], suggested_p[row], is_issue[row] = now, sure_now, issue_now
    return count
