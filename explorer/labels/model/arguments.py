"""What callers pass to a store: an argument of a wrong type is named, where a method fails because of it."""

from __future__ import annotations

import datetime as dt
import functools
import inspect
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import pandas as pd

from explorer.errors import DataError, ExplorerError
from explorer.labels.model.types import Edit

T = TypeVar("T", bound=type)

LARGEST = 2**53
"""Whole numbers beyond are no counts."""


def checked(kind: T) -> T:
    """Let a class's public methods say which argument was wrong, where they fail with an error of Python's own.

    A method checks what its arguments mean by itself. What it does not foresee is that they are of another type, or a
    text with half of a character, which no file holds: then `DataError` is raised from the error that came. Nothing is
    written by then, as every change is one transaction.
    """
    for name, method in list(vars(kind).items()):
        if inspect.isfunction(method) and not name.startswith("_"):
            setattr(kind, name, _guarded(method))
    return kind


def _guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(method)
    checks = {
        name: _CHECKS[parameter.annotation]
        for name, parameter in signature.parameters.items()
        if parameter.annotation in _CHECKS
    }
    if not checks:
        return method

    @functools.wraps(method)
    def guarded(*args: Any, **named: Any) -> Any:
        try:
            return method(*args, **named)
        except ExplorerError:
            raise
        # Not to be narrowed: what a wrong type ends in is TypeError, ValueError, OverflowError, or an error of sqlite3
        # or psycopg, as far as the value came. All goes on to the caller, as it is where every argument fits.
        except Exception as error:
            wrong = _wrong(signature, checks, args, named)
            if wrong is None:
                raise
            raise wrong from error

    return guarded


def _wrong(
    signature: inspect.Signature, checks: Mapping[str, tuple[str, Callable[[Any], bool]]], args: Any, named: Any
) -> DataError | None:
    """Return what to say of the first argument of another type than its own; `None` where all fit."""
    try:
        given = signature.bind(*args, **named).arguments
    except TypeError:  # too many or too few, which the call itself says
        return None
    for name, value in given.items():
        if name in checks:
            several = signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
            wanted, fits = checks[name]
            if not (all(map(fits, value)) if several else fits(value)):
                return DataError(f"{name}= is {_shown(value)}.", f"Give {wanted}.")
    return None


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"the text {value[:80]!r}"
    return f"a {type(value).__name__}"


def _text(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _whole(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and abs(operator.index(value)) <= LARGEST
    except TypeError:
        return False


def _moment(value: Any) -> bool:
    return _text(value) or (isinstance(value, dt.date) and value is not pd.NaT)


def _texts(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes) and all(map(_text, value))


def _or_none(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or fits(value)


_CHECKS: dict[Any, tuple[str, Callable[[Any], bool]]] = {
    "str": ("text", _text),
    "str | None": ("text or None", _or_none(_text)),
    "int": ("a whole number", _whole),
    "int | None": ("a whole number or None", _or_none(_whole)),
    "bool": ("True or False", lambda value: isinstance(value, bool) or type(value).__name__ == "bool"),
    "When": ("a version: a commit, tag or branch, or a time", _moment),
    "When | None": ("a version, a time or None", _or_none(_moment)),
    "Sequence[str]": ("a list of texts", _texts),
    "Sequence[str] | None": ("a list of texts or None", _or_none(_texts)),
    "Mapping[str, Any] | None": ("names with values, or None", _or_none(lambda v: isinstance(v, Mapping))),
    "Sequence[Edit]": (
        "a list of explorer.labels.Edit",
        lambda value: isinstance(value, Sequence) and all(isinstance(edit, Edit) for edit in value),
    ),
    "str | Pick | Mapping[Any, Any] | None": (
        "ours, theirs, a label, names with these, a function, or None",
        _or_none(lambda value: _text(value) or callable(value) or isinstance(value, Mapping)),
    ),
    "dt.timedelta": ("a timedelta", lambda value: isinstance(value, dt.timedelta) and value is not pd.NaT),
    "pd.DataFrame": (
        "a DataFrame whose columns have names of their own",
        lambda value: isinstance(value, pd.DataFrame) and value.columns.is_unique,
    ),
}
"""By the annotation of a parameter: what to give, and whether a value is such."""
