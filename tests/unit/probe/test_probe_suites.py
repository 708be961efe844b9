"""Probe suites and checkpoints: what trains along, who never sees it, and that the data hardly notice."""

import numpy as np
import pytest
from detectors_help import flipped_digits
from sklearn.metrics import average_precision_score

from explorer import probe
from explorer.engine.threads import torch_workers
from explorer.errors import DataError
from explorer.probe.fit import EPOCHS
from explorer.probe.folds import assign
from explorer.probe.linear import Linear
from explorer.probe.suites import KINDS, plant
from explorer.progress import Progress


@pytest.fixture(scope="module")
def digits():
    inputs, truth, wrong = flipped_digits()
    return inputs.vectors, inputs.labels, truth, wrong, inputs


@pytest.fixture(scope="module")
def fitted(digits):
    x, y, *_ = digits
    return probe.out_of_fold(x, y, 10, ids=np.arange(len(y)), suites=True, checkpoints=4)


@pytest.fixture(scope="module")
def planted(digits):
    x, y, *_, inputs = digits
    fold = assign(y, 10, 5)
    return fold, plant(x, y, fold, np.arange(len(y)), inputs.probs, 0)


def test_every_suite_has_its_items_and_their_record(fitted):
    suites = fitted.suites
    assert suites.kinds == KINDS
    assert np.bincount(suites.kind).tolist() == [10] * 5
    assert suites.dynamics.shape == (50, EPOCHS, 2)
    assert suites.dynamics.dtype == np.float16
    assert np.isfinite(suites.dynamics).all()
    late = suites.dynamics[:, -1, 0].astype(float)
    mean = {name: late[suites.kind == k].mean() for k, name in enumerate(KINDS)}
    assert mean["typical"] > 0.8
    assert mean["mislabelled"] < 0.2
    assert mean["mislabelled"] < mean["atypical"] < mean["typical"]


def test_without_them_nothing_is_another_bit(digits):
    x, y, *_, inputs = digits
    plain = probe.out_of_fold(x, y, 10, ids=np.arange(len(y)), checkpoints=1)
    np.testing.assert_array_equal(plain.probs, inputs.probs)
    np.testing.assert_array_equal(plain.dynamics, inputs.dynamics)
    assert plain.suites is None
    assert probe.out_of_fold(x[:50], y[:50], 10).checkpoints is None


def test_the_data_hardly_notice(digits, fitted):
    x, y, _, wrong, inputs = digits
    rows = np.arange(len(y))
    moved = np.abs(fitted.probs - inputs.probs).sum(axis=1).mean() / 2
    other_folds = probe.out_of_fold(x, y, 10, ids=rows, seed=1)
    assert moved < np.abs(other_folds.probs - inputs.probs).sum(axis=1).mean() / 2
    before = average_precision_score(wrong, 1 - inputs.probs[rows, y])
    assert average_precision_score(wrong, 1 - fitted.probs[rows, y]) > before - 0.02


def test_row_order_changes_nothing(digits, fitted):
    x, y, *_ = digits
    order = np.random.default_rng(5).permutation(len(y))
    again = probe.out_of_fold(x[order], y[order], 10, ids=np.arange(len(y))[order], suites=True, checkpoints=4)
    np.testing.assert_array_equal(again.probs, fitted.probs[order])
    np.testing.assert_array_equal(again.checkpoints, fitted.checkpoints[:, order])
    np.testing.assert_array_equal(again.suites.dynamics, fitted.suites.dynamics)


def test_copies_are_held_out_with_their_originals(digits, planted):
    x, y, *_ = digits
    fold, made = planted
    size = len(made.labels) // 3
    for item in range(size):  # mislabelled copies: the vector of one row, with another label, in that row's fold
        original = np.flatnonzero((x == made.vectors[item]).all(axis=1))
        assert len(original) == 1
        assert fold[original[0]] == made.fold[item]
        assert y[original[0]] != made.labels[item]
    near = made.vectors[size : 2 * size] @ x.T / np.linalg.norm(x, axis=1)
    original = near.argmax(axis=1)
    kept = original[y[original] == made.labels[size : 2 * size]]
    assert len(kept) >= size // 2  # most of a corrupted copy's nearest rows are its originals, or at least of its class
    assert set(made.fold[2 * size :]) <= set(range(5))


