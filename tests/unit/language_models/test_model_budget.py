"""What may be spent is kept where tries fail, and what is paid for is kept whatever it says."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_help import Answer, StandIn, refused, said, stand_in, vote

import explorer
from explorer.language_models import AnswerCache, Asked, EndpointError, endpoint_of
from explorer.language_models.answer_cache import Kept
from explorer.language_models.cost import size_of
from explorer.language_models.prompt import Prompt
from explorer.progress import Progress, Stage
from explorer.review.review import Review

KEYS = [f"k{n}" for n in range(8)]
SECRET = "sk-very-secret-0123456789"


@pytest.fixture
def review(tmp_path: Path) -> Iterator[Review]:
    dataset = explorer.read([f"film {n}" for n in range(8)], label=["dull", "good"] * 4, key=KEYS)
    made = Review(dataset, tmp_path / "s.labels.db", start=False)
    yield made
    made.close()


def ask(review: Review, server: StandIn, items: Any = KEYS, **how: Any) -> Asked:
    found = review.ask("gpt", items, endpoint=server.address, **how)
    assert isinstance(found, Asked)
    return found


def worst(review: Review) -> float:
    """Return what one of these requests may cost at most, at a price of 1."""
    prompt = Prompt("gpt", review.classes)
    return (size_of(prompt.body("text", "film 0")).most + (prompt.most_answer or 0)) / 1e6


@pytest.mark.parametrize("failed", [Answer(cut=True), Answer(b"<html>"), refused(502), refused(504), refused(500)])
def test_tries_that_may_have_cost_are_not_repeated_beyond_what_may_be_spent(review: Review, failed: Answer) -> None:
    with stand_in(lambda _: failed) as server, pytest.raises(EndpointError, match="not enough for another try"):
        ask(review, server, price=1, most=2.5 * worst(review))
    assert len(server.requests) == 2


def test_an_item_for_which_nothing_is_left_fails_and_the_others_are_not_sent(review: Review) -> None:
    answers = iter([vote("good"), *[Answer(cut=True)] * 20])
    most = 3.5 * worst(review)
    with stand_in(lambda _: next(answers)) as server:
        found = ask(review, server, price=1, most=most, concurrent=2)
    assert len(server.requests) == 4
    assert found.cost is not None
    assert found.cost <= most
    assert (found.votes, found.votes + found.failed + found.left) == (1, 8)
    assert found.failed
    assert "not enough for another try" in found.first


def test_a_busy_server_costs_nothing_and_an_error_of_one_may(review: Review) -> None:
    for status, cost in ((503, 100), (529, 100), (500, 400), (502, 400), (504, 400)):
        answers = iter([refused(status)])
        with stand_in(lambda _, answers=answers: next(answers, None) or vote("good")) as server:  # type: ignore[misc]
            sent = ask(review, server, ["k0"], price=1).sent
        assert sent == 100 if cost == 100 else sent >= cost, status


def test_a_run_that_may_spend_no_more_was_not_cancelled(review: Review) -> None:
    seen: list[Stage] = []
    with stand_in(lambda _: vote("good", sent=None)) as server:
        progress = Progress(Stage("ask"), seen.append, interval=0)
        found = ask(review, server, price=1, most=1.5 * worst(review), progress=progress)
    assert found.left
    assert (seen[-1].state, seen[-1].note) == ("done", "what may be spent is at its end")


def test_a_larger_picture_may_cost_more() -> None:
    from PIL import Image

    picture = Image.new("RGB", (1400, 1000))
    small, large = (size_of(Prompt("m", ("a", "b"), size=n).body("image", picture), n) for n in (512, 1024))
    assert large.most - small.most == pytest.approx(30_000, abs=100)


@pytest.mark.parametrize("end", ["https://own:9000/v1", "http://own/v1", "https://own:443/v1"])
def test_a_key_of_openai_goes_to_one_server_only(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("OPENAI_BASE_URL", "https://own/v1")
    assert endpoint_of(end).key == (SECRET if end == "https://own:443/v1" else "")
    assert endpoint_of("http://api.openai.com/v1").key == ""
    assert endpoint_of("https://api.openai.com:8443/v1").key == ""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:4000")
    assert endpoint_of("http://localhost:4000/v1").key == SECRET
    assert endpoint_of("http://localhost:8000/v1").key == ""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://a:99999999/")
    assert endpoint_of("https://api.openai.com/v1").key == SECRET


def test_an_answer_that_is_no_text_for_a_file_is_kept_as_any_other(
    tmp_path: Path, review: Review, caplog: pytest.LogCaptureFixture
) -> None:
    with stand_in(lambda _: said('{"label": "\ud800"}')) as server:
        assert ask(review, server).no_class == 8
        assert ask(review, server).kept == 8
        assert len(server.requests) == 8
    assert "Answers are not kept" not in caplog.text


def test_answers_that_an_earlier_version_kept_are_read(tmp_path: Path) -> None:
    with AnswerCache(tmp_path) as cache:
        with sqlite3.connect(cache.path) as earlier:
            earlier.execute("INSERT INTO answer VALUES ('a', 'é', 1, 2)")
        earlier.close()
        assert cache.read("a") == Kept("é", 1, 2)
        cache.write("b", Kept("é\ud800", None, None))
        assert cache.read("b") == Kept("é\ud800", None, None)
