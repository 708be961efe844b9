"""The draws of a random sample, how far it has come, and what the labels as they stand answer.

A sample lasts as long as its items and the labels that they were given: the scores may be made anew, and the review
may be closed and opened again (`sample.file` writes and reads its file, `sample.location` says where it lies). What
it was drawn from is frozen when it begins (`Frame`). Its answers are not stored a second time: they follow from the
labels as they stand, so that what is undone, or written elsewhere, counts as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.estimates.audit import Audit
from explorer.labels.model.states import State
from explorer.review.label_columns import is_decided, is_settled
from explorer.review.sample.frame import Frame

if TYPE_CHECKING:
    from explorer.labels.model.schema import Names

AHEAD = 100_000
"""At most so many draws are looked ahead."""


class Draws:
    """How far an audit has come, in positions of the items as they stand.

    Draws that the queue offers count from the first to the last before one that nobody has decided on, whichever way
    they were decided on. To stop at the last answer instead would favour what the queue had not come to.

    Attributes
    ----------
    audit
        What is drawn.
    at
        intp [N]: position of the item of each of the audit's rows; `None` where they stand in the same order.
    asked
        Draws up to the last that `ask` asked about.
    put
        Items that `ask` asked about: the queue does not ask again.
    """

    def __init__(
        self, audit: Audit, at: NDArray[np.intp] | None = None, asked: int = 0, put: Iterable[int] = ()
    ) -> None:
        self.audit, self.at, self.asked = audit, at, asked
        self.put = set(put)
        self._left: tuple[int, NDArray[np.int32]] | None = None  # of so many that are put

    def by_row(self, values: NDArray[Any]) -> NDArray[Any]:
        """Bring values [N] by position into the order of the audit's rows."""
        return values if self.at is None else values[self.at]

    def by_position(self, values: NDArray[Any]) -> NDArray[Any]:
        """Bring values [N] by the audit's rows into the order of positions."""
        if self.at is None:
            return values
        found = np.empty_like(values)
        found[self.at] = values
        return found

    def _drawn(self, n: int) -> NDArray[np.intp]:
        rows = self.audit.draw(n)
        return rows if self.at is None else self.at[rows]

    @cached_property
    def _sequence(self) -> NDArray[np.intp]:
        return self._drawn(max(1000, min(2 * len(self.audit.expected), AHEAD)))

    @cached_property
    def _distinct(self) -> NDArray[np.intp]:
        _, first = np.unique(self._sequence, return_index=True)
        return self._sequence[np.sort(first)]

    def draws(self) -> NDArray[np.int32]:
        """Return the items to mix into the queue, int32 [D], in the order in which they were drawn, each once.

        Not to be written to: it is made once for as long as nothing else is asked about.
        """
        if self._left is None or self._left[0] != len(self.put):
            left = [item for item in self._distinct.tolist() if item not in self.put]
            self._left = len(self.put), np.array(left, dtype=np.int32)
        return self._left[1]

    def reached(self, decided: NDArray[np.bool_]) -> int:
        """Return how many draws count, given which of all items are decided on, bool [N]."""
        at, step = self.asked, 256
        while at < len(self._sequence):  # most often the first few tell
            rest = self._sequence[at : at + step]
            open_ = ~decided[rest]
            if self.put:
                open_ &= ~np.isin(rest, list(self.put))
            if open_.any():
                return at + int(np.argmax(open_))
            at, step = at + len(rest), 2 * step
        return at

    def ask(self, n: int, decided: NDArray[np.bool_]) -> list[int]:
        """Return n items to ask about that nobody has decided on: those left open of the draws, then the next ones.

        Fewer, where some of the next draws have been decided on already, or come twice.
        """
        waiting = [item for item in dict.fromkeys(self._drawn(self.asked).tolist()) if not decided[item]]
        if len(waiting) < n:
            begin = self.reached(decided)
            self.asked = begin + n - len(waiting)
            drawn = self._drawn(self.asked)
            self.put.update(item for item in drawn[begin:].tolist() if not decided[item])
            waiting = [item for item in dict.fromkeys(drawn.tolist()) if not decided[item]]
        return waiting[:n]


class _Codes(NamedTuple):
    """What a frame's classes read as: a code for each, and -1, int32 [K + 1]; the codes that some were split into."""

    codes: NDArray[np.int32]
    splits: dict[int, list[int]]


