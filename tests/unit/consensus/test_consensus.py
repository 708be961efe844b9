"""The consensus as a whole: choice of the rule, its words, and every kind of bad input."""

import importlib.util

import numpy as np
import pytest
from consensus_help import crowd, drawn, even
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from explorer.consensus import METHODS, Answers, consensus, page
from explorer.errors import DataError, MissingExtra, UnknownName

CROWD_KIT = importlib.util.find_spec("crowdkit") is not None
OURS = ("best", "majority", "dawid_skene")


def model_of(truth, k, seed=0, accuracy=0.85):
    """Return a model's probabilities float [N, K], right as often as told."""
    rng = np.random.default_rng(seed)
    guess = np.where(rng.random(len(truth)) < accuracy, truth, rng.integers(0, k, len(truth)))
    return np.full((len(truth), k), 0.2 / k) + 0.8 * np.eye(k)[guess]


@settings(max_examples=60, deadline=None)
@given(
    matrix=arrays.arrays(np.int64, st.tuples(st.integers(1, 10), st.integers(1, 5)), elements=st.integers(-1, 3)),
    k=st.sampled_from([4, 6]),
    method=st.sampled_from([*OURS, "pooled", "crowdlab"]),
)
def test_any_answers_have_a_consensus(matrix, k, method):
    answers = Answers.of(matrix, k)
    probs = np.random.default_rng(0).dirichlet(np.ones(k), len(matrix)) if method in ("pooled", "crowdlab") else None
    found = consensus(answers, probs, method)
    assert found.labels.dtype == np.int32
    assert found.posterior.dtype == np.float32
    assert found.posterior.shape == (len(matrix), k)
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1, atol=1e-4)
    assert ((found.labels >= 0) == answers.answered).all()
    assert len(found.quality) == matrix.shape[1]
    assert str(found)
    assert found._repr_html_().startswith("<p>")
    again = consensus(answers, probs, method)
    np.testing.assert_array_equal(again.posterior, found.posterior)


def test_the_best_is_the_pool_with_a_model_and_dawid_and_skenes_without():
    answers, truth = crowd(n=600)
    assert consensus(answers).method == "dawid_skene"
    found = consensus(answers, model_of(truth, 3))
    assert found.method == "pooled"
    assert any("times as much as it says of itself" in note for note in found.notes)
    assert (found.labels == truth)[answers.answered].mean() > (consensus(answers).labels == truth)[
        answers.answered
    ].mean()


def test_what_is_asked_wrongly_is_refused():
    answers, truth = crowd(n=30)
    with pytest.raises(UnknownName, match="Did you mean 'majority'"):
        consensus(answers, method="majorty")
    with pytest.raises(DataError, match="joins raters and a model"):
        consensus(answers, method="pooled")
    with pytest.raises(DataError, match=r"model 0 have the shape \(30, 2\)"):
        consensus(answers, np.ones((30, 2)))
    bad = model_of(truth, 3)
    bad[4] = np.nan
    with pytest.raises(DataError, match="Row 4 of the probabilities of model 1"):
        consensus(answers, [model_of(truth, 3), bad])
    with pytest.raises(DataError, match="4 raters and 2 names"):
        consensus(answers, names=["ann", "bob"])
    with pytest.raises(DataError, match="gold"):
        consensus(answers, gold=np.full(30, 7))
    with pytest.raises(DataError, match="gold labels have the shape"):
        consensus(answers, gold=[1, 2])


@pytest.mark.parametrize("method", OURS)
def test_raters_who_never_overlap(method):
    answers = Answers.of(np.where(np.arange(3) == np.arange(60)[:, None] % 3, np.arange(60)[:, None] % 2, -1), 2)
    found = consensus(answers, method=method)
    np.testing.assert_array_equal(found.labels, np.arange(60) % 2)
    assert any("No two raters have answered the same item" in note for note in found.notes)


@pytest.mark.parametrize("method", OURS)
def test_one_rater_alone(method):
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, (50, 1))
    found = consensus(Answers.of(codes, 3), method=method)
    np.testing.assert_array_equal(found.labels, codes[:, 0])
    assert any("one rater only" in note for note in found.notes)


def test_a_rater_who_always_says_the_same():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 400)
    wide = np.column_stack([drawn(rng, truth, [even(0.85, 3)] * 3), np.full(400, 1)])
    found = consensus(Answers.of(wide, 3), names=["ann", "bob", "eve", "bot"], classes=["cat", "dog", "fox"])
    assert any("bot always says the same" in note for note in found.notes)
    assert found.quality["note"][3] == "always says dog"
    assert found.quality["bias"][3].startswith("dog +")
    assert (found.labels == truth).mean() > 0.9
    np.testing.assert_allclose(np.ptp(found.confusion(3), axis=0), 0, atol=0.05)


def test_classes_that_nobody_voted_for():
    answers, _ = crowd(n=40)
    found = consensus(Answers(answers.items, answers.raters, answers.codes, 40, 4, 10))
    assert found.labels.max() < 3
    assert any("Nobody voted for 7 of 10 classes" in note for note in found.notes)


@pytest.mark.parametrize("method", OURS)
def test_nobody_has_answered(method):
    found = consensus(Answers.of(np.full((5, 2), -1), 3), method=method)
    assert (found.labels == -1).all()
    np.testing.assert_allclose(found.posterior, 1 / 3, atol=1e-6)
    assert str(found).startswith("Nobody has answered.")
    assert found.quality["note"].tolist() == ["has not answered"] * 2
    assert np.isnan(found.quality["accuracy"]).all()


def test_one_class_and_no_items():
    assert consensus(Answers.of(np.zeros((4, 2), int), 1)).labels.tolist() == [0] * 4
    assert len(consensus(Answers.of(np.zeros((0, 2), int), 3)).labels) == 0


def test_names_are_text_and_nothing_else():
    answers, _ = crowd(n=40)
    found = consensus(answers, names=["<b>ann</b>", "bob", "eve", "joe"], classes=["<i>", "b", "c"])
    shown = found._repr_html_()
    assert "<b>" not in shown
    assert "<i>" not in shown
    assert "&lt;b&gt;ann" in shown
    assert "Consensus of 4 raters on 40 items" in str(found)


@pytest.mark.skipif(not CROWD_KIT, reason="crowd-kit is not installed")
@pytest.mark.parametrize("method", ["glad", "mace"])
def test_glad_and_mace(method, monkeypatch):
    monkeypatch.setattr("explorer.consensus.crowd_kit.RESTARTS", 3)  # ten take a quarter of this file's time
    answers, truth = crowd(n=300, share=0.7)
    found = consensus(answers, method=method)
    assert (found.labels == truth)[answers.answered].mean() > 0.8
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1, atol=1e-5)


def test_without_crowd_kit_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "crowdkit", None)
    with pytest.raises(MissingExtra, match=r"data-quality-explorer\[crowd\]"):
        consensus(crowd()[0], method="glad")


def test_every_rule_has_a_page():
    for name in (*METHODS[1:], "certificate", "dependence", "agreement", "quality", "next_answers", "budget"):
        said = page(name)
        for part in ("Formula\n-------", "When to trust it\n----------------", "References\n----------"):
            assert part in said, (name, part)
    with pytest.raises(UnknownName):
        page("majoritys")
