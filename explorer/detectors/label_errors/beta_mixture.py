"""Beta mixture: the losses of right and of wrong labels as two overlapping humps, told apart without a threshold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.incremental import Change
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.progress import Progress

FLOOR = 0.01
"""A given label's probability below this counts as this (below a tenth of an even share, with many classes)."""

EDGE = 1e-4
"""Scaled losses are kept this far from 0 and 1, where a Beta density may be infinite."""

STEPS = 300
"""Most steps of the fit."""

SETTLED = 1e-6
"""The fit ends when no posterior moved by more than this, on the average."""

APART = 0.02
"""Means of the two components nearer than this are one hump, not two."""

LEAST = 1e-3
"""A component with less weight than this is none."""

SUSPECT = 0.5
"""A posterior above this is flagged; NaN is above nothing."""

FEWEST = 10
"""Fewest labelled items to fit a mixture to."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """Two Beta densities of the scaled loss, the one with the higher mean last.

    Attributes
    ----------
    low, high
        The losses that were scaled to 0 and 1.
    a, b
        float64 [2]: shapes of each component.
    weight
        float64 [2]: shares of the components.
    """

    low: float
    high: float
    a: NDArray[np.float64]
    b: NDArray[np.float64]
    weight: NDArray[np.float64]

    def scaled(self, loss: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return losses on the scale of the mixture, inside (0, 1)."""
        return _within((loss - self.low) / (self.high - self.low), EDGE, 1 - EDGE)

    def posterior(self, loss: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability that a loss is of the high component; never falling as the loss rises."""
        x = _within(self.scaled(loss), *self._rising)
        # The logarithm of the ratio of the two densities.
        odds = (self.a[1] - self.a[0]) * np.log(x) + (self.b[1] - self.b[0]) * np.log1p(-x) + self._ratio
        result: NDArray[np.float64] = 1 / (1 + np.exp(-_within(odds, -700, 700)))
        return result

    @cached_property
    def _ratio(self) -> float:
        """The ratio of the components' weights over that of their norms, as a logarithm."""
        from scipy.special import betaln

        norm = betaln(self.a, self.b)
        return float(np.log(self.weight[1]) - np.log(self.weight[0]) - norm[1] + norm[0])

    def threshold(self) -> float | None:
        """Return the loss above which the posterior exceeds one half; `None` where it never does."""
        grid = np.linspace(self.low, self.high, 10_001)
        above = self.posterior(grid) > 0.5
        return float(grid[above.argmax()]) if above.any() else None

    @cached_property
    def _rising(self) -> tuple[float, float]:
        """Return the stretch on which the ratio of the densities rises; outside, the ratio at its end is taken.

        The slope of its logarithm, (a₁ − a₀)/x − (b₁ − b₀)/(1 − x), is zero at one point at most. Without this, the
        smallest losses of all could belong to a wide high component.
        """
        by_a, by_b = self.a[1] - self.a[0], self.b[1] - self.b[0]
        turn = by_a / (by_a + by_b) if by_a * by_b > 0 else None
        if turn is None:
            return EDGE, 1 - EDGE
        turn = float(np.clip(turn, EDGE, 1 - EDGE))
        return (EDGE, turn) if by_a > 0 else (turn, 1 - EDGE)


@shipped
class BetaMixture:
    """Beta mixture: the formula, when to trust it and its sources are in `pages/beta_mixture.md`."""

    name = "beta_mixture"
    title = "Beta mixture"
    issue = "label"
    needs: frozenset[Need] = frozenset()
    exact = True

    def run(self, inputs: Inputs, _progress: Progress) -> Result:
        """Fit the mixture, then score."""
        loss, source = losses(inputs)
        mixture, note = fit(loss[np.isfinite(loss)])
        if source is None:
            note = "There are neither probabilities nor dynamics: there is no loss to judge."
        summary: dict[str, Any] = {"source": source, "note": note}
        if mixture is not None:
            threshold = mixture.threshold()
            summary |= {
                "noise": float(mixture.weight[1]),
                "loss_threshold": threshold,
                "probability_threshold": None if threshold is None else float(np.exp(-threshold)),
                "low": [float(mixture.a[0]), float(mixture.b[0]), float(mixture.weight[0])],
                "high": [float(mixture.a[1]), float(mixture.b[1]), float(mixture.weight[1])],
            }
        return _judged(loss, mixture, summary)

    def rerun(self, inputs: Inputs, result: Result, _progress: Progress) -> Result:
        """Score with the earlier mixture."""
        return _judged(losses(inputs)[0], result.frozen["mixture"], result.summary)

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Score the changed items by the earlier mixture: each reads its own label alone."""
        assert result.flags is not None
        score, flags = result.own(result.score), result.own(result.flags)
        now = _posterior(losses(inputs, changed)[0], result.frozen["mixture"])
        score[changed], flags[changed] = now, now > SUSPECT
        # Dynamics were recorded with the labels of their time; what a new label would have had is not known.
        stale = result.stale or (result.summary["source"] == "dynamics" and len(changed) > 0)
        return result.updated(Change(changed), score=score, flags=flags, stale=stale)

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Say that the label fits as badly as wrong ones do, where it does."""
        given = int(inputs.labels[item])
        if result.flags is None or not result.flags[item] or given < 0:
            return []
        text = f"{classes[given]} fits it as badly as wrong labels do"
        return [Reason(self.name, text, float(result.score[item]))]


def losses(inputs: Inputs, rows: NDArray[np.intp] | None = None) -> tuple[NDArray[np.float64], str | None]:
    """Return the loss of the given labels of all items (or of `rows`), and what it was taken from.

    Returns
    -------
    loss
        float64 [rows]: −log of the given label's probability, not more than that of the floor; NaN where unlabelled
        or not recorded.
    source
        "probs", "dynamics" (last epoch), or `None`: there are neither, and all losses are NaN.
    """
    labels = inputs.labels if rows is None else inputs.labels[rows]
    own: NDArray[Any]
    if inputs.probs is not None and inputs.n_classes:
        source = "probs"
        own = inputs.probs[np.arange(inputs.n) if rows is None else rows, labels]
    elif inputs.dynamics is not None and inputs.dynamics.shape[1]:
        source = "dynamics"
        own = inputs.dynamics[:, -1, 0] if rows is None else inputs.dynamics[rows, -1, 0]
        if inputs.trained_on is not None:  # of another label nothing is known
            trained = inputs.trained_on if rows is None else inputs.trained_on[rows]
            own = np.where(labels == trained, own, np.nan)
    else:
        return np.full(len(labels), np.nan), None
    floor = min(FLOOR, 0.1 / max(1, inputs.n_classes))
    loss: NDArray[np.float64] = -np.log(_within(own.astype(np.float64), floor, 1))
    loss[labels < 0] = np.nan
    return loss, source


def fit(loss: NDArray[np.float64]) -> tuple[Mixture | None, str]:
    """Fit the mixture to losses [M], all finite; `None` and the reason where there are no two humps."""
    if len(loss) < FEWEST:
        return None, f"There are fewer than {FEWEST} labelled items: too few to tell two kinds of loss apart."
    low, high = float(loss.min()), float(loss.max())
    if high - low < 1e-9:
        return None, "All losses are alike: nothing to tell apart."
    x = np.clip((loss - low) / (high - low), EDGE, 1 - EDGE)
    # From the losses below and above the mean: from softer beginnings both components may settle on the same place.
    late = (x > x.mean()).astype(np.float64)
    for _ in range(STEPS):
        resp = np.stack([1 - late, late])
        weight = resp.mean(axis=1)
        if weight.min() < LEAST:
            return None, "The losses form a single hump: no group of high ones stands apart."
        mean = resp @ x / (weight * len(x))
        spread = (resp * (x - mean[:, None]) ** 2).sum(axis=1) / (weight * len(x))
        # A Beta's variance is below m·(1 − m); a component on equal losses has none.
        size = mean * (1 - mean) / np.maximum(spread, 1e-8) - 1
        a, b = mean * np.maximum(size, 1e-2), (1 - mean) * np.maximum(size, 1e-2)
        odds = _log_density(x, a[1], b[1], weight[1]) - _log_density(x, a[0], b[0], weight[0])
        before, late = late, 1 / (1 + np.exp(-np.clip(odds, -700, 700)))
        if np.abs(late - before).mean() < SETTLED:
            break
    order = np.argsort(mean)
    if mean[order[1]] - mean[order[0]] < APART:
        return None, "The losses form a single hump: no group of high ones stands apart."
    return Mixture(low, high, a[order], b[order], weight[order]), ""


def _log_density(x: NDArray[np.float64], a: float, b: float, weight: float) -> NDArray[np.float64]:
    from scipy.special import betaln

    result: NDArray[np.float64] = np.log(weight) + (a - 1) * np.log(x) + (b - 1) * np.log1p(-x) - betaln(a, b)
    return result


def _within(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Return values cut off at both ends; numpy.clip takes thrice as long for a few."""
    result: NDArray[np.float64] = np.minimum(np.maximum(values, low), high)
    return result


def _posterior(loss: NDArray[np.float64], mixture: Mixture | None) -> NDArray[np.float32]:
    """Return the posterior of the high component, float32 [n]; NaN where there is no loss or no mixture."""
    if mixture is None:
        return np.full(len(loss), np.nan, dtype=np.float32)
    return mixture.posterior(loss).astype(np.float32)


def _judged(loss: NDArray[np.float64], mixture: Mixture | None, summary: Any) -> Result:
    score = _posterior(loss, mixture)
    return Result(score, flags=score > SUSPECT, frozen={"mixture": mixture}, summary=summary)