class Sample(Draws):
    """A random sample: its frame, how far it has come, and what the labels as they stand answer.

    Parameters
    ----------
    frame
        Its rows are the items in the order that they had when it began.
    at
        intp [N]: position of each row's item; `None` where the items still stand in that order.
    asked, put
        As of `Draws`.
    """

    def __init__(
        self,
        frame: Frame,
        at: NDArray[np.intp] | None = None,
        asked: int = 0,
        put: Iterable[int] = (),
    ) -> None:
        audit = Audit.design(frame.p_error.astype(np.float64), seed=frame.seed, labels=frame.labels)
        super().__init__(audit, at, asked, put)
        self.frame = frame
        self._within = self.by_position(np.isfinite(frame.p_error))
        self._labels = self.by_position(frame.labels)
        self._read_with: tuple[Any, ...] = ()
        self._reading = _Codes(np.arange(len(frame.classes) + 1, dtype=np.int32), {})

    def read(self, names: Names, classes: Sequence[str]) -> None:
        """Take the classes as they are now, by code; renamed, merged and split ones read as the store reads them."""
        read_with = names.schema.id, tuple(classes)
        if read_with == self._read_with:
            return
        code = {name: at for at, name in enumerate(classes)}
        own = self.frame.classes
        codes = np.array([*(code.get(names.name(i), -1) for i in own), -1], dtype=np.int32)
        splits = {c: [code[n] for n in names.splits[i] if n in code] for c, i in enumerate(own) if i in names.splits}
        self._read_with, self._reading = read_with, _Codes(codes, splits)
        labels = codes[self.frame.labels]
        if not np.array_equal(labels, self.audit.labels if self.audit.labels is not None else ()):
            self.audit = replace(self.audit, labels=labels)

    def fits(self, given: NDArray[np.int32]) -> bool:
        """Whether it was drawn from the labels that the items are given, int32 [N]; call `read` before.

        Of what had been decided before it began the given label is no matter: the sample is not about it.
        """
        about = self._within | (self._labels < 0)
        return np.array_equal(self._reading.codes[self._labels][about], given[about])

    def newer(self, other: Sample) -> bool:
        """Whether it began after another."""
        return (self.frame.began, self.frame.id) > (other.frame.began, other.frame.id)

    def join(self, other: Sample) -> None:
        """Take over how far another review has come with the same sample."""
        self.asked = max(self.asked, other.asked)
        self.put |= other.put

    def decided(self, states: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Return which items it is about have been decided on since it began, bool [N]."""
        found: NDArray[np.bool_] = is_decided(states) & self._within
        return found

    def untouched(self, states: NDArray[np.uint8]) -> bool:
        """Whether nothing hangs on it: nobody has decided on anything since, nor asked about any item."""
        return not self.asked and not self.decided(states).any()

    def marked(self, states: NDArray[np.uint8]) -> NDArray[np.intp]:
        """Return the items that it is about and that are marked: with the reason "wrong" that is an answer."""
        return np.flatnonzero((states == State.FLAGGED.code) & self._within)

    def answers(
        self, codes: NDArray[np.int32], states: NDArray[np.uint8], wrong: Iterable[int] = ()
    ) -> NDArray[np.float64]:
        """Return 1 where a label was found wrong since it began, 0 where it was kept, NaN elsewhere, float64 [N].

        Parameters
        ----------
        codes
            int32 [N]: class codes of the labels now.
        wrong
            Those of `marked` whose reason is "wrong": judged, whether or not somebody knows the right label.
        """
        found = self._judged(slice(None), codes, states)
        found[list(wrong)] = 1
        return found

    def _judged(
        self, rows: NDArray[np.intp] | slice, codes: NDArray[np.int32], states: NDArray[np.uint8]
    ) -> NDArray[np.float64]:
        """Return what labels that were kept or changed answer, float64 [rows]; NaN for others."""
        reads, splits = self._reading
        now, labels = codes[rows], self._labels[rows]
        right = now == reads[labels]
        for label, into in splits.items():  # one of those that its class was split into says the same more exactly
            right |= (labels == label) & np.isin(now, into)
        return np.where(is_settled(states[rows]) & self._within[rows], np.where(right, 0.0, 1.0), np.nan)

    def answered(
        self, codes: NDArray[np.int32], states: NDArray[np.uint8], wrong: NDArray[np.bool_]
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return the positions of the draws that count and have an answer, each once, ascending; and the answers.

        Parameters are those of `answers`, but for `wrong`: bool [N].
        """
        drawn = np.unique(self._drawn(self.reached(self.decided(states))))
        answer = self._judged(drawn, codes, states)
        answer[wrong[drawn] & self._within[drawn]] = 1
        known = np.isfinite(answer)
        return drawn[known], answer[known]

    def drawn_by(self, p_error: NDArray[np.floating[Any]]) -> bool:
        """Whether these are the scores that it was drawn by, float [N]; others may know more than it does."""
        return np.array_equal(self.frame.p_error, self.by_row(np.where(self._within, p_error, np.nan)), equal_nan=True)

    def beyond(self, p_error: NDArray[np.floating[Any]], states: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return `p_error` of items that it is not about and that are open now, NaN for others, float64 [N].

        Somebody had decided on these when it began, and that was taken back.
        """
        return np.where(~self._within & ~is_decided(states), p_error, np.nan).astype(np.float64)
