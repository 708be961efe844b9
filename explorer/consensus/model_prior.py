"""Classifiers as an item's prior: each with an exponent, and a floor, under which the answers are likeliest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.consensus.answers import Answers
from explorer.errors import DataError
from explorer.utils.logits import softmax

LEAST = 1e-6
"""What a probability of zero is worth before its logarithm is taken."""

HEAVIEST = 5.0
"""Largest exponent of a model."""

FITTED_ON = 20_000
"""Most items that exponents and floor are fitted to."""


def checked_models(probs: ArrayLike | Sequence[ArrayLike] | None, answers: Answers) -> list[NDArray[np.float64]]:
    """Return the models' probabilities, float64 [N, K] each, rows summing to 1.

    Parameters
    ----------
    probs
        One array [N, K], or a sequence of them.

    Raises
    ------
    DataError
        Another shape; a row that is no distribution.
    """
    if probs is None:
        return []
    several = isinstance(probs, (list, tuple)) and len(probs) and np.ndim(probs[0]) == 2
    found = []
    for number, one in enumerate(probs if several else [probs]):  # type: ignore[arg-type]
        p = np.asarray(one, np.float64)
        if p.shape != (answers.n_items, answers.n_classes):
            raise DataError(
                f"The probabilities of model {number} have the shape {p.shape}.",
                f"Give a row an item and a column a class: {(answers.n_items, answers.n_classes)}.",
            )
        total = p.sum(axis=1)
        bad = np.flatnonzero(~(np.isfinite(total) & (p >= 0).all(axis=1) & (total > 0)))
        if len(bad):
            raise DataError(
                f"Row {bad[0]:,} of the probabilities of model {number} is no distribution: {p[bad[0]][:8].tolist()}.",
                "Probabilities are at least 0, and not all of a row are 0.",
            )
        found.append(p / total[:, None])
    return found


class ModelPrior:
    """P(class k | item i) = (1 − ε) · Π_m P_m(k | i)^t_m / Z_i + ε/K.

    Attributes
    ----------
    exponents
        t, one a model: 0 for one that says nothing of the answers.
    floor
        ε: how far the models are believed at most.

    References
    ----------
    Genest, Zidek: Combining probability distributions (Statistical Science, 1986), for the product.
    """

    def __init__(self, models: Sequence[NDArray[np.float64]], answered: NDArray[np.bool_], seed: int = 0) -> None:
        self._logs = [np.log(np.maximum(p, LEAST)) for p in models]
        self.exponents = tuple(1.0 for _ in models)
        self.floor = 0.01
        rows = np.flatnonzero(answered)
        if len(rows) > FITTED_ON:
            rows = np.sort(np.random.default_rng(seed).choice(rows, FITTED_ON, replace=False))
        self._rows = rows

    def log(self) -> NDArray[np.float64]:
        """Return its logarithm, float64 [N, K]."""
        mixed = softmax(sum((t * x for t, x in zip(self.exponents, self._logs, strict=True)), np.zeros(1)))
        found: NDArray[np.float64] = np.log((1 - self.floor) * mixed + self.floor / mixed.shape[1])
        return found

    def fit(self, log_likelihood: NDArray[np.float64]) -> None:
        """Choose exponents and floor under which the answers are likeliest, whatever the items' classes.

        Parameters
        ----------
        log_likelihood
            float64 [N, K]: log P(answers of item i | class k).
        """
        from scipy.optimize import minimize

        if not len(self._rows):
            return
        logs = np.stack([x[self._rows] for x in self._logs])
        heard = log_likelihood[self._rows]
        heard = np.exp(heard - heard.max(axis=1, keepdims=True))
        k = heard.shape[1]

        def loss(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            t, floor = point[:-1], float(point[-1])
            mixed = softmax(np.tensordot(t, logs, 1))
            likelihood = ((1 - floor) * mixed + floor / k) * heard
            total = likelihood.sum(axis=1)
            pull = mixed * heard
            # d/dt_m of the mix: mix · (log P_m − its mean under the mix).
            mean = np.einsum("nk,mnk->mn", mixed, logs)
            by_t = (1 - floor) * (np.einsum("nk,mnk->mn", pull, logs) - mean * pull.sum(axis=1)) / total
            by_floor = (heard.mean(axis=1) - pull.sum(axis=1)) / total
            return -float(np.log(total).mean()), -np.append(by_t.mean(axis=1), by_floor.mean())

        bounds = [(0.0, HEAVIEST)] * len(self._logs) + [(1e-6, 0.5)]
        start = np.append(self.exponents, self.floor)
        found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
        self.exponents = tuple(float(t) for t in found.x[:-1])
        self.floor = float(found.x[-1])


class ClassPrior:
    """P(class k), alike for all items: the share of each class among the answered ones."""

    def __init__(self, n_classes: int) -> None:
        self._share = np.full(n_classes, 1 / n_classes)

    def learn(self, posterior: NDArray[np.float64]) -> None:
        """Estimate it from the answered items' posterior, float64 [n, K]."""
        k = len(self._share)
        self._share = (posterior.sum(axis=0) + 1 / k) / (posterior.sum() + 1)

    def log(self) -> NDArray[np.float64]:
        """Return its logarithm, float64 [1, K]."""
        found: NDArray[np.float64] = np.log(self._share)[None]
        return found
