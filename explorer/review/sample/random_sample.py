"""The part of a review that holds its random sample: begins one, goes on with a kept one, asks about its items."""

from __future__ import annotations

import datetime as dt
import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import ExplorerError
from explorer.review.label_columns import DECIDED
from explorer.review.score_updates import Judging
from explorer.utils.numbers import whole

if TYPE_CHECKING:
    from explorer.dataset.dataset import Dataset
    from explorer.detectors import Combined
    from explorer.labels import Store
    from explorer.pipeline.results import Options, Results
    from explorer.review.sample.draws import Sample
    from explorer.review.sample.file import Kept
    from explorer.review.sample.frame import Reading
    from explorer.review.sample.location import Items

AUDIT = 20
"""Items that an audit asks about, unless somebody says otherwise."""


class Sampler(ABC):
    """What of a review has to do with its random sample."""

    dataset: Dataset
    labels: Store
    temporary: bool
    lock: threading.RLock
    _results: Results
    _options: Options
    _judging: Judging
    _sampled: Sample | None = None
    _kept: Kept | None = None
    _items: tuple[Dataset, Items] | None = None
    _read_classes: tuple[str, ...] = ()
    _new_sample_wanted = False
    _another_begun = False  # by another review, and nobody has been told

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Class names by code."""

    @property
    @abstractmethod
    def codes(self) -> NDArray[np.int32]:
        """Class code of each item's label now, int32 [N]."""

    @property
    @abstractmethod
    def given(self) -> NDArray[np.int32]:
        """Class code that each item's given label reads as, int32 [N]."""

    @property
    @abstractmethod
    def states(self) -> NDArray[np.uint8]:
        """State of each item, uint8 [N]."""

    @abstractmethod
    def _ready(self) -> None: ...

    @abstractmethod
    def _tell(self, event: str, **details: Any) -> None: ...

    def draws(self) -> NDArray[np.int32]:
        """Return the positions of the items that the queue mixes in, int32 [D], in the order in which they were drawn.

        Without those that `audit()` asked for. Does not wait.
        """
        with self.lock:
            return self._sampling().draws()

    def asked(self) -> NDArray[np.int32]:
        """Return the positions of the items that `audit()` asked about, decided on or not, int32 [A], ascending.

        Here or in another review of the same store. Does not wait.
        """
        with self.lock:
            return np.array(sorted(self._sampling().put), dtype=np.int32)

    def audit(self, n: int = AUDIT, *, wait: bool = True) -> list[str]:
        """Return the ids of the next n items of a random audit, those that nobody has decided on yet.

        Look at each of them, whether it looks interesting or not, and keep or change its label, or mark it as wrong;
        then `left()` rests on a random sample and no longer on what the model believes. Another mark is no answer. The
        draws follow from the seed. The `queue` mixes in draws of the same sequence, and no item is asked about twice:
        those that are left open come again in the next audit and not in the queue, and the others count without them.
        All reviews that have the store open share the sample, and what any of them has asked about.

        The sample goes on after `rerun()`, and when the store is opened again; `new_sample()` begins another.

        Raises
        ------
        DataError
            No whole number from 1 to the number of items, or to 20 where there are fewer.
        """
        n = whole(n, 1, max(len(self.dataset), AUDIT), f"{n!r} items cannot be drawn.", "Ask for at least one")
        if wait:
            self._ready()
        with self.lock:
            sample = self._sampling()
            assert self._kept is not None  # since there is a sample
            now = self._reading()
            with self._kept.changing(sample, now) as standing:
                self._take(standing, now)
                asked = standing.ask(n, standing.decided(self.states))
            ids = [str(self.dataset.item_ids[i]) for i in asked]
        self._tell("sample")
        return ids

    def new_sample(self, *, wait: bool = True) -> None:
        """Begin a new random sample, on the scores and the labels as they stand.

        Worth it after many corrections and a `rerun()`: `p_error` is then nearer to the truth than when the old sample
        began, so that fewer answers make as narrow an interval. What is decided stays decided, and counts as reviewed
        before the new sample began: `left()` speaks of the others only, and begins again with what the model believes.
        The answers of the old sample tell it nothing, so do not begin one for being unhappy with the estimate.

        Without `wait` it begins at once, also while the scores follow the last decisions: an item whose label has
        changed since it was scored is not drawn, and counts as the model has it. Where there are no scores yet, it
        begins with them. Other reviews that have the store open go on with it as soon as they look.
        """
        if wait:
            self._ready()
        with self.lock:
            if not self._scored():
                if wait:
                    raise ExplorerError("There are no scores yet.", "See review.status.")
                self._new_sample_wanted = True
                return
            self._begin_another(self._sampling())
            self._another_begun = False
        self._tell("scores")

    @property
    def sample_since(self) -> dt.datetime | None:
        """When the random sample that `left()` rests on began, UTC; `None` while there are no scores."""
        with self.lock:
            return self._sampling().frame.began if self._scored() else None

    def _scored(self) -> bool:
        begun = self._judging.begun
        return self._results.combined is not None and begun is not None and len(begun.labels) == len(self.dataset)

    def _know_items(self, dataset: Dataset) -> Items:
        """Return the items' order and hash, made once; call it without the lock before somebody needs them with it."""
        from explorer.review.sample.location import Items

        known = self._items
        if known is None or known[0] is not dataset:
            self._items = known = dataset, Items.of(dataset)
        return known[1]

    def _look_at_sample(self) -> None:
        """Take over what other reviews of the store have done to the sample since; tell where it is another one."""
        with self.lock:
            kept = self._kept
            if self._sampled is not None and kept is not None and kept.home.is_of(self.dataset, self.labels):
                self._sampling()
            told, self._another_begun = self._another_begun, False
        if told:
            self._tell("scores")

    def _sampling(self, *, fresh: bool = False) -> Sample:
        """Return the random sample of these items: the one at hand, the one that was kept, or a new one.

        With `fresh` scores one that nothing hangs on yet begins anew: a better ranking makes a better sample. Whoever
        calls holds the lock.
        """
        from explorer.review.sample.file import Kept
        from explorer.review.sample.location import Home

        sample, kept, begun = self._sampled, self._kept, self._judging.begun
        here = sample is not None and kept is not None and kept.home.is_of(self.dataset, self.labels)
        read = here and self.classes is self._read_classes
        if sample is not None and kept is not None and read and not fresh and not kept.changed():
            return sample  # a server need not be asked what its classes mean
        if begun is None or len(begun.labels) != len(self.dataset):
            raise ExplorerError("There are no scores yet.", "See review.status.")
        now = self._reading()
        if sample is None or kept is None or not here:
            self._sampled = None  # that of another branch is none of this one, should anything fail
            self._kept = kept = Kept(Home.of(self._know_items(self.dataset), self.labels, self.temporary), self.labels)
            sample = kept.find(now)
        else:
            sample = kept.newest(sample, now)
        if sample is None or (fresh and here and sample.untouched(self.states)):
            seed = self._options.seed if sample is None else sample.frame.seed
            new = self._drawn(begun.combined, begun.labels, begun.before, seed, now)
            sample = kept.begin(new, now, sample, meant=False)
        self._take(sample, now)
        if fresh:
            self._another_begun = False  # whoever shows it asks for the scores anew
            if self._new_sample_wanted:
                return self._begin_another(sample)
        return sample

    def _begin_another(self, before: Sample) -> Sample:
        """Begin a sample on the scores as they stand, in the place of another. Whoever calls holds the lock."""
        combined, inputs = self._results.combined, self._results.inputs
        assert combined is not None  # since there is a sample
        assert inputs is not None
        assert self._kept is not None
        self._new_sample_wanted = False
        now = self._reading()
        # The scores may be about to follow a decision that was just taken back.
        codes = np.where(self.codes < inputs.n_classes, self.codes, -1)
        scored = np.where(inputs.labels == codes, self.codes, -1).astype(np.int32)
        decided = np.isin(self.states, DECIDED)
        new = self._drawn(combined, self.codes, decided | (scored < 0), before.frame.seed + 1, now, after=before)
        sample = self._kept.begin(new, now, before, meant=True)
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
        from explorer.review.sample.draws import Sample, level_left, level_of
        from explorer.review.sample.frame import Frame

        # There is nothing to find where somebody has decided; and scores of another label than stands say nothing.
        moved = (labels != self.codes) & ~np.isin(self.states, DECIDED)
        p_error = np.where(before | moved | (labels < 0), np.nan, combined.p_error).astype(np.float32)
        noise = None if combined.model is None else combined.model.noise
        kept = level_of(noise)
        if before.any():
            first = self._first_labels()
            found = before & (first >= 0) & (first != self.codes)
            kept = level_left(noise, int((first >= 0).sum()), int(found.sum()), p_error)
        began = dt.datetime.now(dt.UTC)
        if after is not None:  # whatever the clocks of two machines say
            began = max(began, after.frame.began + dt.timedelta(microseconds=1))
        frame = Frame(
            p_error,
            labels.astype(np.int32),
            tuple(now.names.class_id(name) or name for name in now.classes),
            seed,
            began,
            kept,
        )
        return Sample(frame)

    def _first_labels(self) -> NDArray[np.int32]:
        """Return the labels that the share of wrong ones was estimated of, int32 [N]. Whoever calls holds the lock."""
        begun, settled = self._judging.begun, self._results.settled
        assert begun is not None  # since there is a sample
        if settled is None or len(settled.labels) != len(begun.labels):
            return begun.labels
        return np.where(settled.labels >= 0, settled.labels, begun.labels)

    def _reading(self) -> Reading:
        from explorer.labels.history import overview
        from explorer.review.sample.frame import Reading

        return Reading(overview.names(self.labels), self.classes, self.given)

    def _take(self, sample: Sample, now: Reading) -> None:
        """Go on with a sample."""
        self._another_begun |= self._sampled is not None and self._sampled.frame.id != sample.frame.id
        self._read_classes = now.classes
        sample.read(now.names, now.classes)
        self._sampled = sample