def test_a_copy_in_another_fold_would_be_seen(digits):
    x, y, *_, inputs = digits
    fold = assign(y, 10, 5)
    made = plant(x, y, fold, np.arange(len(y)), inputs.probs, 0)
    size = len(made.labels) // 3
    original = np.array([np.flatnonzero((x == v).all(axis=1))[0] for v in made.vectors[:size]])

    def told(folds_of_copies):
        rows, labels = np.concatenate([x, made.vectors[:size]]), np.concatenate([y, made.labels[:size]])
        with torch_workers("probe") as pool:
            fitted = Linear(rows, labels, 10, 5, (1.0,), "cpu", pool, fold=np.concatenate([fold, folds_of_copies]))
            for _ in range(4):
                fitted.train(Progress())
            return fitted.predict()[original, made.labels[:size]].mean()

    assert told(made.fold[:size]) < 0.7 * told((made.fold[:size] + 1) % 5)


def test_typical_and_atypical_are_right_in_the_probes_eyes(digits, planted):
    _, y, _, wrong, inputs = digits
    _, made = planted
    typical, atypical = made.reference[:10], made.reference[10:]
    assert not set(typical) & set(atypical)
    assert not wrong[made.reference].any()
    own = inputs.probs[np.arange(len(y)), y]
    assert own[typical].min() > own[atypical].max()


def test_vectors_made_up_have_the_scale_of_the_data(digits, planted):
    x, _, *_ = digits
    _, made = planted
    usual = np.linalg.norm(x - x.mean(axis=0), axis=1).mean()
    length = np.linalg.norm(made.vectors - x.mean(axis=0), axis=1).reshape(3, -1).mean(axis=1)
    np.testing.assert_allclose(length, usual, rtol=0.15)


def test_large_data_have_larger_suites():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 40_000).astype(np.int32)
    x = np.eye(3, dtype=np.float32)[y]
    part = np.arange(3000)
    made = plant(x, y, assign(y, 3, 5), part, x[part], 0)
    assert np.bincount(made.kind).tolist() == [250] * 5
    assert len(made.labels) == 750


@pytest.mark.parametrize("labels", [[0] * 30, [-1] * 30, [0, 1] + [-1] * 28, list(range(30))])
def test_too_little_to_plant(labels):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 4)).astype(np.float32), np.array(labels, np.int32)
    found = probe.out_of_fold(x, y, 30, suites=True, checkpoints=2)
    assert found.suites is None
    assert found.checkpoints.shape == (2, 30, 30)
    np.testing.assert_allclose(found.checkpoints.astype(float).sum(axis=2), 1, atol=0.02)


def test_rare_classes_are_never_copied(digits):
    x, y, *_ = digits
    few = np.where(y < 4, y, -1).astype(np.int32)
    few[np.flatnonzero(y == 7)[:1]] = 4
    found = probe.out_of_fold(x, few, 5, suites=True)
    assert found.suites is not None
    assert np.isfinite(found.suites.dynamics).all()


def test_checkpoints_lead_to_the_probabilities(fitted):
    assert fitted.checkpoints.dtype == np.float16
    assert fitted.checkpoints.shape == (4, 700, 10)
    np.testing.assert_allclose(fitted.checkpoints[-1].astype(float), fitted.probs, atol=1e-3)
    away = np.abs(fitted.checkpoints.astype(float) - fitted.probs).mean(axis=(1, 2))
    assert (np.diff(away) <= 0).all()
    assert away[0] > 10 * away[-1]


@pytest.mark.parametrize("count", [-1, EPOCHS + 1])
def test_refuses_checkpoints_that_cannot_be(digits, count):
    with pytest.raises(DataError, match="checkpoints"):
        probe.out_of_fold(digits[0], digits[1], 10, checkpoints=count)
    every = probe.out_of_fold(digits[0][:100], digits[1][:100], 10, checkpoints=EPOCHS)
    assert len(every.checkpoints) == EPOCHS
