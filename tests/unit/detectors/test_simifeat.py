"""SimiFeat: the cosine of the vote, the cuts that the transition implies, and updates with the cuts kept."""

import numpy as np
import pytest
from detectors_help import CLASSES, flipped_digits
from hypothesis import given, settings
from hypothesis import strategies as st
from nearest_help import check_bad_inputs, check_permutation, check_updates, random_inputs, run
from sklearn.metrics import average_precision_score, roc_auc_score

from explorer.detectors import get
from explorer.detectors.label_errors import simifeat
from explorer.detectors.label_errors.hoc import Transition, transition


def test_the_share_of_wrong_labels_by_hand():
    t = Transition(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([0.75, 0.25]), 0.125)
    # Of label 0: .675 truly 0, .05 truly 1. Of label 1: .075 truly 0, .2 truly 1.
    np.testing.assert_allclose(simifeat.noise_by_label(t), [0.05 / 0.725, 0.075 / 0.275])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), blank=st.sampled_from([0, 0.3, 0.9]))
def test_scores_and_flags_by_hand(seed, blank):
    inputs = random_inputs(seed, n=80, blank=blank)
    result = run("simifeat", inputs)
    y, g = inputs.labels, inputs.graph
    for item in range(inputs.n):
        vote = np.zeros(4)
        for j, s in zip(g.indices[item, :30], g.similarity[item, :30].astype(float), strict=True):
            if y[j] >= 0:
                vote[y[j]] += max(s, 0) ** 4
        if np.isnan(result.score[item]):
            assert y[item] < 0 or vote.sum() < 1e-9 or (y == y[item]).sum() == 1 or len(set(y[y >= 0])) < 2
            continue
        assert result.score[item] == pytest.approx(1 - vote[y[item]] / np.linalg.norm(vote), abs=1e-5)
        assert vote[result.suggestion[item]] == pytest.approx(vote.max())
    wrong = simifeat.noise_by_label(transition(y, g, 4, inputs.seed))
    for label in range(4):
        members = np.flatnonzero((y == label) & ~np.isnan(result.score))
        flagged = result.flags[members]
        if flagged.any() and not flagged.all():
            assert result.score[members][flagged].min() > result.score[members][~flagged].max()
        wanted = round((y == label).sum() * wrong[label])
        values, ties = np.unique(result.score[members], return_counts=True)
        if wanted <= (result.score[members] > 0).sum() and len(values):
            assert abs(int(flagged.sum()) - wanted) <= ties.max() / 2


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), blank=st.sampled_from([0, 0.3, 0.8]))
def test_updates_equal_a_full_run_with_the_cuts_kept(seed, blank):
    check_updates("simifeat", random_inputs(seed, blank=blank), seed)


def test_the_order_of_the_items_does_not_matter():
    check_permutation("simifeat", flipped_digits()[0])


def test_finds_planted_flips():
    inputs, truth, wrong = flipped_digits()
    result = run("simifeat", inputs)
    assert roc_auc_score(wrong, result.score) > 0.97
    assert (
        average_precision_score(wrong, result.score) > average_precision_score(wrong, run("vote", inputs).score) - 0.02
    )
    assert result.flags[wrong].mean() > 0.9
    assert wrong[result.flags].mean() > 0.7
    assert (result.suggestion[wrong] == truth[wrong]).mean() > 0.9


def test_a_class_with_more_wrong_labels_is_cut_deeper():
    inputs, truth, _ = flipped_digits()
    # A fifth of the threes are called eight, drawn at random (one writer's would confirm each other); nothing else.
    threes = np.flatnonzero(truth == 3)
    wrong = np.zeros(inputs.n, bool)
    wrong[np.random.default_rng(0).choice(threes, len(threes) // 5, replace=False)] = True
    labels = np.where(wrong, 8, truth).astype(np.int32)
    result = run("simifeat", inputs.relabelled(dict(enumerate(labels.tolist()))))
    share = np.array(result.summary["wrong_by_class"])
    assert share.argmax() == 8
    assert share[8] == pytest.approx(wrong.sum() / (labels == 8).sum(), abs=0.1)
    assert result.flags[wrong].mean() > 0.8
    assert result.flags[~wrong].mean() < 0.03
    cuts = result.frozen["cuts"]
    np.testing.assert_array_equal(result.flags, result.score >= cuts[labels])


def test_bad_inputs():
    check_bad_inputs("simifeat")


def test_words():
    inputs, _, wrong = flipped_digits()
    result = run("simifeat", inputs)
    worst = int(result.score.argmax())
    assert wrong[worst]
    (reason,) = get("simifeat").explain(worst, inputs, result, CLASSES)
    label = CLASSES[inputs.labels[worst]]
    assert reason.text == f"its nearest agree less with {label} than those of nearly all items labelled so"
    assert get("simifeat").explain(int(result.score.argmin()), inputs, result, CLASSES) == []
