"""The order of review: the ranking, and at every so many places an item that a random audit has drawn.

Whoever only looks at the top of a ranking learns nothing of the rest. One place in ten goes to the next draw of the
audit (`explorer.detectors.remaining`), whose answers say how many errors are left, without bias however wrong
`p_error` is.

The draws are offered in the order in which they were drawn, each once, and one that is answered keeps its place. One
that was passed over without a decision comes again at the next place for a draw, because those after it count only once
it is answered: left out, it would bias the estimate.
"""

from __future__ import annotations

from collections.abc import Iterator
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


AHEAD = 100_000
"""At most so many draws are looked ahead."""


class Sampling:
    """How far the audit of one set of scores has come.

    Draws that the queue offers count from the first to the last before one that nobody has decided on, whichever way
    they were decided on. To stop at the last answer instead would favour what the queue had not come to.

    Attributes
    ----------
    of
        The verdict that the audit was designed for.
    audit
        What is drawn.
    asked
        Draws up to the last that `ask` asked about.
    """

    def __init__(self, of: Any, audit: Audit) -> None:
        self.of, self.audit, self.asked = of, audit, 0
        self._put: set[int] = set()  # asked about by `ask`: the queue does not ask again

    @cached_property
    def _sequence(self) -> NDArray[np.intp]:
        return self.audit.draw(max(1000, min(2 * len(self.audit.expected), AHEAD)))

    @cached_property
    def _distinct(self) -> NDArray[np.intp]:
        _, first = np.unique(self._sequence, return_index=True)
        return self._sequence[np.sort(first)]

    def draws(self) -> NDArray[np.int32]:
        """Return the items to mix into the queue, int32 [D], in the order in which they were drawn, each once."""
        return np.array([item for item in self._distinct.tolist() if item not in self._put], dtype=np.int32)

    def reached(self, decided: NDArray[np.bool_]) -> int:
        """Return how many draws count, given which of all items are decided on, bool [N]."""
        rest = self._sequence[self.asked :]
        open_ = ~decided[rest]
        if self._put:
            open_ &= ~np.isin(rest, list(self._put))
        return self.asked + (int(np.argmax(open_)) if open_.any() else len(rest))

    def ask(self, n: int, decided: NDArray[np.bool_]) -> list[int]:
        """Ask about the next n draws; returns the items asked about that nobody has decided on."""
        begin = self.reached(decided)
        self.asked = begin + n
        drawn = self.audit.draw(self.asked)
        self._put.update(item for item in drawn[begin:].tolist() if not decided[item])
        return [item for item in dict.fromkeys(drawn.tolist()) if not decided[item]]


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


def check_rate(rate: float) -> float:
    """Return a share of draws as it can be used; `DataError` outside [0, 0.5]."""
    if not 0 <= rate <= MOST:
        raise DataError(
            f"An audit rate of {rate:g} cannot be mixed into the queue.",
            f"Give a share from 0 (none) to {MOST:g} (every other item); review.audit(n) draws n items by themselves.",
        )
    return float(rate)


def every(rate: float) -> int:
    """Return r where every r-th place goes to a draw; 0 where none does."""
    return max(2, round(1 / rate)) if rate > 0 else 0


def mixed(ranked: ArrayLike, draws: ArrayLike, r: int, decided: ArrayLike) -> Mixed:
    """Put draws at every r-th place of a ranking.

    Parameters
    ----------
    ranked
        int [M]: positions of the items in the queue, worst first, each once.
    draws
        int [D]: positions in the order in which the audit drew them, each once, also items that are not in the queue.
    r
        Every r-th place goes to a draw; 0 for none. It never is the last place.
    decided
        bool [N]: which of all items somebody has decided on.
    """
    done = np.asarray(decided, dtype=bool)
    drawn = np.asarray(draws, dtype=np.int64)
    open_at = np.flatnonzero(~done[drawn])
    placed: set[int] = set()
    # What somebody found otherwise, further along, takes up no place.
    answered = _unplaced(drawn[: open_at[0]] if len(open_at) else drawn, placed)
    open_ = _unplaced(drawn[open_at], placed)
    order: list[int] = []
    where: list[bool] = []
    since, last = 0, -1
    for item in np.asarray(ranked, dtype=np.int64).tolist():
        if item in placed:
            continue
        if r and since == r - 1:
            draw = next(answered, None)
            # A place between two items that are decided on lies behind the reviewer: nothing new is asked there.
            if draw is None and not (done[last] and done[item]):
                draw = next(open_, None)
            since = 0
            if draw is not None:
                placed.add(draw)
                order.append(draw)
                where.append(True)
                if draw == item:
                    continue
        placed.add(item)
        order.append(item)
        where.append(False)
        since, last = since + 1, item
    return Mixed(np.array(order, dtype=np.int64), np.array(where, dtype=bool))


def _unplaced(items: NDArray[np.int64], placed: set[int]) -> Iterator[int]:
    return (item for item in items.tolist() if item not in placed)
