"""Labels that stand beside other rows than their own: a column moved by some rows, a join gone wrong, codes exchanged.

`explorer/cues/pages/alignment.md` has the formulas, what can and cannot be told, and the sources.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.cues.exchange import exchanged
from explorer.cues.finding import Finding
from explorer.cues.mixture import exchange_finding, mixed_findings
from explorer.cues.segments import kappa, move
from explorer.cues.shifts import FARTHEST, carrying, moved_by, shift_finding, stretches, voted
from explorer.errors import DataError
from explorer.utils.text import percentage

CHANCE = 0.1
"""Kappa below which labels and opinion have nothing to do with each other."""


class Alignment(NamedTuple):
    """How labels and rows fit.

    Attributes
    ----------
    findings
        What does not; empty where nothing was found.
    sentence
        It in words, with what could not be told.
    kappa
        Agreement of labels and opinion beyond chance as they stand; NaN where there is none.
    """

    findings: list[Finding]
    sentence: str
    kappa: float


def alignment(
    labels: NDArray[np.int32],
    opinion: NDArray[np.int32],
    classes: Sequence[str],
    near: NDArray[np.int32] | None = None,
) -> Alignment:
    """Say whether labels stand beside the rows that they belong to.

    Parameters
    ----------
    labels
        int32 [R]: class code of each row's label, in the order of the rows; -1 for none.
    opinion
        int32 [R]: the class that somebody holds for the row without having seen its label (out-of-fold, or a model of
        your own); -1 for none.
    classes
        [K] names.
    near
        int32 [R, k]: rows of similar content, nearest first, -1 for none. With them a shift of *all* labels can be
        told, from which a probe on these labels learns nothing.

    Returns
    -------
    Alignment
        Findings of the kinds "shift", "exchange" and "mixed", the first row first. `items` are rows that show it;
        figures: `start` and `end` (the first and the last row), `items` (rows), `by` (rows that a label stands too far
        down, negative: up; 0 for others), `agree` (share of the labels that agree as they stand), `moved` (when put
        right).

    Raises
    ------
    DataError
        Arrays that do not belong together, or a code that is no class.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.integers(0, 5, 900).astype(np.int32)
    >>> labels = np.concatenate([truth[:600], truth[599:-1]])  # one row was put in
    >>> found = alignment(labels, truth, list("abcde")).findings
    >>> [(one.kind, one.figures["start"], one.figures["end"], one.figures["by"]) for one in found]
    [('shift', 600, 899, 1)]
    """
    n, count = len(labels), len(classes)
    if len(opinion) != n or (near is not None and len(near) != n):
        raise DataError(f"There are {n:,} labels and {len(opinion):,} opinions.", "They must be aligned row by row.")
    for what in (labels, opinion):
        if n and (what.min() < -1 or what.max() >= count):
            raise DataError(f"Class codes are from 0 to {count - 1}, or -1 for none.")
    both = (labels >= 0) & (opinion >= 0)
    if count < 2 or len(np.unique(labels[labels >= 0])) < 2:
        return Alignment([], "With fewer than two classes no label can stand in the place of another.", math.nan)
    if not both.any():
        said = "Nobody holds an opinion on these rows, so nothing can be told of their labels' places."
        return Alignment([], said, math.nan)
    agreed = kappa(labels[both], opinion[both])
    free = both.copy()
    findings: list[Finding] = []
    says = opinion
    # What exchanges class codes everywhere also makes shifts fit or not at random: it is looked at first.
    whole = exchanged(labels[both].astype(np.int64), opinion[both].astype(np.int64), count)
    if whole:
        findings.append(exchange_finding(whole, labels, opinion, both, classes))
    else:
        by = 0 if near is None else moved_by(labels, near)
        if by and near is not None:
            says = voted(move(labels, by), near, count)
        for start, end, step in stretches(labels, says, count, by):
            findings.append(shift_finding(start, end, step, labels, says))
            first, last = carrying(start, end, step, n)
            free[start:end] = False
            free[first:last] = False
        findings += mixed_findings(labels, opinion, free, classes)
    findings.sort(key=lambda one: int(one.figures["start"]))
    return Alignment(findings, _sentence(findings, labels, opinion, both, agreed, near), agreed)


def _sentence(
    findings: Sequence[Finding],
    labels: NDArray[np.int32],
    opinion: NDArray[np.int32],
    both: NDArray[np.bool_],
    agreed: float,
    near: NDArray[np.int32] | None,
) -> str:
    if findings:
        more = f" And {len(findings) - 1:,} more." if len(findings) > 1 else ""
        return f"{findings[0].sentence} {findings[0].remedy}{more}"
    agree = float((labels[both] == opinion[both]).mean())
    if agreed < CHANCE:
        by = f" No shift of the whole column by up to {FARTHEST} rows lets near items share labels either."
        seen = "" if near is None else by
        return (
            f"The labels agree with what is expected of their rows by chance only ({percentage(agree)}), so that "
            f"nothing can be told of their places.{seen} Probabilities of a model that never saw these labels "
            "would tell."
        )
    stand = f"{percentage(agree)} agree as they stand"
    return f"The labels stand beside their rows: {stand}, and no shift of any stretch of rows fits better."
