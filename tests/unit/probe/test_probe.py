"""The probe: as good as a logistic regression, held out, deterministic, and never thrown by odd classes."""

import threading

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from explorer import graph, probe
from explorer.errors import Cancelled, DataError
from explorer.estimates.trust import trust
from explorer.probe.folds import NEVER, UNLABELLED, assign
from explorer.progress import Progress


@pytest.fixture(scope="module")
def digits():
    data = load_digits()
    x = data.data / 16
    return (x - x.mean(axis=0)).astype(np.float32)[:900], data.target.astype(np.int32)[:900]


@pytest.fixture(scope="module")
def flipped(digits):
    _, truth = digits
    rng = np.random.default_rng(0)
    wrong = rng.random(len(truth)) < 0.1
    return np.where(wrong, (truth + rng.integers(1, 10, len(truth))) % 10, truth).astype(np.int32), wrong


@pytest.fixture(scope="module")
def fitted(digits, flipped):
    return probe.out_of_fold(digits[0], flipped[0], 10, ids=np.arange(900))


def margin(p, y):
    rows, other = np.arange(len(y)), p.copy()
    other[rows, y] = -1
    return other.max(axis=1) - p[rows, y]


def test_ranks_like_logistic_regression(digits, flipped, fitted):
    y, wrong = flipped
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    reference = cross_val_predict(LogisticRegression(max_iter=300), digits[0], y, cv=folds, method="predict_proba")
    ours = average_precision_score(wrong, margin(fitted.probs, y))
    theirs = average_precision_score(wrong, margin(reference, y))
    assert ours > theirs - 0.01
    assert ours > 0.9
    assert fitted.accuracy == pytest.approx((reference.argmax(axis=1) == y).mean(), abs=0.03)


def test_probabilities_are_held_out(digits, fitted, flipped):
    y, wrong = flipped
    rows = np.arange(len(y))
    np.testing.assert_allclose(fitted.probs.sum(axis=1), 1, atol=1e-5)
    # A classifier that had seen the flipped labels would believe them more.
    assert np.median(fitted.probs[rows, y][wrong]) < 0.05
    assert fitted.probs.dtype == np.float32


def test_random_labels_cannot_be_predicted(digits):
    y = np.random.default_rng(1).integers(0, 5, 900).astype(np.int32)
    assert probe.out_of_fold(digits[0], y, 5).accuracy < 0.3


def test_row_order_changes_nothing(digits, flipped, fitted):
    y, _ = flipped
    order = np.random.default_rng(5).permutation(900)
    again = probe.out_of_fold(digits[0][order], y[order], 10, ids=np.arange(900)[order])
    np.testing.assert_array_equal(again.probs, fitted.probs[order])
    np.testing.assert_array_equal(again.dynamics, fitted.dynamics[order])


def test_seed_changes_the_folds(digits, flipped, fitted):
    again = probe.out_of_fold(digits[0], flipped[0], 10, ids=np.arange(900), seed=1)
    assert np.abs(again.probs - fitted.probs).max() > 1e-3


def test_dynamics_tell_flipped_from_right(fitted, flipped):
    _, wrong = flipped
    assert fitted.dynamics.shape == (900, 20, 2)
    assert fitted.dynamics.dtype == np.float16
    area = fitted.dynamics[:, :, 1].astype(float).mean(axis=1)
    assert average_precision_score(wrong, -area) > 0.9
    p = fitted.dynamics[:, :, 0].astype(float)
    assert ((p >= 0) & (p <= 1)).all()
    assert p[:, -1].mean() > p[:, 0].mean()


def test_unlabelled_items_are_predicted_and_teach_nothing(digits, flipped):
    x, truth = digits
    y = truth.copy()
    y[::3] = -1
    found = probe.out_of_fold(x, y, 10, ids=np.arange(900))
    assert (found.probs[::3].argmax(axis=1) == truth[::3]).mean() > 0.85
    assert np.isnan(found.dynamics[::3]).all()
    assert np.isfinite(found.dynamics[1::3]).all()
    moved = x.copy()
    moved[::3] = moved[::3][::-1]
    other = probe.out_of_fold(moved, y, 10, ids=np.arange(900))
    np.testing.assert_allclose(other.probs[1::3], found.probs[1::3], atol=1e-3)


