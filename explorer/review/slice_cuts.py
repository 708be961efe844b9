"""Items cut into slices by a column of the user's: its values, bins of a number, months of a time."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.errors import DataError, UnknownName
from explorer.readers.columns import numbers
from explorer.tasks.classification import natural
from explorer.utils.text import counted, printable

MISSING = "(missing)"
"""The slice of items without a value."""

FEW = 20
"""With no more distinct numbers than this each is a slice of its own."""

BINS = 5
"""Bins of a number, with as many items each, where nobody says how many."""

MOST = 10_000
"""Slices by value, at most: with more each holds next to nothing, and nothing can be told of one."""

MONTHS = 60
"""With more months than this times are cut into years."""

SPANS = {"day": 10, "month": 7, "year": 4}
"""Spans of time, and how many characters of an ISO date name one."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")


@dataclass(frozen=True, eq=False)
class Cut:
    """Items in slices.

    Attributes
    ----------
    by
        Name of the column.
    codes
        int32 [N]: slice of each item.
    names
        Of the slices; that of items without a value is the last.
    ordered
        Whether the slices have an order of their own (bins, months), which a table keeps.
    conflicts
        Items of which rows differ in the column: the first row counts.
    """

    by: str
    codes: NDArray[np.int32]
    names: tuple[str, ...]
    ordered: bool
    conflicts: int


def cut(dataset: Dataset, by: str, bins: Any = None) -> Cut:
    """Cut a dataset's items by a column.

    Parameters
    ----------
    by
        A kept column (`Dataset.columns`), or a feature of a table.
    bins
        `None`: numbers with more than 20 distinct values are cut into five bins with as many items each, times into
        months (years, if there are more than 60 months), all else by value. `False`: each value is a slice. A number:
        so many bins. Ascending numbers: cuts between bins. "day", "month" or "year" for times.

    Raises
    ------
    UnknownName
        No such column.
    DataError
        A column whose values are all different, or are no single values; bins that do not fit it.

    Examples
    --------
    >>> import explorer
    >>> ages = {"age": [31, 8, None, 70]}
    >>> found = cut(explorer.read(["a", "b", "c", "d"], label=list("xyxy"), columns=ages), "age", [18, 65])
    >>> found.names, found.codes.tolist()
    (('under 18', '18 to 65', '65 and more', '(missing)'), [1, 0, 3, 2])
    """
    if not isinstance(by, str):
        raise DataError(f"by={by!r} is no name of a column.", "Give it as text, such as by='source'.")
    _check_bins(bins)
    column, conflicts = dataset.column(by)
    gone = column.isna().to_numpy(bool) | np.array([isinstance(v, str) and not v for v in column.astype(object)], bool)
    values = column[~gone]
    _check_values(values, by)
    ordered = True
    spans = _times(values)
    amounts = None if spans is not None or bins is False else _numbers(values)
    if spans is not None and bins is not False:
        codes, names = _by_time(spans, bins, by)
    elif amounts is not None and _wants_bins(amounts, bins):
        codes, names = _by_number(amounts, bins)
    elif bins not in (None, False):
        raise DataError(
            f"The values of {by!r} are neither numbers nor times: bins={bins!r} does not fit.", "Leave it out."
        )
    else:
        codes, names = _by_value(values, by)
        ordered = amounts is not None
    every = np.full(len(column), len(names), dtype=np.int32)
    every[~gone] = codes
    missing = (_unlike(MISSING, names),) if gone.any() else ()
    return Cut(by, every, (*names, *missing), ordered, conflicts)


def members_of(dataset: Dataset, wanted: Mapping[str, Any]) -> NDArray[np.object_] | None:
    """Return the ids of items with these values, one or several by column; `None` where nothing is asked.

    Values are told by how they are written. `UnknownName` for a column, or a value, that there is none of.
    """
    keep = np.ones(len(dataset), dtype=bool)
    for by, values in wanted.items():
        several = isinstance(values, Iterable) and not isinstance(values, str | bytes)
        names = {_name(value) for value in (values if several else [values])}
        column = dataset.column(by)[0]
        gone = column.isna().to_numpy(bool)
        cells: list[str] = [MISSING if none else _name(v) for v, none in zip(column.astype(object), gone, strict=True)]
        known = sorted(set(cells), key=natural)
        for name in names.difference(known):
            raise UnknownName(f"value of {by!r} called", name, known)
        keep &= np.array([cell in names for cell in cells], dtype=bool)
    return dataset.item_ids[keep] if wanted else None


def _check_bins(bins: Any) -> None:
    if bins is None or bins is False or (isinstance(bins, str) and bins in SPANS):
        return
    if isinstance(bins, int | np.integer) and not isinstance(bins, bool) and 2 <= bins <= 1000:
        return
    if isinstance(bins, list | tuple | np.ndarray) and len(bins):
        cuts = [
            float(b) if isinstance(b, int | float | np.number) and not isinstance(b, bool) else math.nan for b in bins
        ]
        if all(map(math.isfinite, cuts)) and all(a < b for a, b in pairwise(cuts)):
            return
    raise DataError(
        f"bins={bins!r} are no bins.",
        "Give how many (2 to 1,000), the cuts between them in ascending order, 'day', 'month' or 'year', or False.",
    )


