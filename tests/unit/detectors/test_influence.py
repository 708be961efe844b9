"""Influence of neighbours and of the item itself: against the gradients, and its exact updates."""

from dataclasses import replace

import numpy as np
import pytest
from detectors_help import CLASSES, flipped_digits
from hypothesis import given, settings
from hypothesis import strategies as st
from probs_help import check_bad_inputs, check_permutation, check_updates, random_inputs, run
from sklearn.metrics import roc_auc_score

from explorer.detectors import get
from explorer.detectors.label_errors import influence  # noqa: F401  # the import registers it


def by_gradients(inputs):
    """Multiply the gradients by the last layer's weights, item by item."""
    y, g, n = inputs.labels, inputs.graph, inputs.n

    def gradient(i):
        return np.outer(inputs.probs[i].astype(float) - np.eye(inputs.n_classes)[y[i]], inputs.vectors[i].astype(float))

    score, against, own = np.full((3, n), np.nan)
    for i in range(n):
        if y[i] < 0 or (y >= 0).sum() == 0:
            continue
        mine = gradient(i)
        own[i] = (mine * mine).sum()
        each = [(mine * gradient(j)).sum() for j in g.indices[i] if y[j] >= 0]
        if each and (y == y[i]).sum() > 1:
            against[i], score[i] = -sum(each), own[i] - np.mean(each)
    return score, against, own


@pytest.mark.parametrize("seed", range(4))
def test_is_the_product_of_the_gradients(seed):
    inputs = random_inputs(seed)
    result = run("influence", inputs)
    score, against, own = by_gradients(inputs)
    largest = np.nanmax(own)
    np.testing.assert_allclose(result.score, score, atol=2e-5 * largest)
    np.testing.assert_allclose(result.columns["influence_neighbours"], against, atol=1e-4 * largest)
    np.testing.assert_allclose(result.columns["influence_self"], own, atol=1e-5 * largest)


def test_without_vectors_it_is_that_of_vectors_of_length_one():
    inputs = random_inputs(7)
    unit = inputs.vectors / np.linalg.norm(inputs.vectors, axis=1, keepdims=True)
    a, b = run("influence", replace(inputs, vectors=None)), run("influence", replace(inputs, vectors=unit))
    np.testing.assert_allclose(a.score, b.score, atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), n_classes=st.integers(2, 12), blank=st.sampled_from([0, 0.2, 0.9]))
def test_updates_equal_a_full_run(seed, n_classes, blank):
    check_updates("influence", random_inputs(seed, n_classes=n_classes, blank=blank), seed)


def test_the_second_class_to_appear_gives_everybody_a_score():
    inputs = replace(random_inputs(2, blank=0), labels=np.zeros(60, np.int32))
    before = run("influence", inputs)
    assert np.isnan(before.score).all()
    after = inputs.relabelled({3: 1, 4: 1})
    updated = get("influence").update(after, before, np.array([3, 4]))
    assert np.isfinite(updated.score).all()
    np.testing.assert_array_equal(updated.score, run("influence", after).score)


def test_order_of_items_does_not_matter():
    check_permutation("influence", random_inputs(5), atol=1e-5)


def test_finds_planted_flips():
    inputs, _, wrong = flipped_digits()
    result = run("influence", inputs)
    assert roc_auc_score(wrong, result.score) > 0.97
    assert roc_auc_score(wrong, result.columns["influence_self"]) > 0.97
    assert roc_auc_score(wrong, result.columns["influence_neighbours"]) > 0.7


def test_words_count_who_argues_against_the_label():
    inputs, _, wrong = flipped_digits()
    result = run("influence", inputs)
    item = int(np.flatnonzero(wrong)[result.columns["influence_neighbours"][wrong].argmax()])
    (reason,) = get("influence").explain(item, inputs, result, CLASSES)
    assert f"against {CLASSES[inputs.labels[item]]}" in reason.text
    assert reason.value > 0
    happy = int(np.nanargmin(result.columns["influence_neighbours"]))
    assert get("influence").explain(happy, inputs, result, CLASSES) == []


def test_bad_inputs():
    check_bad_inputs("influence", silent=("nobody", "one", "one class", "one in use"))
