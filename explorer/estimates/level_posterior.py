"""How many labels are wrong, from answers about some of them drawn at random: a shift and a slope of all log-odds.

`explorer/estimates/errors_left.md` has the formula.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.errors import DataError
from explorer.estimates.level import Level, Population
from explorer.utils.logits import LARGEST, expit

OFF = 0.5
"""How far the logarithm of the odds of a wrong label is off before the answers, as one standard deviation."""

FLAT = 0.02
"""Share of the prior that holds every level in reach for alike: nothing is ruled out."""

REACH = 4.0
"""How far from what was believed log-odds of the level are weighed."""

LEVELS = 81
"""Levels that are weighed against each other."""

SLOPES = tuple(1.6**k for k in (-2, -1, 0, 1, 2))
"""Slopes that are weighed against each other, from .4 to 2.6."""

BEFOREHAND = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)
"""How likely each slope is before the answers: its logarithm is off by .5, as one standard deviation. The map before
them has no slope of its own."""

FEWEST = 30
"""From so many answers on the flag stands at the cut of the largest expected F1."""


def posterior(population: Population, log_odds: ArrayLike, wrong: ArrayLike) -> Level:
    """Return the level of all items, given answers about some of them.

    A label is wrong with probability expit(shift + slope·z). The prior is on the mean of that over the population: its
    log-odds are normal around those of what was believed, or, by a little, anywhere. Which items are asked about is no
    matter as long as it was decided by what is known of them, z and chance: the likelihood needs no weights.

    Parameters
    ----------
    population
        All labels as they were given, whatever became of them.
    log_odds
        float [n], z of the items that were answered, each once however often it was drawn: it tells one thing.
    wrong
        [n]: 1 where the label was found wrong, 0 where it was kept.

    Returns
    -------
    Level
        Slope by the posterior mean of its logarithm, and the shift that gives the population the posterior mean of the
        share. With no answers, the level that leaves everything as it is.

    Raises
    ------
    DataError
        Arrays of different lengths, or answers other than 0 and 1.

    Examples
    --------
    >>> z = np.linspace(-6, 2, 500)
    >>> level = posterior(Population(z), z[::25], np.zeros(20))
    >>> level.shift < 0
    True
    """
    z, answer = np.asarray(log_odds, dtype=np.float64).ravel(), np.asarray(wrong, dtype=np.float64).ravel()
    if len(z) != len(answer):
        raise DataError(f"There are {len(answer):,} answers about {len(z):,} items.")
    if not np.isin(answer, (0, 1)).all():
        raise DataError("An answer is 1 for wrong or 0 for right.")
    if not len(z) or not population.size:
        return Level()
    z = np.clip(z, -LARGEST, LARGEST)
    believed = population.total(Level()) / population.size
    middle = float(np.log(believed) - np.log1p(-believed))
    levels = middle + np.linspace(-REACH, REACH, LEVELS)
    near = np.exp(-0.5 * ((levels - middle) / OFF) ** 2)
    prior = (1 - FLAT) * near / near.sum() + FLAT / LEVELS
    log = np.empty((len(SLOPES), LEVELS))
    for row, (slope, likely) in enumerate(zip(SLOPES, BEFOREHAND, strict=True)):
        at = slope * z + _shifts(population, slope, levels)[:, None]
        log[row] = at @ answer - np.logaddexp(0, at).sum(axis=1) + np.log(prior) + np.log(likely)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    slope = float(np.exp(weight.sum(axis=1) @ np.log(SLOPES)))
    share = float(weight.sum(axis=0) @ expit(levels))
    return population.reaching(share * population.size, slope)


def _shifts(population: Population, slope: float, levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the shift at which the population's mean has each of these log-odds, float64 [levels]."""
    shifts = np.linspace(-2 * LARGEST, 2 * LARGEST, 121)
    mean = expit(shifts[:, None] + slope * population.at) @ population.count / population.size
    mean = np.clip(mean, 1e-12, 1 - 1e-12)
    result: NDArray[np.float64] = np.interp(levels, np.log(mean) - np.log1p(-mean), shifts)
    return result
