"""Rare classes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.detectors import Inputs, again, get
from explorer.detectors.other_issues import imbalance
from explorer.progress import Progress


def run(inputs):
    return get("imbalance").run(inputs, Progress())


def same(one, two):
    np.testing.assert_array_equal(one.score, two.score)
    np.testing.assert_array_equal(one.flags, two.flags)
    assert one.summary == two.summary


def inputs_of(*counts, unlabelled=0):
    labels = np.repeat(np.arange(-1, len(counts)), [unlabelled, *counts]).astype(np.int32)
    return Inputs(np.random.default_rng(0).permutation(labels).astype(np.int32), len(counts))


def test_it_equals_the_formula():
    inputs = inputs_of(500, 300, 150, 30, 20, unlabelled=17)
    result = run(inputs)
    for i, y in enumerate(inputs.labels):
        if y < 0:
            assert np.isnan(result.score[i])
            assert not result.flags[i]
            continue
        n_y = int((inputs.labels == y).sum())
        assert result.score[i] == pytest.approx(max(0, 1 - 5 * n_y / 1000))
        assert result.flags[i] == (n_y < 0.1 * 1000 / 5)
    assert not result.flags.any()  # twenty of a thousand in five classes is just no issue


def test_rare_classes_are_flagged_and_counted():
    inputs = inputs_of(900, 80, 19, 1, 0)
    result = run(inputs)
    assert set(inputs.labels[result.flags]) == {2, 3}
    assert result.summary["count"] == [900, 80, 19, 1, 0]
    assert result.summary["share"] == [0.9, 0.08, 0.019, 0.001, 0]
    assert result.summary["rare"] == [2, 3]
    assert result.summary["empty"] == [4]
    assert result.summary["unevenness"] == 900
    by_class = [float(result.score[inputs.labels == c].max()) for c in range(4)]
    assert by_class == sorted(by_class)
    public = imbalance.Imbalance.public_score(result)
    assert public[inputs.labels == 3].tolist() == [pytest.approx(0.005)]
    assert public[inputs.labels == 0].min() == 1
    explain = get("imbalance").explain
    (reason,) = explain(int(np.flatnonzero(inputs.labels == 2)[0]), inputs, result, tuple("abcde"))
    assert reason.text == "only 19 items are labelled c; an even share would be 200"
    (reason,) = explain(int(np.flatnonzero(inputs.labels == 3)[0]), inputs, result, tuple("abcde"))
    assert reason.text == "only this item is labelled d; an even share would be 200"
    assert explain(int(np.flatnonzero(inputs.labels == 0)[0]), inputs, result, tuple("abcde")) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-1, 4), min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(0, 29), st.integers(-1, 4)), min_size=1, max_size=8),
)
def test_update_equals_a_full_run(labels, changes):
    inputs = Inputs(np.array(labels, np.int32), 5)
    result = run(inputs)
    for item, label in changes:
        inputs = inputs.relabelled({item % len(labels): label})
        before = result.frozen["counts"].copy()
        updated = get("imbalance").update(inputs, result, np.array([item % len(labels)]))
        np.testing.assert_array_equal(result.frozen["counts"], before)
        same(updated, again("imbalance", inputs, updated))
        result = updated


def test_several_at_once():
    inputs = inputs_of(40, 30, 3)
    after = inputs.relabelled({0: 2, 1: 2, 5: -1, 9: 0})
    same(get("imbalance").update(after, run(inputs), np.array([0, 1, 5, 9])), run(after))


def test_renumbering_the_items_renumbers_the_result():
    inputs = inputs_of(40, 30, 3, unlabelled=4)
    order = np.random.default_rng(1).permutation(inputs.n)
    np.testing.assert_array_equal(run(inputs).score[order], run(Inputs(inputs.labels[order], 3)).score)


@pytest.mark.parametrize("labels", [[], [-1, -1], [1, 1, 1], [0]])
def test_one_class_or_none_has_nothing_to_compare_with(labels):
    result = run(Inputs(np.array(labels, np.int32), 2))
    assert np.isnan(result.score).all()
    assert not result.flags.any()


def test_one_class_in_all():
    assert np.isnan(run(Inputs(np.zeros(3, np.int32), 1)).score).all()
