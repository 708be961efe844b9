"""Learning from the reviewer: decisions on some labels move `p_error` of all those that nobody has looked at.

Formula
-------
The decision on item i is "wrong" (the label was changed) with log-odds

    logit(p_error_i) + b + g[given_i] + r[rival_i] + m[given_i, rival_i] + x_i·(u + v[given_i]),

where logit(p_error_i) is bounded to that of .05 and .95, and further on, below and above, an offset that is free takes
the place of the bound: how often "almost certain" turns out wrong is said by these, and not by b, since it says little
about the items in the middle. The rival is the most probable class other than the given one, and x is the item's
vector, centred and of length 1. All weights have Gaussian priors around 0 and are found by maximum a posteriori. The
log-odds are what the detectors said, so with no decisions nothing changes, and a reviewer who confirms what was said
changes little. The priors of the classes shrink with 1 − 2/K, because with two classes the given one, the rival and the
pair are the same thing.

Three such models, with the intercept only, with the classes, and with the vectors too, are averaged, weighted by
`BEFOREHAND` times how likely five folds of the decisions are under models taught on the others. So hundreds of
decisions in which neither classes nor vectors matter do not move the ranking by chance. The average is a model of the
same form.

When to trust it
----------------
A hundred decisions (90 of them the top of the queue, 10 at random) let the next 300 items hold about 1 percentage point
more wrong labels on news, half a point on film reviews, and change nothing on digits. More is hardly to be had: models
that are taught all true errors gain 1 to 4 points. It learns what this reviewer changes, not what is true.

References
----------
The update of a fixed predictor by a logistic regression with the predictor's log-odds as offset is logistic
recalibration: Cox, Two further applications of a model for binary regression (Biometrika 1958); the priors on classes
and pairs make it a multilevel model: Gelman, Hill, Data analysis using regression and multilevel models (2007), ch. 14.
Averaging by held-out likelihood is called pseudo-BMA in: Yao, Vehtari, Simpson, Gelman, Using stacking to average
Bayesian predictive distributions (Bayesian Analysis 2018).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.errors import DataError
from explorer.utils.logits import expit, logit

FEWEST = 10
"""With fewer decisions nothing is learnt."""

FEWEST_ALIKE = 20
"""With fewer decisions that are all alike nothing is learnt: the first ones of a queue are often all errors."""

EXTREME = 0.95
"""Beyond this `p_error`, and below 1 minus it, decisions say nothing of the shift that all items share."""

EXTREMES = 9.0
"""Prior variance of the offsets beyond. Without them 90 decisions on the top of a queue of news, 6 of which dismiss an
item that was held to be wrong with .997, take the F1 of the flag from .72 to .43."""

INTERCEPT = 0.1
"""Prior variance of the shift that all items share."""

PAIR = 0.6
"""Prior variance of a pair of given class and rival with many classes; half of it with four. Three times as much, where
most of the decisions are on the top of the queue, makes the ranking worse than it was."""

CLASS = 0.3
"""Prior variance of a given class, and of a rival, with many classes."""

VECTOR = 1.0
"""Prior variance of the vectors' part of an item's log-odds: since the vectors have length 1, whatever their number of
dimensions."""

SHARED = 0.3
"""Share of `VECTOR` that all given classes have in common; the rest is each class's own."""

BEFOREHAND = (1.0, 6.0, 36.0)
"""Weights of intercept only, classes, and classes with vectors, before any decision is heard. A hundred decisions,
most of them on the top of the queue, hardly tell the models apart; on the benchmark sets the largest is the best then.
"""

FOLDS = 5
"""Parts of the decisions that are held out in turn."""

WEIGHED_ON = 2_000
"""Most decisions that the models are weighed on."""

ROWS = 2**13
"""Most items worked on at a time."""


