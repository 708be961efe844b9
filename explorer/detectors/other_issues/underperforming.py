"""Underperforming groups: similar items whose labels are seldom confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.compiled import counts as kernels
from explorer.detectors.incremental import Change, Later, distinct
from explorer.detectors.label_errors.vote import shares
from explorer.detectors.label_state import blocks
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.graph.communities import communities
from explorer.progress import Progress

DROP = 0.1
"""Least difference in accuracy to the rest that makes a group an issue."""

SIGNIFICANT = 0.05
"""Chance that any group at all is flagged where none differs."""

LARGEST = 0.5
"""A group of more than this share of the items is the dataset, not a part of it."""

LISTED = 20
"""Worst groups that the summary lists."""

GRAIN = 2.0**-20
"""Values are rounded to multiples of this, so that sums of them are exact in whatever order they are added."""

COMMONEST = 3
"""Classes that the summary names for a group."""


@dataclass(frozen=True, eq=False)
class Tally:
    """What is counted about G groups, with one more row for the items in none.

    Attributes
    ----------
    group
        int32 [N]: number of the group, −1 for none.
    indptr, members
        Items of group g, ascending: `members[indptr[g]:indptr[g + 1]]`; those in no group are the last.
    value
        float32 [N]: how probable the given label is, in multiples of GRAIN; NaN where nothing is known.
    suggested
        int32 [N]: the most probable class, −1 where nothing is known.
    agrees
        bool [N]: the most probable class is the given label.
    sums
        float64 [G + 1, 3]: items with a value, the values' sum, items that agree.
    """

    group: NDArray[np.int32]
    indptr: NDArray[np.int64]
    members: NDArray[np.intp]
    value: NDArray[np.float32]
    suggested: NDArray[np.int32]
    agrees: NDArray[np.bool_]
    sums: NDArray[np.float64]

    def of(self, group: int) -> NDArray[np.intp]:
        """Return the items of one group; of -1 those in none."""
        place = group if group >= 0 else len(self.indptr) - 2
        return self.members[self.indptr[place] : self.indptr[place + 1]]


@shipped
class Underperforming:
    """Underperforming groups: the formula, when to trust it and its sources are in `pages/underperforming.md`."""

    name = "underperforming"
    title = "Underperforming groups"
    issue = "underperforming"
    needs: frozenset[Need] = frozenset({"graph"})
    measures = True
    exact = True

    def run(self, inputs: Inputs, progress: Progress) -> Result:
        """Group the items, then average what speaks for their labels."""
        assert inputs.distances is not None
        group = communities(inputs.distances)
        progress.check()
        groups = int(group.max(initial=-1)) + 1
        key = np.where(group < 0, groups, group)
        indptr = np.zeros(groups + 2, dtype=np.int64)
        np.cumsum(np.bincount(key, minlength=groups + 1), out=indptr[1:])
        value, suggested = np.empty(inputs.n, dtype=np.float32), np.empty(inputs.n, dtype=np.int32)
        sums = np.zeros((groups + 1, 3))
        tally = Tally(
            group, indptr, np.argsort(key, kind="stable"), value, suggested, np.empty(inputs.n, dtype=bool), sums
        )
        for rows in blocks(np.arange(inputs.n), inputs.n_classes):
            _confirm(inputs, tally, rows, again=False)
            progress.check()
        by_group, flagged = _judged(tally)
        has = np.isfinite(value)
        return Result(
            np.where(has, np.append(by_group, np.nan)[key], np.nan).astype(np.float32),
            flags=has & np.append(flagged, False)[key],
            frozen={"group": tally.group, "tally": tally, "flagged": flagged},
            summary=Later(_summary, inputs, tally, by_group, flagged),
        )

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Average again the groups of the items that changed, or whose voters did; the groups stay."""
        assert inputs.graph is not None
        assert result.flags is not None
        before: Tally = result.frozen["tally"]
        touched = changed
        if inputs.probs is None:
            reached = [inputs.graph.pointing_at(int(i))[0].astype(np.intp) for i in changed]
            touched = distinct(changed, *reached)
        tally = Tally(
            before.group,
            before.indptr,
            before.members,
            result.own(before.value),
            result.own(before.suggested),
            result.own(before.agrees),
            before.sums.copy(),
        )
        _confirm(inputs, tally, touched, again=True)
        again = distinct(before.group[touched])
        by_group, flagged = _judged(tally)
        score, flags = result.own(result.score), result.own(result.flags)
        last: NDArray[np.bool_] = result.frozen["flagged"]
        if last.tobytes() != flagged.tobytes():
            again = distinct(again, np.flatnonzero(flagged != last))
        parts = []
        for g in again.tolist():
            items = tally.of(g)  # the last are those of no group, -1
            known = np.isfinite(tally.value[items])
            score[items] = np.where(known, by_group[g], np.float32(np.nan)) if g >= 0 else np.nan
            flags[items] = known if g >= 0 and flagged[g] else False
            parts.append(items)
        return result.updated(
            Change(parts[0] if len(parts) == 1 else np.concatenate([changed[:0], *parts])),
            score=score,
            flags=flags,
            frozen={"group": tally.group, "tally": tally, "flagged": flagged},
            summary=Later(_summary, inputs, tally, by_group, flagged),
        )

    @staticmethod
    def public_score(result: Result) -> NDArray[np.float32]:
        """Return the score as a table shows it, float32 [N] in [0, 1], low = bad: the group's mean."""
        score: NDArray[np.float32] = 1 - result.score
        return score

    def explain(self, item: int, inputs: Inputs, result: Result, _classes: tuple[str, ...]) -> list[Reason]:
        """Say how seldom the labels of the item's group are confirmed, where that is an issue."""
        assert result.flags is not None
        if not result.flags[item]:
            return []
        tally: Tally = result.frozen["tally"]
        group = int(tally.group[item])
        n, right = int(tally.sums[group, 0]), int(tally.sums[group, 2])
        rest = tally.sums.sum(axis=0) - tally.sums[group]
        who = "neighbours confirm" if inputs.probs is None else "model confirms"
        text = f"in a group of {n:,} similar items of which the {who} {right:,} labels"
        text += f"; elsewhere {100 * rest[2] / rest[0]:.0f} of 100"
        return [Reason("underperforming", text, float(result.score[item]))]


