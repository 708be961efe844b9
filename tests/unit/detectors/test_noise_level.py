"""The estimated share of wrong labels, and log-odds brought to it."""

import numpy as np
import pytest

from explorer.detectors.combine.noise_level import NoiseLevel, estimate, fit
from explorer.utils.logits import expit

N = 6000


def opinions(seed, rate, classes, sharpness=1.0):
    """Return sureness, disagreement, posterior, log-odds and which labels are wrong, wrong by chance at one rate.

    The opinion's probability of its class is right on average; `sharpness` below 1 draws it towards the middle.
    """
    rng = np.random.default_rng(seed)
    hardness = np.where(rng.random(N) < 0.7, rng.normal(-6, 1, N), rng.normal(-1, 1, N))
    errs = rng.random(N) < expit(hardness)
    wrong = rng.random(N) < rate
    # A wrong opinion and a wrong label agree in one of the K − 1 other classes.
    agree = np.where(wrong, errs & (rng.random(N) < 1 / (classes - 1)), ~errs)
    own = np.where(agree, -hardness, hardness - np.log(classes - 1))
    log_odds = -sharpness * own
    return 1 - expit(hardness), ~agree, expit(log_odds + np.log(rate / (1 - rate))), log_odds, wrong


@pytest.mark.parametrize("classes", [2, 4, 10])
@pytest.mark.parametrize("rate", [0.05, 0.1, 0.2, 0.4])
def test_labels_wrong_by_chance_are_counted_and_told_apart(classes, rate):
    sure, disagrees, posterior, _, wrong = opinions(0, rate, classes)
    noise = estimate(sure, disagrees, posterior, classes)
    assert noise.by_chance == 1
    assert noise.overall == pytest.approx(rate, rel=0.2, abs=0.01)
    for kind, chosen in enumerate((~disagrees, disagrees)):
        size = np.bincount(noise.group[chosen], minlength=len(noise.rate))
        said = (noise.split[:, kind] * size).sum() / size.sum()
        assert said == pytest.approx(wrong[chosen].mean(), abs=0.06 if kind else 0.03)


@pytest.mark.parametrize(("classes", "drop"), [(2, 0), (10, 0), (2, 1), (10, 2)])
def test_many_wrong_labels_do_not_make_all_items_alike(classes, drop):
    """Where the rate is the same in all groups, only agreement tells how far apart the items are.

    `drop` is by how much log-odds are too low on hard items: by the groups' means alone a slope near 0 mends that.
    """
    sure, disagrees, posterior, log_odds, wrong = opinions(1, 0.4, classes, 0.4)
    log_odds -= drop * (sure < np.quantile(sure, 0.4))
    noise = estimate(sure, disagrees, posterior, classes)
    p = fit(log_odds, noise).apply(log_odds)
    assert p.mean() == pytest.approx(0.4, abs=0.04)
    assert p[wrong].mean() - p[~wrong].mean() > 0.6
    flagged = p > 0.5
    assert (flagged & wrong).sum() > 0.85 * max(flagged.sum(), wrong.sum())


def test_a_level_without_the_split_follows_the_groups_alone():
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(4), N // 4).astype(np.int32)
    rate = np.array([0.02, 0.05, 0.1, 0.3])
    log_odds = rng.normal(0, 1, N) + 0.7 * group
    p = fit(log_odds, NoiseLevel(group, rate, 0.02, 0.3, 0.0, float(rate.mean()))).apply(log_odds)
    np.testing.assert_allclose(np.bincount(group, p) / (N // 4), rate, atol=0.05)


def test_the_range_holds_the_estimate():
    sure, disagrees, posterior, *_ = opinions(3, 0.1, 4)
    noise = estimate(sure, disagrees, posterior, 4)
    assert noise.range.low < noise.overall < noise.range.high
    assert noise.range.low <= 0.1 <= noise.range.high


@pytest.mark.parametrize("n", [0, 1, 30, 200])
@pytest.mark.parametrize("all_disagree", [False, True])
def test_odd_inputs_give_shares(n, all_disagree):
    noise = estimate(np.full(n, 0.5), np.full(n, all_disagree), np.full(n, 0.5), 2)
    for shares in (noise.rate, noise.split):
        assert np.isfinite(shares).all()
        assert shares.min() >= 0
        assert shares.max() <= 1
    level = fit(np.zeros(n), noise)
    assert np.isfinite([level.slope, level.shift]).all()
