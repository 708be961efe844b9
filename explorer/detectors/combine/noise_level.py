"""How many labels are wrong, from where the pooled opinion disagrees with them; and `p_error` brought to that level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.estimates.level import STEPS, Level, Population
from explorer.estimates.noise_range import UNSURE, NoiseRange
from explorer.utils.logits import LARGEST, expit

SURE = 0.3
"""Share of the items, those of which the pooled opinion is surest, where it is taken to be right: a label that
disagrees with it there is wrong."""

BY_CHANCE = (0.3, 0.5)
"""If the rate of disagreement among the sure items is above the second of these shares of the posterior's mean, labels
are wrong by chance, on easy items as often as on hard ones; below the first, where an item is hard; in between, partly.
"""

GROUPS = 20
"""Groups of equal size by how sure the opinion is."""

SMALLEST_GROUP = 25
"""Least items in a group."""

FEWEST = 100
"""With fewer labelled items nothing is corrected."""

SPLIT = 0.1
"""How far the share of wrong labels among those of a group that agree, or disagree, with the opinion is off beyond what
few items explain, as one standard deviation: what is wrong by chance is not quite alike everywhere."""

SPREAD = 0.3
"""How far the logarithm of the slope strays from 0, as one standard deviation."""


@dataclass(frozen=True, eq=False)
class NoiseLevel:
    """The estimated share of wrong labels, by how sure the pooled opinion is of an item.

    Attributes
    ----------
    group
        int32 [n]: group of each labelled item, the surest first.
    rate
        float64 [groups]: estimated share of wrong labels in each.
    floor
        Share of labels that disagree where the opinion is surest.
    disagreement
        Share of labels that disagree, of all.
    by_chance
        How far labels are wrong by chance (1) and not where an item is hard (0).
    overall
        Estimated share of wrong labels, of all.
    counted
        Share of the labels that confident learning counts as wrong by the pooled opinion; NaN where nobody counted.
    told
        AUROC with which the opinion tells flips made on purpose; NaN where that is not known.
    disagrees
        bool [n]: whether the opinion's class is another one than the given label; `None` where that is not told apart.
    split, split_off
        float64 [groups, 2]: estimated share of wrong labels among those that agree with the opinion, and among those
        that disagree; and how far it may be off, as one standard deviation.
    """

    group: NDArray[np.int32]
    rate: NDArray[np.float64]
    floor: float
    disagreement: float
    by_chance: float
    overall: float
    disagrees: NDArray[np.bool_] | None = None
    split: NDArray[np.float64] | None = None
    split_off: NDArray[np.float64] | None = None
    counted: float = float("nan")
    told: float = float("nan")

    @property
    def range(self) -> NoiseRange:
        """The estimate with its range."""
        return NoiseRange.of(self.overall, self.floor, self.disagreement, self.told)


def estimate(
    sureness: NDArray[np.float64],
    disagrees: NDArray[np.bool_],
    posterior: NDArray[np.float64],
    n_classes: int = 2,
    counted: float = float("nan"),
) -> NoiseLevel:
    """Estimate the share of wrong labels.

    Where the opinion is surest of an item it hardly errs, so the disagreement there is the share of wrong labels there.
    What holds of the rest cannot be told from disagreement alone: the label may be wrong, or the opinion. Two cases are
    told apart. If sure items disagree about as often as the noise model expects overall, labels are wrong by chance
    (slips, spam, planted flips), alike everywhere, and what disagrees beyond that is the opinion's own doubt. If sure
    items hardly disagree, people err where an item is hard, and a group's share is taken half-way between the noise
    model's posterior and its disagreement. On human labels of known truth that half-way is within .03 in each tenth.
    Which of the two it is cannot always be told. Where labels are wrong because an item is hard this falls short, and
    where they are slips a share that is counted goes too far, for it takes the opinion's own mistakes for wrong labels;
    nothing says which is nearer, so the share of all is the mean of the two. The groups keep how it is spread.

    Parameters
    ----------
    sureness
        [n]: largest probability of the pooled opinion.
    disagrees
        [n]: whether its class is another one than the given label.
    posterior
        [n]: the noise model's posterior that the label is wrong.
    n_classes
        K, which says how often a wrong label and a wrong opinion agree.
    counted
        Share that is counted as wrong (`counted_noise`); NaN leaves it out.
    """
    n = len(sureness)
    order = np.argsort(-sureness, kind="stable")
    groups = max(1, min(GROUPS, n // SMALLEST_GROUP))
    group = np.empty(n, dtype=np.int32)
    group[order] = np.arange(n) * groups // max(1, n)
    size = np.maximum(np.bincount(group, minlength=groups), 1)
    floor = float(disagrees[order[: max(1, round(SURE * n))]].mean()) if n else 0.0
    mean = float(posterior.mean()) if n else 0.0
    low, high = BY_CHANCE
    by_chance = float(np.clip((floor / max(mean, 1e-9) - low) / (high - low), 0, 1))
    half_way = (np.bincount(group, posterior, groups) + np.bincount(group, disagrees, groups)) / 2 / size
    rate = by_chance * floor + (1 - by_chance) * half_way
    overall = float((rate * size).sum() / max(1, n)) if n else 0.0
    apart = np.bincount(group, disagrees, groups) / size
    lower, upper = _split(apart, rate * (1 - UNSURE / 2), n_classes), _split(apart, rate * (1 + UNSURE / 2), n_classes)
    off = np.sqrt(SPLIT**2 + ((upper - lower) / 2) ** 2)
    split = _split(apart, rate, n_classes)
    disagreement = float(disagrees.mean()) if n else 0.0
    overall = share(overall, counted)
    return NoiseLevel(group, rate, floor, disagreement, by_chance, overall, disagrees, split, off, counted)


def share(told: float, counted: float) -> float:
    """Return the estimated share: the mean of what disagreement tells and what is counted (NaN: nobody counted)."""
    return told if np.isnan(counted) else (told + counted) / 2


def _split(disagreement: NDArray[np.float64], rate: NDArray[np.float64], n_classes: int) -> NDArray[np.float64]:
    """Return the share of wrong labels among those that agree with the opinion and those that do not [groups, 2].

    Where a share ε of the labels is wrong, and the opinion errs in a share e of the items whatever their label,
    they disagree in a share ε + e·(1 − ε·K/(K − 1)), from which e follows; and a wrong label agrees with a share
    e/(K − 1) of the opinions.

    References
    ----------
    Disagreement with noisy labels, turned round: Angluin, Laird, Learning from noisy examples (Machine Learning 1988);
    Natarajan, Dhillon, Ravikumar, Tewari, Learning with noisy labels (NIPS 2013).
    """
    others = max(1, n_classes - 1)
    most = others / (others + 1)
    rate = np.minimum(rate, disagreement)
    errs = np.clip((disagreement - rate) / np.maximum(1 - rate / most, 1e-6), 0, most)
    alike = rate * errs / others
    agree = alike / np.maximum(1 - disagreement, 1e-9)
    result: NDArray[np.float64] = np.stack([agree, (rate - alike) / np.maximum(disagreement, 1e-9)], axis=1)
    return np.clip(result, 0, 1)


def fit(log_odds: NDArray[np.float64], noise: NoiseLevel) -> Level:
    """Find the map that gives every group the estimated rate as its mean, as far as a shift and a slope can.

    Each group's misfit weighs by its binomial variance; the slope pays for straying from 1 (`SPREAD`), since nothing
    tells it where all log-odds are large. Groups of the same rate tell nothing of it either, and would have all items
    alike: so within each group those that agree with the opinion, and those that do not, are to have their shares too,
    as far as these are known.
    """
    from scipy.optimize import minimize

    n, groups = len(log_odds), len(noise.rate)
    if n < FEWEST or not 0 < noise.overall < 1:
        return Level()
    # Rounded log-odds: what is left to sum over is then as small for a million items as for a thousand.
    clipped = np.clip(log_odds, -LARGEST, LARGEST)
    place = np.round((clipped + LARGEST) * (STEPS / (2 * LARGEST))).astype(np.int64)
    part = 2 * noise.group.astype(np.int64)
    if noise.disagrees is not None:
        part += noise.disagrees
    table = np.bincount(part * (STEPS + 1) + place, minlength=2 * groups * (STEPS + 1)).reshape(2 * groups, -1)
    used = np.flatnonzero(table.any(axis=0))
    table, at = table[:, used].astype(np.float64), used * (2 * LARGEST / STEPS) - LARGEST
    sizes = table.sum(axis=1).reshape(groups, 2)
    size = np.maximum(sizes.sum(axis=1), 1)
    variance = (noise.rate * (1 - noise.rate) + 0.01) / size
    split, weight = np.zeros((groups, 2)), np.zeros((groups, 2))
    if noise.split is not None and noise.split_off is not None:
        split = noise.split
        weight = (sizes > 0) / ((split * (1 - split) + 0.01) / np.maximum(sizes, 1) + noise.split_off**2)

    def misfit(point: NDArray[np.float64]) -> float:
        sums = (table @ expit(point[0] + np.exp(point[1]) * at)).reshape(groups, 2)
        whole = (sums.sum(axis=1) / size - noise.rate) ** 2 / variance
        apart = weight * (sums / np.maximum(sizes, 1) - split) ** 2
        return float(whole.sum() + apart.sum() + (point[1] / SPREAD) ** 2)

    found = minimize(misfit, np.array([0.0, 0.0]), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-6})
    return Level(float(np.exp(found.x[1])), float(found.x[0]))


def brought(log_odds: NDArray[np.float64], noise: NoiseLevel) -> Level:
    """Return the shift at which the estimated share of all labels is the mean.

    No slope: what groups say of it says less of the true one than 1 does, as long as there are no answers.
    """
    if len(log_odds) < FEWEST or not 0 < noise.overall < 1:
        return Level()
    return Population(log_odds).reaching(noise.overall * len(log_odds), 1.0)
