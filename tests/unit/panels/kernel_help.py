"""A real kernel and the browser's end of a widget's comm, for tests of what happens while a cell waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

PATIENCE = 30.0
"""Seconds after which a message that must come has not come."""

SETUP = """
import threading
import numpy as np
import explorer
from explorer.pipeline import stages

gate, order, original = threading.Event(), [], stages.probe

def selected():
    while review.current is None and not gate.wait(0.02):
        pass

def held(task, results, progress):  # the stage goes on when the browser has said so, and not before
    selected()
    yield from original(task, results, progress)

stages.FUNCTIONS["probe"] = held
rng = np.random.default_rng(0)
dataset = explorer.read(rng.normal(size=(60, 4)).astype("float32"), label=[str(i % 2) for i in range(60)])
review = explorer.Review(dataset, cache=False)
panel = explorer.show(review)
print(panel.comm.comm_id)
"""


class Browser:
    """Sends cells and widgets' messages to a kernel, and keeps all that comes back on iopub, in order."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client
        self.seen: list[dict[str, Any]] = []
        self.comm = ""
        self.subshell: str | None = None
        self._asked = 0

    def run(self, code: str) -> str:
        """Send a cell; returns its id, at once."""
        return str(self.client.execute(code))

    def output(self, code: str) -> str:
        """Run a cell, and return what it printed."""
        cell = self.run(code)
        self.until(lambda: self.ended(cell))
        return "".join(m["content"].get("text", "") for m in self.of(cell) if m["msg_type"] == "stream")

    def open(self) -> None:
        """Make a review whose probe waits for `select`, and a widget of it."""
        self.comm = self.output(SETUP).split()[-1]

    def call(self, name: str, **args: Any) -> str:
        """Send a call as the widget does; returns its id, at once."""
        self._asked += 1
        request = f"{name}-{self._asked}"
        self.send(self.comm, {"method": "custom", "content": {"id": request, "call": name, "args": args}})
        return request

    def send(self, comm: str, data: dict[str, Any]) -> str:
        """Send a comm message; returns its id."""
        message = self.client.session.msg("comm_msg", {"comm_id": comm, "data": data})
        if self.subshell:
            message["header"]["subshell_id"] = self.subshell
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def until(self, come: Callable[[], bool]) -> None:
        """Read what the kernel says until `come` holds."""
        end = time.monotonic() + PATIENCE
        while not come():
            try:
                self.seen.append(self.client.get_iopub_msg(timeout=max(0.0, end - time.monotonic())))
            except Empty:
                raise AssertionError([self.short(message) for message in self.seen[-20:]]) from None

    def of(self, parent: str) -> list[dict[str, Any]]:
        """What came of one message."""
        return [m for m in self.seen if m["parent_header"].get("msg_id") == parent]

    def ended(self, parent: str) -> bool:
        """Whether the kernel is done with a message."""
        return any(m["msg_type"] == "status" and m["content"]["execution_state"] == "idle" for m in self.of(parent))

    def began(self, cell: str) -> bool:
        """Whether a cell runs."""
        return any(m["msg_type"] == "execute_input" for m in self.of(cell))

    def answers(self) -> list[str]:
        """Ids of the calls that were answered, in order."""
        return [a["id"] for a in map(self.content, self.seen) if a.get("ok") is not None]

    def refused(self) -> list[str]:
        """Ids of the calls that were refused."""
        return [a["id"] for a in map(self.content, self.seen) if a.get("ok") is False]

    def reply(self, cell: str) -> dict[str, Any]:
        """Content of the kernel's reply to a cell."""
        while True:
            message = self.client.get_shell_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") == cell:
                content: dict[str, Any] = message["content"]
                return content

    @staticmethod
    def content(message: dict[str, Any]) -> dict[str, Any]:
        """What a widget's message says; {} for any other."""
        if message["msg_type"] != "comm_msg" or message["content"]["data"].get("method") != "custom":
            return {}
        found: dict[str, Any] = message["content"]["data"]["content"]
        return found

    @staticmethod
    def short(message: dict[str, Any]) -> str:
        """Type of a message and a little of it, for a failure."""
        return f"{message['msg_type']}: {str(message['content'])[:120]}"


@contextmanager
def kernel() -> Iterator[tuple[Any, Browser]]:
    """Start a kernel; gives its manager and a browser."""
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        yield manager, Browser(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
