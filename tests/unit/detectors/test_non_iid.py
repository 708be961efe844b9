"""Rows whose order says something about them."""

import numpy as np
import pytest
from other_issues_help import random_case, renumbered
from sklearn.datasets import load_digits

from explorer.detectors import Inputs, again, get
from explorer.detectors.other_issues import non_iid
from explorer.graph import build
from explorer.progress import Progress


def run(inputs):
    return get("non_iid").run(inputs, Progress())


def of_rows(x, seed=0, **more):
    return Inputs(np.zeros(len(x), np.int32), 2, graph=build(x, 15, ids=np.arange(len(x)) * 7), seed=seed, **more)


def digits(order):
    x, y = load_digits(return_X_y=True)
    x = (x / 16 - (x / 16).mean(axis=0)).astype(np.float32)
    rows = np.argsort(y, kind="stable") if order == "sorted" else np.random.default_rng(1).permutation(len(x))
    return of_rows(x[rows])


@pytest.mark.parametrize("seed", range(3))
def test_scores_and_statistic_equal_their_formulas(seed):
    inputs = random_case(seed, n=30, k=12)
    result = run(inputs)
    n, distances = inputs.n, []
    for i in range(n):
        total = 0.0
        for j in inputs.graph.indices[i, :10]:
            d = abs(i - int(j))
            distances.append(d)
            others = [abs(i - r) for r in range(n) if r != i]
            total += (sum(o < d for o in others) + 0.5 * sum(o == d for o in others)) / (n - 1)
        assert result.score[i] == pytest.approx(1 - total / 10, abs=1e-6)
    pairs = [abs(i - j) for i in range(n) for j in range(n) if i != j]
    gaps = [np.mean(np.array(distances) <= d) - np.mean(np.array(pairs) <= d) for d in range(1, n)]
    assert result.summary["statistic"] == pytest.approx(max(0, *gaps))
    assert non_iid.statistic(np.array(distances), n) == result.summary["statistic"]


def test_p_values_of_shuffled_rows_are_even():
    found = [run(random_case(seed, n=60, k=10)).summary["p_value"] for seed in range(40)]
    assert 0.3 < np.mean(found) < 0.7
    assert np.mean(np.array(found) <= 0.1) < 0.3
    assert min(found) >= 1 / 200


def test_rows_sorted_by_class_are_found():
    result = run(digits("sorted"))
    assert result.summary["p_value"] == 1 / 200
    assert result.summary["median_distance"] < 0.2 * result.summary["median_by_chance"]
    assert result.flags.mean() > 0.5
    shuffled = run(digits("shuffled"))
    assert shuffled.summary["p_value"] > 0.05
    assert not shuffled.flags.any()
    assert abs(shuffled.score.mean() - 0.5) < 0.01
    assert result.score.mean() > 0.8


def test_shuffling_the_rows_silences_it():
    """The one method that is meant to change with the order of the rows."""
    inputs = digits("sorted")
    other, order = renumbered(inputs, seed=3)
    assert run(other).summary["p_value"] > 0.02
    assert not np.array_equal(run(inputs).score[order], run(other).score)


def test_a_video_among_random_rows():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 12)).astype(np.float32)
    x[200:300] = np.cumsum(rng.normal(scale=0.15, size=(100, 12)), axis=0) + 2 * x[200]
    inputs = of_rows(x)
    result = run(inputs)
    assert result.summary["p_value"] <= 0.05
    assert result.flags[200:300].mean() > 0.5
    assert result.flags[:200].mean() < 0.05
    item = 200 + int(result.score[200:300].argmax())
    (reason,) = get("non_iid").explain(item, inputs, result, ("a", "b"))
    assert "rows away; by chance it would be" in reason.text
    assert get("non_iid").explain(int(result.score.argmin()), inputs, result, ("a", "b")) == []


def test_blocks_and_samples(monkeypatch):
    inputs = digits("sorted")
    whole = run(inputs)
    monkeypatch.setattr(non_iid, "BLOCK", 100)
    np.testing.assert_array_equal(run(inputs).score, whole.score)
    monkeypatch.setattr(non_iid, "SAMPLE", 200)
    sampled = run(inputs)
    np.testing.assert_array_equal(sampled.score, whole.score)
    assert sampled.summary["p_value"] == 1 / 200
    assert sampled.summary["statistic"] == pytest.approx(whole.summary["statistic"], abs=0.1)
    assert run(inputs).summary == sampled.summary


def test_copies_in_random_rows_are_no_order():
    x = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    x[np.random.default_rng(1).choice(300, 60, replace=False)] = x[0]
    assert run(of_rows(x)).summary["p_value"] > 0.02


def test_no_label_is_read():
    inputs = random_case(0)
    result = run(inputs)
    after = inputs.relabelled({3: 1})
    assert get("non_iid").update(after, result, np.array([3])) is result
    np.testing.assert_array_equal(again("non_iid", after, result).score, result.score)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_few_items(n):
    result = run(Inputs(np.zeros(n, np.int32), 2, graph=build(np.eye(n, 6, dtype=np.float32), 10)))
    assert result.summary["p_value"] > 0.05
    assert not result.flags.any()
