"""What is odd about the set of classes itself: spellings, classes that overlap, parts of others, rests, tiny ones.

`explorer/cues/pages/label_space.md` has the formulas, what one label an item can tell, and the sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.cues.finding import Finding, names, worst_first
from explorer.cues.spelling import is_rest, is_slip, plain, spellings
from explorer.errors import DataError
from explorer.utils.text import counted, percentage

FEW = 4
"""Items up to which a class can be neither learnt nor checked."""

FEWEST = 20
"""Items that each of two classes must have for how they lie to be looked at."""

TOLD = 0.8
"""How well two classes together must be told from all others (area under the ROC curve): else it is the opinion that is
poor, or labels that are noisy everywhere."""

OVERLAP = 0.5
"""Classes overlap where they are told from each other at most so well as they are together from the others, above
chance."""

ALIKE = 0.15
"""The same, from where on they are one class for all that can be seen."""

PART = 0.2
"""Least share of the items of a class that look like another class, for that to be a part of it."""

BACK = 0.05
"""Largest share of the other's items that look like the first one's."""

SURE = 3.0
"""Standard errors by which a figure must be beyond its bound."""

PAIRS = 3
"""Other classes that each class is compared with: those that it is most often taken for."""

SAMPLE = 2_000
"""Items of all others that two classes are compared with."""

TINY = 1e-6
"""What a probability of zero is worth."""


class _Pair(NamedTuple):
    """How two classes lie: told apart and from the rest (areas under ROC curves), shares that look like the other."""

    one: int
    other: int
    apart: float
    error: float
    told: float
    there: float
    back: float


def label_space(
    labels: NDArray[np.int32],
    classes: Sequence[str],
    probs: NDArray[np.floating[Any]] | None = None,
    suspicion: NDArray[np.floating[Any]] | None = None,
) -> list[Finding]:
    """Return what is odd about the set of classes.

    With one label an item every class excludes every other by the way it was asked, so that nothing is said of which
    exclude each other; overlap and part show only in how an opinion confuses them.

    Parameters
    ----------
    labels
        int32 [N]: class codes, -1 for none.
    classes
        [K] names.
    probs
        float [N, K]: held-out probabilities. Without them names and numbers alone are looked at.
    suspicion
        float [N]: orders the items of a finding where nothing else does, highest first.

    Returns
    -------
    list of Finding
        Kinds in this order: "spelling" (one name in several spellings), "alike" (nobody tells two classes apart),
        "overlap" (hardly), "part" (many items of one look like the other and not the other way round), "rest" (a class
        for what is left over), "few" (too few items). Figures: `classes`, `items`, `apart` (how often the opinion
        tells an item of one from an item of the other; NaN where that is not known).

    Raises
    ------
    DataError
        Arrays that do not belong together, or a code that is no class.

    Examples
    --------
    >>> labels = np.repeat([0, 1, 2], 30).astype(np.int32)
    >>> [one.name for one in label_space(labels, ["dog", "Dog", "cat"])]
    ['Dog = dog']
    """
    n, k = len(labels), len(classes)
    if probs is not None and probs.shape != (n, k):
        raise DataError(f"There are {n:,} labels of {k:,} classes, and probabilities of the shape {probs.shape}.")
    if n and (labels.min() < -1 or labels.max() >= k):
        raise DataError(f"Labels are class codes from 0 to {k - 1}, or -1 for unlabelled.")
    sizes = np.bincount(labels[labels >= 0], minlength=k)
    same = [[code for code in codes if sizes[code]] for codes in spellings(classes).values()]
    same = [codes for codes in same if len(codes) > 1 and not _differ(codes, labels, classes, probs, sizes)]
    pairs = [] if probs is None or k < 2 else _pairs(labels, np.asarray(probs), sizes)
    found = [_spelling(codes, labels, classes, sizes, suspicion) for codes in same]
    together = {frozenset((a, b)) for codes in same for a in codes for b in codes if a != b}
    for pair in pairs:
        if frozenset((pair.one, pair.other)) not in together and _overlaps(pair):
            if is_slip(classes[pair.one], classes[pair.other]):
                found.append(_spelling([pair.one, pair.other], labels, classes, sizes, suspicion, pair.apart))
            else:
                found.append(_overlap(pair, labels, classes, probs))
        elif _is_part(pair, sizes):
            found.append(_part(pair, labels, classes, probs, sizes))
    found += _rests(labels, classes, probs, sizes, suspicion)
    tiny = [code for code in range(k) if 0 < sizes[code] <= FEW and not any(code in codes for codes in same)]
    if tiny and len(tiny) < np.count_nonzero(sizes):
        found.append(_few(tiny, labels, classes, suspicion))
    order = ["spelling", "alike", "overlap", "part", "rest", "few"]
    return sorted(found, key=lambda one: (order.index(one.kind), -int(one.figures["items"]), one.name))


def _spelling(
    codes: list[int],
    labels: NDArray[np.int32],
    classes: Sequence[str],
    sizes: NDArray[np.intp],
    suspicion: NDArray[np.floating[Any]] | None,
    apart: float = float("nan"),
) -> Finding:
    most = max(codes, key=lambda code: (sizes[code], -code))
    others = [code for code in codes if code != most]
    said = ", ".join(f"{classes[code]!r} ({sizes[code]:,})" for code in sorted(codes, key=lambda code: -sizes[code]))
    alike = "" if np.isnan(apart) else ", and the model hardly tells their items apart"
    return Finding(
        "spelling",
        f"{', '.join(classes[code] for code in others)} = {classes[most]}",
        f"These class names look like one in several spellings: {said}{alike}.",
        "Put them together, if they mean the same: review.labels.merge_classes joins two in the store.",
        f"Its class looks like another spelling of {classes[most]}.",
        worst_first(np.flatnonzero(np.isin(labels, others)), suspicion),
        _figures([most, *others], classes, int(sizes[codes].sum()), apart),
    )


def _few(
    tiny: list[int], labels: NDArray[np.int32], classes: Sequence[str], suspicion: NDArray[np.floating[Any]] | None
) -> Finding:
    items = np.flatnonzero(np.isin(labels, tiny))
    said = names([classes[code] for code in tiny])
    return Finding(
        "few",
        f"{counted(len(tiny), 'class', 'classes')} of at most {FEW} items",
        f"{said} {'has' if len(tiny) == 1 else 'have'} at most {FEW} items: too few to learn, and to check.",
        "Look whether they are slips, belong to another class, or need more items.",
        f"Its class has at most {FEW} items.",
        worst_first(items, suspicion),
        _figures(tiny, classes, len(items)),
    )


def _rests(
    labels: NDArray[np.int32],
    classes: Sequence[str],
    probs: NDArray[np.floating[Any]] | None,
    sizes: NDArray[np.intp],
    suspicion: NDArray[np.floating[Any]] | None,
) -> list[Finding]:
    found = []
    for code, name in enumerate(classes):
        if not sizes[code] or np.count_nonzero(sizes) < 2 or not is_rest(name, [c for c in classes if c != name]):
            continue
        mine = np.flatnonzero(labels == code)
        items, said = worst_first(mine, suspicion), ""
        if probs is not None:
            best = probs[mine].argmax(axis=1)
            items = mine[best != code]
            items = items[np.argsort(-probs[items].max(axis=1), kind="stable")]
            said = f", and {len(items):,} of its {len(mine):,} items look like another class"
            if not len(items):
                continue
        found.append(
            Finding(
                "rest",
                name,
                f"“{name}” is a class for what is left over{said}.",
                "Look whether its items belong to a class that is there, or to one that is missing.",
                f"“{name}” is a class for what is left over"
                + (", and it looks like another one." if probs is not None else "."),
                items,
                _figures([code], classes, len(mine)),
            )
        )
    return found


# How two classes lie --------------------------------------------------------------------------------------------------


def _pairs(labels: NDArray[np.int32], probs: NDArray[np.floating[Any]], sizes: NDArray[np.intp]) -> list[_Pair]:
    from scipy.sparse import csr_array

    k = len(sizes)
    rows = np.flatnonzero(labels >= 0)
    large = np.flatnonzero(sizes >= FEWEST)
    members = csr_array((np.ones(len(rows)), (labels[rows], rows)), shape=(k, len(labels)))
    mean = (members @ probs) / np.maximum(sizes, 1)[:, None]  # [K, K]: what items of a class are taken for
    own = np.maximum(np.diag(mean), TINY)
    taken = mean / (mean + own[:, None])
    either = (taken + taken.T)[np.ix_(large, large)]
    np.fill_diagonal(either, -1)
    likeliest = np.argsort(-either, axis=1, kind="stable")[:, :PAIRS]
    chosen = sorted(
        {
            (min(a, large[b]), max(a, large[b]))
            for a, row in zip(large, likeliest, strict=True)
            for b in row
            if a != large[b]
        }
    )
    rng = np.random.default_rng(0)
    return [_pair(int(a), int(b), labels, probs, sizes, rng) for a, b in chosen]


def _pair(
    one: int,
    other: int,
    labels: NDArray[np.int32],
    probs: NDArray[np.floating[Any]],
    sizes: NDArray[np.intp],
    rng: np.random.Generator,
) -> _Pair:
    first, second = np.flatnonzero(labels == one), np.flatnonzero(labels == other)
    # By the size of the classes: the larger one is likelier where nothing else tells.
    odds = [
        np.log(np.maximum(probs[at, one], TINY) / sizes[one])
        - np.log(np.maximum(probs[at, other], TINY) / sizes[other])
        for at in (first, second)
    ]
    apart = area(odds[0], odds[1])
    error = float(np.sqrt((len(first) + len(second) + 1) / (12 * len(first) * len(second))))
    told = 0.0
    if apart < 0.5 + OVERLAP / 2 or (odds[0] < 0).mean() >= PART or (odds[1] > 0).mean() >= PART:
        rest = np.flatnonzero((labels >= 0) & (labels != one) & (labels != other))
        if len(rest) >= FEWEST:
            rest = rng.choice(rest, SAMPLE, replace=False) if len(rest) > SAMPLE else rest
            either = [probs[at, one] + probs[at, other] for at in (np.concatenate([first, second]), rest)]
            told = area(either[0], either[1])
    return _Pair(one, other, apart, error, told, float((odds[0] < 0).mean()), float((odds[1] > 0).mean()))


def _differ(
    codes: list[int],
    labels: NDArray[np.int32],
    classes: Sequence[str],
    probs: NDArray[np.floating[Any]] | None,
    sizes: NDArray[np.intp],
) -> bool:
    """Say whether names that differ by a plural are told apart by their items: "new" and "news" are no slip."""
    if probs is None or len({plain(classes[code]) for code in codes}) == 1:
        return False
    one, other = sorted(codes, key=lambda code: -sizes[code])[:2]
    if sizes[other] < FEWEST:
        return False
    pair = _pair(one, other, labels, probs, sizes, np.random.default_rng(0))
    return pair.apart - SURE * pair.error > 0.5 + OVERLAP / 2


def area(one: NDArray[np.floating[Any]], other: NDArray[np.floating[Any]]) -> float:
    """Return how often a value of the first is above one of the second, ties half: the area under the ROC curve.

    References
    ----------
    Hanley, McNeil: The meaning and use of the area under a receiver operating characteristic curve (Radiology, 1982).

    >>> area(np.array([2.0, 3.0]), np.array([1.0, 2.0]))
    0.875
    """
    from scipy.stats import rankdata

    n, m = len(one), len(other)
    ranks = rankdata(np.concatenate([one, other]))
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def _overlaps(pair: _Pair) -> bool:
    return pair.told >= TOLD and pair.apart + SURE * pair.error <= 0.5 + OVERLAP * (pair.told - 0.5)


def _is_part(pair: _Pair, sizes: NDArray[np.intp]) -> bool:
    much, little = max(pair.there, pair.back), min(pair.there, pair.back)
    n = int(sizes[pair.one] if pair.there >= pair.back else sizes[pair.other])
    return much - SURE * float(np.sqrt(much * (1 - much) / n)) >= PART and little <= BACK


def _overlap(
    pair: _Pair, labels: NDArray[np.int32], classes: Sequence[str], probs: NDArray[np.floating[Any]] | None
) -> Finding:
    assert probs is not None
    items = np.flatnonzero((labels == pair.one) | (labels == pair.other))
    # The surest that they are of the other of the two come first.
    own, others = labels[items], np.where(labels[items] == pair.one, pair.other, pair.one)
    items = items[np.argsort(probs[items, own] - probs[items, others], kind="stable")]
    a, b = classes[pair.one], classes[pair.other]
    alike = pair.apart <= 0.5 + ALIKE * (pair.told - 0.5)
    how = "cannot be told apart" if alike else "overlap"
    figures = _figures([pair.one, pair.other], classes, len(items), pair.apart)
    return Finding(
        "alike" if alike else "overlap",
        f"{a} and {b}",
        f"{a} and {b} {how}: of an item of each the model knows which is which in {percentage(pair.apart)} of the "
        f"cases (a coin in 50 %), while it tells both from all other classes in {percentage(pair.told)}.",
        "Put them together if they mean the same, or say in the guideline what makes the difference.",
        f"{a} and {b} {how} by what the model sees.",
        items,
        figures,
    )


def _part(
    pair: _Pair,
    labels: NDArray[np.int32],
    classes: Sequence[str],
    probs: NDArray[np.floating[Any]] | None,
    sizes: NDArray[np.intp],
) -> Finding:
    assert probs is not None
    whole, part = (pair.one, pair.other) if pair.there >= pair.back else (pair.other, pair.one)
    mine = np.flatnonzero(labels == whole)
    odds = np.log(np.maximum(probs[mine, part], TINY) / sizes[part]) - np.log(
        np.maximum(probs[mine, whole], TINY) / sizes[whole]
    )
    items = mine[odds > 0][np.argsort(-odds[odds > 0], kind="stable")]
    a, b = classes[part], classes[whole]
    back = percentage(min(pair.there, pair.back))
    return Finding(
        "part",
        f"{a} in {b}",
        f"{len(items):,} of the {len(mine):,} items called {b} look like {a}, and {back} of {a} look like {b}: {a} "
        f"may be a part of {b}, or these labels are wrong.",
        f"Say in the guideline which of the two such an item gets, or relabel these as {a}.",
        f"It is called {b} and looks like {a}, as many do and few the other way round.",
        items,
        _figures([whole, part], classes, len(items), pair.apart),
    )


def _figures(
    codes: Sequence[int], classes: Sequence[str], items: int, apart: float = float("nan")
) -> dict[str, float | int | str]:
    return {"classes": ", ".join(classes[code] for code in codes), "items": items, "apart": apart}
