"""All that detectors say about some items, as a matrix that a small model can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.noise import expit, logit
from explorer.detectors.protocol import Findings, Inputs
from explorer.detectors.registry import get

if TYPE_CHECKING:
    from explorer.detectors.protocol import Opinionated

QUANTILES = 512
"""Places at which a column's distribution is kept."""

TOGETHER = 500
"""Most items whose columns are scaled together."""

COLUMN = 34
"""Bits that a key has for the value in a column; the column's number stands above them."""

POOL = "pool"
"""Name of the column that holds the pooled opinion's log-odds."""


@dataclass(frozen=True, eq=False)
class Scale:
    """Turns a raw column into one of spread 1 around 0, whatever its unit: by its ranks, then to log-odds.

    Attributes
    ----------
    places
        float64 [Q]: quantiles of the column over all items that differ, ascending; empty for a column that says
        nothing.
    at
        float64 [Q]: what becomes of a value that is one of them: the middle of its quantiles, so that a value which
        most items have is not at an end of them.
    below
        float64 [Q + 1]: what becomes of a value under each of them, and over the last.
    """

    places: NDArray[np.float64]
    at: NDArray[np.float64]
    below: NDArray[np.float64]

    @classmethod
    def of(cls, column: NDArray[np.float32]) -> Scale:
        """Learn from a column [n]; NaN is nothing said."""
        real = column[np.isfinite(column)].astype(np.float64)
        if not len(real) or real.min() == real.max():
            return cls(np.empty(0), np.empty(0), np.empty(0))
        places, counts = np.unique(np.quantile(real, np.linspace(0, 1, QUANTILES)), return_counts=True)
        ends = np.concatenate([[0], np.cumsum(counts)])
        return cls(
            places,
            logit((ends[:-1] + ends[1:] + 1) / (2 * QUANTILES + 2)),
            logit((2 * ends + 1) / (2 * QUANTILES + 2)),
        )

    def apply(self, column: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the scaled column [n]; 0, which is the middle, for NaN."""
        if not len(self.places):
            return np.zeros(len(column))
        wide = column.astype(np.float64)
        place = np.searchsorted(self.places, wide)
        here = np.minimum(place, len(self.places) - 1)
        scaled: NDArray[np.float64] = np.where(self.places[here] == wide, self.at[here], self.below[place])
        scaled[np.isnan(wide)] = 0
        return scaled


class Scales:
    """The scales of several columns, asked together: for a few items that takes a fraction of one call for each.

    Parameters
    ----------
    scales
        By column.
    """

    def __init__(self, scales: Mapping[str, Scale]) -> None:
        self.each = tuple(scales.values())
        self.used = np.array([c for c, scale in enumerate(self.each) if len(scale.places)], dtype=np.intp)
        told = [self.each[c] for c in self.used]
        sizes = np.array([len(scale.places) for scale in told], dtype=np.intp)
        self.keys = np.repeat(np.arange(len(told)) << COLUMN, sizes) + _keys(
            np.concatenate([np.empty(0), *(scale.places for scale in told)])
        )
        self.at = np.concatenate([np.empty(0), *(scale.at for scale in told)])
        self.below = np.concatenate([np.empty(0), *(scale.below for scale in told)])
        self.last = (np.cumsum(sizes) - 1)[:, None]

    def apply(self, columns: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
        """Return the scaled columns, float64 [C, n], from C columns [n]; what `Scale.apply` returns of each."""
        n = len(columns[0]) if columns else 0
        result = np.zeros((len(self.each), n))
        if n > TOGETHER:
            for row, scale, column in zip(result, self.each, columns, strict=True):
                row[:] = scale.apply(column)
            return result
        if not len(self.used):
            return result
        values = np.array([columns[c] for c in self.used])
        number = np.arange(len(self.used))[:, None]
        unsaid = np.isnan(values)
        values[unsaid] = 0
        asked = (number << COLUMN) + 2 * _ordered(values)
        place = self.keys.searchsorted(asked)
        here = np.minimum(place, self.last)
        # Every column before has one place more in `below`.
        scaled = np.where(self.keys.take(here) == asked, self.at.take(here), self.below.take(place + number))
        scaled[unsaid] = 0
        result[self.used] = scaled
        return result


def _ordered(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return whole numbers in the order of some numbers, of which none is NaN; alike for equal ones."""
    bits = (values + np.float32(0)).view(np.int32)  # -0 becomes 0
    result: NDArray[np.int64] = np.where(bits < 0, bits ^ 0x7FFFFFFF, bits).astype(np.int64)
    return result


def _keys(places: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return whole numbers that lie among twice the `_ordered` ones of float32 numbers as the places lie among these.

    A place that no float32 number equals is odd, and thus equal to none.
    """
    above = places.astype(np.float32)
    above = np.where(above < places, np.nextafter(above, np.float32(np.inf)), above)
    result: NDArray[np.int64] = 2 * _ordered(above) - (above != places)
    return result


def readable(findings: Findings) -> list[str]:
    """Return the label detectors that can score any labels anew with their globals held: what plants are seen by."""
    found = []
    for name, result in findings.results.items():
        one = get(name)
        able = getattr(one, "combinable", None)
        if one.issue == "label" and (getattr(one, "exact", False) if able is None else able(result)):
            found.append(name)
    return found


def opinionated(findings: Findings) -> list[str]:
    """Return the detectors that hold an opinion on each item's class."""
    # A look at a protocol's every attribute would take longer than all the rest of an update.
    return [name for name in findings.results if hasattr(get(name), "opinion")]


def raw(findings: Findings, names: Sequence[str], rows: NDArray[np.intp]) -> dict[str, NDArray[np.float32]]:
    """Return scores and further columns of some detectors for some items, by "detector" or "detector/column"."""
    found: dict[str, NDArray[np.float32]] = {}
    for name in names:
        result = findings.results[name]
        found[name] = result.score[rows]
        found.update({f"{name}/{column}": values[rows] for column, values in result.columns.items()})
    return found


def logs(inputs: Inputs, findings: Findings, names: Sequence[str], rows: NDArray[np.intp]) -> list[NDArray[np.float64]]:
    """Return each opinion's logarithm [rows, K], smoothed by what its detector says a zero is worth."""
    result = []
    for name in names:
        one = cast("Opinionated", get(name))
        opinion = one.opinion(inputs, findings.results[name], rows).astype(np.float64)
        result.append(np.log(opinion + one.floor))
    return result


def pooled(q: NDArray[np.float64], labels: NDArray[np.int32]) -> dict[str, NDArray[np.float64]]:
    """Return what the pooled opinion q [n, K] says about labelled items: log-odds against the label, and its doubt."""
    each = np.arange(len(q))
    own = q[each, labels]
    rest = q.copy()
    rest[each, labels] = 0
    other = rest.max(axis=1)
    best = np.maximum(own, other)
    against, rival, doubt = logit(np.stack([own, other, 1 - best]))
    return {POOL: -against, f"{POOL}/rival": rival / 2, f"{POOL}/doubt": doubt / 2}


__all__ = ["POOL", "QUANTILES", "Scale", "Scales", "expit", "logit", "logs", "opinionated", "pooled", "raw", "readable"]
