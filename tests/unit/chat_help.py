"""A stand-in for an endpoint of chat completions: a local server that answers as a test says, and remembers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """What the server does with a request: a body (JSON, or bytes), or nothing at all where `cut`."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


def said(text: str | None, sent: int | None = 100, answered: int = 10, **message: Any) -> Answer:
    """Return a chat completion."""
    usage = {} if sent is None else {"usage": {"prompt_tokens": sent, "completion_tokens": answered}}
    return Answer({"choices": [{"message": {"role": "assistant", "content": text, **message}}], **usage})


def vote(label: str | None, confidence: Any = 0.9, **usage: Any) -> Answer:
    """Return a chat completion that votes."""
    return said(json.dumps({"label": label, "confidence": confidence}), **usage)


def refused(status: int, message: str = "", **headers: str) -> Answer:
    """Return an error as endpoints write it."""
    return Answer({"error": {"message": message}}, status, headers)


def asked_of(request: dict[str, Any]) -> str:
    """Return the user's message of a request: what stands of the item in it."""
    content = request["messages"][-1]["content"]
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def item_of(request: dict[str, Any]) -> Any:
    """Return the item of a request, read back from its JSON."""
    return json.loads(asked_of(request).splitlines()[1])


@dataclass
class StandIn:
    """What was asked, and what is answered: `answer` takes the request as JSON."""

    answer: Callable[[dict[str, Any]], Answer]
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    address: str = ""
    most_at_once: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def handle(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        request = json.loads(body)
        with self._lock:
            self.requests.append(request)
            self.headers.append(headers)
            self.paths.append(path)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            return self.answer(request)
        finally:
            with self._lock:
                self._now -= 1


@contextmanager
def stand_in(answer: Callable[[dict[str, Any]], Answer]) -> Iterator[StandIn]:
    """Run the server while the block runs."""
    state = StandIn(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found = state.handle(self.path, dict(self.headers), body)
            if found.cut:
                self.close_connection = True
                self.connection.close()
                return
            data = found.body if isinstance(found.body, bytes) else json.dumps(found.body).encode()
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def finish(self) -> None:
            with suppress(OSError, ValueError):  # the connection was cut on purpose
                super().finish()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.address = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
