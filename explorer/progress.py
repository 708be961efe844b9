"""How long-running work reports itself and hears that it should stop; everything below `review.py` takes one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from explorer.errors import Cancelled


@dataclass(frozen=True)
class Stage:
    """One stage of the pipeline as people see it. Times are seconds; `rate` is units a second."""

    name: str
    state: str = "waiting"  # waiting · running · done · failed · cancelled · skipped
    done: int = 0
    total: int = 0
    unit: str = "items"
    device: str = ""
    note: str = ""  # what was chosen and why, or the error
    seconds: float = 0.0
    rate: float = 0.0
    left: float | None = None  # estimated seconds left; None before it can be known


@dataclass
class Progress:
    """Reports one stage and carries the request to cancel. The default instance reports to nobody.

    Worker code calls `begin` once, `advance` a batch at a time and `check` wherever it may stop;
    `advance` checks too. Callable from any one thread at a time.
    """

    stage: Stage = field(default_factory=lambda: Stage("work"))
    report: Callable[[Stage], None] | None = None
    cancel: threading.Event = field(default_factory=threading.Event)
    interval: float = 0.1  # least seconds between two reports of the same stage
    _started: float = 0.0
    _reported: float = 0.0

    def begin(self, total: int, unit: str = "items", device: str = "", note: str = "") -> None:
        """Say how much there is to do (`total` units) and on which device."""
        self.check()
        self._started = time.perf_counter()
        self._set(state="running", done=0, total=total, unit=unit, device=device, note=note, left=None)
        self._tell()

    def advance(self, units: int = 1) -> None:
        """Count `units` more as done; raises `Cancelled` if the person asked for it."""
        self.check()
        done = self.stage.done + units
        seconds = max(time.perf_counter() - self._started, 1e-9)
        rate = done / seconds
        left = (self.stage.total - done) / rate if rate > 0 and self.stage.total else None
        self._set(done=done, seconds=seconds, rate=rate, left=left)
        if time.perf_counter() - self._reported >= self.interval:
            self._tell()

    def say(self, note: str) -> None:
        """Put a note beside the stage (a choice that was made, a batch that was halved)."""
        self._set(note=note)
        self._tell()

    def finish(self, state: str = "done", note: str | None = None) -> None:
        """End the stage as done, failed, cancelled or skipped."""
        seconds = time.perf_counter() - self._started if self._started else 0.0
        done = self.stage.total if state == "done" else self.stage.done
        rate = done / seconds if seconds > 0 else 0.0
        self._set(state=state, done=done, seconds=seconds, rate=rate, left=0.0 if state == "done" else None)
        if note is not None:
            self._set(note=note)
        self._tell()

    def check(self) -> None:
        """Raise `Cancelled` if the person asked the work to stop."""
        if self.cancel.is_set():
            raise Cancelled(f"The stage {self.stage.name!r} was cancelled.", "Run it again to go on from the cache.")

    def _set(self, **changes: object) -> None:
        self.stage = replace(self.stage, **changes)  # type: ignore[arg-type]  # dataclasses.replace is untyped in its fields

    def _tell(self) -> None:
        self._reported = time.perf_counter()
        if self.report is not None:
            self.report(self.stage)
