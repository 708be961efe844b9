"""Running all detectors: one that fails is named, and the others go on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.incremental import Change, distinct, everyone
from explorer.detectors.protocol import Detector, Findings, Freezing, Inputs, Result
from explorer.detectors.registry import get, names, running
from explorer.errors import Cancelled, DataError, ExplorerError
from explorer.progress import Progress

logger = logging.getLogger(__name__)


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

    Examples
    --------
    >>> from explorer import detectors, graph
    >>> rng = np.random.default_rng(0)
    >>> labels = np.repeat([0, 1], 50).astype(np.int32)
    >>> vectors = rng.normal(size=(100, 4)).astype(np.float32) + 4 * labels[:, None]
    >>> inputs = detectors.Inputs(labels, n_classes=2, graph=graph.build(vectors, k=10), vectors=vectors)
    >>> findings = detectors.run(inputs, only=["vote", "confident"])
    >>> list(findings.results), dict(findings.skipped)
    (['vote'], {'confident': 'needs probs'})
    """
    progress = progress or Progress()
    wanted = names() if only is None else tuple(dict.fromkeys(only))
    chosen = [running(name) for name in wanted]
    results: dict[str, Result] = {}
    failures: dict[str, str] = {}
    skipped: dict[str, str] = {}
    progress.begin(len(chosen), unit="detectors")
    for one in chosen:
        missing = lacking(one, inputs)
        if missing:
            skipped[one.name] = f"needs {' and '.join(missing)}"
        else:
            try:
                results[one.name] = _checked(one.name, one.run(inputs, progress), inputs.n)
            except Cancelled:
                raise
            except ExplorerError as error:  # raised on purpose: it says what is wrong, and needs no traceback
                logger.warning("The detector %r failed: %s", one.name, error)
                failures[one.name] = f"{type(error).__name__}: {error}"
            except Exception as error:  # whatever a detector raises is shown by name, and the others go on
                logger.warning("The detector %r failed: %s", one.name, error, exc_info=True)
                failures[one.name] = f"{type(error).__name__}: {error}"
        progress.advance()
    progress.finish(note="failed: " + ", ".join(failures) if failures else None)
    return Findings(results, failures, skipped)


def lacking(one: Detector, inputs: Inputs) -> list[str]:
    """Return what a detector needs and has not: names of inputs, and "distances" where there are links alone."""
    found: list[str] = sorted(need for need in one.needs if not inputs.has(need))
    if getattr(one, "measures", False) and inputs.graph is not None and inputs.distances is None:
        found.append("distances")
    return found


def again(name: str, inputs: Inputs, result: Result, progress: Progress | None = None) -> Result:
    """Run one detector in full with the globals of an earlier result: what its exact `update` equals."""
    one = get(name)
    progress = progress or Progress()
    found = one.rerun(inputs, result, progress) if isinstance(one, Freezing) else one.run(inputs, progress)
    return _checked(name, found, inputs.n)


def update(inputs: Inputs, findings: Findings, changed: Iterable[int], *, inplace: bool = False) -> Findings:
    """Bring findings up to date after some labels changed, with every detector's globals held fixed.

    Parameters
    ----------
    inputs
        With the new labels.
    changed
        Positions of the items whose label is another one than at the last run or update.
    inplace
        Write into arrays that an earlier update made, instead of copying them: nobody else may be reading the findings
        of that update. What a run made is never written to.

    Returns
    -------
    Findings
        A detector that raises keeps its last result, which is stale from then on, and is named in `failures`; it is
        tried again by `rerun` or a new run. The others go on. In place, what it kept may be half written.

    Examples
    --------
    >>> from explorer import detectors, graph
    >>> labels = np.repeat([0, 1], 50).astype(np.int32)
    >>> vectors = np.random.default_rng(0).normal(size=(100, 4)).astype(np.float32) + 4 * labels[:, None]
    >>> inputs = detectors.Inputs(labels, n_classes=2, graph=graph.build(vectors, k=10), vectors=vectors)
    >>> findings = detectors.run(inputs, only=["vote"])
    >>> after = detectors.update(inputs.relabelled({3: 1}), findings, [3])
    >>> 3 in after.moved["vote"].rows
    True
    """
    positions: NDArray[np.intp] = distinct(np.fromiter(changed, dtype=np.intp))
    moved: dict[str, Change] = {}

    def one(name: str, result: Result) -> Result:
        if name in findings.failures:
            return result
        if inplace:
            result.give()
        after = _checked(name, get(name).update(inputs, result, positions), inputs.n)
        told = after.moved if after.moved is not None else differing(result, after)
        moved[name] = told if isinstance(told, Change) else Change(told)
        return after

    results, failures = _each(findings, one)
    failures = {**findings.failures, **failures}
    return Findings(results, failures, findings.skipped, moved, findings.number)


