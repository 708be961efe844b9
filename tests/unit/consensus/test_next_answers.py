"""What to ask next, whom, and whether to ask again at all."""

import math

import numpy as np
import pytest
from consensus_help import crowd, drawn, even
from sklearn.datasets import make_blobs

from explorer.consensus import POLICIES, Answers, ask_next, consensus, spend, urgency
from explorer.consensus.budget import simulated_labels
from explorer.consensus.next_answers import told_apart
from explorer.errors import DataError, UnknownName


def test_told_apart_is_the_expected_log_likelihood_ratio():
    matrix, q = np.array([[0.7, 0.2, 0.1], [0.3, 0.5, 0.2], [0.1, 0.1, 0.8]]), np.array([0.5, 0.3, 0.2])
    expected = 0.0
    for answer in range(3):
        expected += q[0] * matrix[0, answer] * math.log(matrix[0, answer] / matrix[1, answer])
        expected += q[1] * matrix[1, answer] * math.log(matrix[1, answer] / matrix[0, answer])
    assert told_apart(matrix, q, 0, 1) == pytest.approx(expected)


def test_urgency_by_each_policy():
    answers, truth = crowd(n=60, share=0.5)
    probs = np.full((60, 3), 0.1) + 0.7 * np.eye(3)[truth]
    found = consensus(answers)
    unsure = 1 - found.posterior.max(axis=1)
    np.testing.assert_allclose(urgency(answers, found.posterior), unsure, atol=1e-6)
    fewest = urgency(answers, found.posterior, "fewest")
    order = np.argsort(-fewest, kind="stable")
    assert (np.diff(answers.per_item[order]) >= 0).all()
    for policy in POLICIES:
        score = urgency(answers, found.posterior, policy, probs)
        assert score.shape == (60,)
        assert np.isfinite(score).all()
    with pytest.raises(DataError, match="compares raters with a model"):
        urgency(answers, found.posterior, "activelab")
    with pytest.raises(UnknownName):
        urgency(answers, found.posterior, "surest")


def test_the_least_sure_items_go_to_the_rater_who_knows_and_has_not_answered():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 600)
    wide = drawn(rng, truth, [even(a, 2) for a in (0.97, 0.6, 0.6, 0.6)], 0.7)
    answers = Answers.of(wide, 2)
    found = consensus(answers)
    asked = ask_next(found, 20)
    assert asked["urgency"].is_monotonic_decreasing
    assert asked["urgency"][0] == pytest.approx(found.unsure().max())
    for row in asked.itertuples():
        if row.rater >= 0:
            assert wide[row.item, row.rater] < 0
        free = wide[row.item] < 0
        assert row.rater == (-1 if not free.any() else 0 if free[0] else row.rater)
        assert row.answers == (wide[row.item] >= 0).sum()
    others = ask_next(found, 20, raters=[1, 2])
    assert set(others["rater"]) <= {-1, 1, 2}
    with pytest.raises(DataError, match="no rater 9"):
        ask_next(found, raters=[9])


def test_unlabelled_items_are_asked_about_too_and_others_can_be_left_out():
    answers, truth = crowd(n=80)
    empty = answers.only(answers.items >= 20)
    found = consensus(empty)
    asked = ask_next(found, 10)
    assert (asked["item"] < 20).sum() >= 5
    skip = np.arange(80) < 20
    assert (ask_next(found, 10, skip=skip)["item"] >= 20).all()
    assert (ask_next(found, 100, most=0)["item"] < 20).all()
    probs = np.where(np.eye(3)[truth] > 0, 0.98, 0.01)
    with_model = consensus(empty, probs)
    assert with_model.unsure()[:20].max() < found.unsure()[:20].min()


def test_among_equals_everybody_is_asked():
    found = consensus(Answers.of(np.full((40, 5), -1), 2))
    assert ask_next(found, 20)["rater"].value_counts().max() == 4


def test_each_rater_is_looked_at_once(monkeypatch):
    answers, _ = crowd(n=80, share=0.5)
    found, looked = consensus(answers), []
    of = type(found).confusion
    monkeypatch.setattr(type(found), "confusion", lambda self, rater: looked.append(rater) or of(self, rater))
    asked = ask_next(found, 30)
    assert (asked["rater"] >= 0).sum() > len(looked) == len(set(looked))


def test_least_sure_is_worth_more_than_random():
    rng = np.random.default_rng(0)
    n, k = 1500, 4
    truth = rng.integers(0, k, n)
    hard = rng.random(n) < 0.3
    wide = np.where(hard[:, None], drawn(rng, truth, [even(0.55, k)] * 9), drawn(rng, truth, [even(0.95, k)] * 9))

    def accuracy(policy):
        have = np.full((n, 9), -1)
        have[:, :2] = wide[:, :2]
        for step in range(4):
            found = consensus(Answers.of(have, k), method="dawid_skene")
            score = urgency(found.answers, found.posterior, policy, seed=step)
            free = (have < 0).any(axis=1)
            items = np.argsort(np.where(free, -score, np.inf), kind="stable")[:300]
            column = (have[items] >= 0).sum(axis=1)
            have[items, column] = wide[items, column]
        return (consensus(Answers.of(have, k), method="dawid_skene").labels == truth).mean()

    assert accuracy("least_sure") > accuracy("random") + 0.01


# Budget -------------------------------------------------------------------------------------------------------------


def test_simulated_answers_err_as_their_matrices_say():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 40_000)
    noise = np.stack([even(0.8, 2)])
    once = (simulated_labels(truth, noise, 1, rng) != truth).mean()
    thrice = (simulated_labels(truth, noise, 3, rng) != truth).mean()
    assert once == pytest.approx(0.2, abs=0.01)
    assert thrice == pytest.approx(3 * 0.04 * 0.8 + 0.008, abs=0.01)


def test_good_raters_label_new_items_and_bad_ones_are_asked_again():
    x, y = make_blobs(3000, n_features=20, centers=4, cluster_std=12.0, random_state=0)
    good = spend(600, x, y, even(0.98, 4), repeats=4)
    assert good.votes == 1
    assert "label new items once each" in str(good)
    assert good.table["items"].tolist() == [600, 300, 200, 120]
    assert good.table["label_error"][2] < good.table["label_error"][0]  # of two that differ neither is believed
    again = spend(600, x, y, even(0.98, 4), repeats=4)
    assert again.table.equals(good.table)
    # All there is can be labelled several times over: then more votes are the only way to spend the rest.
    few = spend(3000, x[:300], y[:300], even(0.5, 4), repeats=6)
    assert few.votes > 1
    assert few._repr_html_().startswith("<p>")


def test_a_budget_that_buys_nothing():
    x, y = np.random.default_rng(0).normal(size=(50, 3)), np.arange(50) % 2
    with pytest.raises(DataError, match="buys nothing"):
        spend(0, x, y, even(0.8, 2))
    with pytest.raises(DataError, match="too few to simulate"):
        spend(10, x, np.where(np.arange(50) < 10, y, -1), even(0.8, 2))
    with pytest.raises(DataError, match="matrices"):
        spend(10, x, y, even(0.8, 3)[:2])
