"""The order of review: the ranking, and at every so many places an item that a random audit has drawn.

Whoever only looks at the top of a ranking learns nothing of the rest. One place in ten goes to the next draw of the
audit (`explorer.detectors.remaining`), whose answers say how many errors are left, without bias however wrong
`p_error` is.

The draws are offered in the order in which they were drawn, each once, and one that is answered keeps its place. One
that was passed over without a decision comes again at the next place for a draw, because those after it count only once
it is answered: left out, it would bias the estimate. What somebody decided on elsewhere never takes a place, whatever
is answered since: where the others stood is remembered (`Sampling.mixed`), so that no answer moves what is still ahead.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.errors import DataError

if TYPE_CHECKING:
    from explorer.detectors.remaining import Audit

RATE = 0.1
"""Share of the queue that is drawn at random, unless somebody says otherwise."""

MOST = 0.5
"""With more than every other item the queue would be an audit."""

LEAST = 0.001
"""With fewer than one in a thousand nobody would ever come to one."""

ALONE = 20
"""So many draws are the queue where it has nothing else: as many as `review.audit()` asks about."""

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
        found, self._places = _mixed(ranked, self.draws(), r, decided, self._places)
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


class Mixed(NamedTuple):
    """A queue with draws in it.

    Attributes
    ----------
    order
        int64 [M]: positions of the items, in the order to look at them.
    drawn
        bool [M]: which of them stand there because they were drawn.
    """

    order: NDArray[np.int64]
    drawn: NDArray[np.bool_]


Places = Mapping[int, tuple[int, int]]
"""For each draw in a queue: how many items of the ranking stand before it, and the first of those after it that was
open, -1 for none."""


def check_rate(rate: float) -> float:
    """Return a share of draws as it can be used; `DataError` unless it is 0 or in [0.001, 0.5]."""
    known = isinstance(rate, (int, float, np.number)) and not isinstance(rate, bool)
    if not known or not (rate == 0 or LEAST <= rate <= MOST):
        raise DataError(
            f"An audit rate of {rate!r} cannot be mixed into the queue.",
            f"Give 0 (none) or a share from {LEAST:g} to {MOST:g} (every other item); review.audit(n) draws n items by "
            "themselves.",
        )
    return float(rate)


def every(rate: float) -> int:
    """Return r where every r-th place goes to a draw; 0 where none does."""
    return max(2, math.floor(1 / rate + 0.5)) if rate > 0 else 0


def mixed(ranked: ArrayLike, draws: ArrayLike, r: int, decided: ArrayLike) -> Mixed:
    """Put draws at every r-th place of a ranking, where there was no queue before.

    A ranking of nothing is a queue of draws: where r is above 0 the first `ALONE` of them, in the order in which they
    were drawn, whether or not they are decided on. So nothing moves while they are answered, and whoever has no
    suspects is still offered a random sample. None of them has a place that a later ranking remembers.

    Parameters
    ----------
    ranked
        int [M]: positions of the items in the queue, worst first, each once.
    draws
        int [D]: positions in the order in which the audit drew them, each once, also items that are not in the queue.
    r
        Every r-th place goes to a draw; 0 for none. It never is the last place.
    decided
        bool [N]: which of all items somebody has decided on. Which draws were answered in the queue is told from the
        order.
    """
    return _mixed(ranked, draws, r, decided, None)[0]


def _mixed(
    ranked: ArrayLike, draws: ArrayLike, r: int, decided: ArrayLike, stood: Places | None
) -> tuple[Mixed, Places]:
    """Do `mixed`; of the draws that are decided on, those alone keep a place, their own, that had one in `stood`."""
    done = np.asarray(decided, dtype=bool)
    drawn = np.asarray(draws, dtype=np.int64)
    ranking = np.asarray(ranked, dtype=np.int64).tolist()
    if r and not ranking:
        alone = drawn[:ALONE]
        return Mixed(alone, np.ones(len(alone), dtype=bool)), stood or {}
    open_at = np.flatnonzero(~done[drawn])
    placed: set[int] = set()
    open_ = _unplaced(drawn[open_at], placed)
    answered: Iterator[int] = iter(())
    pinned: dict[int, int] = {}
    shown: dict[int, int] = {}  # places where a draw waits, by the item that comes next when it is passed over
    if stood is None:
        answered = _unplaced(drawn[: open_at[0]] if len(open_at) else drawn, placed)
    elif stood:
        among = set(drawn.tolist())
        shown = {before: then for item, (before, then) in stood.items() if not done[item]}
        pinned = {before: item for item, (before, _) in stood.items() if done[item] and item in among}

    def passed(count: int) -> bool:
        """Whether no draw waits here, or what was open after it is decided on."""
        then = shown.get(count)
        return then is None or (then >= 0 and bool(done[then]))

    suspects = set(ranking)
    order: list[int] = []
    where: list[bool] = []
    places: dict[int, tuple[int, int]] = {}
    since, count, last = 0, 0, -1
    following = _next_open(ranking, done)
    for at, item in enumerate(ranking):
        if item in placed:
            continue
        draw = pinned.pop(count, None) if r else None
        if draw in placed:
            draw = None
        if r and draw is None and since == r - 1:
            # A suspect among those ahead of the reviewer was decided on elsewhere.
            draw = next((each for each in answered if done[last] or each not in suspects), None)
            # A place between two items that are decided on lies behind the reviewer: nothing new is asked there.
            if draw is None and not (done[last] and done[item] and passed(count)):
                draw = next(open_, None)
            since = 0
        if draw is not None:
            since = 0
            placed.add(draw)
            places[draw] = count, following[at]
            order.append(draw)
            where.append(True)
            if draw == item:
                continue
        placed.add(item)
        order.append(item)
        where.append(False)
        since, count, last = since + 1, count + 1, item
    # Beyond the end of this ranking, which may be a part of the next.
    places.update((item, (before, -1)) for before, item in pinned.items() if item not in placed)
    return Mixed(np.array(order, dtype=np.int64), np.array(where, dtype=bool)), places


def _unplaced(items: NDArray[np.int64], placed: set[int]) -> Iterator[int]:
    return (item for item in items.tolist() if item not in placed)


def _next_open(ranking: list[int], done: NDArray[np.bool_]) -> list[int]:
    """Return for each place the first item from there on that nobody has decided on, -1 where there is none."""
    found, then = [-1] * len(ranking), -1
    for at in range(len(ranking) - 1, -1, -1):
        if not done[ranking[at]]:
            then = ranking[at]
        found[at] = then
    return found
