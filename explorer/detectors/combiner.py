"""From all opinions to one number per item: how likely its given label is wrong, and which class fits best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.pool import Pool, fit
from explorer.detectors.protocol import Findings, Inputs, Opinionated
from explorer.detectors.registry import get
from explorer.detectors.vote import reached

FITTED_ON = 20_000
"""Most items that the pool is fitted to."""

CELLS = 2**22
"""Most cells [rows, K] of one opinion held at once."""

ISSUE = 0.5
"""A label is an issue when it is more likely wrong than right; the estimated noise is part of that likelihood."""


@dataclass(frozen=True, eq=False)
class Combined:
    """One verdict per item.

    Attributes
    ----------
    p_error
        float32 [N] in [0, 1], high = probably wrong; NaN where unlabelled. The ranking follows it. It is the posterior
        of a simple noise model and not calibrated against known errors yet (`calibrated`).
    suggested
        int32 [N]: the class that fits best, often the given one; -1 where nothing is known of an unlabelled item.
    is_issue
        bool [N]: more likely wrong than right, with another class suggested.
    columns
        Names of the detectors that had a say.
    pool
        Their weights and the noise, as fitted; `None` where there was nothing to compare.
    note
        One sentence on what could not be judged, else "".
    """

    p_error: NDArray[np.float32]
    suggested: NDArray[np.int32]
    is_issue: NDArray[np.bool_]
    columns: list[str]
    calibrated: bool = False
    pool: Pool | None = None
    note: str = ""


def combine(
    inputs: Inputs, findings: Findings, *, like: Combined | None = None, changed: Sequence[int] | None = None
) -> Combined:
    """Pool the opinions of all detectors that have one.

    Works with any of them: a model's alone, the neighbours' alone, or all.

    Parameters
    ----------
    like
        An earlier verdict whose weights are kept, so that relabelling one item moves no other but by its evidence.
    changed
        With `like`: positions of the items whose label changed since. Only they, and the items that have them as
        neighbours, are judged again; the rest is taken over.
    """
    columns = [name for name in findings.results if isinstance(get(name), Opinionated)]
    note = _nothing_to_compare(inputs, columns)
    if note:
        p_error = np.where(inputs.labelled, 0, np.nan).astype(np.float32)
        return Combined(p_error, inputs.labels.copy(), np.zeros(inputs.n, bool), columns, note=note)
    if like is not None and like.pool is not None and like.columns == columns:
        pool = like.pool
    else:
        rows = np.flatnonzero(inputs.labelled)
        if len(rows) > FITTED_ON:
            rows = np.sort(np.random.default_rng(inputs.seed).choice(rows, FITTED_ON, replace=False))
        start = [_opinionated(name).weight for name in columns]
        pool = fit(_logs(inputs, findings, columns, rows), inputs.labels[rows], start)
    if changed is not None and like is not None and pool is like.pool:
        p_error, suggested = like.p_error.copy(), like.suggested.copy()
        again = reached(inputs, changed)
    else:
        p_error = np.full(inputs.n, np.nan, dtype=np.float32)
        suggested = np.full(inputs.n, -1, dtype=np.int32)
        again = np.arange(inputs.n)
    block = max(1, CELLS // inputs.n_classes)
    for begin in range(0, len(again), block):
        rows = again[begin : begin + block]
        q = pool.blend(_logs(inputs, findings, columns, rows))
        labels = inputs.labels[rows]
        own = q[np.arange(len(rows)), np.maximum(labels, 0)]
        p_error[rows] = np.where(labels >= 0, pool.wrong(own, inputs.n_classes), np.nan)
        # Where all classes are alike nothing is known; a tie goes to the given label.
        known = q.max(axis=1) - q.min(axis=1) > 1e-6
        best = np.where(own >= q.max(axis=1) - 1e-9, labels, q.argmax(axis=1))
        suggested[rows] = np.where(known, np.where(labels >= 0, best, q.argmax(axis=1)), labels)
    is_issue = inputs.labelled & (suggested != inputs.labels) & (np.nan_to_num(p_error) > ISSUE)
    return Combined(p_error, suggested, is_issue, columns, pool=pool, note=_note(inputs))


def _opinionated(name: str) -> Opinionated:
    found = get(name)
    assert isinstance(found, Opinionated)
    return found


def _logs(inputs: Inputs, findings: Findings, columns: list[str], rows: NDArray[np.intp]) -> list[NDArray[np.float64]]:
    """Return each opinion's logarithm, smoothed by what its detector says a zero is worth."""
    result = []
    for name in columns:
        one = _opinionated(name)
        opinion = one.opinion(inputs, findings.results[name], rows).astype(np.float64)
        result.append(np.log(opinion + one.floor))
    return result


def _nothing_to_compare(inputs: Inputs, columns: list[str]) -> str:
    if inputs.n_classes < 2:
        return "There is only one class, so no label can be compared with another: no label issues."
    if not columns:
        return "There are neither probabilities nor a neighbour graph: no label can be judged."
    return ""


def _note(inputs: Inputs) -> str:
    counts = np.bincount(inputs.labels[inputs.labelled], minlength=inputs.n_classes)
    if not counts.sum():
        return "No item has a label."
    if (counts > 0).sum() == 1:
        return "All labels are of one class, so they can only be compared with given probabilities."
    alone = int((counts == 1).sum())
    if alone:
        return f"{alone:,} {'class has' if alone == 1 else 'classes have'} a single item: no neighbour can confirm it."
    return ""
