"""`find_issues`: the ranking from plain arrays."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

import explorer
from explorer import graph
from explorer.errors import DataError, UnknownName


@pytest.fixture(scope="module")
def planted():
    data = load_digits()
    x = data.data[:600] / 16
    truth = data.target[:600]
    rng = np.random.default_rng(1)
    wrong = rng.choice(600, 30, replace=False)
    y = truth.copy()
    y[wrong] = (truth[wrong] + rng.integers(1, 10, 30)) % 10
    return x - x.mean(axis=0), y, truth, wrong


@pytest.fixture(scope="module")
def frame(planted):
    x, y, _, _ = planted
    return explorer.find_issues(y, features=x)


def test_features_alone(planted, frame):
    _, y, truth, wrong = planted
    assert len(frame) == 600
    assert frame.given_label.tolist() == [str(v) for v in y]
    found = np.argsort(frame.label_score.to_numpy())[:30]
    assert np.isin(found, wrong).mean() >= 0.9
    assert (frame.suggested_label.to_numpy()[wrong] == truth[wrong].astype(str)).mean() > 0.9
    assert np.isin(np.flatnonzero(frame.is_label_issue), wrong).mean() > 0.8


def test_aligned_to_a_series(planted):
    x, y, _, _ = planted
    names = pd.Series(y, index=[f"row{i}" for i in range(600)], name="digit")
    found = explorer.find_issues(names, features=x)
    assert found.index.equals(names.index)


def test_five_per_cent_of_digits_flipped():
    """Of exactly 5 % flipped labels the top 5 % of the ranking holds at least 90 %, mean of five seeds."""
    data = load_digits()
    x = data.data / 16 - (data.data / 16).mean(axis=0)
    shares = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        count = round(0.05 * len(x))
        wrong = rng.choice(len(x), count, replace=False)
        y = data.target.copy()
        y[wrong] = (y[wrong] + rng.integers(1, 10, count)) % 10
        ranked = np.argsort(-explorer.find_issues(y, features=x).p_error.to_numpy(), kind="stable")
        shares.append(np.isin(ranked[:count], wrong).mean())
    assert np.mean(shares) >= 0.95


def test_probs_alone(planted):
    _, y, truth, wrong = planted
    probs = np.where(np.arange(10) == truth[:, None], 0.82, 0.02)
    found = explorer.find_issues(y, probs=probs)
    np.testing.assert_array_equal(np.flatnonzero(found.is_label_issue), np.sort(wrong))
    assert "outlier_score" not in found


def test_graph_alone(planted):
    x, y, _, wrong = planted
    found = explorer.find_issues(y, graph=graph.build(x, 30))
    assert np.isin(np.argsort(found.label_score.to_numpy())[:30], wrong).mean() > 0.8
    assert "outlier_score" in found


def test_missing_labels_get_suggestions(planted):
    x, y, truth, _ = planted
    some = [None if i % 4 == 0 else str(v) for i, v in enumerate(y)]
    found = explorer.find_issues(some, features=x)
    blank = found.given_label.isna()
    assert blank.sum() == 150
    assert found.label_score[blank].isna().all()
    assert not found.is_label_issue[blank].any()
    assert (found.suggested_label[blank] == truth[blank.to_numpy()].astype(str)).mean() > 0.9


def test_words_and_class_order():
    probs = np.array([[0.9, 0.1], [0.2, 0.8], [0.1, 0.9], [0.3, 0.7]])
    found = explorer.find_issues(["dog", "cat", "cat", "dog"], probs=probs, classes=["dog", "cat"])
    assert found.suggested_label.tolist() == ["dog", "cat", "cat", "cat"]
    with pytest.raises(UnknownName, match="cat"):
        explorer.find_issues(["cot"], probs=np.ones((1, 1)), classes=["cat"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "nothing to judge"),
        ({"features": np.zeros((3, 2))}, "4 rows were expected"),
        ({"features": np.zeros(4)}, r"shape \(4,\)"),
        ({"features": np.full((4, 2), np.nan)}, "NaN or infinite"),
        ({"probs": np.ones((4, 3)) / 3}, "4 rows × 2 classes"),
        ({"probs": np.ones((4, 2))}, "do not sum to 1"),
        ({"graph": graph.build(np.eye(3), 2)}, "3 rows of graph"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(DataError, match=message):
        explorer.find_issues(["a", "b", "a", "b"], **arguments)


def test_edges():
    with pytest.raises(DataError, match="no labels"):
        explorer.find_issues([], features=np.zeros((0, 2)))
    one = explorer.find_issues(["a"], features=np.ones((1, 2)))
    assert not one.is_label_issue.any()
    same = explorer.find_issues(["a"] * 5, features=np.random.default_rng(0).normal(size=(5, 3)))
    assert (same.label_score == 1).all()
    few = explorer.find_issues(["a", "b", "a", "b", "c"], features=np.random.default_rng(0).normal(size=(5, 3)))
    assert few.label_score.notna().all()
