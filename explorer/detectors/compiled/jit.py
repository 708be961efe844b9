"""Functions that numba compiles, when they are first called and for nothing but what they are called with."""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Callable
from operator import index
from typing import Any, Generic, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.compiled import prefetch

Ints = NDArray[np.integer[Any]]
Reals = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]

LOOSE = {"reassoc", "contract"}
"""What numba may do where sums are loose. Nothing about NaN or infinity changes."""

SCALARS = {"bool": "boolean", "int": "int64", "float": "float64"}
"""Python's type of a number, as it is annotated: numba's."""

log = logging.getLogger("explorer")
_told = threading.Event()  # one line in the log is enough, for all loops lie in the same folder

P = ParamSpec("P")
R = TypeVar("R")


class Kernel(Generic[P, R]):
    """A function that numba compiles on its first call, for the types of what it is called with.

    numba itself would compile once more where an array is read-only that was not before, or does not lie in one piece,
    as the labels of a first correction may be. Here all arrays of a type are one kind, and numbers are what they are
    annotated as, whatever the first call gives: 1 for a float is 1.0.

    Any number of threads may call it at once.

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
        self._names = list(names)
        self._written = [name in written for name in names]
        self._whole = [name in whole for name in names]
        noted = [getattr(one.annotation, "__name__", one.annotation) for one in names.values()]  # a type, or its name
        self._scalars = [SCALARS.get(note) if isinstance(note, str) else None for note in noted]
        self._integers = tuple(at for at, scalar in enumerate(self._scalars) if scalar == "int64")
        self._compiled: tuple[Any, ...] = ()  # for one kind of arguments each, the last first
        self._lock = threading.Lock()

    @property
    def signatures(self) -> int:
        """For how many kinds of arguments it has been compiled in this process."""
        return len(self._compiled)

    def forget(self) -> None:
        """Compile anew, or read from numba's cache, at the next call."""
        self._compiled = ()

    def __call__(self, *arguments: P.args, **_: P.kwargs) -> R:
        """Call it; the first time with such types, after compiling it.

        Raises
        ------
        TypeError
            What is annotated as an integer is none (numba would cut it off), or an array to be written to is read-only.
        ValueError
            An array to be written to lies across the machine's words, and this is to be compiled for its type.
        """
        values: tuple[Any, ...] = arguments
        for at in self._integers:
            index(values[at])
        for one in self._compiled:
            try:
                found: R = one(*values)
            except TypeError:  # of other types than these
                continue
            return found
        given = tuple(self._aligned(*one) for one in zip(values, self._names, self._written, strict=True))
        again: R = self._for(given)(*given)
        return again

    def _for(self, arguments: tuple[Any, ...]) -> Callable[..., R]:
        """Return it compiled for the types of these; nobody else compiles it meanwhile."""
        import numba  # here, so that importing the package does not wait for it

        if numba.config.DISABLE_JIT:  # somebody looks for a mistake: the function itself, slowly
            return self.function
        how = zip(arguments, self._written, self._whole, self._scalars, strict=True)
        kinds = tuple(_kind(*one) for one in how)
        with self._lock:
            for one in self._compiled:
                if kinds in one.signatures:  # by another thread, a moment ago
                    return one  # type: ignore[no-any-return]
            prefetch.register()
            made = self._made(kinds)
            made.disable_compile()  # what can be read as these kinds, is
            self._compiled = (made, *self._compiled)
        return made  # type: ignore[no-any-return]

    def _made(self, kinds: tuple[Any, ...]) -> Any:
        """Return numba's dispatcher of the function, compiled for these types: from its cache, if that can be used."""
        import numba

        # The cache notices changes of the function's own file alone: after others of these, delete __pycache__.
        options = {"nogil": True, "error_model": "numpy", "fastmath": LOOSE if self.loose else False}
        made = None
        try:
            made = numba.njit(cache=True, **options)(self.function)
            made.compile(kinds)
        except Exception as problem:  # noqa: BLE001 - no folder, a full disk, a torn file, whatever that is read as
            remedy = "set NUMBA_CACHE_DIR to a folder that can be written to"
            if made is not None:
                remedy = f"make room in {made.stats.cache_path}, or delete the .nbi files there"
            if made is None or kinds not in made.overloads:  # it may be compiled, and only not kept
                made = numba.njit(**options)(self.function)
                made.compile(kinds)  # a mistake of the function's own is raised here, once more
            _tell(problem, remedy)
        return made

    def _aligned(self, value: Any, name: str, written: bool) -> Any:
        """Return an argument; of an array that lies across the machine's words, as a field of records may, a copy.

        What is compiled, is for others. (numba does not tell them apart in calls, which most machines do right.)
        What would be written to a copy would be lost, so that is refused.
        """
        if not isinstance(value, np.ndarray) or value.flags.aligned:
            return value
        if written:
            message = (
                f"{self.function.__name__}: {name!r} is written to, but lies across the machine's words, as a field of "
                "records may: give an array of its own, and copy that into the records"
            )
            raise ValueError(message)
        return value.copy()


def _kind(value: Any, written: bool, whole: bool, scalar: str | None) -> Any:
    """Return numba's type of an argument; for arrays the widest one: not to be written to, lying anyhow."""
    import numba

    if scalar is not None:
        return getattr(numba.types, scalar)
    kind = numba.typeof(value)
    if isinstance(kind, numba.types.Array):
        return numba.types.Array(kind.dtype, kind.ndim, "C" if whole else "A", readonly=not written)
    return kind


def _tell(problem: Exception, remedy: str) -> None:
    """Say in the log, once in a process, that numba's cache cannot be used."""
    if not _told.is_set():
        _told.set()
        what = (
            "numba's cache cannot be used (%s: %s), so loops may be compiled whenever Python starts, which takes long"
        )
        log.warning(f"{what}: %s", type(problem).__name__, problem, remedy)


def kernel(*written: str, whole: tuple[str, ...] = (), loose: bool = False) -> Callable[[Callable[P, R]], Kernel[P, R]]:
    """Make a `Kernel` of a function (a decorator) that writes to the arrays of these names."""
    return lambda function: Kernel(function, written, whole=whole, loose=loose)
