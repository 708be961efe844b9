"""Updates after a change of labels: whom it reaches, what is asked about them once, and which arrays are written to."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import count
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
S = TypeVar("S", bound=np.generic)

FEW = 20_000
"""Most items of which intermediate steps are kept."""

_numbers = count(1)


@dataclass(eq=False)
class Owned:
    """Whatever holds arrays that an update after a change of labels may write to, or has to copy first.

    Attributes
    ----------
    fresh
        An update made all arrays that updates write to. Never so of what a full run made, or of what is shared.
    owned
        The next update may write into these arrays: they are fresh, and their holder has given them away.

    Examples
    --------
    >>> holder, array = Owned(), np.zeros(2)
    >>> holder.give()
    >>> holder.own(array) is array
    False
    >>> holder.fresh = True
    >>> holder.give()
    >>> holder.own(array) is array
    True
    """

    fresh: bool = field(default=False, init=False, repr=False)
    owned: bool = field(default=False, init=False, repr=False)

    def give(self) -> None:
        """Let the next update write into the arrays, as far as they are fresh. Whoever calls reads them no more."""
        self.owned = self.fresh

    def own(self, array: NDArray[S]) -> NDArray[S]:
        """Return an array of this holder to write to: itself if it was given away, else a copy."""
        return array if self.owned else array.copy()

    def shared(self) -> Self:
        """Return a holder of the same arrays for others to read: updates of it copy. It copies nothing itself."""
        made = copy.copy(self)
        made.fresh = made.owned = False
        return made


@dataclass(slots=True, frozen=True, eq=False)
class Change:
    """The items that a change of labels reaches.

    Attributes
    ----------
    rows
        intp [n]: their positions, not to be written to.
    number
        Tells this change from all others: what is made for it is kept by this number. 0: nothing is kept.
    """

    rows: NDArray[np.intp]
    number: int = 0

    @classmethod
    def numbered(cls, rows: NDArray[np.intp]) -> Change:
        """Return a change with a number of its own, if it reaches few enough to keep what is made for it."""
        return cls(rows, next(_numbers) if len(rows) <= FEW else 0)


def next_number() -> int:
    """Return a number that no change and no findings have had yet; any number of threads may ask."""
    return next(_numbers)


def distinct(*parts: NDArray[np.integer[Any]]) -> NDArray[np.intp]:
    """Return all positions in some arrays once, ascending; `numpy.unique` takes ten times as long for a few."""
    every = np.concatenate(parts).astype(np.intp, copy=False)
    if len(every) < 2:
        return every
    every.sort()
    first = np.ones(len(every), dtype=bool)
    np.not_equal(every[1:], every[:-1], out=first[1:])
    return every[first]


@lru_cache(maxsize=1)
def everyone(n: int) -> NDArray[np.intp]:
    """Return the positions of all of n items, not to be written to; made once for an update after the other."""
    result = np.arange(n)
    result.flags.writeable = False
    return result


class Later(Mapping[str, Any]):
    """Facts that are made when somebody reads them.

    Parameters
    ----------
    make
        Returns them.
    parts
        What it is called with.
    """

    def __init__(self, make: Callable[..., Mapping[str, Any]], *parts: Any) -> None:
        self.make = make
        self.parts = parts

    @cached_property
    def _made(self) -> Mapping[str, Any]:
        return self.make(*self.parts)

    def __getitem__(self, name: str) -> Any:
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)

    def __repr__(self) -> str:
        return repr(dict(self._made))


class Shared:
    """What several methods ask for after one change of labels, made once. It belongs to one `Inputs`."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Any] = {}

    def once(self, name: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` returned the first time."""
        if name not in self._made:
            self._made[name] = make()
        found: T = self._made[name]
        return found

    def of(self, change: Change, name: Hashable, make: Callable[[], T]) -> T:
        """Return `make()`, once for a change that has a number."""
        return self.once((name, change.number), make) if change.number else make()
