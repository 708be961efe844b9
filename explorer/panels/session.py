"""One review's conversation with its widgets: answers their calls and tells them what changed.

All widgets of a review share one session. Calls that read or write labels are answered at once, in the order in which
they came; previews are decoded on a thread, so that the kernel stays free.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from explorer.errors import ExplorerError
from explorer.labels import Conflict
from explorer.panels import wire
from explorer.panels.payloads import saved, versions
from explorer.panels.registry import answer
from explorer.panels.watcher import watch
from explorer.review.review import Review

if TYPE_CHECKING:
    from explorer.panels.widget import Panel

log = logging.getLogger("explorer")

SLOW = frozenset(
    {"previews", "card", "relations", "plotly", "figure", "history", "rerun", "timeline", "entries", "diff"}
    | {"versions", "merge", "method", "methods", "left"}
)
"""Calls answered on a thread: they decode pictures or read many rows, and change no label."""

UNLOCKED = frozenset(
    {"previews", "plotly", "rerun", "history", "timeline", "entries", "diff", "versions", "merge"}
    | {"helped", "helped_start", "helped_cancel", "left"}
)
"""Calls that read one thing only (pictures, or the store, which has its own lock), or take their own lock."""


class Session:
    """See the module. Use `session_of(review)`."""

    def __init__(self, review: Review) -> None:
        self.review = review
        self._widgets: weakref.WeakSet[Panel] = weakref.WeakSet()
        self._sending = threading.Lock()
        self._workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="explorer-panel")
        self._watch: threading.Thread | None = None
        self._sample: tuple[dt.datetime | None, bytes] | None = None  # began, asked about: as widgets know it
        review.subscribe(self._changed)

    def attach(self, widget: Panel) -> None:
        """Listen to one more widget."""
        self._widgets.add(widget)
        widget.on_msg(self._heard)
        if self._watch is None or not self._watch.is_alive():
            self._watch = watch(self.review, self._shown, self.tell_sample)

    def push(self, event: str, **details: Any) -> None:
        """Tell every widget that something changed. Safe from any thread."""
        content, buffers = wire.pack({"event": event, **details})
        for widget in list(self._widgets):
            if widget.comm is not None:
                self._send(widget, content, buffers)

    def note_sample(self) -> None:
        """Scores go out, and the random sample with them: later ones are compared with it."""
        if self._sample is None:
            self._sample = self.review.sample_since, self.review.asked().tobytes()

    def tell_sample(self) -> None:
        """Tell every widget of the random sample, if it has asked about more items since, or is another one."""
        review = self.review
        with review.lock:
            if self._sample is None or review.sample_since is None:
                return  # every widget is about to ask for the scores, which bring it
            asked = review.asked()
            before, self._sample = self._sample, (review.sample_since, asked.tobytes())
            if self._sample == before:
                return
            draws = review.draws()
        self.push("sample", draws=draws, asked=asked)

    def cells(self, positions: list[int]) -> list[dict[str, Any]]:
        """Return the labels of some items now, as the browser's `Cell`."""
        review = self.review
        found = []
        for position in positions:
            cell = review.labels.get(str(review.dataset.item_ids[position]))
            found.append(
                {
                    "item": position,
                    "label": int(review.codes[position]),
                    "state": cell.state,
                    "event": cell.event,
                    "rater": cell.rater or "",
                    "time": "" if cell.time is None else str(cell.time),
                    "why": cell.why or "",
                }
            )
        return found

    def _heard(self, widget: Panel, content: Any, _buffers: list[memoryview]) -> None:
        if not isinstance(content, dict) or "call" not in content:
            return
        if content["call"] in SLOW:
            self._workers.submit(self._respond, widget, content)
        else:
            self._respond(widget, content)

    def _respond(self, widget: Panel, content: dict[str, Any]) -> None:
        reply: dict[str, Any] = {"id": content.get("id"), "ok": True}
        buffers: list[bytes] = []
        try:
            name, args = str(content["call"]), dict(content.get("args") or {})
            # Items, results and labels that are read together must belong together; pictures are decoded without.
            with nullcontext() if name in UNLOCKED else self.review.lock:
                reply["result"], buffers = wire.pack(answer(self, name, args))
        except Exception as problem:  # whatever fails is said to the browser that asked; the kernel goes on
            if not isinstance(problem, ExplorerError):
                log.exception("The call %r failed.", content["call"])
            reply = {"id": content.get("id"), "ok": False, "error": wire.error(problem, self._conflict_cells)}
        self._send(widget, reply, buffers)

    def _shown(self) -> bool:
        """Whether a widget of this review is still there for somebody to look at."""
        return any(widget.comm is not None for widget in list(self._widgets))

    def _conflict_cells(self, conflict: Conflict) -> list[dict[str, Any]]:
        review = self.review
        with review.lock:
            positions = (review.dataset.place(cell.item) for cell in conflict.cells)
            return self.cells([p for p in positions if p is not None])

    def _send(self, widget: Panel, content: Any, buffers: list[bytes]) -> None:
        # A comm is no place for two threads at once: its message parts must not interleave.
        with self._sending:
            widget.send(content, buffers)

    def _changed(self, event: str, details: dict[str, Any]) -> None:
        if event == "closed":
            self._workers.shutdown(wait=False)
            for widget in list(self._widgets):
                widget.close()
        elif event == "stages":
            self.push("stages", stages=list(details["stages"]))
        elif event == "cells":
            self.push(
                "cells",
                cells=self.cells(details["positions"]),
                counts=self.review.counts(),
                saved=saved(self.review),
                classes=list(self.review.classes),
            )
        elif event == "sample":
            self.tell_sample()
        elif event == "versions":
            self.push("versions", **versions(self.review))
        elif event == "scores":
            self._sample = None
            trust = self.review.results.trust
            self.push("scores", trust=None if trust is None else trust.warning)
        else:
            self.push(event, **details)


_sessions: weakref.WeakKeyDictionary[Review, Session] = weakref.WeakKeyDictionary()


def session_of(review: Review) -> Session:
    """Return the session of a review, made on first use."""
    session = _sessions.get(review)
    if session is None:
        session = _sessions[review] = Session(review)
    return session
