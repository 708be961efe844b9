"""The random sample of a review: what it was drawn from, and what its answers are.

A sample lasts as long as its items and the labels that they were given: the scores may be made anew, and the review
may be closed and opened again (`sample.file` writes and reads its file, `sample.location` says where it lies). What
it was drawn from is frozen when it begins (`Frame`). Its answers are not stored a second time: they follow from the
labels as they stand, so that what is undone, or written elsewhere, counts as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.detectors.combine.noise_level import NoiseLevel
from explorer.estimates import errors_left
from explorer.estimates.audit import Audit
from explorer.review.label_columns import DECIDED, SETTLED, STATES
from explorer.review.queue import Mixed, Places, mixed_with_places
from explorer.review.sample.frame import Frame

if TYPE_CHECKING:
    from explorer.estimates.audit import Audit
    from explorer.estimates.errors_left import Heard
    from explorer.labels.model.schema import Names

AHEAD = 100_000
"""At most so many draws are looked ahead."""


class Sampling:
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
        self._places: Places | None = None

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
        """Return the items to mix into the queue, int32 [D], in the order in which they were drawn, each once."""
        return np.array([item for item in self._distinct.tolist() if item not in self.put], dtype=np.int32)

    def mixed(self, ranked: ArrayLike, r: int, decided: ArrayLike) -> Mixed:
        """Put the draws at every r-th place of a ranking, as `mixed`; those answered in the queue before stay there."""
        found, self._places = mixed_with_places(ranked, self.draws(), r, decided, self._places)
        return found

    def reached(self, decided: NDArray[np.bool_]) -> int:
        """Return how many draws count, given which of all items are decided on, bool [N]."""
        rest = self._sequence[self.asked :]
        open_ = ~decided[rest]
        if self.put:
            open_ &= ~np.isin(rest, list(self.put))
        return self.asked + (int(np.argmax(open_)) if open_.any() else len(rest))

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


FLAGGED = STATES.index("flagged")


class _Codes(NamedTuple):
    """What a frame's classes read as: a code for each, and -1, int32 [K + 1]; the codes that some were split into."""

    codes: NDArray[np.int32]
    splits: dict[int, list[int]]


class Sample(Sampling):
    """A random sample: its frame, how far it has come, and what the labels as they stand answer.

    Parameters
    ----------
    frame
        Its rows are the items in the order that they had when it began.
    at
        intp [N]: position of each row's item; `None` where the items still stand in that order.
    asked, put
        As of `Sampling`.
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
        found: NDArray[np.bool_] = np.isin(states, DECIDED) & self._within
        return found

    def untouched(self, states: NDArray[np.uint8]) -> bool:
        """Whether nothing hangs on it: nobody has decided on anything since, nor asked about any item."""
        return not self.asked and not self.decided(states).any()

    def marked(self, states: NDArray[np.uint8]) -> NDArray[np.intp]:
        """Return the items that it is about and that are marked: with the reason "wrong" that is an answer."""
        return np.flatnonzero((states == FLAGGED) & self._within)

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
        reads, splits = self._reading
        right = codes == reads[self._labels]
        for label, into in splits.items():  # one of those that its class was split into says the same more exactly
            right |= (self._labels == label) & np.isin(codes, into)
        found = np.where(np.isin(states, SETTLED) & self._within, np.where(right, 0.0, 1.0), np.nan)
        found[list(wrong)] = 1
        return found

    def drawn_by(self, p_error: NDArray[np.floating[Any]]) -> bool:
        """Whether these are the scores that it was drawn by, float [N]; others may know more than it does."""
        return np.array_equal(self.frame.p_error, self.by_row(np.where(self._within, p_error, np.nan)), equal_nan=True)

    def beyond(self, p_error: NDArray[np.floating[Any]], states: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return `p_error` of items that it is not about and that are open now, NaN for others, float64 [N].

        Somebody had decided on these when it began, and that was taken back.
        """
        return np.where(~self._within & ~np.isin(states, DECIDED), p_error, np.nan).astype(np.float64)

    def hearing(
        self,
        answers: NDArray[np.float64],
        reached: int,
        elsewhere: bool = False,
        beyond: NDArray[np.float64] | None = None,
    ) -> Callable[[int], tuple[Heard, int]]:
        """Return the way to reckon what answers [N], by position, to so many draws say: it needs no lock.

        It takes how many draws are the fewest to rest on, and returns what the audit has heard, and how many answered
        draws stand for labels that are left. With fewer the audit has heard nothing: what the model believes says more.
        `elsewhere` and `beyond` (by position) are those of `Audit.hear`.
        """
        audit, given = self.audit, self.by_row(answers)
        noise = None if self.frame.noise is None else self.frame.noise.range
        open_ = None if beyond is None else self.by_row(beyond)

        def hear(fewest: int) -> tuple[Heard, int]:
            otherwise = np.isfinite(given)
            otherwise[audit.draw(reached)] = False
            heard = errors_left.hear(audit, given, reached, otherwise, noise, elsewhere=elsewhere, beyond=open_)
            draws = round(heard.standing)
            if draws < fewest:
                draws = max(draws, min(1, len(heard.draws)))  # an answer remains one, whoever was reviewed since
                heard = errors_left.hear(audit, given, 0, np.isfinite(given), noise, beyond=open_)
            return heard, len(heard.draws) or draws

        return hear


def level_of(noise: NoiseLevel | None) -> NoiseLevel | None:
    """Return what is kept of an estimated share of wrong labels."""
    return None if noise is None else level(noise.floor, noise.disagreement, noise.by_chance, noise.overall)


def level_left(noise: NoiseLevel | None, labels: int, found: int, p_error: NDArray[np.float32]) -> NoiseLevel | None:
    """Return the share of wrong labels among those that are left, where it was estimated of all.

    Parameters
    ----------
    labels, found
        How many labels it was estimated of, and how many of these were found to be wrong since.
    p_error
        float32 [N]: of those that are left; NaN for others.
    """
    left = p_error[np.isfinite(p_error)]
    if noise is None or not len(left):
        return level_of(noise)
    floor, disagreement = (
        min(max((share * labels - found) / len(left), 0.0), 1.0) for share in (noise.floor, noise.disagreement)
    )
    return level(floor, disagreement, noise.by_chance, float(left.mean(dtype=np.float64)))


def level(floor: float, disagreement: float, by_chance: float, overall: float) -> NoiseLevel:
    """Return an estimated share of wrong labels as it is kept."""
    return NoiseLevel(np.empty(0, dtype=np.int32), np.empty(0), floor, disagreement, by_chance, overall)
