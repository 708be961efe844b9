"""CROWDLAB: a weighted average of a model and the raters; ActiveLab's score of what to ask again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.consensus.answers import Answers
from explorer.consensus.majority import labels_of

LEAST = 1e-6
"""Least weight of a rater or the model, and least error of always saying the commonest class."""


@dataclass(frozen=True, eq=False)
class Crowdlab:
    """The weighted average, and what it is made of.

    Attributes
    ----------
    posterior
        float64 [N, K]: p̂_i(k); the model's own where nobody answered.
    labels
        int32 [N]: the class with the largest p̂; by the model alone where nobody answered.
    agreement
        float64 [R]: s_j, how often a rater agrees with the others on its items.
    rater_weights, model_weight
        float64 [R] and a number: w_j and w_M.
    sureness
        P: how often an answer agrees with the majority, on items with several answers.
    quality
        float64 [R]: how good each rater is.
    """

    posterior: NDArray[np.float64]
    labels: NDArray[np.int32]
    agreement: NDArray[np.float64]
    rater_weights: NDArray[np.float64]
    model_weight: float
    sureness: float
    quality: NDArray[np.float64]
    _sums: tuple[NDArray[np.float64], NDArray[np.float64]]

    def active(self) -> NDArray[np.float64]:
        """Return ActiveLab's score, float64 [N]: lowest where another answer is worth most, unlabelled items too.

        As p̂ of the consensus class, with one more voter who says 1/K of every class and has the mean rater's weight.

        References
        ----------
        Goh, Mueller: ActiveLab: active learning with re-labeling by multiple annotators (2023).
        """
        weighted, total = self._sums
        mean = float(self.rater_weights.mean()) if len(self.rater_weights) else 0.0
        k = weighted.shape[1]
        label = self.posterior.argmax(axis=1)
        own = weighted[np.arange(len(label)), label]
        found: NDArray[np.float64] = (own + mean / k) / (total + mean)
        return found


def crowdlab(answers: Answers, probs: NDArray[np.float64]) -> Crowdlab:
    """Average a model and the raters, each weighted by how far it is better than always saying the commonest class.

    Parameters
    ----------
    probs
        float64 [N, K]: held-out probabilities of one model.

    References
    ----------
    Goh, Tkachenko, Mueller: CROWDLAB: supervised learning to infer consensus labels and quality scores for data with
    multiple annotators (2022).
    """
    n, k, r = answers.n_items, answers.n_classes, answers.n_raters
    counts, total = answers.counts(), answers.per_item
    answered, several = total > 0, total > 1
    majority = labels_of(counts, answered, probs)
    model = probs.argmax(axis=1)
    theirs = np.zeros(n, bool) if not len(answers) else several
    on = theirs[answers.items]  # answers on items that others have answered too
    items, raters, codes = answers.items[on], answers.raters[on], answers.codes[on]
    if len(items):
        matches = np.bincount(items, codes == majority[items], n)[theirs]
        sureness = float((matches / total[theirs]).mean())
        accuracy = float((model == majority)[theirs].mean())
        commonest = int(np.bincount(majority[answered], minlength=k).argmax())
        chance = float((majority[theirs] == commonest).mean())
        others = total[items] - 1
        alike = np.bincount(raters, counts[items, codes] - 1, r).astype(np.float64)
        asked = np.bincount(raters, others, r).astype(np.float64)
    else:  # nothing can be compared: all are believed alike
        sureness, accuracy, chance = 1 - 1 / (2 * k), 1 - 1 / (2 * k), 1 / k
        alike = asked = np.zeros(r)
    mean = alike.sum() / asked.sum() if asked.sum() else sureness
    agreement = np.divide(alike, asked, out=np.full(r, float(mean)), where=asked > 0)
    worst = max(1 - chance, LEAST)
    rater_weights = np.maximum(1 - (1 - agreement) / worst, LEAST)
    per_item = float(total[answered].mean()) if answered.any() else 1.0
    model_weight = max(1 - (1 - accuracy) / worst, LEAST) * float(np.sqrt(per_item))
    off = (1 - sureness) / max(1, k - 1)
    each = rater_weights[answers.raters]
    weighted = model_weight * probs + answers.counts(each * (sureness - off))
    heard = np.bincount(answers.items, each, n).astype(np.float64)
    weighted += off * heard[:, None]
    sums = model_weight + heard
    posterior = weighted / sums[:, None]
    labels = posterior.argmax(axis=1).astype(np.int32)
    quality = _quality(answers, posterior, labels, rater_weights, model_weight, several)
    return Crowdlab(posterior, labels, agreement, rater_weights, model_weight, sureness, quality, (weighted, sums))


def _quality(
    answers: Answers,
    posterior: NDArray[np.float64],
    labels: NDArray[np.int32],
    rater_weights: NDArray[np.float64],
    model_weight: float,
    several: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return w̄·(mean p̂ of the rater's answers) + (1 − w̄)·(agreement with the consensus where others answered).

    w̄ is the model's part of the weight: its own over its and the mean answer's.
    """
    if not len(answers):
        return np.full(answers.n_raters, np.nan)
    mean = float(rater_weights[answers.raters].mean())
    part = model_weight / (model_weight + mean)
    own = np.bincount(answers.raters, posterior[answers.items, answers.codes], answers.n_raters)
    own = np.divide(own, answers.per_rater, out=np.full(answers.n_raters, np.nan), where=answers.per_rater > 0)
    on = several[answers.items]
    right = np.bincount(answers.raters[on], (answers.codes == labels[answers.items])[on], answers.n_raters)
    asked = np.bincount(answers.raters[on], minlength=answers.n_raters)
    agreed = np.divide(right, asked, out=own.copy(), where=asked > 0)
    found: NDArray[np.float64] = part * own + (1 - part) * agreed
    return found
