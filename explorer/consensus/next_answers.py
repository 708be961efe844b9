"""What to ask next, and whom: another answer on an item that has some, or the first on one that has none."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from explorer.consensus.answers import Answers
from explorer.consensus.crowdlab import crowdlab
from explorer.consensus.majority import against
from explorer.consensus.rater_models import CELLS
from explorer.errors import DataError, UnknownName

if TYPE_CHECKING:
    import pandas as pd

    from explorer.consensus.result import Consensus

Policy = Literal["least_sure", "activelab", "fewest", "random"]

POLICIES: tuple[Policy, ...] = ("least_sure", "activelab", "fewest", "random")


def urgency(
    answers: Answers,
    posterior: NDArray[np.floating],
    policy: Policy = "least_sure",
    probs: NDArray[np.float64] | None = None,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Return how much another answer on each item is worth, float64 [N], high = ask first; unlabelled items too.

    Parameters
    ----------
    posterior
        float [N, K]: the consensus.
    policy
        "least_sure": 1 − the largest probability of the consensus. "activelab": 1 − ActiveLab's score, which needs
        `probs`. "fewest": items with the fewest answers, the least sure first. "random".
    probs
        float64 [N, K]: a model's, for ActiveLab.
    answers
        One answer each.
    seed
        Of "random".

    Raises
    ------
    UnknownName
        A policy that does not exist.
    DataError
        ActiveLab without a model.

    Examples
    --------
    >>> answers = Answers.of([[0, 0], [0, 1]], n_classes=2)
    >>> urgency(answers, np.array([[0.9, 0.1], [0.5, 0.5]])).round(1).tolist()
    [0.1, 0.5]
    """
    if policy not in POLICIES:
        raise UnknownName("policy", policy, POLICIES)
    unsure = against(posterior, np.argmax(posterior, axis=1))
    if policy == "least_sure":
        return unsure
    if policy == "activelab":
        if probs is None:
            raise DataError("ActiveLab compares raters with a model.", "Give probs=, or ask by 'least_sure'.")
        active: NDArray[np.float64] = 1 - crowdlab(answers, probs).active()
        return active
    if policy == "fewest":
        found: NDArray[np.float64] = unsure - answers.per_item
        return found
    return np.random.default_rng(seed).random(answers.n_items)


def ask_next(
    found: Consensus,
    n: int = 10,
    *,
    policy: Policy = "least_sure",
    raters: Sequence[int] | None = None,
    probs: NDArray[np.float64] | None = None,
    skip: NDArray[np.bool_] | None = None,
    most: int | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Return what to ask next, and whom.

    The rater is the one of those who have not answered the item whose answer tells its two likeliest classes a and b
    best apart: q_a·Σ_y C[a, y]·log(C[a, y]/C[b, y]) + q_b·Σ_y C[b, y]·log(C[b, y]/C[a, y]), the expected log-likelihood
    ratio. Among equally good ones whoever has been given fewest of the n is asked.

    Parameters
    ----------
    found
        A consensus.
    n
        How many items.
    policy
        As of `urgency`.
    raters
        Positions of the raters who can be asked; all by default.
    skip
        bool [N]: items that are not asked about.
    most
        Most answers that an item may have already.
    probs
        float64 [N, K]: a model's, for "activelab".
    seed
        Of "random".

    Returns
    -------
    pandas.DataFrame
        Items that somebody can still be asked about; with `raters` empty all, and nobody is named. Columns `item`
        (position), `rater` (position, -1 for nobody), `urgency`, `answers` (how many
        there are), `likeliest` and `second` (class codes), `told` (the expected log-likelihood ratio).

    Raises
    ------
    UnknownName, DataError
        As of `urgency`; raters that do not exist.
    """
    import pandas as pd

    answers = found.answers
    asked = list(range(answers.n_raters)) if raters is None else [int(r) for r in raters]
    bad = [r for r in asked if not 0 <= r < answers.n_raters]
    if bad:
        raise DataError(f"There is no rater {bad[0]}: there are {answers.n_raters:,}.")
    score = urgency(answers, found.posterior, policy, probs, seed)
    out = np.zeros(answers.n_items, bool) if skip is None else np.asarray(skip, bool).copy()
    if most is not None:
        out |= answers.per_item > most
    if asked:
        # Whoever can be asked about the item has answered it.
        theirs = np.isin(answers.raters, asked)
        out |= np.bincount(answers.items[theirs], minlength=answers.n_items) == len(set(asked))
    order = np.argsort(np.where(out, np.inf, -score), kind="stable")[: min(n, int((~out).sum()))]
    given = dict.fromkeys(asked, 0)
    matrix = lru_cache(max(1, CELLS // answers.n_classes**2))(found.confusion)
    rows = []
    for item in order.tolist():
        q = np.asarray(found.posterior[item], np.float64)
        ranked = np.argsort(-q, kind="stable")
        a, b = int(ranked[0]), int(ranked[min(1, len(ranked) - 1)])
        have = set(answers.raters[answers.starts[item] : answers.starts[item + 1]].tolist())
        free = [r for r in asked if r not in have]
        told = {r: told_apart(matrix(r), q, a, b) for r in free}
        best = min(free, key=lambda r: (-round(told[r], 2), given[r], r), default=-1)
        if best >= 0:
            given[best] += 1
        rows.append((item, best, score[item], int(answers.per_item[item]), a, b, told.get(best, 0.0)))
    names = ["item", "rater", "urgency", "answers", "likeliest", "second", "told"]
    return pd.DataFrame(rows, columns=names)


def told_apart(confusion: NDArray[np.float64], q: NDArray[np.float64], a: int, b: int) -> float:
    """Return the expected log-likelihood ratio between classes a and b of a rater's answer.

    Parameters
    ----------
    confusion
        float64 [K, K]: P(answer | class), a row a class.
    q
        float64 [K]: the item's classes.
    """
    first, second = confusion[a], confusion[b]
    ratio = np.log(np.maximum(first, 1e-12)) - np.log(np.maximum(second, 1e-12))
    return float(q[a] * (first @ ratio) - q[b] * (second @ ratio))
