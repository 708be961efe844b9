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

from explorer.current import STATES
from explorer.pipeline import Results

if TYPE_CHECKING:
    from explorer.dataset import Dataset
    from explorer.detectors import Combined, Findings, Inputs
    from explorer.detectors.reviewer import Taught
    from explorer.detectors.settled import Settled

QUIET = 0.15
"""Seconds to wait for more changes before judging."""

MANY = 0.02
"""Beyond this share of changed labels a full run with the globals held is quicker than following each change."""

SETTLED = tuple(STATES.index(state) for state in ("relabelled", "kept"))

DECIDED = tuple(STATES.index(state) for state in ("relabelled", "kept", "flagged", "conflict"))

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


class Live:
    """The scores of the labels as they stand, for the judging thread alone: they are written to in place.

    Attributes
    ----------
    inputs, findings, combined
        What was last judged. Arrays of the run that it began with are never written to.
    decided
        bool [N]: decided on by then.
    shown
        Whether it is what the review shows.
    whole
        Whether it was not left half written by something that failed.
    """

    def __init__(self, inputs: Inputs, findings: Findings, combined: Combined, decided: NDArray[np.bool_]) -> None:
        from explorer.detectors.snapshot import Snapshots

        self.inputs, self.findings, self.combined = inputs, findings, combined
        self.decided = decided
        self.shown = True
        self._snapshots = Snapshots(findings)
        self._taken = findings
        self.whole = True

    def follow(self, labels: NDArray[np.int32], changed: NDArray[np.intp]) -> None:
        """Judge again whom the new labels at `changed` concern."""
        from explorer import detectors

        inputs = self.inputs.following(labels, changed)
        few = self.whole and len(changed) <= MANY * inputs.n
        self.whole = False
        if few:
            findings = detectors.update(inputs, self.findings, changed, inplace=True)
        else:
            findings = detectors.rerun(inputs, self.findings, changed)
        broken = findings.failures.keys() - self.findings.failures.keys()
        if broken:  # and perhaps half written: the last that was seen of them stands
            last = {name: replace(self._taken.results[name], stale=True) for name in broken}
            findings = replace(findings, results={**findings.results, **last})
        combined = detectors.combine(
            inputs, findings, like=self.combined, changed=changed if few and not broken else None, inplace=True
        )
        self.inputs, self.findings, self.combined = inputs, findings, combined
        self.whole = True

    def snapshot(self) -> Findings:
        """Return the findings as they are, for others: following the labels does not write to these."""
        self._taken = self._snapshots.take(self.findings)
        return self._taken


class Begun:
    """What stood when the scores were made, and what was decided since: what is learnt from the reviewer rests on it.

    Attributes
    ----------
    combined
        The verdict then.
    labels
        int32 [N]: the labels that it was about.
    before
        bool [N]: decided on before.
    seen
        float64 [N]: `p_error` that detectors held when an item was decided on since; NaN for others.
    shown
        float64 [N]: `p_error` that was shown then, with what had been learnt from the reviewer; NaN for others.
    wrong
        float64 [N]: 1 where that label was changed, 0 where it was kept; NaN for others, and for what was set aside.
    order
        Positions of the items decided on since, the oldest first.
    """

    def __init__(
        self,
        combined: Combined,
        labels: NDArray[np.int32],
        before: NDArray[np.bool_],
        settled: Settled | None = None,
    ) -> None:
        self.combined = combined
        self.labels = labels
        self.before = before
        self._settled = settled
        self._earlier = np.full(len(labels), np.nan)  # as `wrong`, of what was settled before
        self.seen = np.full(len(labels), np.nan)
        self.shown = np.full(len(labels), np.nan)
        self.wrong = np.full(len(labels), np.nan)
        self.order: list[int] = []
        self._rivals: NDArray[np.int32] | None = None

    def note(
        self,
        decided: NDArray[np.bool_],
        p_error: NDArray[np.float32],
        shown: NDArray[np.float32],
        codes: NDArray[np.int32],
        states: NDArray[np.uint8],
        given: NDArray[np.int32],
    ) -> None:
        """Take down what has been decided, and taken back, since the last time.

        `given` is what the given labels, int32 [N], read as now: where a class was merged into another since, that.
        """
        since = decided & ~self.before
        new = np.flatnonzero(since & np.isnan(self.seen))
        # Others read these meanwhile: they are replaced, and not written to.
        self.seen, self.shown = (
            np.where(since, np.where(np.isnan(self.seen), now, before), np.nan)
            for now, before in ((p_error, self.seen), (shown, self.shown))
        )
        settled = since & np.isin(states, SETTLED) & (self.labels >= 0)
        other = codes != given
        self.wrong = np.where(settled, (other & (codes != self.labels)).astype(float), np.nan)
        if self._settled is not None:
            before = self._settled.labels
            still = self.before & np.isin(states, SETTLED) & (before >= 0)
            self._earlier = np.where(still, (other & (codes != before)).astype(float), np.nan)
        self.order = [i for i in self.order if since[i]] + new.tolist()

    def teach(self, inputs: Inputs) -> Taught | None:
        """Learn from the decisions; `None` where there is nothing to learn from."""
        from explorer.detectors.reviewer import rivals_of, teach
        from explorer.detectors.seen import blocks

        if self.combined.model is None or inputs.n_classes < 2:
            return None
        wrong, seen, labels = self.wrong, self.seen, self.labels
        earlier = np.isfinite(self._earlier)
        if self._settled is not None:
            wrong = np.where(earlier, self._earlier, wrong)
            seen = np.where(earlier, self._settled.p_error, seen)
            labels = np.where(earlier, self._settled.labels, labels)
        rows = np.flatnonzero(np.isfinite(wrong) & np.isfinite(seen))
        if not len(rows):
            return None
        if self._rivals is None:
            self._rivals = np.full(inputs.n, -1, dtype=np.int32)
            read, findings = self.combined.model.read, self.combined.findings
            assert findings is not None
            first = replace(inputs, labels=self.labels)
            for part in blocks(np.arange(inputs.n), inputs.n_classes):
                self._rivals[part] = rivals_of(read.opinion(first, findings, part), self.labels[part])
        rivals = self._rivals if self._settled is None else np.where(earlier, self._settled.rivals, self._rivals)
        return teach(rows, wrong[rows] == 1, seen, labels, rivals, inputs.n_classes, inputs.vectors)

    def adjusted(self, live: Combined, taught: Taught | None, inputs: Inputs) -> Combined:
        """Return a verdict with what was learnt from the decisions."""
        from explorer.detectors.combiner import issues

        if taught is None or not taught.learnt or self._rivals is None:
            return live
        p_error = taught.adjust(live.p_error, inputs.labels, self._rivals, inputs.vectors)
        return replace(live, p_error=p_error, is_issue=issues(inputs.labels, live.suggested, p_error))


def _as_seen(live: Combined, before: Combined, decided: NDArray[np.bool_], findings: Findings) -> Combined:
    """Return the verdict with that of before for everybody who is decided on; all its arrays are its own."""
    return replace(
        live,
        p_error=np.where(decided, before.p_error, live.p_error),
        suggested=np.where(decided, before.suggested, live.suggested),
        suggested_p=np.where(decided, before.suggested_p, live.suggested_p),
        is_issue=np.where(decided, before.is_issue, live.is_issue),
        findings=findings,
        read=None,  # what the next step writes to
    )
