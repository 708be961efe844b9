"""Raters that err together: found where they copy, not where they are good; and counted as fewer."""

import importlib

import numpy as np
import pytest
from consensus_help import copied, crowd, drawn, even

from explorer.consensus import Answers, consensus, dawid_skene, dependence

dependent = importlib.import_module("explorer.consensus.dependence")
module = importlib.import_module("explorer.consensus.sources")


def weights_by_definition(answers, copied_of):
    """Add up, answer by answer, how far the item's other raters repeat this one."""
    result = []
    for i, j in zip(answers.items, answers.raters, strict=True):
        load = 0.0
        for i2, j2 in zip(answers.items, answers.raters, strict=True):
            if i2 == i and j2 != j:
                load += copied_of.get((min(j, j2), max(j, j2)), 0.0)
        result.append(1 / (1 + load))
    return np.array(result)


def test_independent_raters_are_not_found():
    for seed in range(3):
        answers, _ = crowd(seed, n=1500, accuracies=(0.9, 0.8, 0.7, 0.6, 0.8), share=0.7)
        found = dependence(answers)
        assert found.compared == 10
        assert not found.pairs, found
        assert not found.any
        np.testing.assert_array_equal(found.weights, 1)
        np.testing.assert_array_equal(found.counts_as(answers), 1)
        assert abs(found.mean) < 0.08
        assert "10 pairs of raters none is seen to repeat the other" in str(found)


def test_who_copies_a_little_counts_as_fewer():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, 4000)
    answers = drawn(rng, truth, [even(a, 3) for a in (0.75, 0.75, 0.8, 0.8, 0.8, 0.8)])
    answers = Answers.of(copied(rng, answers, 0, 1, 0.3), 3)
    found = dependence(answers)
    assert found.pairs == [(0, 1)]
    assert found.copied[0] == pytest.approx(0.3, abs=0.1)
    assert "1 pair of raters agrees more than their accuracies allow (rater 0 and rater 1)" in str(found)
    few = answers.only(answers.items < 10)
    np.testing.assert_allclose(found.weights[:60], weights_by_definition(few, {(0, 1): found.copied[0]}))
    expected = 1 / (1 + found.copied[0])
    np.testing.assert_allclose(found.counts_as(answers), [expected, expected, 1, 1, 1, 1])


def test_a_copy_becomes_one_with_its_source():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, 3000)
    answers = drawn(rng, truth, [even(a, 3) for a in (0.75, 0.75, 0.8, 0.8, 0.8, 0.8)])
    answers = Answers.of(copied(rng, answers, 0, 1, 0.9), 3)
    found = dependence(answers)
    assert found.pairs == [(0, 1)]
    assert found.groups.tolist() == [0, 0, 2, 3, 4, 5]
    np.testing.assert_allclose(found.counts_as(answers), [0.5, 0.5, 1, 1, 1, 1])
    said = consensus(answers)
    assert (said.labels == truth).mean() > 0.93
    assert np.diag(said.confusion(1)) == pytest.approx([0.75] * 3, abs=0.05)


def test_a_family_counts_as_one():
    wide = np.array([[0, 0, 1, 0, 1], [2, 1, -1, 1, 2], [0, 1, 2, -1, 2], [-1, -1, 1, -1, 0]])
    answers = Answers.of(wide, 3, ("gpt", "gpt", "", "gpt", ""))
    found = dependence(answers)
    assert found.families
    assert found.groups.tolist() == [0, 0, 2, 0, 4]
    merged = np.full((4, 5), -1)
    merged[found.merged.items, found.merged.raters] = found.merged.codes
    # What most of the family say; the first of them where they tie.
    expected = [[0, -1, 1, -1, 1], [1, -1, -1, -1, 2], [0, -1, 2, -1, 2], [-1, -1, 1, -1, 0]]
    np.testing.assert_array_equal(merged, expected)
    said = consensus(answers)
    assert any("of one family count as one" in note for note in said.notes)
    np.testing.assert_allclose(
        said.quality["counts_as"], [(1 / 3 + 1 / 3 + 1 / 2) / 3, (2 / 3 + 1 / 2) / 3, 1, 1 / 3, 1]
    )


def test_copies_do_not_outvote_the_others_named_as_a_family_or_not():
    # Four copies of one bad rater against three who err apart: copies win every plain vote, and plain EM believes them.
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 3000)
    answers = drawn(rng, truth, [even(a, 4) for a in (0.6, 0.6, 0.6, 0.6, 0.8, 0.8, 0.8)])
    for copier in (1, 2, 3):
        answers = copied(rng, answers, 0, copier, 0.9)
    plain, named = Answers.of(answers, 4), Answers.of(answers, 4, ["gpt"] * 4 + [""] * 3)
    assert (plain.counts().argmax(axis=1) == truth).mean() < 0.75
    assert (dawid_skene.fit(plain).posterior.argmax(axis=1) == truth).mean() < 0.75
    for method in ("best", "majority"):
        assert (consensus(named, method=method).labels == truth).mean() > 0.85
        assert (consensus(plain, method=method).labels == truth).mean() > 0.85


