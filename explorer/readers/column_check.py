"""Whether the columns of probabilities stand in the order of the classes: told by which order fits the labels.

Probabilities without names cannot be checked when they are read. Two columns that are swapped, or all of them shifted,
make every item of these classes look wrong. So the order given is compared with the one that fits the labels best.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.errors import Option, Said

BY_NAME = "probability columns are matched to classes by name"
"""What is noted of columns that were told by their names."""

GAIN = 0.2
"""By how much more of the labels another order must agree with, among the classes that it moves."""

BY_CHANCE = 0.3
"""How far that agreement must be beyond chance (Cohen's kappa): a model that always says the same fits any order."""

SURE = 1e-4
"""Chance of one false alarm, were the order given and the best one equally good: every possible exchange counts."""

MOST = 2000
"""Classes in doubt beyond which nothing is looked for: the best of all orders costs their number to the third."""

NAMED = 4
"""Classes that a message names."""


def misplaced(
    probs: NDArray[np.floating], codes: NDArray[np.int32], classes: Sequence[str], named: bool = False
) -> str:
    """Say which columns of probabilities seem to belong to other classes; "" where none does, or too little is known.

    Parameters
    ----------
    probs
        float [N, K].
    codes
        int32 [N]: class code of each label, -1 = unlabelled. A row a label, or an item a label.
    classes
        [K] names, in the order of the columns.
    named
        The columns were matched to the classes by name, so that the names are what to check.
    """
    if probs.ndim != 2 or probs.shape != (len(codes), len(classes)) or not probs.size:
        return ""
    known = (codes >= 0) & np.isfinite(probs.max(axis=1, initial=0))
    labels, says = codes[known].astype(np.int64), probs.argmax(axis=1)[known].astype(np.int64)
    moved = _moved(labels, says, len(classes))
    if not moved:
        return ""
    mine = np.isin(labels, list(moved))
    belongs = np.arange(len(classes))
    belongs[list(moved)] = list(moved.values())
    before = float((says[mine] == labels[mine]).mean())
    after = float((says[mine] == belongs[labels[mine]]).mean())
    fits = [f"column {classes[column]!r} fits the label {classes[label]!r}" for label, column in moved.items()]
    more = f" and {len(fits) - NAMED:,} more" if len(fits) > NAMED else ""
    order = "their names are" if named else "their order is"
    remedy = (
        "Check what the columns are called"
        if named
        else Said(
            "Give {}, or the classes in their order ({})",
            Option("named columns", "columns called after the classes (a DataFrame)"),
            Option("classes", "classes=[…]"),
        )
    )
    return Said(
        "{} {}; if {} right, these labels are exchanged.",
        f"{len(moved):,} columns of the probabilities look swapped: as they stand they agree with "
        f"{100 * before:.0f} % of the {int(mine.sum()):,} labels of these classes, in another order with "
        f"{100 * after:.0f} % ({', '.join(fits[:NAMED])}{more}).",
        remedy,
        order,
    )


def doubts(dataset: Dataset) -> str:
    """Return the same of a dataset's own probabilities, item by item."""
    if dataset.probs is None:
        return ""
    return misplaced(dataset.probs, dataset.given, dataset.classes, any(BY_NAME in note for note in dataset.notes))


def _moved(labels: NDArray[np.int64], says: NDArray[np.int64], count: int) -> dict[int, int]:
    """Return the column that fits each class better than its own, where the difference is large and no chance.

    Parameters
    ----------
    labels, says
        int64 [n]: label, and the column with the highest probability.
    count
        Number of classes K.
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
