"""What goes out goes out in the order in which it happened, whoever decides meanwhile on another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from panels_help import PATIENCE, Wire, unpacked

import explorer
from explorer.panels import show, wire
from explorer.panels.schema.items import TextPreview
from explorer.panels.schema.labels import EditReply, Labels
from explorer.review.review import Review

SOON = 0.5
"""Seconds that are left to another thread to go ahead, which it must not."""


@pytest.fixture
def review(tmp_path: Path) -> Iterator[Review]:
    dataset = explorer.read([f"text {i}" for i in range(6)], label=["cat", "dog"] * 3, key=list("abcdef"))
    made = Review(dataset, tmp_path / "s.labels.db", rater="ann", start=False)
    yield made
    made.close()


def while_packed(monkeypatch: pytest.MonkeyPatch, kind: type, work: Callable[[], Any]) -> threading.Thread:
    """Let another thread work while the first answer of a kind is packed."""
    thread, pack = threading.Thread(target=work), wire.pack

    def late(value: Any) -> tuple[Any, list[bytes]]:
        if isinstance(value, kind) and thread.ident is None:
            thread.start()
            thread.join(SOON)
        return pack(value)

    monkeypatch.setattr(wire, "pack", late)
    return thread


def test_an_answer_is_sent_before_a_later_change_is_told(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Wire(show(review), review, monkeypatch)
    other = while_packed(monkeypatch, EditReply, lambda: review.clear("a"))
    edit = {"action": "relabel", "items": [0], "order": review.dataset.order, "expected": {}, "label": "dog"}
    reply = page.call("edit", **edit, op_id="one")
    other.join()
    (later,) = page.pushes("cells")
    assert [reply["result"]["cells"][0]["state"], later["cells"][0]["state"]] == ["relabelled", "given"]
    contents = [content for content, _ in page.sent]
    assert contents.index(reply) < next(i for i, c in enumerate(contents) if c.get("event") == "cells")


def test_columns_and_the_events_beside_them_are_of_one_moment(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Wire(show(review), review, monkeypatch)
    other = while_packed(monkeypatch, Labels, lambda: review.relabel("a", "dog"))
    reply = page.call("labels")["result"]
    buffers = next(buffers for content, buffers in page.sent if content.get("result") is reply)
    other.join()
    found = unpacked(reply, buffers)
    assert found["current"][0] == found["given"][0]
    assert "0" not in found["seen"]["events"]


def test_a_click_does_not_wait_for_the_picture_of_a_card(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Wire(show(review), review, monkeypatch)
    decoding, clicked = threading.Event(), threading.Event()

    def slow(*_: Any) -> TextPreview:
        decoding.set()
        assert clicked.wait(PATIENCE)
        return TextPreview(text="a picture")

    monkeypatch.setattr("explorer.panels.handlers.card.preview", slow)
    page.session.hear(page.widget, {"id": "card", "call": "card", "args": {"item": 0}})
    assert decoding.wait(PATIENCE)
    edit = {"action": "keep", "items": [1], "order": review.dataset.order, "expected": {}}
    assert page.call("edit", **edit, op_id="one")["ok"]
    clicked.set()
    page.until(lambda: any(content.get("id") == "card" for content, _ in page.sent))
    card = next(content for content, _ in page.sent if content.get("id") == "card")
    assert card["result"]["preview"]["text"] == "a picture"
