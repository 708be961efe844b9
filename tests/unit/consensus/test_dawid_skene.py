"""Dawid and Skene's model: one step against plain loops, what it finds, and models that join it."""

import math

import numpy as np
import pytest
from consensus_help import crowd, drawn, even
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.consensus import Answers, consensus, dawid_skene, methods
from explorer.consensus.model_prior import ModelPrior
from explorer.consensus.rater_models import ALPHA, Coins, Matrices


def matrix_by_definition(answers, q, rater):
    """Count, answer by answer, and shrink towards the rater's own accuracy, spread evenly."""
    k = answers.n_classes
    counts = [[0.0] * k for _ in range(k)]
    for i, j, a in zip(answers.items, answers.raters, answers.codes, strict=True):
        if j == rater:
            for c in range(k):
                counts[c][a] += q[i][c]
    total = sum(map(sum, counts))
    accuracy = (sum(counts[c][c] for c in range(k)) + 1) / (total + 2)
    accuracy = min(max(accuracy, 1 / k), 1 - 1e-9)
    made = []
    for c in range(k):
        row = [counts[c][a] + ALPHA * k * (accuracy if a == c else (1 - accuracy) / (k - 1)) for a in range(k)]
        made.append([x / sum(row) for x in row])
    return np.array(made)


def posterior_by_definition(answers, matrices, prior, weights):
    """Multiply prior and likelihoods, item by item."""
    k = answers.n_classes
    result = []
    for item in range(answers.n_items):
        z = [math.log(p) for p in prior[item]]
        for i, j, a, w in zip(answers.items, answers.raters, answers.codes, weights, strict=True):
            if i == item:
                z = [z[c] + w * math.log(matrices[j][c][a]) for c in range(k)]
        e = [math.exp(x - max(z)) for x in z]
        result.append([x / sum(e) for x in e])
    return np.array(result)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(2, 4))
def test_a_step_is_as_the_formulas_say(seed, k):
    rng = np.random.default_rng(seed)
    answers, _ = crowd(seed, n=20, k=k, accuracies=(0.9, 0.6, 0.7), share=0.7)
    q = rng.dirichlet(np.ones(k), 20)
    weights = rng.uniform(0.3, 1, len(answers))
    one = Matrices(answers, weights)
    one.learn(q)
    matrices = [matrix_by_definition(answers, q, j) for j in range(3)]
    for j in range(3):
        np.testing.assert_allclose(one.confusion(j), matrices[j], atol=1e-9)
    prior = rng.dirichlet(np.ones(k), 20)
    z = np.log(prior) + one.log_likelihood()
    z = np.exp(z - z.max(axis=1, keepdims=True))
    expected = posterior_by_definition(answers, matrices, prior, weights)
    np.testing.assert_allclose(z / z.sum(axis=1, keepdims=True), expected, atol=1e-9)


def test_raters_who_err_alike_have_one_matrix_by_counting():
    answers, _ = crowd(5, n=30, share=0.7)
    q = np.random.default_rng(1).dirichlet(np.ones(3), 30)
    one = Matrices(answers, np.ones(len(answers)), alike=True)
    one.learn(q)
    together = Answers(answers.items * 4 + answers.raters, 0 * answers.raters, answers.codes, 120, 1, 3)
    expected = matrix_by_definition(together, np.repeat(q, 4, axis=0), 0)
    for j in range(4):
        np.testing.assert_allclose(one.confusion(j), expected, atol=1e-9)
    assert (one.free, Matrices(answers, np.ones(len(answers))).free) == (6, 24)


@pytest.mark.parametrize(
    ("easy", "hard", "states", "free"),
    [
        ((0.7, 0.8, 0.75), (0.7, 0.8, 0.75), 1, 36),
        ((0.97,) * 3, (0.4,) * 3, 2, 36 + 12),
        ((0.97,) * 3, (0.9, 0.3, 0.3), 2, 36 + 36),
    ],
)
def test_whether_items_are_hard_and_for_whom_is_told_by_the_answers(easy, hard, states, free):
    rng = np.random.default_rng(0)
    n, k = 2000, 4
    truth, odd = rng.integers(0, k, n), rng.random(n) < 0.25
    wide = [drawn(rng, truth, [even(a, k) for a in some]) for some in (easy, hard)]
    answers = Answers.of(np.where(odd[:, None], wide[1], wide[0]), k)
    probs = np.full((n, k), 0.1) + 0.6 * np.eye(k)[np.where(rng.random(n) < 0.8, truth, rng.integers(0, k, n))]
    found = methods.best_fit(answers, [probs])
    assert len(found.shares) == states
    assert sum(one.free for one in found.raters) == free


