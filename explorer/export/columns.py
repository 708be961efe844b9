"""The table of corrected labels: its columns, their types, and what is checked of one."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from explorer.errors import DataError, UnknownName
from explorer.export.vote_columns import checked_votes, parsed
from explorer.labels.model.states import State
from explorer.utils.text import printable

COLUMNS = (
    "item_id", "given_label", "corrected_label", "state", "rater", "time", "why", "reason", "p_error", "version",
    "left_out",
)  # fmt: skip
"""item_id: as in the dataset. given_label, corrected_label: class names, missing = unlabelled. state: see
`explorer.labels.Cell`. rater, time (UTC), why, reason: of the newest decision. p_error: as its rater saw it. version:
the commit that the table was taken at. left_out: whether the item is to be left out of the dataset."""
LEFT_OUT = "left_out"
"""The last column. A file may lack it, as those of earlier versions do: then the state says it."""
COLUMN, SOFT, WEIGHT = "column:", "soft:", "weight"
"""Columns that a file may have beside these: the user's own and soft labels by the beginning of their names, weights.
An import passes them over."""
_FLAGS = {"true": True, "false": False}
"""What the text of a file says, in lower case: spreadsheets write it in capitals."""

_LABELS = ("given_label", "corrected_label")
MAY_MISS = (*_LABELS, "rater")
"""Text columns in which a value may be missing."""
_TEXT: Any = "str" if int(pd.__version__.split(".")[0]) >= 3 else object


def is_extra(name: object) -> bool:
    """Say whether a column is one of those that may stand beside the labels."""
    return isinstance(name, str) and (name == WEIGHT or name.startswith((COLUMN, SOFT)))


def checked(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its columns in order and with their dtypes, those beside the labels last.

    Raises
    ------
    UnknownName
        A column that is missing or too many, or a state that is none.
    DataError
        A column that stands there twice, a label that is no class label, a value that is no text, time, number or
        truth value, a state that `left_out` contradicts.
    """
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise DataError(f"The column {twice!r} stands there twice.", "Keep one of them.")
    if LEFT_OUT not in table.columns and "state" in table.columns:
        table = table.assign(**{LEFT_OUT: [state == State.LEFT_OUT for state in table["state"]]})
    for column in COLUMNS:
        if column not in table.columns:
            raise UnknownName("column", column, table.columns, "Corrected labels have " + ", ".join(COLUMNS) + ".")
    votes = [column for column in table.columns if column not in COLUMNS and parsed(column) is not None]
    for column in table.columns:
        if column not in COLUMNS and column not in votes and not is_extra(column):
            raise UnknownName("column", column, COLUMNS, "Add columns of your own to the file afterwards.")
    for column in COLUMNS:
        if column not in ("time", "p_error", LEFT_OUT):
            _check_text(table[column], column)
    states = tuple(State)
    for row, state in enumerate(table["state"].tolist()):
        if state not in states:
            raise UnknownName("state", state, states, f"It stands in row {row}.")
    made = _typed(table)
    for row, (state, left_out) in enumerate(zip(made["state"], made[LEFT_OUT], strict=True)):
        if left_out != (state == State.LEFT_OUT) and not (left_out and state == State.CONFLICT):
            raise DataError(
                f"Row {row}: left_out is {left_out}, and the state is {state!r}.",
                f"left_out is True where the state is {State.LEFT_OUT.value!r}, and may be where it is 'conflict'.",
            )
    said = checked_votes(table, votes, _TEXT)
    return made if not said else pd.concat([made, pd.DataFrame(said, index=made.index)], axis=1)


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
        elif column == LEFT_OUT:
            columns[column] = pd.Series([_flag(row, value) for row, value in enumerate(values.tolist())], dtype=bool)
        elif column in MAY_MISS:
            columns[column] = values.astype(object).where(values.notna(), None).astype(_TEXT)
        else:
            columns[column] = values.astype(_TEXT)
    for column in filter(is_extra, table.columns):
        values = table[column].reset_index(drop=True)
        measured = not column.startswith(COLUMN)
        columns[column] = _converted(column, lambda v: pd.to_numeric(v).astype(float), values) if measured else values
    return pd.DataFrame(columns)


def _flag(row: int, value: Any) -> bool:
    found = _FLAGS.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(found, bool | np.bool_):
        raise DataError(f"Row {row}, column {LEFT_OUT!r}: {value!r} is neither true nor false.", "It has to be one.")
    return bool(found)


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
    """Return the rows as plain values: text, float, bool and `None`; of the user's own columns whatever JSON holds."""
    plain = {c: table[c].astype(object).where(table[c].notna(), None).tolist() for c in table.columns if c in COLUMNS}
    plain["time"] = [None if t is None else t.isoformat() for t in plain["time"]]
    plain |= {c: [_plain(v, c) for v in table[c].tolist()] for c in table.columns if c not in COLUMNS}
    return [dict(zip(plain, row, strict=True)) for row in zip(*plain.values(), strict=True)]


def _plain(value: Any, column: str) -> Any:
    """Bring a value of the user's to something that JSON holds, missing ones to `None`."""
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(each, column) for each in (value.tolist() if isinstance(value, np.ndarray) else value)]
    if isinstance(value, Mapping):
        return {str(key): _plain(each, column) for key, each in value.items()}
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return None
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray) or not (isinstance(value, str) or pd.api.types.is_scalar(value)):
        raise DataError(
            f"The column {column!r} holds a {type(value).__name__}, which no text can.",
            "Write Parquet, or name the columns to write: columns=[...].",
        )
    return printable(str(value))