def test_rare_classes(digits):
    x, truth = digits
    y = np.where(truth < 3, truth, -1).astype(np.int32)
    y[np.flatnonzero(truth == 7)[:1]] = 3  # alone
    y[np.flatnonzero(truth == 8)[:3]] = 4  # fewer than folds
    found = probe.out_of_fold(x, y, 6)  # class 5 has nobody
    assert np.isfinite(found.probs).all()
    assert found.per_class["items"].tolist()[3:] == [1, 3, 0]
    assert np.isnan(found.per_class["accuracy"].iloc[5])
    alone = int(np.flatnonzero(y == 3)[0])
    assert found.probs[alone, 3] > 0.05  # it was never held out
    assert found.probs[:, 5].max() < 0.2


def test_folds_are_balanced_in_every_class_and_in_all():
    rng = np.random.default_rng(0)
    labels = rng.choice(60, size=1000, p=rng.dirichlet(np.full(60, 0.3))).astype(np.int32)
    labels[:5] = -1
    fold = assign(labels, 60, 5)
    assert (fold[:5] == UNLABELLED).all()
    for c in range(60):
        mine = fold[labels == c]
        if len(mine) == 1:
            assert mine[0] == NEVER
        elif len(mine):
            assert np.ptp(np.bincount(mine, minlength=5)) <= 1
    assert np.ptp(np.bincount(fold[fold >= 0], minlength=5)) <= 1


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [-1, -1, -1, -1], [0, 1, -1, -1]])
def test_degenerate_labels(labels):
    found = probe.out_of_fold(np.eye(4, dtype=np.float32), np.array(labels, np.int32), 2)
    assert np.isfinite(found.probs).all()
    np.testing.assert_allclose(found.probs.sum(axis=1), 1, atol=1e-5)


def test_refuses_nan_and_says_where():
    x = np.eye(4, dtype=np.float32)
    x[2, 1] = np.nan
    with pytest.raises(DataError, match="position 2"):
        probe.out_of_fold(x, np.array([0, 1, 0, 1], np.int32), 2)


def test_can_be_cancelled(digits, flipped):
    stop = threading.Event()
    progress = Progress(report=lambda stage: stop.set() if stage.done >= 2 else None, cancel=stop, interval=0.0)
    with pytest.raises(Cancelled):
        probe.out_of_fold(digits[0], flipped[0], 10, progress=progress)


def test_trust_in_a_good_embedding(digits, fitted, flipped):
    y, _ = flipped
    names = [str(d) for d in range(10)]
    told = trust(graph.build(digits[0], 20), fitted.probs, y, names)
    assert told.warning is None
    assert told.probe_accuracy == pytest.approx(fitted.accuracy)
    assert 0.7 < told.neighbour_agreement < 0.9
    assert told.per_class.index.tolist() == names
    assert told.per_class["items"].sum() == 900


def test_trust_warns_of_noise(digits):
    noise = np.random.default_rng(0).normal(size=(900, 16)).astype(np.float32)
    y = digits[1]
    found = probe.out_of_fold(noise, y, 10)
    told = trust(graph.build(noise, 20), found.probs, y, [str(d) for d in range(10)])
    assert told.warning is not None
    assert told.warning.startswith("The embedding is weak")
    by_graph = trust(graph.build(noise, 20), None, y, [str(d) for d in range(10)])
    assert by_graph.warning is not None
    assert np.isnan(by_graph.probe_accuracy)


def test_trust_names_a_class_that_is_not_recognised(digits):
    x, y = digits[0].copy(), digits[1]
    x[y == 8] = x[y == 3][np.arange((y == 8).sum()) % (y == 3).sum()]
    y = np.where((y == 8) & (np.arange(900) % 4 > 0), -1, y).astype(np.int32)
    found = probe.out_of_fold(x, y, 10)
    told = trust(None, found.probs, y, [f"digit {d}" for d in range(10)])
    assert told.warning is not None
    assert "digit 8" in told.warning


def test_trust_without_labels():
    told = trust(None, np.full((3, 2), 0.5, np.float32), np.full(3, -1, np.int32), ["a", "b"])
    assert np.isnan(told.probe_accuracy)
    assert told.warning is not None