def rerun(inputs: Inputs, findings: Findings, changed: NDArray[np.intp]) -> Findings:
    """Bring findings up to date after many labels changed: in full, with the globals held, where that is exact.

    Parameters and result are those of `update`.
    """

    def one(name: str, result: Result) -> Result:
        if getattr(get(name), "exact", False):
            return again(name, inputs, result)
        return _checked(name, get(name).update(inputs, result, changed), inputs.n)

    results, failures = _each(findings, one)
    # Those that failed before they had a result have not been tried.
    before = {name: text for name, text in findings.failures.items() if name not in results}
    return Findings(results, {**before, **failures}, findings.skipped)


def _each(findings: Findings, call: Callable[[str, Result], Result]) -> tuple[dict[str, Result], dict[str, str]]:
    """Return every detector's new result, or its last one where it fails; and what those that failed have said."""
    results: dict[str, Result] = {}
    failures: dict[str, str] = {}
    for name, result in findings.results.items():
        try:
            results[name] = call(name, result)
        except Exception as error:  # as in `run`
            logger.warning("The detector %r failed to follow the labels: %s", name, error, exc_info=True)
            results[name] = replace(result, stale=True, moved=None)
            failures[name] = f"{type(error).__name__}: {error}"
    return results, failures


def _checked(name: str, found: Result, n: int) -> Result:
    """Return a result of which all that others read is as they expect it; whose shape is wrong is refused."""
    moved = found.moved
    if moved is not None and not isinstance(moved, Change) and len(moved) and (moved.min() < 0 or moved.max() >= n):
        raise DataError(f"The detector {name!r} says that items moved which are none of the {n:,}.")
    if found.checked:
        return found
    arrays = {"the scores": found.score, **{f"the column {key!r}": column for key, column in found.columns.items()}}
    for what, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise DataError(
                f"The detector {name!r} returned {what} as a {type(array).__name__}.", "Return an array of numpy's."
            )
        check_column(name, what, array, n)
    if any(array.dtype != np.float32 for array in arrays.values()):
        columns = {key: np.asarray(column, dtype=np.float32) for key, column in found.columns.items()}
        found = replace(found, score=np.asarray(found.score, dtype=np.float32), columns=columns)
    found.checked = True
    return found


def check_column(name: str, what: str, array: NDArray[Any], n: int) -> None:
    """Refuse what is not one number an item (`DataError`, by the detector's name)."""
    if array.shape != (n,):
        raise DataError(
            f"The detector {name!r} returned {what} of the shape {array.shape} for {n:,} items.",
            f"Return one an item, in their order: the shape ({n},).",
        )
    if array.dtype.kind not in "fiub":
        raise DataError(
            f"The detector {name!r} returned {what} of the type {array.dtype}.",
            "Return numbers, high = suspicious, NaN where it has no say.",
        )


def differing(before: Result, after: Result) -> NDArray[np.intp]:
    """Return the items of which the score or a column is another one than before, ascending; all, if that is lost."""
    pairs = [(before.score, after.score), *((before.columns[c], after.columns[c]) for c in after.columns)]
    if before.owned and any(a is b for a, b in pairs):
        return everyone(len(after.score))  # it may have been written to
    # Bits are compared, so that NaN equals itself.
    parts = [np.flatnonzero(a.view(np.int32) != b.view(np.int32)) for a, b in pairs if a is not b]
    return distinct(*parts) if parts else np.empty(0, np.intp)
