"""The random sample of a review: begins one, goes on with a kept one, asks about its items."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import ExplorerError
from explorer.labels import Store
from explorer.labels.history import overview
from explorer.labels.model.states import Reason
from explorer.review.events import Events, SampleChanged, ScoresChanged, ScoresReady
from explorer.review.sample.draws import Sample
from explorer.review.sample.file import SampleFile
from explorer.review.sample.frame import Frame, Reading, level_left, level_of
from explorer.review.sample.location import ItemOrder, Location
from explorer.review.sample.rate import RATE, check_rate
from explorer.review.sample.reading import AuditReading
from explorer.review.scores import Scores
from explorer.review.state import ReviewState
from explorer.utils.numbers import whole

if TYPE_CHECKING:
    from explorer.dataset.dataset import Dataset
    from explorer.detectors import Combined

AUDIT = 20
"""Items that an audit asks about, unless somebody says otherwise."""

log = logging.getLogger("explorer")


class RandomSample:
    """A random sample of the items, of which answers tell how many wrong labels are left.

    It lasts as long as the items and their given labels, over `Review.rerun` and over closing and opening: its file
    lies beside the store. All reviews that have the store open share it. It begins with the scores, so that no decision
    comes before it. Emits `SampleChanged`, and `ScoresChanged` where it is another one.

    Examples
    --------
    >>> for item in review.sample.draw(5):
    ...     commit = review.keep(item)
    >>> review.sample
    A random sample of 60 items since ... UTC: 5 were asked about, and 10% of the queue is drawn from it.
    """

    def __init__(self, state: ReviewState, scores: Scores, store: Store, events: Events, *, temporary: bool) -> None:
        self._state = state
        self._scores = scores
        self._store = store
        self._events = events
        self._temporary = temporary
        self._rate = RATE
        self._sample: Sample | None = None
        self._file: SampleFile | None = None
        self._items: tuple[Dataset, ItemOrder] | None = None
        self._read_classes: tuple[str, ...] = ()
        self._begun_with = 0  # `ReviewState.scored` of the scores that it was begun, or gone on, with
        self._new_wanted = False
        self._another_begun = False  # by another review, and nobody has been told
        events.subscribe(ScoresReady, self._prepare)
        events.subscribe(ScoresChanged, self._begin_with_scores)

    def __repr__(self) -> str:
        with self._state.lock:
            if not self._scores.scored:
                return "No random sample yet: it begins with the scores."
            sample = self.current()
            n = int(np.isfinite(sample.frame.p_error).sum())
            asked = len(sample.put)
        began = sample.frame.began.strftime("%Y-%m-%d %H:%M UTC")
        share = f"{self._rate:.0%}" if self._rate else "none"
        told = f"{asked:,} were asked about, and {share} of the queue is drawn from it"
        return f"A random sample of {n:,} items since {began}: {told}."

    @property
    def rate(self) -> float:
        """Share of the queue that is drawn at random, so that `Review.left` rests on a sample: 0.1, one in ten.

        Assign 0 (none) or a share from 0.001 to 0.5 (`DataError` otherwise); it is what a widget begins with.
        """
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._rate = check_rate(rate)
        with self._state.lock:
            if self._state.scored:
                self._events.emit(ScoresChanged(self._state.version))

    @property
    def since(self) -> dt.datetime | None:
        """When the sample began, UTC; `None` while there are no scores."""
        with self._state.lock:
            return self.current().frame.began if self._scores.scored else None

    def draw(self, n: int = AUDIT, *, wait: bool = True) -> list[str]:
        """Return the ids of the next n items of a random audit, those that nobody has decided on yet.

        Look at each of them, whether it looks interesting or not, and keep or change its label, or mark it as wrong;
        then `Review.left` rests on a random sample and no longer on what the model believes. Another mark is no answer.
        The draws follow from the seed. The queue mixes in draws of the same sequence, and no item is asked about twice:
        those that are left open come again in the next audit and not in the queue, and the others count without them.

        Parameters
        ----------
        n
            How many; fewer come where fewer are left.
        wait
            Wait for the scores, and for them to follow the labels.

        Raises
        ------
        DataError
            No whole number from 1 to the number of items, or to 20 where there are fewer.
        """
        state = self._state
        n = whole(n, 1, max(len(state.dataset), AUDIT), f"{n!r} items cannot be drawn.", "Ask for at least one")
        if wait:
            self._scores.ready()
        with state.lock:
            sample = self.current()
            assert self._file is not None  # since there is a sample
            now = self._reading()
            with self._file.changing(sample, now) as standing:
                self._take(standing, now)
                asked = standing.ask(n, standing.decided(state.states))
            ids = [str(state.dataset.item_ids[i]) for i in asked]
            self._events.emit(SampleChanged())
        return ids

    def new(self, *, wait: bool = True) -> None:
        """Begin a new sample, on the scores and the labels as they stand.

        Worth it after many corrections and a `Review.rerun`: `p_error` is then nearer to the truth than when the old
        sample began, so that fewer answers make as narrow an interval. What is decided stays decided, and counts as
        reviewed before the new sample began: `Review.left` speaks of the others only, and begins again with what the
        model believes. The answers of the old sample tell it nothing, so do not begin one for being unhappy with the
        estimate.

        Without `wait` it begins at once, also while the scores follow the last decisions: an item whose label has
        changed since it was scored is not drawn, and counts as the model has it. Where there are no scores yet, it
        begins with them. Other reviews that have the store open go on with it as soon as they look.
        """
        if wait:
            self._scores.ready()
        with self._state.lock:
            if not self._scores.scored:
                if wait:
                    raise ExplorerError("There are no scores yet.", "See review.status.")
                self._new_wanted = True
                return
            self._begin_another(self.current())
            self._another_begun = False
            self._events.emit(ScoresChanged(self._state.version))

    def draws(self) -> NDArray[np.int32]:
        """Return the positions of the items that the queue mixes in, int32 [D], in the order in which they were drawn.

        Without those that `draw` asked for. Does not wait.
        """
        with self._state.lock:
            return self.current().draws()

    def asked(self) -> NDArray[np.int32]:
        """Return the positions of the items that `draw` asked about, decided on or not, int32 [A], ascending.

        Here or in another review of the same store. Does not wait.
        """
        with self._state.lock:
            return np.array(sorted(self.current().put), dtype=np.int32)

    def look(self) -> None:
        """Take over what other reviews of the store have done to the sample since; tell where it is another one."""
        state = self._state
        with state.lock:
            file = self._file
            if self._sample is not None and file is not None and file.home.is_of(state.dataset, self._store):
                self.current()
            told, self._another_begun = self._another_begun, False
            if told:
                self._events.emit(ScoresChanged(state.version))

    def reading(self, above: Sequence[NDArray[np.bool_]] = ()) -> AuditReading:
        """Return what the audit is estimated from. Whoever calls holds the state's lock.

        Parameters
        ----------
        above
            bool [N], by position: the items above some lines across the ranking.
        """
        state = self._state
        sample = self.current()
        shown, baseline = state.results.combined, state.baseline
        assert baseline is not None  # else there is no sample
        assert shown is not None
        answers = sample.answers(state.codes, state.states, self._found_wrong(sample))
        return AuditReading(
            sample.audit,
            sample.by_row(answers),
            sample.reached(sample.decided(state.states)),
            None if sample.frame.noise is None else sample.frame.noise.range,
            not sample.drawn_by(baseline.combined.p_error),
            sample.by_row(sample.beyond(shown.p_error, state.states)),
            tuple(sample.by_row(part) for part in above),
            None if shown.model is None else sample.by_row(shown.p_error.astype(np.float64)),
        )

    def answered(self) -> tuple[str, NDArray[np.intp], NDArray[np.float64]]:
        """Return the sample's id, the positions of the draws with an answer, and these. Whoever calls holds the lock.

        Raises
        ------
        ExplorerError
            There are no scores yet.
        """
        sample, state = self.current(), self._state
        return (sample.frame.id, *sample.answered(state.codes, state.states, state.labels.marked_wrong))

    def by_row(self, values: NDArray[Any]) -> NDArray[Any]:
        """Bring values [N] by position into the order of a reading's rows. Whoever calls holds the lock."""
        return self.current().by_row(values)

    def current(self, *, fresh: bool = False) -> Sample:
        """Return the sample of these items: the one at hand, the one that was kept, or a new one.

        Whoever calls holds the state's lock.

        Parameters
        ----------
        fresh
            The scores are: a sample that nothing hangs on yet begins anew, since a better ranking makes a better one.

        Raises
        ------
        ExplorerError
            There are no scores yet.
        """
        state = self._state
        sample, file, baseline = self._sample, self._file, state.baseline
        here = sample is not None and file is not None and file.home.is_of(state.dataset, self._store)
        read = here and state.classes is self._read_classes
        if sample is not None and file is not None and read and not fresh and not file.changed():
            return sample  # a server need not be asked what its classes mean
        if baseline is None or not self._scores.scored:
            raise ExplorerError("There are no scores yet.", "See review.status.")
        now = self._reading()
        if sample is None or file is None or not here:
            self._sample = None  # that of another branch is none of this one, should anything fail
            home = Location.of(self._order_of(state.dataset), self._store, self._temporary)
            self._file = file = SampleFile(home, self._store)
            sample = file.find(now)
        else:
            sample = file.newest(sample, now)
        if sample is None or (fresh and here and sample.untouched(state.states)):
            seed = state.options.seed if sample is None else sample.frame.seed
            new = self._drawn(baseline.combined, baseline.labels, baseline.before, seed, now)
            sample = file.begin(new, now, sample, meant=False)
        self._take(sample, now)
        if fresh:
            self._another_begun = False  # whoever shows it asks for the scores anew
            if self._new_wanted:
                return self._begin_another(sample)
        return sample

    def _begin_with_scores(self, _event: ScoresChanged) -> None:
        if self._state.scored in (0, self._begun_with):
            return
        self._begun_with = self._state.scored
        try:
            self.current(fresh=True)
        except Exception:  # the scores stand without it; whoever asks for it tries again, and is told
            log.exception("The random sample could not begin with the scores.")

    def _begin_another(self, before: Sample) -> Sample:
        """Begin a sample on the scores as they stand, in the place of another. Whoever calls holds the lock."""
        state = self._state
        combined, inputs = state.results.combined, state.results.inputs
        assert combined is not None  # since there is a sample
        assert inputs is not None
        assert state.levelless is not None
        combined = replace(combined, p_error=state.levelless.p_error)  # its own answers will level it
        assert self._file is not None
        self._new_wanted = False
        now = self._reading()
        # The scores may be about to follow a decision that was just taken back.
        codes = np.where(state.codes < inputs.n_classes, state.codes, -1)
        scored = np.where(inputs.labels == codes, state.codes, -1).astype(np.int32)
        out = state.decided() | (scored < 0)
        new = self._drawn(combined, state.codes, out, before.frame.seed + 1, now, after=before)
        sample = self._file.begin(new, now, before, meant=True)
        self._take(sample, now)
        return sample

    def _drawn(
        self,
        combined: Combined,
        labels: NDArray[np.int32],
        before: NDArray[np.bool_],
        seed: int,
        now: Reading,
        after: Sample | None = None,
    ) -> Sample:
        """Return a new sample of what has not been decided on `before`, begun `after` another."""
        state = self._state
        # There is nothing to find where somebody has decided; and scores of another label than stands say nothing.
        moved = (labels != state.codes) & ~state.decided()
        p_error = np.where(before | moved | (labels < 0), np.nan, combined.p_error).astype(np.float32)
        noise = None if combined.model is None else combined.model.noise
        kept = level_of(noise)
        if before.any():
            first = self._first_labels()
            found = before & (first >= 0) & (first != state.codes)
            kept = level_left(noise, int((first >= 0).sum()), int(found.sum()), p_error)
        began = dt.datetime.now(dt.UTC)
        if after is not None:  # whatever the clocks of two machines say
            began = max(began, after.frame.began + dt.timedelta(microseconds=1))
        classes = tuple(now.names.class_id(name) or name for name in now.classes)
        return Sample(Frame(p_error, labels.astype(np.int32), classes, seed, began, kept))

    def _first_labels(self) -> NDArray[np.int32]:
        """Return the labels that the share of wrong ones was estimated of, int32 [N]. Whoever calls holds the lock."""
        baseline = self._state.baseline
        assert baseline is not None  # since there is a sample
        settled = baseline.settled
        if settled is None or len(settled.labels) != len(baseline.labels):
            return baseline.labels
        return np.where(settled.labels >= 0, settled.labels, baseline.labels)

    def _found_wrong(self, sample: Sample) -> list[int]:
        """Return the positions of the items marked as wrong: judged, also where nobody knows the right label."""
        state = self._state
        marked = sample.marked(state.states)
        cells = self._store.head_cells() if len(marked) else {}
        found = ((int(i), cells.get(str(state.dataset.item_ids[i]))) for i in marked)
        # The store may be ahead of us.
        return [i for i, cell in found if cell is not None and cell.reason == Reason.WRONG]

    def _prepare(self, event: ScoresReady) -> None:
        self._order_of(event.dataset)

    def _order_of(self, dataset: Dataset) -> ItemOrder:
        """Return the items' order and hash, made once; without the lock, before somebody needs them with it."""
        known = self._items
        if known is None or known[0] is not dataset:
            self._items = known = dataset, ItemOrder.of(dataset)
        return known[1]

    def _reading(self) -> Reading:
        return Reading(overview.names(self._store), self._state.classes, self._state.given)

    def _take(self, sample: Sample, now: Reading) -> None:
        """Go on with a sample."""
        self._another_begun |= self._sample is not None and self._sample.frame.id != sample.frame.id
        self._read_classes = now.classes
        sample.read(now.names, now.classes)
        self._sample = sample
