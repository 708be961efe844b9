"""Spellings, overlaps, parts, rests and tiny classes are found; noise and random labels are none of these."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.cues.label_space import area, label_space
from explorer.cues.spelling import distance, is_rest, is_slip, spellings
from explorer.errors import DataError


def opinions(truth, k, sure=4.0, seed=0):
    """Held-out probabilities float32 [N, K] that follow the truth."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(len(truth), k)) + sure * np.eye(k)[truth]
    p = np.exp(logits)
    return (p / p.sum(axis=1, keepdims=True)).astype(np.float32)


def test_spellings_of_one_class_are_found_with_the_items_of_the_rarer():
    labels = np.repeat([0, 1, 2], [50, 12, 40]).astype(np.int32)
    found = label_space(labels, ["Dog", "dog ", "cat"])
    assert [(one.kind, one.name) for one in found] == [("spelling", "dog  = Dog")]
    assert found[0].items.tolist() == list(range(50, 62))
    assert "'Dog' (50), 'dog ' (12)" in found[0].sentence
    assert "merge_classes" in found[0].remedy


@pytest.mark.parametrize(
    "names",
    [
        ("hot dog", "hot_dog"),
        ("café", "CAFE"),
        ("cats", "cat"),
        ("box", "boxes"),
        ("berry", "Berries"),
        ("ﬁsh", "fish"),
    ],
)
def test_what_is_one_name(names):
    assert list(spellings(names).values()) == [[0, 1]]


@pytest.mark.parametrize("names", [("A", "A-"), ("C", "C++"), ("12", "1-2"), ("1", "10"), ("glass", "gla"), ("+", "-")])
def test_what_is_not_one_name(names):
    assert spellings(names) == {}


def test_the_distance_is_that_of_the_plain_recursion():
    def slow(a, b):
        if not a or not b:
            return len(a) + len(b)
        ways = [slow(a[:-1], b) + 1, slow(a, b[:-1]) + 1, slow(a[:-1], b[:-1]) + (a[-1] != b[-1])]
        if len(a) > 1 and len(b) > 1 and a[-1] == b[-2] and a[-2] == b[-1]:
            ways.append(slow(a[:-2], b[:-2]) + 1)
        return min(ways)

    rng = np.random.default_rng(0)
    for _ in range(60):
        a, b = ("".join(rng.choice(list("abc"), rng.integers(0, 6))) for _ in range(2))
        assert distance(a, b) == slow(a, b)


def test_a_slip_counts_only_where_items_are_alike():
    truth = np.repeat([0, 1, 2, 3], 100)
    labels = truth.astype(np.int32)
    names = ["giraffe", "girafe", "zebra", "lion"]
    assert is_slip(*names[:2])
    assert label_space(labels, names, opinions(truth, 4)) == []
    mixed = truth.copy()
    mixed[:200] = np.random.default_rng(0).integers(0, 2, 200)
    found = label_space(labels, names, opinions(mixed, 4))
    assert [one.kind for one in found] == ["spelling"]


def test_plurals_whose_items_are_told_apart_are_two_classes():
    truth = np.repeat([0, 1, 2], 60)
    assert label_space(truth.astype(np.int32), ["new", "news", "old"], opinions(truth, 3)) == []
    assert [one.kind for one in label_space(truth.astype(np.int32), ["new", "news", "old"])] == ["spelling"]


def test_classes_that_nobody_tells_apart():
    truth = np.repeat([0, 1, 2, 3], 100)
    mixed = truth.copy()
    mixed[:200] = np.random.default_rng(0).integers(0, 2, 200)
    labels = truth.astype(np.int32)
    found = label_space(labels, ["sofa", "couch", "table", "lamp"], opinions(mixed, 4))
    assert [(one.kind, one.name) for one in found] == [("alike", "sofa and couch")]
    assert set(found[0].items) == set(range(200))
    partly = truth.copy()
    some = np.random.default_rng(1).random(200) < 0.7
    partly[:200][some] = np.random.default_rng(2).integers(0, 2, int(some.sum()))
    found = label_space(labels, ["sofa", "couch", "table", "lamp"], opinions(partly, 4))
    assert [one.kind for one in found] == ["overlap"]
    assert 0.5 < found[0].figures["apart"] < 0.75


def test_a_class_that_is_a_part_of_another():
    truth = np.repeat([0, 1, 2], [60, 200, 100])
    labels = truth.astype(np.int32)
    lies = truth.copy()
    lies[60:130] = 0  # a third of the dogs are dachshunds
    found = label_space(labels, ["dachshund", "dog", "cat"], opinions(lies, 3, 8.0))
    assert [(one.kind, one.name) for one in found] == [("part", "dachshund in dog")]
    assert set(found[0].items) == set(range(60, 130))


def test_what_is_left_over_and_what_is_tiny():
    truth = np.repeat([0, 1, 2, 3], [80, 80, 40, 2])
    labels = truth.astype(np.int32)
    lies = truth.copy()
    lies[160:170] = 0
    found = label_space(labels, ["cat", "dog", "other", "yak"], opinions(lies, 4, 8.0))
    assert [(one.kind, one.name) for one in found][:1] == [("rest", "other")]
    assert set(found[0].items) == set(range(160, 170))
    assert found[-1].kind == "few"
    assert found[-1].items.tolist() == [200, 201]
    assert is_rest("not dog", ["dogs"])
    assert not is_rest("another")


@pytest.mark.parametrize("noise", [0.0, 0.2, 0.4])
def test_noise_that_is_the_same_everywhere_is_no_overlap(noise):
    alarms = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        truth = rng.integers(0, 5, 400)
        labels = np.where(rng.random(400) < noise, rng.integers(0, 5, 400), truth).astype(np.int32)
        alarms += bool(label_space(labels, list("abcde"), opinions(truth, 5, 5.0, seed)))
    assert alarms <= 1


def test_labels_at_random_raise_no_alarm():
    alarms = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        k = int(rng.integers(2, 8))
        labels = rng.choice(k, 300, p=rng.dirichlet(np.full(k, 5.0))).astype(np.int32)
        found = label_space(
            labels, [f"class {code}" for code in range(k)], opinions(rng.integers(0, k, 300), k, 2.0, seed)
        )
        alarms += any(one.kind != "few" for one in found)
    assert alarms <= 3


def test_the_area_is_that_of_all_pairs():
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 6, 20).astype(float), rng.integers(2, 8, 30).astype(float)
    pairs = [(a > b) + 0.5 * (a == b) for a in one for b in other]
    assert area(one, other) == pytest.approx(np.mean(pairs))


def test_bad_input():
    assert label_space(np.empty(0, np.int32), []) == []
    assert label_space(np.zeros(1, np.int32), ["a"]) == []
    assert label_space(np.zeros(50, np.int32), ["a"], np.ones((50, 1), np.float32)) == []
    assert label_space(np.full(30, -1, np.int32), ["a", "A"], np.full((30, 2), 0.5, np.float32)) == []
    with pytest.raises(DataError, match="shape"):
        label_space(np.zeros(3, np.int32), ["a"], np.ones((3, 2), np.float32))
    with pytest.raises(DataError, match="from 0 to 0"):
        label_space(np.ones(3, np.int32), ["a"])
