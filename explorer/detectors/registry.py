"""All detectors by name."""

from __future__ import annotations

from typing import TypeVar

from explorer.detectors.protocol import Detector
from explorer.errors import DataError, UnknownName

_DETECTORS: dict[str, Detector] = {}

_ORIGINS: dict[str, tuple[str, str]] = {}
"""Module and name of what each detector was made of."""

_SHIPPED: set[str] = set()
"""Names of the detectors that come with the package."""

_FORGOTTEN: dict[str, Detector] = {}
"""Detectors that no longer run, for results that they have left behind."""

D = TypeVar("D", bound=type)


def shipped(cls: D) -> D:
    """Register a detector class of the package's own (a decorator); nobody can forget or replace it."""
    detector(cls)
    _SHIPPED.add(cls.name)  # type: ignore[attr-defined]
    return cls


def detector(cls: D) -> D:
    """Register a detector class (a decorator): one instance of it is kept under its `name`.

    Raises
    ------
    DataError
        The name is taken.
    """
    instance: Detector = cls()
    put(instance, (cls.__module__, cls.__qualname__))
    return cls


def put(one: Detector, origin: tuple[str, str]) -> None:
    """Keep a detector under its name.

    Parameters
    ----------
    origin
        Module and qualified name of the class or function. One of the user's own replaces the one of the same origin,
        in its place: a notebook's cell is run more than once.

    Raises
    ------
    DataError
        The name is taken by another one.
    """
    if one.name in _DETECTORS and (one.name in _SHIPPED or _ORIGINS.get(one.name) != origin):
        remedy = "Give it another name."
        if one.name not in _SHIPPED:
            remedy = f"Give it another name, or call explorer.forget({one.name!r}) first."
        raise DataError(f"There is already a detector {one.name!r}.", remedy)
    _DETECTORS[one.name] = one
    _ORIGINS[one.name] = origin
    _FORGOTTEN.pop(one.name, None)


def forget(name: str) -> None:
    """Remove a detector of the user's own: it runs no more. What it found before can still be read.

    Raises
    ------
    UnknownName
        No such detector.
    DataError
        It comes with the package.
    """
    if name not in _DETECTORS:
        raise UnknownName("detector", name, _DETECTORS)
    if name in _SHIPPED:
        raise DataError(
            f"The detector {name!r} comes with the package and stays.",
            "Name those that shall run: find_issues(detectors=…).",
        )
    _FORGOTTEN[name] = _DETECTORS.pop(name)
    _ORIGINS.pop(name, None)


def names() -> tuple[str, ...]:
    """Return the names of all detectors in the order in which they were registered."""
    return tuple(_DETECTORS)


def get(name: str) -> Detector:
    """Return one detector, also one that was forgotten; `UnknownName` with the nearest names."""
    found = _DETECTORS.get(name) or _FORGOTTEN.get(name)
    if found is None:
        raise UnknownName("detector", name, _DETECTORS)
    return found


def is_shipped(name: str) -> bool:
    """Say whether a detector comes with the package."""
    return name in _SHIPPED


def running(name: str) -> Detector:
    """Return one detector that was not forgotten.

    Raises
    ------
    UnknownName
        No such detector, with the nearest names.
    """
    if name not in _DETECTORS:
        raise UnknownName("detector", name, _DETECTORS)
    return _DETECTORS[name]
