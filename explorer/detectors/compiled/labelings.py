"""Compiled loops, as those of `neighbours`, for labels that are drawn as they may be and vote again and again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.compiled.jit import Ints, Reals, kernel


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
