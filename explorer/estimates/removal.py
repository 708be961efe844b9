"""Does removing the worst labels help: accuracy of a probe taught without them, against the share that is removed.

Formula
-------
The labels are ranked by `p_error`. For each share the probe is taught the given labels without the worst k of them, and
once without k that are drawn at random; all else, folds and seed, is the same, and a removed item is still predicted by
the classifier of its own fold. Accuracy is that on the judged items (`explorer.estimates.helped` says which), against
the labels as they are now. The interval is Newcombe's for paired proportions, of a share against none removed.

When to trust it
----------------
As far as the comparison of `helped`. The best of several shares looks better than it is: its interval is that of one
share chosen beforehand. Random removal is drawn once: it wavers by about as much as single steps of the curve.

References
----------
Ghorbani, Zou: Data Shapley, equitable valuation of data for machine learning (ICML 2019), whose curves these are;
Newcombe: Improved confidence intervals for the difference between binomial proportions based on paired data
(Statistics in Medicine 1998), method 10.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError
from explorer.estimates.helped import FEWEST, ROUNDS, compare, right
from explorer.progress import Progress
from explorer.utils.text import Spoken, are, counted, paragraph

if TYPE_CHECKING:
    import pandas as pd

SHARES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
"""Shares of the labels that are removed."""


@dataclass(frozen=True, eq=False, repr=False)
class Removal(Spoken):
    """What removing the worst labels does to a model's accuracy.

    Attributes
    ----------
    table
        By `share` of the labels: `removed` (labels), `worst` and `random` (accuracy without the worst, and without as
        many at random), `difference`, `low`, `high` (of `worst` against none removed, with its 95 % interval), `lost`
        (judged items that are right with all labels and wrong without these: negative flips).
    judged
        Items judged on.
    reviewed
        Whether these are reviewed items; if not, all labels as they are.
    """

    table: pd.DataFrame
    judged: int
    reviewed: bool

    @property
    def best(self) -> float:
        """The share whose removal leaves the highest accuracy, the least of several; 0 for none."""
        worst = self.table["worst"].to_numpy(dtype=np.float64)
        return float(self.table.index[int(np.nanargmax(worst))]) if self.judged and np.isfinite(worst).any() else 0.0

    def sentence(self) -> str:
        """Say it in plain words."""
        if not self.judged:
            return "There is no label to judge on."
        on = "reviewed items" if self.reviewed else "items, none of them reviewed, by their labels as they are"
        few = " These are few." if self.judged < FEWEST else ""
        none, best = self.table.iloc[0], self.best
        judged = f"judged on {self.judged:,} {on}"
        if not best:
            return (
                f"Removing the worst labels does not help: {100 * none['worst']:.1f} % right with all, {judged}.{few}"
            )
        row = self.table.iloc[list(self.table.index).index(best)]
        verdict = "helps" if row["low"] > 0 else "may help"
        lost = f" {counted(int(row['lost']), 'item')} that it got right before {are(int(row['lost']))} wrong then."
        return (
            f"Removing the {100 * best:.0f} % worst labels ({int(row['removed']):,}) {verdict}: the probe gets "
            f"{100 * row['worst']:.1f} % right, {100 * none['worst']:.1f} % with all, {100 * row['random']:.1f} % "
            f"without as many at random ({100 * row['difference']:+.1f} percentage points, 95 % interval "
            f"{100 * row['low']:+.1f} to {100 * row['high']:+.1f}), {judged}.{few}{lost if row['lost'] else ''}"
        )

    def _repr_html_(self) -> str:
        shown = self.table.to_html(escape=True, border=0, float_format=lambda value: f"{value:.3f}")
        return paragraph(self.sentence()) + shown


def removal(
    vectors: NDArray[Any],
    given: NDArray[np.int32],
    now: NDArray[np.int32],
    suspicion: NDArray[np.floating[Any]],
    trusted: NDArray[np.bool_],
    n_classes: int,
    seed: int = 0,
    progress: Progress | None = None,
    device: str | None = None,
) -> Removal:
    """Teach the probe without the worst labels, for each of `SHARES`. Costs 13 fits; deterministic for a seed.

    Parameters
    ----------
    vectors
        float [N, D], finite.
    given, now
        int32 [N]: class codes that are taught, and those that are judged by; -1 for unlabelled.
    suspicion
        float [N]: the higher, the earlier a label is removed; NaN where unlabelled.
    trusted
        bool [N]: items whose label somebody has looked at; all are judged on where there is none.

    Raises
    ------
    DataError
        Lengths that differ, codes outside the classes, vectors that are not finite.
    Cancelled
        When `progress` says so.
    """
    import pandas as pd

    progress = progress or Progress()
    given, now = np.asarray(given, dtype=np.int32), np.asarray(now, dtype=np.int32)
    trusted, suspicion = np.asarray(trusted, dtype=bool), np.asarray(suspicion, dtype=np.float64)
    n = len(vectors)
    if not given.shape == now.shape == trusted.shape == suspicion.shape == (n,):
        raise DataError(f"There are {n:,} vectors, {len(given):,} labels and {len(suspicion):,} places in the ranking.")
    known = now >= 0
    reviewed = bool((known & trusted).any())
    judged = known & trusted if reviewed else known
    labelled = np.flatnonzero(given >= 0)
    worst = labelled[np.argsort(-np.nan_to_num(suspicion[labelled], nan=-np.inf), kind="stable")]
    chance = np.random.default_rng(seed).permutation(labelled)
    progress.begin((2 * len(SHARES) - 1) * ROUNDS, "epochs", device or "cpu", "taught on all given labels")

    def taught(removed: NDArray[np.intp]) -> NDArray[np.bool_]:
        silent = np.zeros(n, dtype=bool)
        silent[removed] = True
        return right(np.asarray(vectors), given, now, n_classes, seed, progress, device, silent)[judged]

    rows = []
    none = taught(worst[:0])
    for share in SHARES:
        count = round(share * len(labelled))
        if not count:
            rows.append((0, _mean(none), _mean(none), 0.0, 0.0, 0.0, 0))
            continue
        progress.say(f"taught without {100 * share:.0f} %")
        without, beside = taught(worst[:count]), taught(chance[:count])
        _, _, difference, low, high = compare(none, without)
        rows.append((count, _mean(without), _mean(beside), difference, low, high, int((none & ~without).sum())))
    progress.finish()
    names = ["removed", "worst", "random", "difference", "low", "high", "lost"]
    return Removal(pd.DataFrame(rows, columns=names, index=pd.Index(SHARES, name="share")), int(judged.sum()), reviewed)


def _mean(right_ones: NDArray[np.bool_]) -> float:
    return float(right_ones.mean()) if len(right_ones) else float("nan")
