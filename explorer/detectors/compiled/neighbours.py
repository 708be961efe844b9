"""Loops over a few items and their neighbours, compiled: what one changed label asks of every method.

A change reaches some fifty items with fifty neighbours each. For so little numpy takes a microsecond or more a call
whatever there is to do, and a method needs dozens of calls; a compiled loop does it in one, without arrays in between.
A run of everything goes through the same loops, so that an update and a run agree to the bit, and so that they are
compiled, or read from numba's cache, by the time of the first correction.

Sums are made in float64 in the order of the neighbours. Nothing in these loops knows of results or of detectors: arrays
go in, and those that are named in `kernel(…)` are written to.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.compiled.jit import Ints, Reals, kernel
from explorer.detectors.compiled.prefetch import ahead

AHEAD = 4
"""So many rows further on is what memory is asked for."""


@kernel("shares")
def count_votes(
    labels: Ints, indices: Ints, weight: Reals, rows: Ints, voters: int, squarings: int, shares: NDArray[np.float32]
) -> int:
    """Write each class's share of the weight of an item's first voters, [rows, K]; return how many items have none.

    A vote weighs `weight` [N, k], 0 where that is negative, squared so many times.
    """
    mute, n_classes = 0, shares.shape[1]
    votes = np.empty(n_classes)
    for i in range(len(rows)):
        if i + AHEAD < len(rows):
            ahead(indices, rows[i + AHEAD])
            ahead(weight, rows[i + AHEAD])
        row, whole = rows[i], 0.0
        votes[:] = 0
        for j in range(voters):
            label = labels[indices[row, j]]
            if label >= 0:
                one = max(weight[row, j], np.float32(0))
                for _ in range(squarings):
                    one *= one
                votes[label] += one
                whole += one
        if whole > 0:
            least = max(whole, 1e-9)
            for c in range(n_classes):
                shares[i, c] = votes[c] / least
        else:
            mute += 1
            shares[i] = 0
    return mute


@kernel("lead", "angle", "best")
def compare_votes(
    labels: Ints,
    rows: Ints,
    shares: Reals,
    lead: NDArray[np.float32],
    angle: NDArray[np.float32],
    best: NDArray[np.int32],
) -> None:
    """Compare the votes [rows, K] on some items with their given labels.

    Writes the strongest other share minus the given label's; 1 − cosine of the vote and the label, in [0, 1] (both NaN
    where unlabelled; the second also where nobody votes); and the strongest class, -1 where nobody votes.
    """
    for i in range(len(rows)):
        label = labels[rows[i]]
        top, most, other, square = -1, 0.0, -1.0, 0.0
        for c in range(shares.shape[1]):
            share = shares[i, c]
            square += np.float64(share) * share
            if share > most:
                top, most = c, share
            if c != label and share > other:
                other = share
        best[i] = top
        if label < 0:
            lead[i] = angle[i] = np.nan
            continue
        own = shares[i, label]
        lead[i] = max(other, 0.0) - own
        angle[i] = min(max(1 - own / np.sqrt(square), 0.0), 1.0) if square > 0 else np.nan


@kernel("total", "member", "moved")
def relate(
    labels: Ints,
    indices: Ints,
    strength: Reals,
    rows: Ints,
    limit: Reals,
    step: int,
    parts: int,
    first: Reals,
    before: NDArray[np.uint8],
    total: NDArray[np.float32],
    member: NDArray[np.uint8],
    moved: NDArray[np.intp],
) -> int:
    """Sum the relations of some items (+ for the same label, − for another), and say how far each counts as wrong.

    Parameters
    ----------
    strength
        [N, k]: of the relation to each neighbour.
    limit
        [N]: below it a sum counts as wrong.
    step
        0 sums; later ones take from the sums `first` [N] twice the relations to neighbours, as far as these counted as
        wrong in the step before (`before`, [N]).
    parts
        What an item that counts as wrong altogether has in `before` and `member`: a power of two, so that the mean of
        two steps is exact. In bytes, these fit in a cache.
    total, member
        float32 and uint8 [N], written at `rows`: the sums, and how far each item counts as wrong, in `parts`.
    moved
        Gets the rows of which `member` is another one than it was.

    Returns
    -------
    int
        How many have moved.
    """
    count, part = 0, 1 / parts
    for i in range(len(rows)):
        row = rows[i]
        if i + AHEAD < len(rows):
            soon = rows[i + AHEAD]
            ahead(indices, soon)
            ahead(labels, soon)
            ahead(limit, soon)
            ahead(total, soon)
            ahead(member, soon)
            if step:
                ahead(first, soon)
                ahead(before, soon)
            else:
                ahead(strength, soon)
        own, whole = labels[row], 0.0
        if own >= 0:
            for j in range(indices.shape[1]):
                near = indices[row, j]
                share = before[near] if step else np.uint8(parts)
                if share == 0:  # as nearly all are
                    continue
                label = labels[near]
                if label >= 0:
                    # No branch that would be guessed wrong half of the time.
                    whole += np.float64(strength[row, j]) * (1 - 2 * (label != own)) * (share * part)
        now = np.float32(first[row] - 2 * whole) if step else np.float32(whole)
        total[row] = now
        wrong = np.uint8(parts if now < limit[row] else 0)
        if step:
            wrong = np.uint8((np.int64(before[row]) + wrong) >> 1)
        if member[row] != wrong:
            moved[count] = row
            count += 1
        member[row] = wrong
    return count


@kernel("score", "against", "own_part")
def influence(
    labels: Ints,
    sizes: Ints,
    comparable: bool,
    indices: Ints,
    probs: Reals,
    alike: Reals,
    agree: Reals,
    own_alike: Reals,
    own_agree: Reals,
    rows: Ints,
    score: NDArray[np.float32],
    against: NDArray[np.float32],
    own_part: NDArray[np.float32],
) -> None:
    """Sum the influences of the neighbours on some items, and write score, minus the sum, and the item's own part.

    `alike` and `agree` [N, k], `own_alike` and `own_agree` [N] are the products of vectors and of probabilities; the
    last three are float32 [N], written at `rows`.
    """
    for i in range(len(rows)):
        row = rows[i]
        if i + AHEAD < len(rows):
            soon = rows[i + AHEAD]
            ahead(indices, soon)
            ahead(alike, soon)
            ahead(agree, soon)
            ahead(own_alike, soon)
            ahead(own_agree, soon)
            ahead(score, soon)
            ahead(against, soon)
            ahead(own_part, soon)
        own = labels[row]
        score[row] = against[row] = own_part[row] = np.nan
        if own < 0 or not comparable:
            continue
        whole, voters = 0.0, 0
        for j in range(indices.shape[1]):
            near = indices[row, j]
            label = labels[near]
            if label >= 0:
                voters += 1
                # (P_i − onehot(y_i))·(P_j − onehot(y_j)), written out.
                pull = np.float64(agree[row, j]) - probs[row, label] - probs[near, own] + (label == own)
                whole += pull * alike[row, j]
        mine = own_alike[row] * max(0.0, np.float64(own_agree[row]) - 2 * np.float64(probs[row, own]) + 1)
        own_part[row] = mine
        if voters and sizes[own] != 1:
            score[row] = mine - whole / voters
            against[row] = -whole


@kernel("value", "weight", "moved")
def give_values(
    before: Ints,
    after: Ints,
    anew: bool,
    indices: Ints,
    givers: Ints,
    earned: Reals,
    passed: Reals,
    value: NDArray[np.float64],
    weight: NDArray[np.float64],
    moved: NDArray[np.intp],
) -> int:
    """Take back what some items gave their neighbours by the labels `before` [N], and give it by those `after` [N].

    Parameters
    ----------
    anew
        Nothing was given before.
    earned, passed
        [k + 1, k + 1]: what a neighbour earns itself if its label is the giver's, and adds to all nearer ones, by how
        many neighbours have a label and its rank among these.
    value, weight
        float64 [N], added to. All terms are multiples of one grain, so that the order does not matter.
    moved
        Gets everybody to whom that made a difference, some more than once; none where it is empty.

    Returns
    -------
    int
        How many entries it got.
    """
    k, count = indices.shape[1], 0
    given, worth = np.zeros((2, k)), np.zeros((2, k))
    for i in range(len(givers)):
        giver = givers[i]
        if i + AHEAD < len(givers):
            ahead(indices, givers[i + AHEAD])
        if i + 1 < len(givers):
            for j in range(k):
                ahead(value, indices[givers[i + 1], j])
                ahead(weight, indices[givers[i + 1], j])
        for time in range(1 if anew else 0, 2):
            labels = after if time else before
            own, heard = labels[giver], 0
            given[time] = 0
            worth[time] = 0
            if own < 0:
                continue
            for j in range(k):
                heard += labels[indices[giver, j]] >= 0
            rank, onward = heard, 0.0
            for j in range(k - 1, -1, -1):
                label = labels[indices[giver, j]]
                if label >= 0:
                    match = np.float64(label == own)  # no branch to guess wrong
                    worth[time, j] = earned[heard, rank]
                    given[time, j] = onward + match * earned[heard, rank]
                    onward += match * passed[heard, rank]
                    rank -= 1
        for j in range(k):
            if given[0, j] != given[1, j] or worth[0, j] != worth[1, j]:
                near = indices[giver, j]
                value[near] += given[1, j] - given[0, j]
                weight[near] += worth[1, j] - worth[0, j]
                if len(moved):
                    moved[count] = near
                    count += 1
    return count
