"""How many wrong labels are left: a random audit that corrects what `p_error` says of the whole.

Formula
-------
When the audit begins, p⁰ = `p_error` is frozen and item i gets the chance π_i ∝ .8·s_i/mean(s) + .2 of being the next
one drawn, s = √max(p⁰(1 − p⁰), 10⁻⁴). Items are laid end to end, π_i long, by p⁰, in random order within strata of p⁰
of a fiftieth of the whole; draw k is the item at (u + k·.618…) mod 1, u random. Each draw by itself has the chances π,
and however many there are they lie evenly: all strata have their part, and hardly an item comes twice. After n
answered draws d, and with w = 1 for labels found wrong,

    left = Σ_i g_i·p⁰_i + mean over draws of g_d·(w_d − p⁰_d)/π_d − Σ over the items drawn of g_i·w_i,

where g_i is 0 for items that were reviewed otherwise (their errors are known and corrected) and 1 for all others. The
first term is what the model expects. The second corrects it by what the audit found, so that the estimate is unbiased
however wrong p⁰ is. The third takes off what the audit itself corrected.

An item that the audit drew, and that the queue would have come to since, stands for nobody: had it not been drawn, it
would be among those reviewed otherwise, and counting it for others would put a bias there. Its g is 1 − the share of
those reviewed otherwise among the undrawn items with the nearest p⁰.

That holds where the queue goes by p⁰. Where scores were made anew since, they may know more of who is wrong than p⁰
does, and so does the queue that follows them. Then all g are 1, which estimates the errors that there were when the
audit began, and all that were found otherwise are taken off: nothing is assumed of who was reviewed.

The variance of one draw's part, V, is the mean of two. One is that seen among every five draws next to each other by
p⁰, unsure while they are few. The other is that of a model, where w is 1 with probability expit(logit p⁰ + δ), δ ~
N(0, 1.5²) given the answers. As draws lie evenly, by how much p⁰ is off at a place adds no variance, and the part of an
item counts as far as the number of times that it is drawn still varies, Var(k_i)/(nπ_i), which is known exactly.

The interval leans on that model, as Wilson's for a share leans on one half: its middle lies between `left`, which is
unbiased and unsure, and M, what the model expects of the items that nobody has looked at, surer and maybe biased.

    middle = left − λ·(left − M), half² = t²·(v + (1 − λ)²·(V/n − v) + λ²·(left − M)²), λ = min(n, 60)/(n + min(n, 60)),

where v is the variance of the number left by the model, at most V/n. Where the model holds, M is off by v and its
covariance with `left` is v as well, which gives the second term; the third takes for a bias what the two differ by. So
the interval widens where p⁰ is off by more than a shift, and it always holds `left`, which itself does not lean. λ is a
half up to 60 draws, .375 at 100, and goes to 0 with more. Student's t has as many degrees of freedom as draws that
stand for others, less 1, or fewer where a few draws make most of the variance: 2n/(κ − 1), κ the kurtosis, divided by
the square of the share of half² that is seen. While no draw has found an error, the high end is at least that of a
plain sample: 1 − .05^(1/n) of the labels.

When to trust it
----------------
With 100 draws 92 to 100 of 100 intervals hold the truth on the benchmark sets. By itself an audit's are .10 to .16
times as wide as those of a simple random sample of 200 on digits, about half as wide on news and images, and .87 times
on film reviews; there 1.00 times once 300 more of the queue are reviewed. On 3,000 simulated labels whose log-odds of
p⁰ are off by up to two either way 92 to 97 hold, and 85 to 98 where they are twice or half as large. Fewer hold where
few draws come upon what is left. Where three or six in ten errors stand where p⁰ is all but sure that there is none, it
is 79 to 84 (85 to 89 with 400 draws, 65 to 84 with 30); with 60 draws of 600, of which 150 or 300 were reviewed
otherwise, it is 48 to 76 there, and 74 to 80 where p⁰ is far too low.
The audit must be answered in the order it is drawn, whether or not an item looks interesting: draws passed over are
counted, and the estimate rests on their being no different. Before the first draw there is only what the model
believes, and the range is that of its assumptions.

References
----------
Difference estimator: Särndal, Swensson, Wretman, Model assisted survey sampling (1992), ch. 6; systematic drawing by
unequal chances in random order: Hartley, Rao (Annals of Mathematical Statistics 1962); variance by neighbouring draws:
Wolter, Introduction to variance estimation (2007), ch. 8; leaning on a model: Schaible, Choosing weights for composite
estimators for small area statistics (1978); Rao, Molina, Small area estimation (2015), ch. 3; degrees of freedom:
Satterthwaite (Biometrics Bulletin 1946). Drawing by √(p(1 − p)) is Neyman's optimal allocation. Steps of the golden
section: Kuipers, Niederreiter, Uniform distribution of sequences (1974), ch. 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.errors import DataError
from explorer.estimates.errors_left import Heard
from explorer.estimates.noise_range import NoiseRange
from explorer.estimates.results import PLACES, Left
from explorer.estimates.systematic_sampling import UNIFORM, Ladder, chances
from explorer.utils.logits import logit

NEAREST = 15
"""Undrawn items on either side, by p⁰, that say whether the queue has come to a drawn one."""


@dataclass(frozen=True, eq=False)
class Audit:
    """Which items a random audit asks about, in which order, and what follows from the answers. It never changes.

    Attributes
    ----------
    expected
        float64 [N]: p⁰, `p_error` when the audit began; 0 where there was none.
    chance
        float64 [N]: π, the chance to be the next one drawn; 0 where there was no label. Sums to 1.
    seed
        Of the sequence of draws.
    labels
        int32 [N]: given classes at that time, -1 for unlabelled; `None` where they were not handed over.
    """

    expected: NDArray[np.float64]
    chance: NDArray[np.float64]
    seed: int
    labels: NDArray[np.int32] | None = None

    @classmethod
    def design(
        cls,
        p_error: NDArray[np.floating[Any]],
        seed: int = 0,
        uniform: float = UNIFORM,
        labels: NDArray[np.int32] | None = None,
    ) -> Audit:
        """Begin an audit.

        Parameters
        ----------
        p_error
            float [N] in [0, 1]; NaN where unlabelled, which is never drawn.
        uniform
            Share of the chance that all labels have alike, above 0 and at most 1 (a simple random sample).
        labels
            int32 [N], for figures by class.

        Raises
        ------
        DataError
            A share outside (0, 1], a `p_error` outside [0, 1], labels of another length.
        """
        if not 0 < uniform <= 1:
            raise DataError(
                f"The share of the audit drawn uniformly lies above 0 and is at most 1, not {uniform:g}.",
                "Without it an error that the model is sure of could never be found.",
            )
        p = np.asarray(p_error, dtype=np.float64).ravel()
        if labels is not None and len(labels) != len(p):
            raise DataError(f"There are {len(labels):,} labels for {len(p):,} p_error.")
        known = ~np.isnan(p)
        if known.any() and (p[known].min() < 0 or p[known].max() > 1):
            raise DataError("p_error lies between 0 and 1.")
        p = np.where(known, p, 0)
        return cls(
            p, chances(p, known, uniform), int(seed), None if labels is None else np.array(labels, dtype=np.int32)
        )

    def draw(self, n: int) -> NDArray[np.intp]:
        """Return the positions of the first n draws; more draws begin with the same ones.

        Draws lie evenly among the chances, whatever their number, and so among p⁰. An item may come again: it is not
        asked about twice, and its answer counts twice. Nothing is drawn from nobody.

        Raises
        ------
        DataError
            A negative number.
        """
        if n < 0:
            raise DataError(f"{n} items cannot be drawn.")
        return self._ladder.draw(n)

    @cached_property
    def _ranked(self) -> NDArray[np.intp]:
        """All items by p⁰."""
        return np.argsort(self.expected, kind="stable")

    @cached_property
    def _ladder(self) -> Ladder:
        return Ladder.build(self._ranked, self.chance, self.seed)

    @cached_property
    def places(self) -> tuple[NDArray[np.int64], NDArray[np.intp], NDArray[np.float64]]:
        """Rounded log-odds of p⁰ that there are, ascending, which of them each item has, and their chance together."""
        places, where = np.unique(np.round(logit(self.expected) * PLACES).astype(np.int64), return_inverse=True)
        return places, where, np.bincount(where, self.chance, len(places)).astype(np.float64)

    def estimate(
        self,
        wrong: ArrayLike,
        drawn_count: int,
        reviewed_otherwise: ArrayLike,
        noise: NoiseRange | None = None,
    ) -> Left:
        """Estimate how many wrong labels are left, in all and by class; parameters and errors are those of `hear`."""
        return self.hear(wrong, drawn_count, reviewed_otherwise, noise).left()

    def hear(
        self,
        wrong: ArrayLike,
        drawn_count: int,
        reviewed_otherwise: ArrayLike,
        noise: NoiseRange | None = None,
        *,
        elsewhere: bool = False,
        beyond: ArrayLike | None = None,
    ) -> Heard:
        """Take the answers, so that several things can be asked of them.

        Parameters
        ----------
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

        Raises
        ------
        DataError
            Arrays of another length than the audit's, answers other than 0, 1 and NaN, a negative count.
        """
        answer, otherwise = np.asarray(wrong, dtype=np.float64), np.asarray(reviewed_otherwise, dtype=bool)
        n = len(self.expected)
        if answer.shape != (n,) or otherwise.shape != (n,):
            raise DataError(
                f"The audit is of {n:,} items, and got answers of the shape {answer.shape} and reviews of the shape "
                f"{otherwise.shape}.",
                "Begin a new audit where items were added.",
            )
        looked = ~np.isnan(answer)
        if not np.isin(answer[looked], (0, 1)).all():
            raise DataError("An answer is 1 for wrong, 0 for right or NaN for none.")
        labelled = self.chance > 0
        looked &= labelled
        otherwise &= looked
        asked = self.draw(drawn_count)
        draws = asked[looked[asked]]
        # Without an answer to the audit there is only the model, which knows who was reviewed.
        elsewhere &= len(draws) > 0
        outside = labelled.astype(np.float64) if elsewhere else self._outside(otherwise, np.unique(draws))
        open_ = np.full(n, np.nan) if beyond is None else np.asarray(beyond, dtype=np.float64)
        found = otherwise if elsewhere else np.zeros(n, dtype=bool)
        return Heard(self, np.nan_to_num(answer), looked, outside, draws, len(asked) - len(draws), noise, found, open_)

    def _outside(self, otherwise: NDArray[np.bool_], drawn: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return g [N]: how far an item stands for those not reviewed otherwise."""
        outside = np.where((self.chance > 0) & ~otherwise, 1.0, 0.0)
        mine = drawn[~otherwise[drawn]]
        if not otherwise.any() or not len(mine):
            return outside
        others = self.chance > 0
        others[drawn] = False
        order = self._ranked[others[self._ranked]]
        if not len(order):
            return outside
        reviewed = np.concatenate([[0], np.cumsum(otherwise[order])])
        p = self.expected[order]
        first = np.searchsorted(p, self.expected[mine], side="left")
        last = np.searchsorted(p, self.expected[mine], side="right")
        low, high = np.maximum(0, first - NEAREST), np.minimum(len(order), last + NEAREST)
        outside[mine] = 1 - (reviewed[high] - reviewed[low]) / (high - low)
        return outside
