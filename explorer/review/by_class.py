"""What is counted of the items of one class, and kept until one of them has another label."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

MOST = 32
"""Classes that are kept; the one that was asked for the longest ago goes first."""


class ByClass(Generic[T]):
    """Counts a class when it is first asked for, and again once an item has come or gone.

    Parameters
    ----------
    count
        Makes what is kept, from bool [N]: which items have the label.

    Examples
    --------
    >>> sizes = ByClass(lambda members: int(members.sum()))
    >>> sizes.of(np.array([0, 0, 1]), 0), sizes.of(np.array([0, 1, 1]), 0)
    (2, 1)
    """

    def __init__(self, count: Callable[[NDArray[np.bool_]], T]) -> None:
        self._count = count
        self._codes: NDArray[np.int32] | None = None
        self._made: dict[int, T] = {}
        self._lock = threading.Lock()

    def of(self, codes: NDArray[np.int32], label: int) -> T:
        """Return what is counted of a class; `codes` int32 [N] are the labels now, which nobody writes to any more."""
        with self._lock:
            self._follow(codes)
            found = self._made.pop(label, None)
            if found is None:
                found = self._count(codes == label)
            self._made[label] = found  # the order is that of use
            if len(self._made) > MOST:
                del self._made[next(iter(self._made))]
            return found

    def _follow(self, codes: NDArray[np.int32]) -> None:
        before, self._codes = self._codes, codes
        if before is None:
            return
        if len(before) != len(codes):
            self._made.clear()
            return
        changed = before != codes
        for label in np.union1d(before[changed], codes[changed]):
            self._made.pop(int(label), None)
