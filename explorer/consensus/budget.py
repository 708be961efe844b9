"""Relabel an old item or label a new one: how a budget of answers is spent best, simulated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.errors import DataError
from explorer.utils.text import Spoken, counted, paragraph

if TYPE_CHECKING:
    import pandas as pd

MOST = 5_000
"""Most items that a simulated model is taught on."""

JUDGED = 2_000
"""Most items that it is judged on."""

EVEN = 1.0
"""Standard errors within which two ways are called equally good."""


@dataclass(frozen=True, eq=False, repr=False)
class Budget(Spoken):
    """What each way of spending a budget comes to.

    Attributes
    ----------
    budget
        Answers that can be had.
    votes
        Answers an item that are best.
    table
        A row a way: `votes` (answers an item), `items` (how many can be labelled so), `label_error` (share of them
        whose consensus is wrong), `accuracy` and `deviation` (of a model taught on them, mean and standard error over
        the repeats).
    """

    budget: int
    votes: int
    table: pd.DataFrame

    def sentence(self) -> str:
        """Say it in plain words."""
        best = self.table.loc[self.table["votes"] == self.votes].iloc[0]
        how = "label new items once each" if self.votes == 1 else f"ask {self.votes} raters about each item"
        return (
            f"With {counted(self.budget, 'answer')}, {how}: {counted(int(best['items']), 'item')} with "
            f"{100 * best['label_error']:.1f} % wrong labels teach a model to {100 * best['accuracy']:.1f} % right."
        )

    def _repr_html_(self) -> str:
        return paragraph(self.sentence()) + self.table.round(4).to_html(index=False)


def spend(
    budget: int,
    vectors: ArrayLike,
    labels: ArrayLike,
    confusions: ArrayLike,
    *,
    votes: Sequence[int] = (1, 2, 3, 5),
    repeats: int = 10,
    seed: int = 0,
) -> Budget:
    """Simulate a budget of answers: many items with one answer each, or fewer with several.

    Each repeat draws items, and for each its answers from the raters' confusion matrices; the class with the largest
    likelihood is its label. A logistic regression taught on these is judged on other items. So it tells what
    relabelling is worth on *these* data and with *these* raters.

    Parameters
    ----------
    budget
        Answers that can be had.
    vectors
        float [N, D]: the items.
    labels
        int [N]: the best known class of each item, -1 where none is; the simulation takes it as true.
    confusions
        float [R, K, K], or [K, K]: P(answer | class), a row a class.
    votes
        Answers an item to compare.
    repeats
        How often it is simulated.
    seed
        Of the draws.

    Returns
    -------
    Budget
        A row a number of answers an item, with the accuracy that it reaches, and in words which is best.

    Raises
    ------
    DataError
        A budget below 1; fewer than 20 labelled items; arrays that do not belong together.

    References
    ----------
    Balancing quantity and quality in the labelling of data (see the page), for the question.
    """
    import pandas as pd

    x, y = np.asarray(vectors, np.float32), np.asarray(labels)
    noise = np.atleast_3d(np.asarray(confusions, np.float64))
    noise = noise.transpose(2, 0, 1) if np.ndim(confusions) == 2 else noise
    k = noise.shape[1]
    if x.ndim != 2 or len(x) != len(y) or noise.shape[1:] != (k, k) or (len(y) and y.max() >= k):
        raise DataError(
            f"There are vectors of the shape {x.shape}, {len(y):,} labels and confusions of the shape {noise.shape}.",
            "Give a vector and a class code an item, and matrices [R, K, K].",
        )
    known = np.flatnonzero(y >= 0)
    if budget < 1 or not votes or min(votes) < 1:
        raise DataError(f"A budget of {budget} answers at {list(votes)} an item buys nothing.")
    if len(known) < 20 or len(np.unique(y[known])) < 2:
        raise DataError(f"{len(known)} labelled items of {len(np.unique(y[known]))} classes are too few to simulate.")
    rng = np.random.default_rng(seed)
    runs: dict[int, list[tuple[float, float]]] = {v: [] for v in votes}
    sizes: dict[int, int] = {}
    for _ in range(repeats):
        order = rng.permutation(known)
        judged, pool = order[: min(JUDGED, len(order) // 3)], order[min(JUDGED, len(order) // 3) :]
        for v in votes:
            items = pool[: max(2, min(budget // v, MOST, len(pool)))]
            sizes[v] = len(items)
            given = simulated_labels(y[items], noise, v, rng)
            runs[v].append((float((given != y[items]).mean()), _taught(x, items, given, judged, y)))
    rows = []
    for v in votes:
        found = np.array(runs[v])
        deviation = found[:, 1].std(ddof=1) / math.sqrt(repeats) if repeats > 1 else math.nan
        rows.append((v, sizes[v], found[:, 0].mean(), found[:, 1].mean(), deviation))
    table = pd.DataFrame(rows, columns=["votes", "items", "label_error", "accuracy", "deviation"])
    top = table.iloc[int(table["accuracy"].to_numpy().argmax())]
    within = table["accuracy"] >= top["accuracy"] - EVEN * np.nan_to_num(top["deviation"])
    # Equally good ways: the one with fewest answers an item, which leaves the rest for later.
    return Budget(budget, int(table.loc[within, "votes"].min()), table)


def simulated_labels(
    truth: NDArray[np.integer], confusions: NDArray[np.float64], votes: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw answers of raters drawn at random, and return the likeliest class of each item, int64 [n].

    Nobody is asked twice about an item before everybody was asked once.
    """
    r, k = confusions.shape[:2]
    turns = np.concatenate([rng.random((len(truth), r)).argsort(axis=1) for _ in range(-(-votes // r))], axis=1)
    score = np.zeros((len(truth), k))
    logs = np.log(np.maximum(confusions, 1e-9))
    for turn in range(votes):
        who = turns[:, turn]
        chances = np.cumsum(confusions[who, truth], axis=1)
        answer = np.minimum((rng.random(len(truth))[:, None] * chances[:, -1:] > chances).sum(axis=1), k - 1)
        score += logs[who, :, answer]
    found: NDArray[np.int64] = (score + 1e-9 * rng.random(score.shape)).argmax(axis=1)
    return found


def _taught(
    x: NDArray[np.float32],
    items: NDArray[np.intp],
    given: NDArray[np.int64],
    judged: NDArray[np.intp],
    truth: NDArray[np.integer],
) -> float:
    """Return how often a logistic regression taught on some labels is right on other items."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if len(np.unique(given)) < 2:
        return float((truth[judged] == given[0]).mean())
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))
    return float((model.fit(x[items], given).predict(x[judged]) == truth[judged]).mean())
