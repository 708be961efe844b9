"""Incremental."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


S = TypeVar("S", bound=np.generic)


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
    """What several methods ask for after one change of labels, made once.

    Attributes
    ----------
    rows
        The items that the change reaches: what is asked about these very rows (the same array) is kept.
    """

    def __init__(self) -> None:
        self.rows: NDArray[np.intp] | None = None
        self._made: dict[Hashable, Any] = {}

    def once(self, name: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` returned the first time."""
        if name not in self._made:
            self._made[name] = make()
        found: T = self._made[name]
        return found

    def of(self, rows: NDArray[np.intp], name: Hashable, make: Callable[[], T]) -> T:
        """Return `make()`, once for the rows that a change reaches; nothing is kept of other rows."""
        return self.once((name, id(rows)), make) if rows is self.rows else make()
