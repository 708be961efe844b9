"""Majority and its certificate: where it says so, no oracle does better."""

import math

import numpy as np
import pytest
from consensus_help import copied, crowd, drawn, even
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.consensus import Answers, certificate, consensus
from explorer.consensus.majority import labels_of, shares


def binary(seed, n, r, error, prior):
    """Draw answers of equal raters on two classes, and the truth."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(n) < prior).astype(int)
    return drawn(rng, truth, [even(1 - error, 2)] * r), truth


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_shares_are_counted(seed):
    answers, _ = crowd(seed, n=12, share=0.5)
    found = shares(answers)
    for i in range(12):
        codes = answers.codes[answers.items == i].tolist()
        expected = [codes.count(c) / len(codes) if codes else 1 / 3 for c in range(3)]
        np.testing.assert_allclose(found[i], expected, atol=1e-6)
    labels = labels_of(found, answers.answered)
    assert all(labels[i] == (np.argmax(found[i]) if answers.answered[i] else -1) for i in range(12))


def test_ties_go_to_what_the_model_or_the_classes_prefer():
    answers = Answers.of([[0, 1], [1, 1], [1, 1]], 2)
    assert consensus(answers, method="majority").labels[0] == 1
    probs = np.array([[0.9, 0.1]] * 3)
    assert consensus(answers, probs, method="majority").labels.tolist() == [0, 1, 1]


@pytest.mark.parametrize(("error", "prior", "r"), [(0.1, 0.5, 3), (0.2, 0.6, 5), (0.3, 0.4, 3), (0.05, 0.9, 3)])
def test_where_it_holds_the_majority_errs_as_little_as_an_oracle(error, prior, r):
    answers, truth = binary(0, 20_000, r, error, prior)
    found = certificate(Answers.of(answers, 2))
    assert found.holds, found
    assert found.error == pytest.approx(error, abs=0.01)
    assert found.prior == pytest.approx(prior, abs=0.02)
    assert found.margin == pytest.approx(
        math.log((1 - error) / error) - abs(math.log(prior / (1 - prior))), abs=4 * found.deviation
    )
    ones = answers.sum(axis=1)
    majority = ones > r / 2
    # The oracle knows error and prior: log-odds of class 1.
    oracle = (2 * ones - r) * math.log((1 - error) / error) + math.log(prior / (1 - prior)) > 0
    wrong = [(guess != truth).mean() for guess in (majority, oracle)]
    assert abs(wrong[0] - wrong[1]) <= 3 * math.sqrt(wrong[1] / len(truth))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    error=st.floats(0.05, 0.45),
    prior=st.floats(0.03, 0.97),
    r=st.sampled_from([3, 5]),
)
def test_it_never_holds_where_an_oracle_does_clearly_better(seed, error, prior, r):
    answers, truth = binary(seed, 4000, r, error, prior)
    if certificate(Answers.of(answers, 2)).holds:
        ones = answers.sum(axis=1)
        oracle = (2 * ones - r) * math.log((1 - error) / error) + math.log(prior / (1 - prior)) > 0
        gap = ((ones > r / 2) != truth).mean() - (oracle != truth).mean()
        assert gap <= 4 * math.sqrt(0.25 / len(truth))


def test_it_says_why_it_does_not_hold():
    def why(answers, **more):
        found = certificate(Answers.of(answers, 2), **more)
        assert not found.holds
        assert "Nothing certifies the majority" in str(found)
        return "; ".join(found.reasons)

    rng = np.random.default_rng(0)
    assert "is for two classes" in "; ".join(certificate(crowd()[0]).reasons)
    assert "one vote does not outweigh" in why(binary(0, 20_000, 3, 0.3, 0.95)[0])
    assert "even number" in why(binary(0, 5000, 4, 0.2, 0.5)[0])
    assert "err together" in why(binary(0, 5000, 3, 0.2, 0.5)[0], dependent=[(0, 1)])
    assert "no item has two answers" in why([[0], [1]])
    assert "no more often than chance" in why([[0, 1], [1, 0]])
    truth = rng.integers(0, 2, 20_000)
    assert "equally often" in why(drawn(rng, truth, [even(0.95, 2), even(0.7, 2), even(0.7, 2)]))
    skewed = np.array([[0.95, 0.05], [0.4, 0.6]])
    assert "alike on both classes" in why(drawn(rng, truth, [skewed] * 5))


def test_copies_are_no_certificate():
    rng = np.random.default_rng(0)
    answers, _ = binary(0, 6000, 5, 0.25, 0.5)
    found = consensus(Answers.of(copied(rng, answers, 0, 1, 0.8), 2))
    assert not found.certificate.holds
    assert found.dependence.pairs == [(0, 1)]
    assert "1 pair of raters err together" in str(found.certificate)
