"""Functions that numba compiles, when they are first called and for nothing but what they are called with."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.integer[Any]]
Reals = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]

LOOSE = {"reassoc", "contract"}
"""What numba may do where sums are loose. Nothing about NaN or infinity changes."""

P = ParamSpec("P")
R = TypeVar("R")


class Kernel(Generic[P, R]):
    """A function that numba compiles on its first call, for the types of what it is called with.

    numba itself would compile once more where an array is read-only that was not before, or does not lie in one piece,
    as the labels of a first correction may be. Here all arrays of a type are one kind.

    Parameters
    ----------
    function
        What to compile. It is called by position alone.
    written
        Names of the arrays that it writes to; nobody can write to the others.
    whole
        Names of arrays that lie in one piece, row by row: sums over their rows take a fraction of the time.
    loose
        Sums may be made in any order, which again takes a fraction of the time.
    """

    def __init__(
        self,
        function: Callable[P, R],
        written: tuple[str, ...],
        *,
        whole: tuple[str, ...] = (),
        loose: bool = False,
    ) -> None:
        names = inspect.signature(function).parameters
        self.function = function
        self.loose = loose
        self._written = [name in written for name in names]
        self._whole = [name in whole for name in names]
        self._compiled: Any = None
        self._lock = threading.Lock()

    def __call__(self, *arguments: P.args, **_: P.kwargs) -> R:
        """Call it; the first time with such types, after compiling it."""
        if self._compiled is not None:
            try:
                found: R = self._compiled(*arguments)
            except TypeError:  # of other types than before
                pass
            else:
                return found
        given = tuple(_aligned(value) for value in arguments)
        with self._lock:
            self._compile(given)
        again: R = self._compiled(*given)
        return again

    def _compile(self, arguments: tuple[Any, ...]) -> None:
        import numba  # here, so that importing the package does not wait for it

        compiled = self._compiled
        if compiled is None:
            # The cache notices changes of the function's own file alone: after others of these, delete __pycache__.
            options = {"nogil": True, "error_model": "numpy", "fastmath": LOOSE if self.loose else False}
            try:
                compiled = numba.njit(cache=True, **options)(self.function)
            except RuntimeError:  # nowhere to keep it: neither beside the file nor in the user's folder
                compiled = numba.njit(**options)(self.function)
        if numba.config.DISABLE_JIT:  # somebody looks for a mistake: the function itself, slowly
            self._compiled = self.function
            return
        how = zip(arguments, self._written, self._whole, strict=True)
        compiled.disable_compile(False)
        compiled.compile(tuple(_kind(*one) for one in how))
        compiled.disable_compile()  # what can be read as one of these kinds, is
        self._compiled = compiled


def _kind(value: Any, written: bool, whole: bool) -> Any:
    """Return numba's type of an argument; for arrays the widest one: not to be written to, lying anyhow."""
    import numba

    kind = numba.typeof(value)
    if isinstance(kind, numba.types.Array):
        return numba.types.Array(kind.dtype, kind.ndim, "C" if whole else "A", readonly=not written)
    return kind


def _aligned(value: Any) -> Any:
    """Return an argument; of an array that lies across the machine's words, as a field of records may, a copy."""
    return value.copy() if isinstance(value, np.ndarray) and not value.flags.aligned else value


def kernel(*written: str, whole: tuple[str, ...] = (), loose: bool = False) -> Callable[[Callable[P, R]], Kernel[P, R]]:
    """Make a `Kernel` of a function (a decorator) that writes to the arrays of these names."""
    return lambda function: Kernel(function, written, whole=whole, loose=loose)
