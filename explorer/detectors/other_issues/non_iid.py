"""Order of the rows: items that are alike should not stand near each other more often than chance has it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import detector
from explorer.progress import Progress

NEIGHBOURS = 10
"""Nearest neighbours whose distance in rows is read."""

SAMPLE = 5_000
"""Most items whose neighbours take part in the test; all of them get a score."""

PERMUTATIONS = 199
"""Shuffled orders that the real one is compared with; the smallest p-value is 1 in one more."""

SIGNIFICANT = 0.05

DEVIATIONS = 3.09
"""An item is flagged this many standard deviations from chance (one in a thousand)."""

BLOCK = 65_536
"""Items scored at once."""


@detector
class NonIid:
    """A high score means that the items most like this one stand near it in the order of the rows; .5 is chance.

    Formula
    -------
    non_iid_i = 1 − mean over the 10 nearest neighbours j of u_ij, with u_ij the share of all other items r that stand
    nearer to i than j does, |i − r| < |i − j|, those at the same distance counting half.

    Of the whole: D = max over d of F(d) − F₀(d), with F the distribution of |i − j| over neighbours and
    F₀(d) = 1 − (N−d)(N−d−1) / (N(N−1)) that over random pairs: the one-sided Kolmogorov–Smirnov statistic. Its p-value
    is the share of 199 shuffled orders, the real one counted in, whose D is no smaller. The neighbour graph stays as it
    is while the order is shuffled, so that edges need not be independent. Items are flagged where p ≤ .05 and theirs is
    among the largest thousandth that chance would give.

    When to trust it
    ----------------
    It finds rows sorted by class, by source or by time, and frames of a video: then a split by position is no random
    split, and neighbours across a random split leak. This is the one method that reads the order of the rows, and it
    is meant to: shuffle them and it falls silent. It does not see periods (every tenth row of one class), nor an order
    in which only a handful of items are in runs. The p-value says that there is an order, D how much of one:
    as they come, scikit-learn's digits have .26, AG News has .10, and CIFAR-10 and SST-2 have none to speak of.

    References
    ----------
    Cummings, Snorrason, Mueller: Detecting dataset drift and non-IID sampling via k-nearest neighbors (ICML workshop
    on data-centric machine learning research, 2023).
    """

    name = "non_iid"
    issue = "non_iid"
    needs: frozenset[Need] = frozenset({"graph"})
    exact = True

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Compare the distances in rows with those of shuffled orders; labels play no part."""
        assert inputs.graph is not None
        neighbours = inputs.graph.indices[:, :NEIGHBOURS]
        n, k = neighbours.shape
        if n < 3 or not k:
            mute = np.full(n, np.nan, dtype=np.float32)
            return Result(mute, flags=np.zeros(n, bool), summary={"p_value": 1.0, "statistic": 0.0})
        score = np.empty(n, dtype=np.float32)
        for start in range(0, n, BLOCK):
            rows = np.arange(start, min(start + BLOCK, n))
            score[rows] = 1 - _nearer(rows, neighbours[rows], n).mean(axis=1)
            progress.check()
        rng = np.random.default_rng(inputs.seed)
        sample = np.sort(rng.choice(n, SAMPLE, replace=False)) if n > SAMPLE else np.arange(n)
        one, other = np.repeat(sample, k), neighbours[sample].ravel().astype(np.int64)
        real = statistic(np.abs(one - other), n)
        used, where = np.unique(np.concatenate([one, other]), return_inverse=True)
        one, other = where[: len(one)], where[len(one) :]
        no_smaller = 1
        for _ in range(PERMUTATIONS):
            place = rng.permutation(n) if len(used) == n else rng.choice(n, len(used), replace=False)
            no_smaller += statistic(np.abs(place[one] - place[other]), n) >= real - 1e-12
            progress.check()
        p_value = no_smaller / (PERMUTATIONS + 1)
        # Under chance u has the variance of a uniform one.
        flags = (score - 0.5) * np.sqrt(12 * k) >= DEVIATIONS if p_value <= SIGNIFICANT else np.zeros(n, dtype=bool)
        typical = float(np.median(np.abs(sample[:, None] - neighbours[sample])))
        summary = {
            "p_value": p_value,
            "statistic": real,
            "median_distance": typical,
            "median_by_chance": n * (1 - 0.5**0.5),
            "flagged": int(flags.sum()),
            "permutations": PERMUTATIONS,
        }
        return Result(score, flags=flags, summary=summary)

    def update(self, _inputs: Inputs, result: Result, _changed: NDArray[np.intp]) -> Result:
        """Return the result unchanged: no label was read."""
        return result

    def explain(self, item: int, inputs: Inputs, result: Result, _classes: tuple[str, ...]) -> list[Reason]:
        """Say how few rows away the nearest items are, where that is no chance."""
        assert inputs.graph is not None
        assert result.flags is not None
        if not result.flags[item]:
            return []
        neighbours = inputs.graph.indices[item, :NEIGHBOURS].astype(np.int64)
        away = float(np.median(np.abs(neighbours - item)))
        chance = float(np.median(np.abs(np.arange(inputs.n) - item)))
        text = f"the items most like it are {away:,.0f} rows away; by chance it would be {chance:,.0f}"
        return [Reason("non_iid", text, float(result.score[item]))]


def public_score(result: Result) -> NDArray[np.float32]:
    """Return the score as a table shows it, float32 [N] in [0, 1], low = bad; .5 is chance."""
    score: NDArray[np.float32] = 1 - result.score
    return score


def statistic(distance: NDArray[np.int64], n: int) -> float:
    """Return how far the distribution of distances in rows is above that of random pairs of n rows, 0 to 1."""
    d = np.sort(distance).astype(np.float64)
    chance = 1 - (n - d) * (n - d - 1) / (n * (n - 1.0))
    # Among equal distances the last has the largest rank, so it is the one that counts.
    return max(0.0, float((np.arange(1, len(d) + 1) / len(d) - chance).max()))


def _nearer(rows: NDArray[np.intp], neighbours: NDArray[np.int32], n: int) -> NDArray[np.float64]:
    """Return the share of the other items that stand nearer to an item than each neighbour does, [rows, k]."""
    i = rows[:, None]
    distance = np.abs(neighbours - i)
    before, behind = i, n - 1 - i  # rows on either side
    closer = np.minimum(distance - 1, before) + np.minimum(distance - 1, behind)
    up_to = np.minimum(distance, before) + np.minimum(distance, behind)
    share: NDArray[np.float64] = (closer + up_to) / (2.0 * (n - 1))
    return share
