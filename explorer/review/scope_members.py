"""Which items belong to each scope, in its own order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.cues.finding import Finding
from explorer.detectors.label_errors.archaeology import RECOGNISED, WORDS, kinds
from explorer.detectors.protocol import Result
from explorer.pipeline.results import Results

KINDS = ("mislabelled", "out_of_distribution", "corrupted", "atypical")
"""Kinds of items that are worth a look, in the order in which they come."""


OF_WHOLE = ("giveaway", "odd_class", "shifted")
"""Scopes of examples of what was found of the whole; see `review/whole.py`."""

Shown = Mapping[str, list[tuple[Finding, NDArray[np.intp]]]]
"""By scope of these: its findings, each with its examples."""


class Moment(NamedTuple):
    """What scopes are read from, of one moment; nobody writes to it.

    Attributes
    ----------
    results
        With `combined`, `findings` and `inputs`.
    draws
        intp [D]: the items of the random sample that are asked about, in order.
    given
        int32 [N]: class code of each item's given label, −1 for none.
    shown
        Examples of what was found of the whole, by scope; `None` while nothing was looked for.
    """

    results: Results
    draws: NDArray[np.intp]
    given: NDArray[np.int32]
    shown: Shown | None = None


@dataclass(frozen=True, eq=False)
class Members:
    """The items of a scope.

    Attributes
    ----------
    positions
        intp [M]: the items in the scope's own order.
    columns
        Further columns by name, [M] each, that the table of issues does not have.
    sets
        int [M]: number of the set that an item belongs to, where they are decided on as sets; `None` otherwise.
    """

    positions: NDArray[np.intp]
    columns: Mapping[str, Any] = field(default_factory=dict)
    sets: NDArray[np.integer[Any]] | None = None


# The items of each, in order ------------------------------------------------------------------------------------------


def suspicion(moment: Moment) -> NDArray[np.float64]:
    """`p_error` of all items, −1 where there is none, float64 [N]."""
    assert moment.results.combined is not None
    p: NDArray[np.float64] = np.nan_to_num(moment.results.combined.p_error.astype(np.float64), nan=-1)
    return p


def flagged(result: Result | None) -> NDArray[np.intp]:
    """Return which items a method flags, ascending."""
    if result is None or result.flags is None:
        return np.empty(0, dtype=np.intp)
    return np.flatnonzero(result.flags)


def _by(rows: NDArray[np.intp], *keys: NDArray[Any]) -> NDArray[np.intp]:
    """Order rows by keys [rows], the first counts most, ascending; ties by position."""
    return rows[np.lexsort((rows, *reversed(keys)))]


def label_errors(moment: Moment, _result: Result | None) -> Members:
    """The most suspicious first."""
    assert moment.results.combined is not None
    rows = np.flatnonzero(moment.results.combined.is_issue)
    return Members(_by(rows, -suspicion(moment)[rows]))


def unlabelled(moment: Moment, _result: Result | None) -> Members:
    """The surest suggestion first, those without one last."""
    combined = moment.results.combined
    assert combined is not None
    rows = np.flatnonzero(moment.given < 0)
    return Members(_by(rows, -np.nan_to_num(combined.suggested_p[rows].astype(np.float64), nan=-1)))


def everything(moment: Moment, _result: Result | None) -> Members:
    """The most suspicious first."""
    p = suspicion(moment)
    return Members(_by(np.arange(len(p)), -p))


def drawn(moment: Moment, _result: Result | None) -> Members:
    """In the order in which they were drawn."""
    return Members(moment.draws, {"draw": np.arange(1, len(moment.draws) + 1)})


def outliers(moment: Moment, result: Result | None) -> Members:
    """The farthest first."""
    assert result is not None
    rows = flagged(result)
    far = result.score[rows] / max(result.frozen["median"], 1e-6)
    relation = result.columns.get("outlier_relation")
    if relation is not None:
        far = np.maximum(far, relation[rows] / max(result.frozen["median_relation"], 1e-6))
    return Members(_by(rows, -far, -suspicion(moment)[rows]))


def worst_first(moment: Moment, result: Result | None) -> Members:
    """The flagged items, the highest score first."""
    assert result is not None
    rows = flagged(result)
    return Members(_by(rows, -result.score[rows], -suspicion(moment)[rows]))


def near_duplicates(_moment: Moment, result: Result | None) -> Members:
    """Sets together, the closest first."""
    assert result is not None
    rows = flagged(result)
    sets = result.frozen["group"][rows]
    closest = np.full(int(sets.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(closest, sets, result.score[rows])
    ordered = _by(rows, -closest[sets], sets)
    return Members(ordered, sets=result.frozen["group"][ordered])


def conflicting_duplicates(moment: Moment, result: Result | None) -> Members:
    """Sets together, the set with the most suspicious label first, and in it that label."""
    assert result is not None
    rows, group, p = flagged(result), result.frozen["group"], suspicion(moment)
    alone = int(group.max(initial=-1)) + 1 + np.arange(len(group))  # conflicts with itself: its own occurrences
    number = np.where(group >= 0, group, alone)
    worst = np.full(int(number.max(initial=-1)) + 1, -2.0)
    np.maximum.at(worst, number[rows], p[rows])
    ordered = _by(rows, -worst[number[rows]], number[rows], -p[rows])
    _, shown = np.unique(number[ordered], return_inverse=True)
    return Members(ordered, {"conflicting_duplicate_set": shown}, number[ordered])


def groups(moment: Moment, result: Result | None) -> Members:
    """Groups together, the worst first, and in each the most suspicious label."""
    assert result is not None
    rows, group = flagged(result), result.frozen["group"]
    score = np.nan_to_num(result.score[rows], nan=-1)
    ordered = _by(rows, -score, group[rows], -suspicion(moment)[rows])
    return Members(ordered, {"group": group[ordered]})


def rare_classes(moment: Moment, result: Result | None) -> Members:
    """The rarest class first."""
    assert result is not None
    assert moment.results.inputs is not None
    rows, labels = flagged(result), moment.results.inputs.labels
    return Members(_by(rows, -result.score[rows], labels[rows], -suspicion(moment)[rows]))


def learnt_kinds(moment: Moment, result: Result | None) -> Members:
    """The items of kinds that recognise their own, kind by kind."""
    assert result is not None
    of, names = kinds(result)
    place = np.full(len(names) + 1, -1)  # the last is that of no kind, −1
    for number, name in enumerate(names):
        if name in WORDS and result.summary["recognised"][name] >= RECOGNISED:
            place[number] = KINDS.index(name) if name in KINDS else len(KINDS)
    rows = np.flatnonzero(place[of] >= 0)
    ordered = _by(rows, place[of[rows]], -suspicion(moment)[rows])
    return Members(ordered, {"kind": np.asarray(names, dtype=object)[of[ordered]]})


def disputed(moment: Moment, result: Result | None) -> Members:
    """Where the raters together name another class than the label, the surest first; then where they contradict."""
    assert moment.results.inputs is not None
    inputs = moment.results.inputs
    if result is None or inputs.votes is None:  # there are no raters
        return Members(np.empty(0, dtype=np.intp), {"raters": np.empty(0, dtype=object)})
    best = result.suggestion
    assert best is not None
    against = (best >= 0) & (inputs.labels >= 0) & (best != inputs.labels)
    rows = np.flatnonzero(against | inputs.votes.split)
    score = np.nan_to_num(result.score[rows].astype(np.float64), nan=-1)
    ordered = _by(rows, ~against[rows], -score, -suspicion(moment)[rows])
    what = np.where(against[ordered], "dispute the label", "contradict each other")
    return Members(ordered, {"raters": what.astype(object)})


def examples_of(name: str) -> Callable[[Moment, Result | None], Members]:
    """Return how to find the examples of what was found of the whole, finding by finding."""

    def find(moment: Moment, _result: Result | None) -> Members:
        found = (moment.shown or {}).get(name, [])
        at = np.concatenate([np.empty(0, dtype=np.intp), *(items for _, items in found)])
        return Members(at, {name: np.array([one.name for one, items in found for _ in items], dtype=object)})

    return find
