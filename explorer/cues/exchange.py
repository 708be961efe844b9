"""Class codes that are exchanged between labels and an opinion: told by which order fits the labels best."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

GAIN = 0.2
"""By how much more of the labels another order must agree with, among the classes that it moves."""

BY_CHANCE = 0.3
"""How far that agreement must be beyond chance (Cohen's kappa): a model that always says the same fits any order."""

SURE = 1e-4
"""Chance of one false alarm, were the order given and the best one equally good: every possible exchange counts."""

MOST = 2000
"""Classes in doubt beyond which nothing is looked for: the best of all orders costs their number to the third."""


def exchanged(labels: NDArray[np.int64], says: NDArray[np.int64], count: int) -> dict[int, int]:
    """Return the opinion that fits each class better than its own, where the difference is large and no chance.

    Parameters
    ----------
    labels, says
        int64 [n]: class code of the label, and of what an opinion says.
    count
        Number of classes K.

    Returns
    -------
    dict
        By class code of the labels: the class code that the opinion has for it. Whole cycles; empty where the codes of
        both mean the same, as far as can be told.

    Examples
    --------
    >>> says = np.repeat([0, 1, 2], 30)
    >>> exchanged(np.array([1, 0, 2])[says], says, 3)
    {0: 1, 1: 0}
    """
    cells, n = np.unique(labels * count + says, return_counts=True)
    row, column = cells // count, cells % count
    own, top = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    own[row[row == column]] = n[row == column]
    np.maximum.at(top, row, n)
    doubtful = np.flatnonzero((own < top) | (top == 0))  # classes without a label may give up their column
    if not (own < top).any() or not 2 <= len(doubtful) <= MOST:
        return {}
    from scipy.optimize import linear_sum_assignment

    place = np.full(count, -1)
    place[doubtful] = np.arange(len(doubtful))
    inside = (place[row] >= 0) & (place[column] >= 0)
    table = np.zeros((len(doubtful), len(doubtful)))
    table[place[row[inside]], place[column[inside]]] = n[inside]
    # Less than one label in all: of orders that fit as well, the one that leaves most columns where they are.
    table[np.diag_indices(len(table))] += 0.5 / len(table)
    _, best = linear_sum_assignment(table, maximize=True)
    found: dict[int, int] = {}
    for cycle in _cycles(best):
        exchange = dict(zip(doubtful[cycle].tolist(), doubtful[best[cycle]].tolist(), strict=True))
        if _better(exchange, labels, says, count):
            found |= exchange
    return dict(sorted(found.items()))


def _cycles(order: NDArray[np.intp]) -> Iterator[list[int]]:
    """Yield the parts of a permutation that move among themselves."""
    seen = np.zeros(len(order), dtype=bool)
    for start in range(len(order)):
        cycle = []
        at = start
        while not seen[at]:
            seen[at] = True
            cycle.append(at)
            at = int(order[at])
        if len(cycle) > 1:
            yield cycle


def _better(exchange: dict[int, int], labels: NDArray[np.int64], says: NDArray[np.int64], count: int) -> bool:
    """Say whether columns that move among some classes fit them so much better that it is no chance."""
    mine = np.isin(labels, list(exchange))
    belongs = np.arange(count)
    belongs[list(exchange)] = list(exchange.values())
    label, said = labels[mine], says[mine]
    before, after = int((said == label).sum()), int((said == belongs[label]).sum())
    n = len(label)
    if after - before <= GAIN * n:
        return False
    of_label, of_column = np.bincount(label, minlength=count), np.bincount(said, minlength=count)
    by_chance = float((of_label * of_column[belongs]).sum()) / n / n
    if after / n - by_chance < BY_CHANCE * (1 - by_chance):
        return False
    from scipy.stats import binom

    # A sign test on the labels that only one of the two orders agrees with, for as many orders as there could be.
    ways = math.lgamma(count + 1) - math.lgamma(count - len(exchange) + 1) - math.log(len(exchange))
    return float(binom.logsf(after - 1, before + after, 0.5)) + ways < math.log(SURE)
