"""The Beta mixture on losses: the fit, its guards, its frozen updates."""

from dataclasses import replace

import numpy as np
import pytest
from detectors_help import CLASSES, flipped_digits
from hypothesis import given, settings
from hypothesis import strategies as st
from probs_help import check_bad_inputs, check_permutation, check_updates, random_inputs, run
from scipy.stats import beta
from sklearn.metrics import roc_auc_score

from explorer.detectors import Inputs, again, get
from explorer.detectors.label_errors import beta_mixture


def two_humps(n=4000, share=0.2, seed=0):
    rng = np.random.default_rng(seed)
    high = rng.random(n) < share
    return np.where(high, rng.beta(12, 3, n), rng.beta(2, 20, n)), high


def test_recovers_a_known_mixture():
    x, high = two_humps()
    mixture, note = beta_mixture.fit(x)
    assert note == ""
    assert mixture.weight[1] == pytest.approx(0.2, abs=0.02)
    assert (mixture.a / (mixture.a + mixture.b) * (x.max() - x.min()) + x.min()) == pytest.approx(
        [2 / 22, 12 / 15], abs=0.02
    )
    assert ((mixture.posterior(x) > 0.5) == high).mean() > 0.99


def test_posterior_is_bayes_rule_with_the_fitted_densities():
    x, _ = two_humps()
    m, _ = beta_mixture.fit(x)
    scaled = np.clip((x - x.min()) / (x.max() - x.min()), 1e-4, 1 - 1e-4)
    # The ratio's slope, da/x - db/(1 - x), is zero at one point at most; beyond it the ratio there is taken.
    da, db = m.a[1] - m.a[0], m.b[1] - m.b[0]
    if da * db > 0:
        turn = da / (da + db)
        scaled = np.minimum(scaled, turn) if da > 0 else np.maximum(scaled, turn)
    low, high = (m.weight[c] * beta.pdf(scaled, m.a[c], m.b[c]) for c in (0, 1))
    np.testing.assert_allclose(m.posterior(x), high / (low + high), atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    losses=st.lists(st.floats(0, 20, width=32), min_size=10, max_size=80),
    twice=st.booleans(),
)
def test_is_never_falling_and_never_swapped(losses, twice):
    x = np.array(losses * 2 if twice else losses)
    mixture, note = beta_mixture.fit(x)
    if mixture is None:
        assert note
        return
    mean = mixture.a / (mixture.a + mixture.b)
    assert mean[1] > mean[0]
    posterior = mixture.posterior(np.linspace(x.min(), x.max(), 500))
    assert np.isfinite(posterior).all()
    assert (np.diff(posterior) >= -1e-12).all()


def test_losses_that_are_alike_or_few_say_so():
    assert beta_mixture.fit(np.full(100, 0.3))[1].startswith("All losses are alike")
    assert "fewer than 10" in beta_mixture.fit(np.arange(5.0))[1]
    inputs = Inputs(np.zeros(50, np.int32), 2, probs=np.full((50, 2), 0.5, np.float32))
    result = run("beta_mixture", inputs)
    assert np.isnan(result.score).all()
    assert not result.flags.any()
    assert result.summary["note"].startswith("All losses are alike")


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), blank=st.sampled_from([0, 0.2]))
def test_updates_equal_a_run_with_the_same_mixture(seed, blank):
    check_updates("beta_mixture", random_inputs(seed, blank=blank), seed)
    check_updates("beta_mixture", replace(random_inputs(seed, blank=blank), probs=None), seed)


def test_a_run_with_the_same_labels_and_mixture_changes_nothing():
    inputs, _, _ = flipped_digits()
    result = run("beta_mixture", inputs)
    np.testing.assert_array_equal(again("beta_mixture", inputs, result).score, result.score)


def test_order_of_items_does_not_matter():
    check_permutation("beta_mixture", random_inputs(3, n=300), atol=1e-5)


def test_finds_planted_flips_and_where_to_cut():
    inputs, _, wrong = flipped_digits()
    result = run("beta_mixture", inputs)
    assert roc_auc_score(wrong, result.score) > 0.97
    flags = result.flags
    assert wrong[flags].mean() > 0.7
    assert flags[wrong].mean() > 0.9
    own = inputs.probs[np.arange(inputs.n), inputs.labels]
    cut = result.summary["probability_threshold"]
    clear = np.abs(own - cut) > 1e-3
    np.testing.assert_array_equal(flags[clear], (own < cut)[clear])


def test_dynamics_do_where_there_are_no_probabilities():
    inputs, _, wrong = flipped_digits()
    only = replace(inputs, probs=None)
    result = run("beta_mixture", only)
    assert result.summary["source"] == "dynamics"
    assert roc_auc_score(wrong, result.score) > 0.9
    assert get("beta_mixture").update(only.relabelled({3: 1}), result, np.array([3])).stale
    neither = run("beta_mixture", replace(only, dynamics=None))
    assert np.isnan(neither.score).all()
    assert "neither probabilities nor dynamics" in neither.summary["note"]


def test_words():
    inputs, _, _ = flipped_digits()
    result = run("beta_mixture", inputs)
    item = int(np.flatnonzero(result.flags)[0])
    (reason,) = get("beta_mixture").explain(item, inputs, result, CLASSES)
    assert reason.text.startswith(f"{CLASSES[inputs.labels[item]]} fits it as badly as wrong labels do")
    assert get("beta_mixture").explain(int(np.flatnonzero(~result.flags)[0]), inputs, result, CLASSES) == []


def test_bad_inputs():
    check_bad_inputs("beta_mixture", silent=("nobody", "one", "one class", "few items", "equal items"))
