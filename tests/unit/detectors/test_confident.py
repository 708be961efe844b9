"""Confident learning's further scores, summary and frozen reruns; what it finds is in test_detectors_label."""

from dataclasses import replace

import numpy as np
import pytest
from detectors_help import flipped_digits
from hypothesis import given, settings
from hypothesis import strategies as st
from probs_help import check_bad_inputs, check_permutation, check_updates, random_inputs, run
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from explorer.detectors import Inputs, again
from explorer.detectors.label_errors import confident, relation


@pytest.mark.parametrize("seed", range(3))
def test_scores_by_hand(seed):
    inputs = random_inputs(seed)
    result = run("confident", inputs)
    for i in range(inputs.n):
        y, p = inputs.labels[i], inputs.probs[i].astype(float)
        if y < 0:
            assert np.isnan([result.score[i], *(column[i] for column in result.columns.values())]).all()
            continue
        entropy = -sum(x * np.log(x) for x in p if x > 0) / np.log(inputs.n_classes)
        assert result.score[i] == pytest.approx(1 - p[y], abs=1e-6)
        assert result.columns["confident_margin"][i] == pytest.approx((1 + np.delete(p, y).max() - p[y]) / 2, abs=1e-6)
        weighted = 1 if p[y] == 0 else entropy / (entropy + p[y])
        assert result.columns["confident_entropy"][i] == pytest.approx(weighted, abs=1e-5)


def test_orders_items_as_cleanlab_does():
    cleanlab = pytest.importorskip("cleanlab.rank")
    inputs, _, wrong = flipped_digits()
    result = run("confident", inputs)
    ours = {
        "self_confidence": result.score,
        "normalized_margin": result.columns["confident_margin"],
        "confidence_weighted_entropy": result.columns["confident_entropy"],
    }
    for method, score in ours.items():
        theirs = cleanlab.get_label_quality_scores(inputs.labels, inputs.probs, method=method)
        assert spearmanr(score, -theirs).statistic > 0.9999
        assert roc_auc_score(wrong, score) > 0.97


def test_summary_is_the_estimate_in_plain_numbers():
    inputs, _, _ = flipped_digits()
    noise = confident.estimate(inputs.probs, inputs.labels, 10)
    summary = run("confident", inputs).summary
    assert summary["noise"] == pytest.approx(noise.noise)
    assert isinstance(summary["joint"], list)
    np.testing.assert_allclose(summary["joint"], noise.joint)
    shares = [share for _, _, share in summary["confusions"]]
    assert shares == sorted(shares, reverse=True)
    a, b, share = summary["confusions"][0]
    assert a != b
    assert noise.joint[a, b] == share == (noise.joint - np.diag(np.diag(noise.joint))).max()
    wide = np.full((50, 300), 1e-3, np.float32)
    wide[:, :50] += np.eye(50, dtype=np.float32)
    assert "joint" not in run("confident", Inputs(np.arange(50, dtype=np.int32), 300, probs=wide)).summary


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), blank=st.sampled_from([0, 0.2]))
def test_updates_equal_a_run_with_the_same_globals(seed, blank):
    inputs = random_inputs(seed, blank=blank)
    for name in ("confident", "vote", "relation"):
        check_updates(name, inputs, seed)


def test_an_estimate_by_blocks_is_the_same(monkeypatch):
    inputs, _, _ = flipped_digits()
    whole = run("confident", inputs)
    monkeypatch.setattr(confident, "CELLS", 170)
    parts = run("confident", inputs)
    np.testing.assert_array_equal(parts.frozen["noise"].joint, whole.frozen["noise"].joint)
    np.testing.assert_array_equal(parts.flags, whole.flags)


def test_relations_are_taken_over_only_where_they_are_still_right(monkeypatch):
    inputs, _, _ = flipped_digits()
    result = run("relation", inputs)
    other = replace(inputs, probs=np.roll(inputs.probs, 1, axis=0))
    np.testing.assert_array_equal(again("relation", other, result).score, run("relation", other).score)
    monkeypatch.setattr(relation, "sparse_kernel", None)
    np.testing.assert_array_equal(again("relation", inputs, result).score, result.score)


@pytest.mark.parametrize("name", ["confident", "vote", "relation"])
def test_order_of_items_does_not_matter(name):
    check_permutation(name, random_inputs(5), atol=1e-6)


def test_bad_inputs():
    check_bad_inputs("confident", silent=("nobody",))
