"""The distance ratio against all pairs, with and without vectors, and answers of the index that follow relabelling."""

from dataclasses import replace

import numpy as np
import pytest
from detectors_help import CLASSES, flipped_digits
from hypothesis import given, settings
from hypothesis import strategies as st
from nearest_help import check_bad_inputs, check_permutation, check_updates, random_inputs, run
from sklearn.metrics import roc_auc_score

from explorer.detectors import get
from explorer.detectors.label_errors import distance_ratio
from explorer.graph import build


def by_hand(inputs, item):
    """Return the ratio from all pairs; the k-th distance where only the other label is missing in the graph."""
    x = inputs.vectors / np.linalg.norm(inputs.vectors, axis=1, keepdims=True)
    y, near = inputs.labels, inputs.graph.indices[item]
    distance = np.maximum(1 - np.round(x @ x[item], 6).astype(np.float64), 0)
    distance[item] = np.inf
    here = y[near][y[near] >= 0]
    same = distance[y == y[item]].min()
    other = distance[(y >= 0) & (y != y[item])].min()
    if len(here) and (here == y[item]).all():
        other = 1 - float(inputs.graph.similarity[item, -1])
    if same == 0 and other == 0:
        return 0.5
    return same**2 / (same**2 + other**2)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), blank=st.sampled_from([0, 0.3, 0.9]), k=st.sampled_from([1, 4, 20]))
def test_equals_all_pairs(seed, blank, k):
    inputs = random_inputs(seed, k=k, n_classes=5, blank=blank)
    result = run("distance_ratio", inputs)
    y = inputs.labels
    for item in range(inputs.n):
        if np.isnan(result.score[item]):
            assert y[item] < 0 or (y == y[item]).sum() == 1 or len(set(y[y >= 0])) < 2
        else:
            assert result.score[item] == pytest.approx(by_hand(inputs, item), abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), blank=st.sampled_from([0, 0.3, 0.9]), k=st.sampled_from([1, 3, 8]))
def test_updates_equal_a_full_run(seed, blank, k):
    check_updates("distance_ratio", random_inputs(seed, k=k, n_classes=6, blank=blank), seed, rounds=6)


def test_the_index_is_asked_only_where_the_graph_does_not_know():
    inputs, _, wrong = flipped_digits()
    result = run("distance_ratio", inputs)
    around = inputs.labels[inputs.graph.indices]
    lacking = ~(around == inputs.labels[:, None]).any(axis=1)
    assert wrong[lacking].mean() > 0.9
    np.testing.assert_array_equal(result.frozen["nearest"].far[:, 0] >= 0, lacking)
    assert result.summary == {"asked": int(lacking.sum()), "classes_not_asked": []}


def test_a_lost_answer_is_asked_for_again_and_a_nearer_one_is_taken():
    inputs, _, _ = flipped_digits()
    before = run("distance_ratio", inputs)
    nearest = before.frozen["nearest"]
    item = int(np.flatnonzero(nearest.far[:, 0] >= 0)[0])
    label, answer = int(inputs.labels[item]), int(nearest.far[item, 0])
    lost = inputs.relabelled({answer: (label + 1) % 10})
    after = get("distance_ratio").update(lost, before, np.array([answer]))
    second = int(after.frozen["nearest"].far[item, 0])
    assert second != answer
    assert lost.labels[second] == label
    assert after.score[item] >= before.score[item]
    back = get("distance_ratio").update(inputs, after, np.array([answer]))
    assert back.frozen["nearest"].far[item, 0] == answer
    np.testing.assert_array_equal(back.score, before.score)


def test_without_vectors_the_last_neighbour_is_the_bound():
    inputs, _, wrong = flipped_digits()
    result, full = run("distance_ratio", replace(inputs, vectors=None)), run("distance_ratio", inputs)
    bounded = full.frozen["nearest"].far[:, 0] >= 0
    np.testing.assert_array_equal(result.score[~bounded], full.score[~bounded])
    assert (result.score[bounded] <= full.score[bounded]).all()
    assert (result.score[bounded] >= 0.5).all()
    assert roc_auc_score(wrong, result.score) > 0.9
    check_updates("distance_ratio", replace(inputs, vectors=None), 0)


def test_classes_beyond_the_budget_get_the_bound(monkeypatch):
    inputs, _, _ = flipped_digits()
    full = run("distance_ratio", inputs)
    work = [
        (full.frozen["nearest"].far[inputs.labels == c, 0] >= 0).sum() * (inputs.labels == c).sum() for c in range(10)
    ]
    monkeypatch.setattr(distance_ratio, "BUDGET", sorted(np.cumsum(np.sort(work)))[4] * inputs.vectors.shape[1])
    some = run("distance_ratio", inputs)
    left_out = some.summary["classes_not_asked"]
    assert sorted(work[c] for c in left_out) == sorted(work)[5:]
    kept = ~np.isin(inputs.labels, left_out)
    np.testing.assert_array_equal(some.score[kept], full.score[kept])
    assert (some.score <= full.score).all()
    check_updates("distance_ratio", inputs, 0)


def test_the_order_of_the_items_does_not_matter():
    check_permutation("distance_ratio", random_inputs(5, n=200))
    check_permutation("distance_ratio", flipped_digits()[0])


def test_finds_planted_flips():
    inputs, truth, wrong = flipped_digits()
    result = run("distance_ratio", inputs)
    assert roc_auc_score(wrong, result.score) > 0.95
    assert (result.suggestion[wrong] == truth[wrong]).mean() > 0.85


def test_bad_inputs():
    check_bad_inputs("distance_ratio")


def test_words():
    # Item 3 lies beside those labelled 1, twice as far from those labelled 0; item 8 equals one of another label.
    angle = np.array([0.0, 0.02, 0.04, 0.60, 0.70, 0.71, 0.72, 1.5, 1.5, 1.3])
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
    y = np.array([0, 0, 0, 0, 1, 1, 1, 1, 0, 1], np.int32)
    words = distance_ratio.DistanceRatio().explain

    inputs = replace(random_inputs(0, n=10), labels=y, n_classes=2, graph=build(x, 9), vectors=x)
    result = run("distance_ratio", inputs)
    (reason,) = words(3, inputs, result, ("cat", "dog"))
    times = (1 - np.cos(0.56)) / (1 - np.cos(0.1))
    assert reason.text == f"the nearest item labelled cat is {times:.1f} times as far as the nearest labelled dog"
    (reason,) = words(8, inputs, result, ("cat", "dog"))
    assert reason.text == "an item labelled dog is equal to it, none labelled cat is"
    assert words(0, inputs, result, ("cat", "dog")) == []
    narrow = replace(inputs, graph=build(x, 2), vectors=None)
    (reason,) = words(3, narrow, run("distance_ratio", narrow), ("cat", "dog"))
    assert reason.text == "none of its neighbours is labelled cat; the nearest says dog"


def test_words_on_digits_name_what_is_near():
    inputs, truth, wrong = flipped_digits()
    result = run("distance_ratio", inputs)
    worst = int(np.flatnonzero(wrong & (result.score > 0.9))[0])
    (reason,) = get("distance_ratio").explain(worst, inputs, result, CLASSES)
    assert CLASSES[truth[worst]] in reason.text
    assert CLASSES[inputs.labels[worst]] in reason.text
