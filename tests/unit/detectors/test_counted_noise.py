"""How many labels are counted as wrong by the pooled opinion."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.detectors.combine.counted_noise import counted_noise
from explorer.detectors.combine.noise_level import estimate
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


def test_the_estimate_is_a_geometric_mean() -> None:
    rng = np.random.default_rng(0)
    sure, disagrees = rng.random(2000), rng.random(2000) < 0.2
    alone = estimate(sure, disagrees, np.full(2000, 0.2), 4)
    both = estimate(sure, disagrees, np.full(2000, 0.2), 4, 0.1)
    assert both.overall == pytest.approx(alone.overall**0.25 * 0.1**0.75)
    np.testing.assert_array_equal(both.rate, alone.rate)
