"""The scopes of a review: label errors, outliers, duplicates and so on, each with its items in its own order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.label_errors.archaeology import RECOGNISED, WORDS, kinds
from explorer.detectors.protocol import Result
from explorer.errors import ExplorerError, UnknownName
from explorer.pipeline.requirements import REVIEW, needs
from explorer.pipeline.results import Results

KINDS = ("mislabelled", "out_of_distribution", "corrupted", "atypical")
"""Kinds of items that are worth a look, in the order in which they come."""


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
    """

    results: Results
    draws: NDArray[np.intp]
    given: NDArray[np.int32]


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


@dataclass(frozen=True)
class Scope:
    """One way to choose items.

    Attributes
    ----------
    name
        As the columns of the table of issues spell it.
    title
        As people read it; it may be given in place of the name.
    about
        What it holds, in a sentence.
    none
        What is said where it holds nothing, in a sentence.
    find
        Returns the items.
    method
        The detector that it rests on; "" for none.
    columns
        Columns of the table of issues that tell of it, as far as they are there.
    told_by
        Detectors that say why, by `explain`.
    """

    name: str
    title: str
    about: str
    none: str
    find: Callable[[Moment, Result | None], Members]
    method: str = ""
    columns: tuple[str, ...] = ()
    told_by: tuple[str, ...] = ()


def scope(name: str) -> Scope:
    """Return a scope by its name or title.

    Raises
    ------
    UnknownName
        There is none of that name; it lists all.

    Examples
    --------
    >>> scope("outlier").title, scope("near duplicates").name
    ('outliers', 'near_duplicate')
    """
    wanted = str(name).strip().lower()
    for one in SCOPES:
        if wanted in (one.name, one.title, one.title.replace(" ", "_")):
            return one
    names = [one.name for one in SCOPES]
    raise UnknownName("scope", name, names, f"All scopes: {', '.join(names)}.")


def lacking(one: Scope, results: Results) -> str:
    """Say why a scope is not computed, and what to do; "" where it is."""
    if not one.method:
        return ""
    findings, inputs = results.findings, results.inputs
    if findings is None or inputs is None:
        return "there are no scores yet: see review.status"
    if one.method in findings.failures and one.method not in findings.results:
        return f"the method {one.method!r} failed ({findings.failures[one.method]}): mend that, then review.rerun()"
    if one.method in findings.skipped:
        return f"the method {one.method!r} {needs(one.method, inputs, REVIEW)}, then review.rerun()"
    if one.method not in findings.results:
        return f"the method {one.method!r} has not run: review.rerun() runs it"
    return ""


def members(one: Scope, moment: Moment) -> Members:
    """Return the items of a scope.

    Raises
    ------
    ExplorerError
        It was not computed; says what to run.
    """
    why = lacking(one, moment.results)
    if why:
        raise ExplorerError(f"The scope {one.name!r} is not computed: {why.partition(', then ')[0]}.", _remedy(why))
    assert moment.results.findings is not None
    return one.find(moment, moment.results.findings.results[one.method] if one.method else None)


def positions(one: Scope, moment: Moment) -> NDArray[np.intp]:
    """Return the items of a scope that is computed, in no particular order; cheaper than `members`."""
    findings, combined = moment.results.findings, moment.results.combined
    assert findings is not None
    assert combined is not None
    if one.name == "all":
        return np.arange(len(combined.p_error))
    if one.name == "label":
        return np.flatnonzero(combined.is_issue)
    if one.name in ("random", "kind", "unlabelled"):
        return members(one, moment).positions
    return _flagged(findings.results[one.method])


def _remedy(why: str) -> str:
    return "Then call review.rerun()." if ", then " in why else "See review.detectors for all methods."


# The items of each, in order ------------------------------------------------------------------------------------------


