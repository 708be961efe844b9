"""Metadata archaeology: nearest training curves by hand, kinds, and what it does with odd data."""

import functools
from dataclasses import replace

import numpy as np
import pytest
from detectors_help import CLASSES, flipped_digits
from sklearn.metrics import roc_auc_score

from explorer import probe
from explorer.detectors import Inputs, get
from explorer.detectors.label_errors import archaeology
from explorer.errors import DataError
from explorer.probe.suites import KINDS, Suites
from explorer.progress import Progress

BAD = KINDS.index("mislabelled")


def score(inputs):
    return get("archaeology").run(inputs, Progress())


@functools.cache
def with_suites():
    inputs, truth, wrong = flipped_digits()
    found = probe.out_of_fold(inputs.vectors, inputs.labels, 10, ids=np.arange(inputs.n), suites=True)
    return replace(inputs, probs=found.probs, dynamics=found.dynamics, suites=found.suites), truth, wrong


def made_up(n=60, m=(25, 30, 22), epochs=6, seed=0):
    """Items and suites with random curves, each kind on a level of its own."""
    rng = np.random.default_rng(seed)
    kind = np.repeat(np.arange(len(m), dtype=np.int8), m)

    def record(level):
        p = 1 / (1 + np.exp(-(level[:, None] + rng.normal(size=(len(level), epochs)))))
        return np.stack([p, np.log(p / (1 - p))], axis=2).astype(np.float16)

    suites = Suites(("typical", "atypical", "mislabelled"), kind, record(np.array([2.0, 0.0, -2.0])[kind]))
    labels = rng.integers(-1, 3, n).astype(np.int32)
    dynamics = record(rng.normal(size=n) * 2)
    dynamics[labels < 0] = np.nan
    return Inputs(labels, 3, dynamics=dynamics, suites=suites)


def test_by_hand():
    inputs = made_up()
    found = score(inputs)
    suites = inputs.suites
    loss = -np.log(np.maximum(inputs.dynamics[..., 0].astype(float), 1e-4))
    known = -np.log(np.maximum(suites.dynamics[..., 0].astype(float), 1e-4))
    for item in range(inputs.n):
        if inputs.labels[item] < 0:
            assert np.isnan(found.score[item])
            assert found.frozen["kind"][item] == -1
            continue
        far = [sum((loss[item, t] - curve[t]) ** 2 for t in range(6)) for curve in known]
        nearest = sorted(range(len(far)), key=far.__getitem__)[:20]
        count = [sum(suites.kind[j] == k for j in nearest) for k in range(3)]
        assert found.score[item] == pytest.approx(count[2] / 20)
        assert count[found.frozen["kind"][item]] == max(count)
    assert found.score.dtype == np.float32
    assert found.frozen["kind"].dtype == np.int8
    assert sum(found.summary["counts"].values()) == (inputs.labels >= 0).sum()


def test_finds_planted_flips():
    inputs, _, wrong = with_suites()
    found = score(inputs)
    assert roc_auc_score(wrong, found.score) > 0.97
    assert wrong[found.flags].mean() > 0.9
    kind, names = archaeology.kinds(found)
    assert names == KINDS
    assert (kind[~wrong] == KINDS.index("typical")).mean() > 0.4
    assert found.summary["recognised"]["mislabelled"] >= 0.5


def test_renumbering_renumbers():
    inputs, _, _ = with_suites()
    order = np.random.default_rng(1).permutation(inputs.n)
    moved = Inputs(inputs.labels[order], 10, dynamics=inputs.dynamics[order], suites=inputs.suites)
    before, after = score(inputs), score(moved)
    np.testing.assert_array_equal(after.score, before.score[order])
    np.testing.assert_array_equal(after.frozen["kind"], before.frozen["kind"][order])


def test_curves_at_equal_distance_count_together():
    inputs = made_up(m=(30, 1, 30))  # k is 1, and that one is a copy of two
    dynamics = np.concatenate([inputs.suites.dynamics[[0, 0, 31]], inputs.dynamics[3:]])
    twins = inputs.suites.dynamics.copy()
    twins[31] = twins[0]
    labels = np.where(np.arange(inputs.n) < 3, 1, inputs.labels).astype(np.int32)
    same = replace(inputs, labels=labels, dynamics=dynamics, suites=replace(inputs.suites, dynamics=twins))
    assert score(same).score[:2].tolist() == [0.5, 0.5]


def test_a_relabel_makes_it_stale():
    inputs, truth, _ = with_suites()
    first = score(inputs)
    worst = int(np.nanargmax(first.score))
    changed = inputs.relabelled({worst: int(truth[worst]), 4: -1})
    later = get("archaeology").update(changed, first, np.array([4, worst]))
    assert later.stale
    assert not first.stale
    assert later.score[worst] == first.score[worst]
    assert np.isnan(later.score[4])
    assert np.isfinite(first.score[4])
    assert "as slowly as mislabelled" in get("archaeology").explain(worst, inputs, first, CLASSES)[0].text
    assert get("archaeology").explain(worst, changed, later, CLASSES) == []


def test_says_nothing_of_a_kind_that_does_not_know_its_own():
    inputs, _, _ = with_suites()
    found = score(inputs)
    item = int(np.flatnonzero(found.flags)[0])
    assert get("archaeology").explain(item, inputs, found, CLASSES)
    doubtful = {**found.summary, "recognised": dict.fromkeys(KINDS, 0.2)}
    assert get("archaeology").explain(item, inputs, replace(found, summary=doubtful), CLASSES) == []
    typical = int(np.flatnonzero(found.frozen["kind"] == 0)[0])
    assert get("archaeology").explain(typical, inputs, found, CLASSES) == []


def test_odd_inputs():
    inputs = made_up()
    assert np.isnan(score(replace(inputs, labels=np.ones(60, np.int32))).score).all()
    assert np.isnan(score(replace(inputs, labels=np.full(60, -1, np.int32))).score).all()
    extreme = inputs.dynamics.copy()
    extreme[:2, :, 0] = [[0], [1]]
    labels = np.where(np.arange(60) < 2, 1, inputs.labels).astype(np.int32)
    found = score(replace(inputs, dynamics=extreme, labels=labels))
    assert found.score[0] > found.score[1]
    none = Suites(KINDS, np.empty(0, np.int8), np.empty((0, 6, 2), np.float16))
    assert np.isnan(score(replace(inputs, suites=none)).score).all()
    few = Suites(inputs.suites.kinds, np.array([0, 2], np.int8), inputs.suites.dynamics[[0, 60]])
    assert np.isfinite(score(replace(inputs, suites=few)).score[inputs.labels >= 0]).all()
    with pytest.raises(DataError, match="no mislabelled"):
        score(replace(inputs, suites=replace(inputs.suites, kinds=("a", "b", "c"))))
    with pytest.raises(DataError, match="shape"):
        score(replace(inputs, suites=replace(inputs.suites, dynamics=inputs.suites.dynamics[:, :3])))
