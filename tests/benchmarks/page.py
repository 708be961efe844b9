"""The browser's half of a widget, for benchmarks: makes the calls that a page makes, counts what the kernel sends.

It stands where the comm stands, so it knows nothing of the package but `explorer.show(review)` and the messages. What
the kernel says by itself is answered as the page answers it: `REACTIONS`, by the protocol that `hello` names.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import comm
import numpy as np
from comm.base_comm import BaseComm

PATIENCE = 600.0
"""Seconds after which an answer, or an event, counts as lost."""


class Message:
    """What the kernel has sent: its content, its buffers, and when it came."""

    def __init__(self, content: dict[str, Any], buffers: list[Any]) -> None:
        self.content, self.buffers = content, buffers
        self.at = time.perf_counter()

    @property
    def size(self) -> int:
        """Bytes on the wire: the content as JSON, and the buffers."""
        text = json.dumps({"method": "custom", "content": self.content}, separators=(",", ":"))
        return len(text.encode()) + sum(memoryview(b).nbytes for b in self.buffers)

    @property
    def name(self) -> str:
        """The event's name, or "answer"."""
        return str(self.content.get("event", "answer"))

    def unpacked(self, value: Any) -> Any:
        """Put the arrays back in the places where they stood."""
        if isinstance(value, dict):
            if "$array" in value:
                kind = {"f32": "f4", "i32": "i4", "u8": "u1", "u32": "u4"}[value["dtype"]]
                return np.frombuffer(self.buffers[value["$array"]], kind).reshape(value["shape"])
            return {k: self.unpacked(v) for k, v in value.items()}
        return [self.unpacked(v) for v in value] if isinstance(value, list) else value


class Page:
    """One page with one widget of a review.

    Attributes
    ----------
    protocol
        As `hello` has it.
    sent
        Every message of the kernel, in order.
    """

    def __init__(self, review: Any, show: Callable[[Any], Any]) -> None:
        self.sent: list[Message] = []
        self._came = threading.Condition()
        self._heard = 0  # messages that the page has looked at
        page = self

        class Recorded(BaseComm):
            def publish_msg(self, msg_type: str, data: Any = None, buffers: Any = None, **_: Any) -> None:
                if msg_type == "comm_msg" and data and data.get("method") == "custom":
                    with page._came:
                        page.sent.append(Message(data["content"], list(buffers or [])))
                        page._came.notify_all()

        before, comm.create_comm = comm.create_comm, Recorded
        try:
            self._widget = show(review)
        finally:
            comm.create_comm = before
        self.hello = self.call("hello")
        self.protocol = int(self.hello["protocol"])
        self.labels = self.call("labels")
        self.scores = self.call("scores")

    def call(self, name: str, /, **args: Any) -> Any:
        """Ask the kernel, wait for the answer, and return its result."""
        asked = uuid.uuid4().hex
        content = {"id": asked, "call": name, "args": args}
        self._widget.comm.handle_msg(
            {"content": {"data": {"method": "custom", "content": content}}, "buffers": [], "metadata": {}}
        )
        reply = self._wait(lambda m: m.content.get("id") == asked, 0)
        if not reply.content["ok"]:
            raise RuntimeError(f"The kernel refused {name!r}: {reply.content['error']}")
        return reply.unpacked(reply.content["result"])

    def listen(self, until: str, since: int) -> None:
        """React to what the kernel says by itself, until an event of this name has come after `since` messages."""
        self._wait(lambda m: m.name == until, since)
        self.react()

    def react(self) -> None:
        """Do what the page does about every event that it has not looked at yet."""
        while self._heard < len(self.sent):
            message = self.sent[self._heard]
            self._heard += 1
            if message.name != "answer":
                REACTIONS[self.protocol](self, message)

    def _wait(self, wanted: Callable[[Message], bool], since: int) -> Message:
        looked = since
        found: list[Message] = []

        def come() -> bool:
            nonlocal looked
            found.extend(m for m in self.sent[looked:] if wanted(m))
            looked = len(self.sent)
            return bool(found)

        with self._came:
            if not self._came.wait_for(come, PATIENCE):
                raise TimeoutError(f"Nothing that was waited for came in {PATIENCE:g} s.")
        return found[0]


def _react_1(page: Page, message: Message) -> None:
    """Protocol 1 (widgets/core/loading.ts of then): every event about scores is answered by asking for all columns."""
    if message.name == "scores":
        page.scores = page.call("scores")
    elif message.name == "layout":
        page.call("layout")
    elif message.name == "hello":
        page.hello = page.call("hello")
        page.labels = page.call("labels")
        page.scores = page.call("scores")


REACTIONS: dict[int, Callable[[Page, Message], None]] = {1: _react_1}
