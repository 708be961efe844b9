"""All that detectors say about some items, as a matrix that a small model can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.compiled import verdict as kernels
from explorer.detectors.protocol import Findings, Inputs
from explorer.detectors.registry import get
from explorer.utils.logits import TINY, clipped_logit

if TYPE_CHECKING:
    from explorer.detectors.protocol import Opinionated

QUANTILES = 512
"""Places at which a column's distribution is kept."""

WIDTH = 16
"""Places that are looked through at once."""

POOL = "pool"
"""Name of the column that holds the pooled opinion's log-odds."""

OF_POOL = (POOL, f"{POOL}/rival", f"{POOL}/doubt")
"""Names of the columns that the pooled opinion gives."""

TIE = 1e-9
"""Probabilities as near as this are equal."""

KNOWN = 1e-6
"""Least difference between the probabilities of two classes that says anything."""


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
        float64 [Q + 1]: what becomes of a value under each of them, and over the last. NaN becomes 0, the middle.
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
            clipped_logit((ends[:-1] + ends[1:] + 1) / (2 * QUANTILES + 2)),
            clipped_logit((2 * ends + 1) / (2 * QUANTILES + 2)),
        )


class Scales:
    """The scales of several columns, one after the other.

    Parameters
    ----------
    scales
        By column. Their numbers begin after those of the pooled opinion's columns: they are places in the matrix.
    """

    def __init__(self, scales: Mapping[str, Scale]) -> None:
        nothing = Scale(np.empty(0), np.empty(0), np.empty(0))
        each = [*(nothing for _ in OF_POOL), *scales.values()]
        self.begins = np.concatenate([[0], np.cumsum([len(scale.places) for scale in each])]).astype(np.intp)
        self.places = np.concatenate([scale.places for scale in each])
        self.at = np.concatenate([scale.at for scale in each])
        # One that says nothing has an entry too, so that a column's number tells where its own begin.
        self.below = np.concatenate([scale.below if len(scale.below) else np.zeros(1) for scale in each])
        self.within = _in_blocks(each)
        self.ends = np.ascontiguousarray(self.within[:, :, -1])

    def write(
        self,
        columns: Sequence[NDArray[np.float32]],
        numbers: NDArray[np.intp],
        rows: NDArray[np.intp],
        into: NDArray[np.intp],
        matrix: NDArray[np.float32],
    ) -> NDArray[np.bool_]:
        """Scale some columns for some items, and say whose row of the matrix has got another value, bool [n].

        Parameters
        ----------
        columns
            float32 [N] each.
        numbers
            [columns]: the numbers of their scales.
        rows
            Positions of n items.
        into
            [n]: the rows of the matrix that their values go to.
        matrix
            float32 [·, C], written to.
        """
        values = np.empty((len(columns), len(rows)), np.float32)
        for value, column in zip(values, columns, strict=True):
            column.take(rows, out=value, mode="clip")  # numpy copies once more where positions may be wrong
        differs = np.empty(len(rows), bool)
        kernels.scale(
            values,
            numbers,
            self.begins,
            self.ends,
            self.within,
            self.places,
            self.at,
            self.below,
            into,
            matrix,
            differs,
        )
        return differs


def _in_blocks(scales: Sequence[Scale]) -> NDArray[np.float32]:
    """Return the places of each scale in blocks, float32 [scales, B, WIDTH]; infinite beyond the last.

    What float32 does not have is rounded down: then the same float32 values are above it.
    """
    most = max(len(scale.places) for scale in scales)
    result = np.full((len(scales), max(1, -(-most // WIDTH)) * WIDTH), np.inf, np.float32)
    for row, scale in zip(result, scales, strict=True):
        near = scale.places.astype(np.float32)
        row[: len(near)] = np.where(near > scale.places, np.nextafter(near, np.float32(-np.inf)), near)
    return result.reshape(len(scales), -1, WIDTH)


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


def column(findings: Findings, detector: str, name: str | None = None) -> NDArray[np.float32]:
    """Return a detector's score, float32 [N], or one of its further columns."""
    result = findings.results[detector]
    return result.score if name is None else result.columns[name]


def logs(inputs: Inputs, findings: Findings, names: Sequence[str], rows: NDArray[np.intp]) -> list[NDArray[np.float64]]:
    """Return each opinion's logarithm [rows, K], smoothed by what its detector says a zero is worth."""
    result = []
    for name in names:
        one = cast("Opinionated", get(name))
        opinion = one.opinion(inputs, findings.results[name], rows).astype(np.float64)
        result.append(np.log(opinion + one.floor))
    return result


def opinion(
    q: NDArray[np.float64],
    labels: NDArray[np.int32],
    into: NDArray[np.intp],
    matrix: NDArray[np.float32],
    suggested: NDArray[np.int32],
    share: NDArray[np.float32],
) -> None:
    """Write down what the pooled opinion q [n, K] says about items with labels [n].

    Parameters
    ----------
    into
        [n]: where in the arrays that are written to.
    matrix
        float32 [·, C]: its first columns, `OF_POOL`, get the log-odds against the label, and half those of the
        strongest other class and of doubt.
    suggested
        int32: the class that fits best; a tie goes to the given label, and so do items of which nothing is known.
    share
        float32: its probability if the given label is wrong; where that is the suggested one, or none is given, its
        probability.
    """
    kernels.read_pool(q, labels, TIE, KNOWN, TINY, into, matrix, suggested, share)
