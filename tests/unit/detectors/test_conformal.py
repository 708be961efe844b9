"""Conformal p-values: against their definition, valid on fresh items, frozen updates, and the false-discovery rule."""

from dataclasses import replace

import numpy as np
import pytest
from detectors_help import CLASSES, flipped_digits
from hypothesis import given, settings
from hypothesis import strategies as st
from probs_help import check_bad_inputs, check_permutation, check_updates, random_inputs, run
from scipy.stats import false_discovery_control
from sklearn.metrics import roc_auc_score

from explorer.detectors import Inputs, get
from explorer.detectors.label_errors import conformal


def by_definition(inputs):
    """Count, item by item."""
    y, p = inputs.labels, inputs.probs
    trusted = [i for i in range(inputs.n) if inputs.trusted[i] and y[i] >= 0]
    result = np.full(inputs.n, np.nan)
    for i in range(inputs.n):
        others = [j for j in trusted if y[j] == y[i] and j != i]
        if y[i] < 0 or not (others or i in trusted):
            continue
        worse = sum(p[j, y[j]] <= p[i, y[i]] for j in others)
        result[i] = (1 + worse) / (1 + len(others))
    return result


def reviewed(share=0.3):
    """Return digits a share of which is settled: trusted, with the true label."""
    inputs, truth, wrong = flipped_digits()
    trusted = np.random.default_rng(1).random(inputs.n) < share
    labels = np.where(trusted, truth, inputs.labels).astype(np.int32)
    return replace(inputs, labels=labels, trusted=trusted), wrong & ~trusted


@pytest.mark.parametrize("seed", range(4))
def test_counts_as_the_definition_says(seed):
    inputs = random_inputs(seed, n=120)
    np.testing.assert_allclose(1 - run("conformal", inputs).score, by_definition(inputs), atol=1e-6)


def test_right_labels_get_a_small_p_value_no_more_often_than_it_says():
    # Fresh items of the same kind as the trusted ones: P(p <= t) is at most t, in each class.
    rng = np.random.default_rng(0)
    n = 40_000
    labels = rng.integers(0, 2, n).astype(np.int32)
    own = np.where(labels == 0, rng.beta(8, 2, n), rng.beta(3, 2, n)).astype(np.float32)
    probs = np.stack([np.where(labels == 0, own, 1 - own), np.where(labels == 0, 1 - own, own)], axis=1)
    result = run("conformal", Inputs(labels, 2, probs=probs, trusted=np.arange(n) < 4000))
    fresh = np.arange(n) >= 4000
    for c in (0, 1):
        p = 1 - result.score[fresh & (labels == c)]
        for t in (0.01, 0.05, 0.1, 0.5):
            assert (p <= t).mean() == pytest.approx(t, abs=0.015 + 0.1 * t)


@settings(max_examples=50, deadline=None)
@given(
    p=st.lists(st.one_of(st.floats(0.001, 1), st.sampled_from([0.001, 0.01])), min_size=1, max_size=60),
    rate=st.floats(0.01, 0.6),
)
def test_false_discovery_is_benjamini_and_hochbergs_rule(p, rate):
    p = np.array(p)
    adjusted = false_discovery_control(p)
    clear = np.abs(adjusted - rate) > 1e-9
    cut = conformal.rejected_up_to(np.append(p, np.nan), rate)
    np.testing.assert_array_equal((p <= cut)[clear], (adjusted <= rate)[clear])


def test_flags_keep_to_the_rate():
    rng = np.random.default_rng(0)
    share, found = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        n = 3000
        wrong = rng.random(n) < 0.2
        wrong[:1000] = False
        own = np.where(wrong, rng.beta(1, 60, n), rng.beta(9, 2, n)).astype(np.float32)
        inputs = Inputs(np.zeros(n, np.int32), 2, probs=np.stack([own, 1 - own], axis=1), trusted=np.arange(n) < 1000)
        flags = run("conformal", inputs).flags
        assert not flags[:1000].any()
        share.append((flags & ~wrong).sum() / max(1, flags.sum()))
        found.append(flags[wrong].mean())
    assert np.mean(share) < 0.12
    assert np.mean(found) > 0.9


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), blank=st.sampled_from([0, 0.2]))
def test_updates_equal_a_run_with_the_same_calibration(seed, blank):
    check_updates("conformal", random_inputs(seed, n=100, blank=blank), seed)


def test_order_of_items_does_not_matter():
    check_permutation("conformal", random_inputs(3, n=200), atol=0)


def test_finds_planted_flips():
    inputs, wrong = reviewed()
    result = run("conformal", inputs)
    rest = ~inputs.trusted
    assert roc_auc_score(wrong[rest], result.score[rest]) > 0.95
    assert result.summary["trusted"] == inputs.trusted.sum()


def test_too_few_trusted_items_say_so():
    inputs, _ = reviewed()
    result = run("conformal", replace(inputs, trusted=np.arange(inputs.n) < 19))
    assert np.isnan(result.score).all()
    assert result.summary["note"].startswith("19 settled labels: at least 20")
    lacking = run("conformal", replace(inputs, trusted=inputs.trusted & (inputs.labels != 3)))
    assert lacking.summary["note"].startswith("1 of 10 classes have no settled item")
    np.testing.assert_array_equal(np.isnan(lacking.score), inputs.labels == 3)


def test_words():
    inputs, wrong = reviewed()
    result = run("conformal", inputs)
    item = int(np.flatnonzero(wrong)[result.score[wrong].argmax()])
    given_class = inputs.labels[item]
    held = int((inputs.trusted & (inputs.labels == given_class)).sum())
    (reason,) = get("conformal").explain(item, inputs, result, CLASSES)
    assert reason.text == f"none of {held} items that are surely {CLASSES[given_class]} fits it as badly"


def test_bad_inputs():
    check_bad_inputs("conformal", silent=("nobody", "one", "few items", "nobody trusted", "mostly unlabelled"))