def _check_values(values: pd.Series[Any], by: str) -> None:
    if values.dtype != object:
        return
    for value in values.tolist():
        if not pd.api.types.is_scalar(value) or isinstance(value, bytes):
            raise DataError(
                f"The values of {by!r} are no single values: {type(value).__name__} is among them.",
                "Slices need a column of words, numbers or times.",
            )


def _times(values: pd.Series[Any]) -> list[str] | None:
    """Return times as ISO dates; `None` where some are none."""
    if not len(values):
        return None
    if pd.api.types.is_datetime64_any_dtype(values):
        return [str(text) for text in values.dt.strftime("%Y-%m-%d")]
    cells = values.tolist()
    if all(isinstance(cell, dt.date) for cell in cells):
        return [f"{cell:%Y-%m-%d}" for cell in cells]
    if not all(isinstance(cell, str) and _DATE.fullmatch(cell.strip()) for cell in cells):
        return None
    return [cell.strip()[:10] for cell in cells]


def _by_time(dates: list[str], bins: Any, by: str) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    if bins is not None and bins not in SPANS:
        raise DataError(
            f"The values of {by!r} are times: bins={bins!r} does not fit.", "Give 'day', 'month' or 'year'."
        )
    months = {date[:7] for date in dates}
    span = bins or ("year" if len(months) > MONTHS else "month")
    names, codes = np.unique([date[: SPANS[span]] for date in dates], return_inverse=True)
    return codes.astype(np.int32), tuple(map(str, names))


def _numbers(values: pd.Series[Any]) -> NDArray[np.float64] | None:
    """Return values as numbers; `None` where some are none, and for truth values."""
    if pd.api.types.is_bool_dtype(values) or not len(values):
        return None
    if pd.api.types.is_numeric_dtype(values):
        return None if pd.api.types.is_complex_dtype(values) else values.to_numpy(dtype=np.float64)
    cells = values.tolist()
    if all(isinstance(cell, int | float | np.number) and not isinstance(cell, bool) for cell in cells):
        return np.array([float(cell) for cell in cells])
    if not all(isinstance(cell, str) for cell in cells):
        return None
    parsed = numbers(values.astype(object))
    if parsed is None or parsed.isna().any():
        return None
    return np.array(parsed, dtype=np.float64)


def _wants_bins(amounts: NDArray[np.float64], bins: Any) -> bool:
    if isinstance(bins, str):
        return False
    return bins is not None or len(np.unique(amounts)) > FEW


def _by_number(amounts: NDArray[np.float64], bins: Any) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    if bins is None or isinstance(bins, int | np.integer):
        count = BINS if bins is None else int(bins)
        values = np.unique(amounts)
        cuts = values[1:]
        if len(values) > count:
            inner = np.quantile(amounts, np.arange(1, count) / count, method="higher")
            cuts = np.unique(np.maximum(inner, values[1]))  # many of the least value are one bin
    else:
        cuts = np.asarray(bins, dtype=np.float64)
    if not len(cuts):
        return np.zeros(len(amounts), dtype=np.int32), (f"{amounts.min():g}",)
    digits = next(d for d in (4, 6, 9, 12, 17) if len({f"{c:.{d}g}" for c in cuts}) == len(cuts))
    said = [f"{c:.{digits}g}" for c in cuts]
    every = (f"under {said[0]}", *(f"{a} to {b}" for a, b in pairwise(said)), f"{said[-1]} and more")
    present, codes = np.unique(np.searchsorted(cuts, amounts, side="right"), return_inverse=True)
    return codes.astype(np.int32), tuple(every[n] for n in present)


def _by_value(values: pd.Series[Any], by: str) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    texts = [_name(value) for value in values.astype(object)]
    several = set(texts)
    if len(several) == len(texts) > FEW:
        raise DataError(
            f"The {counted(len(texts), 'value')} of {by!r} are all different: it is the name of each item, and "
            "slices nothing.",
            "Give a column whose values come again.",
        )
    if len(several) > MOST:
        raise DataError(
            f"The {len(several):,} different values of {by!r} would be a slice each; {MOST:,} at most are told apart.",
            "Give a coarser column, or bins= where it holds numbers or times.",
        )
    distinct = sorted(several, key=natural)
    place = {name: code for code, name in enumerate(distinct)}
    return np.array([place[text] for text in texts], dtype=np.int32), tuple(distinct)


def _name(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return printable(str(value))


def _unlike(name: str, names: tuple[str, ...]) -> str:
    while name in names:
        name = f"({name})"
    return name
