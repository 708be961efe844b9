"""Per rater: accuracy, confusion, bias, gold tasks; agreement of all and of pairs."""

import math

import numpy as np
import pytest
from consensus_help import crowd, drawn, even
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from explorer.consensus import Answers, confusion, consensus, krippendorff, pairs, quality
from explorer.utils.proportions import wilson


@pytest.mark.parametrize(("right", "total"), [(0, 5), (3, 7), (90, 100), (12, 12)])
def test_wilsons_interval_is_scipys(right, total):
    low, high = wilson(np.array([float(right)]), np.array([float(total)]))
    expected = binomtest(right, total).proportion_ci(method="wilson")
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_a_rater_is_counted_answer_by_answer():
    answers, _ = crowd(n=60, k=3, share=0.7)
    rng = np.random.default_rng(0)
    q = rng.dirichlet(np.ones(3), 60)
    gold = np.where(rng.random(60) < 0.4, rng.integers(0, 3, 60), -1)
    table = quality(answers, q, gold=gold, classes=["a", "b", "c"])
    for j in range(4):
        own = [(i, c) for i, r, c in zip(answers.items, answers.raters, answers.codes, strict=True) if r == j]
        counts = np.zeros((3, 3))
        for i, c in own:
            counts[:, c] += q[i]
        np.testing.assert_allclose(confusion(answers, q, j), counts)
        row = table.iloc[j]
        assert row["answers"] == len(own)
        assert row["accuracy"] == pytest.approx(np.trace(counts) / len(own))
        wrong = counts - np.diag(np.diag(counts))
        k, c = np.unravel_index(wrong.argmax(), (3, 3))
        assert row["most_confused"] == f"{'abc'[k]} → {'abc'[c]}"
        excess = (counts.sum(axis=0) - counts.sum(axis=1)) / len(own)
        assert row["bias"].startswith("abc"[excess.argmax()])
        asked = [(i, c) for i, c in own if gold[i] >= 0]
        assert row["gold_answers"] == len(asked)
        assert row["gold"] == pytest.approx(np.mean([gold[i] == c for i, c in asked]))


def alpha_by_definition(wide):
    """Fill the coincidence matrix, pair by pair."""
    codes = sorted({c for row in wide for c in row if c >= 0})
    o = {(a, b): 0.0 for a in codes for b in codes}
    for row in wide:
        said = [c for c in row if c >= 0]
        for x in range(len(said)):
            for y in range(len(said)):
                if x != y:
                    o[said[x], said[y]] += 1 / (len(said) - 1)
    n_c = {c: sum(o[c, d] for d in codes) for c in codes}
    n = sum(n_c.values())
    seen = n - sum(o[c, c] for c in codes)
    chance = sum(n_c[c] * n_c[d] for c in codes for d in codes if c != d) / (n - 1) if n > 1 else 0
    return 1 - seen / chance if chance else math.nan


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_alpha_is_as_krippendorff_counts_it(seed):
    answers, _ = crowd(seed, n=15, share=0.6)
    wide = np.full((15, 4), -1)
    wide[answers.items, answers.raters] = answers.codes
    expected = alpha_by_definition(wide.tolist())
    assert krippendorff(answers).alpha == pytest.approx(expected, nan_ok=True)


def test_alpha_of_the_textbook():
    # Krippendorff (2011), section C: nominal data, any number of observers, data missing.
    a = [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0]
    b = [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3]
    c = [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0]
    d = [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0]
    found = krippendorff(Answers.of(np.array([a, b, c, d]).T - 1, 5))
    assert found.alpha == pytest.approx(0.743, abs=5e-4)
    assert found.items == 11
    assert found.low < found.alpha < found.high
    assert "Raters agree tolerably: Krippendorff's alpha is 0.74" in str(found)


def test_agreement_of_nothing_says_so():
    assert "No item has two answers" in str(krippendorff(Answers.of([[0, -1], [-1, 1]], 2)))
    assert "of one class" in str(krippendorff(Answers.of([[0, 0], [0, 0]], 2)))
    assert krippendorff(Answers.of([[0, 0], [1, 1]], 2)).alpha == 1


def test_pairs_are_cohens_kappa():
    from sklearn.metrics import cohen_kappa_score

    answers, _ = crowd(n=200, share=0.6)
    wide = np.full((200, 4), -1)
    wide[answers.items, answers.raters] = answers.codes
    table = pairs(answers, names="abcd")
    assert len(table) == 6
    for row in table.itertuples():
        x, y = wide[:, "abcd".index(row.first)], wide[:, "abcd".index(row.second)]
        both = (x >= 0) & (y >= 0)
        assert row.shared == both.sum()
        assert row.kappa == pytest.approx(cohen_kappa_score(x[both], y[both]))


def test_a_good_rater_is_told_from_a_bad_one():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 500)
    answers = Answers.of(drawn(rng, truth, [even(a, 2) for a in (0.95, 0.9, 0.85, 0.6)]), 2)
    table = consensus(answers, gold=np.where(np.arange(500) < 100, truth, -1)).quality
    assert table["accuracy"].is_monotonic_decreasing
    assert ((table["gold_low"] <= [0.95, 0.9, 0.85, 0.6]) & (table["gold_high"] >= [0.95, 0.9, 0.85, 0.6])).sum() >= 3
