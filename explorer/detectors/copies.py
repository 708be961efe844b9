"""Findings to read while others follow the labels in place: a copy of all that an update may write to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from explorer.detectors.incremental import Later
from explorer.detectors.label_state import Seen
from explorer.detectors.protocol import Findings, Inputs, Result

WHOLE = (Inputs, Seen)
"""Never written to, so never copied."""


class Snapshots:
    """Copies findings that were made by updates in place.

    What a run made is never written to, and what still is part of it (graphs, kernels, fitted models, which are nearly
    all of it) is shared by all copies.

    Parameters
    ----------
    findings
        What the run made that the updates began with.
    """

    def __init__(self, findings: Findings) -> None:
        self._fixed: dict[int, Any] = {}  # with the objects, so that no other can come to have their id
        for result in findings.results.values():
            self._note(result)

    def take(self, findings: Findings) -> Findings:
        """Return the findings as they are now; later updates in place of these do not show in it."""
        memo: dict[int, Any] = {}
        results = {}
        for name, result in findings.results.items():
            copied: Result = self._copied(result, memo)
            results[name] = replace(copied, copied=False, private=False)
        return Findings(results, findings.failures, findings.skipped)

    def _note(self, value: Any) -> None:
        parts = _parts(value)
        if parts is None or id(value) in self._fixed:
            return
        self._fixed[id(value)] = value
        for part in parts:
            self._note(part)

    def _copied(self, value: Any, memo: dict[int, Any]) -> Any:
        if _parts(value) is None or isinstance(value, WHOLE) or id(value) in self._fixed:
            return value
        if id(value) not in memo:
            memo[id(value)] = self._anew(value, memo)
        return memo[id(value)]

    def _anew(self, value: Any, memo: dict[int, Any]) -> Any:
        if isinstance(value, np.ndarray):
            return value.copy()
        if isinstance(value, Later):
            return Later(value.make, *(self._copied(part, memo) for part in value.parts))
        if isinstance(value, Mapping):
            return {name: self._copied(part, memo) for name, part in value.items()}
        if isinstance(value, list | tuple):
            parts = (self._copied(part, memo) for part in value)
            return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
        made = object.__new__(type(value))  # without what it has reckoned out of its fields and kept
        for field in fields(value):
            object.__setattr__(made, field.name, self._copied(getattr(value, field.name), memo))
        return made


def _parts(value: Any) -> Iterable[Any] | None:
    """Return what a value is made of; `None` for one that nobody can write to."""
    if isinstance(value, (np.ndarray, *WHOLE)):
        return ()
    if isinstance(value, Later):
        return value.parts
    if isinstance(value, Mapping):
        return value.values()
    if isinstance(value, list | tuple):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name) for field in fields(value)]
    return None
