"""Compiled loops, as those of `kernels`, for what is counted: triples of labels, confirmed labels, sizes of classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.compiled.jit import Bools, Ints, Reals, kernel


@kernel("score")
def by_class(table: Reals, labels: Ints, score: NDArray[np.float32]) -> None:
    """Look up every item's class in a table [K + 1], whose last entry is that of unlabelled items."""
    last = len(table) - 1
    for i in range(len(labels)):
        label = labels[i]
        score[i] = table[label if label >= 0 else last]


@kernel("who", "now")
def find_triples(
    labels: Ints,
    indices: Ints,
    rows: Ints,
    known: Ints,
    everybody: bool,
    who: NDArray[np.intp],
    now: NDArray[np.int32],
) -> int:
    """Find the labels of some items and of their two nearest labelled neighbours; -1 where there are too few.

    Parameters
    ----------
    known
        int32 [N, 3]: the triples there were.
    everybody
        Name all of `rows`, and not those alone whose triple is another one now.
    who, now
        [rows] and [rows, 3]: the first entries get who it is, and the triples.

    Returns
    -------
    int
        How many entries these got.
    """
    count = 0
    for i in range(len(rows)):
        row, heard = rows[i], 0
        now[count, 0] = labels[row]
        now[count, 1] = now[count, 2] = -1
        for j in range(indices.shape[1]):
            label = labels[indices[row, j]]
            if label >= 0:
                heard += 1
                now[count, heard] = label
                if heard == 2:
                    break
        differs = everybody
        if not everybody:
            for part in range(3):
                differs = differs or now[count, part] != known[row, part]
        if differs:
            who[count] = row
            count += 1
    return count


@kernel("counts")
def move_triples(keys: Ints, before: Ints, after: Ints, counts: NDArray[np.int64]) -> tuple[int, int]:
    """Move the counts of triples when some [n, 3] became others; those with a label missing are not counted.

    Returns
    -------
    tuple
        By how much the number of all that are counted has grown, and that of those that are alike; (-1, -1) where a
        kind of triple comes up or dies out: then `counts` are of no use.
    """
    total = alike = 0
    fits = len(keys) > 0
    for time in range(2):
        triples, step = (after, 1) if time else (before, -1)
        for i in range(len(triples)):
            a, b, c = np.int64(triples[i, 0]), np.int64(triples[i, 1]), np.int64(triples[i, 2])
            if not fits or a < 0 or b < 0 or c < 0:
                continue
            key = ((a + 1) << 42) | ((b + 1) << 21) | (c + 1)
            at = np.searchsorted(keys, key)
            if at == len(keys) or keys[at] != key:
                fits = False
                continue
            counts[at] += step
            total += step
            if a == b and a == c:
                alike += step
    for i in range(len(before)):  # who came can have made up for who went
        a, b, c = np.int64(before[i, 0]), np.int64(before[i, 1]), np.int64(before[i, 2])
        if fits and a >= 0 and b >= 0 and c >= 0:
            fits = counts[np.searchsorted(keys, ((a + 1) << 42) | ((b + 1) << 21) | (c + 1))] > 0
    return (total, alike) if fits else (-1, -1)


@kernel("value", "suggested", "agrees", "sums")
def confirm(
    labels: Ints,
    rows: Ints,
    opinion: Reals,
    group: Ints,
    grain: float,
    again: bool,
    value: NDArray[np.float32],
    suggested: NDArray[np.int32],
    agrees: Bools,
    sums: NDArray[np.float64],
) -> None:
    """Write what speaks for the given labels of some items, and add it to the sums of their groups.

    Parameters
    ----------
    opinion
        [rows, K]: how probable each class is; zeros where nothing is known.
    group
        [N]: number of each item's group, -1 for none.
    grain
        Values are rounded to multiples of it.
    again
        Take back first what was added for these items before.
    value, suggested, agrees, sums
        Of a `Tally`.
    """
    last = len(sums) - 1
    for i in range(len(rows)):
        row = rows[i]
        own, place = labels[row], group[row] if group[row] >= 0 else last
        if again and not np.isnan(value[row]):
            sums[place, 0] -= 1
            sums[place, 1] -= value[row]
            sums[place, 2] -= agrees[row]
        top, most = 0, opinion[i, 0]
        known = most != 0
        for c in range(1, opinion.shape[1]):
            one = opinion[i, c]
            known = known or one != 0
            if one > most:
                top, most = c, one
        value[row] = np.nan
        if own >= 0 and known:
            value[row] = np.rint(np.float64(opinion[i, own]) / grain) * grain
            if opinion[i, own] >= most:
                top = own  # a tie goes to the given label
        suggested[row] = top if known else -1
        agrees[row] = suggested[row] == own
        if not np.isnan(value[row]):
            sums[place, 0] += 1
            sums[place, 1] += value[row]
            sums[place, 2] += agrees[row]
