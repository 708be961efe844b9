"""GraphCleaner: its walks against dense matrices, its plants, its frozen models, and what it finds."""

from dataclasses import replace

import numpy as np
import pytest
from detectors_help import CLASSES, flipped_digits
from hypothesis import given, settings
from hypothesis import strategies as st
from probs_help import check_bad_inputs, check_permutation, check_updates, random_inputs, run
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from explorer.detectors import again, get
from explorer.detectors.label_errors import graphcleaner
from explorer.detectors.label_errors.confident import estimate
from explorer.graph import NeighbourGraph
from explorer.graph import walks as surroundings


def dense(inputs):
    """Return the seven tables from whole matrices, and S."""
    n, y = inputs.n, inputs.labels
    a = np.zeros((n, n))
    for i in range(n):
        for j in inputs.graph.indices[i, :10]:
            a[i, j] = a[j, i] = 1
    degree = a.sum(axis=1)
    s = a / np.sqrt(np.outer(degree, degree))
    tables = [inputs.probs.astype(float)]
    onehot = np.array([np.eye(inputs.n_classes)[c] if c >= 0 else np.zeros(inputs.n_classes) for c in y])
    for values, counted in ((inputs.probs.astype(float), np.ones(n)), (onehot, (y >= 0).astype(float))):
        for power in (1, 2, 3):
            walks = np.linalg.matrix_power(s, power)
            np.fill_diagonal(walks, 0)
            weight = walks @ counted
            tables.append((walks @ values) / np.where(weight > 1e-9, weight, 1)[:, None])
    return tables, s


@pytest.mark.parametrize("seed", range(3))
def test_tables_are_those_of_whole_matrices(seed):
    inputs = random_inputs(seed, n=80)
    expected, s = dense(inputs)
    around = surroundings.surroundings(inputs.graph)
    np.testing.assert_allclose(around.steps.toarray(), s, atol=1e-6)
    for power, back in zip((2, 3), around.back, strict=True):
        np.testing.assert_allclose(back, np.diag(np.linalg.matrix_power(s, power)), atol=1e-6)
    kept = run("graphcleaner", inputs).frozen["walks"].kept
    for ours, theirs in zip(kept, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5)


def test_large_tables_are_read_by_blocks_of_classes(monkeypatch):
    inputs = random_inputs(1, n=120, n_classes=7)
    whole = run("graphcleaner", inputs)
    monkeypatch.setattr(graphcleaner, "CELLS", 240)
    parts = run("graphcleaner", inputs)
    assert parts.frozen["walks"].kept is None
    np.testing.assert_allclose(parts.score, whole.score, atol=1e-6)
    assert get("graphcleaner").update(inputs.relabelled({3: 1}), parts, np.array([3])).stale


def test_spoils_labels_as_the_estimated_noise_says():
    inputs, _, _ = flipped_digits()
    noise = estimate(inputs.probs, inputs.labels, 10)
    chance = graphcleaner.Chance(inputs)
    right = np.flatnonzero(inputs.probs.argmax(axis=1) == inputs.labels)
    rows, spoilt = graphcleaner.spoil(inputs, noise, chance, right)
    assert (inputs.labels[rows] != spoilt).all()
    assert ((spoilt >= 0) & (spoilt < 10)).all()
    assert len(rows) == pytest.approx(graphcleaner.DRAWS * graphcleaner.SHARE * len(right), rel=0.15)
    # Only a transition from 3 to 5 and from the last class to the first: nothing else is planted there.
    joint = np.eye(10) / 10
    joint[5, 3] = joint[0, 9] = 0.05
    rows, spoilt = graphcleaner.spoil(inputs, replace(noise, joint=joint), chance, right)
    assert (spoilt[inputs.labels[rows] == 3] == 5).mean() > 0.9
    assert (spoilt[inputs.labels[rows] == 9] == 0).mean() > 0.9


