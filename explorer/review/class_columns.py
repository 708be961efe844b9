"""A row of a table beside the rows of two classes: which columns tell, and which class the row is nearer to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.media.table import Table
from explorer.review.by_class import ByClass
from explorer.utils.text import percentage, short_number

CELLS = 20_000_000
"""Most cells that are compared: of a wider table the first columns, and never fewer than eight."""
SPREAD = 1.4826
"""Brings the median absolute deviation to the standard deviation of normal values."""
LEAST = 0.1
"""Least spread of a column within a class, as a share of its standard deviation in both classes."""
MISSING = "missing"
LONGEST = 200
"""Characters of a cell."""


class Column(NamedTuple):
    """One column of one row.

    Attributes
    ----------
    name, value, exact
        Its name; the cell, short and whole.
    first, second
        The median of either class; for what is no number, how many of the class have this cell ("in 12 %"). "" for a
        class that is not compared with.
    nearer
        0 or 1 for the class that the cell is nearer to, or commoner in; -1 for neither.
    """

    name: str
    value: str
    exact: str
    first: str
    second: str
    nearer: int


@dataclass(frozen=True)
class _Class:
    """Columns of one class: medians and spreads of the numbers, float64 [D]; counts of each value of the others."""

    size: int
    median: NDArray[np.float64]
    spread: NDArray[np.float64]
    counts: tuple[NDArray[np.int64], ...]


class ClassColumns:
    """The columns of a dataset of rows, compared class by class.

    Parameters
    ----------
    dataset
        Of rows of a table.

    Examples
    --------
    >>> import explorer
    >>> frame = pd.DataFrame({"noise": [1.0, 2.0] * 20, "size": [1.0] * 20 + [9.0] * 20, "key": range(40)})
    >>> dataset = explorer.read(frame.assign(label=list("a" * 20 + "b" * 20)), label="label", key="key")
    >>> ClassColumns(dataset).row(dataset.given, 0, first=1, second=0)[0]
    Column(name='size', value='1.00', exact='1.0', first='9.00', second='1.00', nearer=1)
    """

    def __init__(self, dataset: Dataset) -> None:
        content = dataset.content
        if not isinstance(content, Table):
            raise TypeError(f"{type(content).__name__} holds no rows of a table.")
        self.dataset = dataset
        frame = content.frame.iloc[dataset.first_row]
        self.total = frame.shape[1]
        frame = frame.iloc[:, : max(8, CELLS // max(1, len(frame)))]
        parts = [frame.iloc[:, n] for n in range(frame.shape[1])]
        numeric = [_is_number(part) for part in parts]
        self._names = [str(name) for name in frame.columns]
        self._numbers = np.flatnonzero(numeric)
        self._others = np.flatnonzero(np.logical_not(numeric))
        columns = [_numbers(parts[n]) for n in self._numbers]
        self._matrix = np.column_stack(columns) if columns else np.empty((len(frame), 0))
        coded = [_coded(parts[n]) for n in self._others]
        self._coded = np.column_stack(coded) if coded else np.empty((len(frame), 0), dtype=np.int64)
        self._classes = ByClass(self._class)

    def row(self, codes: NDArray[np.int32], item: int, *, first: int, second: int) -> list[Column]:
        """Return the columns of an item, the most telling first.

        A number tells by how far the two classes' medians lie apart, in units of their spread (the mean of both median
        absolute deviations), times how much nearer this row is to one of them. Any other cell tells by the log-ratio of
        its shares in the two classes. Where there is only one class to compare with, a number tells by how far it lies
        from the median.

        Parameters
        ----------
        codes
            int32 [N]: the labels now.
        first, second
            Classes; -1 for none.
        """
        cells = self.dataset.load(item)
        names = list(cells)
        one, two = (self._classes.of(codes, label) if label >= 0 else None for label in (first, second))
        told = [*self._of_numbers(item, one, two), *self._of_others(item, one, two)]
        order = sorted(range(len(told)), key=lambda n: -told[n][0])
        found = []
        for n in order:
            at, column = int([*self._numbers, *self._others][n]), told[n][1]
            cell = cells[names[at]]
            found.append(column._replace(name=self._names[at], value=_shown(cell), exact=str(cell)[:LONGEST]))
        return found

    def _of_numbers(self, item: int, one: _Class | None, two: _Class | None) -> list[tuple[float, Column]]:
        x = self._matrix[item]
        medians = [np.full(len(x), np.nan) if each is None else each.median for each in (one, two)]
        known = [each for each in (one, two) if each is not None]
        if not known or not len(x):
            return [(0.0, Column("", "", "", "", "", -1)) for _ in x]
        spread = np.maximum(np.mean([each.spread for each in known], axis=0), 1e-12)
        with np.errstate(invalid="ignore", over="ignore"):
            far = [np.abs(x - median) for median in medians]
            apart = np.abs(medians[0] - medians[1])
            if len(known) == 2:
                nearness = np.minimum(np.abs(far[0] - far[1]) / np.where(apart > 0, apart, 1), 1)
                tell = np.nan_to_num(apart / spread * nearness, nan=0.0, posinf=0.0)
                nearer = np.where(far[0] < far[1], 0, np.where(far[1] < far[0], 1, -1))
            else:
                tell = np.nan_to_num(np.fmin(far[0], far[1]) / spread, nan=0.0, posinf=0.0)
                nearer = np.full(len(x), -1)
        said = [
            ["" if each is None else "none" if np.isnan(value) else short_number(float(value)) for value in median]
            for each, median in zip((one, two), medians, strict=True)
        ]
        columns = [Column("", "", "", a, b, int(n)) for a, b, n in zip(*said, nearer, strict=True)]
        return list(zip(tell.tolist(), columns, strict=True))

    def _of_others(self, item: int, one: _Class | None, two: _Class | None) -> list[tuple[float, Column]]:
        found = []
        for n, code in enumerate(self._coded[item]):
            counts = [None if each is None else (int(each.counts[n][code]), each.size) for each in (one, two)]
            said = ["" if each is None else _share(*each) for each in counts]
            tell, nearer = 0.0, -1
            if counts[0] is not None and counts[1] is not None:
                logs = [float(np.log((k + 0.5) / (size + 1))) for k, size in (counts[0], counts[1])]
                tell = abs(logs[0] - logs[1])
                nearer = -1 if tell == 0 else int(logs[1] > logs[0])
            found.append((tell, Column("", "", "", said[0], said[1], nearer)))
        return found

    def _class(self, members: NDArray[np.bool_]) -> _Class:
        columns = self._matrix.shape[1]
        median, spread = np.full(columns, np.nan), np.zeros(columns)
        for n in range(columns):
            values = self._matrix[members, n]
            values = values[np.isfinite(values)]
            if len(values):
                median[n] = np.median(values)
                deviation = SPREAD * float(np.median(np.abs(values - median[n])))
                spread[n] = max(deviation, LEAST * float(values.std()))
        counts = tuple(
            np.bincount(column[members], minlength=int(column.max(initial=0)) + 1) for column in self._coded.T
        )
        return _Class(int(members.sum()), median, spread, counts)


def _is_number(column: pd.Series[Any]) -> bool:
    kinds = pd.api.types
    return bool(
        kinds.is_numeric_dtype(column) and not kinds.is_bool_dtype(column) and not kinds.is_complex_dtype(column)
    )


def _numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _coded(column: pd.Series[Any]) -> NDArray[np.int64]:
    """Number the values of a column, missing ones as 0."""
    known = column.notna().to_numpy()
    codes = np.zeros(len(column), dtype=np.int64)
    codes[known] = pd.factorize(column[known].astype(str))[0] + 1
    return codes


def _shown(cell: Any) -> str:
    if not pd.api.types.is_scalar(cell):
        return str(cell)[:LONGEST]
    if pd.isna(cell):
        return MISSING
    if isinstance(cell, int | np.integer) and not isinstance(cell, bool):
        return short_number(int(cell))
    if isinstance(cell, float | np.floating):
        return short_number(float(cell))
    return str(cell)[:LONGEST]


def _share(count: int, size: int) -> str:
    return f"in {percentage(count / size)}" if count and size else "in none"
