"""What several tests of the panels share: a page of the browser that calls and is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from explorer.panels import Panel, registry, session_of, wire
from explorer.review.review import Review

PATIENCE = 60.0
"""Seconds after which a message that must come has not come."""
KINDS = {"f32": np.float32, "i32": np.int32, "u8": np.uint8}


class Wire:
    """Sends calls to a widget as the browser would, and keeps what comes back: `sent` is (content, buffers) each."""

    def __init__(self, widget: Panel, review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
        self.widget = widget
        self.session = session_of(review)
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []
        self._come = threading.Condition()
        monkeypatch.setattr(widget, "send", self._take)

    def _take(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        with self._come:
            self.sent.append((content, buffers or []))
            self._come.notify_all()

    def call(self, name: str, /, **args: Any) -> dict[str, Any]:
        """Make a call; returns the whole reply, also of those that are answered on a thread."""
        request = f"request-{len(self.sent)}-{name}"
        self.session.hear(self.widget, {"id": request, "call": name, "args": args})
        self.until(lambda: any(content.get("id") == request for content, _ in self.sent))
        return next(content for content, _ in reversed(self.sent) if content.get("id") == request)

    def until(self, come: Callable[[], bool]) -> None:
        """Wait for messages: until `come` holds of `sent`."""
        with self._come:
            assert self._come.wait_for(come, PATIENCE), [content.get("event", "answer") for content, _ in self.sent]

    def events(self) -> list[str]:
        """Names of the events that the kernel sent by itself."""
        return [content["event"] for content, _ in self.sent if "event" in content]

    def pushes(self, event: str) -> list[dict[str, Any]]:
        """What the kernel said by itself, of one name, with arrays in place."""
        return [unpacked(content, buffers) for content, buffers in self.sent if content.get("event") == event]


class Page:
    """What a page of the browser gets: the packed answers of a review's calls, without a widget."""

    def __init__(self, review: Review) -> None:
        self.review = review

    def call(self, name: str, /, **args: Any) -> Any:
        """Return an answer as JSON; `array` reads its columns."""
        body, self.buffers = wire.pack(registry.answer(self.review, name, args, session_of(self.review)))
        return json.loads(json.dumps(body))

    def array(self, value: dict[str, Any]) -> np.ndarray:
        """Return a column of the last answer."""
        return np.frombuffer(self.buffers[value["$array"]], KINDS[value["dtype"]])


def unpacked(value: Any, buffers: list[bytes]) -> Any:
    """Put arrays in their places, as the browser does."""
    if isinstance(value, dict):
        if "$array" in value:
            return np.frombuffer(buffers[value["$array"]], KINDS[value["dtype"]])
        return {k: unpacked(v, buffers) for k, v in value.items()}
    return [unpacked(v, buffers) for v in value] if isinstance(value, list) else value