def test_the_logistic_model_is_the_penalised_one():
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=(400, 7)), rng.uniform(0.2, 2, 400)
    y = (rng.random(400) < expit(x @ rng.normal(size=7) - 1)).astype(float)
    ours = graphcleaner.logistic(x, y, weight)
    theirs = LogisticRegression(C=1 / graphcleaner.RIDGE, tol=1e-10, max_iter=1000).fit(x, y, sample_weight=weight)
    np.testing.assert_allclose(ours, [*theirs.coef_[0], theirs.intercept_[0]], atol=1e-3)
    parted = graphcleaner.logistic(x, (x[:, 0] > 0).astype(float), weight)  # separable: the penalty holds it
    assert np.isfinite(parted).all()


def test_finds_planted_flips():
    inputs, truth, wrong = flipped_digits()
    result = run("graphcleaner", inputs)
    assert roc_auc_score(wrong, result.score) > 0.98
    own = 1 - inputs.probs[np.arange(inputs.n), inputs.labels]
    assert average_precision_score(wrong, result.score) > average_precision_score(wrong, own) - 0.01
    assert (result.suggestion[wrong] == truth[wrong]).mean() > 0.9
    assert wrong[result.score > 0.5].mean() > 0.9
    assert result.summary["planted"] > 200


def test_an_item_alone_in_its_class_has_no_score():
    inputs, _, _ = flipped_digits()
    labels = np.where(inputs.labels == 9, 8, inputs.labels).astype(np.int32)
    labels[11] = 9
    assert np.isnan(run("graphcleaner", replace(inputs, labels=labels)).score[11])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), blank=st.sampled_from([0, 0.2]))
def test_one_changed_item_is_scored_as_a_run_with_the_same_models_would(seed, blank):
    inputs = random_inputs(seed, n=100, blank=blank)
    result = run("graphcleaner", inputs)
    rng = np.random.default_rng(seed)
    item = int(rng.integers(inputs.n))
    after = inputs.relabelled({item: int(rng.integers(-1, 4))})
    updated = get("graphcleaner").update(after, result, np.array([item]))
    assert updated.stale
    assert not again("graphcleaner", after, result).stale
    np.testing.assert_allclose(updated.score[item], again("graphcleaner", after, result).score[item], atol=1e-5)
    others = np.arange(inputs.n) != item
    np.testing.assert_array_equal(updated.score[others], result.score[others])
    check_updates("graphcleaner", inputs, seed, rounds=2)


def test_a_run_with_the_same_labels_and_models_changes_nothing():
    inputs, _, _ = flipped_digits()
    result = run("graphcleaner", inputs)
    np.testing.assert_array_equal(again("graphcleaner", inputs, result).score, result.score)
    other = replace(inputs, graph=NeighbourGraph(inputs.graph.indices[:, :5].copy(), inputs.graph.similarity[:, :5]))
    assert (again("graphcleaner", other, result).score != result.score).mean() > 0.5


def test_order_of_items_does_not_matter_and_the_seed_does():
    inputs = random_inputs(3, n=150)
    check_permutation("graphcleaner", inputs, atol=1e-4)
    assert (run("graphcleaner", replace(inputs, seed=8)).score != run("graphcleaner", inputs).score).any()


def test_words():
    inputs, truth, wrong = flipped_digits()
    result = run("graphcleaner", inputs)
    item = int(np.flatnonzero(wrong)[result.score[wrong].argmax()])
    (reason,) = get("graphcleaner").explain(item, inputs, result, CLASSES)
    assert f"of those up to three steps away are {CLASSES[truth[item]]}" in reason.text
    assert reason.text.endswith(f" % {CLASSES[inputs.labels[item]]}")
    assert get("graphcleaner").explain(int(np.nanargmin(result.score)), inputs, result, CLASSES) == []


def test_bad_inputs():
    check_bad_inputs(
        "graphcleaner", silent=("nobody", "one", "one class", "one in use", "few items", "mostly unlabelled")
    )
