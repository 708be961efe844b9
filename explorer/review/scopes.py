"""The scopes of a review: label errors, outliers, duplicates and so on, each with its items in its own order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.protocol import Result
from explorer.errors import ExplorerError, UnknownName
from explorer.pipeline.requirements import REVIEW, needs
from explorer.review.scope_members import (
    OF_WHOLE,
    Members,
    Moment,
    conflicting_duplicates,
    disputed,
    drawn,
    everything,
    examples_of,
    flagged,
    groups,
    label_errors,
    learnt_kinds,
    near_duplicates,
    outliers,
    rare_classes,
    unlabelled,
    worst_first,
)


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


def lacking(one: Scope, moment: Moment) -> str:
    """Say why a scope is not computed, and what to do; "" where it is."""
    results = moment.results
    if one.name in OF_WHOLE and (moment.shown is None or one.name not in moment.shown):
        return "it is being looked for in the background: review.whole.look() waits for it"
    if not one.method:
        return ""
    findings, inputs = results.findings, results.inputs
    if findings is None or inputs is None:
        return "there are no scores yet: see review.status"
    if one.name == "raters" and inputs.votes is None:
        return ""
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
    why = lacking(one, moment)
    if why:
        raise ExplorerError(f"The scope {one.name!r} is not computed: {why.partition(', then ')[0]}.", _remedy(why))
    assert moment.results.findings is not None
    return one.find(moment, moment.results.findings.results.get(one.method))


def positions(one: Scope, moment: Moment) -> NDArray[np.intp]:
    """Return the items of a scope that is computed, in no particular order; cheaper than `members`."""
    findings, combined = moment.results.findings, moment.results.combined
    assert findings is not None
    assert combined is not None
    if one.name == "all":
        return np.arange(len(combined.p_error))
    if one.name == "label":
        return np.flatnonzero(combined.is_issue)
    if one.name in ("random", "kind", "unlabelled", "raters", *OF_WHOLE):
        return members(one, moment).positions
    return flagged(findings.results[one.method])


def _remedy(why: str) -> str:
    return "Then call review.rerun()." if ", then " in why else "See review.detectors for all methods."


SCOPES = (
    Scope(
        "label",
        "label errors",
        "Labels that are probably wrong, the most suspicious first.",
        "No label looks wrong.",
        label_errors,
        columns=("suggested_p",),
        told_by=("confident", "vote"),
    ),
    Scope(
        "unlabelled",
        "unlabelled",
        "Items that came without a label, the surest suggestion first.",
        "Every item came with a label.",
        unlabelled,
        columns=("suggested_p",),
        told_by=("names", "confident", "vote"),
    ),
    Scope(
        "outlier",
        "outliers",
        "Items that lie far from all others, the farthest first.",
        "No item lies far from all others.",
        outliers,
        "outlier",
        ("outlier_score", "outlier_relation"),
        ("outlier",),
    ),
    Scope(
        "near_duplicate",
        "near duplicates",
        "Items that are the same or almost the same, set by set.",
        "No two items are almost the same.",
        near_duplicates,
        "near_duplicate",
        ("near_duplicate_set", "near_duplicate_score"),
        ("near_duplicate",),
    ),
    Scope(
        "conflicting_duplicate",
        "conflicting duplicates",
        "Copies of one item that have different labels, set by set.",
        "No copies of one item have different labels.",
        conflicting_duplicates,
        "conflicting_duplicate",
        ("conflicting_duplicate_score",),
        ("conflicting_duplicate",),
    ),
    Scope(
        "ambiguous",
        "ambiguous",
        "Items that two classes fit about equally well.",
        "No item fits two classes about equally well.",
        worst_first,
        "plausible",
        ("ambiguous_score",),
        ("plausible",),
    ),
    Scope(
        "underperforming",
        "groups",
        "Groups of alike items of which many are predicted wrong, the worst group first.",
        "No group of alike items stands out.",
        groups,
        "underperforming",
        ("underperforming_score",),
        ("underperforming",),
    ),
    Scope(
        "imbalance",
        "rare classes",
        "Items of classes that have few, the rarest class first.",
        "No class is rare.",
        rare_classes,
        "imbalance",
        ("imbalance_score",),
        ("imbalance",),
    ),
    Scope(
        "non_iid",
        "order of the rows",
        "Items that stand among alike ones in your data, as they would not in a random order.",
        "The rows are in no particular order.",
        worst_first,
        "non_iid",
        ("non_iid_score",),
        ("non_iid",),
    ),
    Scope(
        "kind",
        "kinds",
        "Items that were learnt like mislabelled, damaged, foreign or atypical ones, kind by kind.",
        "No item was learnt like a mislabelled, damaged, foreign or atypical one.",
        learnt_kinds,
        "archaeology",
        (),
        ("archaeology",),
    ),
    Scope(
        "raters",
        "raters disagree",
        "Items that the raters together call something else than the label, or of which they say different things.",
        "No raters dispute a label, or contradict each other.",
        disputed,
        "raters",
        (),
        ("raters",),
    ),
    Scope(
        "giveaway",
        "giveaways",
        "Items whose label something beside the matter gives away: a word, the light, a size. Some of each.",
        "Nothing gives a label away.",
        examples_of("giveaway"),
    ),
    Scope(
        "odd_class",
        "odd classes",
        "Items of classes that overlap, are spelt in two ways, or have hardly any. Some of each.",
        "Nothing is odd about the classes.",
        examples_of("odd_class"),
    ),
    Scope(
        "shifted",
        "shifted labels",
        "Rows that seem to carry the label of another row, or another list of classes. Some of each stretch.",
        "The labels stand beside their rows.",
        examples_of("shifted"),
    ),
    Scope(
        "random",
        "random checks",
        "Items drawn at random: your answers tell how many labels are wrong among all the others.",
        "No random item is left to ask about.",
        drawn,
    ),
    Scope("all", "everything", "Every item, the most suspicious first.", "There are no items.", everything),
)
"""All scopes, in the order in which they are offered."""
