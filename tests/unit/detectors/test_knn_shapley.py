"""KNN-Shapley against its definition and its recursion, and its exact updates."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from detectors_help import CLASSES, flipped_digits
from hypothesis import given, settings
from hypothesis import strategies as st
from nearest_help import check_bad_inputs, check_permutation, check_updates, random_inputs, run
from sklearn.metrics import roc_auc_score

from explorer.detectors import get
from explorer.detectors.label_errors import knn_shapley
from explorer.graph import build


def by_recursion(inputs):
    """Follow the recursion neighbour by neighbour."""
    value, y, g = np.zeros(inputs.n), inputs.labels, inputs.graph
    for j in range(inputs.n):
        if y[j] < 0:
            continue
        near = [i for i in g.indices[j] if y[i] >= 0]
        m = [float(y[i] == y[j]) for i in near]
        s = 0.0
        if near and g.k == inputs.n - 1:
            s = m[-1] * min(knn_shapley.VOTERS, len(m)) / (knn_shapley.VOTERS * len(m))
            value[near[-1]] += s
        for i in range(len(near) - 1, 0, -1):
            s += (m[i - 1] - m[i]) / knn_shapley.VOTERS * min(knn_shapley.VOTERS, i) / i
            value[near[i - 1]] += s
    return value


def by_definition(inputs, voters):
    """Average every item's contribution to every set of the others, for every test item."""
    n, y = inputs.n, inputs.labels
    value = np.zeros(n)
    for j in range(n):
        near = [int(i) for i in inputs.graph.indices[j]]
        worth = {
            chosen: sum(y[i] == y[j] for i in chosen[:voters]) / voters
            for size in range(n)
            for chosen in itertools.combinations(near, size)  # in the order of `near`
        }
        for i in near:
            for chosen, before in worth.items():
                if i not in chosen:
                    more = tuple(sorted((*chosen, i), key=near.index))
                    weight = math.factorial(len(chosen)) * math.factorial(n - 2 - len(chosen)) / math.factorial(n - 1)
                    value[i] += weight * (worth[more] - before)
    return value


@pytest.fixture
def _two_voters(monkeypatch):
    monkeypatch.setattr(knn_shapley, "VOTERS", 2)
    knn_shapley.coefficients.cache_clear()
    yield
    knn_shapley.coefficients.cache_clear()


@pytest.mark.usefixtures("_two_voters")
def test_a_complete_graph_gives_the_shapley_value():
    inputs = random_inputs(1, n=7, k=6, n_classes=2, blank=0, copies=False)
    result = run("shapley", inputs)
    np.testing.assert_allclose(-result.score, by_definition(inputs, 2), atol=1e-6)
    # What all are worth together is how often the two nearest agree.
    agree = (inputs.labels[inputs.graph.indices[:, :2]] == inputs.labels[:, None]).mean(axis=1).sum()
    assert -result.score.sum() == pytest.approx(agree, abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), blank=st.sampled_from([0, 0.3, 0.8]), k=st.sampled_from([3, 8, 100]))
def test_equals_the_recursion(seed, blank, k):
    inputs = random_inputs(seed, n=40, k=k, blank=blank)
    result = run("shapley", inputs)
    value = by_recursion(inputs)
    heard = np.isfinite(result.score)
    np.testing.assert_allclose(-result.score[heard], value[heard], atol=1e-5)
    labelled = inputs.labelled
    assert result.summary["mean"] == pytest.approx(value[labelled].mean() if labelled.any() else 0, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), blank=st.sampled_from([0, 0.3, 0.8]))
def test_updates_equal_a_full_run(seed, blank):
    check_updates("shapley", random_inputs(seed, blank=blank), seed)


def test_the_order_of_the_items_does_not_matter():
    check_permutation("shapley", random_inputs(5, n=200))
    check_permutation("shapley", flipped_digits()[0])


def test_finds_planted_flips():
    inputs, _, wrong = flipped_digits()
    result = run("shapley", inputs)
    assert roc_auc_score(wrong, result.score) > 0.98
    assert roc_auc_score(wrong, result.columns["shapley_share"]) > 0.98
    # As a valuation: nearly all who harm are mislabelled, and the mislabelled nearly all harm.
    harm = result.score > 0
    assert wrong[harm].mean() > 0.6
    assert harm[wrong].mean() > 0.95
    assert result.summary["negative"] == harm.sum()


def test_bad_inputs():
    check_bad_inputs("shapley")


def test_nobodys_neighbour_is_worth_nothing():
    x = np.concatenate(
        [np.eye(3)[np.arange(30) % 2] + np.random.default_rng(0).normal(scale=0.01, size=(30, 3)), [[0, 0, 1]]]
    )
    inputs = random_inputs(0, n=31, blank=0)
    labels = np.append(np.arange(30) % 2, 0).astype(np.int32)
    inputs = replace(inputs, labels=labels, n_classes=2, graph=build(x, 5), vectors=None)
    result = run("shapley", inputs)
    assert result.score[30] == 0
    assert result.summary["unused"] >= 1


def test_words():
    inputs, _, wrong = flipped_digits()
    result = run("shapley", inputs)
    worst = int(result.score.argmax())
    assert wrong[worst]
    (reason,) = get("shapley").explain(worst, inputs, result, CLASSES)
    rows, slots = inputs.graph.pointing_at(worst)
    near = rows[slots < 10]
    against = (inputs.labels[near] != inputs.labels[worst]).sum()
    given_label = CLASSES[inputs.labels[worst]]
    assert against == len(near) > 1
    assert reason.text == f"none of the {against} items that have it among their nearest is labelled {given_label}"
    # Were one of them labelled like it, it would be told apart.
    friend = inputs.relabelled({int(near[0]): int(inputs.labels[worst])})
    (reason,) = get("shapley").explain(worst, friend, run("shapley", friend), CLASSES)
    assert reason.text == (
        f"{against - 1} of the {against} items that have it among their nearest are not labelled {given_label}"
    )
    assert get("shapley").explain(int(result.score.argmin()), inputs, result, CLASSES) == []
