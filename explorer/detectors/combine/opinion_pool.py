"""A logarithmic opinion pool: several opinions about an item's class become one, each with the weight it deserves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.utils.logits import softmax

LEAST_NOISE = 0.25
"""Least share of wrong labels that the pool allows for. A fit left alone falls towards none wherever the opinions have
learnt the noise themselves (confusable classes, human raters), and then calls nothing an error."""

MOST_NOISE = 0.75

PRIOR = 5.0
"""Items' worth of trust in the weights that the fit starts from."""

HEAVIEST = 4.0

LIGHTEST = 0.05
"""Least weight, as a share of the one started from: an opinion that no label bears out still breaks ties."""


@dataclass(frozen=True)
class Pool:
    """What was fitted: the weight of each opinion, and the share of labels drawn at random."""

    weights: tuple[float, ...]
    noise: float

    def blend(self, logs: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        """Turn opinions (logarithms [n, K]) into one distribution per row [n, K]."""
        return softmax(np.asarray(sum(w * opinion for w, opinion in zip(self.weights, logs, strict=True))))

    def wrong(self, own: NDArray[np.float64], n_classes: int) -> NDArray[np.float64]:
        """Return the posterior that a label is wrong, given the blended probability of its class [n]."""
        right = own * (1 - self.noise)
        wrong = (1 - own) * self.noise / (n_classes - 1)
        posterior: NDArray[np.float64] = wrong / np.maximum(right + wrong, 1e-300)
        return posterior


def fit(logs: list[NDArray[np.float64]], labels: NDArray[np.int32], start: list[float]) -> Pool:
    """Fit weights and noise to labelled rows by maximum likelihood.

    The model: the true class is drawn from the blend q ∝ Π opinion^weight; the given label is the true class with
    probability 1 − noise, else any other one. Rows whose label no weight could explain are thus left to the noise
    instead of pulling the weights.

    Parameters
    ----------
    logs
        One array [n, K] per opinion: its logarithm.
    labels
        int32 [n], all labelled.
    start
        Weights to start from, which few rows stay near.

    References
    ----------
    Genest, Zidek: Combining probability distributions: a critique and an annotated bibliography (Statistical Science,
    1986).
    """
    from scipy.optimize import minimize

    first = np.array(start)
    if not len(labels) or not logs:
        return Pool(tuple(start), LEAST_NOISE)
    rows, k = np.arange(len(labels)), logs[0].shape[1]
    own = np.stack([opinion[rows, labels] for opinion in logs])

    def loss(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, noise = point[:-1], float(point[-1])
        q = Pool(tuple(weights), noise).blend(logs)
        given = q[rows, labels]
        likelihood = np.maximum(given * (1 - noise) + (1 - given) * noise / (k - 1), 1e-12)
        slope = (1 - noise - noise / (k - 1)) * given / likelihood
        expected = np.stack([np.einsum("nk,nk->n", q, opinion) for opinion in logs])
        by_weight = -(slope * (own - expected)).mean(axis=1)
        by_noise = -(((1 - given) / (k - 1) - given) / likelihood).mean()
        away = weights - first
        trust = PRIOR / len(labels)
        value = -np.log(likelihood).mean() + 0.5 * trust * float(away @ away)
        return value, np.append(by_weight + trust * away, by_noise)

    # Above (K − 1)/K a given label would speak against its own class.
    most = min(MOST_NOISE, 0.9 * (k - 1) / k)
    bounds = [(LIGHTEST * weight, HEAVIEST) for weight in start] + [(LEAST_NOISE, max(LEAST_NOISE, most))]
    found = minimize(loss, np.append(first, LEAST_NOISE), jac=True, method="L-BFGS-B", bounds=bounds)
    return Pool(tuple(float(w) for w in found.x[:-1]), float(found.x[-1]))
