"""Conflicting duplicates: the same content under different labels. One of them must be wrong."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.incremental import Change, distinct
from explorer.detectors.other_issues.near_duplicate import content_codes, duplicate_pairs, groups_of
from explorer.detectors.protocol import Inputs, Need, Reason, Result
from explorer.detectors.registry import shipped
from explorer.progress import Progress


class Members(NamedTuple):
    """Who is in each group: `items[indptr[g]:indptr[g + 1]]`, ascending."""

    indptr: NDArray[np.int64]
    items: NDArray[np.intp]


@shipped
class Conflicting:
    """Conflicting duplicates: the formula, when to trust it and its sources are in `pages/conflicting_duplicate.md`."""

    name = "conflicting_duplicate"
    title = "Conflicting duplicates"
    issue = "conflicting_duplicate"
    needs: frozenset[Need] = frozenset()
    exact = True

    def run(self, inputs: Inputs, _progress: Progress) -> Result:
        """Join equal and almost equal items into groups and compare their labels."""
        group = groups_of(
            duplicate_pairs(inputs.distances, content_codes(inputs.content_hashes, inputs.n), inputs.n), inputs.n
        )
        own = np.zeros(inputs.n, dtype=bool) if inputs.conflicting is None else inputs.conflicting.copy()
        members = _members(group)
        groups = np.arange(len(members.indptr) - 1)
        score = np.where(inputs.labelled | own, own, np.nan).astype(np.float32)
        others = np.where(inputs.labelled, 0, np.nan).astype(np.float32)
        suggestion = np.full(inputs.n, -1, dtype=np.int32)
        rows = members.items
        score[rows], others[rows], suggestion[rows] = _judge(inputs, rows, group[rows], len(groups))
        conflicts = np.zeros(len(groups), dtype=bool)
        conflicts[group[rows][others[rows] > 0]] = True
        return Result(
            score,
            suggestion,
            flags=score > 0,
            columns={"conflicting_duplicate_others": others},
            frozen={"group": group, "members": members, "conflicts": conflicts},
            summary={**_counts(conflicts, members), "items_with_conflicting_occurrences": int(own.sum())},
        )

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp]) -> Result:
        """Compare the labels of the groups that the changed items are in; no item outside of them is touched."""
        group, members = result.frozen["group"], result.frozen["members"]
        assert result.suggestion is not None
        assert result.flags is not None
        score, suggestion = result.own(result.score), result.own(result.suggestion)
        flags = result.own(result.flags)
        others = result.own(result.columns["conflicting_duplicate_others"])
        conflicts = result.frozen["conflicts"]
        own = np.zeros(len(changed), dtype=bool) if inputs.conflicting is None else inputs.conflicting[changed]
        labelled = inputs.labels[changed] >= 0
        rows = changed
        score[changed] = np.where(labelled | own, own, np.nan)
        others[changed] = np.where(labelled, 0, np.nan)
        groups = distinct(group[changed])
        groups = groups[groups >= 0]
        if len(groups):
            parts = [members.items[members.indptr[g] : members.indptr[g + 1]] for g in groups]
            rows = np.concatenate(parts)
            local = np.repeat(np.arange(len(groups)), [len(part) for part in parts])
            score[rows], others[rows], suggestion[rows] = _judge(inputs, rows, local, len(groups))
            conflicts = conflicts.copy()
            conflicts[groups] = np.bincount(local, others[rows] > 0, minlength=len(groups)) > 0
        touched = changed if rows is changed else distinct(changed, rows)
        flags[touched] = score[touched] > 0
        summary = result.summary
        if len(groups):
            summary = {**summary, **_counts(conflicts, members)}
        return result.updated(
            Change(touched),
            score=score,
            suggestion=suggestion,
            flags=flags,
            columns={"conflicting_duplicate_others": others},
            frozen={"group": group, "members": members, "conflicts": conflicts},
            summary=summary,
        )

    @staticmethod
    def public_score(result: Result) -> NDArray[np.float32]:
        """Return the score as a table shows it, float32 [N] in [0, 1], low = bad: 1 minus it."""
        score: NDArray[np.float32] = np.clip(1 - result.score, 0, 1)
        return score

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...]) -> list[Reason]:
        """Say which labels the copies carry."""
        assert result.flags is not None
        if not result.flags[item]:
            return []
        group = result.frozen["group"]
        labels = inputs.labels[group == group[item]] if group[item] >= 0 else inputs.labels[[item]]
        called = [classes[c] for c in np.unique(labels[labels >= 0])]
        if len(called) < 2:
            return [Reason("conflicting_duplicate", "occurs more than once, with different given labels", 1.0)]
        shown = ", ".join(called[:4]) + ("…" if len(called) > 4 else "")
        return [Reason("conflicting_duplicate", f"copies of it are labelled {shown}", float(len(called)))]


def _members(group: NDArray[np.int32]) -> Members:
    items = np.argsort(group, kind="stable")
    items = items[np.searchsorted(group[items], 0) :]
    indptr = np.zeros(int(group.max(initial=-1)) + 2, dtype=np.int64)
    np.cumsum(np.bincount(group[items], minlength=len(indptr) - 1), out=indptr[1:])
    return Members(indptr, items)


def _judge(
    inputs: Inputs, rows: NDArray[np.intp], group: NDArray[np.integer[Any]], groups: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    """Return score, share of other labels and suggestion of whole groups, each [rows].

    Labels are counted by the pairs of group and class that occur, so that memory does not grow with K.
    """
    labels = inputs.labels[rows]
    labelled = labels >= 0
    own = np.zeros(len(rows), dtype=bool) if inputs.conflicting is None else inputs.conflicting[rows]
    key = group[labelled].astype(np.int64) * inputs.n_classes + labels[labelled]
    cell, where, count = np.unique(key, return_inverse=True, return_counts=True)
    cell_group = cell // inputs.n_classes
    size = np.bincount(cell_group, count, minlength=groups)
    others = np.full(len(rows), np.nan, dtype=np.float32)
    others[labelled] = 1 - count[where] / size[group[labelled]]
    most = np.zeros(groups, dtype=np.int64)
    np.maximum.at(most, cell_group, count)
    top = count == most[cell_group]
    winner = np.full(groups, -1, dtype=np.int32)
    winner[cell_group[top]] = cell[top] % inputs.n_classes
    winner[np.bincount(cell_group, top, minlength=groups) != 1] = -1
    clash = np.bincount(cell_group, minlength=groups) > 1
    score = np.where(labelled, clash[group] | own, np.where(own, 1, np.nan)).astype(np.float32)
    return score, others, np.where(clash[group], winner[group], -1).astype(np.int32)


def _counts(conflicts: NDArray[np.bool_], members: Members) -> dict[str, int]:
    """Count groups and items in conflict."""
    sizes = np.diff(members.indptr)
    return {
        "groups": len(conflicts),
        "conflicting_groups": int(conflicts.sum()),
        "conflicting_items": int(sizes[conflicts].sum()),
    }
