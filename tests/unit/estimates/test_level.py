"""The level of probabilities: the map, sums over many items, the cut, and what answers tell of it."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.errors import DataError
from explorer.estimates.level import Level, Population
from explorer.estimates.level_posterior import (
    BEFOREHAND,
    FLAT,
    LEVELS,
    OFF,
    REACH,
    SLOPES,
    posterior,
)
from explorer.estimates.noise_range import is_wide
from explorer.estimates.results import Left
from explorer.utils.logits import clipped_logit, expit


def beliefs(n: int = 4000, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(n) < 0.8, rng.normal(-4, 1, n), rng.normal(0, 1.5, n))


def test_a_level_that_changes_nothing_gives_the_same_bits() -> None:
    p = np.array([0.0, 1e-7, 0.3, 0.5, 1.0, np.nan], dtype=np.float32)
    np.testing.assert_array_equal(Level().move(p), p)
    assert Level().move(p) is not p


def test_it_moves_everything_and_no_rank() -> None:
    p = expit(np.sort(beliefs())).astype(np.float32)
    moved = Level(slope=0.7, shift=0.8).move(p)
    assert (np.diff(moved) >= 0).all()
    np.testing.assert_allclose(moved, expit(0.8 + 0.7 * clipped_logit(p.astype(float))), rtol=1e-6)
    assert np.isnan(Level(shift=1.0).move(np.array([np.nan]))).all()


@pytest.mark.parametrize("slope", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("share", [0.02, 0.2, 0.6])
def test_the_sum_is_reached(slope: float, share: float) -> None:
    z = beliefs()
    level = Population(z).reaching(share * len(z), slope)
    assert level.slope == slope
    assert level.apply(z).mean() == pytest.approx(share, rel=2e-3)


def test_the_cut_has_the_largest_expected_f1() -> None:
    """Compared with F1 at every cut, from its definition."""
    z = beliefs(500)
    level = Level(shift=0.4)
    p = np.sort(level.apply(np.rint(z / 0.015) * 0.015))[::-1]
    expected = [2 * p[:k].sum() / (k + p.sum()) for k in range(1, len(p) + 1)]
    flagged = int((p > Population(z).best_cut(level)).sum())
    assert expected[flagged - 1] == pytest.approx(max(expected), rel=1e-6)
    assert Population(z).best_cut(level) <= 0.5
    assert Population(np.array([])).best_cut(Level()) == 0.5


def test_the_posterior_is_the_formula() -> None:
    """A plain loop over levels and slopes, all items summed one by one."""
    rng = np.random.default_rng(3)
    z = np.rint(beliefs(300) / 0.015) * 0.015
    asked = rng.choice(300, 40, replace=False)
    wrong = (rng.random(40) < expit(z[asked] + 0.7)).astype(float)
    middle = np.log(expit(z).mean() / (1 - expit(z).mean()))
    weights, shares, slopes = [], [], []
    levels = middle + np.linspace(-REACH, REACH, LEVELS)
    near = np.exp(-0.5 * ((levels - middle) / OFF) ** 2)
    for slope, likely in zip(SLOPES, BEFOREHAND, strict=True):
        for level, normal in zip(levels, near / near.sum(), strict=True):
            low, high = -60.0, 60.0
            for _ in range(80):
                shift = (low + high) / 2
                low, high = (shift, high) if expit(shift + slope * z).mean() < expit(level) else (low, shift)
            p = expit(shift + slope * z[asked])
            likelihood = np.prod(np.where(wrong == 1, p, 1 - p))
            weights.append(likelihood * likely * ((1 - FLAT) * normal + FLAT / LEVELS))
            shares.append(expit(level))
            slopes.append(np.log(slope))
    weights = np.array(weights) / np.sum(weights)
    found = posterior(Population(z), z[asked], wrong)
    assert found.slope == pytest.approx(np.exp(weights @ slopes), rel=0.02)
    assert found.apply(z).mean() == pytest.approx(weights @ shares, rel=0.02)


def test_answers_move_the_level_and_none_leave_it() -> None:
    z = beliefs()
    everybody, believed = Population(z), float(expit(z).mean())
    assert posterior(everybody, [], []) == Level()
    rng = np.random.default_rng(0)
    for off in (-1.0, 1.0):
        truth = rng.random(len(z)) < expit(z + off)
        asked = rng.choice(len(z), 300, replace=False)
        share = posterior(everybody, z[asked], truth[asked]).apply(z).mean()
        assert abs(share - truth.mean()) < 0.35 * abs(believed - truth.mean())


def test_the_order_of_the_answers_is_no_matter() -> None:
    z, wrong = beliefs(), np.arange(30) % 3 == 0
    one, other = posterior(Population(z), z[:30], wrong), posterior(Population(z), z[:30][::-1], wrong[::-1])
    assert one.shift == pytest.approx(other.shift, abs=1e-9)
    assert one.slope == pytest.approx(other.slope, abs=1e-9)


def test_bad_answers_are_refused() -> None:
    with pytest.raises(DataError, match="2 answers about 1 items"):
        posterior(Population(beliefs()), [0.0], [1, 0])
    with pytest.raises(DataError, match="1 for wrong or 0 for right"):
        posterior(Population(beliefs()), [0.0], [0.5])


def test_a_wide_range_asks_for_answers_first() -> None:
    assert is_wide(0.16, 0.39)
    assert not is_wide(0.1, 0.12)
    assert not is_wide(0.001, 0.004)
    wide = Left(270, 250, 160, 390, 0.25, 1000, 0, "model")
    assert wide.ask == (
        "Between 16 % and 39 % of the labels may be wrong. Answer 30 at random (about two minutes) and we will know."
    )
    assert repr(wide) == f"{wide.ask} {wide.sentence()}"
    assert "Answer 22 more at random" in Left(270, 250, 160, 390, 0.25, 1000, 0, "model", 8).ask
    assert not Left(270, 250, 160, 390, 0.25, 1000, 0, "audit", 40).ask
    assert not Left(270, 250, 240, 260, 0.25, 1000, 0, "model").ask
    assert not Left(9, 9, 2, 20, 0.25, 40, 0, "model").ask, "of few labels all are looked at as quickly"
