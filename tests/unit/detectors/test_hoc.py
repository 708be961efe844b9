"""HOC: the transition behind planted noise, the posterior of a triple, counts that follow relabelling."""

from dataclasses import replace

import numpy as np
import pytest
from detectors_help import CLASSES, flipped_digits
from hypothesis import given, settings
from hypothesis import strategies as st
from nearest_help import check_bad_inputs, check_permutation, check_updates, random_inputs, run
from sklearn.metrics import roc_auc_score

from explorer.detectors import get
from explorer.detectors.label_errors import hoc
from explorer.graph import NeighbourGraph


def planted(n, matrix, prior, seed=0):
    """Return labels drawn by a transition, and a graph in which near items share their true class."""
    rng = np.random.default_rng(seed)
    k = len(prior)
    truth = np.sort(rng.choice(k, n, p=prior))
    labels = (rng.random(n)[:, None] > np.cumsum(matrix, axis=1)[truth]).sum(axis=1).astype(np.int32)
    first, members = np.searchsorted(truth, np.arange(k)), np.bincount(truth, minlength=k)
    step = np.stack([np.ones(n, int), rng.integers(2, members.min(), n)], axis=1)  # neither itself nor twice the same
    place = (np.arange(n) - first[truth])[:, None]
    indices = (first[truth][:, None] + (place + step) % members[truth][:, None]).astype(np.int32)
    return labels, truth, NeighbourGraph(indices, np.full((n, 2), [0.9, 0.8], np.float32))


MATRIX = np.array([[0.8, 0.15, 0.05], [0.0, 0.9, 0.1], [0.3, 0.1, 0.6]])
PRIOR = np.array([0.5, 0.3, 0.2])


def test_finds_the_transition_that_made_the_labels():
    labels, truth, graph = planted(40_000, MATRIX, PRIOR)
    found = hoc.transition(labels, graph, 3)
    np.testing.assert_allclose(found.matrix, MATRIX, atol=0.03)
    np.testing.assert_allclose(found.prior, PRIOR, atol=0.02)
    assert found.noise_rate == pytest.approx((labels != truth).mean(), abs=0.02)
    np.testing.assert_allclose(found.matrix.sum(axis=1), 1)


@pytest.mark.parametrize("n_classes", [30, 1000])
def test_many_classes_are_fitted_on_the_triples_that_occur(n_classes):
    # A tenth of each class is labelled as the next, every tenth class is clean.
    clean = np.arange(n_classes) % 10 == 0
    matrix = np.eye(n_classes) * np.where(clean, 1, 0.9)[:, None]
    matrix[np.arange(n_classes), (np.arange(n_classes) + 1) % n_classes] += np.where(clean, 0, 0.1)
    labels, truth, graph = planted(20 * n_classes, matrix, np.full(n_classes, 1 / n_classes), seed=1)
    found = hoc.transition(labels, graph, n_classes)
    assert found.noise_rate == pytest.approx((labels != truth).mean(), abs=0.015)
    assert np.abs(found.matrix - matrix).sum(axis=1).mean() < 0.12


def test_few_and_many_classes_agree(monkeypatch):
    labels, _, graph = planted(20_000, MATRIX, PRIOR)
    dense = hoc.transition(labels, graph, 3)
    monkeypatch.setattr(hoc, "DENSE", 2)
    np.testing.assert_allclose(hoc.transition(labels, graph, 3).matrix, dense.matrix, atol=0.08)


