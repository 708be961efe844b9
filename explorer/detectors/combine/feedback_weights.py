"""The weights of what is learnt from decisions: three models of one form, fitted, weighed and averaged."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.utils.logits import expit

EXTREME = 0.95
"""Beyond this `p_error`, and below 1 minus it, decisions say nothing of the shift that all items share."""

EXTREMES = 9.0
"""Prior variance of the offsets beyond: so that a few dismissals of items held to be wrong do not move all others."""

INTERCEPT = 0.1
"""Prior variance of the shift that all items share."""

PAIR = 0.6
"""Prior variance of a pair of given class and rival with many classes; half with four: a pair has few decisions."""

CLASS = 0.3
"""Prior variance of a given class, and of a rival, with many classes."""

VECTOR = 1.0
"""Prior variance of the vectors' part of an item's log-odds: since the vectors have length 1, whatever their number of
dimensions."""

SHARED = 0.3
"""Share of `VECTOR` that all given classes have in common; the rest is each class's own."""

BEFOREHAND = (1.0, 6.0, 36.0)
"""Weights of intercept only, classes, and classes with vectors, beforehand: few decisions hardly tell them apart."""

FOLDS = 5
"""Parts of the decisions that are held out in turn."""

WEIGHED_ON = 2_000
"""Most decisions that the models are weighed on."""


class Weights:
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

    def common(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return `value` without the offsets of the extremes, which are these decisions' own [n]."""
        result: NDArray[np.float64] = self.value(point) - self.beyond @ self.split(point)[1]
        return result

    def average(
        self, offset: NDArray[np.float64], wrong: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return the shares of the three models, their mean, and what is added to each decision without it [n].

        The last is by a fit without the fifth that the decision is in; beyond `WEIGHED_ON` decisions, where one hardly
        moves the mean, by the mean.
        """
        n = len(offset)
        everything = np.ones(n, dtype=bool)
        log = np.log(BEFOREHAND)
        # Some of the decisions, spread over all; -1 is in no fold.
        fold = np.full(n, -1)
        some = np.unique(np.linspace(0, n - 1, min(n, WEIGHED_ON)).astype(np.intp))
        fold[some] = np.arange(len(some)) % FOLDS
        points: list[NDArray[np.float64]] = []
        apart: list[NDArray[np.float64]] = []
        heldout = 0.0
        for model, spread in enumerate(self.spreads):
            if model and np.array_equal(spread > 0, self.spreads[model - 1] > 0):
                # Two classes, or no vectors: the same model again.
                points.append(points[-1])
                apart.append(apart[-1])
                log[model] += heldout
                continue
            heldout, without = 0.0, np.zeros(n)
            for k in range(FOLDS):
                out = fold == k
                point = self.solve(offset, wrong, (fold >= 0) & ~out, spread)
                heldout += float(_log(offset + self.value(point), wrong)[out].sum())
                without[out] = self.common(point)[out]
            apart.append(without)
            points.append(self.solve(offset, wrong, everything, spread))
            log[model] += heldout
        shares: NDArray[np.float64] = np.exp(log - np.logaddexp.reduce(log))
        mean: NDArray[np.float64] = shares @ np.array(points)
        return shares, mean, np.where(fold >= 0, shares @ np.array(apart), self.common(mean))


def beyond(p: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return which items are above `EXTREME`, and which as far below, [n, 2]."""
    return np.stack([p > EXTREME, p < 1 - EXTREME], axis=1).astype(np.float64)


def _log(z: NDArray[np.float64], wrong: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log-likelihood of decisions with log-odds z."""
    result: NDArray[np.float64] = wrong * z - np.logaddexp(0, z)
    return result
