"""How many labels are wrong in each slice of a dataset, which slices differ from the rest, and in which directions.

Formula
-------
A slice's errors are those found in it and those that `errors_left` estimates to be left in it, with its interval.
Whether it differs from the rest is asked of expected counts: k errors found or held likely (Σ `p_error`) among the
slice's n labels, K among all N. Were the slice any n of the labels, k would be hypergeometric; its tail at k, rounded
towards the mean, is the p-value, doubled for two sides, and multiplied by Holm for as many slices as there are.

A direction is a given class and another that fits better. Its rate is the share of a slice's labels of the given class
that are held to be of the other, with Wilson's interval at that many labels.

When to trust it
----------------
Tests and directions rest on `p_error`: where it is blind, in one slice more than in others, they are. Before random
checks are answered the interval of a slice's rate is the range of the model's own assumptions; all slices share most of
what is unsure of it, so that slices may differ surely whose intervals overlap.

References
----------
Holm: A simple sequentially rejective multiple test procedure (Scandinavian Journal of Statistics 1979); Wilson:
Probable inference, the law of succession, and statistical inference (Journal of the American Statistical Association
1927).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.errors import UnknownName
from explorer.estimates.errors_left import Heard
from explorer.estimates.results import ENOUGH
from explorer.utils.proportions import wilson
from explorer.utils.text import Spoken, are, counted, paragraph, percentage, shortened

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.05
"""Chance that a table in which no slice differs says of any that it does."""

LEAST = 0.5
"""Directions with fewer expected errors are not listed."""

SHOWN = 20
"""Rows that a notebook shows."""

NAMED = 3
"""Slices that the sentence names."""


@dataclass(frozen=True, eq=False, repr=False)
class SliceRates(Spoken):
    """Wrong labels by slice.

    Attributes
    ----------
    by
        Name of the column.
    table
        By slice: `items`, `labels`, `reviewed`, `found` (wrong labels found), `left`, `left_low`, `left_high` (wrong
        labels left, with the 95 % interval of `review.left()`), `wrong` (found and left), `rate`, `low`, `high` (as a
        share of the labels), `rest` (`rate` of all other slices together), `p_value` (of differing from the rest,
        corrected for the number of slices) and `differs` ("more", "fewer" or "").
    directions
        By `slice`, `given` and `suggested` class: `errors` (expected number), `labels` (of the given class in the
        slice), `rate`, `low`, `high`.
    basis, draws
        As of `Left`: "audit" or "model", and how many random checks are answered.
    conflicts
        Items whose rows differ in the column: their first row counts.
    """

    by: str
    table: pd.DataFrame
    directions: pd.DataFrame
    basis: str
    draws: int
    conflicts: int = 0
    members: tuple[NDArray[np.object_], NDArray[np.int32], tuple[str, ...]] = field(
        default_factory=lambda: (np.empty(0, object), np.empty(0, np.int32), ())
    )
    """Ids of all items, the slice of each, and the names of the slices by that number."""

    @property
    def differing(self) -> pd.DataFrame:
        """The slices that differ from the rest by more than chance makes, the surest first."""
        return self.table[self.table["differs"] != ""].sort_values("p_value", kind="stable")

    def items(self, name: str) -> list[str]:
        """Return the ids of the items of a slice; `UnknownName` where there is none of that name."""
        ids, codes, names = self.members
        if name not in names:
            raise UnknownName(f"slice of {self.by!r} called", name, names)
        return [str(item) for item in ids[codes == names.index(name)]]

    def sentence(self) -> str:
        """Say it in plain words."""
        count = len(self.table)
        if count < 2:
            only = f" ({shortened(str(self.table.index[0]))!r})" if count else ""
            return f"All items have the same {self.by!r}{only}: there is nothing to compare."
        found = self.differing
        parts = []
        for name, row in list(zip(found.index, found.to_dict("records"), strict=True))[:NAMED]:
            labels = int(row["labels"])
            of = f"about {round(row['wrong']):,} of {counted(labels, 'label')}"
            between = f"{100 * row['low']:.0f} to {100 * row['high']:.0f} %"
            parts.append(
                f"{shortened(str(name))!r} has {row['differs']} wrong labels than the rest: {of} "
                f"({percentage(row['rate'])}, {between}), elsewhere {percentage(row['rest'])}"
            )
        if not parts:
            rates = self.table["rate"].dropna()
            spread = f"; rates go from {percentage(rates.min())} to {percentage(rates.max())}" if len(rates) else ""
            said = f"By {self.by!r} none of {count:,} slices differs from the rest by more than chance makes{spread}."
        else:
            more = len(found) - len(parts)
            further = f" {counted(more, 'more slice')} differ{'s' if more == 1 else ''}." if more else ""
            said = f"By {self.by!r}: {'; '.join(parts)}.{further}"
        return said + self._notes()

    def _notes(self) -> str:
        notes = ""
        if self.basis == "model":
            missing = max(1, ENOUGH - self.draws)
            notes += f" This is what the model believes; answer {missing:,} random checks to be surer."
        if self.conflicts:
            which, their = ("has", "its") if self.conflicts == 1 else ("have", "their")
            notes += f" {counted(self.conflicts, 'item')} {which} rows that differ in it: {their} first row counts."
        return notes

    def _repr_html_(self) -> str:
        return paragraph(self.sentence()) + html_of(self.table)


def html_of(table: pd.DataFrame) -> str:
    """Return the first rows of a table as HTML in which nothing is markup, and how many more there are."""
    shown = table.head(SHOWN).to_html(escape=True, border=0, float_format=lambda value: f"{value:.3g}")
    more = len(table) - SHOWN
    return shown + (f"<p><small>{escape(f'{more:,} more rows {are(2)} in .table')}</small></p>" if more > 0 else "")


def holm(p: ArrayLike, tests: int | None = None) -> NDArray[np.float64]:
    """Return p-values [n] corrected for many by Holm's procedure.

    Parameters
    ----------
    tests
        How many tests there were, where only the n smallest p-values are given and all others are 1.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    given = np.asarray(p, dtype=np.float64)
    count = len(given) if tests is None else tests
    order = np.argsort(given, kind="stable")
    steps = np.minimum(given[order] * (count - np.arange(len(given))), 1)
    found = np.empty(len(given))
    found[order] = np.maximum.accumulate(steps) if len(steps) else steps
    return found


