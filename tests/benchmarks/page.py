"""The browser's half of a widget, for benchmarks: makes the calls that a page makes, counts what the kernel sends.

It stands where the comm stands, so it knows nothing of the package but `explorer.show(review)` and the messages, those
of today and those of until November 2026. What the kernel says by itself is answered as the page answers it.
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
    sent
        Every message of the kernel, in order.
    scores
        The columns of the scores, with the changes that have come since.
    resets
        How often all columns of the scores were asked for.
    """

    def __init__(self, review: Any, show: Callable[[Any], Any]) -> None:
        self.sent: list[Message] = []
        self._came = threading.Condition()
        self._heard = 0  # messages that the page has looked at
        self.resets = 0
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
        self._load()

    def _load(self) -> None:
        self.hello = self.call("hello")
        self.labels = self.call("labels")
        self._whole()

    def _whole(self) -> None:
        self.scores = self.call("scores")
        self.resets += 1

    def order(self) -> np.ndarray:
        """Items, the most probable error first: as the kernel has it, or where it sends none as the page makes it."""
        known = self.scores.get("order")
        if known is not None:
            return known
        p = self.scores["p_error"]
        return np.lexsort((np.arange(len(p)), np.where(np.isnan(p), np.inf, -p)))

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

    def follow(self, since: int, patience: float = PATIENCE) -> int:
        """Wait until new scores have come after `since` messages, and react; returns how many messages there were then.

        Raises
        ------
        TimeoutError
            None have come.
        """
        at = self._wait(lambda m: m.name in ("scores", "scores_rows"), since, patience)
        self.react()
        return self.sent.index(at) + 1

    def react(self) -> None:
        """Do what the page does about every event that it has not looked at yet."""
        while self._heard < len(self.sent):
            message = self.sent[self._heard]
            self._heard += 1
            if message.name == "scores":  # until November 2026 after every click, since then where all have changed
                self._whole()
            elif message.name == "scores_rows":
                self._take(message)
            elif message.name == "layout":
                self.call("layout")
            elif message.name == "hello":
                self._load()

    def _take(self, message: Message) -> None:
        change = message.unpacked(message.content)
        if change["version"] != self.scores["version"] + 1:
            self._whole()
            return
        self.scores["version"] = change["version"]
        for name in ("p_error", "suggested"):
            column = np.array(self.scores[name]) if not self.scores[name].flags.writeable else self.scores[name]
            column[change["rows"]] = change[name]
            self.scores[name] = column

    def _wait(self, wanted: Callable[[Message], bool], since: int, patience: float = PATIENCE) -> Message:
        looked = since
        found: list[Message] = []

        def come() -> bool:
            nonlocal looked
            found.extend(m for m in self.sent[looked:] if wanted(m))
            looked = len(self.sent)
            return bool(found)

        with self._came:
            if not self._came.wait_for(come, patience):
                raise TimeoutError(f"Nothing that was waited for came in {patience:g} s.")
        return found[0]
