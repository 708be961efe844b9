"""Class names: what an item says to the names of the classes, whatever anybody has labelled."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.incremental import Change
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.progress import Progress
from explorer.utils.logits import softmax
from explorer.utils.text import percentage, short_probability

FEWEST = 30
"""With fewer labelled items nothing can be said against names, and they are taken on trust."""

FITTED_ON = 20_000
"""Most items that sharpness and offsets are fitted to."""

FITTED_CELLS = 2**22
"""Most cells [rows, K] that they are fitted to."""

CELLS = 2**22
"""Most cells [rows, K] held at once."""

PRIOR = 5.0
"""Items' worth of trust in the scores as they come."""

SHARPEST = 10.0

DULLEST = 0.01

SHUFFLES = 999
"""Names are handed out to the classes anew so often, or in every possible way if these are fewer."""

CHANCE = 0.05
"""Largest share of the shuffles that may fit the labels as well as the names in their places."""

AGREED = 0.05
"""Least agreement of names and labels beyond chance (Cohen's kappa): vectors of noise stay below it."""

SURE = 3.0
"""Least distance of that agreement from chance, in standard errors."""


@dataclass(frozen=True, eq=False)
class Reading:
    """How name scores are read as probabilities, and whether they are read at all.

    Attributes
    ----------
    used
        The names are heard.
    why
        One sentence.
    sharpness, offsets
        A class's log-odds are `sharpness · score + offset`, offsets float64 [K].
    facts
        `accuracy` (share of labels that the names give), `by_chance`, `kappa`, `shuffled` (share of the shuffles that
        fit as well), `labels`; NaN where nothing is labelled.
    """

    used: bool
    why: str
    sharpness: float
    offsets: NDArray[np.float64]
    facts: dict[str, float]

    def probabilities(self, scores: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the distribution over the classes, float64 [n, K]; alike for all where the names are not heard."""
        if not self.used:
            return np.full(scores.shape, 1 / max(1, scores.shape[1]))
        return softmax(self.sharpness * scores.astype(np.float64) + self.offsets)


def reading(scores: NDArray[np.float32], labels: NDArray[np.int32], seed: int = 0) -> Reading:
    """Decide whether names mean something, by the labels as a whole, and how sure their scores are to be taken.

    Parameters
    ----------
    scores
        float32 [N, K]: log-odds of each class by its name.
    labels
        int32 [N], -1 for unlabelled.
    """
    k = scores.shape[1]
    rows = np.flatnonzero(labels >= 0)
    nothing = dict.fromkeys(("accuracy", "by_chance", "kappa", "shuffled"), math.nan) | {"labels": float(len(rows))}
    if k < 2:
        return Reading(False, "There is only one class, so its name tells nothing.", 1.0, np.zeros(k), nothing)
    # What a name has in common with every item says nothing of one of them.
    middle = scores.mean(axis=0, dtype=np.float64)
    most = max(100, min(FITTED_ON, FITTED_CELLS // k))
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
    sharpness, offsets = _fit(scores[rows].astype(np.float64) - middle, labels[rows])
    offsets = offsets - sharpness * middle if len(rows) else np.zeros(k)
    if len(rows) < FEWEST:
        there = "is no label" if not len(rows) else f"are only {len(rows)} labels" if len(rows) > 1 else "is one label"
        why = f"The class names are used unchecked: there {there} to check them by."
        return Reading(True, why, sharpness, offsets, nothing)
    facts = compared(scores[rows] - middle, labels[rows], seed)
    fits = f"{percentage(facts['accuracy'])} of the labels, {percentage(facts['by_chance'])} by chance"
    if facts["kappa"] < AGREED or facts["sure"] < SURE:
        why = f"The class names tell nothing of the items: not used. They fit {fits}."
        return Reading(False, why, sharpness, offsets, facts)
    if facts["shuffled"] > CHANCE and facts["better"]:
        why = f"The class names tell nothing of the items: not used. Other classes' names fit as well: {fits}."
        return Reading(False, why, sharpness, offsets, facts)
    return Reading(True, f"The class names fit {fits}: used.", sharpness, offsets, facts)


def compared(scores: NDArray[Any], labels: NDArray[np.int32], seed: int = 0) -> dict[str, float]:
    """Compare the best name of every item with its label, also with the names handed out to other classes.

    Returns
    -------
    dict
        As of `Reading.facts`; `sure`, the distance of kappa from 0 in standard errors; `better`, how many shuffles fit
        as well as the names in their places or better.
    """
    n, k = scores.shape
    best = scores.argmax(axis=1)
    accuracy = float((best == labels).mean())
    by_chance = float(np.bincount(best, minlength=k) @ np.bincount(labels, minlength=k)) / n**2
    left = max(1 - by_chance, 1e-9)
    kappa = (accuracy - by_chance) / left
    sure = kappa / max(math.sqrt(by_chance * (1 - by_chance) / n) / left, 1e-9)
    others = 0
    every = _shuffles(k, seed)
    for shuffle in every:
        others += bool((shuffle[best] == labels).mean() >= accuracy)
    return {
        "accuracy": accuracy,
        "by_chance": by_chance,
        "kappa": kappa,
        "shuffled": (1 + others) / (1 + len(every)),
        "labels": float(n),
        "sure": sure,
        "better": float(others),
    }


def _shuffles(k: int, seed: int) -> list[NDArray[np.intp]]:
    """Return other orders of k names: all of them if they are few, else some drawn at random."""
    if math.factorial(min(k, 7)) - 1 <= SHUFFLES:
        return [np.array(order) for order in itertools.permutations(range(k)) if order != tuple(range(k))]
    rng = np.random.default_rng(seed)
    return [rng.permutation(k) for _ in range(SHUFFLES)]


def _fit(scores: NDArray[np.float64], labels: NDArray[np.int32]) -> tuple[float, NDArray[np.float64]]:
    """Return sharpness and offsets [K] of the largest likelihood of some labels by softmax(sharpness · score + offset).

    Wrong labels are not told apart here: whether a name or a label errs cannot be known from the two alone, so that
    names come out as sure as they agree with the labels, errors of both counted. What the labels' errors take away is
    for the pool to give back, which weighs the names beside all other opinions and allows for noise.
    """
    from scipy.optimize import minimize

    n, k = scores.shape
    if not n:
        return 1.0, np.zeros(k)
    each = np.arange(n)

    def loss(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = point[0] * scores + point[1:]
        odds -= odds.max(axis=1, keepdims=True)
        p = np.exp(odds)
        total = p.sum(axis=1, keepdims=True)
        value = float((np.log(total[:, 0]) - odds[each, labels]).mean())
        p /= total
        p[each, labels] -= 1
        away = point - first
        slope = np.append((p * scores).sum() / n, p.mean(axis=0))
        return value + 0.5 * PRIOR / n * float(away @ away), slope + PRIOR / n * away

    first = np.append(1.0, np.zeros(k))
    bounds = [(DULLEST, SHARPEST), *((None, None) for _ in range(k))]
    found = minimize(loss, first, jac=True, method="L-BFGS-B", bounds=bounds).x
    return float(found[0]), found[1:]


@shipped
class Names:
    """Class names: the formula, when to trust them and their sources are in `pages/names.md`."""

    name = "names"
    title = "Class names"
    issue = "label"
    needs: frozenset[Need] = frozenset({"names"})
    exact = True
    weight = 1.0
    floor = 0.01

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Check the names against the labels, then let them speak about every item."""
        assert inputs.name_scores is not None
        found = reading(inputs.name_scores, inputs.labels, inputs.seed)
        progress.check()
        return _result(inputs, found)

    def rerun(self, inputs: Inputs, result: Result, _progress: Progress) -> Result:
        """Read the scores as before."""
        return _result(inputs, result.frozen["reading"])

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Compare the changed labels with the names: each reads its own label alone. How scores are read stays."""
        found: Reading = result.frozen["reading"]
        score = result.own(result.score)
        score[changed] = _judge(inputs, found, changed)[0]
        return result.updated(Change(changed), score=score)

    def opinion(self, inputs: Inputs, result: Result, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return what the names say; it reads no label."""
        assert inputs.name_scores is not None
        found: Reading = result.frozen["reading"]
        return found.probabilities(inputs.name_scores[rows]).astype(np.float32)

    def combinable(self, result: Result) -> bool:
        """Say whether the names are heard."""
        return bool(result.frozen["reading"].used)

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Say which name fits best: "the name 'Sports' fits best (.83), 'World' .04"."""
        found: Reading = result.frozen["reading"]
        if not found.used:
            return []
        p = self.opinion(inputs, result, np.array([item]))[0]
        given, best = int(inputs.labels[item]), int(p.argmax())
        text = f"the name {classes[best]!r} fits best ({short_probability(p[best])})"
        if given >= 0 and best != given:
            text += f", {classes[given]!r} {short_probability(p[given])}"
        return [Reason(self.name, text, float(p[best]))]


def _result(inputs: Inputs, found: Reading) -> Result:
    score, suggestion = np.empty(inputs.n, np.float32), np.empty(inputs.n, np.int32)
    step = max(1, CELLS // max(1, inputs.n_classes))
    for start in range(0, inputs.n, step):
        rows = np.arange(start, min(start + step, inputs.n))
        score[rows], suggestion[rows] = _judge(inputs, found, rows)
    summary = {"used": found.used, "why": found.why, "sharpness": found.sharpness, **found.facts}
    return Result(score, suggestion, frozen={"reading": found}, summary=summary)


def _judge(inputs: Inputs, found: Reading, rows: NDArray[np.intp]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return of some items by how much another name fits better than the label's, and the name that fits best."""
    assert inputs.name_scores is not None
    if not found.used:
        return np.full(len(rows), np.nan, np.float32), np.full(len(rows), -1, np.int32)
    p, labels = found.probabilities(inputs.name_scores[rows]), inputs.labels[rows]
    each = np.arange(len(rows))
    best = p.argmax(axis=1).astype(np.int32)
    own = p[each, labels].copy()
    p[each, np.maximum(labels, 0)] = -1
    score = (p.max(axis=1) - own).astype(np.float32)
    score[labels < 0] = np.nan
    return score, best
