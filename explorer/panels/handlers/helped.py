"""Did it help: the comparison of labels before and after the corrections, on a thread of its own, and where it stands.

It trains two probes, so it takes seconds to minutes. The calls here only start it, stop it and say where it stands;
each of them returns at once.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from explorer.errors import Cancelled, DataError, ExplorerError
from explorer.panels.registry import call
from explorer.progress import Progress, Stage
from explorer.review.estimates import check_judged
from explorer.review.label_columns import SETTLED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from explorer.estimates.helped import Helped
    from explorer.panels.session import Session
    from explorer.review.review import Review

log = logging.getLogger("explorer")

MOST = 200
"""Classes that an answer lists at most, those with the most items; `review.helped().per_class` has them all."""


@call("helped")
def helped(session: Session) -> dict[str, Any]:
    """Return where it stands: `state`, the `stage` with its progress, and the `result` or `error` of the last time.

    `state` is "none", "running", "done", "failed" or "cancelled"; `since` counts the items whose label has changed
    since the labels of the result were read, or on which somebody has decided since: those are judged.
    """
    return _asking(session).standing()


@call("helped_start")
def start(session: Session) -> dict[str, Any]:
    """Begin to compare, unless that is under way; returns where it stands.

    Raises
    ------
    DataError
        No label has been kept or changed, or there is no embedding yet.
    """
    review = session.review
    if review.results.embedding is None:
        raise DataError("The items are not embedded yet, so there is no model to teach.", "Wait for the stage Embed.")
    with review.lock:
        review.catch_up()
        check_judged(review.states, review.given, review.codes)
    asking = _asking(session)
    asking.start()
    return asking.standing()


@call("helped_cancel")
def cancel(session: Session) -> dict[str, Any]:
    """Stop at the next step of the training; returns where it stands."""
    asking = _asking(session)
    asking.cancel()
    return asking.standing()


class _Read(NamedTuple):
    """What a result follows from: labels int32 [N], and bool [N] on which items it is judged."""

    codes: NDArray[np.int32]
    settled: NDArray[np.bool_]

    @classmethod
    def of(cls, review: Review) -> _Read:
        with review.lock:
            return cls(review.codes.copy(), np.isin(review.states, SETTLED))

    def differ(self, now: _Read) -> int:
        """Count the items that differ; all of them where the dataset is another."""
        if len(now.codes) != len(self.codes):
            return len(now.codes)
        return int(((now.codes != self.codes) | (now.settled != self.settled)).sum())


class Asking:
    """One review's comparison: the newest result, and the one that is under way."""

    def __init__(self, session: Session) -> None:
        self._session = weakref.ref(session)
        self._lock = threading.Lock()
        self._state = "none"
        self._progress = Progress(Stage("helped"))
        self._result: dict[str, Any] | None = None
        self._error: dict[str, str] | None = None
        self._read: _Read | None = None
        session.review.subscribe(self._heard)

    def start(self) -> None:
        """Begin on a thread of its own, unless one is at it."""
        with self._lock:
            if self._state == "running":
                return
            self._state, self._error = "running", None
            self._progress = Progress(Stage("helped", state="running"), lambda _stage: self._tell())
        threading.Thread(target=self._work, name="explorer-helped", daemon=True).start()

    def cancel(self) -> None:
        """Ask it to stop."""
        self._progress.cancel.set()

    def standing(self) -> dict[str, Any]:
        """Say where it stands, as the browser's `HelpedState`."""
        with self._lock:
            state, result, error, read = self._state, self._result, self._error, self._read
        session, since = self._session(), 0
        if session is not None and result is not None and read is not None:
            since = read.differ(_Read.of(session.review))
        stage = self._progress.stage if state == "running" else None
        return {"state": state, "stage": stage, "result": result, "error": error, "since": since}

    def _work(self) -> None:
        session = self._session()
        if session is None:
            return
        review = session.review
        state, result, error = "failed", None, None
        try:
            read = _Read.of(review)
            result = _body(review.helped(self._progress))
            state = "done"
        except Cancelled:
            state = "cancelled"
        except ExplorerError as problem:
            error = {"message": problem.problem, "remedy": problem.remedy}
        except Exception as problem:  # said in the browser, in the place where it was asked
            log.exception("Whether the corrections helped could not be computed.")
            error = {"message": f"{type(problem).__name__}: {problem}", "remedy": ""}
        with self._lock:
            self._state, self._error = state, error
            if result is not None:
                self._result, self._read = result, read
        self._tell()

    def _tell(self) -> None:
        session = self._session()
        if session is not None:
            session.push("helped", **self.standing())

    def _heard(self, event: str, _details: dict[str, Any]) -> None:
        if event == "closed":
            self.cancel()


def _body(found: Helped) -> dict[str, Any]:
    """Return a result as the browser's `Helped`; what is NaN travels as null."""
    from explorer.estimates.helped import FEWEST

    table = found.per_class[found.per_class["judged"] > 0]
    classes = [{"name": str(name), **row} for name, row in zip(table.index, table.to_dict("records"), strict=True)]
    shown = sorted(classes, key=lambda row: -row["judged"])[:MOST]
    names = {row["name"] for row in shown}
    return {
        "verdict": found.verdict(),
        "before": found.before,
        "after": found.after,
        "difference": found.difference,
        "low": found.low,
        "high": found.high,
        "judged": found.judged,
        "changed": found.changed,
        "reviewed": found.reviewed,
        "few": found.judged < FEWEST,
        "note": found.note,
        "classes": [row for row in classes if row["name"] in names],
        "omitted": len(classes) - len(shown),
        "time": dt.datetime.now(dt.UTC).isoformat(),
    }


_askings: weakref.WeakKeyDictionary[Session, Asking] = weakref.WeakKeyDictionary()


def _asking(session: Session) -> Asking:
    found = _askings.get(session)
    if found is None:
        found = _askings[session] = Asking(session)
    return found
