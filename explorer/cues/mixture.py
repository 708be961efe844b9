"""Stretches of rows whose labels are mixed up among themselves, and class codes that are exchanged."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.cues.exchange import exchanged
from explorer.cues.finding import Finding
from explorer.cues.segments import kappa, largest_sum, runs
from explorer.utils.text import percentage

SURE = 1e-4
"""Chance of one false alarm, of all shifts and all stretches of rows together."""

KAPPA = 0.3
"""Agreement beyond chance (Cohen's kappa) that moved labels must reach, and that mixed ones must stay below."""

ELSEWHERE = 0.5
"""Kappa of all other rows from which on a stretch can stand out."""

FEWEST = 30
"""Rows in which labels can be mixed: of fewer it may be a chance of where mistakes stand."""

A_CLASS = 10
"""Rows elsewhere that say how often the labels of a class agree."""

STRETCHES = 5
"""Findings of one kind, at most."""


def mixed_findings(
    labels: NDArray[np.int32], opinion: NDArray[np.int32], free: NDArray[np.bool_], classes: Sequence[str]
) -> list[Finding]:
    """Return the stretches in which labels agree by chance only, while elsewhere they agree."""
    found: list[Finding] = []
    free = free.copy()
    while len(found) < STRETCHES:
        rows = np.flatnonzero(free)
        if len(rows) < 2 * FEWEST:
            return found
        mine, agree = labels[rows], (labels[rows] == opinion[rows]).astype(np.float64)
        sizes = np.maximum(np.bincount(mine, minlength=len(classes)), 1)
        right = np.bincount(mine, weights=agree, minlength=len(classes)) / sizes
        chance = np.bincount(opinion[rows], minlength=len(classes)) / len(rows)
        middle = (right + chance) / 2
        start, end, _ = largest_sum(middle[mine] - agree)
        inside = np.zeros(len(rows), dtype=bool)
        inside[start:end] = True
        if not _apart(mine, opinion[rows], inside):
            return found
        found.append(_mixed_finding(rows[start:end], labels, opinion, classes))
        free[rows[start] : rows[end - 1] + 1] = False
    return found


def _apart(labels: NDArray[np.int32], opinion: NDArray[np.int32], inside: NDArray[np.bool_]) -> bool:
    from scipy.stats import binom

    if inside.sum() < FEWEST or (~inside).sum() < FEWEST:
        return False
    if kappa(labels[inside], opinion[inside]) > KAPPA or kappa(labels[~inside], opinion[~inside]) < ELSEWHERE:
        return False
    agree, count = labels == opinion, int(max(labels.max(), opinion.max())) + 1
    # What is usual of a class is told by its rows elsewhere: a stretch of a hard class is not mixed up.
    elsewhere = np.bincount(labels[~inside], minlength=count)
    right = np.bincount(labels[~inside], weights=agree[~inside], minlength=count) / np.maximum(elsewhere, 1)
    rows = np.flatnonzero(inside)
    rows = rows[elsewhere[labels[rows]] >= A_CLASS]
    if len(rows) < FEWEST:
        return False
    # Rows that follow each other with one label and one opinion may be copies: they tell one thing a run.
    told = runs(np.ones(len(rows), dtype=bool), labels[rows] * np.int32(count) + opinion[rows])
    seen = round(float(agree[rows].mean()) * told)
    usual = float(right[labels[rows]].mean())
    return float(binom.logcdf(seen, told, usual)) + 2 * math.log(len(labels)) < math.log(SURE)


def _mixed_finding(
    rows: NDArray[np.intp], labels: NDArray[np.int32], opinion: NDArray[np.int32], classes: Sequence[str]
) -> Finding:
    first, last = int(rows[0]), int(rows[-1])
    mine, says = labels[rows], opinion[rows]
    agree = float((mine == says).mean())
    where = f"Rows {first:,} to {last:,}"
    codes = exchanged(mine.astype(np.int64), says.astype(np.int64), len(classes))
    figures: dict[str, float | int | str] = {"start": first, "end": last, "items": len(rows), "by": 0, "agree": agree}
    if codes:
        belongs = np.arange(len(classes))
        belongs[list(codes)] = list(codes.values())
        moved = float((belongs[mine] == says).mean())
        return Finding(
            "exchange",
            f"classes of rows {first:,} to {last:,}",
            f"{where} call the classes otherwise: {_pairs(codes, classes)}; {percentage(agree)} of these labels agree "
            f"as they stand, {percentage(moved)} when exchanged.",
            "Look which list of classes these rows were made with, and map their codes.",
            "Its row stands among rows whose classes seem to be exchanged.",
            rows[(belongs[mine] == says) & (mine != says)].astype(np.intp),
            {**figures, "moved": moved},
        )
    shares = [np.bincount(what, minlength=len(classes)) / len(rows) for what in (mine, says)]
    differ = float(np.abs(shares[0] - shares[1]).sum() / 2)
    # Two samples of so many rows differ about so much by chance.
    same = differ <= 2 * math.sqrt(np.count_nonzero(shares[0] + shares[1]) / len(rows))
    why = "each class as often as their rows have it, but beside other rows: a join or a sort gone wrong"
    return Finding(
        "mixed",
        f"labels of rows {first:,} to {last:,}",
        f"{where} carry labels that agree with what they look like by chance only ({percentage(agree)}); "
        + (f"they have {why}." if same else "they may come from another source."),
        "Join the labels to these rows anew, by a key and not by their place."
        if same
        else "Look where the labels of these rows come from.",
        "Its row stands among rows whose labels fit by chance only.",
        rows[mine != says].astype(np.intp),
        {**figures, "moved": agree},
    )


def exchange_finding(
    codes: dict[int, int],
    labels: NDArray[np.int32],
    opinion: NDArray[np.int32],
    both: NDArray[np.bool_],
    classes: Sequence[str],
) -> Finding:
    """Say which classes are exchanged, as `exchanged` has them."""
    belongs = np.arange(len(classes))
    belongs[list(codes)] = list(codes.values())
    rows = np.flatnonzero(both & np.isin(labels, list(codes)))
    mine, says = labels[rows], opinion[rows]
    agree, moved = float((mine == says).mean()), float((belongs[mine] == says).mean())
    return Finding(
        "exchange",
        "exchanged classes",
        f"Labels and opinion call {len(codes):,} classes otherwise: {_pairs(codes, classes)}; {percentage(agree)} of "
        f"these labels agree as they stand, {percentage(moved)} when exchanged.",
        "Compare the list of classes of the labels with that of the probabilities: one of them is in another order.",
        "Its class seems to be exchanged with another.",
        rows[(belongs[mine] == says) & (mine != says)].astype(np.intp),
        {
            "start": int(rows[0]),
            "end": int(rows[-1]),
            "items": len(rows),
            "by": 0,
            "agree": agree,
            "moved": moved,
        },
    )


def _pairs(codes: dict[int, int], classes: Sequence[str]) -> str:
    said = [f"{classes[label]} for {classes[other]}" for label, other in codes.items()]
    return ", ".join(said[:4]) + (f" and {len(said) - 4:,} more" if len(said) > 4 else "")