def slice_table(
    heard: Heard, codes: NDArray[np.int32], belief: NDArray[np.float64], n_slices: int
) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Return the table of `SliceRates`, a row a slice in their order, and how likely each label is wrong, float64 [N].

    Parameters
    ----------
    heard
        Answers to the random checks, N rows.
    codes
        int32 [N]: slice of each row.
    belief
        float64 [N]: `p_error` now; NaN where unlabelled.
    """
    import pandas as pd

    labelled = heard.labelled
    labelled = labelled[np.isfinite(belief[labelled]) | heard.looked[labelled]]
    likely = np.where(heard.looked, np.nan_to_num(heard.answer), np.nan_to_num(belief))
    mine = labelled[np.argsort(codes[labelled], kind="stable")]
    ends = np.searchsorted(codes[mine], np.arange(n_slices + 1))
    rows = []
    for code in range(n_slices):
        part = mine[ends[code] : ends[code + 1]]
        looked = heard.looked[part]
        left, _, low, high = heard.interval(part) if len(part) else (0.0, 0.0, 0.0, 0.0)
        rows.append((len(part), int(looked.sum()), int(heard.answer[part][looked].sum()), left, low, high))
    names = ["labels", "reviewed", "found", "left", "left_low", "left_high"]
    table = pd.DataFrame(rows, columns=names, index=pd.RangeIndex(n_slices, name="slice"))
    table.insert(0, "items", np.bincount(codes, minlength=n_slices))
    apart, whole = float(table["left"].sum()), heard.whole[0]
    if apart > whole:  # each slice is cut off at nothing by itself; together they are as many as there are
        table["left"] *= whole / apart
        table["left_low"] = np.minimum(table["left_low"], table["left"])
    labels = table["labels"].to_numpy(np.float64)
    share = np.where(labels > 0, 1 / np.maximum(labels, 1), np.nan)
    table["wrong"] = table["found"] + table["left"]
    for name, ending in (("rate", "left"), ("low", "left_low"), ("high", "left_high")):
        table[name] = (table["found"] + table[ending]) * share
    others = labels.sum() - labels
    wrong = table["wrong"].to_numpy(np.float64)
    table["rest"] = np.where(others > 0, (wrong.sum() - wrong) / np.maximum(others, 1), np.nan)
    expected = np.bincount(codes[labelled], likely[labelled], n_slices).astype(np.float64)
    p_value, more = _differing(expected, labels)
    table["p_value"] = p_value
    # Where answers have moved the estimate to the other side, nothing is claimed.
    same = (table["rate"] > table["rest"]).to_numpy() == more
    table["differs"] = np.where((p_value < LEVEL) & same, np.where(more, "more", "fewer"), "")
    return table, likely


def _differing(
    expected: NDArray[np.float64], labels: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return by slice the corrected p-value of having another rate than the rest, and whether it is a higher one."""
    from scipy.stats import hypergeom

    n, total = int(labels.sum()), round(float(expected.sum()))
    p_value = np.ones(len(labels))
    some = np.flatnonzero((labels > 0) & (labels < n))
    if not len(some) or not 0 < total < n:
        return p_value, np.zeros(len(labels), dtype=bool)
    k, m = expected[some], labels[some].astype(np.int64)
    # Rounded towards the mean, an estimate claims no more than a count would.
    above = hypergeom.sf(np.floor(k + 1e-9) - 1, n, total, m)
    below = hypergeom.cdf(np.ceil(k - 1e-9), n, total, m)
    p_value[some] = holm(np.minimum(1, 2 * np.minimum(above, below)))
    more = np.zeros(len(labels), dtype=bool)
    more[some] = k / m > total / n
    return p_value, more


