"""Columns that were moved, joins gone wrong and exchanged codes are found, with their rows; what is in order is not."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from explorer.cues.alignment import alignment
from explorer.cues.segments import kappa, largest_sum, move
from explorer.cues.shifts import moved_by
from explorer.errors import DataError
from explorer.graph import build

CLASSES = list("abcdefgh")


def case(n=2000, k=8, right=0.85, seed=0):
    """Return the truth, and an opinion that is right so often."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n).astype(np.int32)
    return truth, np.where(rng.random(n) < right, truth, rng.integers(0, k, n)).astype(np.int32)


def moved_from(truth, row, by):
    """Labels that stand `by` rows too far down (negative: up) from a row on."""
    labels = truth.copy()
    labels[row:] = np.roll(truth, by)[row:]
    return labels


def test_the_stretch_is_the_best_of_all():
    rng = np.random.default_rng(0)
    for _ in range(60):
        gain = rng.integers(-3, 4, 12)
        best = max((gain[a:b].sum() for a in range(12) for b in range(a + 1, 13)), default=0)
        start, end, total = largest_sum(gain)
        assert total == max(best, 0)
        assert gain[start:end].sum() == total


@pytest.mark.parametrize("by", [1, 3, -1, -20, 50])
@pytest.mark.parametrize("k", [2, 8])
def test_a_column_moved_from_a_row_on(by, k):
    truth, opinion = case(k=k)
    found = alignment(moved_from(truth, 1200, by), opinion, CLASSES[:k])
    assert [one.kind for one in found.findings] == ["shift"]
    one = found.findings[0]
    assert one.figures["by"] == by
    assert abs(one.figures["start"] - 1200) <= abs(by) + 12
    assert one.figures["end"] == 1999
    assert one.figures["moved"] > one.figures["agree"] + 0.2
    assert (opinion[one.items] == move(moved_from(truth, 1200, by), by)[one.items]).all()


def test_it_says_what_to_do():
    truth, _ = case()
    found = alignment(moved_from(truth, 1200, 1), truth, CLASSES)
    said = found.sentence
    assert said.startswith("Rows 1,200 to 1,999 carry the label of the row before: ")
    assert "Shift the column back by one from row 1,200 on" in said


def test_a_stretch_in_the_middle_and_a_far_shift():
    truth, opinion = case(4000)
    labels = truth.copy()
    labels[1000:2000] = truth[999:1999]
    one = alignment(labels, opinion, CLASSES).findings[0]
    assert (one.kind, one.figures["by"]) == ("shift", 1)
    assert abs(one.figures["start"] - 1000) < 12
    assert abs(one.figures["end"] - 1999) < 12
    block = np.concatenate([truth[3000:], truth[:3000]])  # the last block was put first
    found = alignment(block, opinion, CLASSES).findings
    assert {one.figures["by"] for one in found} == {1000, -3000}


def test_all_labels_shifted_are_told_by_neighbours():
    digits = load_digits()
    near = build(digits.data.astype(np.float32), 10).indices
    labels = digits.target.astype(np.int32)
    nobody = np.random.default_rng(0).integers(0, 10, len(labels)).astype(np.int32)
    assert moved_by(labels, near) == 0
    assert moved_by(np.roll(labels, 1), near) == 1
    names = [str(code) for code in range(10)]
    found = alignment(np.roll(labels, 2), nobody, names, near).findings
    assert [(one.kind, one.figures["by"]) for one in found] == [("shift", 2)]
    assert "All rows carry the label that belongs 2 rows before" in found[0].sentence
    silent = alignment(np.random.default_rng(1).permutation(labels), nobody, names, near)
    assert silent.findings == []
    assert "nothing can be told of their places" in silent.sentence
    assert "never saw these labels" in silent.sentence


