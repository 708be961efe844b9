"""Scores that follow the labels: after every change whoever is concerned is judged again, in the background.

What people have decided on keeps the verdict that they saw, so that nothing jumps under the reviewer's hands; everybody
else is judged by the labels as they stand now, with everything that was learnt (weights, scales, levels) held as it is.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.pipeline.results import Results
from explorer.review.baseline import Begun
from explorer.review.label_columns import DECIDED
from explorer.review.live_scores import Live, _as_seen

if TYPE_CHECKING:
    from explorer.dataset.dataset import Dataset

QUIET = 0.15
"""Seconds to wait for more changes before judging."""


log = logging.getLogger("explorer")


class Standing(NamedTuple):
    """What stands at one moment: all that judging reads."""

    results: Results
    dataset: Dataset
    classes: tuple[str, ...]
    codes: NDArray[np.int32]  # [N], a copy
    states: NDArray[np.uint8]  # [N], a copy
    given: NDArray[np.int32]  # [N], as the given labels read now


class Judging:
    """Keeps scores in step with labels, on a thread of its own.

    Parameters
    ----------
    lock
        The review's.
    read
        Returns what stands now.
    publish
        Called with the results that were read and those to put in their place; says whether it did, which it does not
        when others came meanwhile.
    failed
        Called after scores could not follow: `error` says why.
    """

    def __init__(
        self,
        lock: threading.RLock,
        read: Callable[[], Standing],
        publish: Callable[[Results, Results], bool],
        failed: Callable[[], None],
    ) -> None:
        self._lock = lock
        self._read = read
        self._publish = publish
        self._failed = failed
        self._wanted = threading.Condition()
        self._pending = False
        self._busy = False
        self._closed = False
        self._thread: threading.Thread | None = None
        self._of: Results | None = None  # the results that these belong to
        self._live: Live | None = None
        self.begun: Begun | None = None
        self.error: Exception | None = None
        self.stale_since: dt.datetime | None = None

    def begin(self, results: Results, states: NDArray[np.uint8]) -> None:
        """Start from fresh scores; what is decided by now was decided before. Whoever calls holds the review's lock."""
        if results.combined is None or results.inputs is None or results.findings is None:
            return
        decided = np.isin(states, DECIDED)
        self._of, self._live = results, Live(results.inputs, results.findings, results.combined, decided)
        self.begun = Begun(results.combined, results.inputs.labels, decided.copy(), results.settled)
        self._live.shown = results.settled is None  # else what was learnt before is still to be heard
        self.stale_since = None

    def carried(self, before: Results, after: Results) -> Results:
        """Return the pipeline's results with scores that have followed the labels since it made them.

        Whoever calls holds the review's lock.
        """
        if before is not self._of or self.begun is None or after.combined is not self.begun.combined:
            return after
        self._of = replace(
            after, inputs=before.inputs, findings=before.findings, combined=before.combined, table=before.table
        )
        return self._of

    def wake(self) -> None:
        """Labels or scores have changed: look again soon. Returns at once."""
        with self._wanted:
            if self._closed:
                return
            self._pending = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="explorer-judging", daemon=True)
                self._thread.start()
            self._wanted.notify_all()

    def settle(self, timeout: float = 60.0) -> None:
        """Wait until the scores are in step; `TimeoutError` if they are not after `timeout` seconds."""
        with self._wanted:
            if not self._wanted.wait_for(lambda: not (self._pending or self._busy) or self._closed, timeout):
                raise TimeoutError(f"The scores have not followed the labels after {timeout:g} s.")

    def close(self) -> None:
        """Stop; a change that is being followed is finished."""
        with self._wanted:
            self._closed = True
            self._wanted.notify_all()

    def _work(self) -> None:
        while True:
            with self._wanted:
                self._wanted.wait_for(lambda: self._pending or self._closed)
                if not self._closed:
                    self._wanted.wait_for(lambda: self._closed, QUIET)
                if self._closed:
                    return
                self._pending, self._busy = False, True
            try:
                self._follow()
                self.error = None
            except Exception as error:  # said in `review.detectors`; the scores stay as they were
                self.error = error
                log.exception("The scores could not follow the labels.")
                self._failed()
            finally:
                with self._wanted:
                    self._busy = False
                    self._wanted.notify_all()

    def _follow(self) -> None:
        from explorer import detectors

        results, dataset, classes, codes, states, given = self._read()
        begun, live = self.begun, self._live
        if results is not self._of or begun is None or live is None or results.combined is None:
            return  # fresh scores, which are about to begin
        if live.inputs.graph is not None:
            _ = live.inputs.graph.reverse  # made once, and not while the first correction waits for it
        n, n_classes = live.inputs.n, live.inputs.n_classes
        if len(codes) != n:
            return  # the items have become others; their scores are on their way
        decided = np.isin(states, DECIDED)
        # A class that was added since has no place in what was learnt: such an item is as good as unlabelled.
        labels = np.where(codes < n_classes, codes, -1).astype(np.int32)
        changed = np.flatnonzero(labels != live.inputs.labels)
        if live.shown and not len(changed) and np.array_equal(decided, live.decided):
            return
        with self._lock:
            begun.note(decided, live.combined.p_error, results.combined.p_error, codes, states, given)
        live.shown = False
        if len(changed) or not live.whole:
            live.follow(labels, changed)
        live.decided = decided
        taught = begun.teach(live.inputs)
        findings = live.snapshot()
        shown = _as_seen(begun.adjusted(live.combined, taught, live.inputs), results.combined, decided, findings)
        table = detectors.table(dataset.item_ids, classes, live.inputs, findings, shown, given=dataset.given)
        new = replace(results, inputs=live.inputs, findings=findings, combined=shown, table=table)
        with self._lock:
            live.shown = self._publish(results, new)
            if not live.shown:
                self.wake()
                return
            self._of = new
            if self.stale_since is None and any(result.stale for result in findings.results.values()):
                self.stale_since = dt.datetime.now(dt.UTC)