def test_where_raters_err_together_as_a_whole_the_majority_decides(monkeypatch):
    answers, _ = crowd(n=200)
    monkeypatch.setattr("explorer.consensus.methods.TOGETHER", -1.0)
    found = consensus(answers)
    assert found.method == "majority"
    assert any("the majority decides" in note for note in found.notes)


def test_good_raters_of_few_items_do_not_err_together_by_chance():
    """Where hardly anybody errs, agreeing throughout is no sign of copying: nothing is sure of so few items."""
    truth = np.tile([1, 0], 40)
    ann = np.where(np.arange(80) % 9, truth, -1)
    gpt = np.where(np.arange(80) % 7, truth, 0)
    rule = np.where(truth == 1, 1, -1)
    answers = Answers.of(np.stack([ann, gpt, rule], axis=1), 2)
    assert dependence(answers).mean < 0.1
    assert consensus(answers).method == "dawid_skene"
    # Nor does one beside them who always says the same make copies of those who are right.
    answers = Answers.of(np.stack([ann, gpt, rule, np.ones(80, int)], axis=1), 2)
    assert len(dependence(answers).first) == 0
    assert (consensus(answers).labels == truth).mean() > 0.95


def test_nothing_can_be_told_of_raters_who_share_few_items():
    found = dependence(Answers.of(np.zeros((20, 2), int), 2))
    assert not found.compared
    assert "is not known" in str(found)


def test_a_sample_of_the_items_is_enough(monkeypatch):
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, 4000)
    answers = drawn(rng, truth, [even(0.75, 3)] * 5)
    answers = Answers.of(copied(rng, answers, 0, 1, 0.9), 3)
    monkeypatch.setattr(module, "COMPARED", 5000)
    found = dependence(answers)
    assert found.pairs == [(0, 1)]
    assert module.sampled(answers)[0].answered.sum() < 1000
    assert dependence(answers).copied.tolist() == found.copied.tolist()


def test_who_shares_few_items_counts_as_fewer_but_stays_two():
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 4, 80)
    wide = drawn(rng, truth, [even(a, 4) for a in (0.6, 0.6, 0.85, 0.85, 0.85)])
    found = dependence(Answers.of(copied(rng, wide, 0, 1, 1.0), 4))
    assert found.pairs == [(0, 1)]
    assert found.groups.tolist() == [0, 1, 2, 3, 4]
    assert found.counts_as(Answers.of(wide, 4))[1] < 0.6


def test_along_a_chain_of_copies_the_shares_multiply():
    one = module.Sources(np.int32([-1, 0, 1, 0, -1]), np.array([0, 0.5, 0.4, 0.8, 0]), 10)
    first, second, share = dependent._chained(one)
    said = {(a, b): c for a, b, c in zip(first.tolist(), second.tolist(), share.tolist(), strict=True)}
    expected = {(0, 1): 0.5, (0, 2): 0.2, (0, 3): 0.8, (1, 2): 0.4, (1, 3): 0.4, (2, 3): 0.16}
    assert said == pytest.approx(expected)


def test_the_work_can_be_cancelled_at_each_step():
    answers, _ = crowd(n=300, accuracies=(0.9, 0.8, 0.7, 0.6, 0.8))
    steps = []

    def check():
        steps.append(1)
        if len(steps) == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        consensus(answers, check=check)
    assert len(steps) == 12


def test_hundreds_of_raters_of_all_items_are_compared_by_a_sample():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 600)
    wide = drawn(rng, truth, [even(0.7, 3)] * 400)
    found = dependence(Answers.of(copied(rng, wide, 7, 90, 0.8), 3))
    assert found.compared == 399 * 398 // 2  # once the two are one
    assert found.pairs == [(7, 90)]
    assert found.copied[0] == pytest.approx(0.8, abs=0.1)


def test_where_there_are_too_many_raters_it_says_so(monkeypatch):
    monkeypatch.setattr(module, "CROWD", 40)
    monkeypatch.setattr(module, "COMPARED", 1000)
    rng = np.random.default_rng(0)
    wide = drawn(rng, rng.integers(0, 2, 500), [even(0.7, 2)] * 60)
    found = dependence(Answers.of(wide, 2))
    assert found.left_aside == 20
    assert "20 raters of so many were not compared" in str(found)


def test_it_says_where_it_cannot_be_told_who_copies():
    told = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        truth = rng.integers(0, 3, 414)
        answers = drawn(rng, truth, [even(a, 3) for a in (0.95, 0.92, 0.56, 0.95)])
        found = dependence(Answers.of(copied(rng, answers, 0, 3, 0.97), 3), names=["ann", "bob", "cat", "dan"])
        told += (0, 3) in found.pairs or (0, 3) in found.unsure
        if (0, 3) in found.unsure:
            assert "Whether ann and dan repeat each other cannot be told from what the others say" in str(found)
            np.testing.assert_array_equal(found.weights, 1)
    assert told == 6


def test_nothing_is_unsure_of_raters_who_plainly_err_apart():
    for seed in range(4):
        answers, _ = crowd(seed, n=1000, accuracies=(0.95, 0.92, 0.8, 0.7, 0.9), share=0.9)
        assert dependence(answers).unsure == ()
