"""Did it help: labels before and after the corrections are compared on a thread, and where that stands."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.errors import Cancelled, ExplorerError
from explorer.estimates.helped import FEWEST, Helped
from explorer.labels.model.states import SETTLED_CODES
from explorer.panels import payloads
from explorer.panels.schema import scores
from explorer.panels.schema.base import Answer
from explorer.panels.schema.calls import HelpedPush
from explorer.progress import Progress, Stage
from explorer.review.review import Review

log = logging.getLogger("explorer")

MOST = 200
"""Classes that an answer lists at most, those with the most items; `review.helped().per_class` has them all."""

FLIPS = 1000
"""Items that an answer names at most; `review.helped().lost_items` has them all."""


class Comparison:
    """One review's comparison: the newest result, and the one that is under way. Safe from any thread.

    Parameters
    ----------
    push
        Called with a message for every widget whenever it has got further.
    """

    def __init__(self, review: Review, push: Callable[[Answer], None]) -> None:
        self._review = review
        self._push = push
        self._lock = threading.Lock()
        self._running = False
        self._ended = scores.HelpedState(state="none", stage=None, result=None, error=None, since=0)
        self._progress = Progress(Stage("helped"))
        self._read: Read | None = None

    def start(self) -> None:
        """Begin on a thread of its own, unless one is at it."""
        with self._lock:
            if self._running:
                return
            self._running = True
            self._progress = Progress(Stage("helped", state="running"), lambda _stage: self._tell())
        threading.Thread(target=self._work, name="explorer-helped", daemon=True).start()

    def cancel(self) -> None:
        """Ask it to stop."""
        self._progress.cancel.set()

    def standing(self) -> scores.HelpedState:
        """Say where it stands."""
        with self._lock:
            running, ended, read = self._running, self._ended, self._read
        since = 0 if ended.result is None or read is None else read.differ(Read.of(self._review))
        return scores.HelpedState(
            state="running" if running else ended.state,
            stage=payloads.stage(self._progress.stage) if running else None,
            result=ended.result,
            error=None if running else ended.error,
            since=since,
        )

    def _work(self) -> None:
        ended = scores.HelpedState(state="failed", stage=None, result=None, error=None, since=0)
        read = None
        try:
            read = Read.of(self._review)
            ended.result = payload(self._review.helped(self._progress))
            ended.state = "done"
        except Cancelled:
            ended.state = "cancelled"
        except ExplorerError as problem:
            ended.error = scores.HelpedError(message=problem.problem, remedy=problem.remedy)
        except Exception as problem:  # said in the browser, in the place where it was asked
            log.exception("Whether the corrections helped could not be computed.")
            ended.error = scores.HelpedError(message=f"{type(problem).__name__}: {problem}", remedy="")
        with self._lock:
            if ended.result is None:
                ended.result = self._ended.result  # of the last time that it came to an end
            else:
                self._read = read
            self._running, self._ended = False, ended
        self._tell()

    def _tell(self) -> None:
        now = self.standing()
        self._push(HelpedPush(state=now.state, stage=now.stage, result=now.result, error=now.error, since=now.since))


class Read(NamedTuple):
    """What a result follows from: labels int32 [N], and bool [N] on which items it is judged."""

    codes: NDArray[np.int32]
    settled: NDArray[np.bool_]

    @classmethod
    def of(cls, review: Review) -> Read:
        """Read what stands now."""
        state = review.state
        with state.lock:
            return cls(state.codes.copy(), np.isin(state.states, SETTLED_CODES))

    def differ(self, now: Read) -> int:
        """Count the items that differ; all of them where the dataset is another."""
        if len(now.codes) != len(self.codes):
            return len(now.codes)
        return int(((now.codes != self.codes) | (now.settled != self.settled)).sum())


def payload(found: Helped) -> scores.Helped:
    """Return a result as the browser's; what is NaN travels as null."""
    table = found.per_class[found.per_class["judged"] > 0]
    classes = [
        scores.HelpedClass(name=str(name), **{str(k): v for k, v in row.items()})
        for name, row in zip(table.index, table.to_dict("records"), strict=True)
    ]
    names = {row.name for row in sorted(classes, key=lambda row: -row.judged)[:MOST]}
    shown = [row for row in classes if row.name in names]
    return scores.Helped(
        verdict=found.verdict(),
        before=found.before,
        after=found.after,
        difference=found.difference,
        low=found.low,
        high=found.high,
        judged=found.judged,
        changed=found.changed,
        reviewed=found.reviewed,
        few=found.judged < FEWEST,
        note=found.note,
        gained=found.gained,
        lost=found.lost,
        lost_items=found.lost_at[:FLIPS].tolist(),
        classes=shown,
        omitted=len(classes) - len(shown),
        time=dt.datetime.now(dt.UTC).isoformat(),
    )
