"""One review's conversation with its widgets: answers their calls and tells them what changed.

All widgets of a review share one session. Calls that read or write labels are answered at once, in the order in which
they came; what is declared slow (see `registry.call`) is answered on a thread, so that the kernel stays free.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any, Protocol

import numpy as np
from msgspec import UNSET, UnsetType
from numpy.typing import NDArray

from explorer.errors import ExplorerError
from explorer.labels import Conflict
from explorer.panels import payloads, registry, wire
from explorer.panels.comparison import Comparison
from explorer.panels.schema import calls
from explorer.panels.schema.base import Answer
from explorer.panels.schema.labels import Cell, EditReply
from explorer.panels.schema.scores import ChangedFlags, Level
from explorer.panels.snapshot import Snapshot
from explorer.panels.watcher import watch
from explorer.review.events import (
    CellsChanged,
    Closed,
    Event,
    HighlightChanged,
    LabelsReset,
    LayoutChanged,
    LevelChanged,
    SampleChanged,
    ScopeOpened,
    ScopesChanged,
    ScoresChanged,
    SelectionChanged,
    StagesChanged,
    VersionsMoved,
)
from explorer.review.review import Review
from explorer.review.sync import FEW

log = logging.getLogger("explorer")


class Widget(Protocol):
    """What a session knows of a widget: where messages go out and come in. `comm` is `None` once it is closed."""

    comm: Any

    def send(self, content: Any, buffers: Any = None) -> None:
        """Send a message to the browser."""

    def on_msg(self, callback: Callable[[Any, Any, list[memoryview]], None]) -> None:
        """Call back with widget, content and buffers of each message from the browser."""

    def close(self) -> None:
        """Take the widget away."""


class Session:
    """The conversation of one review. `Sessions.of` makes it.

    Attributes
    ----------
    review
        The review.
    panels
        The widgets that `show` has made, by panel.
    comparison
        "Did it help?": see `Comparison`.
    snapshot
        The picture that a saved notebook keeps.
    """

    def __init__(self, review: Review) -> None:
        self.review = review
        self.panels: dict[str, Any] = {}
        self.comparison = Comparison(review, self.push)
        self.snapshot = Snapshot(review)
        self._widgets: weakref.WeakSet[Widget] = weakref.WeakSet()
        self._sending = threading.Lock()
        self._workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="explorer-panel")
        self._watch: threading.Thread | None = None
        self._classes = review.classes  # as every widget knows them
        self._sample: tuple[dt.datetime | None, bytes] | None = None  # began, asked about: as widgets know it
        # While a call is answered under the review's lock: by which thread, and which labels changed by it.
        self._answering: int | None = None
        self._changes: list[CellsChanged] = []
        for kind, handler in self._handlers().items():
            review.events.subscribe(kind, handler)

    def attach(self, widget: Widget) -> None:
        """Listen to one more widget."""
        self._widgets.add(widget)
        widget.on_msg(self.hear)
        if self._watch is None or not self._watch.is_alive():
            self._watch = watch(self.review, self._shown, self.tell_sample)

    def hear(self, widget: Widget, content: Any, _buffers: list[memoryview] | None = None) -> None:
        """Answer a message from the browser, at once or on a thread; whatever fails is told to the widget."""
        if not isinstance(content, dict) or "call" not in content:
            return
        handler = registry.HANDLERS.get(content["call"]) if isinstance(content["call"], str) else None
        if handler is not None and handler.slow and not self.review.closed:
            self._workers.submit(self._respond, widget, content)
        else:
            self._respond(widget, content)

    def push(self, message: Answer, besides: Widget | None = None) -> None:
        """Tell every widget (or all but one) that something changed. Safe from any thread."""
        to = [widget for widget in list(self._widgets) if widget.comm is not None and widget is not besides]
        if to:
            content, buffers = wire.pack(message)
            for widget in to:
                self._send(widget, content, buffers)

    def sample_sent(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return draws and asked items of the random sample, which go out: later ones are compared with these.

        Whoever calls holds the review's lock.
        """
        sample = self.review.sample
        asked = sample.asked()
        if self._sample is None:
            self._sample = sample.since, asked.tobytes()
        return sample.draws(), asked

    def tell_sample(self) -> None:
        """Tell every widget of the random sample, if it has asked about more items since, or is another one."""
        with self.review.state.lock:
            news = self._sample_news()
            if news is not None:
                draws, asked = news
                self.push(calls.SamplePush(draws=draws, asked=asked))

    def _sample_news(self) -> tuple[NDArray[np.int32], NDArray[np.int32]] | None:
        """Return draws and asked items where they are others than widgets know, which they then do."""
        sample = self.review.sample
        if self._sample is None or sample.since is None:
            return None  # every widget is about to ask for the scores, which bring it
        asked = sample.asked()
        before, self._sample = self._sample, (sample.since, asked.tobytes())
        return None if self._sample == before else (sample.draws(), asked)

    def _respond(self, widget: Widget, content: dict[str, Any]) -> None:
        handler = registry.HANDLERS.get(content["call"]) if isinstance(content["call"], str) else None
        # NOTE: an answer is packed and sent under the lock that it was read under. Its columns are written in place,
        # and pushes go out under the lock as well: one of a later change must not overtake it.
        with self.review.state.lock if handler is not None and handler.locked else nullcontext():
            reply, buffers = self._reply(widget, content)
            self._send(widget, reply, buffers)

    def _reply(self, widget: Widget, content: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        reply: dict[str, Any] = {"id": content.get("id"), "ok": True}
        try:
            result = self._answer(widget, content["call"], content.get("args"))
            reply["result"], buffers = wire.pack(result)
            if isinstance(result, EditReply):
                reply["push"] = "cells"  # for another page on the same comm, which did not ask
        except Exception as problem:  # whatever fails is said to the browser that asked; the kernel goes on
            if not isinstance(problem, ExplorerError):
                log.exception("The call %r failed.", content["call"])
            body, buffers = wire.pack(wire.error(problem, self._conflict_cells))
            reply = {"id": content.get("id"), "ok": False, "error": body}
        return reply, buffers

    def _answer(self, widget: Widget, name: Any, given: Any) -> Any:
        if not registry.find(name).locked:
            return registry.answer(self.review, name, given, self)
        # Items, results and labels that are read together must belong together.
        with self.review.state.lock:
            self._answering, self._changes = threading.get_ident(), []
            result = None
            try:
                result = registry.answer(self.review, name, given, self)
                if isinstance(result, EditReply):
                    result.classes = self._news()
            finally:
                self._answering, changes = None, self._changes
                self._tell_changes(changes, result, widget)
        return result

    def _tell_changes(self, changes: list[CellsChanged], answer: Any, asker: Widget) -> None:
        """Tell what changed while a call was answered: of what came before its own change no cell that this has too."""
        commit = answer.commit if isinstance(answer, EditReply) else None
        own = [commit is not None and change.commit is not None and change.commit.id == commit for change in changes]
        for number, change in enumerate(changes):
            if own[number]:
                self._tell_reply(answer, len(change.positions), asker)
                continue
            later = {at for c, its in zip(changes[number:], own[number:], strict=True) if its for at in c.positions}
            rest = [pair for pair in zip(change.positions, change.cells, strict=True) if pair[0] not in later]
            if rest or not later:
                positions, cells = zip(*rest, strict=True) if rest else ((), ())
                self._tell_cells(CellsChanged(positions, change.commit, cells))

    def _tell_reply(self, reply: EditReply, changed: int, asker: Widget) -> None:
        """Tell what an answer says to the widgets that have not asked."""
        if changed > FEW:
            self.push(calls.HelloPush())
            return
        body = {name: getattr(reply, name) for name in EditReply.__struct_fields__}
        self.push(calls.CellsPush(**body), asker)

    def _tell_cells(self, change: CellsChanged) -> None:
        if len(change.positions) > FEW:
            self.push(calls.HelloPush())
            return
        push = calls.CellsPush(
            commit=None if change.commit is None else change.commit.id,
            saved=payloads.saved(self.review),
            cells=payloads.cells(self.review, change.positions, change.cells),
            counts=payloads.counts(self.review),
            classes=self._news(),
        )
        self.push(push)

    def _news(self) -> list[str] | UnsetType:
        """Return the classes if they are others than those that were told last, which they then are."""
        now = self.review.classes
        if now == self._classes:
            return UNSET
        self._classes = now
        return list(now)

    def _shown(self) -> bool:
        """Whether a widget of this review is still there for somebody to look at."""
        return any(widget.comm is not None for widget in list(self._widgets))

    def _conflict_cells(self, conflict: Conflict) -> list[Cell]:
        with self.review.state.lock:
            place = self.review.state.dataset.place
            found = [(position, cell) for cell in conflict.cells if (position := place(cell.item)) is not None]
            return payloads.cells(self.review, [position for position, _ in found], [cell for _, cell in found])

    def _send(self, widget: Widget, content: Any, buffers: list[bytes]) -> None:
        # A comm is no place for two threads at once: its message parts must not interleave.
        with self._sending:
            widget.send(content, buffers)

    # What happens to the review. All of it is told under its lock.

    def _handlers(self) -> dict[type[Event], Callable[[Any], None]]:
        return {
            CellsChanged: self._cells_changed,
            ScoresChanged: self._scores_changed,
            LabelsReset: lambda _: self.push(calls.HelloPush()),
            LayoutChanged: lambda _: self.push(calls.LayoutPush()),
            SampleChanged: lambda _: self.tell_sample(),
            VersionsMoved: self._versions_moved,
            StagesChanged: self._stages_changed,
            SelectionChanged: self._selection_changed,
            ScopesChanged: lambda _: self.push(calls.ScopesPush()),
            ScopeOpened: lambda event: self.push(calls.ScopePush(scope=event.scope, token=event.token)),
            HighlightChanged: lambda event: self.push(
                calls.HighlightPush(items=np.array(event.positions, dtype=np.int32))
            ),
            Closed: self._closed,
        }

    def _cells_changed(self, event: CellsChanged) -> None:
        if self._answering == threading.get_ident():
            self._changes.append(event)  # goes out with the answer
        else:
            self._tell_cells(event)

    def _scores_changed(self, event: ScoresChanged) -> None:
        if isinstance(event, LevelChanged):
            level = Level(slope=event.level.slope, shift=event.level.shift, cut=event.level.cut)
            counts = payloads.counts(self.review)
            self.push(calls.LevelPush(version=event.version, level=level, counts=counts))
            return
        rows, values = event.rows, event.values
        if rows is None or values is None:
            self._sample = None
            trust = self.review.state.results.trust
            self.push(calls.ScoresPush(trust=None if trust is None else trust.warning))
            return
        push = calls.ScoresRowsPush(
            version=event.version,
            rows=rows,
            p_error=values.p_error,
            suggested=values.suggested,
            suspect=values.is_issue.astype(np.uint8),
            counts=payloads.counts(self.review),
        )
        state = self.review.state
        if state.levelless is not None and not state.level.same:
            push.levelless = state.levelless.p_error[rows]
        if self.review.scores.binary:
            push.fits = values.fits
        if values.flags:
            push.flags = {
                name: ChangedFlags(rows=at, values=flags.astype(np.uint8)) for name, (at, flags) in values.flags.items()
            }
        sample = self._sample_news()
        if sample is not None:
            push.draws, push.asked = sample
        self.push(push)

    def _versions_moved(self, _event: VersionsMoved) -> None:
        found = payloads.versions(self.review)
        self.push(calls.VersionsPush(branch=found.branch, branches=found.branches, tags=found.tags))

    def _stages_changed(self, event: StagesChanged) -> None:
        self.push(calls.StagesPush(stages=[payloads.stage(each) for each in event.stages]))

    def _selection_changed(self, event: SelectionChanged) -> None:
        self.push(calls.SelectPush(item=event.current, items=list(event.chosen)))

    def _closed(self, _event: Closed) -> None:
        self.comparison.cancel()
        self._workers.shutdown(wait=False)
        for widget in list(self._widgets):
            widget.close()
        SESSIONS.forget(self.review)


class Sessions:
    """The sessions of the reviews that are shown, each made on first use and kept until its review is closed.

    NOTE: there is one of these a process (`SESSIONS`), since a cell that says `explorer.show(review)` again must find
    the widgets that exist. It keeps a review that was shown alive, as its widgets do: pages may still ask.
    """

    def __init__(self) -> None:
        self._of: dict[str, Session] = {}
        self._lock = threading.Lock()

    def of(self, review: Review) -> Session:
        """Return the session of a review."""
        with self._lock:
            found = self._of.get(review.id)
            if found is None:
                found = self._of[review.id] = Session(review)
            return found

    def forget(self, review: Review) -> None:
        """Let go of a review that is closed."""
        with self._lock:
            self._of.pop(review.id, None)


SESSIONS = Sessions()
