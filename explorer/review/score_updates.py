"""Scores that follow the labels: after every change whoever is concerned is judged again, in the background.

What people have decided on keeps the verdict that they saw, so that nothing jumps under the reviewer's hands; everybody
else is judged by the labels as they stand now, with everything that was learnt (weights, scales, levels) held as it is.

A change costs what it reaches. What looks at all items, learning from the decisions, happens at every tenth one, and
where somebody waits for the scores.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.errors import ExplorerError
from explorer.estimates.level import Level
from explorer.review.baseline import Baseline
from explorer.review.events import CellsChanged, Events, LabelsReset, ScoresChanged, ScoreValues
from explorer.review.label_columns import is_decided
from explorer.review.levelless import judged, levelled
from explorer.review.live_scores import LiveScores
from explorer.review.state import ReviewState

if TYPE_CHECKING:
    from explorer.detectors import Findings, Inputs
    from explorer.review.level_question import Leveller

QUIET = 0.15
"""Seconds to wait for more changes before judging."""

LEARN_EVERY = 10
"""So many decisions more, and the next are learnt from: it looks at all items, so not every click may wait for it."""

ROUNDING = 1e-6
"""What differs by no more from what is shown is left as it is shown: such differences do not add up."""

MOST = 0.2
"""Where more than this share of all items moves, and more than `FEW`, whole columns are read anew."""

FEW = 2_000
"""Rows that are always told one by one."""

log = logging.getLogger("explorer")

_NONE = np.empty(0, np.float32)
_NOTHING = (
    np.empty(0, np.int32),
    ScoreValues(_NONE, np.empty(0, np.int32), _NONE, np.empty(0, bool), *2 * (np.empty(0, np.int32),)),
)


class _Change(NamedTuple):
    """What has changed of some items since they were last judged."""

    live: LiveScores
    baseline: Baseline
    undone: NDArray[np.intp]
    changed: NDArray[np.intp]
    codes: NDArray[np.int32]


class ScoreUpdates:
    """Keeps the scores in step with the labels, on a thread of its own. Emits `ScoresChanged`.

    Subscribes to `CellsChanged` and `LabelsReset`, and begins anew with the scores of each run.

    Attributes
    ----------
    error
        Why the scores could not follow the labels the last time; `None` where they did.
    updated
        When the scores were made, or last followed the labels, UTC; `None` before there are any.
    stale_since
        Since when methods that need a new run are behind the labels, UTC; `None` where none is.
    """

    def __init__(self, state: ReviewState, events: Events) -> None:
        self._state = state
        self._events = events
        self._wanted = threading.Condition()
        self._rows: set[int] = set()  # changed since they were last judged
        self._all = False  # all may have changed
        self._pending = False
        self._hurried = False  # somebody waits
        self._learn = False
        self._busy = False
        self._closed = False
        self._thread: threading.Thread | None = None
        self._live: LiveScores | None = None
        self._unheard = False  # something was decided that was not learnt from
        self._leveller: Leveller | None = None
        self.error: Exception | None = None
        self.updated: dt.datetime | None = None
        self.stale_since: dt.datetime | None = None
        events.subscribe(CellsChanged, self._cells_changed)
        events.subscribe(LabelsReset, lambda _: self.wake())
        events.subscribe(ScoresChanged, self._begin)

    # For others -----------------------------------------------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[tuple[Inputs, Findings]]:
        """Give inputs and findings as they are now; nobody writes to them until the block ends.

        Raises
        ------
        ExplorerError
            There are no scores yet.
        """
        live = self._live
        if live is None:
            raise ExplorerError("There are no scores yet.", "See review.status.")
        with live.lock:
            yield live.inputs, live.findings

    @contextmanager
    def in_step(self) -> Iterator[tuple[Inputs, Findings]]:
        """Give inputs and findings that what is shown rests on, as `reading`; no label changes until the block ends.

        Read what is shown inside the block: what was judged already and not yet shown is shown first.
        """
        with self._state.lock, self.reading() as found:
            live, baseline = self._live, self._state.baseline
            if live is not None and live.due and baseline is not None:
                self._publish(live, baseline, None)
            yield found

    @property
    def events(self) -> Events:
        """Where it is told what happens."""
        return self._events

    @property
    def here(self) -> bool:
        """Whether whoever asks is the thread that follows the labels: it asks for the level by itself afterwards."""
        return self._thread is threading.current_thread()

    def level_by(self, leveller: Leveller) -> None:
        """Ask for the level once the scores have followed the labels."""
        self._leveller = leveller

    def relevel(self) -> None:
        """Bring what is shown to the level of the answers as they stand. Whoever calls holds the state's lock."""
        live, baseline = self._live, self._state.baseline
        if live is not None and baseline is not None and live.generation == self._state.scored:
            asked = None if self._leveller is None else self._leveller.ask(baseline, live.taught, live.inputs)
            if self._leveller is not None and asked is not None:
                self._leveller.put(asked, asked.level())

    def shared(self) -> Findings | None:
        """Return findings that nobody writes to, for whoever keeps them; `None` before there are any. Costs O(N)."""
        return None if self._live is None else self._live.shared()

    def wake(self) -> None:
        """Look at all labels again soon. Returns at once."""
        with self._wanted:
            self._all = True
            self._begin_work()

    def settle(self, timeout: float = 60.0) -> None:
        """Wait until the scores are in step, and every decision is learnt from.

        Raises
        ------
        TimeoutError
            They are not after `timeout` seconds.
        """
        with self._wanted:
            if self._pending or self._busy or self._unheard:
                self._learn = self._learn or self._unheard or self._pending or self._busy
                self._hurried = True
                self._begin_work(pending=self._pending)
            if not self._wanted.wait_for(self._in_step, timeout):
                raise TimeoutError(f"The scores have not followed the labels after {timeout:g} s.")

    def close(self) -> None:
        """Stop; a change that is being followed is finished."""
        with self._wanted:
            self._closed = True
            self._wanted.notify_all()

    # Waking ---------------------------------------------------------------------------------------------------------

    def _cells_changed(self, event: CellsChanged) -> None:
        with self._wanted:
            self._rows.update(event.positions)
            self._begin_work()

    def _begin(self, _event: ScoresChanged) -> None:
        """Start from the scores of a new run; what is decided by now was decided before. The state's lock is held."""
        state = self._state
        baseline, results = state.baseline, state.results
        if baseline is None or (self._live is not None and self._live.generation == state.scored):
            return
        assert results.inputs is not None
        assert results.findings is not None
        with self._wanted:
            self._live = LiveScores(
                state.scored, results.inputs, results.findings, baseline.combined, baseline.before.copy()
            )
            self.stale_since, self.updated = None, dt.datetime.now(dt.UTC)
            self._all = True  # labels may have changed while it ran
            self._unheard = self._learn = baseline.settled is not None  # what was decided before is still to be heard
            self._begin_work()

    def _begin_work(self, *, pending: bool = True) -> None:
        if self._closed:
            return
        self._pending = pending
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="explorer-scores", daemon=True)
            self._thread.start()
        self._wanted.notify_all()

    def _in_step(self) -> bool:
        return self._closed or not (self._pending or self._busy or self._learn)

    def _work(self) -> None:
        while True:
            with self._wanted:
                self._wanted.wait_for(lambda: self._pending or self._learn or self._closed)
                if not self._closed and self._pending:
                    self._wanted.wait_for(lambda: self._hurried or self._closed, QUIET)
                if self._closed:
                    return
                follow, self._pending, self._busy = self._pending, False, True
                if not follow:
                    self._learn = False
            try:
                if follow:
                    self._follow()
                else:
                    self._learn_again()
                self._level()
                with self._wanted:
                    if follow or not self._all:  # to learn is not yet to have followed
                        self.error = None
            except Exception as error:  # said in `review.detectors`; the scores stay as they were
                self.error = error
                if self._live is not None:
                    self._live.due = False
                log.exception("The scores could not follow the labels.")
                with self._wanted:
                    self._all, self._learn = True, False  # at the next change everybody is looked at
                with self._state.lock:
                    self._events.emit(ScoresChanged(self._state.version))
            finally:
                with self._wanted:
                    self._busy = False
                    if self._in_step():
                        self._hurried = False
                    self._wanted.notify_all()

    # Following ------------------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        begun = self._live
        if begun is not None and begun.inputs.graph is not None:
            _ = begun.inputs.graph.reverse  # made once, with the scores: no correction waits for it
        found = self._noted()
        if found is None:
            return
        live, baseline, undone, changed, codes = found
        touched: NDArray[np.intp] | None = undone
        if len(changed) or not live.whole:
            moved = live.follow(changed, codes)
            touched = None if moved is None else _together(moved, undone)
        self._publish(live, baseline, touched if live.shown else None)

    def _noted(self) -> _Change | None:
        """Take down what has been decided since, and return whom that concerns; `None` where nobody."""
        state = self._state
        with state.lock:
            with self._wanted:
                every, some, self._all, self._rows = self._all, self._rows, False, set()
            live, baseline, shown = self._live, state.baseline, state.results.combined
            if live is None or baseline is None or shown is None or live.generation != state.scored:
                return None  # fresh scores, which are about to begin
            rows = np.arange(live.inputs.n) if every else np.array(sorted(some), dtype=np.intp)
            codes, states, given = state.codes[rows], state.states[rows], state.given[rows]
            decided, before = is_decided(states), live.decided[rows]
            # A class that was added since has no place in what was learnt: such an item is as good as unlabelled.
            labels = np.where(codes < live.inputs.n_classes, codes, -1).astype(np.int32)
            differs = labels != live.inputs.labels[rows]
            p_error = live.combined.p_error[rows]
            marked = state.labels.marked_wrong[rows]
            baseline.note(rows, decided, p_error, shown.p_error[rows], codes, states, given, marked)
            live.decided[rows] = decided
            with self._wanted:
                self._unheard = self._unheard or not every or baseline.decisions > 0
                self._learn = self._learn or baseline.decisions // LEARN_EVERY != live.heard
            if live.whole and live.shown and not differs.any() and np.array_equal(decided, before):
                state.publish_rows(live.generation, *_NOTHING, live.inputs, live.findings, live.combined.note)
                self._events.emit(ScoresChanged(state.version, *_NOTHING))  # whoever waits for it need wait no longer
                return None
            return _Change(live, baseline, rows[before & ~decided], rows[differs], labels[differs])

    def _learn_again(self) -> None:
        """Learn from all decisions, and put what was learnt on everybody who is open."""
        state = self._state
        with state.lock, self._wanted:
            live, baseline = self._live, state.baseline
            if live is None or baseline is None or live.generation != state.scored:
                return
            live.heard, self._unheard = baseline.decisions // LEARN_EVERY, False
        if live.taught is None and baseline.settled is None and baseline.decisions < LEARN_EVERY:
            return
        before = live.taught
        try:
            # This thread alone writes to the baseline, so that no lock is held for as long as this takes.
            live.taught = baseline.teach(live.inputs)
        except Exception:
            self._unheard = True
            raise
        if any(taught is not None and taught.learnt for taught in (before, live.taught)):
            self._publish(live, baseline, None)

    def _publish(self, live: LiveScores, baseline: Baseline, touched: NDArray[np.intp] | None) -> None:
        """Show the verdict on those who were touched (`None`: all) and are open, where it is another one."""
        state, verdict, inputs = self._state, live.combined, live.inputs
        behind, live.shown = not live.shown, False
        rows = np.arange(inputs.n) if touched is None else touched
        rows = rows[~live.decided[rows]]
        suggested, suggested_p = verdict.suggested[rows], verdict.suggested_p[rows]
        p_error, fits, labels = verdict.p_error[rows], verdict.fits[rows], inputs.labels[rows]
        values = ScoreValues(p_error, suggested, suggested_p, verdict.is_issue[rows], fits, labels)
        if live.taught is not None and live.taught.learnt:
            p_error = baseline.adjusted(p_error, live.taught, inputs, rows)
            values = judged(p_error, suggested_p, fits, labels, Level(), inputs.n_classes)
        with state.lock:
            shown, before = state.results.combined, state.levelless
            if live.generation != state.scored or shown is None or before is None:
                return
            now = levelled(values, state.level, inputs.n_classes)
            moved = _differ(values.p_error, before.p_error[rows]) | _differ(
                values.suggested_p, before.suggested_p[rows]
            )
            # Who was decided on, and is open again, still has what was seen then.
            moved |= _differ(now.p_error, shown.p_error[rows]) | _differ(now.suggested_p, shown.suggested_p[rows])
            moved |= (now.is_issue != shown.is_issue[rows]) | (now.suggested != shown.suggested[rows])
            moved |= (fits != before.fits[rows]) | (labels != before.labels[rows])
            # Somebody may have decided meanwhile: what they saw stays.
            moved &= ~is_decided(state.states[rows])
            at = rows[moved].astype(np.int32)
            part = ScoreValues(
                values.p_error[moved],
                values.suggested[moved],
                values.suggested_p[moved],
                values.is_issue[moved],
                fits[moved],
                labels[moved],
                live.flags(state.flags, behind=behind),
            )
            put = state.publish_rows(live.generation, at, part, inputs, live.findings, verdict.note)
            if put is None:
                return
            live.shown, live.due = True, False
            self.updated = dt.datetime.now(dt.UTC)
            if self.stale_since is None and any(result.stale for result in live.findings.results.values()):
                self.stale_since = self.updated
            few = len(at) <= max(MOST * inputs.n, FEW)
            self._events.emit(ScoresChanged(state.version, at, put) if few else ScoresChanged(state.version))

    def _level(self) -> None:
        """Bring what is shown to the level that the answers tell of; no lock is held while it is reckoned."""
        state, leveller = self._state, self._leveller
        if leveller is None:
            return
        with state.lock:
            live, baseline = self._live, state.baseline
            if live is None or baseline is None or live.generation != state.scored:
                return
            asked = leveller.ask(baseline, live.taught, live.inputs)
        if asked is None:
            return
        try:
            level = asked.level()
        except Exception:
            with state.lock:
                leveller.forget()
            raise
        with state.lock:
            leveller.put(asked, level)


def _together(moved: NDArray[np.intp], undone: NDArray[np.intp]) -> NDArray[np.intp]:
    return np.union1d(moved, undone) if len(undone) else moved


def _differ(now: NDArray[np.float32], shown: NDArray[np.float32]) -> NDArray[np.bool_]:
    result: NDArray[np.bool_] = ~(np.abs(now - shown) <= ROUNDING) & ~(np.isnan(now) & np.isnan(shown))
    return result