def _suspicion(moment: Moment) -> NDArray[np.float64]:
    """`p_error` of all items, −1 where there is none, float64 [N]."""
    assert moment.results.combined is not None
    p: NDArray[np.float64] = np.nan_to_num(moment.results.combined.p_error.astype(np.float64), nan=-1)
    return p


def _flagged(result: Result | None) -> NDArray[np.intp]:
    if result is None or result.flags is None:
        return np.empty(0, dtype=np.intp)
    return np.flatnonzero(result.flags)


def _by(rows: NDArray[np.intp], *keys: NDArray[Any]) -> NDArray[np.intp]:
    """Order rows by keys [rows], the first counts most, ascending; ties by position."""
    return rows[np.lexsort((rows, *reversed(keys)))]


def _label(moment: Moment, _result: Result | None) -> Members:
    assert moment.results.combined is not None
    rows = np.flatnonzero(moment.results.combined.is_issue)
    return Members(_by(rows, -_suspicion(moment)[rows]))


def _unlabelled(moment: Moment, _result: Result | None) -> Members:
    """The surest suggestion first, those without one last."""
    combined = moment.results.combined
    assert combined is not None
    rows = np.flatnonzero(moment.given < 0)
    return Members(_by(rows, -np.nan_to_num(combined.suggested_p[rows].astype(np.float64), nan=-1)))


def _everything(moment: Moment, _result: Result | None) -> Members:
    p = _suspicion(moment)
    return Members(_by(np.arange(len(p)), -p))


def _random(moment: Moment, _result: Result | None) -> Members:
    return Members(moment.draws, {"draw": np.arange(1, len(moment.draws) + 1)})


def _outlier(moment: Moment, result: Result | None) -> Members:
    assert result is not None
    rows = _flagged(result)
    far = result.score[rows] / max(result.frozen["median"], 1e-6)
    relation = result.columns.get("outlier_relation")
    if relation is not None:
        far = np.maximum(far, relation[rows] / max(result.frozen["median_relation"], 1e-6))
    return Members(_by(rows, -far, -_suspicion(moment)[rows]))


def _worst_first(moment: Moment, result: Result | None) -> Members:
    """The flagged items, the highest score first."""
    assert result is not None
    rows = _flagged(result)
    return Members(_by(rows, -result.score[rows], -_suspicion(moment)[rows]))


