"""Detectors of the user's own: a plain function becomes one of the registered methods.

@explorer.detector("mine", needs=("probs",))
def mine(inputs):
    '''A high score means that the two most probable classes are close.'''
    top = np.sort(inputs.probs, axis=1)
    return top[:, -2] - top[:, -1]
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar, cast, get_args, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.detectors import registry, run
from explorer.detectors.protocol import Inputs, Issue, Need, Reason, Result
from explorer.detectors.registry import forget
from explorer.errors import DataError, UnknownName
from explorer.progress import Progress

Function = Callable[[Inputs], "ArrayLike | Result"]

F = TypeVar("F", bound=Function)
C = TypeVar("C", bound=type)

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
"""A name is also the name of a column, so it has no space and no slash."""

RESERVED = ("label", "p_error", "pool")
"""Names that the combiner and the table use for themselves."""

TRIAL = 0.1
"""Share of the labels that are other ones when an exact function is tried."""

ARRAYS = ("labels", "probs", "vectors", "dynamics", "trusted", "checkpoints", "conflicting", "content_hashes")


@overload
def detector(name: C, /) -> C: ...
@overload
def detector(
    name: str, /, *, needs: str | Iterable[str] = (), issue: str = "label", exact: bool = False
) -> Callable[[F], F]: ...
@overload
def detector(name: F, /) -> F: ...
def detector(name: Any, /, *, needs: str | Iterable[str] = (), issue: str = "label", exact: bool = False) -> Any:
    """Register a function, or a class with the methods of `Detector`, as a detector (a decorator).

    The function takes the `Inputs` (read-only arrays) and returns one score an item, float [N], high = suspicious, NaN
    where it has no say; or a `Result` with suggestions and flags too. Its docstring becomes its page. The function
    stays what it was. From then on every run has it, and its scores are a column of the table, `<name>_raw`.

    Parameters
    ----------
    name
        What it is called: letters, digits and underscores. Without one (`@detector` alone) the function's own.
    needs
        The inputs that it cannot do without: "graph", "probs", "vectors", "dynamics", "trusted", "checkpoints",
        "suites". Where one is absent it is skipped with that reason.
    issue
        The kind of issue that it finds.
    exact
        The function gives the same scores for the same labels, and may be called again whenever some of them change.
        Then it takes part in `p_error`, if its issue is "label": it is called about ten times more, with labels
        flipped on purpose, to learn what its scores are worth. Otherwise its scores are shown beside the others, and
        are stale after a relabel until the next run.

    Raises
    ------
    DataError
        The name is none, or is taken by another detector. The same function again (a notebook cell that is run twice)
        replaces itself.
    UnknownName
        An input or a kind of issue that does not exist.

    Examples
    --------
    >>> import explorer, numpy as np
    >>> @explorer.detector("unsure", needs="probs")
    ... def unsure(inputs):
    ...     return 1 - inputs.probs.max(axis=1)
    >>> "unsure" in explorer.detectors.names()
    True
    >>> explorer.forget("unsure")
    """
    if isinstance(name, type):
        return registry.detector(name)
    if not isinstance(name, str):
        if not callable(name):
            raise DataError(f"A detector cannot be made of {name!r}.", 'Write @explorer.detector("a_name").')
        return detector(name.__name__)(name)
    kinds = _checked(name, needs, issue)

    def register(function: F) -> F:
        if isinstance(function, type):
            raise DataError(
                f"{function.__name__} is a class, whose name, needs and issue are attributes.", "Write @detector alone."
            )
        if not callable(function):
            raise DataError(f"The detector {name!r} is no function but {function!r}.")
        page = inspect.getdoc(function) or f"The function {function.__name__}, which has no docstring."
        # A class of its own, since a detector's page is the docstring of its class.
        own = type(function.__name__, (FromFunction,), {"__doc__": page, "__module__": function.__module__})
        made = own(name, kinds, cast("Issue", issue), exact, function)
        registry.put(made, _origin(function))
        return function

    return register


class FromFunction:
    """A detector that calls a function.

    Attributes
    ----------
    function
        Takes inputs and returns scores or a `Result`.
    exact
        Whether it may be called again on other labels.
    """

    def __init__(self, name: str, needs: frozenset[Need], issue: Issue, exact: bool, function: Function) -> None:
        self.name = name
        self.needs = needs
        self.issue: Issue = issue
        self.exact = exact
        self.function = function

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Call the function; one that is exact is tried on other labels too, so that it fails here and not later."""
        result = self.rerun(inputs, None, progress)
        if self.exact and self.issue == "label" and inputs.n_classes > 1 and inputs.labelled.any():
            rng = np.random.default_rng(inputs.seed)
            rows = rng.permutation(np.flatnonzero(inputs.labelled))
            rows = rows[: max(1, round(TRIAL * len(rows)))]
            others = (inputs.labels[rows] + rng.integers(1, inputs.n_classes, len(rows))) % inputs.n_classes
            changed = inputs.relabelled(dict(zip(rows.tolist(), others.tolist(), strict=True)))
            other = self.rerun(changed, None, progress)
            if set(other.columns) != set(result.columns):
                raise DataError(
                    f"The columns of the detector {self.name!r} depend on the labels.", "Leave exact=True out."
                )
        return result

    def rerun(self, inputs: Inputs, _result: Result | None, progress: Progress) -> Result:
        """Call the function: it has no globals that could be held."""
        progress.check()
        return _result_of(self.name, self.issue, self.function(_read_only(inputs)), inputs)

    def update(self, inputs: Inputs, result: Result, _changed: NDArray[np.intp]) -> Result:
        """Call the function again if it is exact; otherwise keep the scores, and say that they are old."""
        return self.rerun(inputs, result, Progress()) if self.exact else replace(result, stale=True)

    def explain(self, item: int, _inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Say which place the item has in its ranking."""
        score = result.score[item]
        if not np.isfinite(score):
            return []
        said = np.isfinite(result.score)
        place = 1 + int((result.score[said] > score).sum())
        text = f"{self.name.replace('_', ' ')}: place {place:,} of {int(said.sum()):,}, most suspicious first"
        suggestion = -1 if result.suggestion is None else int(result.suggestion[item])
        if 0 <= suggestion < len(classes):
            text += f"; suggests {classes[suggestion]}"
        if result.stale:
            text += "; labels have changed since"
        return [Reason(self.name, text, float(score))]


def _checked(name: str, needs: str | Iterable[str], issue: str) -> frozenset[Need]:
    if not NAME.fullmatch(name) or name in RESERVED:
        raise DataError(
            f"A detector cannot be called {name!r}.",
            f"Use letters, digits and underscores, a letter first, and none of {', '.join(RESERVED)}.",
        )
    wanted = (needs,) if isinstance(needs, str) else tuple(needs)
    for need in wanted:
        if need not in get_args(Need):
            raise UnknownName("input of detectors", need, get_args(Need), f"The detector {name!r} asks for it.")
    if issue not in get_args(Issue):
        raise UnknownName("kind of issue", issue, get_args(Issue), f"The detector {name!r} names it.")
    return frozenset(cast("tuple[Need, ...]", wanted))


def _origin(function: Function) -> tuple[str, str]:
    """Say where a function is from: one of the same name and module is taken for the same, run again."""
    return function.__module__, function.__qualname__


def _read_only(inputs: Inputs) -> Inputs:
    """Return the inputs with arrays that cannot be written: every other detector reads the same ones."""
    views = {}
    for name in ARRAYS:
        array = getattr(inputs, name)
        if array is not None:
            views[name] = array.view()
            views[name].flags.writeable = False
    return replace(inputs, **views)


def _result_of(name: str, issue: Issue, found: Any, inputs: Inputs) -> Result:
    """Check what a function returned and make a `Result` of it."""
    if not isinstance(found, Result):
        result = Result(_column(name, "scores", found, inputs.n))
    else:
        result = replace(
            found,
            score=_column(name, "scores", found.score, inputs.n),
            columns={
                str(key): _column(name, f"the column {key!r}", values, inputs.n)
                for key, values in found.columns.items()
            },
            suggestion=None if found.suggestion is None else _classes(name, found.suggestion, inputs),
            flags=None if found.flags is None else _flags(name, found.flags, inputs.n),
            pairs=None if found.pairs is None else _pairs(name, found.pairs, inputs.n),
        )
    if issue == "label":
        # A label that is absent cannot be wrong.
        result = replace(
            result,
            score=np.where(inputs.labelled, result.score, np.nan).astype(np.float32),
            flags=None if result.flags is None else result.flags & inputs.labelled,
        )
    return result


def _column(name: str, what: str, values: Any, n: int) -> NDArray[np.float32]:
    if values is None:
        raise DataError(f"The detector {name!r} returned nothing.", "Return one score an item: float [N].")
    array = np.asarray(values)
    run.check_column(name, what, array, n)
    column = array.astype(np.float32)
    if np.isinf(column).any():
        raise DataError(
            f"The detector {name!r} returned {what} with an infinite value, the first at position "
            f"{int(np.flatnonzero(np.isinf(column))[0])}.",
            "Return a large number instead, or NaN where it has no say.",
        )
    return column


def _classes(name: str, values: Any, inputs: Inputs) -> NDArray[np.int32]:
    array = np.asarray(values)
    if array.shape != (inputs.n,) or array.dtype.kind not in "iu":
        raise DataError(
            f"The detector {name!r} returned suggestions of the shape {array.shape} and the type {array.dtype}.",
            f"Return class codes, int [{inputs.n}], −1 for none.",
        )
    if inputs.n and (array.min() < -1 or array.max() >= inputs.n_classes):
        raise DataError(
            f"The detector {name!r} suggests the class {int(array.max())} or {int(array.min())}.",
            f"Class codes go from 0 to {inputs.n_classes - 1}; −1 is none.",
        )
    return array.astype(np.int32)


def _flags(name: str, values: Any, n: int) -> NDArray[np.bool_]:
    array = np.asarray(values)
    if array.shape != (n,) or array.dtype != bool:
        raise DataError(
            f"The detector {name!r} returned flags of the shape {array.shape} and the type {array.dtype}.",
            f"Return bool [{n}].",
        )
    return array


def _pairs(name: str, values: Any, n: int) -> NDArray[np.int32]:
    array = np.asarray(values)
    if array.ndim != 2 or array.shape[1] != 2 or array.dtype.kind not in "iu":
        raise DataError(
            f"The detector {name!r} returned pairs of the shape {array.shape} and the type {array.dtype}.",
            "Return positions, int [M, 2].",
        )
    if array.size and (array.min() < 0 or array.max() >= n):
        raise DataError(f"The detector {name!r} returned pairs of items that are none.", f"Positions go to {n - 1}.")
    return array.astype(np.int32)


__all__ = ["FromFunction", "detector", "forget"]
