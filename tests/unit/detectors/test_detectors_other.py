"""Outliers, near-duplicates, conflicting duplicates."""

import numpy as np
import pytest
from detectors_help import CLASSES, flipped_digits

from explorer.detectors import Inputs, get, run
from explorer.detectors.other_issues import near_duplicate, outlier
from explorer.graph import build
from explorer.progress import Progress


def score(name, inputs):
    return get(name).run(inputs, Progress())


def with_graph(x, labels=None, **more):
    y = np.zeros(len(x), np.int32) if labels is None else np.asarray(labels, np.int32)
    return Inputs(y, int(max(2, y.max() + 1)), graph=build(x, 20), **more)


def test_outlier_finds_noise_among_digits():
    inputs, _, _ = flipped_digits()
    rng = np.random.default_rng(0)
    x = np.concatenate([inputs.vectors, rng.normal(scale=0.4, size=(7, 64)).astype(np.float32)])
    result = score("outlier", with_graph(x))
    assert set(np.argsort(-result.score)[:7]) == set(range(700, 707))
    assert result.flags[700:].all()
    assert result.flags[:700].mean() < 0.01
    public = outlier.Outlier.public_score(result)
    assert np.median(public) == pytest.approx(0.5, abs=1e-3)
    assert public.min() >= 0
    assert public[700:].max() < public[:700].min()
    (reason,) = get("outlier").explain(703, with_graph(x), result, CLASSES)
    assert "times as far from its nearest as a typical item" in reason.text
    assert get("outlier").explain(0, with_graph(x), result, CLASSES) == []


def test_outlier_among_copies_flags_only_what_is_far():
    x = np.concatenate([np.repeat(np.eye(3, 8), 40, axis=0), [[-1.0] * 8]]).astype(np.float32)
    result = score("outlier", with_graph(x))
    assert np.flatnonzero(result.flags).tolist() == [120]
    assert np.isfinite(outlier.Outlier.public_score(result)).all()


def test_near_duplicates_form_groups():
    inputs, _, _ = flipped_digits()
    rng = np.random.default_rng(0)
    copies = inputs.vectors[[10, 10, 20]] + rng.normal(scale=1e-3, size=(3, 64)).astype(np.float32)
    result = score("near_duplicate", with_graph(np.concatenate([inputs.vectors, copies])))
    group = result.frozen["group"]
    assert group[10] == group[700] == group[701] >= 0
    assert group[20] == group[702] >= 0
    assert group[10] != group[20]
    assert {(10, 700), (10, 701), (20, 702)} <= {tuple(p) for p in result.pairs.tolist()}
    assert np.array_equal(result.flags, group >= 0)
    assert result.flags.sum() < 30
    public = near_duplicate.NearDuplicate.public_score(result)
    assert ((public >= 0) & (public <= 1)).all()
    assert public[[10, 700, 701]].max() < public[~result.flags].min()
    numbers = np.unique(group[group >= 0])
    np.testing.assert_array_equal(numbers, np.arange(len(numbers)))


def test_no_near_duplicates_in_no_graph_of_them():
    result = score("near_duplicate", with_graph(np.eye(5, dtype=np.float32)))
    assert result.pairs.shape == (0, 2)
    assert not result.flags.any()


def test_conflicting_duplicates_from_all_three_sources():
    x = np.random.default_rng(0).normal(size=(40, 16)).astype(np.float32)
    x[5] = x[4]  # equal vectors, other labels
    x[7] = x[6]  # equal vectors, one label
    labels = np.zeros(40, np.int32)
    labels[5] = 1
    labels[9] = 1
    hashes = np.array([f"h{i}" for i in range(40)], dtype=object)
    hashes[9] = hashes[8]  # equal content under two keys
    conflicting = np.zeros(40, bool)
    conflicting[20] = True  # occurrences of one item disagree
    inputs = with_graph(x, labels, conflicting=conflicting, content_hashes=hashes)
    result = score("conflicting_duplicate", inputs)
    assert np.flatnonzero(result.flags).tolist() == [4, 5, 8, 9, 20]
    (reason,) = get("conflicting_duplicate").explain(4, inputs, result, ("cat", "dog"))
    assert reason.text == "copies of it are labelled cat, dog"
    (reason,) = get("conflicting_duplicate").explain(20, inputs, result, ("cat", "dog"))
    assert "different given labels" in reason.text
    after = inputs.relabelled({5: 0})
    updated = get("conflicting_duplicate").update(after, result, np.array([5]))
    np.testing.assert_array_equal(updated.flags, score("conflicting_duplicate", after).flags)
    assert not updated.flags[[4, 5]].any()


def test_conflicts_without_a_graph():
    inputs = Inputs(np.array([0, 1], np.int32), 2, conflicting=np.array([True, False]))
    assert run(inputs).results["conflicting_duplicate"].flags.tolist() == [True, False]


def test_an_unlabelled_copy_does_not_conflict():
    x = np.repeat(np.eye(2, 4), 2, axis=0)
    assert not score("conflicting_duplicate", with_graph(x, [0, -1, 1, 1])).flags.any()