def test_one_accuracy_each_is_what_a_matrix_without_counts_is():
    answers, truth = crowd(n=60)
    coins = Coins(answers, np.ones(len(answers)))
    coins.learn(np.eye(3)[truth])
    for j in range(4):
        own = answers.raters == j
        right = (answers.codes == truth[answers.items])[own].sum()
        np.testing.assert_allclose(np.diag(coins.confusion(j)), (right + 1) / (own.sum() + 2))
        np.testing.assert_allclose(coins.confusion(j).sum(axis=1), 1)
    likelihood = coins.log_likelihood()
    for item in (0, 7):
        own = answers.items == item
        pairs = list(zip(answers.raters[own], answers.codes[own], strict=True))
        sums = [sum(math.log(coins.confusion(j)[c, a]) for j, a in pairs) for c in range(3)]
        np.testing.assert_allclose(likelihood[item], sums)
    for t in range(5):
        expected = np.log(coins.confusion(answers.raters[t])[:, answers.codes[t]])
        np.testing.assert_allclose(coins.of_answers(np.array([t]))[0], expected)


def test_too_many_classes_for_matrices_still_have_a_consensus(monkeypatch):
    monkeypatch.setattr("explorer.consensus.rater_models.CELLS", 10)
    answers, truth = crowd(n=500)
    found = consensus(answers, method="dawid_skene")
    assert (found.labels == truth)[answers.answered].mean() > 0.85
    assert found.confusion(0).shape == (3, 3)


def test_the_models_exponent_and_floor_are_where_the_answers_are_likeliest():
    rng = np.random.default_rng(0)
    n, k = 300, 3
    probs = rng.dirichlet(np.ones(k), n)
    heard = rng.normal(size=(n, k)) + 2 * np.log(probs)
    prior = ModelPrior([probs], np.ones(n, bool))
    prior.fit(heard)

    def likelihood(t, floor):
        """Sum over the classes, item by item."""
        total = 0.0
        for p, h in zip(probs, heard, strict=True):
            mix = p**t / (p**t).sum()
            total += math.log(sum(((1 - floor) * m + floor / k) * math.exp(x) for m, x in zip(mix, h, strict=True)))
        return total

    best = likelihood(prior.exponents[0], prior.floor)
    for t in np.linspace(0, 5, 41):
        for floor in (1e-6, 0.01, 0.05, 0.2, 0.5):
            assert likelihood(t, floor) <= best + 1e-3


def test_a_model_counts_as_much_as_it_foretells():
    rng = np.random.default_rng(0)
    n, k = 3000, 4
    truth = rng.integers(0, k, n)
    answers = Answers.of(drawn(rng, truth, [even(0.7, k)] * 3, 0.7), k)
    good = np.where(np.eye(k)[np.where(rng.random(n) < 0.95, truth, rng.integers(0, k, n))] > 0, 0.9, 0.1 / 3)
    noise = rng.dirichlet(np.ones(k), n)
    fit = dawid_skene.fit(answers, [good, noise])
    assert fit.exponents[0] > 0.5
    assert fit.exponents[1] < 0.1
    alone = dawid_skene.fit(answers)
    assert (fit.posterior.argmax(1) == truth).mean() > (alone.posterior.argmax(1) == truth).mean() + 0.1


def test_finds_the_raters_and_beats_the_majority():
    answers, truth = crowd(seed=1, n=3000, k=3, accuracies=(0.95, 0.5, 0.5, 0.5, 0.5), share=1.0)
    found = consensus(answers, method="dawid_skene")
    plain = consensus(answers, method="majority")
    assert (found.labels == truth).mean() > (plain.labels == truth).mean() + 0.03
    np.testing.assert_allclose(found.quality["accuracy"], [0.95, 0.5, 0.5, 0.5, 0.5], atol=0.05)
    assert (found.quality["low"] <= found.quality["accuracy"]).all()


