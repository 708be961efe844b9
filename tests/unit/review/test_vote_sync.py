"""Votes that others add to the same store are taken up, and the scores follow where they are no single votes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import explorer
from explorer.review.events import VotesChanged
from explorer.review.review import Review

KEYS = [f"k{n}" for n in range(12)]


def made(path: Path, rater: str) -> Review:
    vectors = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
    return Review(explorer.read(vectors, label=[3, 5, 8] * 4, key=KEYS), path, rater=rater, start=False)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Review, Review]]:
    reviews = made(tmp_path / "s.labels.db", "ann"), made(tmp_path / "s.labels.db", "bob")
    yield reviews
    for review in reviews:
        review.close()


def test_a_rater_that_another_review_adds_is_seen_when_it_writes_a_label(two: tuple[Review, Review]) -> None:
    here, there = two
    heard: list[VotesChanged] = []
    here.events.subscribe(VotesChanged, heard.append)
    there.add_rater("gpt", [3] * 12)
    there.relabel("k1", 3)
    here.sync.look()
    assert here.raters.names == ("gpt",)
    assert here.raters.votes()["gpt"].tolist() == ["3"] * 12
    assert len(heard) == 1
    there.relabel("k2", 3)  # a label alone: nothing is read anew
    votes = here.state.votes
    here.sync.look()
    assert here.state.votes is votes
    there.raters.remove("gpt")
    there.relabel("k4", 3)
    here.sync.look()
    assert here.raters.names == ()
    assert len(heard) == 2


def test_single_votes_of_people_start_nothing(two: tuple[Review, Review]) -> None:
    here, there = two
    there.raters.add("bob", [3] + [None] * 11, kind="person")
    there.relabel("k1", 3)
    here.sync.look()
    heard: list[VotesChanged] = []
    here.events.subscribe(VotesChanged, heard.append)
    there.raters.add("bob", [3, 5] + [None] * 10, kind="person")
    there.relabel("k2", 3)
    here.sync.look()
    assert here.raters.votes()["bob"].tolist() == ["3", "5"] + [None] * 10
    assert heard == []


def test_votes_for_a_class_that_is_merged_are_votes_for_the_other(two: tuple[Review, Review]) -> None:
    here, there = two
    here.add_rater("gpt", [3, 5, 8] * 4)
    heard: list[VotesChanged] = []
    here.events.subscribe(VotesChanged, heard.append)
    there.labels.rename_class("3", "three")
    here.sync.look()
    assert here.raters.votes()["gpt"].tolist()[:3] == ["three", "5", "8"]
    assert heard == []  # a class that is called otherwise keeps its code
    there.labels.merge_classes("5", "8")
    here.sync.look()
    assert here.raters.votes()["gpt"].tolist()[:3] == ["three", "8", "8"]
    assert len(heard) == 1
