"""Answers are read strictly, prices and budgets counted, addresses and keys checked."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from explorer.errors import DataError
from explorer.language_models import AnswerCache, Price, endpoint_of, price_of
from explorer.language_models import cost as cost_module
from explorer.language_models.answer import read_answer
from explorer.language_models.answer_cache import Kept
from explorer.language_models.cost import Budget, Size, size_of
from explorer.language_models.prompt import Prompt

CODES = {"dull": 0, "good": 1, "null": 2}


@pytest.mark.parametrize(
    ("text", "code", "confidence", "problem"),
    [
        ('{"label": "good", "confidence": 0.7}', 1, 0.7, ""),
        ('```json\n{"label": "good", "confidence": 1}\n```', 1, 1.0, ""),
        ('{"label": " good ", "confidence": "high"}', 1, None, ""),
        ('{"label": "good", "confidence": 85}', 1, None, ""),
        ('{"label": "good", "confidence": NaN}', 1, None, ""),
        ('{"label": "good", "confidence": true}', 1, None, ""),
        ('{"label": "null"}', 2, None, ""),
        ('{"label": null, "confidence": 0.2}', -1, 0.2, ""),
        ('{"label": "Good", "confidence": 1}', -1, None, "no class"),
        ('{"label": "ignore all", "confidence": 1}', -1, None, "no class"),
        ('{"label": 1, "confidence": 1}', -1, None, "no class"),
        ('{"label": ["good"], "confidence": 1}', -1, None, "no class"),
        ('{"label": "dull", "label": "good"}', -1, None, "unreadable"),
        ('{"label": "dull"}{"label": "good"}', -1, None, "unreadable"),
        ('{"confidence": 1}', -1, None, "unreadable"),
        ('["good"]', -1, None, "unreadable"),
        ("good", -1, None, "unreadable"),
        ("", -1, None, "unreadable"),
        ("[" * 100_000, -1, None, "unreadable"),
        (None, -1, None, "declined"),
    ],
)
def test_an_answer_is_a_class_an_abstention_or_nothing(
    text: str | None, code: int, confidence: float | None, problem: str
) -> None:
    found = read_answer(text, CODES)
    assert (found.code, found.confidence, found.problem) == (code, confidence, problem)


# Money ----------------------------------------------------------------------------------------------------------------


def test_a_price_is_given_or_stands_in_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert price_of(2, "m") == Price(2.0, 2.0)
    path = tmp_path / "prices.json"
    row = {"input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07}
    path.write_text(json.dumps({"m": row, "x": 3, "y": {}}))
    monkeypatch.setattr(cost_module, "table", lambda: path)
    found = price_of(None, "m")
    assert found is not None
    assert (found.sent, found.answered) == (0.15, 0.6)
    assert "litellm" in str(found)
    assert [price_of(None, name) for name in ("x", "y", "z")] == [None, None, None]
    path.write_text("no JSON")
    assert price_of(None, "m") is None


@pytest.mark.parametrize("price", ["2", (1,), (1, 2, 3), (1, -1), (float("nan"), 1), (True, 1), {"a": 1}])
def test_what_is_no_price_is_refused(price: Any) -> None:
    with pytest.raises(DataError, match="The price is"):
        price_of(price, "m")


def test_a_budget_holds_back_what_may_still_be_spent() -> None:
    budget = Budget(Price(1, 2), 0.001, 100)  # 1,000 tokens sent, or 500 answered
    first = budget.take(Size(350))
    assert first == 600, "350 bytes and the frame are 400 tokens, and 100 answered cost double"
    assert budget.take(Size(350)) is None
    budget.settle(first, Size(350), 100, 10)
    assert budget.spent == pytest.approx(120e-6)
    second = budget.take(Size(350))
    assert second is not None
    budget.settle(second, Size(350), None, None)
    assert (budget.sent, budget.answered) == (500, 110), "what is not said is reckoned as the most"
    third = budget.take(Size(0))
    assert third is not None
    budget.lose(Size(0))
    budget.settle(third, Size(0), 0, 0)
    assert (budget.sent, budget.answered) == (550, 210)


def test_a_limit_that_cannot_be_held_is_refused() -> None:
    with pytest.raises(DataError, match="price of the model is not known"):
        Budget(None, 1.0, 100)
    with pytest.raises(DataError, match="any length"):
        Budget(Price(1, 1), 1.0, None)
    for most in (-1, "1", float("inf"), True):
        with pytest.raises(DataError, match="most="):
            Budget(Price(1, 1), most, 100)  # type: ignore[arg-type]
    assert Budget(None, None, None).take(Size(10**9)) == 0


def test_a_picture_is_not_measured_by_its_bytes() -> None:
    from PIL import Image

    size = size_of(Prompt("m", ("a", "b")).body("image", Image.effect_noise((300, 300), 90).convert("RGB")))
    assert size.pictures == 1
    assert size.text < 5_000
    assert size.about < size.most


# Addresses and keys ---------------------------------------------------------------------------------------------------

SECRET = "sk-very-secret-0123456789"


def test_an_address_is_given_or_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="EXPLORER_LLM_ENDPOINT"):
        endpoint_of()
    monkeypatch.setenv("OPENAI_BASE_URL", "https://b/v1")
    assert endpoint_of().url == "https://b/v1/chat/completions"
    monkeypatch.setenv("EXPLORER_LLM_ENDPOINT", "https://a/v1/chat/completions")
    assert endpoint_of().url == "https://a/v1/chat/completions"
    found = endpoint_of("https://c/x/?api-version=3")
    assert found.url == "https://c/x/chat/completions?api-version=3"
    assert found.shown == "https://c/x/chat/completions"


@pytest.mark.parametrize(
    "address",
    ["", "file:///etc/passwd", "ftp://a/v1", "a/v1", "http://", "http://[::1", "http://a:99999999/", "http://a\nb/", 7],
)
def test_what_is_no_address_is_refused(address: Any) -> None:
    with pytest.raises(DataError, match="address of the endpoint"):
        endpoint_of(address)


@pytest.mark.parametrize("address", [f"https://u:{SECRET}@a/v1", f"https://a/v1?api_key={SECRET}"])
def test_a_key_in_an_address_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(DataError) as caught:
        endpoint_of(address)
    assert SECRET not in str(caught.value)


def test_a_key_goes_only_where_it_belongs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    assert endpoint_of("https://elsewhere/v1").key == ""
    assert endpoint_of("https://api.openai.com/v1").key == SECRET
    monkeypatch.setenv("OPENAI_BASE_URL", "https://own/v1")
    assert endpoint_of().key == SECRET
    assert endpoint_of("https://own/other").key == SECRET
    assert endpoint_of("https://elsewhere/v1").key == ""
    monkeypatch.setenv("EXPLORER_LLM_KEY", "other")
    assert endpoint_of("https://elsewhere/v1").key == "other"
    monkeypatch.setenv("MINE", "third")
    assert endpoint_of("https://elsewhere/v1", "MINE").key == "third"


def test_a_key_is_in_no_text(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("MINE", SECRET)
    found = endpoint_of("http://remote/v1", "MINE")
    assert "unencrypted" in caplog.text
    assert SECRET not in caplog.text + repr(found) + str(found)
    assert found.scrubbed(f"Incorrect\nkey {SECRET}") == "Incorrect key [the key]"
    for wrong in (SECRET, "ABC123DEF", 5):
        with pytest.raises(DataError) as caught:
            endpoint_of("https://a/v1", wrong)  # type: ignore[arg-type]
        assert str(wrong) not in str(caught.value)
    monkeypatch.setenv("MINE", "two words\nand more")
    with pytest.raises(DataError, match="no key has") as caught:
        endpoint_of("https://a/v1", "MINE")
    assert "two words" not in str(caught.value)


# What is kept ---------------------------------------------------------------------------------------------------------


def test_answers_are_kept_also_beside_another_process(tmp_path: Path) -> None:
    with AnswerCache(tmp_path) as one, AnswerCache(tmp_path) as other:
        one.write("a", Kept(None, None, None))
        other.write("a", Kept("x", 1, 2))
        assert one.read("a") == Kept("x", 1, 2)
        assert other.path.stat().st_mode & 0o077 == 0, "its owner's alone"


def test_a_cache_that_cannot_be_used_keeps_nothing_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "answers").mkdir()
    path = tmp_path / "answers" / "answers.sqlite"
    path.write_bytes(b"this is no database" * 100)
    with AnswerCache(tmp_path) as cache:
        cache.write("a", Kept("x", 1, 2))
        assert cache.read("a") is None
    assert "Answers are not kept" in caplog.text
    assert path.read_bytes().startswith(b"this is no"), "nothing of somebody else is overwritten"
    path.unlink()
    sqlite3.connect(path).close()
    with AnswerCache(tmp_path) as cache:
        cache.write("a", Kept("x", 1, 2))
        assert cache.read("a") is not None
