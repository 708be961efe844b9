"""Majority vote, and the certificate that no weighing of the raters could do better."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from explorer.consensus.answers import Answers
from explorer.utils.text import Spoken

SURE = 2.5758
"""Standard errors (99 %) by which an assumption has to be off before it counts as broken."""

SAFE = 1.6449
"""Standard errors (95 %, one side) by which the certificate has to hold."""


def shares(answers: Answers, weights: NDArray[np.float64] | None = None) -> NDArray[np.float32]:
    """Return each class's share of an item's votes, float32 [N, K]; alike for all classes where nobody voted.

    Examples
    --------
    >>> shares(Answers.of([[0, 0, 1, -1]], n_classes=2)).round(2).tolist()
    [[0.6700000166893005, 0.33000001311302185]]
    """
    counts = answers.counts(weights)
    total = counts.sum(axis=1, keepdims=True)
    result = np.divide(counts, total, out=np.full_like(counts, 1 / answers.n_classes), where=total > 0)
    found: NDArray[np.float32] = result.astype(np.float32)
    return found


def labels_of(
    share: NDArray[np.floating], answered: NDArray[np.bool_], ties: NDArray[np.floating] | None = None
) -> NDArray[np.int32]:
    """Return the class with the largest share, int32 [N], -1 where nobody answered.

    Parameters
    ----------
    share
        float [N, K].
    ties
        float [N, K] or [K]: among equal shares the class with the largest of these wins, else the lowest code.
    """
    best = share.max(axis=1, keepdims=True)
    tied = share >= best - 1e-6
    order = np.where(tied, 1.0 if ties is None else 1.0 + np.broadcast_to(ties, share.shape), 0.0)
    return np.where(answered, order.argmax(axis=1), -1).astype(np.int32)


def against(posterior: NDArray[np.floating], labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return how likely each item's label is wrong, float64 [N]: the sum over all other classes.

    Not 1 − q(label): where many raters agree that is nothing but rounding, and items tie that differ a thousandfold.

    Examples
    --------
    >>> against(np.float32([[1, 1e-12], [0.25, 0.75]]), np.array([0, 0])).tolist()
    [9.999999960041972e-13, 0.75]
    """
    others = np.array(posterior, np.float64)
    others[np.arange(len(others)), labels] = 0
    found: NDArray[np.float64] = np.minimum(others.sum(axis=1), 1)
    return found


@dataclass(frozen=True, eq=False, repr=False)
class Certificate(Spoken):
    """Whether the majority of raters is provably the best that can be had of their answers.

    Attributes
    ----------
    holds
        It says so.
    error
        ε: how often a rater errs; NaN where it cannot be estimated.
    prior
        π: share of items that are of class 1; NaN where it cannot be estimated.
    margin
        log((1 − ε)/ε) − |log(π/(1 − π))|: above 0 the rule is met. NaN where it cannot be estimated.
    deviation
        Standard error of the margin.
    reasons
        Why it does not hold, in words; empty where it does.
    """

    holds: bool
    error: float = math.nan
    prior: float = math.nan
    margin: float = math.nan
    deviation: float = math.nan
    reasons: tuple[str, ...] = field(default=())

    def sentence(self) -> str:
        """Say it in plain words."""
        if self.holds:
            return (
                f"The majority is optimal: raters err alike and apart, in {100 * self.error:.1f} % of their answers, "
                "and neither class is rare enough to overrule a vote."
            )
        return f"Nothing certifies the majority: {'; '.join(self.reasons)}."


def certificate(answers: Answers, dependent: Sequence[tuple[int, int]] = ()) -> Certificate:
    """Check whether the majority is the optimal rule for these answers.

    With two classes, an odd number of answers an item, and raters who err independently and equally often (ε, whatever
    the class), the majority equals the rule of an oracle that knows ε and the class prior π if and only if
    |log(π/(1 − π))| < log((1 − ε)/ε). ε and π are estimated by moments: two raters agree with probability
    (1 − ε)² + ε², and class 1 is answered with probability π(1 − ε) + (1 − π)ε.

    Parameters
    ----------
    dependent
        Pairs of raters known to err together.
    answers
        One answer each.

    Returns
    -------
    Certificate
        Whether it is, ε, π, and what speaks against it.

    References
    ----------
    Majority vote paradigm shift: when popular meets optimal (2025).
    """
    if answers.n_classes != 2:
        return Certificate(False, reasons=(f"the rule is for two classes, and there are {answers.n_classes:,}",))
    ones, total = answers.counts()[:, 1], answers.per_item.astype(np.float64)
    many = total > 1
    if not many.any():
        return Certificate(False, reasons=("no item has two answers, so nothing is known of the raters",))
    pairs = total * (total - 1) / 2
    agree = (ones * (ones - 1) + (total - ones) * (total - ones - 1)) / 2
    agreement, share = agree.sum() / pairs.sum(), ones.sum() / total.sum()
    if agreement <= 0.5:
        return Certificate(False, reasons=("raters agree no more often than chance",))
    error, prior = _moments(agreement, share)
    reasons = []
    if (total[total > 0] % 2 == 0).any():
        even = int((total[total > 0] % 2 == 0).sum())
        reasons.append(
            f"{even:,} {'item has' if even == 1 else 'items have'} an even number of answers, so votes can tie"
        )
    if not 0 < prior < 1:
        return Certificate(False, error, math.nan, reasons=(*reasons, "one class is too rare to tell from errors"))
    margin, deviation = _margin(agreement, share), _deviation(agree, pairs, ones, total, agreement, share)
    if dependent:
        reasons.append(f"{len(dependent):,} {'pair' if len(dependent) == 1 else 'pairs'} of raters err together")
    reasons += _unequal(answers, ones, total, error, prior)
    if not margin > SAFE * deviation:
        rarer = min(prior, 1 - prior)
        reasons.append(
            f"with {100 * error:.1f} % wrong answers and a class of {100 * rarer:.1f} %, one vote does not outweigh "
            f"how rare the class is (margin {margin:.2f} ± {SAFE * deviation:.2f})"
        )
    return Certificate(not reasons, error, prior, margin, deviation, tuple(reasons))


