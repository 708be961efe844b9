"""The facts of what is found of the whole: what gives labels away, the set of classes, labels beside the wrong rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from explorer.cues.finding import Finding
from explorer.cues.measurement import measurable
from explorer.reports.facts import Fact, Facts
from explorer.review.whole import Found
from explorer.utils.text import counted

if TYPE_CHECKING:
    import pandas as pd

NOTHING = {
    "text": "No word, length or script gives a class away by much.",
    "image": "Neither light nor sharpness nor size gives a class away by much.",
    "table": "No missing cell gives a class away by much.",
}
"""What is said of items, by their kind, of which nothing gives a class away."""

SAID = 2
"""Findings that a sentence tells of."""

COLUMNS = {
    "giveaways": ("class", "items", "share", "expected", "reach", "z", "p_value"),
    "odd_classes": ("classes", "items", "apart"),
    "shifted": ("start", "end", "items", "by", "agree", "moved"),
}
"""Columns of the tables, besides what a finding is and what to do about it."""

ROWS = {"giveaways": "giveaway", "odd_classes": "odd_class", "shifted": "rows"}
"""What a row of each table is."""


def whole_facts(found: Found | None, error: str = "") -> Facts:
    """Return the facts of what was found, and what is missing: `None` is nothing yet.

    Parameters
    ----------
    found
        Of one moment.
    error
        Why the last look failed; "" where it did not.
    """
    later = f"could not be looked for ({error})" if error else "is being looked for in the background"
    if found is None:
        return Facts({}, dict.fromkeys(COLUMNS, later))
    facts = {
        "odd_classes": _fact("odd_classes", found.odd_classes, found, _classes_sentence(found.odd_classes)),
        "shifted": _fact("shifted", found.alignment.findings, found, found.alignment.sentence),
    }
    if found.cues is None:
        return Facts(facts, {"giveaways": later})
    return Facts({"giveaways": _fact("giveaways", found.cues, found, _giveaway_sentence(found)), **facts}, {})


def _fact(name: str, findings: Sequence[Finding], found: Found, sentence: str) -> Fact:
    ids = found.dataset.item_ids
    return Fact(
        name, sentence, _table(name, findings), {one.name: ids[one.items] for one in findings if len(one.items)}
    )


def _table(name: str, findings: Sequence[Finding]) -> pd.DataFrame:
    import pandas as pd

    rows = [{"kind": one.kind, **one.figures, "remedy": one.remedy} for one in findings]
    index = pd.Index([one.name for one in findings], name=ROWS[name], dtype=object)
    return pd.DataFrame(rows, index=index, columns=["kind", *COLUMNS[name], "remedy"])


def _giveaway_sentence(found: Found) -> str:
    if not measurable(found.dataset):
        return "Bare vectors have no words, pictures or cells, so nothing can be looked for that gives labels away."
    assert found.cues is not None
    n = len(found.dataset)
    told = [] if found.measured == n else [f"{found.measured:,} of {counted(n, 'item')} were measured."]
    told += [f"{counted(found.unreadable, 'item')} could not be opened."] if found.unreadable else []
    if not found.cues:
        return " ".join([NOTHING.get(found.dataset.kind, NOTHING["table"]), *told])
    return " ".join([_first(found.cues), found.cues[0].remedy, *told])


def _classes_sentence(findings: Sequence[Finding]) -> str:
    if not findings:
        return "Nothing is odd about the classes: no two are one by name or by their items, and none is tiny."
    return _first(findings)


def _first(findings: Sequence[Finding]) -> str:
    """Tell of the first findings, and how many more there are."""
    more = len(findings) - SAID
    return " ".join([one.sentence for one in findings[:SAID]] + ([f"And {more:,} more."] if more > 0 else []))


def n_shown(found: list[tuple[Finding, np.ndarray[tuple[int], np.dtype[np.intp]]]]) -> int:
    """Return how many items a list of examples has."""
    return sum(len(items) for _, items in found)
