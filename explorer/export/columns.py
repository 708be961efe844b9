"""The table of corrected labels: its columns, their types, and what is checked of one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd

from explorer.errors import DataError, UnknownName
from explorer.labels.model.states import State

COLUMNS = (
    "item_id", "given_label", "corrected_label", "state", "rater", "time", "why", "reason", "p_error", "version",
)  # fmt: skip
"""item_id: as in the dataset. given_label, corrected_label: class names, missing = unlabelled. state: see
`explorer.labels.Cell`. rater, time (UTC), why, reason: of the newest decision. p_error: as its rater saw it. version:
the commit that the table was taken at."""


_LABELS = ("given_label", "corrected_label")
MAY_MISS = (*_LABELS, "rater")
"""Text columns in which a value may be missing."""
_TEXT: Any = "str" if int(pd.__version__.split(".")[0]) >= 3 else object


def checked(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its columns in order and with their dtypes.

    Raises
    ------
    UnknownName
        A column that is missing or too many, or a state that is none.
    DataError
        A column that stands there twice, a label that is no class label, a value that is no text, time or number.
    """
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise DataError(f"The column {twice!r} stands there twice.", "Keep one of them.")
    for column in COLUMNS:
        if column not in table.columns:
            raise UnknownName("column", column, table.columns, "Corrected labels have " + ", ".join(COLUMNS) + ".")
    for column in table.columns:
        if column not in COLUMNS:
            raise UnknownName("column", column, COLUMNS, "Add columns of your own to the file afterwards.")
    for column in COLUMNS:
        if column not in ("time", "p_error"):
            _check_text(table[column], column)
    states = tuple(State)
    for row, state in enumerate(table["state"].tolist()):
        if state not in states:
            raise UnknownName("state", state, states, f"It stands in row {row}.")
    return _typed(table)


def _check_text(values: pd.Series[Any], column: str) -> None:
    if isinstance(values.dtype, pd.StringDtype) and (column in MAY_MISS or not values.hasnans):
        return
    for row, value in enumerate(values.tolist()):
        gone = value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
        if isinstance(value, str):
            if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
                raise DataError(
                    f"Row {row}, column {column!r}: {value!r} is no text.", "Half a character stands in it."
                )
            continue
        if gone and column in MAY_MISS:
            continue
        if column in _LABELS:
            raise DataError(
                f"Row {row}, column {column!r}: the label is {value!r}, a {type(value).__name__}.",
                "Only class labels can be exported so far, as text: no several labels, numbers, spans or boxes.",
            )
        raise DataError(f"Row {row}, column {column!r}: {value!r} is no text.", "It has to be text.")


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns in order, with their dtypes."""
    columns: dict[str, Any] = {}
    for column in COLUMNS:
        values = table[column].reset_index(drop=True)
        if column == "time":
            columns[column] = _converted(column, _times, values)
        elif column == "p_error":
            columns[column] = _converted(column, lambda v: pd.to_numeric(v).astype(float), values)
        elif column in MAY_MISS:
            columns[column] = values.astype(object).where(values.notna(), None).astype(_TEXT)
        else:
            columns[column] = values.astype(_TEXT)
    return pd.DataFrame(columns)


def _times(values: pd.Series[Any]) -> Any:
    if values.dtype == object:
        numbers = [v for v in values if isinstance(v, int | float) and not math.isnan(v)]
        if numbers:
            raise ValueError(f"{numbers[0]!r} is a number")
    return pd.to_datetime(values, utc=True, format="ISO8601").astype("datetime64[us, UTC]")


def _converted(column: str, convert: Callable[[Any], Any], values: pd.Series[Any]) -> Any:
    """Return a column of times or numbers; `DataError` if it is none."""
    try:
        return convert(values)
    except (ValueError, TypeError, OverflowError) as error:
        what = "a time" if column == "time" else "a number"
        raise DataError(f"The column {column!r}: {error}.", f"Each value has to be {what}, or missing.") from error


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as plain values: text, float and `None`."""
    plain = {c: table[c].astype(object).where(table[c].notna(), None).tolist() for c in COLUMNS}
    plain["time"] = [None if t is None else t.isoformat() for t in plain["time"]]
    return [dict(zip(COLUMNS, row, strict=True)) for row in zip(*plain.values(), strict=True)]
