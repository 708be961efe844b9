"""How many labels are counted as wrong by the pooled opinion."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.detectors.combine.counted_noise import counted_noise
from explorer.detectors.combine.noise_level import estimate, share
from explorer.detectors.label_errors.confident import estimate as joint_of


@pytest.mark.parametrize("classes", [2, 5])
def test_it_is_what_confident_learning_counts(classes: int) -> None:
    """Compared with a plain loop over the formula, and with the joint of the detector."""
    rng = np.random.default_rng(classes)
    labels = rng.integers(0, classes, 300).astype(np.int32)
    q = rng.dirichlet(np.ones(classes), 300) + 0.8 * np.eye(classes)[labels]
    q /= q.sum(axis=1, keepdims=True)
    means = [np.mean([row[c] for row, y in zip(q, labels, strict=True) if y == c]) for c in range(classes)]
    counts = np.zeros((classes, classes))
    for row, y in zip(q, labels, strict=True):
        reached = [c for c in range(classes) if row[c] >= means[c]]
        if reached:
            counts[y, max(reached, key=lambda c: row[c])] += 1
    joint = counts / counts.sum(axis=1, keepdims=True) * np.bincount(labels)[:, None] / 300
    blocks = [(q[:100], labels[:100]), (q[100:], labels[100:])]
    found = counted_noise(lambda: blocks, classes)
    assert found == pytest.approx(1 - np.trace(joint))
    assert found == pytest.approx(joint_of(q.astype(np.float32), labels, classes).noise, abs=1e-3)


def test_nobody_is_counted_as_nothing() -> None:
    assert counted_noise(list, 3) == 0


def test_the_estimate_is_the_mean_of_the_two() -> None:
    rng = np.random.default_rng(0)
    sure, disagrees = rng.random(2000), rng.random(2000) < 0.2
    alone = estimate(sure, disagrees, np.full(2000, 0.2), 4)
    both = estimate(sure, disagrees, np.full(2000, 0.2), 4, 0.1)
    assert both.overall == pytest.approx((alone.overall + 0.1) / 2)
    np.testing.assert_array_equal(both.rate, alone.rate)


def test_the_estimate_has_no_jump_where_nothing_is_counted() -> None:
    rng = np.random.default_rng(0)
    sure, disagrees = rng.random(2000), rng.random(2000) < 0.2
    nothing, next_to_nothing = (estimate(sure, disagrees, np.full(2000, 0.2), 4, c).overall for c in (0.0, 1e-4))
    assert 0 < nothing == pytest.approx(next_to_nothing, abs=1e-4)
    assert share(0.0, 0.0) == 0
    several = [share(0.2, c) for c in (0, 1e-4, 2e-4, 3e-4, 5e-4, 1e-3, 1e-2, 0.1)]
    assert (np.diff(several) <= 0.05 + 1e-12).all()
    assert several == sorted(several)
    assert share(0.2, float("nan")) == 0.2