def _moments(agreement: float, share: float) -> tuple[float, float]:
    """Return ε and π from how often two raters agree and how often class 1 is answered."""
    apart = math.sqrt(2 * agreement - 1)  # 1 − 2ε
    error = (1 - apart) / 2
    return error, (share - error) / apart


def _margin(agreement: float, share: float) -> float:
    error, prior = _moments(agreement, share)
    error, prior = min(max(error, 1e-12), 0.5), min(max(prior, 1e-12), 1 - 1e-12)
    return math.log((1 - error) / error) - abs(math.log(prior / (1 - prior)))


def _deviation(
    agree: NDArray[np.float64],
    pairs: NDArray[np.float64],
    ones: NDArray[np.float64],
    total: NDArray[np.float64],
    agreement: float,
    share: float,
) -> float:
    """Return the margin's standard error: what each item moves it by, to first order."""
    step = 1e-6
    if agreement > 1 - 2 * step:
        return math.inf if agreement < 1 else 0.0
    by_agreement = (_margin(agreement + step, share) - _margin(agreement - step, share)) / (2 * step)
    by_share = (_margin(agreement, share + step) - _margin(agreement, share - step)) / (2 * step)
    moved = by_agreement * (agree - agreement * pairs) / pairs.sum() + by_share * (ones - share * total) / total.sum()
    return float(np.sqrt((moved**2).sum()))


def _unequal(
    answers: Answers, ones: NDArray[np.float64], total: NDArray[np.float64], error: float, prior: float
) -> list[str]:
    """Say where raters do not err equally often, or not alike on both classes.

    A rater's answer agrees with another's with probability 1 − ε_r − ε + 2ε_rε. Both classes: given an item's other
    answers, class 1 is answered as often as ε and π allow.
    """
    mine = answers.codes.astype(np.float64)
    others = total[answers.items] - 1
    their_ones = ones[answers.items] - mine
    with_me = np.where(mine > 0, their_ones, others - their_ones)
    each = np.bincount(answers.raters, with_me - others * ((1 - error) ** 2 + error**2), answers.n_raters)
    # Answers of one rater on different items are independent; those of the others on one item are not.
    squares = np.bincount(answers.raters, (with_me - others * ((1 - error) ** 2 + error**2)) ** 2, answers.n_raters)
    shared = np.bincount(answers.raters, others > 0, answers.n_raters)
    judged = (shared >= 10) & (squares > 0)
    found = []
    if judged.any():
        from scipy.stats import norm

        z = each[judged] / np.sqrt(squares[judged])
        # Of many raters one is off by chance: the level is shared among them.
        if np.abs(z).max() > norm.isf(0.005 / judged.sum()):
            found.append("raters do not err equally often, so that weighing them does better")
    # Each class's errors: the chance of class 1 for true class 0 and 1, from three answers' moments.
    skew = _skew(ones, total, error, prior)
    if skew > SURE:
        found.append("raters do not err alike on both classes")
    return found


def _skew(ones: NDArray[np.float64], total: NDArray[np.float64], error: float, prior: float) -> float:
    """Return by how many standard errors the third moment is off what equal errors on both classes give.

    Three answers are all of class 1 with probability π(1 − ε)³ + (1 − π)ε³.
    """
    triples = total * (total - 1) * (total - 2) / 6
    if not triples.any():
        return 0.0
    all_ones = ones * (ones - 1) * (ones - 2) / 6
    pairs, agree = total * (total - 1) / 2, (ones * (ones - 1) + (total - ones) * (total - ones - 1)) / 2
    pooled = all_ones.sum() / triples.sum()

    def expected(agreement: float, share: float) -> float:
        error, prior = _moments(agreement, share)
        return prior * (1 - error) ** 3 + (1 - prior) * error**3

    agreement, share, step = agree.sum() / pairs.sum(), ones.sum() / total.sum(), 1e-6
    if agreement > 1 - 2 * step:
        return 0.0
    by_agreement = (expected(agreement + step, share) - expected(agreement - step, share)) / (2 * step)
    by_share = (expected(agreement, share + step) - expected(agreement, share - step)) / (2 * step)
    moved = (all_ones - pooled * triples) / triples.sum()
    moved -= by_agreement * (agree - agreement * pairs) / pairs.sum()
    moved -= by_share * (ones - share * total) / total.sum()
    deviation = float(np.sqrt((moved**2).sum()))
    off = abs(pooled - (prior * (1 - error) ** 3 + (1 - prior) * error**3))
    return off / deviation if deviation else 0.0
