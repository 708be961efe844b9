"""One epoch of UMAP's optimisation, compiled. Import it late: it loads numba and, once per machine, compiles."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray


def epoch(
    before: NDArray[np.float32],
    after: NDArray[np.float32],
    indptr: NDArray[np.int64],
    tails: NDArray[np.int32],
    period: NDArray[np.float32],
    due: NDArray[np.float32],
    due_negative: NDArray[np.float32],
    random: NDArray[np.uint64],
    start: int,
    stop: int,
    number: int,
    alpha: float,
    a: float,
    b: float,
    negatives: float,
) -> None:
    """Move the items start…stop by one epoch, reading where everyone stood `before` it and writing to `after`.

    As nothing is read that another item writes, ranges of items can run on threads of their own and the result is the
    same for any number of them.
    """
    n = len(before)
    one, small, four = np.float32(1), np.float32(0.001), np.float32(4)
    a32, b32, alpha32 = np.float32(a), np.float32(b), np.float32(alpha)
    pull, push = np.float32(-2) * a32 * b32, np.float32(2) * b32
    for j in range(start, stop):
        x, y = before[j, 0], before[j, 1]
        state = random[j]
        for e in range(indptr[j], indptr[j + 1]):
            if due[e] > number:
                continue
            due[e] += period[e]
            k = tails[e]
            dx, dy = x - before[k, 0], y - before[k, 1]
            square = dx * dx + dy * dy
            if square > 0:
                power = square**b32
                force = pull * power / (square * (a32 * power + one))
                # Each end of an edge is pulled by it from both directions.
                x += np.float32(2) * max(-four, min(four, force * dx)) * alpha32
                y += np.float32(2) * max(-four, min(four, force * dy)) * alpha32
            step = period[e] / np.float32(negatives)
            count = int((number - due_negative[e]) / step)
            for _ in range(count):
                state ^= state << np.uint64(13)
                state ^= state >> np.uint64(7)
                state ^= state << np.uint64(17)
                other = int((state >> np.uint64(11)) % np.uint64(n))
                if other == j:
                    continue
                dx, dy = x - before[other, 0], y - before[other, 1]
                square = dx * dx + dy * dy
                if square > 0:
                    force = push / ((small + square) * (a32 * square**b32 + one))
                    x += max(-four, min(four, force * dx)) * alpha32
                    y += max(-four, min(four, force * dy)) * alpha32
            due_negative[e] += count * step
        random[j] = state
        after[j, 0], after[j, 1] = x, y


def _compiled() -> Any:
    options = {"nogil": True, "fastmath": True}
    try:
        return numba.njit(epoch, cache=True, **options)
    except RuntimeError:  # no folder that the compiled code could be kept in
        return numba.njit(epoch, **options)


run = _compiled()
