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
    damping: float,
    first: Reals,
    before: Reals,
    total: NDArray[np.float32],
    member: NDArray[np.float32],
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
    total, member
        float32 [N], written at `rows`: the sums, and how far each item counts as wrong, 0 to 1.
    moved
        Gets the rows of which `member` is another one than it was.

    Returns
    -------
    int
        How many have moved.
    """
    count = 0
    for i in range(len(rows)):
        row = rows[i]
        own, whole = labels[row], 0.0
        if own >= 0:
            for j in range(indices.shape[1]):
                near = indices[row, j]
                share = before[near] if step else np.float32(1)
                if share == 0:  # as nearly all are
                    continue
                label = labels[near]
                if label >= 0:
                    # No branch that would be guessed wrong half of the time.
                    whole += np.float64(strength[row, j]) * (1 - 2 * (label != own)) * share
        now = np.float32(first[row] - 2 * whole) if step else np.float32(whole)
        total[row] = now
        wrong = np.float32(1 if now < limit[row] else 0)
        if step:
            wrong = np.float32((1 - damping) * before[row] + damping * wrong)
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


@kernel("draws")
def draw_labels(
    labels: Ints,
    rows: Ints,
    probs: Reals,
    confusion: Reals,
    classes: Ints,
    clean: Reals,
    bits: Ints,
    more_bits: Ints,
    odd: Ints,
    more_odd: Ints,
    last_odd: Ints,
    draws: Ints,
) -> None:
    """Draw labels for some items, [rows, M], from what each may be besides its given label; -1 for unlabelled ones.

    Parameters
    ----------
    confusion, classes, clean
        As of `vote_on_labelings`.
    bits, more_bits
        uint32 [N, ·]: what an item is, hashed to the uniform numbers that the labels are drawn by.
    odd, more_odd, last_odd
        uint64: odd factors of these, and one number for every draw.
    """
    width, n_draws = clean.shape[1], draws.shape[1]
    ladder = np.empty(width + 1)
    for i in range(len(rows)):
        row = rows[i]
        own = labels[row]
        if own < 0:
            draws[i] = -1
            continue
        whole, given = 0.0, np.float64(max(probs[row, own], np.float32(1e-9))) * confusion[own, own]
        for r in range(width):
            whole += np.float64(clean[row, r]) * confusion[own, classes[row, r]]
            ladder[r] = whole
            if classes[row, r] == own:
                given = 0.0  # it is one of the most probable
        ladder[width] = whole + given
        key = np.uint64(0)
        for j in range(len(odd)):
            key += np.uint64(bits[row, j]) * odd[j]
        for j in range(len(more_odd)):
            key += np.uint64(more_bits[row, j]) * more_odd[j]
        for d in range(n_draws):
            mixed = key + last_odd[d]
            mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            at = (np.float64(mixed >> np.uint64(40)) + 0.5) / 2.0**24 * ladder[width]
            place = 0
            while place < width and ladder[place] < at:
                place += 1
            if place == width and given == 0:
                place = width - 1  # rounding has passed the last
            draws[i, d] = own if place == width else classes[row, place]


@kernel("score")
def vote_on_labelings(
    labels: Ints,
    sizes: Ints,
    indices: Ints,
    cosines: Reals,
    rows: Ints,
    voters: int,
    squarings: int,
    probs: Reals,
    confusion: Reals,
    classes: Ints,
    clean: Reals,
    draws: Ints,
    score: NDArray[np.float32],
) -> None:
    """Write the mean probability, over the labelings, that an item is not what its neighbours' drawn labels say.

    Parameters
    ----------
    confusion
        [K, K]: probability of a given label (row) where another is true.
    classes, clean
        [N, R]: what an item may be besides its given label, and how probable that is.
    draws
        [N, M]: every item's label in every labeling, -1 for none.
    score
        float32 [N], written at `rows`; NaN where unlabelled, alone in its class, or beside nobody that has a say.
    """
    n_draws, width = draws.shape[1], clean.shape[1]
    weight, votes, chance = np.empty(voters), np.zeros(len(confusion)), np.empty(width)
    for i in range(len(rows)):
        row = rows[i]
        own = labels[row]
        score[row] = np.nan
        if own < 0 or sizes[own] <= 1:
            continue
        heard = False
        for j in range(voters):
            one = max(cosines[row, j], np.float32(0))
            for _ in range(squarings):
                one *= one
            weight[j] = one
            heard = heard or (one > 0 and draws[indices[row, j], 0] >= 0)
        if not heard:
            continue
        whole, given = 0.0, np.float64(max(probs[row, own], np.float32(1e-9))) * confusion[own, own]
        for r in range(width):
            chance[r] = np.float64(clean[row, r]) * confusion[own, classes[row, r]]
            whole += chance[r]
            if classes[row, r] == own:
                given = 0.0  # it is one of the most probable
        agreed = 0.0
        for d in range(n_draws):
            for j in range(voters):
                label = draws[indices[row, j], d]
                if label >= 0:
                    votes[label] += weight[j]
            said, most = 0, 0.0
            for j in range(voters):
                label = draws[indices[row, j], d]
                if label >= 0 and (votes[label] > most or (votes[label] == most and label < said)):
                    said, most = label, votes[label]
            for j in range(voters):
                label = draws[indices[row, j], d]
                if label >= 0:
                    votes[label] = 0
            if said == own:
                agreed += given
            for r in range(width):
                if classes[row, r] == said:
                    agreed += chance[r]
        score[row] = 1 - agreed / ((whole + given) * n_draws)
