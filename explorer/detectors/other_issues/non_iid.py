"""Order of the rows: items that are alike should not stand near each other more often than chance has it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
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


@shipped
class NonIid:
    """Order of the rows: the formula, when to trust it and its sources are in `pages/non_iid.md`."""

    name = "non_iid"
    title = "Order of the rows"
    issue = "non_iid"
    needs: frozenset[Need] = frozenset({"graph"})
    measures = True
    exact = True

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Compare the distances in rows with those of shuffled orders; labels play no part."""
        assert inputs.distances is not None
        neighbours = inputs.distances.indices[:, :NEIGHBOURS]
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

    @staticmethod
    def public_score(result: Result) -> NDArray[np.float32]:
        """Return the score as a table shows it, float32 [N] in [0, 1], low = bad; .5 is chance."""
        score: NDArray[np.float32] = 1 - result.score
        return score

    def explain(self, item: int, inputs: Inputs, result: Result, _classes: tuple[str, ...]) -> list[Reason]:
        """Say how few rows away the nearest items are, where that is no chance."""
        assert inputs.distances is not None
        assert result.flags is not None
        if not result.flags[item]:
            return []
        neighbours = inputs.distances.indices[item, :NEIGHBOURS].astype(np.int64)
        away = float(np.median(np.abs(neighbours - item)))
        chance = float(np.median(np.abs(np.arange(inputs.n) - item)))
        text = f"the items most like it are {away:,.0f} rows away; by chance it would be {chance:,.0f}"
        return [Reason("non_iid", text, float(result.score[item]))]


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
