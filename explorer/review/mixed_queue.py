"""A ranking with random draws mixed in: the same algorithm as widgets/core/state/mixedQueue.ts.

Tests on both sides read tests/fixtures/queue_cases.json.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

ALONE = 20
"""So many draws are the queue where it has nothing else: as many as `review.audit()` asks about."""


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
    return mixed_with_places(ranked, draws, r, decided, None)[0]


def mixed_with_places(
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


class QueuePlaces:
    """Remembers where a queue has shown draws, so that those that were answered there stay."""

    def __init__(self) -> None:
        self._places: Places | None = None

    def mixed(self, ranked: ArrayLike, draws: ArrayLike, r: int, decided: ArrayLike) -> Mixed:
        """Put draws at every r-th place of a ranking, as `mixed`; those answered in the queue before stay there."""
        found, self._places = mixed_with_places(ranked, draws, r, decided, self._places)
        return found
