"""A column of labels that was moved by some rows, all of it or from a row on."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from explorer.cues.finding import Finding
from explorer.cues.segments import kappa, largest_sum, move, runs
from explorer.utils.text import percentage

FARTHEST = 50
"""Rows up to which every shift is tried; of larger ones only those that the whole column speaks for."""

FAR = 3
"""Larger shifts that are tried."""

CELLS = 2**22
"""Most cells, rows times classes, of the search for larger shifts; beyond, none are looked for."""

SURE = 1e-4
"""Chance of one false alarm, of all shifts and all stretches of rows together."""

KAPPA = 0.3
"""Agreement beyond chance (Cohen's kappa) that moved labels must reach, and that mixed ones must stay below."""

REPAIRED = 0.5
"""Share of the labels of a stretch without agreement that the shift must bring to agree."""

GAIN = 0.05
"""By how much more of all labels of a stretch must agree when they are moved."""

STRETCHES = 5
"""Findings of one kind, at most."""

SAMPLE = 20_000
"""Rows whose neighbours are asked whether all labels are moved."""

NEAR = 10
"""Neighbours that are asked."""


def _shifts(labels: NDArray[np.int32], opinion: NDArray[np.int32], count: int, by: int) -> list[int]:
    """Return the shifts that are tried: all small ones, and the larger ones that fit most labels of the column."""
    n = len(labels)
    small = [step * sign for step in range(1, min(FARTHEST, n - 1) + 1) for sign in (1, -1)]
    found = list(dict.fromkeys([*([by] if by else []), *small]))
    if n <= 2 * FARTHEST + 2 or n * count > CELLS or float((labels == opinion).mean()) > 0.98:
        return found
    size = 1 << (2 * n - 1).bit_length()
    agree = np.zeros(size)
    for code in range(count):
        one, other = (np.fft.rfft((what == code).astype(np.float64), size) for what in (labels, opinion))
        agree += np.fft.irfft(one * np.conj(other), size)
    steps = np.concatenate([np.arange(FARTHEST + 1, n), np.arange(-n + 1, -FARTHEST)])
    # By how many standard deviations of chance each is above it: a shift by almost all rows leaves few to compare.
    shares = [np.bincount(what[what >= 0], minlength=count) / n for what in (labels, opinion)]
    chance = float(shares[0] @ shares[1])
    left = n - np.abs(steps)
    above = (agree[steps] - left * chance) / np.sqrt(np.maximum(left * chance * (1 - chance), 1e-9))
    far: list[int] = steps[np.argsort(-above, kind="stable")[:FAR]].tolist()
    return found + far


def stretches(labels: NDArray[np.int32], opinion: NDArray[np.int32], count: int, by: int) -> list[tuple[int, int, int]]:
    """Return start, end and shift of the stretches of rows whose labels fit when they are moved."""
    found: list[tuple[int, int, int]] = []
    free = (labels >= 0) & (opinion >= 0)
    steps = _shifts(labels, opinion, count, by)
    n, ways = len(labels), 3 * math.log(max(2, len(labels)))
    here = (labels == opinion).astype(np.int8)
    while len(found) < STRETCHES:
        best: tuple[float, int, int, int] = (0.0, 0, 0, 0)
        for step in steps:
            there = move(labels, step)
            gain = np.where(free & (there >= 0), (there == opinion).astype(np.int8) - here, 0)
            start, end, total = largest_sum(gain)
            if total > best[0]:
                best = total, start, end, step
        _, start, end, step = best
        # Of so few rows at either end it hangs on chance which of them show it.
        start, end = 0 if start <= FARTHEST else start, n if n - end <= FARTHEST else end
        rows = np.zeros(n, dtype=bool)
        rows[start:end] = True
        rows &= free
        if not step or not _fits(labels, opinion, rows, step, ways):
            return sorted(found)
        found.append((start, end, step))
        free &= ~rows
    return sorted(found)


def _fits(
    labels: NDArray[np.int32], opinion: NDArray[np.int32], rows: NDArray[np.bool_], step: int, ways: float
) -> bool:
    """Say whether some rows' labels fit so much better when moved that it is no chance.

    A sign test on the runs that only one of the two places agrees with, for as many shifts and stretches as there are.
    """
    from scipy.stats import binom

    there = move(labels, step)
    rows = rows & (there >= 0)
    if not rows.any():
        return False
    before, after = rows & (labels == opinion), rows & (there == opinion)
    wrong = rows & ~before
    won, lost = runs(after & ~before, opinion), runs(before & ~after, opinion)
    if float(binom.logsf(won - 1, won + lost, 0.5)) + ways >= math.log(SURE):
        return False
    return bool(
        (after & wrong).sum() >= REPAIRED * wrong.sum()
        and after.sum() - before.sum() >= GAIN * rows.sum()
        and kappa(there[rows], opinion[rows]) >= KAPPA
    )


def shift_finding(start: int, end: int, step: int, labels: NDArray[np.int32], opinion: NDArray[np.int32]) -> Finding:
    """Say which rows' labels stand beside others, by a stretch as `stretches` has it."""
    n = len(labels)
    there = move(labels, step)
    rows = np.arange(start, end)
    rows = rows[(labels[rows] >= 0) & (opinion[rows] >= 0) & (there[rows] >= 0)]
    before, after = labels[rows] == opinion[rows], there[rows] == opinion[rows]
    first, last = carrying(start, end, step, n)
    far = abs(step)
    whose = (
        f"the row {'before' if step > 0 else 'after'}"
        if far == 1
        else f"{far:,} rows {'before' if step > 0 else 'after'}"
    )
    carry = f"the label of {whose}" if far == 1 else f"the label that belongs {whose}"
    where = "All rows" if first == 0 and last == n else f"Rows {first:,} to {last - 1:,}"
    agree, moved = float(before.mean()), float(after.mean())
    back = f"{'back' if step > 0 else 'down'} by {'one' if far == 1 else f'{far:,}'}"
    return Finding(
        "shift",
        f"rows {first:,} to {last - 1:,}",
        f"{where} carry {carry}: {percentage(agree)} of these labels agree with what their rows look like, and "
        f"{percentage(moved)} do when moved.",
        f"Shift the column {back}"
        + ("." if where == "All rows" else f" from row {first:,} on, and look how that came about."),
        f"Its row seems to carry {carry}, which would fit.",
        rows[after & ~before].astype(np.intp),
        {"start": first, "end": last - 1, "items": last - first, "by": step, "agree": agree, "moved": moved},
    )


def carrying(start: int, end: int, step: int, n: int) -> tuple[int, int]:
    """Return the rows, half open, that carry the labels of rows from `start` to `end`, which stand so far down.

    Where rows were put in or taken out, those beside the seam carry another's label as well.

    >>> carrying(600, 899, 1, 900), carrying(0, 3000, 1000, 4000)
    ((600, 900), (1000, 4000))
    """
    if abs(step) > FARTHEST:
        return start + step, end + step
    return (start, min(n, end + step)) if step > 0 else (max(0, start + step), end)


def moved_by(labels: NDArray[np.int32], near: NDArray[np.int32]) -> int:
    """Return the shift under which neighbours share a label much more often than as the labels stand; 0 for none.

    Neighbours are told by content alone, so that this also sees a shift of all labels.
    """
    n = len(labels)
    rng = np.random.default_rng(0)
    rows = np.sort(rng.choice(n, SAMPLE, replace=False)) if n > SAMPLE else np.arange(n)
    others = near[rows, :NEAR]

    def shared(step: int) -> tuple[float, int]:
        there = move(labels, step)
        one, other = there[rows][:, None], np.where(others >= 0, there[np.maximum(others, 0)], -1)
        known = (one >= 0) & (other >= 0)
        return float((known & (one == other)).sum() / max(1, known.sum())), int(known.any(axis=1).sum())

    share = np.bincount(labels[labels >= 0]) / max(1, int((labels >= 0).sum()))
    chance = float((share**2).sum())
    if chance >= 1:
        return 0
    now, _ = shared(0)
    steps = [step * sign for step in range(1, min(FARTHEST, n - 1) + 1) for sign in (1, -1)]
    found = [(*shared(step), step) for step in steps]
    best, known, step = max(found, key=lambda each: (each[0], -abs(each[2]))) if found else (0.0, 0, 0)
    if not known or (best - chance) / (1 - chance) < KAPPA:
        return 0
    # Neighbours' labels hang together: one pair a row is counted.
    deviation = math.sqrt(2 * max(best * (1 - best), 0.01) / known)
    return step if best - now > max(GAIN, 5 * deviation) else 0


def voted(labels: NDArray[np.int32], near: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """Return the commonest label among the neighbours of each row, -1 where none has one."""
    others = near[:, :NEAR]
    codes = np.where(others >= 0, labels[np.maximum(others, 0)], -1)
    cells, n = np.unique((np.arange(len(codes))[:, None] * (count + 1) + codes + 1).ravel(), return_counts=True)
    row, code = np.divmod(cells, count + 1)
    order = np.lexsort((-code, n, row))
    order = order[code[order] > 0]
    found = np.full(len(codes), -1, dtype=np.int32)
    found[row[order]] = code[order] - 1  # the last of a row, which is the commonest, stays
    return found
