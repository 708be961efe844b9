"""What the answers to a random audit say of what is left; `errors_left.md` has the formulas."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.errors import DataError
from explorer.estimates.audit import PLACES, Audit
from explorer.estimates.noise_range import NoiseRange
from explorer.estimates.results import CONFIDENCE, Below, Left, quantile
from explorer.estimates.systematic_sampling import uneven
from explorer.utils.logits import clipped_logit, expit

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


NEAREST = 15
"""Undrawn items on either side, by p⁰, that say whether the queue has come to a drawn one."""

STRATUM = 5
"""Draws that lie next to each other by p⁰ and are compared with each other, to see how much the draws vary."""

SHIFT = 1.5
"""How far the log-odds of p⁰ may be off as a whole, as one standard deviation, before the audit is heard."""

SHIFTS = np.linspace(-4, 4, 33)
"""Shifts that are weighed against each other."""

LEAN = 60
"""Draws that the shifted p⁰ counts for in the interval, and never for more than are answered."""


class Heard:
    """The answers to an audit, and the estimates that follow from them, of the whole or of some of the items."""

    def __init__(
        self,
        audit: Audit,
        answer: NDArray[np.float64],
        looked: NDArray[np.bool_],
        outside: NDArray[np.float64],
        draws: NDArray[np.intp],
        skipped: int,
        noise: NoiseRange | None,
        elsewhere: NDArray[np.bool_],
        beyond: NDArray[np.float64],
        shown: NDArray[np.float64] | None = None,
    ) -> None:
        self.audit, self.answer, self.looked, self.outside, self.noise = audit, answer, looked, outside, noise
        self.draws, self.drawn, self.skipped = draws, np.unique(draws), skipped
        self.elsewhere, self.beyond, self.shown = elsewhere, beyond, shown
        self.labelled = np.flatnonzero((audit.chance > 0) | np.isfinite(beyond))
        # Draws of items reviewed otherwise tell nothing of the rest.
        self.standing = float(outside[draws].sum())
        self.uneven = uneven(audit.chance, len(draws))
        self.belief = self._shifts()

    @property
    def basis(self) -> str:
        """What the estimates rest on, as of `Left`."""
        return "audit" if len(self.draws) else "model"

    @property
    def open(self) -> NDArray[np.bool_]:
        """Which labels nobody has decided on, of those that the audit is about or that are open beyond it, bool [N]."""
        found = np.zeros(len(self.looked), dtype=bool)
        found[self.labelled] = True
        return found & ~self.looked

    @property
    def ends(self) -> tuple[float, float]:
        """The ends of the interval of all labels by the audit alone, whatever is shown."""
        return self._audited(self.labelled)[2:]

    @cached_property
    def whole(self) -> tuple[float, float, float, float]:
        """`interval` of all labelled items."""
        return self.interval(self.labelled)

    def left(self) -> Left:
        """Return the estimate for the whole, and by class where the audit has labels."""
        mass, spread, low, high = self.whole
        n, looked = len(self.labelled), self.looked
        found, labels = int(self.answer[looked].sum()), self.audit.labels
        open_ = np.isfinite(self.beyond)
        return Left(
            found + mass,
            mass,
            low,
            high,
            (found + mass) / n if n else float("nan"),
            n - int(looked.sum()),
            found,
            self.basis,
            len(self.draws),
            self.skipped,
            None if labels is None else _per_class(self, np.where((self.audit.chance > 0) | open_, labels, -1)),
            spread,
        )

    def interval(self, rows: NDArray[np.intp]) -> tuple[float, float, float, float]:
        """Return errors left among some labelled items, the spread of one draw, and the ends of the interval.

        Where it is known what is shown, that is what is left, and the interval holds it.
        """
        found = self._audited(rows)
        if self.shown is None:
            return found
        _, spread, low, high = found
        left = float(np.nansum(self.shown[rows[~self.looked[rows]]]))
        return left, spread, min(low, left), max(high, left)

    def _audited(self, rows: NDArray[np.intp]) -> tuple[float, float, float, float]:
        """Return the same by the audit alone."""
        more = np.isfinite(self.beyond[rows])
        if not more.any():
            return self._interval(rows)
        left, spread, low, high = self._interval(rows[~more])
        p = self.beyond[rows[more]]
        # Their number of errors is a sum of as many throws; nothing was drawn from them.
        mean, off = float(p.sum()), 2 * float(np.sqrt((p * (1 - p)).sum()))
        return left + mean, spread, low + max(0.0, mean - off), high + min(float(len(p)), mean + off)

    def _interval(self, rows: NDArray[np.intp]) -> tuple[float, float, float, float]:
        """Return the same of items that the audit is about."""
        p, chance, g = self.audit.expected[rows], self.audit.chance[rows], self.outside[rows]
        unreviewed = float((~self.looked[rows]).sum())
        n = len(self.draws)
        if not n:
            left = min(float(g @ p), unreviewed)
            low, high = 0.0, unreviewed
            if self.noise is not None:
                low, high = (left + part for part in self._allowance(rows))
            spread = float(np.sqrt((g**2 * p * (1 - p) / chance).sum()))
            return left, spread, min(max(low, 0.0), left), min(max(high, left), unreviewed)
        mine = np.isin(self.draws, rows)  # costs what the rows are, and not what the whole is
        at = self.draws[mine]
        parts = np.zeros(n)
        parts[mine] = self.outside[at] * (self.answer[at] - self.audit.expected[at]) / self.audit.chance[at]
        corrected = self.drawn[np.isin(self.drawn, rows)]
        left = float(g @ p + parts.mean() - self.outside[corrected] @ self.answer[corrected])
        believed, expected, doubt = self._believed(rows, g**2 * self.uneven[rows] / chance)
        seen = self._seen(parts) if n > 1 else believed
        drawn = (seen + believed) / 2
        # What is said of undrawn items cannot be known better from the same draws than by p⁰ and one shift.
        doubt = min(n * doubt, drawn)
        lean = min(n, LEAN) / (n + min(n, LEAN))
        off = lean * (left - expected)
        variance = doubt + (1 - lean) ** 2 * (drawn - doubt) + n * off**2
        spread = float(np.sqrt(variance))
        half = quantile(self._sure(parts, (1 - lean) ** 2 * seen / 2, variance)) * spread / np.sqrt(n)
        middle = left - off
        found = float(self.answer[rows[self.elsewhere[rows]]].sum())
        ends = middle - half - found, middle + half - found, left - found
        low, high, left = (float(np.clip(value, 0, unreviewed)) for value in ends)
        if not self.answer[self.drawn].any():
            # Answers that are all alike show no variance, and p⁰ may be blind to what it has learnt to repeat.
            high = max(high, unreviewed * (1 - (1 - CONFIDENCE) ** (1 / n)))
        return left, spread, low, high

    def _allowance(self, rows: NDArray[np.intp]) -> tuple[float, float]:
        """Return by how much the errors left among some items may be fewer, and more, than p⁰ says.

        Of the range that the share of wrong labels has as a whole they have the part that p⁰ leaves open there.
        """
        fewer, more, doubt, whole = self._room
        share = float(doubt[rows].sum()) / whole if whole else len(rows) / max(1, len(self.labelled))
        return share * fewer, share * more

    @cached_property
    def _room(self) -> tuple[float, float, NDArray[np.float64], float]:
        """The `_allowance` of all items; and what p⁰ leaves open of each, float64 [N], and of all of them."""
        assert self.noise is not None
        everybody, expected = self.labelled, self.audit.expected
        found = float(self.answer[everybody][self.looked[everybody]].sum())
        said = float(self.outside[everybody] @ expected[everybody])
        doubt = self.outside * expected * (1 - expected)
        n = len(everybody)
        return (
            self.noise.low * n - found - said,
            self.noise.high * n - found - said,
            doubt,
            float(doubt[everybody].sum()),
        )

    def _sure(self, parts: NDArray[np.float64], seen: float, variance: float) -> int:
        """Return of how many draws the variance is as sure as of normal ones: fewer, where a few parts make most of it.

        The variance of a sample has 2n/(κ − 1) degrees of freedom, κ the kurtosis; all but `seen` of the variance
        counts as known, which leaves the whole with (variance/seen)² times as many.
        """
        off = np.square(parts - parts.mean())
        kurtosis = float((off**2).mean() / off.mean() ** 2) if off.any() else 3.0
        more = min(variance / seen, 1e3) if seen > 1e-12 * variance else 1e3
        freedom = 2 * len(parts) / max(kurtosis - 1, 2.0) * more**2
        return int(min(freedom, self.standing - 1)) + 1

    def _shifts(self) -> NDArray[np.float64]:
        """Return how likely each of `SHIFTS` is by the answers about items that stand for others."""
        drawn = self.drawn[self.outside[self.drawn] > 0]
        off = clipped_logit(self.audit.expected[drawn]) + SHIFTS[:, None]
        log = off @ self.answer[drawn] - np.logaddexp(0, off).sum(axis=1) - 0.5 * (SHIFTS / SHIFT) ** 2
        belief: NDArray[np.float64] = np.exp(log - np.logaddexp.reduce(log))
        return belief

    def _seen(self, parts: NDArray[np.float64]) -> float:
        """Return the variance of one draw's part as the draws show it, among those next to each other by p⁰."""
        n = len(parts)
        order = np.argsort(self.audit.expected[self.draws], kind="stable")
        strata = max(1, n // STRATUM)
        stratum = np.arange(n) * strata // n
        part = parts[order]
        mean = np.bincount(stratum, part) / np.bincount(stratum)
        return float(self.uneven[self.draws][order] @ (part - mean[stratum]) ** 2) / (n - strata)

    def _believed(self, rows: NDArray[np.intp], inverse: NDArray[np.float64]) -> tuple[float, float, float]:
        """Return what follows if p⁰ is off by a shift of its log-odds, by how likely each shift is.

        The variance of one draw's part, averaged over the shifts; the errors left among the items that nobody has
        looked at, and the variance of their number.
        """
        if not len(rows):
            return 0.0, 0.0, 0.0
        places, where, mass = self.audit.places
        where, outside, n = where[rows], self.outside[rows], len(places)
        here = np.flatnonzero(np.bincount(where, minlength=n))
        squares, sums = np.bincount(where, inverse, n)[here], np.bincount(where, outside, n)[here]
        open_ = np.bincount(where, ~self.looked[rows] | self.elsewhere[rows], n)[here]
        z = places[here] / PLACES
        said, true = expit(z), expit(z + SHIFTS[:, None])
        # By how much p⁰ is off at a place shows in every sample alike, but for the draws there that are of other rows.
        alike = sums * np.bincount(where, outside * self.uneven[rows], n)[here] / mass[here]
        variances = (true * (1 - true) + (true - said) ** 2) @ squares - (true - said) ** 2 @ alike
        left = true @ open_
        expected = float(self.belief @ left)
        doubt = self.belief @ ((true * (1 - true)) @ open_ + (left - expected) ** 2)
        return float(self.belief @ np.maximum(variances, 0)), expected, float(doubt)


def _per_class(heard: Heard, labels: NDArray[np.int32]) -> pd.DataFrame:
    import pandas as pd

    names = ["labels", "unreviewed", "found", "left", "low", "high"]
    order = np.argsort(labels, kind="stable")
    classes = int(labels.max(initial=-1)) + 1
    ends = np.searchsorted(labels[order], np.arange(classes + 1))
    found = []
    for c in range(classes):
        rows = order[ends[c] : ends[c + 1]]
        looked = heard.looked[rows]
        left, _, low, high = heard.interval(rows)
        found.append((len(rows), int((~looked).sum()), int(heard.answer[rows][looked].sum()), left, low, high))
    table = pd.DataFrame(found, columns=names, index=pd.RangeIndex(classes, name="class"))
    apart, whole = float(table["left"].sum()), heard.whole[0]
    if apart > whole:  # each class is cut off at nothing by itself; together they are as many as there are
        table["left"] *= whole / apart
        table["low"] = np.minimum(table["low"], table["left"])
    return table


def below(heard: Heard, above: NDArray[np.bool_], draws: int = 0) -> Below:
    """Return what is left below a line, given the audit's rows above it, bool [N], and the number of answered draws."""
    rows = heard.labelled[~above[heard.labelled]]
    if not len(rows):
        return Below(0, 0, 0, 0, heard.basis, draws)
    unreviewed = int((~heard.looked[rows]).sum())
    left, _, low, high = heard.interval(rows)
    everywhere, _, _, highest = heard.whole
    # A part cannot hold more than the whole, where each is cut off at nothing by itself.
    most = min(left, everywhere)
    return Below(most, min(low, most), min(high, highest), unreviewed, heard.basis, draws)


def estimate(
    audit: Audit,
    wrong: ArrayLike,
    drawn_count: int,
    reviewed_otherwise: ArrayLike,
    noise: NoiseRange | None = None,
) -> Left:
    """Estimate how many wrong labels are left, in all and by class; parameters and errors are those of `hear`."""
    return hear(audit, wrong, drawn_count, reviewed_otherwise, noise).left()


def hear(
    audit: Audit,
    wrong: ArrayLike,
    drawn_count: int,
    reviewed_otherwise: ArrayLike,
    noise: NoiseRange | None = None,
    *,
    elsewhere: bool = False,
    beyond: ArrayLike | None = None,
    shown: ArrayLike | None = None,
) -> Heard:
    """Take the answers, so that several things can be asked of them.

    Parameters
    ----------
    audit
        Which items were asked about.
    wrong
        float [N]: 1 where the label was found wrong (and corrected), 0 where it was confirmed, NaN where nobody
        looked. Of what an item had when the audit began.
    drawn_count
        How many draws were put before the reviewer; those without an answer count as passed over.
    reviewed_otherwise
        bool [N]: looked at, and not because the audit asked (the queue, a search, before the audit began). Where
        there is no answer it counts as not looked at.
    noise
        The model's estimate of the share of wrong labels, for the range before the first draw. Without it the
        range is all that is possible.
    elsewhere
        Items were reviewed otherwise by other scores than p⁰, which may know more: then all g are 1, and what was
        found otherwise is taken off, so that nothing is assumed of who was reviewed.
    beyond
        float [N]: `p_error` of items that the audit is not about and that nobody has decided on, NaN for others.
        They are counted as the model has it.
    shown
        float [N]: `p_error` at the level that the answers tell of, NaN for none. What is left is its sum over what
        nobody has decided on, so that the two never differ; the interval stays the audit's. Without it what is left is
        the audit's too.

    Raises
    ------
    DataError
        Arrays of another length than the audit's, answers other than 0, 1 and NaN, a negative count.
    """
    answer, otherwise = np.asarray(wrong, dtype=np.float64), np.asarray(reviewed_otherwise, dtype=bool)
    n = len(audit.expected)
    if answer.shape != (n,) or otherwise.shape != (n,):
        raise DataError(
            f"The audit is of {n:,} items, and got answers of the shape {answer.shape} and reviews of the shape "
            f"{otherwise.shape}.",
            "Begin a new audit where items were added.",
        )
    looked = ~np.isnan(answer)
    if not np.isin(answer[looked], (0, 1)).all():
        raise DataError("An answer is 1 for wrong, 0 for right or NaN for none.")
    labelled = audit.chance > 0
    looked &= labelled
    otherwise &= looked
    asked = audit.draw(drawn_count)
    draws = asked[looked[asked]]
    # Without an answer to the audit there is only the model, which knows who was reviewed.
    elsewhere &= len(draws) > 0
    outside = labelled.astype(np.float64) if elsewhere else _standing_for(audit, otherwise, np.unique(draws))
    open_ = np.full(n, np.nan) if beyond is None else np.asarray(beyond, dtype=np.float64)
    found = otherwise if elsewhere else np.zeros(n, dtype=bool)
    seen = None if shown is None else np.asarray(shown, dtype=np.float64)
    passed = len(asked) - len(draws)
    return Heard(audit, np.nan_to_num(answer), looked, outside, draws, passed, noise, found, open_, seen)


def _standing_for(audit: Audit, otherwise: NDArray[np.bool_], drawn: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return g [N]: how far an item stands for those not reviewed otherwise."""
    outside = np.where((audit.chance > 0) & ~otherwise, 1.0, 0.0)
    mine = drawn[~otherwise[drawn]]
    if not otherwise.any() or not len(mine):
        return outside
    others = audit.chance > 0
    others[drawn] = False
    order = audit.ranked[others[audit.ranked]]
    if not len(order):
        return outside
    reviewed = np.concatenate([[0], np.cumsum(otherwise[order])])
    p = audit.expected[order]
    first = np.searchsorted(p, audit.expected[mine], side="left")
    last = np.searchsorted(p, audit.expected[mine], side="right")
    low, high = np.maximum(0, first - NEAREST), np.minimum(len(order), last + NEAREST)
    outside[mine] = 1 - (reviewed[high] - reviewed[low]) / (high - low)
    return outside
