"""What the methods know of the whole: tables, sentences, and the items that each fact is about."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import explorer
from explorer.errors import ExplorerError, UnknownName
from explorer.reports.facts import TITLES
from explorer.review.facts import order_sentence

N = 800


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    """Eight hundred vectors of which many cats are called dog and none the other way round, sorted by class."""
    rng = np.random.default_rng(1)
    truth = np.sort(rng.integers(0, 3, N))
    x = (np.eye(6)[truth] * 4 + rng.normal(size=(N, 6))).astype(np.float32)
    given = np.array(["cat", "dog", "owl"], dtype=object)[truth]
    cats = np.flatnonzero(truth == 0)
    given[rng.choice(cats, 50, replace=False)] = "dog"
    given[N - 4 :] = "<b>yak"
    x[400] = x[401] + 1e-6
    made = explorer.Review(
        explorer.read(x, label=given, key=[f"k{i:03d}" for i in range(N)]),
        tmp_path_factory.mktemp("facts") / "f.labels.db",
        k=20,
    )
    made.wait("score", progress=False)
    yield made
    made.close()


def test_every_fact_has_a_table_a_sentence_and_items_that_exist(review):
    facts = review.facts()
    assert set(facts.found) | set(facts.missing) == set(TITLES)
    assert not facts.missing
    ids = set(review.dataset.item_ids)
    for name in TITLES:
        fact = facts[name]
        assert isinstance(getattr(facts, name), pd.DataFrame)
        assert fact.sentence.endswith(".")
        assert set(facts.items(name)) <= ids
        for of in fact.about:
            assert facts.items(name, of)
        assert fact.title in repr(facts)


def test_the_figures_are_those_of_the_methods(review):
    facts, results = review.facts(), review.results
    np.testing.assert_allclose(facts.transition.sum(axis=1), 1)
    assert float(facts.joint.to_numpy().sum()) == pytest.approx(1)
    found = results.findings.results
    np.testing.assert_array_equal(facts.joint, found["confident"].frozen["noise"].joint)
    np.testing.assert_array_equal(facts.transition, found["hoc"].frozen["transition"].matrix)
    assert facts.joint.loc["dog", "cat"] > 0.02
    assert facts.imbalance.loc["<b>yak", ["items", "rare"]].tolist() == [4, True]
    assert facts.order["p_value"].iloc[0] <= 0.05
    assert "nearer to each other than in any of" in facts["order"].sentence
    pd.testing.assert_frame_equal(facts.trust, results.trust.per_class)
    assert facts.kinds["items"].sum() <= N
    assert (facts.duplicates["items"] >= 2).all()
    assert facts.groups.index.name == "group"


def test_the_order_of_rows_is_said_in_plain_words():
    assert order_sentence(0.4, 199) == "no sign that near rows are alike: in a shuffled order they are about as much so"
    assert "than in any of 199 shuffled orders" in order_sentence(1 / 200, 199)
    assert "than in 195 of 199 shuffled orders" in order_sentence(5 / 200, 199)
    assert "nan" not in order_sentence(1.0, 0)


def test_facts_name_the_items_they_are_about(review):
    facts, issues = review.facts(), review.issues
    pair = issues[issues.is_label_issue & issues.given_label.eq("dog") & issues.suggested_label.eq("cat")]
    assert facts.items("joint", ("dog", "cat")) == pair.index.tolist()
    assert facts.leaning.loc[("dog", "cat"), "leans"]
    assert facts.items("leaning", ("dog", "cat")) == pair.index.tolist()
    assert set(facts.items("imbalance", "<b>yak")) == {f"k{i}" for i in range(N - 4, N)}
    assert {"k400", "k401"} <= set(facts.items("duplicates"))
    assert set(facts.items("order")) == set(issues.index[issues.is_non_iid_issue])
    review.select(facts.items("joint", ["dog", "cat"]))
    assert review.selection == pair.index.tolist()
    with pytest.raises(UnknownName, match="part of the fact 'joint'"):
        facts.items("joint", ("cat", "emu"))
    with pytest.raises(UnknownName, match="no fact 'joints'.*'joint'"):
        facts.items("joints")


def test_the_page_escapes_what_comes_from_data(review):
    page = review.facts()._repr_html_()
    assert "&lt;b&gt;yak" in page
    assert "<b>yak" not in page
    assert "<script" not in page
    assert len(page) < 60_000


def test_what_is_not_computed_says_what_it_needs(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3)).astype(np.float32)
    review = explorer.Review(explorer.read(x, label=["only"] * 40), tmp_path / "s.labels.db", k=5)
    facts = review.facts()
    assert {"joint", "kinds", "trust"} <= set(facts.missing)
    assert facts.joint is None
    assert "two classes" in facts.missing["joint"]
    assert "not computed" in repr(facts)
    assert "Not computed" in facts._repr_html_()
    with pytest.raises(ExplorerError, match="The fact 'joint' is not computed: it needs probabilities"):
        facts.items("joint")
    review.close()
