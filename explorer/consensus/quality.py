"""How good each rater is: accuracy against the consensus, confusion, bias by class, score on gold tasks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.consensus.answers import Answers
from explorer.errors import DataError
from explorer.utils.proportions import wilson

if TYPE_CHECKING:
    import pandas as pd

ALWAYS = 0.98
"""Share of one answer from which a rater is said to always answer the same."""

ENOUGH = 10
"""Answers from which such things are said at all."""


def confusion(answers: Answers, posterior: NDArray[np.floating], rater: int) -> NDArray[np.float64]:
    """Return how many items of each class (a row) a rater gave each answer (a column), expected, float64 [K, K].

    Parameters
    ----------
    answers
        One answer each.
    posterior
        float [N, K]: how likely each class is, as a consensus says.
    rater
        Position of the rater.

    Examples
    --------
    >>> answers = Answers.of([[0, 0], [1, 0], [1, 1]], n_classes=2)
    >>> confusion(answers, np.array([[1, 0], [0, 1], [0, 1]]), 1).tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """
    mine = np.flatnonzero(answers.raters == rater)
    result = np.zeros((answers.n_classes, answers.n_classes))
    np.add.at(result.T, answers.codes[mine], posterior[answers.items[mine]].astype(np.float64))
    return result


def precision(answers: Answers, posterior: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return how often a rater who names a class is right, float32 [R, K], expected; NaN where it never names it.

    The mean of q_i(k) over the items i that the rater calls k, q the consensus.

    Parameters
    ----------
    answers
        One answer each.
    posterior
        float [N, K]: how likely each class is, as a consensus says.

    Examples
    --------
    >>> answers = Answers.of([[0, 0], [1, 0], [1, 1]], n_classes=2)
    >>> precision(answers, np.array([[1, 0], [0.5, 0.5], [0, 1]])).tolist()
    [[1.0, 0.75], [0.75, 1.0]]
    """
    shape = answers.n_raters, answers.n_classes
    key = answers.raters.astype(np.int64) * answers.n_classes + answers.codes
    size = shape[0] * shape[1]
    sure = np.bincount(key, posterior[answers.items, answers.codes].astype(np.float64), size)
    said = np.bincount(key, minlength=size)
    found = np.divide(sure, said, out=np.full(size, np.nan), where=said > 0)
    result: NDArray[np.float32] = found.reshape(shape).astype(np.float32)
    return result


def quality(
    answers: Answers,
    posterior: NDArray[np.floating],
    *,
    names: Sequence[str] = (),
    classes: Sequence[str] = (),
    gold: ArrayLike | None = None,
) -> pd.DataFrame:
    """Return what is known of each rater.

    Parameters
    ----------
    posterior
        float [N, K]: the consensus.
    names, classes
        [R] and [K]: what they are called; numbers by default.
    gold
        int [N]: the known class of gold tasks, -1 for all other items.
    answers
        One answer each.

    Returns
    -------
    pandas.DataFrame
        A row a rater. `rater`; `family`; `answers`; `accuracy` (expected share of right answers, by the consensus; the
        rater's own vote is part of that), `low` and `high` (Wilson's 95 % interval); `most_confused` ("cat → dog", the
        largest expected number of one wrong answer); `bias` ("dog +12 %", the class that it answers too often, as a
        share of its answers); `gold`, `gold_low`, `gold_high`, `gold_answers` (share right on gold tasks, NaN without
        any); `note` (what to bear in mind, else "").

    Raises
    ------
    DataError
        Gold that is not one class code an item.

    Examples
    --------
    >>> answers = Answers.of([[0, 0], [1, 0], [1, 1]], n_classes=2)
    >>> quality(answers, np.array([[1, 0], [0, 1], [0, 1]]), names=["ann", "bob"]).accuracy.round(2).tolist()
    [1.0, 0.67]
    """
    import pandas as pd

    r, k, a = answers.n_raters, answers.n_classes, answers
    total = a.per_rater.astype(np.float64)
    post = np.asarray(posterior)
    sure = np.bincount(a.raters, post[a.items, a.codes].astype(np.float64), r).astype(np.float64)
    accuracy = np.divide(sure, total, out=np.full(r, math.nan), where=total > 0)
    low, high = wilson(sure, total)
    said = np.zeros((r, k))
    np.add.at(said, (a.raters, a.codes), 1)
    meant = _meant(a, post)
    excess = np.divide(said - meant, total[:, None], out=np.zeros((r, k)), where=total[:, None] > 0)
    called = list(classes) if len(classes) else [str(c) for c in range(k)]
    columns: dict[str, object] = {
        "rater": list(names) if len(names) else [str(j) for j in range(r)],
        "family": list(a.families) if a.families is not None else [""] * r,
        "answers": a.per_rater,
        "accuracy": accuracy,
        "low": low,
        "high": high,
        "most_confused": _most_confused(a, post, called),
        "bias": [_bias(row, called) for row in excess],
    }
    known = _checked_gold(gold, a)
    on = known[a.items] >= 0
    asked = np.bincount(a.raters[on], minlength=r).astype(np.float64)
    right = np.bincount(a.raters[on], (a.codes == known[a.items])[on], r).astype(np.float64)
    columns["gold"] = np.divide(right, asked, out=np.full(r, math.nan), where=asked > 0)
    columns["gold_low"], columns["gold_high"] = wilson(right, asked)
    columns["gold_answers"] = asked.astype(np.int64)
    columns["note"] = [_note(said[j], called) for j in range(r)]
    return pd.DataFrame(columns)