def test_a_join_gone_wrong():
    truth, opinion = case()
    labels = truth.copy()
    labels[600:900] = np.random.default_rng(3).permutation(truth[600:900])
    found = alignment(labels, opinion, CLASSES).findings
    assert [one.kind for one in found] == ["mixed"]
    assert abs(found[0].figures["start"] - 600) < 15
    assert abs(found[0].figures["end"] - 899) < 15
    assert "a join or a sort gone wrong" in found[0].sentence
    assert "by a key" in found[0].remedy
    labels[600:900] = 0
    found = alignment(labels, opinion, CLASSES).findings
    assert [one.kind for one in found] == ["mixed"]
    assert "another source" in found[0].sentence


def test_exchanged_codes_everywhere_and_in_a_stretch():
    truth, opinion = case()
    order = np.array([1, 0, 2, 3, 4, 5, 6, 7], np.int32)
    found = alignment(order[truth], opinion, CLASSES).findings
    assert [one.kind for one in found] == ["exchange"]
    assert "a for b, b for a" in found[0].sentence
    cycle = np.array([1, 2, 3, 4, 5, 6, 7, 0], np.int32)
    labels = truth.copy()
    labels[1500:] = cycle[truth[1500:]]
    found = alignment(labels, opinion, CLASSES).findings
    assert [one.kind for one in found] == ["exchange"]
    assert abs(found[0].figures["start"] - 1500) < 15
    assert found[0].figures["moved"] > 0.8


@pytest.mark.parametrize("noise", [0.0, 0.3])
@pytest.mark.parametrize("order", ["random", "sorted", "runs"])
def test_what_is_in_order_raises_no_alarm(noise, order):
    alarms = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        truth, _ = case(600, 5, seed=seed)
        truth = np.sort(truth) if order == "sorted" else np.repeat(truth[:40], 15) if order == "runs" else truth
        hard = np.array([0.9, 0.9, 0.8, 0.6, 0.4])[truth]
        opinion = np.where(rng.random(600) < hard, truth, rng.integers(0, 5, 600)).astype(np.int32)
        labels = np.where(rng.random(600) < noise, rng.integers(0, 5, 600), truth).astype(np.int32)
        alarms += bool(alignment(labels, opinion, CLASSES[:5]).findings)
    assert alarms <= 1


def test_clean_digits_and_random_labels_raise_no_alarm():
    digits = load_digits()
    near = build(digits.data.astype(np.float32), 10).indices
    labels = digits.target.astype(np.int32)
    votes = np.array([np.bincount(labels[row], minlength=10).argmax() for row in near], dtype=np.int32)
    names = [str(code) for code in range(10)]
    clean = alignment(labels, votes, names, near)
    assert clean.findings == []
    assert clean.sentence.startswith("The labels stand beside their rows: ")
    alarms = 0
    for seed in range(20):
        dealt = np.random.default_rng(seed).permutation(labels)
        alarms += bool(alignment(dealt, votes, names, near).findings)
    assert alarms <= 1


def test_kappa_is_that_of_the_formula():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 3, 50).astype(np.int32), rng.integers(0, 3, 50).astype(np.int32)
    chance = sum((a == code).mean() * (b == code).mean() for code in range(3))
    assert kappa(a, b) == pytest.approx(((a == b).mean() - chance) / (1 - chance))


def test_bad_input():
    none = np.empty(0, np.int32)
    assert "fewer than two classes" in alignment(none, none, []).sentence
    one = np.zeros(40, np.int32)
    assert alignment(one, one, ["a", "b"]).findings == []
    mute = alignment(np.arange(40, dtype=np.int32) % 2, np.full(40, -1, np.int32), ["a", "b"])
    assert "Nobody holds an opinion" in mute.sentence
    assert np.isnan(mute.kappa)
    assert alignment(np.array([0], np.int32), np.array([0], np.int32), ["a", "b"]).findings == []
    with pytest.raises(DataError, match="aligned"):
        alignment(one, one[:5], ["a", "b"])
    with pytest.raises(DataError, match="from 0 to 1"):
        alignment(one + 7, one, ["a", "b"])
