"""Raters of a review: added, replaced and taken away, kept in the store, and the scores follow."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import explorer
from explorer import labels as label_store
from explorer.errors import DataError, UnknownName
from explorer.labels import StoreError
from explorer.review.events import VotesChanged
from explorer.review.review import Review

KEYS = [f"k{n}" for n in range(12)]
ANN = [3, 5, 8] * 3 + [None] * 3


def dataset(**more: Any) -> explorer.Dataset:
    vectors = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
    return explorer.read(vectors, label=[3, 5, 8] * 4, key=KEYS, **more)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.labels.db"


@pytest.fixture
def review(path: Path) -> Iterator[Review]:
    made = Review(dataset(), path, rater="ann", start=False)
    yield made
    made.close()


def test_labels_are_aligned_as_everything_else(review: Review) -> None:
    by_key = pd.Series([5, 8], index=["k1", "k0"])
    forms = {
        "row": [8, 5] + [None] * 10,
        "series": by_key,
        "mapping": {"k1": 5, "k0": "8"},
        "array": np.array([8, 5] + [-1] * 10),
        "whole": pd.Series([8.0, 5.0] + [np.nan] * 10),
    }
    for name, labels in forms.items():
        review.add_rater(name, labels)
    found = review.raters.votes()
    assert found.index.tolist() == KEYS
    for name in forms:
        assert found[name].tolist() == ["8", "5"] + [None] * 10, name


def test_the_table_has_a_row_a_rater(review: Review) -> None:
    review.add_rater("gpt", {"k0": 3, "k1": 3, "k2": None}, kind="model", family="g", confidence={"k0": 0.5, "k1": 1})
    review.raters.add("ann", ANN, kind="person")
    review.relabel("k1", 3)
    table = review.raters.table()
    assert table.loc["gpt"].tolist() == ["model", "g", 2, 1, 2, 1.0]
    assert table.loc["ann"].tolist() == ["person", "", 9, 0, 8, pytest.approx(8 / 9)]
    assert len(review.raters) == 2
    assert repr(review.raters) == "Raters(gpt, ann)"
    assert "<script>" not in review.raters._repr_html_()


def test_votes_are_kept_in_the_store_with_their_versions(path: Path) -> None:
    with_votes = dataset(raters={"ann": ANN})
    for _ in range(2):
        review = Review(with_votes, path, rater="bob", start=False)
        assert review.labels.vote_blocks()["version"].tolist() == [1], "bound again, nothing new is written"
        review.close()
    review = Review(dataset(), path, rater="bob", start=False)
    assert review.raters.names == ("ann",), "the store remembers"
    review.add_rater("gpt", [8] * 12)
    review.add_rater("gpt", [5] * 12)
    review.raters.remove("gpt")
    assert review.raters.names == ("ann",)
    assert review.labels.vote_blocks()["votes"].tolist() == [9, 12, 12, 0]
    review.raters.remove("ann")
    assert repr(review.raters).startswith("Raters(none")
    review.close()
    review = Review(with_votes, path, rater="bob", start=False)
    assert review.raters.names == (), "what was taken away does not come back with the file"
    review.add_rater("ann", ANN)
    assert review.raters.names == ("ann",)
    review.close()


def test_a_store_that_is_read_only_shows_what_the_data_bring(path: Path) -> None:
    Review(dataset(), path, rater="bob", start=False).close()
    with label_store.open(path, read_only=True) as store:
        review = Review(dataset(raters={"ann": ANN}), store, start=False)
        assert review.raters.names == ("ann",)
        with pytest.raises(StoreError, match="read-only"):
            review.add_rater("gpt", [8] * 12)


def test_labelling_functions_and_tables_are_raters(review: Review, caplog: pytest.LogCaptureFixture) -> None:
    @explorer.labelling_function("positive", votes_for="8", family="rules")
    def positive(vector: Any) -> bool:
        if vector[1] > 1:
            raise ValueError("too large")
        return bool(vector[0] > 0)

    with caplog.at_level(logging.WARNING, "explorer"):
        said = review.add_rater(positive)
    assert (said.kind, said.family, len(said)) == ("function", "rules", 12)
    assert set(review.raters.votes()["positive"]) == {"8", None}
    assert "'positive' raised on" in caplog.text
    review.add_rater("negative", lambda vector: "3" if vector[0] < 0 else None)
    assert review.raters.table().loc["negative", "kind"] == "function"
    long = pd.DataFrame({"item": ["k0", "k1", "zz"], "rater": ["u", "v", "u"], "label": [3, 5, 8]})
    with caplog.at_level(logging.WARNING, "explorer"):
        added = review.raters.add(long)
    assert added.names == ("u", "v")
    assert "1 vote of 'u' is of items that are not here" in caplog.text
    assert review.raters.names == ("positive", "negative", "u", "v")
    wide = pd.DataFrame({"w": [3] * 12})
    assert review.raters.add(wide).names == ("w",)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (("gpt", [9] * 12), "class '9'.*column 'gpt', row 0"),
        (("gpt", [3] * 5), "5 labels of the rater 'gpt' for 12 rows"),
        (("gpt",), "no labels of 'gpt'"),
        ((7, [3] * 12), "rater is a int"),
        (("gpt", {"zz": 3}), "None of the 1 vote of 'gpt' is of an item"),
        (("gpt", lambda _: 1 / 0), "'gpt' raised on all of the 12 items"),
        ((" ", [3] * 12), "name is ' '"),
    ],
)
def test_raters_that_are_none_are_refused(review: Review, call: Any, match: str) -> None:
    with pytest.raises(DataError, match=match):
        review.add_rater(*call)
    assert review.raters.names == ()
    assert len(review.labels.vote_blocks()) == 0


def test_a_kind_and_a_rater_that_there_are_not(review: Review) -> None:
    with pytest.raises(UnknownName, match="kind of rater 'robot'"):
        review.add_rater("gpt", [3] * 12, kind="robot")
    with pytest.raises(UnknownName, match="rater 'gpt'"):
        review.raters.remove("gpt")


def test_votes_follow_classes_that_change(review: Review) -> None:
    review.add_rater("gpt", [8] * 12)
    review.labels.merge_classes("8", into="5")
    review.raters.refresh()
    assert set(review.raters.votes()["gpt"]) == {"5"}
    review.labels.add_class("9")
    review.sync.catch_up()
    review.add_rater("new", [9] * 12)
    assert set(review.raters.votes()["new"]) == {"9"}


def test_votes_never_overwrite_a_label(review: Review) -> None:
    before = review.corrected().tolist()
    review.add_rater("gpt", [8] * 12)
    assert review.corrected().tolist() == before
    assert review.counts()["reviewed"] == 0


def test_a_change_of_votes_has_the_scores_computed_anew(path: Path) -> None:
    review = Review(dataset(), path, rater="ann", start=False)
    heard: list[VotesChanged] = []
    review.events.subscribe(VotesChanged, heard.append)
    review.add_rater("gpt", [8] * 12)
    assert review.state.generation == 2
    assert review.state.scored == 0, "a run that nobody has begun is not begun"
    review.start()
    review.wait(progress=False)
    assert review.state.scored == 2
    review.add_rater("gpt", [5] * 12)
    review.wait(progress=False)
    assert review.state.scored == 3
    review.raters.remove("gpt")
    review.wait(progress=False)
    assert review.state.scored == 4
    assert len(heard) == 3
    review.close()


def test_items_that_are_set_aside_take_their_votes_along(path: Path) -> None:
    review = Review(dataset(raters={"ann": ANN}), path, rater="bob", start=False)
    state = review.state
    smaller = state.dataset.without({0: "broken", 1: "broken"})
    state.publish(state.generation, state.results, smaller)
    assert review.raters.votes().index.tolist() == KEYS[2:]
    assert review.raters.votes()["ann"].tolist() == ["8", *["3", "5", "8"] * 2, None, None, None]
    review.close()


# What is made of the votes


def test_consensus_agreement_and_what_to_ask_next(review: Review) -> None:
    with pytest.raises(DataError, match="There are no raters"):
        review.raters.consensus()
    truth = [3, 5, 8] * 4
    for name, wrong in (("a", {0: 5}), ("b", {1: 8}), ("c", {2: 3})):
        review.add_rater(name, [wrong.get(i, label) for i, label in enumerate(truth)])
    review.keep("k3")
    found = review.raters.consensus("majority")
    assert [review.classes[c] for c in found.labels] == [str(label) for label in truth]
    assert found.quality["rater"].tolist() == ["a", "b", "c"]
    assert found.quality["gold_answers"].tolist() == [1, 1, 1]
    assert review.raters.agreement().alpha > 0.6
    assert len(review.raters.agreement(pairs=True)) == 3
    assert review.raters.ask_next(3).empty, "everybody has answered all of them"
    assert review.raters.ask_next(3, raters=["a"]).empty
    asked = review.raters.ask_next(3, raters=[])
    assert set(asked.index) == {"k0", "k1", "k2"}
    assert asked["rater"].tolist() == [None, None, None], "nobody can be asked"
    review.add_rater("late", {"k4": 5})
    assert review.raters.ask_next(1, raters=["late"])["rater"].tolist() == ["late"]
    with pytest.raises(UnknownName, match="rater 'z'"):
        review.raters.ask_next(1, raters=["z"])
    assert "k3" not in review.raters.ask_next(12).index, "it is decided on"


def test_a_budget_of_answers_is_simulated_with_these_raters(path: Path) -> None:
    rng = np.random.default_rng(0)
    truth = np.arange(90) % 3
    vectors = (np.eye(3)[truth] * 4 + rng.normal(size=(90, 3))).astype(np.float32)
    votes = {name: np.where(rng.random(90) < 0.9, truth, (truth + 1) % 3).tolist() for name in "abc"}
    review = Review(explorer.read(vectors, label=truth.tolist(), raters=votes), path, rater="ann", start=False)
    with pytest.raises(DataError, match="no vectors"):
        review.raters.spend(40)
    review.start()
    review.wait(progress=False)
    found = review.raters.spend(40, votes=(1, 2))
    assert found.table["votes"].tolist() == [1, 2]
    assert found.table["items"].tolist() == [40, 20]
    assert 0 <= found.table["label_error"][0] < 0.3
    review.close()


def test_labels_that_were_read_from_votes_are_known_to_be(path: Path) -> None:
    votes = {"a": [3, 5, 8] * 4, "b": [3, 5, None] * 4, "c": [3] * 12}
    read = explorer.read(np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32), key=KEYS, raters=votes)
    assert read.labelled_by == ("a", "b", "c")
    assert dataset(raters=votes).labelled_by == ()
    review = Review(read, path, rater="ann")
    review.wait(progress=False)
    with review.scores.reading() as (inputs, findings):
        assert inputs.labelled_by == (0, 1, 2)
        assert findings.results["raters"].summary["majority"]
    review.close()


def test_items_that_most_raters_dispute_are_a_fact(path: Path) -> None:
    votes = {"a": [5, 5, 8] * 4, "b": [5, 5, None] * 4, "c": [3] * 12}
    review = Review(dataset(raters=votes), path, rater="ann")
    review.wait(progress=False)
    fact = review.facts()["raters"]
    assert (
        fact.sentence
        == "On 4 of the 12 labelled items that 3 raters voted on, more of them name another class than the label."
    )
    assert fact.table["disputed"].tolist() == [4, 0, 0]
    assert set(fact.about["3"]) == {"k0", "k3", "k6", "k9"}
    review.close()