def _meant(answers: Answers, posterior: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return how many of each rater's items are of each class, expected, float64 [R, K]."""
    r = answers.n_raters
    meant = np.empty((r, answers.n_classes))
    for c in range(answers.n_classes):
        meant[:, c] = np.bincount(answers.raters, posterior[answers.items, c].astype(np.float64), r)
    return meant


def _most_confused(answers: Answers, posterior: NDArray[np.floating], classes: Sequence[str]) -> list[str]:
    """Return each rater's commonest error, "cat → dog"; "" where it is expected to have made none."""
    r, k = answers.n_raters, answers.n_classes
    best, at = np.full(r, 0.5), np.full(r, -1)  # less than half an error is none
    code = answers.raters.astype(np.int64) * k + answers.codes
    for c in range(k):
        found = np.bincount(code, posterior[answers.items, c].astype(np.float64), r * k).reshape(r, k)
        found[:, c] = 0
        most = found.max(axis=1, initial=0)
        better = most > best
        best[better] = most[better]
        at[better] = c * k + found.argmax(axis=1)[better]
    return [f"{classes[x // k]} → {classes[x % k]}" if x >= 0 else "" for x in at.tolist()]


def _bias(excess: NDArray[np.float64], classes: Sequence[str]) -> str:
    most = int(excess.argmax())
    return f"{classes[most]} +{100 * excess[most]:.0f} %" if excess[most] >= 0.005 else ""


def _note(said: NDArray[np.float64], classes: Sequence[str]) -> str:
    total = float(said.sum())
    if not total:
        return "has not answered"
    if total >= ENOUGH and len(said) > 1 and said.max() >= ALWAYS * total:
        return (
            f"always says {classes[int(said.argmax())]}"
            if said.max() == total
            else (f"nearly always says {classes[int(said.argmax())]}")
        )
    return "few answers" if total < ENOUGH else ""


def _checked_gold(gold: ArrayLike | None, answers: Answers) -> NDArray[np.int64]:
    if gold is None:
        return np.full(answers.n_items, -1, np.int64)
    known = np.asarray(gold)
    if known.shape != (answers.n_items,) or known.dtype.kind not in "iu":
        raise DataError(
            f"The gold labels have the shape {known.shape} and the type {known.dtype}.",
            f"Give a class code for each of the {answers.n_items:,} items, -1 where none is known.",
        )
    bad = np.flatnonzero((known < -1) | (known >= answers.n_classes))
    if len(bad):
        raise DataError(
            f"Item {bad[0]:,} has the gold label {known[bad[0]]}, and there are {answers.n_classes:,} classes.",
            "Give -1 where none is known.",
        )
    return known.astype(np.int64)
