"""Labels that mean something else in one slice of the data than elsewhere.

Formula
-------
Of the items with a given label c, an opinion that has not seen the label (the held-out model's first choice, or the
neighbours' vote) names a class o. Were c to mean the same everywhere, the slices would be any of these items: of n
items in slice s among the N of class c, of which the opinion calls M an o, the number k of those in s would be
hypergeometric, which is the permutation test of slices within the class without the permutations. Its upper tail is
the p-value, corrected by Holm for all slices, classes and opinions that there could have been.

When to trust it
----------------
It says that items of one label look like another class more often in a slice than elsewhere. That may be another
meaning of the label there, more slips of the pen, or harder items. The opinion is learnt from all slices: one whose
items lie apart from all others may have taught it its own meaning, and then nothing is seen.

References
----------
Good: Permutation, parametric and bootstrap tests of hypotheses (Springer 2005), on exact tests within strata; Holm: A
simple sequentially rejective multiple test procedure (Scandinavian Journal of Statistics 1979).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError
from explorer.estimates.slice_rates import LEVEL, NAMED, holm, html_of
from explorer.utils.text import Spoken, counted, paragraph, shortened

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Cells:
    """What was counted, an entry each combination of slice, given class and opinion that differ; all are [M].

    Attributes
    ----------
    slice, given, opinion
        Codes.
    count, of
        Items of the class in the slice that look like the opinion, and all of the class there.
    elsewhere, of_elsewhere
        The same of all other slices.
    p_value
        Corrected.
    """

    slice: NDArray[np.int64]
    given: NDArray[np.int64]
    opinion: NDArray[np.int64]
    count: NDArray[np.int64]
    of: NDArray[np.int64]
    elsewhere: NDArray[np.int64]
    of_elsewhere: NDArray[np.int64]
    p_value: NDArray[np.float64]

    def at(self, places: NDArray[np.intp] | NDArray[np.bool_]) -> Cells:
        """Return some of them."""
        codes = self.slice[places], self.given[places], self.opinion[places]
        counts = self.count[places], self.of[places], self.elsewhere[places], self.of_elsewhere[places]
        return Cells(*codes, *counts, self.p_value[places])


@dataclass(frozen=True, eq=False, repr=False)
class Shift(Spoken):
    """Labels that mean something else elsewhere.

    Attributes
    ----------
    by
        Name of the column.
    table
        A row each finding, the surest first: `slice`, `given`, `looks_like`, `count` of `of` items in the slice,
        `share`, `elsewhere`, `of_elsewhere` and `share_elsewhere` of the other slices, `p_value` (corrected).
    tests
        Combinations that were compared.
    opinion
        Whose opinion it is: "model" (held out) or "neighbours".
    ids
        Ids of the items of each finding.
    """

    by: str
    table: pd.DataFrame
    tests: int
    opinion: str
    ids: tuple[tuple[str, ...], ...]

    def items(self, finding: int = 0) -> list[str]:
        """Return the ids of the items of a finding, by its place in the table; `DataError` where there is none."""
        if not 0 <= finding < len(self.ids):
            raise DataError(f"There is no finding {finding!r}.", f"There are {counted(len(self.ids), 'finding')}.")
        return list(self.ids[finding])

    def sentence(self, rest: str = "in .table") -> str:
        """Say it in plain words; `rest` is where more findings stand than these name."""
        if not self.tests:
            return f"There is nothing to compare: no class has items in several slices of {self.by!r}."
        if self.table.empty:
            return f"No label means something else in a slice of {self.by!r} than elsewhere, as far as can be seen."
        parts = [
            f"In {self.by} {shortened(row['slice'])!r} {row['count']:,} of {row['of']:,} {row['given']!r} look like "
            f"{row['looks_like']!r} elsewhere (of the {row['of_elsewhere']:,} elsewhere {row['elsewhere']:,} do)."
            for row in self.table.head(NAMED).to_dict("records")
        ]
        more = len(self.table) - len(parts)
        return " ".join(parts) + (
            f" {counted(more, 'more finding')} {'is' if more == 1 else 'are'} {rest}." if more else ""
        )

    def _repr_html_(self) -> str:
        return paragraph(self.sentence()) + (html_of(self.table) if len(self.table) else "")


def compare(
    codes: NDArray[np.int32], given: NDArray[np.int32], opinion: NDArray[np.int32], n_classes: int
) -> tuple[Cells, int]:
    """Compare what items of a label look like, slice by slice; returns what was counted and the number of tests.

    Parameters
    ----------
    codes
        int32 [N]: slice of each item.
    given, opinion
        int32 [N]: given class, and the class that an opinion names that has not seen the label; -1 for none.

    Examples
    --------
    >>> codes = np.repeat([0, 1], 20).astype(np.int32)
    >>> given, opinion = np.zeros(40, np.int32), np.repeat([0, 1], 20).astype(np.int32)
    >>> cells, tests = compare(codes, given, opinion, n_classes=2)
    >>> int(cells.slice[0]), int(cells.count[0]), bool(cells.p_value[0] < 1e-6), tests
    (1, 20, True, 2)
    """
    from scipy.stats import hypergeom

    known = (given >= 0) & (opinion >= 0)
    s, c, o = (each[known].astype(np.int64) for each in (codes, given, opinion))
    n_slices = int(s.max(initial=-1)) + 1
    of_class = np.bincount(c, minlength=n_classes)
    in_slice, sizes = np.unique(c * n_slices + s, return_counts=True)
    named, totals = np.unique(c * n_classes + o, return_counts=True)
    slices = np.bincount(in_slice // max(n_slices, 1), minlength=n_classes)
    others = np.bincount((named // n_classes)[named // n_classes != named % n_classes], minlength=n_classes)
    tests = int((slices * others)[slices > 1].sum())
    keys, counts = np.unique((c * n_slices + s) * n_classes + o, return_counts=True)
    pair, looks = keys // n_classes, keys % n_classes
    label = pair // max(n_slices, 1)
    apart = (looks != label) & (slices[label] > 1)
    pair, looks, label, counts = pair[apart], looks[apart], label[apart], counts[apart]
    of = sizes[np.searchsorted(in_slice, pair)] if len(pair) else pair
    total = totals[np.searchsorted(named, label * n_classes + looks)] if len(pair) else pair
    p = hypergeom.sf(counts - 1, of_class[label], total, of) if len(pair) else np.empty(0)
    cells = Cells(
        pair % max(n_slices, 1),
        label,
        looks,
        counts.astype(np.int64),
        of.astype(np.int64),
        (total - counts).astype(np.int64),
        (of_class[label] - of).astype(np.int64),
        holm(p, tests),
    )
    order = np.lexsort((-cells.count, cells.p_value))
    return cells.at(order), tests


def members(
    cells: Cells, codes: NDArray[np.int32], given: NDArray[np.int32], opinion: NDArray[np.int32]
) -> list[NDArray[np.intp]]:
    """Return the items of each cell, ascending; all items are sorted once, however many cells there are.

    Parameters
    ----------
    codes, given, opinion
        As of `compare`.
    """
    k = int(max(given.max(initial=-1), opinion.max(initial=-1))) + 1
    rows = np.flatnonzero((given >= 0) & (opinion >= 0))
    key = (codes[rows].astype(np.int64) * k + given[rows]) * k + opinion[rows]
    order = np.argsort(key, kind="stable")
    wanted = (cells.slice * k + cells.given) * k + cells.opinion
    ends = np.searchsorted(key[order], wanted), np.searchsorted(key[order], wanted, side="right")
    return [rows[order[start:end]] for start, end in zip(*ends, strict=True)]


def surprising(cells: Cells) -> Cells:
    """Return those that chance does not make."""
    return cells.at(cells.p_value < LEVEL)