def _near_duplicate(_moment: Moment, result: Result | None) -> Members:
    """Sets together, the closest first."""
    assert result is not None
    rows = _flagged(result)
    sets = result.frozen["group"][rows]
    closest = np.full(int(sets.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(closest, sets, result.score[rows])
    ordered = _by(rows, -closest[sets], sets)
    return Members(ordered, sets=result.frozen["group"][ordered])


def _conflicting_duplicate(moment: Moment, result: Result | None) -> Members:
    """Sets together, the set with the most suspicious label first, and in it that label."""
    assert result is not None
    rows, group, p = _flagged(result), result.frozen["group"], _suspicion(moment)
    alone = int(group.max(initial=-1)) + 1 + np.arange(len(group))  # conflicts with itself: its own occurrences
    number = np.where(group >= 0, group, alone)
    worst = np.full(int(number.max(initial=-1)) + 1, -2.0)
    np.maximum.at(worst, number[rows], p[rows])
    ordered = _by(rows, -worst[number[rows]], number[rows], -p[rows])
    _, shown = np.unique(number[ordered], return_inverse=True)
    return Members(ordered, {"conflicting_duplicate_set": shown}, number[ordered])


def _underperforming(moment: Moment, result: Result | None) -> Members:
    """Groups together, the worst first, and in each the most suspicious label."""
    assert result is not None
    rows, group = _flagged(result), result.frozen["group"]
    score = np.nan_to_num(result.score[rows], nan=-1)
    ordered = _by(rows, -score, group[rows], -_suspicion(moment)[rows])
    return Members(ordered, {"group": group[ordered]})


def _imbalance(moment: Moment, result: Result | None) -> Members:
    """The rarest class first."""
    assert result is not None
    assert moment.results.inputs is not None
    rows, labels = _flagged(result), moment.results.inputs.labels
    return Members(_by(rows, -result.score[rows], labels[rows], -_suspicion(moment)[rows]))


def _kind(moment: Moment, result: Result | None) -> Members:
    """The items of kinds that recognise their own, kind by kind."""
    assert result is not None
    of, names = kinds(result)
    place = np.full(len(names) + 1, -1)  # the last is that of no kind, −1
    for number, name in enumerate(names):
        if name in WORDS and result.summary["recognised"][name] >= RECOGNISED:
            place[number] = KINDS.index(name) if name in KINDS else len(KINDS)
    rows = np.flatnonzero(place[of] >= 0)
    ordered = _by(rows, place[of[rows]], -_suspicion(moment)[rows])
    return Members(ordered, {"kind": np.asarray(names, dtype=object)[of[ordered]]})


SCOPES = (
    Scope(
        "label",
        "label errors",
        "Labels that are probably wrong, the most suspicious first.",
        "No label looks wrong.",
        _label,
        columns=("suggested_p",),
        told_by=("confident", "vote"),
    ),
    Scope(
        "unlabelled",
        "unlabelled",
        "Items that came without a label, the surest suggestion first.",
        "Every item came with a label.",
        _unlabelled,
        columns=("suggested_p",),
        told_by=("names", "confident", "vote"),
    ),
    Scope(
        "outlier",
        "outliers",
        "Items that lie far from all others, the farthest first.",
        "No item lies far from all others.",
        _outlier,
        "outlier",
        ("outlier_score", "outlier_relation"),
        ("outlier",),
    ),
    Scope(
        "near_duplicate",
        "near duplicates",
        "Items that are the same or almost the same, set by set.",
        "No two items are almost the same.",
        _near_duplicate,
        "near_duplicate",
        ("near_duplicate_set", "near_duplicate_score"),
        ("near_duplicate",),
    ),
    Scope(
        "conflicting_duplicate",
        "conflicting duplicates",
        "Copies of one item that have different labels, set by set.",
        "No copies of one item have different labels.",
        _conflicting_duplicate,
        "conflicting_duplicate",
        ("conflicting_duplicate_score",),
        ("conflicting_duplicate",),
    ),
    Scope(
        "ambiguous",
        "ambiguous",
        "Items that two classes fit about equally well.",
        "No item fits two classes about equally well.",
        _worst_first,
        "plausible",
        ("ambiguous_score",),
        ("plausible",),
    ),
    Scope(
        "underperforming",
        "groups",
        "Groups of alike items of which many are predicted wrong, the worst group first.",
        "No group of alike items stands out.",
        _underperforming,
        "underperforming",
        ("underperforming_score",),
        ("underperforming",),
    ),
    Scope(
        "imbalance",
        "rare classes",
        "Items of classes that have few, the rarest class first.",
        "No class is rare.",
        _imbalance,
        "imbalance",
        ("imbalance_score",),
        ("imbalance",),
    ),
    Scope(
        "non_iid",
        "order of the rows",
        "Items that stand among alike ones in your data, as they would not in a random order.",
        "The rows are in no particular order.",
        _worst_first,
        "non_iid",
        ("non_iid_score",),
        ("non_iid",),
    ),
    Scope(
        "kind",
        "kinds",
        "Items that were learnt like mislabelled, damaged, foreign or atypical ones, kind by kind.",
        "No item was learnt like a mislabelled, damaged, foreign or atypical one.",
        _kind,
        "archaeology",
        (),
        ("archaeology",),
    ),
    Scope(
        "random",
        "random checks",
        "Items drawn at random: your answers tell how many labels are wrong among all the others.",
        "No random item is left to ask about.",
        _random,
    ),
    Scope("all", "everything", "Every item, the most suspicious first.", "There are no items.", _everything),
)
"""All scopes, in the order in which they are offered."""
