"""Whether the record of a training can be that of these labels: its values, and the order of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError
from explorer.readers.column_check import misplaced
from explorer.utils.text import are, counted

NEAR = 2e-3
"""How far half precision, and sums of many small numbers, may lead from 0, 1 and a half."""

SUMS = 0.02
"""How far the probabilities of a row may sum to something else than 1, as those of `probs=`."""

CONTRADICTING = 0.01
"""Share of cells whose probability and margin may contradict each other: ties, and numbers that were rounded."""

FEWEST = 50
"""Fewest labelled items by which an order is judged."""

SURE = 3.0
"""Standard deviations beyond what shuffled rows reach that the right order has to be."""


def check_dynamics(
    values: NDArray[np.float32], codes: NDArray[np.int32], first: NDArray[np.integer], n_classes: int
) -> None:
    """Refuse dynamics [R, T, 2] that are none; rows that were not recorded at all are NaN throughout.

    Raises
    ------
    DataError
        A probability out of [0, 1], a part of a row that is NaN, a probability and a margin that contradict each other
        throughout, no row with a record: the first row that is wrong is named.
    """
    rows = np.sort(first)
    p, margin = values[rows, :, 0], values[rows, :, 1]
    never = np.asarray(np.isnan(values[rows]).all(axis=(1, 2)))
    if (never | (codes[rows] < 0)).all():
        raise DataError("The dynamics hold no record of any labelled row: all are NaN.", "Give those of the training.")
    partly = np.asarray(np.isnan(p) | np.isnan(margin))
    partly[never] = False
    _refuse(partly, rows, "are NaN", "Leave out epochs that lack items.")
    _refuse(
        np.asarray((p < -NEAR) | (p > 1 + NEAR)),
        rows,
        "have a probability out of [0, 1]",
        "The first of the two numbers is the softmax of the given label, the second its logit minus the largest other.",
        p,
    )
    # More than a half is ahead of all others; less than an even share is behind one.
    wrong = np.asarray(((p > 0.5 + NEAR) & (margin < -NEAR)) | ((p < 1 / max(2, n_classes) - NEAR) & (margin > NEAR)))
    if float(wrong[~never].mean()) > CONTRADICTING:
        _refuse(
            wrong,
            rows,
            "have a probability and a margin that contradict each other",
            "The margin is the logit of the given label minus the largest other one: above 0 where it is the most "
            "probable class.",
            p,
        )


def _refuse(
    bad: NDArray[np.bool_], rows: NDArray[np.integer], what: str, remedy: str, values: NDArray[Any] | None = None
) -> None:
    if not bad.any():
        return
    count = int(bad.any(axis=1).sum())
    at, epoch = (int(part[0]) for part in np.nonzero(bad))
    shown = "" if values is None else f" ({values[at, epoch]:.4g})"
    raise DataError(
        f"The dynamics of row {int(rows[at])} {what}, first at epoch {epoch}{shown}; {counted(count, 'row')} "
        f"{are(count)} like it.",
        remedy,
    )


def trained_labels(known: NDArray[Any], codes: NDArray[np.int32], n_classes: int) -> NDArray[np.int32]:
    """Return the class codes [R] that a training was given, told by the numbers it calls the classes by.

    Parameters
    ----------
    known
        int [R]: the labels as the training numbered them, -1 where an item was not trained on. Its numbers may be
        others than the class codes: each stands for the class that it mostly goes with.

    Raises
    ------
    DataError
        Another number of rows; numbers that go with no class more than chance would have it: the rows are in another
        order. The first row is named.
    """
    if known.shape != codes.shape:
        raise DataError(
            f"The training recorded {len(known):,} rows, and there are {len(codes):,}.",
            "Record the rows by their numbers in the data that is read.",
        )
    both = np.flatnonzero((known >= 0) & (codes >= 0))
    if not len(both):
        raise DataError("The training recorded none of the labelled rows.", "Give the record of these data.")
    theirs, ours = known[both].astype(np.int64), codes[both].astype(np.int64)
    numbers = int(max(theirs.max() + 1, n_classes))
    same = theirs == ours
    translated = np.arange(numbers)
    if _by_chance(theirs, ours, numbers, float(same.mean())):
        from scipy.optimize import linear_sum_assignment

        table = np.zeros((numbers, numbers))
        np.add.at(table, (theirs, ours), 1)
        translated = linear_sum_assignment(table, maximize=True)[1]
        same = translated[theirs] == ours
        # The best of all ways to call them agrees a little with any labels.
        if same.mean() < 0.5 or _by_chance(translated[theirs], ours, numbers, float(same.mean())):
            row = int(both[np.flatnonzero(~same)[0]]) if (~same).any() else int(both[0])
            raise DataError(
                f"The labels that the training recorded are not those of these rows, from row {row} on: they agree on "
                f"{same.mean():.0%} of {counted(len(both), 'row')}, as rows in another order would.",
                "Record each item by its row in the data that is read: indices of the dataset, not of a shuffled "
                "loader.",
            )
    result = codes.copy()
    result[both] = np.where(translated[theirs] < n_classes, translated[theirs], -1)
    return result


def _by_chance(one: NDArray[np.int64], other: NDArray[np.int64], k: int, agreement: float) -> bool:
    """Say whether two lists of codes agree no more than shuffled ones would."""
    n = len(one)
    chance = float((np.bincount(one, minlength=k) / n) @ (np.bincount(other, minlength=k) / n))
    return agreement <= chance + SURE * float(np.sqrt(chance * (1 - chance) / n))


def check_order(dynamics: NDArray[np.float16], labels: NDArray[np.int32], probs: NDArray[np.float32] | None) -> None:
    """Refuse dynamics [N, T, 2] whose order does not fit probabilities [N, K] that were given too.

    Labels alone do not tell: in whatever order, a label's own probability is high. But an item that a model finds hard
    is hard for the training too.

    Raises
    ------
    DataError
        The ranks of both go together no more than they would if the rows were shuffled.
    """
    if probs is None:
        return
    found = together(dynamics, labels, probs)
    if found is not None and found <= SURE:
        raise DataError(
            "The dynamics are in another order than the rows: what the training found hard has nothing to do with what "
            f"the probabilities find hard ({found:.1f} standard deviations from shuffled rows, at least {SURE:g} were "
            "expected).",
            "Give them in the order of the rows, or as a DataFrame indexed like them; or leave probs= out.",
        )


def together(dynamics: NDArray[np.float16], labels: NDArray[np.int32], probs: NDArray[np.float32]) -> float | None:
    """Return by how many standard deviations the ranks of both go together more than shuffled; `None`: not to tell."""
    mean = np.nanmean(np.where(np.isnan(dynamics[..., 1]), np.nan, dynamics[..., 1].astype(np.float32)), axis=1)
    rows = np.flatnonzero((labels >= 0) & np.isfinite(mean))
    if len(rows) < FEWEST:
        return None
    from scipy.stats import rankdata

    own = probs[rows, labels[rows]]
    if np.ptp(own) < NEAR or np.ptp(mean[rows]) < NEAR:
        return None
    a, b = rankdata(own), rankdata(mean[rows])
    return float(np.corrcoef(a, b)[0, 1] * np.sqrt(len(rows) - 1))


def checked_moment(values: NDArray[np.float32], number: int, first: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return the probabilities [N, K] of one checkpoint; rows that are NaN throughout know nothing and become even.

    Raises
    ------
    DataError
        The first row that is negative, not finite, or does not sum to 1.
    """
    found = values[first]
    never = np.isnan(found).all(axis=1)
    found[never] = 1 / max(1, found.shape[1])
    with np.errstate(over="ignore", invalid="ignore"):
        sums = found.sum(axis=1)
        bad = ~np.isfinite(found).all(axis=1) | (found < 0).any(axis=1) | (np.abs(sums - 1) > SUMS)
    if bad.any():
        where = np.flatnonzero(bad)
        at = where[np.argmin(first[where])]
        raise DataError(
            f"In checkpoint {number} the probabilities of row {int(first[at])} are negative, not finite, or do not sum "
            f"to 1 (they sum to {sums[at]:.3g}); {counted(int(bad.sum()), 'row')} {are(int(bad.sum()))} like it.",
            "Give the softmax of the logits.",
        )
    result: NDArray[np.float32] = found / sums[:, None]
    return result


