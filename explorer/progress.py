"""How long-running work reports itself and hears that it should stop; everything below `review.py` takes one."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from explorer.errors import Cancelled

RECENT = 5.0
"""Seconds of the past by which the rate is reckoned."""

FEWEST = 4
"""Fewest moments by which it is reckoned, however long ago, once there are so many."""

APART = 0.05
"""Seconds between two moments that are remembered."""


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

    Worker code calls `begin` at each of its parts, `advance` a batch at a time and `check` wherever it may stop;
    `advance` checks too. The seconds of a stage are those since `start`, or else since the first `begin`: of all its
    parts. Callable from any one thread at a time.
    """

    stage: Stage = field(default_factory=lambda: Stage("work"))
    report: Callable[[Stage], None] | None = None
    cancel: threading.Event = field(default_factory=threading.Event)
    interval: float = 0.1  # least seconds between two reports of the same stage
    _started: float = 0.0  # the stage
    _begun: float = 0.0  # its present part
    _reported: float = 0.0
    _work: float = 0.0
    _moments: deque[tuple[float, float, int]] = field(default_factory=deque)  # time, work, units done

    def start(self) -> None:
        """Let the time of the stage run from here on: what comes before its first `begin` counts too."""
        self._started = time.perf_counter()

    def begin(
        self, total: int, unit: str = "items", device: str = "", note: str = "", work: float | None = None
    ) -> None:
        """Say how much there is to do (`total` units) and on which device.

        Parameters
        ----------
        work
            What all units take together, in any measure, where some take longer than others; see `advance`.
        """
        self.check()
        self._begun = time.perf_counter()
        self._started = self._started or self._begun
        self._work = total if work is None else work
        self._moments = deque([(self._begun, 0.0, 0)])
        self._set(state="running", done=0, total=total, unit=unit, device=device, note=note, rate=0.0, left=None)
        self._tell()

    def advance(self, units: int = 1, work: float | None = None) -> None:
        """Count `units` more as done, which were `work` of all that was said at `begin` (default: `units`).

        Rate and seconds left rest on the last `RECENT` seconds, or on the last units where these take longer: how a
        stage warms up says nothing of how it goes on. Raises `Cancelled` if the person asked for it.
        """
        self.check()
        now, done = time.perf_counter(), self.stage.done + units
        moments = self._moments
        spent = (moments[-1][1] if moments else 0.0) + (units if work is None else work)
        if len(moments) > 2 and now - moments[-2][0] < APART:
            moments.pop()
        moments.append((now, spent, done))
        if len(moments) == 3 and moments[0][1] == 0:
            moments.popleft()  # what came before the first unit was done
        while len(moments) > FEWEST and now - moments[1][0] >= RECENT:
            moments.popleft()
        since, first, units_first = moments[0]
        seconds = max(now - since, 1e-9)
        pace = (spent - first) / seconds
        left = max(0.0, self._work - spent) / pace if pace > 0 and self.stage.total else None
        self._set(done=done, seconds=now - self._started, rate=(done - units_first) / seconds, left=left)
        if now - self._reported >= self.interval:
            self._tell()

    def say(self, note: str) -> None:
        """Put a note beside the stage (a choice that was made, a batch that was halved)."""
        self._set(note=note)
        self._tell()

    def finish(self, state: str = "done", note: str | None = None) -> None:
        """End the stage as done, failed, cancelled or skipped."""
        now = time.perf_counter()
        seconds = now - self._started if self._started else 0.0
        done = self.stage.total if state == "done" else self.stage.done
        rate = done / (now - self._begun) if self._begun and now > self._begun else 0.0
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
