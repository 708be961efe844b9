"""The four readings of the training's record: by their formulas, and what a relabel does to them."""

import numpy as np
import pytest
from detectors_help import CLASSES, flipped_digits
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from explorer.detectors import Inputs, get
from explorer.detectors.label_errors import training_dynamics
from explorer.progress import Progress

NAMES = ("aum", "forgetting", "late_stopping", "averaged_margin")


def score(name, inputs):
    return get(name).run(inputs, Progress())


def slow(name, record):
    """One item's suspicion, by the formula in plain Python."""
    p, margin = record[:, 0].astype(float).tolist(), record[:, 1].astype(float).tolist()
    epochs, right = len(p), [m > 0 for m in margin]
    if name == "aum":
        return -sum(margin) / epochs
    if name == "forgetting":
        return sum(right[t] and not right[t + 1] for t in range(epochs - 1)) if any(right) else epochs
    if name == "late_stopping":
        k = min(3, epochs)
        for t in range(epochs - k + 1):
            if all(right[t : t + k]):
                return t + 1
        return epochs + 1
    other = [a * np.exp(-m) for a, m in zip(p, margin, strict=True)]
    return np.log(sum(other) / epochs) - np.log(sum(p) / epochs)


def softmax_record(rng, n, epochs, k=4):
    """Records of items with label 0 whose logits drift at random."""
    z = rng.normal(size=(n, epochs, k)).cumsum(axis=1)
    p = np.exp(z) / np.exp(z).sum(axis=2, keepdims=True)
    return np.stack([p[..., 0], z[..., 0] - z[..., 1:].max(axis=2)], axis=2).astype(np.float16)


@pytest.mark.parametrize("name", NAMES)
@given(st.integers(1, 9), st.integers(0, 2**16))
@settings(max_examples=15, deadline=None)
def test_by_hand(name, epochs, seed):
    rng = np.random.default_rng(seed)
    record = softmax_record(rng, 12, epochs)
    labels = rng.integers(0, 3, 12).astype(np.int32)
    labels[:2] = 0, 1
    found = score(name, Inputs(labels, 3, dynamics=record)).score
    assert found.dtype == np.float32
    fine = (record[..., 0] > 2e-3).all(axis=1)  # where half precision has digits enough to multiply with
    for item in np.flatnonzero(fine):
        assert found[item] == pytest.approx(slow(name, record[item]), rel=5e-3, abs=5e-3)


def test_averaged_margin_is_that_of_the_averaged_probabilities():
    z = np.array([[2.0, 0.0, -3.0], [0.5, 1.0, -2.0], [1.0, 0.0, -1.0]])  # the strongest other class is 1 throughout
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    record = np.stack([p[:, 0], z[:, 0] - z[:, 1]], axis=1)[None].astype(np.float16)
    found = score("averaged_margin", Inputs(np.array([0, 1], np.int32), 3, dynamics=np.repeat(record, 2, axis=0)))
    mean = p.mean(axis=0)
    assert found.score[0] == pytest.approx(np.log(mean[1]) - np.log(mean[0]), abs=2e-3)


@pytest.mark.parametrize(("name", "least"), [("aum", 0.99), ("forgetting", 0.95), ("late_stopping", 0.97)])
def test_finds_planted_flips(name, least):
    inputs, _, wrong = flipped_digits()
    assert roc_auc_score(wrong, score(name, inputs).score) > least


def test_averaged_margin_finds_planted_flips():
    inputs, _, wrong = flipped_digits()
    assert roc_auc_score(wrong, score("averaged_margin", inputs).score) > 0.99


def test_never_learnt_is_worst_of_all():
    margin = np.array([[-1, -1, -1, -1, -1, -1], [1, -1, 1, -1, 1, -1], [1, 1, 1, 1, 1, 1]], float)
    record = np.stack([1 / (1 + np.exp(-margin)), margin], axis=2).astype(np.float16)
    inputs = Inputs(np.array([0, 1, 1], np.int32), 2, dynamics=record)
    assert score("forgetting", inputs).score.tolist() == [6, 3, 0]
    assert score("late_stopping", inputs).score.tolist() == [7, 7, 1]


@pytest.mark.parametrize("name", NAMES)
def test_renumbering_renumbers(name):
    inputs, _, _ = flipped_digits()
    order = np.random.default_rng(1).permutation(inputs.n)
    moved = Inputs(inputs.labels[order], 10, dynamics=inputs.dynamics[order])
    np.testing.assert_array_equal(score(name, moved).score, score(name, inputs).score[order])


@pytest.mark.parametrize("name", NAMES)
def test_a_relabel_makes_it_stale_and_its_undoing_fresh(name):
    inputs, truth, _ = flipped_digits()
    one, first = get(name), score(name, inputs)
    worst = int(np.nanargmax(first.score))
    changed = inputs.relabelled({worst: int(truth[worst]), 5: -1})
    later = one.update(changed, first, np.array([5, worst]))
    assert later.stale
    assert not first.stale
    assert later.score[worst] == first.score[worst]  # what was recorded is of the old label, and says so
    assert np.isnan(later.score[5])
    assert np.isfinite(first.score[5])
    assert one.explain(worst, inputs, first, CLASSES)
    assert one.explain(worst, changed, later, CLASSES) == []
    back = one.update(inputs, later, np.array([5, worst]))
    assert not back.stale
    np.testing.assert_array_equal(back.score, first.score)


@pytest.mark.parametrize("name", NAMES)
def test_odd_inputs(name):
    record = softmax_record(np.random.default_rng(0), 6, 5)
    record[0] = np.nan  # was unlabelled while the probe trained
    record[1] = (0, -6e4)
    record[2] = (1, 6e4)
    labels = np.array([1, 0, 1, -1, 0, 2], np.int32)  # class 2 has one item, class 3 none
    found = score(name, Inputs(labels, 4, dynamics=record))
    assert np.isnan(found.score[[0, 3]]).all()
    assert np.isfinite(found.score[[1, 2, 4, 5]]).all()
    assert found.score[1] > found.score[2]
    assert np.isnan(score(name, Inputs(np.zeros(6, np.int32), 4, dynamics=record)).score).all()
    assert np.isnan(score(name, Inputs(labels, 4, dynamics=record[:, :0])).score).all()
    nobody = Inputs(np.empty(0, np.int32), 4, dynamics=record[:0])
    assert score(name, nobody).score.shape == (0,)


@pytest.mark.parametrize("name", NAMES)
def test_says_something_of_errors_and_little_of_the_rest(name):
    inputs, _, wrong = flipped_digits()
    found = score(name, inputs)
    spoken = np.array([bool(get(name).explain(i, inputs, found, CLASSES)) for i in range(inputs.n)])
    assert spoken[wrong].mean() > 0.6
    assert spoken[~wrong].mean() < 0.1
    reason = next(r for i in np.flatnonzero(wrong) for r in get(name).explain(int(i), inputs, found, CLASSES))
    assert reason.name == name


def test_all_are_marked_as_not_exact():
    assert all(not get(name).exact for name in NAMES)
    assert training_dynamics.RUNNING == 3