def test_names_of_items_classes_and_raters_do_not_matter():
    answers, _ = crowd(seed=2, n=200)
    rng = np.random.default_rng(0)
    item, rater, code = rng.permutation(200), rng.permutation(4), rng.permutation(3)
    other = Answers(item[answers.items], rater[answers.raters], code[answers.codes], 200, 4, 3)
    a, b = dawid_skene.fit(answers).posterior, dawid_skene.fit(other).posterior
    np.testing.assert_allclose(b[item][:, code], a, atol=1e-6)


def test_an_item_that_nobody_answered_is_as_the_classes_are():
    answers = Answers.of([[0, 0, 0], [0, 0, 0], [1, 1, 1], [-1, -1, -1]], 2)
    found = consensus(answers, method="dawid_skene")
    assert found.labels.tolist() == [0, 0, 1, -1]
    assert found.posterior[3, 0] == pytest.approx(2 / 3, abs=0.1)


def test_hard_items_take_up_that_raters_err_together():
    rng = np.random.default_rng(0)
    n, k = 6000, 4
    truth, hard = rng.integers(0, k, n), rng.random(n) < 0.25
    easy, difficult = drawn(rng, truth, [even(0.97, k)] * 4), drawn(rng, truth, [even(0.45, k)] * 4)
    answers = Answers.of(np.where(hard[:, None], difficult, easy), k)
    plain, split = dawid_skene.fit(answers), dawid_skene.fit(answers, hard=True)
    assert dawid_skene.information(split) < dawid_skene.information(plain)
    assert sorted(split.shares)[0] == pytest.approx(0.25, abs=0.08)
    probs = np.full((n, k), 0.1) + 0.6 * np.eye(k)[np.where(rng.random(n) < 0.8, truth, rng.integers(0, k, n))]
    found = consensus(answers, probs)
    assert any("hard" in note for note in found.notes)
    assert len(consensus(answers).fit.shares) == 1


def guessing(seed, n=3000, k=5, odd=0.1):
    """Return answers of five raters who guess on some items of the common class, and a rare class they hardly know."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(k, n, p=[0.01, 0.04, 0.04, 0.04, 0.87])
    matrix = np.full((k, k), 0.013)
    matrix[:, -1] = 0.26
    np.fill_diagonal(matrix, 0.7)
    matrix[0], matrix[-1] = (0.1, 0.06, 0.06, 0.06, 0.72), (0.0025, 0.0025, 0.0025, 0.0025, 0.99)
    wide = drawn(rng, truth, [matrix / matrix.sum(axis=1, keepdims=True)] * 5)
    hard = (rng.random(n) < odd) & (truth == k - 1)
    return np.where(hard[:, None] & (rng.random((n, 5)) < 0.3), rng.integers(0, k - 1, (n, 5)), wide), truth


def test_a_class_that_nobody_calls_so_is_not_believed():
    """EM makes of a rare class the place for what raters disagree on; the majority is better, and decides."""
    for seed in range(2):
        wide, truth = guessing(seed)
        answers = Answers.of(wide, 5)
        fit = dawid_skene.fit(answers)
        labels, votes = fit.posterior.argmax(axis=1), answers.counts()
        named = [any(fit.confusion(j)[c].argmax() == c for j in range(5)) for c in range(5)]
        changed = [i for i in range(len(truth)) if votes[i][labels[i]] < max(votes[i])]
        odd = sum(not named[labels[i]] for i in changed) / len(changed)
        assert dawid_skene.unnamed(fit, 5).tolist() == [not one for one in named]
        assert methods.nameless(fit, answers) == pytest.approx(odd)
        found = consensus(answers)
        assert found.method == "majority"
        assert any("no rater calls by their name" in note for note in found.notes)
        assert (found.labels == truth).mean() > (labels == truth).mean()
        # Whoever asks for the model has it.
        assert consensus(answers, method="dawid_skene").fit is not None


def test_where_raters_know_the_classes_nothing_is_nameless():
    wide, _ = guessing(0, odd=0)
    answers = Answers.of(wide[:, :3], 5)
    assert methods.nameless(dawid_skene.fit(answers), answers) == 0
    for seed in range(3):
        answers, _ = crowd(seed)
        fit = dawid_skene.fit(answers)
        assert not dawid_skene.unnamed(fit, 4).any()
        assert methods.nameless(fit, answers) == 0