@dataclass(frozen=True, eq=False)
class Taught:
    """What was learnt from decisions. Classes and pairs that nobody decided on add nothing.

    Attributes
    ----------
    decisions, wrong
        How many it was taught on, and how many of those labels were changed.
    intercept
        What is added to all log-odds.
    given, rival
        float64 [K]: what a class adds as the given one, and as the rival.
    pairs, pair
        int64 [P]: the pairs that occurred, given·K + rival, ascending; float64 [P]: what each adds.
    centre
        float64 [D]: mean of the vectors; empty without vectors.
    shared
        float64 [D]: weights of the centred unit vectors, for all items.
    classes, own
        int64 [C]: the given classes that occurred, ascending; float64 [C, D]: further weights for the items of each.
    shares
        Weights of the three models that it is the average of; they sum to 1.
    extremes
        float64 [2]: the free offsets of the decisions above `EXTREME` and as far below. `adjust` leaves them out.
    note
        One sentence on why nothing was learnt, else "".
    """

    decisions: int
    wrong: int
    n_classes: int
    intercept: float = 0.0
    given: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    rival: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    pairs: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    pair: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    centre: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    shared: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    classes: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    own: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    shares: tuple[float, ...] = (1.0, 0.0, 0.0)
    extremes: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    note: str = ""

    @property
    def learnt(self) -> bool:
        """Whether there was enough to learn from; if not, `adjust` changes nothing."""
        return not self.note

    def shift(
        self,
        rows: ArrayLike,
        labels: NDArray[np.int32],
        rivals: NDArray[np.int32],
        vectors: NDArray[Any] | None = None,
    ) -> NDArray[np.float64]:
        """Return what is added to the log-odds of some items, float64 [rows]; 0 where unlabelled. Costs O(rows).

        Parameters
        ----------
        rows
            Positions.
        labels, rivals
            int32 [N]: given class, and the most probable other one; -1 for none.
        vectors
            float [N, D], if it was taught with vectors; only the rows are read.

        Raises
        ------
        DataError
            Vectors are missing, or have another number of dimensions than those it was taught with.
        """
        at = np.asarray(rows, dtype=np.intp)
        total = np.zeros(len(at))
        if not self.learnt:
            return total
        if len(self.centre) and (vectors is None or vectors.shape[1] != len(self.centre)):
            got = "none" if vectors is None else f"{vectors.shape[1]}"
            raise DataError(
                f"What was learnt from decisions reads vectors of {len(self.centre)} dimensions, and got {got}.",
                "Teach it again with the vectors at hand.",
            )
        for start in range(0, len(at), ROWS):
            part = at[start : start + ROWS]
            given, rival = labels[part], rivals[part]
            found = np.full(len(part), self.intercept)
            found += np.where(given >= 0, self.given[given], 0) + np.where(rival >= 0, self.rival[rival], 0)
            place, seen = _look_up(self.pairs, given.astype(np.int64) * self.n_classes + rival)
            found += np.where(seen & (rival >= 0), self.pair[place], 0)
            if vectors is not None and len(self.centre):
                x = _units(vectors[part], self.centre)
                place, seen = _look_up(self.classes, given.astype(np.int64))
                found += x @ self.shared + np.where(seen, np.einsum("nd,nd->n", x, self.own[place]), 0)
            total[start : start + ROWS] = np.where(given >= 0, found, 0)
        return total

    def adjust(
        self,
        p_error: NDArray[np.floating[Any]],
        labels: NDArray[np.int32],
        rivals: NDArray[np.int32],
        vectors: NDArray[Any] | None = None,
    ) -> NDArray[np.float32]:
        """Return `p_error` float32 [N] after the decisions; NaN stays NaN. Whoever calls leaves out decided items."""
        if not self.learnt:
            return np.array(p_error, dtype=np.float32)
        shift = self.shift(np.arange(len(p_error)), labels, rivals, vectors)
        moved = expit(logit(p_error.astype(np.float64)) + shift).astype(np.float32)
        return np.where(np.isnan(p_error), np.float32(np.nan), moved)


