"""A language model's votes beside those of others: what they keep, what they are about, and under which name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_help import Answer, StandIn, stand_in, vote

import explorer
from explorer.errors import DataError
from explorer.review.review import Review

TEXTS = [f"film {n}" for n in range(6)]
KEYS = [f"k{n}" for n in range(6)]


def opened(tmp_path: Path) -> Review:
    dataset = explorer.read(TEXTS, label=["dull", "good", "odd"] * 2, key=KEYS)
    return Review(dataset, tmp_path / "s.labels.db", rater="ann", start=False)


@pytest.fixture
def review(tmp_path: Path) -> Iterator[Review]:
    made = opened(tmp_path)
    yield made
    made.close()


def ask(review: Review, server: StandIn, items: Any, rater: str = "gpt", **how: Any) -> Any:
    return review.ask(rater, items, endpoint=server.address, model="m", **how)


def test_votes_that_another_process_adds_meanwhile_stay(review: Review, tmp_path: Path) -> None:
    other = opened(tmp_path)
    with stand_in(lambda _: vote("dull")) as second:

        def answer(request: dict[str, Any]) -> Answer:
            ask(other, second, ["k1", "k2"])
            return vote("good")

        with stand_in(answer) as first:
            ask(review, first, ["k0"])
    other.close()
    assert review.raters.votes()["gpt"].tolist() == ["good", "dull", "dull", None, None, None]


def test_a_rater_that_becomes_a_person_meanwhile_gets_no_votes_of_a_model(review: Review, tmp_path: Path) -> None:
    other = opened(tmp_path)

    def answer(request: dict[str, Any]) -> Answer:
        other.raters.add("gpt", ["dull"] * 6, kind="person")
        return vote("good")

    with stand_in(answer) as server, pytest.raises(DataError, match="of the kind 'person'"):
        ask(review, server, ["k0"])
    other.close()
    assert review.raters.votes()["gpt"].tolist() == ["dull"] * 6


def test_a_blank_about_the_name_is_no_other_rater(review: Review) -> None:
    with stand_in(lambda _: vote("good")) as server:
        ask(review, server, ["k0"])
        ask(review, server, ["k1"], "gpt ")
        assert review.raters.votes()["gpt"].tolist() == ["good", "good", None, None, None, None]
        review.raters.add("bob", ["good"] * 6, kind="person")
        with pytest.raises(DataError, match="of the kind 'person'"):
            ask(review, server, ["k1"], " bob")


def test_a_retired_class_is_not_offered(review: Review) -> None:
    review.relabel(["k2", "k5"], "good")
    review.labels.retire_class("odd")
    with stand_in(lambda _: vote("odd")) as server:
        found = ask(review, server, ["k0"])
    request = server.requests[0]
    assert "odd" not in request["messages"][0]["content"]
    assert '"odd"' not in json.dumps(request["response_format"])
    assert (found.votes, found.no_class) == (0, 1)