def direction_table(
    codes: NDArray[np.int32], given: NDArray[np.int32], other: NDArray[np.int32], likely: NDArray[np.float64]
) -> pd.DataFrame:
    """Return expected errors by slice, given and better class; indexed by their codes, the most errors first.

    Parameters
    ----------
    codes, given, other
        int32 [N]: slice, given class (-1 for none) and the class that fits better (-1 for none).
    likely
        float64 [N]: how likely the label is wrong.
    """
    import pandas as pd

    columns = ["errors", "labels", "rate", "low", "high"]
    classes = int(max(given.max(initial=-1), other.max(initial=-1))) + 1
    labelled = given >= 0
    pair = codes.astype(np.int64) * max(classes, 1) + given
    apart = labelled & (other >= 0) & (other != given) & (likely > 0)
    keys, place = np.unique(pair[apart] * max(classes, 1) + other[apart], return_inverse=True)
    errors = np.bincount(place, likely[apart], len(keys))
    pairs, counts = np.unique(pair[labelled], return_counts=True)
    keep = errors >= LEAST
    keys, errors = keys[keep], errors[keep]
    of = counts[np.searchsorted(pairs, keys // max(classes, 1))] if len(keys) else np.empty(0, dtype=np.int64)
    low, high = wilson(errors, of)
    order = np.lexsort((keys, -errors))
    values = np.column_stack([errors, of, errors / np.maximum(of, 1), low, high])[order]
    levels = (keys[order] // max(classes, 1) ** 2, keys[order] // max(classes, 1) % max(classes, 1))
    index = pd.MultiIndex.from_arrays([*levels, keys[order] % max(classes, 1)], names=["slice", "given", "suggested"])
    return pd.DataFrame(values, columns=columns, index=index).astype({"labels": np.int64})