def rivals_of(q: NDArray[np.floating[Any]], labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return each item's most probable class other than its given one, int32 [n]; -1 where unlabelled or K is 1.

    Parameters
    ----------
    q
        float [n, K]: pooled opinion.
    """
    if q.shape[1] < 2:
        return np.full(len(q), -1, dtype=np.int32)
    other = np.array(q)
    other[np.arange(len(q)), np.maximum(labels, 0)] = -1
    result: NDArray[np.int32] = np.where(labels >= 0, other.argmax(axis=1), -1).astype(np.int32)
    return result


def teach(
    rows: ArrayLike,
    wrong: ArrayLike,
    p_error: NDArray[np.floating[Any]],
    labels: NDArray[np.int32],
    rivals: NDArray[np.int32],
    n_classes: int,
    vectors: NDArray[Any] | None = None,
) -> Taught:
    """Learn from decisions how likely other labels are wrong. Deterministic, and independent of the decisions' order.

    Parameters
    ----------
    rows
        [n] positions of the items decided on; unlabelled ones, and those without `p_error`, are left out.
    wrong
        bool [n]: the label that the item had at that time was changed.
    p_error
        float [N]: as it was before any of these decisions.
    labels, rivals
        int32 [N]: class the items had before these decisions, and the most probable other one (`rivals_of`).
    vectors
        float [N, D], finite. Their number of weights is D for all and D for every given class decided on.

    Raises
    ------
    DataError
        Arrays of different lengths, an item twice, positions or classes that do not exist.
    """
    at, changed = np.asarray(rows, dtype=np.intp).ravel(), np.asarray(wrong, dtype=bool).ravel()
    _check(at, changed, p_error, labels, rivals, n_classes, vectors)
    order = np.argsort(at, kind="stable")
    at, changed = at[order], changed[order]
    known = (labels[at] >= 0) & np.isfinite(p_error[at])
    at, changed = at[known], changed[known]
    n, found = len(at), int(changed.sum())
    note = _too_little(n, found)
    if note:
        return Taught(n, found, n_classes, note=note)
    offset = logit(p_error[at].astype(np.float64))
    given, rival = labels[at].astype(np.int64), rivals[at].astype(np.int64)
    centre = np.empty(0) if vectors is None or not vectors.shape[1] else _mean(vectors)
    x = np.empty((n, 0)) if vectors is None or not len(centre) else _units(vectors[at], centre)
    beyond = _beyond(p_error[at])
    offset[beyond.any(axis=1)] = 0
    offset += beyond @ (logit(np.array([EXTREME, 1 - EXTREME])))
    weights = _Weights(given, rival, n_classes, x, beyond)
    shares, whole = weights.average(offset, changed.astype(np.float64))
    b, extremes, g, r, m, u, v = weights.split(whole)
    dense_given, dense_rival = np.zeros(n_classes), np.zeros(n_classes)
    dense_given[weights.givens], dense_rival[weights.rivals] = g, r
    return Taught(
        n,
        found,
        n_classes,
        float(b[0]),
        dense_given,
        dense_rival,
        weights.pairs,
        m,
        centre,
        u,
        weights.givens,
        v,
        tuple(shares.tolist()),
        extremes,
    )


class _Weights:
    """The weights of one fit, over the classes and pairs that occur in n decisions."""

    def __init__(
        self,
        given: NDArray[np.int64],
        rival: NDArray[np.int64],
        n_classes: int,
        x: NDArray[np.float64],
        beyond: NDArray[np.float64],
    ) -> None:
        from scipy.sparse import csr_array

        n = len(given)
        self.x, self.beyond = x, beyond
        self.givens, self.given = np.unique(given, return_inverse=True)
        self.has_rival = rival >= 0
        self.rivals, self.rival = np.unique(np.maximum(rival, 0), return_inverse=True)
        self.pairs, self.pair = np.unique(given * n_classes + np.maximum(rival, 0), return_inverse=True)
        self.by_class = csr_array((np.ones(n), (self.given, np.arange(n))), shape=(len(self.givens), n))
        shrunk = 1 - 2 / n_classes if n_classes > 2 else 0.0
        many = [CLASS * shrunk, CLASS * shrunk, PAIR * shrunk]
        dims = x.shape[1]
        self.sizes = [1, 2, len(self.givens), len(self.rivals), len(self.pairs), dims, len(self.givens) * dims]
        variances = [INTERCEPT, EXTREMES, *many, VECTOR * SHARED, VECTOR * (1 - SHARED)]
        spread = np.sqrt(np.repeat(variances, self.sizes))
        # A weight of spread 0 stays 0: the smaller models are the largest one with some spreads taken away.
        self.spreads = [np.where(np.arange(len(spread)) < sum(self.sizes[:k]), spread, 0) for k in (2, 5, 7)]

    def split(self, point: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Return intercept [1], those of the extremes [2], given, rival, pair, shared [D] and own [classes, D]."""
        parts = np.split(point, np.cumsum(self.sizes)[:-1])
        parts[6] = parts[6].reshape(len(self.givens), -1)
        return parts

    def value(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what is added to the log-odds of each decision [n]."""
        b, e, g, r, m, u, v = self.split(point)
        total: NDArray[np.float64] = b[0] + self.beyond @ e + g[self.given]
        total += np.where(self.has_rival, r[self.rival] + m[self.pair], 0)
        if u.any() or v.any():
            total += self.x @ u + np.einsum("nd,nd->n", self.x, v[self.given])
        return total

    def back(self, error: NDArray[np.float64], spread: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the gradient in the scaled weights of a gradient [n] in the log-odds."""
        rivalling = np.where(self.has_rival, error, 0)
        vectors = np.zeros(sum(self.sizes[5:]))
        if spread[-1]:
            own = self.by_class @ (self.x * error[:, None])
            vectors = np.concatenate([own.sum(axis=0), own.ravel()])
        gradient: NDArray[np.float64] = spread * np.concatenate(
            [
                [error.sum()],
                error @ self.beyond,
                np.bincount(self.given, error, self.sizes[2]),
                np.bincount(self.rival, rivalling, self.sizes[3]),
                np.bincount(self.pair, rivalling, self.sizes[4]),
                vectors,
            ]
        )
        return gradient

    def solve(
        self,
        offset: NDArray[np.float64],
        wrong: NDArray[np.float64],
        heard: NDArray[np.bool_],
        spread: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return the most probable weights, given the decisions that are heard."""
        from scipy.optimize import minimize

        def loss(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            # In units of the priors' spreads all weights have the same prior.
            z = offset + self.value(point * spread)
            value = -_log(z, wrong)[heard].sum() + 0.5 * point @ point
            return float(value), self.back(np.where(heard, expit(z) - wrong, 0), spread) + point

        options = {"maxiter": 500, "ftol": 1e-11, "gtol": 1e-5} if heard.all() else {"maxiter": 100, "ftol": 1e-7}
        found = minimize(loss, np.zeros(len(spread)), jac=True, method="L-BFGS-B", options=options)
        result: NDArray[np.float64] = found.x * spread
        return result

    def average(
        self, offset: NDArray[np.float64], wrong: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the shares of the three models, and their mean."""
        n = len(offset)
        everything = np.ones(n, dtype=bool)
        log = np.log(BEFOREHAND)
        # Some of the decisions, spread over all; -1 is in no fold.
        fold = np.full(n, -1)
        some = np.unique(np.linspace(0, n - 1, min(n, WEIGHED_ON)).astype(np.intp))
        fold[some] = np.arange(len(some)) % FOLDS
        points: list[NDArray[np.float64]] = []
        heldout = 0.0
        for model, spread in enumerate(self.spreads):
            if model and np.array_equal(spread > 0, self.spreads[model - 1] > 0):
                # Two classes, or no vectors: the same model again.
                points.append(points[-1])
                log[model] += heldout
                continue
            heldout = 0.0
            for k in range(FOLDS):
                out = fold == k
                point = self.solve(offset, wrong, (fold >= 0) & ~out, spread)
                heldout += float(_log(offset + self.value(point), wrong)[out].sum())
            points.append(self.solve(offset, wrong, everything, spread))
            log[model] += heldout
        shares: NDArray[np.float64] = np.exp(log - np.logaddexp.reduce(log))
        return shares, shares @ np.array(points)


def _beyond(p: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return which items are above `EXTREME`, and which as far below, [n, 2]."""
    return np.stack([p > EXTREME, p < 1 - EXTREME], axis=1).astype(np.float64)


def _log(z: NDArray[np.float64], wrong: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log-likelihood of decisions with log-odds z."""
    result: NDArray[np.float64] = wrong * z - np.logaddexp(0, z)
    return result


def _look_up(codes: NDArray[np.int64], wanted: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return where each wanted code stands among ascending ones (at least one), and whether it is there at all."""
    place: NDArray[np.intp] = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
    return place, codes[place] == wanted


def _units(vectors: NDArray[Any], centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return centred vectors of length 1; the centre itself stays 0."""
    x = vectors.astype(np.float64) - centre
    length = np.sqrt(np.einsum("nd,nd->n", x, x))
    x /= np.where(length > 1e-12, length, np.inf)[:, None]
    return x


def _mean(vectors: NDArray[Any]) -> NDArray[np.float64]:
    total: NDArray[np.float64] = vectors.mean(axis=0, dtype=np.float64)
    return total


def _too_little(n: int, found: int) -> str:
    if n < FEWEST:
        return f"{n} decisions are too few to learn from; {FEWEST} are enough."
    if found in (0, n) and n < FEWEST_ALIKE:
        return (
            f"All {n} decisions are alike; {FEWEST_ALIKE} of one kind, or one of the other, are enough to learn from."
        )
    return ""


def _check(
    at: NDArray[np.intp],
    changed: NDArray[np.bool_],
    p_error: NDArray[np.floating[Any]],
    labels: NDArray[np.int32],
    rivals: NDArray[np.int32],
    n_classes: int,
    vectors: NDArray[Any] | None,
) -> None:
    if len(at) != len(changed):
        raise DataError(f"There are {len(at):,} positions for {len(changed):,} decisions.")
    n = len(labels)
    if not n == len(p_error) == len(rivals) or (vectors is not None and (vectors.ndim != 2 or len(vectors) != n)):
        shape = "" if vectors is None else f", and vectors of the shape {vectors.shape}"
        raise DataError(f"There are {n:,} labels, {len(p_error):,} p_error, {len(rivals):,} rivals{shape}.")
    if len(at) and (at.min() < 0 or at.max() >= n):
        raise DataError(f"A decision is on position {at.min() if at.min() < 0 else at.max()}, of {n:,} items.")
    repeated = len(at) - len(np.unique(at))
    if repeated:
        raise DataError(f"{repeated:,} items are decided on twice.", "Hand over the decision in force only.")
    if n and max(int(labels.max()), int(rivals.max())) >= n_classes:
        raise DataError(f"Labels and rivals are class codes from 0 to {n_classes - 1}, or -1 for none.")
