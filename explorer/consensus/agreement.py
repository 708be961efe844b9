"""Agreement of raters: Krippendorff's alpha, and Cohen's kappa of each pair."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.consensus.answers import Answers
from explorer.utils.text import Spoken, counted

if TYPE_CHECKING:
    import pandas as pd

DRAWS = 200
"""Draws of items for the interval."""

ENOUGH = 0.8
"""Krippendorff's customary bound for data to be relied on."""

TENTATIVE = 0.667
"""His bound for tentative conclusions."""


@dataclass(frozen=True, eq=False, repr=False)
class Agreement(Spoken):
    """How far raters agree beyond chance.

    Attributes
    ----------
    alpha, low, high
        Krippendorff's alpha for classes without an order, and its 95 % interval over the items: 1 where all agree, 0
        where they agree as by chance. NaN where no item has two answers, or all answers are one class.
    items
        Items with at least two answers.
    """

    alpha: float
    low: float
    high: float
    items: int

    def sentence(self) -> str:
        """Say it in plain words."""
        if not self.items:
            return "No item has two answers, so nothing is known of how far raters agree."
        if math.isnan(self.alpha):
            return "All answers are of one class, so nothing is known of how far raters agree."
        words = "well" if self.alpha >= ENOUGH else "tolerably" if self.alpha >= TENTATIVE else "poorly"
        among = counted(self.items, "item")
        return (
            f"Raters agree {words}: Krippendorff's alpha is {self.alpha:.2f} "
            f"({self.low:.2f} to {self.high:.2f}; 1 is always, 0 is by chance) on {among} with two or more answers."
        )


def krippendorff(answers: Answers, seed: int = 0) -> Agreement:
    """Return Krippendorff's alpha, 1 − D_o/D_e, for nominal classes with answers missing.

    With n_ik answers of class k on item i, m_i in all, and only items with m_i ≥ 2: D_o = 1 − Σ_i Σ_k
    n_ik(n_ik − 1)/(m_i − 1) / n, D_e = 1 − Σ_k n_k(n_k − 1)/(n(n − 1)). Written out here because packages take a wide
    table, which a thousand raters and a million items do not fit into.

    Parameters
    ----------
    answers
        One answer each.
    seed
        Of the items that are drawn for the interval.

    References
    ----------
    Krippendorff: Computing Krippendorff's alpha-reliability (2011).

    Examples
    --------
    >>> krippendorff(Answers.of([[0, 0], [1, 1], [0, 1]], n_classes=2)).alpha.__round__(3)
    0.444
    """
    m = answers.per_item
    kept = np.flatnonzero(m >= 2)
    if not len(kept):
        return Agreement(math.nan, math.nan, math.nan, 0)
    counts = answers.counts()[kept]
    size = m[kept].astype(np.float64)
    agreed = (counts * (counts - 1)).sum(axis=1) / (size - 1)
    alpha = _alpha(float(agreed.sum()), counts.sum(axis=0))
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(DRAWS):
        times = np.bincount(rng.integers(0, len(kept), len(kept)), minlength=len(kept)).astype(np.float64)
        drawn.append(_alpha(float(times @ agreed), times @ counts))
    ends = np.array(drawn)[np.isfinite(drawn)]
    low, high = np.quantile(ends, [0.025, 0.975]) if len(ends) else (math.nan, math.nan)
    return Agreement(alpha, float(low), float(high), len(kept))


def _alpha(agreed: float, of_class: NDArray[np.float64]) -> float:
    n = float(of_class.sum())
    chance = float((of_class * (of_class - 1)).sum()) / (n * (n - 1))
    return math.nan if chance >= 1 else 1 - (1 - agreed / n) / (1 - chance)


def pairs(answers: Answers, names: Sequence[str] = ()) -> pd.DataFrame:
    """Return Cohen's kappa of every two raters who share an item.

    Parameters
    ----------
    answers
        One answer each.
    names
        [R]: what the raters are called; numbers by default.

    Returns
    -------
    pandas.DataFrame
        Columns `first`, `second` (names, or numbers), `shared` (items both answered), `agreed` (share of them), `kappa`
        ((agreed − chance)/(1 − chance), chance from what either answers; NaN where both always say one class).
    """
    import pandas as pd
    from scipy.sparse import csr_matrix

    r, k = answers.n_raters, answers.n_classes
    who = [
        csr_matrix((np.ones(int(on.sum())), (answers.items[on], answers.raters[on])), shape=(answers.n_items, r))
        for on in (answers.codes == c for c in range(k))
    ]
    anybody = sum(who[1:], who[0])
    shared = (anybody.T @ anybody).toarray()
    agreed, chance = np.zeros((r, r)), np.zeros((r, r))
    for one in who:
        agreed += (one.T @ one).toarray()
        said = (one.T @ anybody).toarray()  # of the items that both answered, those that the first called so
        chance += said * said.T
    first, second = np.nonzero(np.triu(shared, 1))
    n = shared[first, second]
    share, by_chance = agreed[first, second] / n, chance[first, second] / n**2
    with np.errstate(divide="ignore", invalid="ignore"):
        kappa = np.where(by_chance < 1, (share - by_chance) / (1 - by_chance), np.nan)
    called = list(names) if names else list(range(r))
    columns = {
        "first": [called[a] for a in first],
        "second": [called[b] for b in second],
        "shared": n.astype(np.int64),
        "agreed": share,
        "kappa": kappa,
    }
    return pd.DataFrame(columns)
