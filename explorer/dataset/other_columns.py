"""The user's columns that are neither label nor content, features, probabilities or key: kept as they came."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import UnknownName


class OtherColumns:
    """Names of columns, and their values once somebody asks. Safe from any thread.

    Parameters
    ----------
    names
        Of the columns, in their order.
    load
        Returns their values, R rows in the order of the dataset's. Called once, when they are first asked for.

    Examples
    --------
    >>> kept = OtherColumns(["source"], lambda: pd.DataFrame({"source": ["a", "b"]}))
    >>> kept.names, kept.frame(pd.RangeIndex(2))["source"].tolist()
    (('source',), ['a', 'b'])
    """

    def __init__(self, names: Iterable[str] = (), load: Callable[[], pd.DataFrame] | None = None) -> None:
        self.names = tuple(names)
        self._load = load
        self._made: pd.DataFrame | None = None
        self._lock = threading.Lock()

    def frame(self, index: pd.Index[Any]) -> pd.DataFrame:
        """Return all of them, with this index of the rows [R]."""
        if self._load is None or not self.names:
            return pd.DataFrame(index=index)
        with self._lock:
            if self._made is None:
                self._made = self._load()[list(self.names)]
        return self._made.set_axis(index, axis=0)

    def with_more(self, names: Iterable[str], frame: pd.DataFrame) -> OtherColumns:
        """Return these and further ones, whose values are at hand, R rows."""
        more = tuple(names)

        def both() -> pd.DataFrame:
            rows = pd.RangeIndex(len(frame))
            return pd.concat([self.frame(rows), frame.set_axis(rows, axis=0)], axis=1)

        return OtherColumns((*self.names, *more), both)


def value_of_items(
    values: pd.Series[Any], row_item: NDArray[np.int32], first_row: NDArray[np.int32]
) -> tuple[pd.Series[Any], int]:
    """Return a column's value of each item, that of its first row [N], and of how many items the rows differ.

    Parameters
    ----------
    values
        [R].
    row_item, first_row
        int32 [R] and [N], as of `Dataset`.

    Examples
    --------
    >>> column = pd.Series(["a", "b", "c"])
    >>> found, conflicts = value_of_items(column, np.array([0, 1, 0], np.int32), np.array([0, 1], np.int32))
    >>> found.tolist(), conflicts
    (['a', 'b'], 1)
    """
    found = values.iloc[first_row]
    used = np.flatnonzero(row_item >= 0)
    if len(used) == len(first_row):
        return found, 0
    codes = codes_of(values)
    differs = codes[used] != codes[first_row[row_item[used]]]
    return found, len(np.unique(row_item[used][differs]))


def codes_of(values: pd.Series[Any]) -> NDArray[np.int64]:
    """Return a number for each value, the same for equal ones, -1 for missing ones, int64 [n]."""
    try:
        codes, _ = pd.factorize(values)
    except TypeError:  # lists among them, which have no hash
        codes, _ = pd.factorize(pd.Series([None if v is None else repr(v) for v in values.tolist()], dtype=object))
    return codes.astype(np.int64)


def unknown_column(name: object, known: Iterable[object], remedy: str = "") -> UnknownName:
    """Return the error of a column that was not kept."""
    names = list(known)
    error = UnknownName("column", name, names, remedy)
    if remedy or error.nearest:
        return error
    return UnknownName("column", name, names, "What holds the labels, the items or their keys is not among them.")
