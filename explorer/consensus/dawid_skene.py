"""Dawid–Skene: how each rater confuses the classes, and each item's class, found together by EM; models may join."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from explorer.consensus.answers import Answers
from explorer.consensus.model_prior import ClassPrior, ModelPrior
from explorer.consensus.rater_models import RaterModel, rater_model

STEPS = 100
"""Most steps of EM."""

SETTLED = 1e-4
"""EM ends when no probability moves by more than this."""

REFIT = 5
"""The models' exponents are fitted anew at each so many steps."""

SMOOTH = 0.1
"""Votes that each class has to begin with, so that a first vote is no certainty."""


@dataclass(frozen=True, eq=False)
class Fit:
    """What EM came to.

    Attributes
    ----------
    posterior
        float64 [N, K]: each item's class. Where nobody answered it is the prior's.
    raters
        How the raters err: one entry, or two for easy and hard items.
    shares
        Share of the items in each of these states.
    log_prior
        float64 [N, K], or [1, K] where it is the same for all.
    exponents, floor
        Of the models, as `ModelPrior` has them.
    log_likelihood
        log P(answers), summed over the items: what EM makes large.
    accuracy
        float64 [R]: expected share of right answers, (Σ q_i(y_ij) + 1)/(n_j + 2).
    steps
        Steps of EM.
    """

    posterior: NDArray[np.float64]
    raters: tuple[RaterModel, ...]
    shares: tuple[float, ...]
    log_prior: NDArray[np.float64]
    log_likelihood: float
    accuracy: NDArray[np.float64]
    steps: int
    exponents: tuple[float, ...] = field(default=())
    floor: float = 0.0

    def confusion(self, rater: int) -> NDArray[np.float64]:
        """Return one rater's P(answer a | class k), float64 [K, K], over easy and hard items together."""
        return np.asarray(sum(s * one.confusion(rater) for s, one in zip(self.shares, self.raters, strict=True)))


def fit(
    answers: Answers,
    models: Sequence[NDArray[np.float64]] = (),
    *,
    hard: bool = False,
    alike: bool = False,
    weights: NDArray[np.float64] | None = None,
    seed: int = 0,
    steps: int = STEPS,
    check: Callable[[], None] | None = None,
) -> Fit:
    """Find each item's class and each rater's errors by EM.

    posterior(i, k) ∝ prior(i, k) · Π_j C_j[k, y_ij]^w_ij. Without models the prior is the classes' share; with models
    it is their product, each with an exponent, and a floor, chosen so that the answers are likeliest: a model counts
    as much as it foretells what people say.

    Parameters
    ----------
    models
        float64 [N, K] each: probabilities that were not taught on these items.
    hard
        Items are easy or hard, and raters err differently on either: this takes up that raters err together where an
        item is hard.
    alike
        On hard items all raters err alike, by one matrix: what makes an item hard is the item's. Else by their own.
    weights
        float64 [M]: what each answer counts towards its item's class; 1 by default.
    steps
        Most steps of EM.
    check
        Called at each step; whatever it raises ends the fit.

    References
    ----------
    Dawid, Skene: Maximum likelihood estimation of observer error-rates using the EM algorithm (Applied Statistics,
    1979).
    """
    n, k = answers.n_items, answers.n_classes
    weights = np.ones(len(answers)) if weights is None else weights
    answered = answers.answered
    classes = ClassPrior(k)
    prior = ModelPrior(models, answered, seed) if models else None
    log_prior = prior.log() if prior else classes.log()
    states = [rater_model(answers, weights), *([rater_model(answers, weights, alike)] if hard else [])]
    joint = _begin(answers, log_prior, weights, hard)
    shares = np.full(len(states), 1 / len(states))
    total, step = -np.inf, 0
    for step in range(steps):
        if check is not None:
            check()
        for state, one in enumerate(states):
            one.learn(joint[:, :, state])
        mass = joint[answered].sum(axis=(0, 1)) + 1
        shares = mass / mass.sum()
        heard = np.stack([one.log_likelihood() for one in states], axis=2) + np.log(shares)
        if prior:
            if step % REFIT == 2:
                prior.fit(_log_sum(heard, 2))
                log_prior = prior.log()
        else:
            classes.learn(joint[answered].sum(axis=2))
            log_prior = classes.log()
        heard += log_prior[:, :, None]
        most = heard.max(axis=(1, 2), keepdims=True)
        now = np.exp(heard - most)
        norm = now.sum(axis=(1, 2), keepdims=True)
        now /= norm
        total = float((np.log(norm) + most)[answered].sum())
        moved = float(np.abs(now - joint).max()) if n else 0.0
        joint = now
        if moved < SETTLED and step > 2 * REFIT:
            break
    posterior = joint.sum(axis=2)
    sure = np.bincount(answers.raters, posterior[answers.items, answers.codes], answers.n_raters)
    accuracy = (sure + 1) / (answers.per_rater + 2)
    return Fit(
        posterior,
        tuple(states),
        tuple(float(s) for s in shares),
        log_prior,
        total,
        accuracy,
        step + 1,
        prior.exponents if prior else (),
        prior.floor if prior else 0.0,
    )


def _begin(
    answers: Answers, log_prior: NDArray[np.float64], weights: NDArray[np.float64], hard: bool
) -> NDArray[np.float64]:
    """Return what EM begins with, float64 [N, K, states]: the shares of the votes, and easy where they agree."""
    votes = answers.counts(weights)
    q = (votes + SMOOTH) * np.exp(log_prior)
    q /= q.sum(axis=1, keepdims=True)
    if not hard:
        return q[:, :, None]
    total = votes.sum(axis=1)
    agreed = np.divide(votes.max(axis=1), total, out=np.full(len(votes), 0.5), where=total > 0)
    easy = np.clip(agreed, 0.05, 0.95)[:, None]
    return np.stack([q * easy, q * (1 - easy)], axis=2)


def _log_sum(z: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    most = z.max(axis=axis, keepdims=True)
    return np.asarray(np.log(np.exp(z - most).sum(axis=axis)) + most.squeeze(axis))


def unnamed(found: Fit, n_raters: int) -> NDArray[np.bool_]:
    """Return the classes that no rater calls by their own name more often than by any other, bool [K].

    What such a class is the answers do not say: it is what the model has made of answers that fit nowhere else.
    """
    left = np.ones(found.posterior.shape[1], bool)
    for rater in range(n_raters):
        matrix = found.confusion(rater)
        left &= np.diag(matrix) < matrix.max(axis=1)
        if not left.any():
            break
    return left


def information(found: Fit) -> float:
    """Return Akaike's criterion of a fit, −2 log L + 2 · parameters: the smaller, the better it foretells answers."""
    free = sum(one.free for one in found.raters) + len(found.shares) - 1
    return -2 * found.log_likelihood + 2.0 * free