def _confirm(inputs: Inputs, tally: Tally, rows: NDArray[np.intp], *, again: bool) -> None:
    """Write what speaks for the given labels of some items, and count it; `again` where they have been counted."""
    opinion = shares(inputs, rows) if inputs.probs is None else inputs.probs[rows]
    kernels.confirm(
        inputs.labels,
        rows,
        opinion,
        tally.group,
        GRAIN,
        again,
        tally.value,
        tally.suggested,
        tally.agrees,
        tally.sums,
    )


@lru_cache(maxsize=16)
def _cut(groups: int) -> float:
    """Return how many standard errors a group has to be below the rest."""
    from scipy.special import ndtri

    return float(-ndtri(SIGNIFICANT / max(1, groups)))


def _judged(tally: Tally) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return score and flag of each group, [G]; NaN for one without a labelled item."""
    whole = tally.sums.sum(axis=0)
    items, values, right = np.ascontiguousarray(tally.sums[:-1].T)
    n, other = np.maximum(items, 1), np.maximum(whole[0] - items, 1)
    score = (1 - values / n).astype(np.float32)
    empty = items == 0
    score[empty] = np.nan
    accuracy = right / n
    drop = (whole[2] - right) / other - accuracy
    share = float(whole[2]) / max(1.0, float(whole[0]))
    error = _cut(len(items)) * np.sqrt(share * (1 - share) * (1 / n + 1 / other))
    flagged: NDArray[np.bool_] = drop >= np.maximum(error, DROP)
    flagged &= items <= LARGEST * whole[0]
    flagged[empty] = False
    return score, flagged


def _worst(tally: Tally, score: NDArray[np.float32]) -> list[int]:
    """Return the groups that the summary lists, worst first; of equally bad ones the larger."""
    n = tally.sums[:-1, 0]
    order = np.lexsort((-n, -np.nan_to_num(score, nan=-1)))
    listed = order[((n > 0) & (n <= LARGEST * tally.sums[:, 0].sum()))[order]]
    return [int(g) for g in listed[:LISTED]]


def _classes_of(inputs: Inputs, tally: Tally, group: int) -> tuple[list[list[int]], list[list[int]]]:
    """Return a group's commonest given classes, and the commonest suggested instead, as [class, items]."""
    items = tally.of(group)
    given, suggested = inputs.labels[items], tally.suggested[items]
    return _commonest(given[given >= 0]), _commonest(suggested[(given >= 0) & (suggested >= 0) & (suggested != given)])


def _commonest(labels: NDArray[np.int32]) -> list[list[int]]:
    counts = np.bincount(labels)
    order = np.argsort(-counts, kind="stable")[:COMMONEST]
    return [[int(c), int(counts[c])] for c in order if counts[c]]


def _summary(inputs: Inputs, tally: Tally, score: NDArray[np.float32], flagged: NDArray[np.bool_]) -> dict[str, Any]:
    """List the worst groups."""
    total = tally.sums.sum(axis=0)
    rows = []
    for g in _worst(tally, score):
        given, instead = _classes_of(inputs, tally, g)
        n, value, right = tally.sums[g].tolist()
        rest = total - tally.sums[g]
        rows.append(
            {
                "group": g,
                "size": int(n),
                "mean": value / n,
                "accuracy": right / n,
                "accuracy_elsewhere": float(rest[2] / rest[0]) if rest[0] else None,
                "issue": bool(flagged[g]),
                "given": given,
                "suggested": instead,
            }
        )
    return {
        "groups": rows,
        "number_of_groups": len(score),
        "flagged_groups": int(flagged.sum()),
        "in_groups": int(total[0] - tally.sums[-1, 0]),
        "accuracy": float(total[2] / total[0]) if total[0] else None,
    }
