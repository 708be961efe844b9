"""All detectors by name, and running them: one that fails is named and the others go on."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.protocol import Detector, Findings, Freezing, Inputs, Result
from explorer.errors import Cancelled, DataError, UnknownName
from explorer.progress import Progress

logger = logging.getLogger(__name__)

_DETECTORS: dict[str, Detector] = {}

D = TypeVar("D", bound=type)


def detector(cls: D) -> D:
    """Register a detector class (a decorator): one instance of it is kept under its `name`.

    Raises
    ------
    DataError
        The name is taken.
    """
    instance: Detector = cls()
    if instance.name in _DETECTORS:
        raise DataError(f"There is already a detector {instance.name!r}.", "Give it another name.")
    _DETECTORS[instance.name] = instance
    return cls


def names() -> tuple[str, ...]:
    """Return the names of all detectors in the order in which they were registered."""
    return tuple(_DETECTORS)


def get(name: str) -> Detector:
    """Return one detector; `UnknownName` with the nearest names."""
    if name not in _DETECTORS:
        raise UnknownName("detector", name, _DETECTORS)
    return _DETECTORS[name]


def run(inputs: Inputs, *, only: Iterable[str] | None = None, progress: Progress | None = None) -> Findings:
    """Run all detectors whose inputs are there, or those in `only`.

    Returns
    -------
    Findings
        A result, a failure or the reason for skipping it, for every detector.

    Raises
    ------
    UnknownName
        A name in `only` that is no detector.
    Cancelled
        When `progress` says so.
    """
    progress = progress or Progress()
    chosen = [get(name) for name in (names() if only is None else only)]
    results: dict[str, Result] = {}
    failures: dict[str, str] = {}
    skipped: dict[str, str] = {}
    progress.begin(len(chosen), unit="detectors")
    for one in chosen:
        missing = sorted(need for need in one.needs if not inputs.has(need))
        if missing:
            skipped[one.name] = f"needs {' and '.join(missing)}"
        else:
            try:
                results[one.name] = one.run(inputs, progress)
            except Cancelled:
                raise
            except Exception as error:  # whatever a detector raises is shown by name, and the others go on
                logger.warning("The detector %r failed.", one.name, exc_info=True)
                failures[one.name] = f"{type(error).__name__}: {error}"
        progress.advance()
    progress.finish(note="failed: " + ", ".join(failures) if failures else None)
    return Findings(results, failures, skipped)


def again(name: str, inputs: Inputs, result: Result, progress: Progress | None = None) -> Result:
    """Run one detector in full with the globals of an earlier result: what its exact `update` equals."""
    one = get(name)
    progress = progress or Progress()
    return one.rerun(inputs, result, progress) if isinstance(one, Freezing) else one.run(inputs, progress)


def update(inputs: Inputs, findings: Findings, changed: Iterable[int]) -> Findings:
    """Bring findings up to date after some labels changed, with every detector's globals held fixed.

    Parameters
    ----------
    inputs
        With the new labels.
    changed
        Positions of the items whose label is another one than at the last run or update.
    """
    positions: NDArray[np.intp] = np.unique(np.fromiter(changed, dtype=np.intp))
    results: dict[str, Result] = {}
    failures = dict(findings.failures)
    for name, result in findings.results.items():
        try:
            results[name] = get(name).update(inputs, result, positions)
        except Exception as error:  # as in `run`
            logger.warning("The detector %r failed to update.", name, exc_info=True)
            failures[name] = f"{type(error).__name__}: {error}"
    return Findings(results, failures, findings.skipped)
