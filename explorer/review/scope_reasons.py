"""Why an item is in a scope, in one sentence, and the set of items that it is decided on with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.label_errors.archaeology import RECOGNISED, UNKNOWN, WORDS
from explorer.detectors.label_errors.raters import tally
from explorer.detectors.other_issues import ambiguous, outlier
from explorer.detectors.other_issues.underperforming import Tally
from explorer.detectors.protocol import Findings, Inputs, Result
from explorer.detectors.registry import get
from explorer.review.scopes import scope
from explorer.utils.text import counted, short_probability

NAMED = 4
"""Labels of a set that are counted one by one; the others are counted together."""

ALIKE = 0.8
"""A second class this share as probable as the first is as near."""

MANY_TIMES = 100
"""From this many times the usual distance on it is the usual one that is odd: among copies it is next to nothing."""

NONE = np.empty(0, dtype=np.intp)


class ScopeReason(NamedTuple):
    """Why an item is in a scope.

    Attributes
    ----------
    text
        One sentence; "" where the item is not in the scope, or the scope needs none (label errors, everything).
    members
        intp [M], ascending: the set that the item is decided on with, itself among them; empty where it stands alone.
    """

    text: str
    members: NDArray[np.intp]


def scope_reason(name: str, item: int, inputs: Inputs, findings: Findings, classes: Sequence[str]) -> ScopeReason:
    """Say why an item is in a scope.

    Parameters
    ----------
    name
        Of the scope, or its title.
    item
        Position.
    inputs, findings
        As they stand; nobody writes to them meanwhile.
    classes
        Class names by code.

    Raises
    ------
    UnknownName
        No such scope.
    """
    one = scope(name)
    if one.name == "random":
        return ScopeReason("Drawn at random: your answer tells how many labels are wrong among all the others.", NONE)
    tell = TELLERS.get(one.name)
    result = findings.results.get(one.method)
    return ScopeReason("", NONE) if tell is None or result is None else tell(item, inputs, result, classes)


Teller = Callable[[int, Inputs, Result, Sequence[str]], ScopeReason]


def _outlier(item: int, inputs: Inputs, result: Result, _classes: Sequence[str]) -> ScopeReason:
    if not _flagged(item, result):
        return ScopeReason("", NONE)
    distance, frozen = result.score, result.frozen
    parts = []
    if distance[item] > frozen["cut"]:
        assert inputs.distances is not None
        share = float((distance < distance[item]).mean())
        k = min(outlier.NEIGHBOURS, inputs.distances.k)
        times = float(distance[item]) / max(frozen["median"], outlier.SMALLEST)
        far = f" ({times:.1f} times the usual)" if times < MANY_TIMES else ""
        parts.append(f"farther from its {k} nearest than {_share(share)} of all items{far}")
    relation = result.columns.get("outlier_relation")
    if relation is not None and relation[item] * np.float32(outlier.UNRELATED) > frozen["median_relation"]:
        usual = frozen["median_relation"] / float(relation[item])
        parts.append(f"its relations to its neighbours sum to {short_probability(usual)} of the usual")
    return ScopeReason(_sentence("; ".join(parts)), NONE)


def _near_duplicate(item: int, inputs: Inputs, result: Result, _classes: Sequence[str]) -> ScopeReason:
    members = _set_of(item, result)
    others = members[members != item]
    if not len(others):
        return ScopeReason("", NONE)
    content = result.frozen["content"]
    same = content[item] >= 0
    equal = int((content[others] == content[item]).sum()) if same else 0
    if equal == len(others):
        return ScopeReason(f"{_others(equal)} exactly the same.", members)
    similarity = _similarity(item, others[content[others] != content[item]] if same else others, inputs)
    exactly = f"; {_others(equal)} exactly the same" if equal else ""
    return ScopeReason(f"{_others(len(others) - equal)} almost the same{similarity}{exactly}.", members)


def _conflicting_duplicate(item: int, inputs: Inputs, result: Result, classes: Sequence[str]) -> ScopeReason:
    members = _set_of(item, result)
    if not len(members):
        text = "It occurs several times in your data, with different labels." if _flagged(item, result) else ""
        return ScopeReason(text, NONE)
    labels = inputs.labels[members]
    found, counts = np.unique(labels[labels >= 0], return_counts=True)
    order = np.lexsort((found, -counts))
    if len(found) == 1 and (labels >= 0).all():
        return ScopeReason(f"All {len(members)} copies say {classes[found[0]]} now.", members)
    said = [f"{counts[i]:,} {_says(int(counts[i]))} {classes[found[i]]}" for i in order[:NAMED]]
    further = int(counts[order[NAMED:]].sum())
    said += [f"{further:,} {_says(further)} something else"] if further else []
    missing = int((labels < 0).sum())
    said += [f"{missing:,} {'has' if missing == 1 else 'have'} no label"] if missing else []
    number, _, rest = said[0].partition(" ")
    said[0] = f"{number} {'copy' if number == '1' else 'copies'} {rest}"
    return ScopeReason(f"{', '.join(said)}.", members)


def _ambiguous(item: int, inputs: Inputs, result: Result, classes: Sequence[str]) -> ScopeReason:
    if not _flagged(item, result):
        return ScopeReason("", NONE)
    (first, p), (second, q) = ambiguous.likeliest(item, inputs, result)
    if q < ambiguous.SECOND:
        return ScopeReason(f"Likely {classes[first]}, and its neighbours are often of another class.", NONE)
    one, other = (f"{classes[c]} ({short_probability(v)})" for c, v in ((first, p), (second, q)))
    if q >= ALIKE * p:
        return ScopeReason(f"As near to {one} as to {other}: both fit.", NONE)
    return ScopeReason(f"Nearer to {one} than to {other}, but both fit.", NONE)


def _underperforming(item: int, inputs: Inputs, result: Result, _classes: Sequence[str]) -> ScopeReason:
    tally: Tally = result.frozen["tally"]
    group = int(tally.group[item])
    if not _flagged(item, result) or group < 0:
        return ScopeReason("", NONE)
    n, _, right = tally.sums[group]
    rest = tally.sums.sum(axis=0) - tally.sums[group]
    who = "its neighbours get" if inputs.probs is None else "the model gets"
    elsewhere = f" (elsewhere {_share(1 - rest[2] / rest[0])})" if rest[0] else ""
    text = f"In a group of {counted(int(n), 'alike item')} of which {who} {_share(1 - right / n)} wrong{elsewhere}."
    return ScopeReason(text, np.sort(tally.of(group)))


def _imbalance(item: int, inputs: Inputs, result: Result, classes: Sequence[str]) -> ScopeReason:
    if not _flagged(item, result):
        return ScopeReason("", NONE)
    counts = result.frozen["counts"]
    own, total = int(inputs.labels[item]), int(counts.sum())
    n = counted(int(counts[own]), "label")
    return ScopeReason(
        f"Its class, {classes[own]}, has {n} of {total:,}; an even share would be {total / len(counts):,.0f}.", NONE
    )


def _non_iid(item: int, inputs: Inputs, result: Result, classes: Sequence[str]) -> ScopeReason:
    said = get("non_iid").explain(item, inputs, result, tuple(classes))
    return ScopeReason(_sentence(said[0].text) if said else "", NONE)


def _kind(item: int, inputs: Inputs, result: Result, _classes: Sequence[str]) -> ScopeReason:
    kind = int(result.frozen["kind"][item])
    name = "" if kind == UNKNOWN else result.summary["kinds"][kind]
    if name not in WORDS or result.summary["recognised"][name] < RECOGNISED:
        return ScopeReason("", NONE)
    changed = inputs.labels[item] != result.frozen["labels"][item]
    return ScopeReason(_sentence(WORDS[name] + (" (under the label that it had)" if changed else "")), NONE)


def _raters(item: int, inputs: Inputs, result: Result, classes: Sequence[str]) -> ScopeReason:
    votes, best = inputs.votes, result.suggestion
    if votes is None or best is None or best[item] < 0:
        return ScopeReason("", NONE)
    label, consensus = int(inputs.labels[item]), int(best[item])
    said = _sentence(tally(votes, item, tuple(classes)))
    if label >= 0 and consensus != label:
        p = short_probability(float(result.frozen["heard"].posterior[item, consensus]))
        return ScopeReason(f"{said} Together they say {classes[consensus]} ({p}); the label is {classes[label]}.", NONE)
    return ScopeReason(said if votes.split[item] else "", NONE)


TELLERS: Mapping[str, Teller] = {
    "outlier": _outlier,
    "near_duplicate": _near_duplicate,
    "conflicting_duplicate": _conflicting_duplicate,
    "ambiguous": _ambiguous,
    "underperforming": _underperforming,
    "imbalance": _imbalance,
    "non_iid": _non_iid,
    "kind": _kind,
    "raters": _raters,
}
"""Who tells of the scopes that rest on a method."""


def _flagged(item: int, result: Result) -> bool:
    return result.flags is not None and bool(result.flags[item])


def _set_of(item: int, result: Result) -> NDArray[np.intp]:
    """Return the items of an item's set, ascending; empty where it is in none."""
    group = result.frozen["group"]
    return np.flatnonzero(group == group[item]) if group[item] >= 0 else NONE


def _similarity(item: int, others: NDArray[np.intp], inputs: Inputs) -> str:
    """Say how similar the most similar of the others is, as far as the graph knows."""
    if inputs.distances is None:
        return ""
    near = np.isin(inputs.distances.indices[item], others)
    if not near.any():
        return ""
    most = float(inputs.distances.similarity[item][near].max())
    return "; similarity over .999" if most >= 0.9995 else f"; similarity {most:.3f}".replace(" 0.", " .")


def _others(n: int) -> str:
    return f"{n:,} {'other is' if n == 1 else 'others are'}"


def _says(n: int) -> str:
    return "says" if n == 1 else "say"


def _share(part: float) -> str:
    """Write a share with as many digits as tell it from none and from all."""
    percent = 100 * part
    digits = 1 if 0 < min(percent, 100 - percent) < 10 else 0
    text = f"{percent:.{digits}f}"
    if text == "100.0" or (text == "100" and part < 1):
        return "over 99.9 %"
    return f"{text.removesuffix('.0')} %"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