def test_nothing_near_it_explains_the_triples_better():
    labels, _, graph = planted(3000, MATRIX, PRIOR)
    found = hoc.transition(labels, graph, 3)
    at = hoc.triples(labels, graph, np.arange(len(labels)))

    def likelihood(prior, matrix):
        return np.log(
            sum(p * t[at[:, 0]] * t[at[:, 1]] * t[at[:, 2]] for p, t in zip(prior, matrix, strict=True))
        ).sum()

    best = likelihood(found.prior, found.matrix)
    rng = np.random.default_rng(0)
    for _ in range(50):
        matrix = found.matrix * np.exp(rng.normal(scale=0.1, size=(3, 3)))
        prior = found.prior * np.exp(rng.normal(scale=0.1, size=3))
        assert likelihood(prior / prior.sum(), matrix / matrix.sum(axis=1, keepdims=True)) < best


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), blank=st.sampled_from([0, 0.3, 0.9]))
def test_triples_counts_and_posterior_by_hand(seed, blank):
    inputs = random_inputs(seed, blank=blank)
    result = run("hoc", inputs)
    y, fitted = inputs.labels, result.frozen["transition"]
    counts = {}
    prior, likelihood = result.frozen["factors"]
    np.testing.assert_allclose(likelihood[:-1].T, (1 - hoc.SMOOTH) * fitted.matrix + hoc.SMOOTH / 4)
    for item in range(inputs.n):
        near = [int(y[j]) for j in inputs.graph.indices[item] if y[j] >= 0][:2]
        triple = (int(y[item]), *near, -1, -1)[:3]
        assert tuple(result.frozen["triples"][item]) == triple
        if min(triple) >= 0:
            counts[triple] = counts.get(triple, 0) + 1
        if np.isnan(result.score[item]):
            assert triple[0] < 0 or not near or (y == y[item]).sum() == 1 or len(set(y[y >= 0])) < 2
            continue
        belief = [prior[i] * np.prod([likelihood[label, i] for label in triple if label >= 0]) for i in range(4)]
        assert result.score[item] == pytest.approx(1 - belief[triple[0]] / sum(belief), abs=1e-6)
        assert result.suggestion[item] == np.argmax(belief)
    consensus = result.frozen["consensus"]
    found = {tuple(t): int(c) for t, c in zip(hoc.unpack(consensus.keys).tolist(), consensus.counts, strict=True)}
    assert found == counts
    assert consensus.total == sum(counts.values())


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), blank=st.sampled_from([0, 0.3, 0.8]))
def test_updates_equal_a_full_run(seed, blank):
    inputs, result = check_updates("hoc", random_inputs(seed, blank=blank), seed)
    # The counts are those of the labels as they are now, whatever T is.
    counted = hoc.count(hoc.triples(inputs.labels, inputs.graph, np.arange(inputs.n)))
    np.testing.assert_array_equal(result.frozen["consensus"].keys, counted.keys)
    np.testing.assert_array_equal(result.frozen["consensus"].counts, counted.counts)
    assert result.frozen["consensus"].alike == counted.alike


def test_the_order_of_the_items_does_not_matter():
    check_permutation("hoc", random_inputs(5, n=200))
    check_permutation("hoc", flipped_digits()[0])


def test_finds_planted_flips_and_how_many_there_are():
    inputs, truth, wrong = flipped_digits()
    result = run("hoc", inputs)
    assert roc_auc_score(wrong, result.score) > 0.95
    assert (result.suggestion[wrong] == truth[wrong]).mean() > 0.9
    assert result.summary["noise_rate"] == pytest.approx(wrong.mean(), abs=0.04)
    assert len(result.summary["transition"]) == 10
    clean = run("hoc", replace(inputs, labels=truth))
    assert clean.summary["noise_rate"] < 0.04


def test_bad_inputs():
    check_bad_inputs("hoc")


def test_words():
    inputs, truth, wrong = flipped_digits()
    result = run("hoc", inputs)
    around = inputs.labels[inputs.graph.indices[:, :2]]
    worst = int(np.flatnonzero(wrong & (around == truth[:, None]).all(axis=1) & (result.score > 0.9))[0])
    (reason,) = get("hoc").explain(worst, inputs, result, CLASSES)
    true, given_label = CLASSES[truth[worst]], CLASSES[inputs.labels[worst]]
    assert reason.text == (
        f"both nearest items say {true}; as labels go wrong in this dataset, {true} is likelier than {given_label}"
    )
    assert get("hoc").explain(int(result.score.argmin()), inputs, result, CLASSES) == []
