"""Properties of items that give a label away: brightness, blur, length, missing cells; tested by permuted labels.

`explorer/cues/pages/properties.md` has the formula, when to trust it and its sources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.cues.finding import Finding
from explorer.errors import DataError
from explorer.utils.text import percentage

PERMUTATIONS = 199
"""Deals of the labels that the real one is compared with; the smallest p-value is 1 in one more."""

SURE = 0.05
"""Chance that any property at all is named where none has to do with the labels."""

SAMPLE = 20_000
"""Most items whose labels are dealt anew."""

FEWEST = 10
"""Items that a class must have: of fewer nothing is sure that matters."""

MOSTLY = 0.75
"""How far the share of a class among the items beyond that cut must be on the way from chance to all of them: what is
the matter itself varies with the classes as well, but seldom belongs to hardly any other."""

HALF = 0.5
"""How much larger the share of a class beyond one cut of the property must be than that of all others."""


class Permuted(NamedTuple):
    """How the properties go with the classes.

    Attributes
    ----------
    z
        float64 [P, K]: sum of the ranks of each class, from their mean, over its standard deviation under permuted
        labels; 0 where a class has too few items, or the property one value only.
    p_value
        float64 [P, K]: share of the permutations in which any |z| of any property and class is as large.
    """

    z: NDArray[np.float64]
    p_value: NDArray[np.float64]


class Cut(NamedTuple):
    """The cut of a property that tells a class best from all others.

    Attributes
    ----------
    at
        The value.
    above
        The class lies at or above it; else below or at it.
    inside, outside
        Shares of the class, and of all others, that lie there. Their difference is at most 1.
    """

    at: float
    above: bool
    inside: float
    outside: float


def permutation_test(
    values: NDArray[np.floating[Any]], labels: NDArray[np.int32], n_classes: int, seed: int = 0
) -> Permuted:
    """Compare the mean rank of every class with those under permuted labels, for all properties and classes at once.

    Parameters
    ----------
    values
        float [P, N]: a row a property; NaN where it is not known.
    labels
        int32 [N]: class codes, -1 for none.
    n_classes
        K.
    seed
        Of the permutations.

    Returns
    -------
    Permuted
        `p_value` is corrected for all properties and classes by the largest |z| of each permutation (Westfall and
        Young). 1 everywhere with fewer than two classes of `FEWEST` items.

    Raises
    ------
    DataError
        Arrays that do not belong together.

    References
    ----------
    Westfall, Young: Resampling-based multiple testing (1993). Kruskal, Wallis: Use of ranks in one-criterion variance
    analysis (JASA, 1952).

    Examples
    --------
    >>> labels = np.repeat([0, 1], 20).astype(np.int32)
    >>> found = permutation_test(labels[None] + np.linspace(0, 0.5, 40), labels, 2)
    >>> found.p_value.tolist()
    [[0.005, 0.005]]
    """
    from scipy.sparse import csr_array

    if values.ndim != 2 or values.shape[1] != len(labels):
        raise DataError(
            f"The properties have the shape {values.shape} for {len(labels):,} labels.", "Give a row a property."
        )
    if len(labels) and (labels.min() < -1 or labels.max() >= n_classes):
        raise DataError(f"Labels are class codes from 0 to {n_classes - 1}, or -1 for unlabelled.")
    count = len(values), n_classes
    rng = np.random.default_rng(seed)
    rows = np.flatnonzero(labels >= 0)
    if len(rows) > SAMPLE:
        rows = np.sort(rng.choice(rows, SAMPLE, replace=False))
    codes, n = labels[rows], len(rows)
    sizes = np.bincount(codes, minlength=n_classes).astype(np.float64)
    tested = (sizes >= FEWEST) & (sizes < n)
    if tested.sum() < 1 or n < 2 or not count[0]:
        return Permuted(np.zeros(count), np.ones(count))
    ranks = np.stack([_centred_ranks(each[rows]) for each in values]).T  # [n, P]
    squares = (ranks**2).sum(axis=0)
    spread = np.sqrt(np.outer(sizes * (n - sizes), squares) / (n * (n - 1.0)))  # [K, P]
    spread[~tested] = 0

    def deviations(of: NDArray[np.int32]) -> NDArray[np.float64]:
        members = csr_array((np.ones(n), (of, np.arange(n))), shape=(n_classes, n))
        sums: NDArray[np.float64] = members @ ranks
        return np.divide(sums, spread, out=np.zeros_like(sums), where=spread > 0)

    real = deviations(codes)
    largest = np.array([np.abs(deviations(rng.permutation(codes))).max() for _ in range(PERMUTATIONS)])
    as_large = (largest[:, None, None] >= np.abs(real)[None] - 1e-9).sum(axis=0)
    p_value = np.where(spread > 0, (1 + as_large) / (PERMUTATIONS + 1), 1.0)
    return Permuted(real.T, p_value.T)


def best_cut(values: NDArray[np.floating[Any]], mine: NDArray[np.bool_]) -> Cut:
    """Return the cut of a property beyond which most of some items lie and fewest of the others (Kolmogorov–Smirnov).

    Parameters
    ----------
    values
        float [n], none missing.
    mine
        bool [n]: which are of the class; some are, and some are not.

    Examples
    --------
    >>> best_cut(np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, False, True, True]))
    Cut(at=3.0, above=True, inside=1.0, outside=0.0)
    """
    found, place = np.unique(values, return_inverse=True)
    of_mine = np.bincount(place[mine], minlength=len(found)) / max(1, int(mine.sum()))
    of_others = np.bincount(place[~mine], minlength=len(found)) / max(1, int((~mine).sum()))
    inside, outside = np.cumsum(of_mine), np.cumsum(of_others)
    below = inside - outside  # at or below each value; its negative is above the value, that is at or above the next
    low, high = int(below.argmax()), int(below[:-1].argmin()) if len(found) > 1 else 0
    if below[low] >= -below[high] or len(found) < 2:
        return Cut(float(found[low]), False, float(inside[low]), float(outside[low]))
    return Cut(float(found[high + 1]), True, 1 - float(inside[high]), 1 - float(outside[high]))


def property_cues(
    values: Mapping[str, NDArray[np.floating[Any]]],
    labels: NDArray[np.int32],
    classes: Sequence[str],
    seed: int = 0,
    words: Mapping[str, tuple[str, str]] | None = None,
) -> list[Finding]:
    """Return the properties that give a class away by more than chance and by a size that matters.

    A property is named of a class where the mean rank of the class lies farther from that of all than in all but
    `SURE` of the permutations, of any property and class; where beyond one cut lies a share of the class that is by at
    least `HALF` larger than that of all other items; and where the share of the class among the items there is at least
    `MOSTLY` from chance to all of them.

    Parameters
    ----------
    values
        By name of the property: float [N], NaN where it is not known.
    labels
        int32 [N]: class codes, -1 for none.
    classes
        [K] names.
    seed
        Of the permutations.
    words
        By name of the property: what an item is called below and above the cut, such as ("darker", "brighter").

    Returns
    -------
    list of Finding
        The largest first; `items` lie beyond the cut and carry the class, the farthest first. Figures: `class`,
        `items` beyond the cut, `share` of the class and `expected` of all others that lie there, `reach` (their
        difference), `z`, `p_value` (corrected), `cut`. Empty with fewer than two classes in use.

    Raises
    ------
    DataError
        As `permutation_test`.

    Examples
    --------
    >>> labels = np.repeat([0, 1], 30).astype(np.int32)
    >>> dark = {"brightness": 100 - 60.0 * labels + np.arange(60)}
    >>> found = property_cues(dark, labels, ["cat", "dog"], words={"brightness": ("darker", "brighter")})
    >>> [one.name for one in found]
    ['brighter for cat', 'darker for dog']
    """
    table = np.stack([np.asarray(each, dtype=np.float64) for each in values.values()]) if values else np.empty((0, 0))
    if not table.size:
        return []
    test = permutation_test(table, labels, len(classes), seed)
    found: list[tuple[float, Finding]] = []
    for at, name in enumerate(values):
        known = np.flatnonzero((labels >= 0) & np.isfinite(table[at]))
        for code in np.flatnonzero(test.p_value[at] <= SURE).tolist():
            mine = labels[known] == code
            if mine.sum() < FEWEST or mine.all():
                continue
            cut = best_cut(table[at][known], mine)
            if cut.inside - cut.outside < HALF or _lift(cut, float(mine.mean())) < MOSTLY:
                continue
            one = (words or {}).get(name, (f"lower {name}", f"higher {name}"))[int(cut.above)]
            figures: dict[str, float | int | str] = {
                "z": float(test.z[at, code]),
                "p_value": float(test.p_value[at, code]),
            }
            told = _finding(one, classes[code], table[at], labels == code, cut, figures)
            found.append((cut.outside - cut.inside, told))
    return [each for _, each in sorted(found, key=lambda pair: (pair[0], pair[1].name))]


def _lift(cut: Cut, prior: float) -> float:
    """Return how far the share of a class beyond a cut is on the way from its share of all items to 1."""
    share = cut.inside * prior / (cut.inside * prior + cut.outside * (1 - prior))
    return (share - prior) / (1 - prior)


def _finding(
    one: str,
    name: str,
    values: NDArray[np.float64],
    mine: NDArray[np.bool_],
    cut: Cut,
    figures: dict[str, float | int | str],
) -> Finding:
    beyond = values >= cut.at if cut.above else values <= cut.at  # false where it is not known
    items = np.flatnonzero(beyond & mine)
    items = items[np.argsort(-values[items] if cut.above else values[items], kind="stable")]
    shares = f"{percentage(cut.inside)} of {name} and {percentage(cut.outside)} of all other items"
    return Finding(
        "property",
        f"{one} for {name}",
        f"{shares} are {one} (a cut at {cut.at:.4g}).",
        "Where that does not belong to the matter, a model learns it instead: even it out, or collect items of all "
        "classes that differ in it.",
        f"It is {one}, as are {shares}.",
        items,
        {
            "class": name,
            "items": int(beyond.sum()),
            "share": cut.inside,
            "expected": cut.outside,
            "reach": cut.inside - cut.outside,
            "cut": cut.at,
            **figures,
        },
    )


def _centred_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ranks from their mean, ties shared; 0 where a value is not known."""
    from scipy.stats import rankdata

    known = np.isfinite(values)
    ranks = np.zeros(len(values))
    if known.any():
        ranks[known] = rankdata(values[known])
        ranks[known] -= ranks[known].mean()
    return ranks
