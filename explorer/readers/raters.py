"""What a person gives as raters, in any of its forms → one `RaterColumn` a rater, not yet matched with items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.dataset.labelling_function import LabellingFunction
from explorer.dataset.votes import RaterKind, checked_kind
from explorer.errors import DataError, Option, Said, UnknownName
from explorer.tasks.classification import encode_labels
from explorer.utils.arrays import array_in, is_tensor, shape_of, values_in
from explorer.utils.text import listed, printable

LONG = ("item", "rater", "label")
"""Columns of a table with a row a vote; "time" and "confidence" may stand beside them."""

OLDEST = np.iinfo(np.int64).min
"""Time of a vote that has none."""

_ABOUT = ("kind", "family", "column", "labels", "confidence")


@dataclass(frozen=True, eq=False)
class RaterSpec:
    """What is said of one rater before any vote is looked at.

    Attributes
    ----------
    name, kind, family
        Of the rater.
    column
        The column of a table with the labels; `None` where `labels` or `function` has them.
    labels
        The labels themselves, beside the data.
    confidence
        A column, or the numbers.
    function
        Is asked about every item.
    """

    name: str
    kind: RaterKind = "person"
    family: str = ""
    column: str | None = None
    labels: Any = None
    confidence: Any = None
    function: LabellingFunction | None = None


@dataclass(frozen=True, eq=False)
class RaterColumn:
    """Labels that one rater gave.

    Attributes
    ----------
    name, kind, family
        Of the rater.
    codes
        int32 [m]: into `names`; -1 where the cell is empty.
    names, own
        The class names that occur, and the values that they were written as.
    items
        What names the item of each vote; `None` where there is one a row, in the order of the rows.
    confidence
        float32 [m], or `None`.
    times
        int64 [m], or `None`.
    column
        What messages call it.
    rows
        Where each vote stands in its table, for messages; `None` where that is its place in `codes`.
    by_item
        Whether the labels stand in the order of the items and not of the rows.
    asked
        Whether the rater saw every item, so that an empty cell is an abstention and not merely no answer.
    """

    name: str
    kind: RaterKind
    family: str
    codes: NDArray[np.int32]
    names: tuple[str, ...]
    own: tuple[Any, ...]
    items: Sequence[Any] | None = None
    confidence: NDArray[np.float32] | None = None
    times: NDArray[np.int64] | None = None
    column: str = ""
    rows: NDArray[np.intp] | None = None
    by_item: bool = False
    asked: bool = False


def specs_of(raters: Any) -> list[RaterSpec] | None:
    """Return what `raters=` says of each rater; `None` where it is a table or an array of all of them.

    Raises
    ------
    DataError, UnknownName
        A rater that is described by what says nothing; a kind that there is none of; a name that stands there twice.
    """
    if raters is None:
        return []
    if isinstance(raters, str | LabellingFunction):
        raters = [raters]
    if isinstance(raters, Mapping):
        found = [_spec(printable(str(name)), about) for name, about in raters.items()]
    elif isinstance(raters, list | tuple) and raters and all(isinstance(r, str | LabellingFunction) for r in raters):
        found = [_spec(printable(r), None) if isinstance(r, str) else _of_function(r) for r in raters]
    else:
        return None
    names = [spec.name for spec in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"The rater {twice!r} is named twice.", "Name each rater once.")
    return found


def _of_function(function: LabellingFunction) -> RaterSpec:
    return RaterSpec(function.name, "function", function.family, function=function)


def _spec(name: str, about: Any) -> RaterSpec:
    if about is None:
        return RaterSpec(name, column=name)
    if isinstance(about, str):
        return RaterSpec(name, checked_kind(about), column=name)
    if isinstance(about, LabellingFunction):
        return RaterSpec(name, "function", about.family, function=about)
    if callable(about):
        return RaterSpec(name, "function", function=LabellingFunction(name, about))
    if not isinstance(about, Mapping):
        return RaterSpec(name, labels=about)
    for key in about:
        if key not in _ABOUT:
            raise UnknownName("property of a rater", key, _ABOUT, f"It was given for {name!r}.")
    kind, family = checked_kind(about.get("kind", "person")), about.get("family", "")
    if not isinstance(family, str):
        raise DataError(f"The family of {name!r} is a {type(family).__name__}.", "Give a name, as text.")
    labels, column = about.get("labels"), about.get("column")
    if labels is not None and column is not None:
        raise DataError(f"The rater {name!r} has both labels and a column.", "Give one of them.")
    column = None if labels is not None else printable(str(name if column is None else column))
    return RaterSpec(name, kind, family, column, labels, about.get("confidence"))


def column_of(
    spec: RaterSpec, labels: Sequence[Any], confidence: Any = None, items: Sequence[Any] | None = None
) -> RaterColumn:
    """Make a column of one rater's labels.

    Parameters
    ----------
    labels
        One a row, or one for each of `items`; empty cells, `None` and NaN are abstentions.
    confidence
        As many numbers in [0, 1], or `None`.

    Raises
    ------
    DataError
        A label or a confidence that is none; names the column and row.
    """
    column = spec.column or spec.name
    codes, names, own = encode_labels(list(labels), None, column)
    numbers = None if confidence is None else confidences(confidence, len(codes), f"confidence of {spec.name!r}")
    return RaterColumn(spec.name, spec.kind, spec.family, codes, names, own, items, numbers, column=column)


def confidences(given: Any, count: int, what: str) -> NDArray[np.float32]:
    """Return confidences as float32 [count], NaN where there is none; `DataError` names the row that is none."""
    values = values_in(given, "number", "confidences")
    if len(values) != count:
        raise DataError(f"There are {len(values):,} numbers in the {what} for {count:,} labels.", "Give one each.")
    empty = np.array([_empty(value) for value in values], dtype=bool)
    cells = pd.Series([None if e else v for e, v in zip(empty, values, strict=True)], dtype=object)
    found = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float32, na_value=np.nan)
    bad = ~empty & ~((found >= 0) & (found <= 1))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(f"Row {row}: the {what} is {values[row]!r}.", "A confidence is a number from 0 to 1.")
    return found


def is_long(table: Any) -> bool:
    """Say whether a table has a row a vote: columns item, rater and label."""
    return isinstance(table, pd.DataFrame) and set(LONG) <= {str(name).strip().lower() for name in table.columns}


def of_long(table: pd.DataFrame, about: Mapping[str, RaterSpec] | None = None) -> list[RaterColumn]:
    """Take a table with a row a vote apart by rater, in the order in which they first occur.

    Parameters
    ----------
    table
        Columns item, rater, label, and where there are any time (dates, or numbers that grow), confidence, kind and
        family.
    about
        Kinds and families by name.

    Raises
    ------
    DataError, UnknownName
        A column that is missing; a row without rater or item; a label, time or confidence that is none.
    """
    lower = {str(name).strip().lower(): number for number, name in enumerate(table.columns)}
    for name in LONG:
        if name not in lower:
            raise UnknownName(
                "column", name, table.columns, "A table of votes has item, rater, label, and maybe time, confidence."
            )

    def cells(name: str) -> list[Any] | None:
        return values_in(table.iloc[:, lower[name]], name, f"{name}s") if name in lower else None

    items, raters = cells("item") or [], cells("rater") or []
    for name, column in (("item", items), ("rater", raters)):
        for row, value in enumerate(column):
            if _empty(value):
                raise DataError(f"Row {row} of the votes has no {name}.", "Fill it in, or leave the row out.")
    codes, names, own = encode_labels(cells("label") or [], None, "label")
    confidence, when = cells("confidence"), cells("time")
    numbers = None if confidence is None else confidences(confidence, len(codes), "confidence")
    times = None if when is None else _times(when)
    called = [printable(str(rater)) for rater in raters]
    order = list(dict.fromkeys(called))
    number = {name: place for place, name in enumerate(order)}
    who = np.array([number[name] for name in called], dtype=np.intp)
    kinds, families = cells("kind"), cells("family")
    sorted_rows = np.argsort(who, kind="stable")
    ends = np.cumsum(np.bincount(who, minlength=len(order)))
    found = []
    for name, rows in zip(order, np.split(sorted_rows, ends[:-1]) if order else [], strict=True):
        first = int(rows[0])
        kind = "person" if kinds is None or _empty(kinds[first]) else str(kinds[first])
        family = "" if families is None or _empty(families[first]) else str(families[first])
        said = (about or {}).get(name, RaterSpec(name, checked_kind(kind), family))
        found.append(
            RaterColumn(
                name,
                said.kind,
                said.family,
                codes[rows],
                names,
                own,
                [items[row] for row in rows],
                None if numbers is None else numbers[rows],
                None if times is None else times[rows],
                "label",
                rows,
            )
        )
    return found


def _empty(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _times(values: list[Any]) -> NDArray[np.int64]:
    """Return times as numbers that grow; those that are missing are the oldest."""
    empty = np.array([_empty(value) for value in values], dtype=bool)
    cells = pd.Series([None if e else v for e, v in zip(empty, values, strict=True)], dtype=object)
    numbers = pd.to_numeric(cells, errors="coerce")
    if not (numbers.isna().to_numpy() & ~empty).any():
        ranked = numbers.astype(float).rank(method="dense").fillna(0).to_numpy()
        return np.where(empty, OLDEST, ranked.astype(np.int64))
    moments = pd.to_datetime(cells, utc=True, errors="coerce", format="mixed")
    bad = moments.isna().to_numpy() & ~empty
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(f"Row {row}, column 'time': {values[row]!r} is no time.", "Write 2026-01-31T18:00:00+00:00.")
    return np.where(empty, OLDEST, moments.to_numpy(dtype="datetime64[ns]").astype(np.int64))


def of_array(raters: Any, what: str = "raters") -> list[RaterColumn]:
    """Take an array [rows, R] of class codes or labels apart by rater, who are called "rater 1" and so on.

    Raises
    ------
    DataError
        Another number of dimensions; labels that are none.
    """
    if isinstance(raters, np.ma.MaskedArray):
        array = np.asarray(raters.data).astype(object)
        array[np.ma.getmaskarray(raters)] = None
    else:
        array = raters if isinstance(raters, np.ndarray) else array_in(raters, what)
    if array.ndim != 2:
        raise DataError(
            Said("{} is of the shape {}.", Option("raters"), array.shape),
            "Give one column a rater: [rows, raters], or a DataFrame whose columns are the raters.",
        )
    return [
        column_of(RaterSpec(f"rater {number + 1}"), values_in(array[:, number], "label", "labels"))
        for number in range(array.shape[1])
    ]


def is_array(raters: Any) -> bool:
    """Say whether raters are given as one array of numbers or texts."""
    several = isinstance(raters, list | tuple) and bool(raters) and isinstance(raters[0], list | tuple | np.ndarray)
    return several or is_tensor(raters) or len(shape_of(raters) or ()) > 0


def unknown_form(raters: Any) -> DataError:
    """Return the error of raters in a form that says nothing."""
    some = isinstance(raters, list | tuple) and bool(raters)
    what = listed([str(r) for r in raters]) if some else f"a {type(raters).__name__}"
    return DataError(
        Said("{} is {}, which names no raters.", Option("raters"), what),
        "Give names of columns, a mapping from names to kinds or labels, a DataFrame with a column a rater, or a table "
        "with the columns item, rater, label.",
    )