def check_moments(moments: NDArray[np.float16], labels: NDArray[np.int32], classes: Sequence[str]) -> None:
    """Refuse checkpoints [C, N, K] of which the last agrees with the labels no better than shuffled rows would.

    Raises
    ------
    DataError
        Rows in another order, or columns in another order than the classes.
    """
    last = moments[-1].astype(np.float32)
    rows = np.flatnonzero((labels >= 0) & (np.ptp(last, axis=1) > 0)) if last.size else np.empty(0, np.intp)
    if len(rows) < FEWEST or len(classes) < 2:
        return
    says, given = last[rows].argmax(axis=1).astype(np.int64), labels[rows].astype(np.int64)
    swapped = misplaced(last[rows], labels[rows], classes)
    if swapped:
        raise DataError(
            "Columns of the checkpoints seem to stand for other classes than their place says: in another order they "
            "fit the labels far better.",
            f"Give them in the order of the classes: {', '.join(classes[:8])}{'…' if len(classes) > 8 else ''}.",
        )
    agreement = float((says == given).mean())
    if _by_chance(says, given, len(classes), agreement):
        row = int(rows[np.flatnonzero(says != given)[0]])
        raise DataError(
            f"The checkpoints are in another order than the rows: the most probable class is the label of "
            f"{agreement:.0%} of the items, as it would be if they were shuffled; the first that differs is "
            f"item {row}.",
            "Give them in the order of the rows.",
        )
