"""The table of corrected labels as CSV, Parquet and JSONL, exactly, in both directions.

Every format holds the same values. In CSV and JSONL times are ISO 8601 in UTC; in CSV an empty field is a missing
label, time or p_error. Text is data: a value that begins with = + - or @ is written as it is, since an apostrophe in
front, which some writers add so that spreadsheets do not take it for a formula, would make another class of it on the
way back. Whoever opens such a CSV in a spreadsheet should import these columns as text.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pandas as pd

from explorer.errors import DataError, UnknownName
from explorer.labels.model import STATES

if TYPE_CHECKING:
    import datetime as dt

    from explorer.labels import Store

COLUMNS = (
    "item_id", "given_label", "corrected_label", "state", "rater", "time", "why", "reason", "p_error", "version",
)  # fmt: skip
"""item_id: as in the dataset. given_label, corrected_label: class names, missing = unlabelled. state: see
`explorer.labels.Cell`. rater, time (UTC), why, reason: of the newest decision. p_error: as its rater saw it. version:
the commit that the table was taken at."""
_LABELS = ("given_label", "corrected_label")
_MAY_MISS = (*_LABELS, "rater")
_TEXT: Any = "str" if int(pd.__version__.split(".")[0]) >= 3 else object


def write(
    corrections: pd.DataFrame | Store,
    path: str | os.PathLike[str],
    format: str | None = None,  # noqa: A002
    *,
    at: str | dt.date = "head",
) -> Path:
    """Write a table of corrected labels; the file is complete or not there at all.

    Parameters
    ----------
    corrections
        Columns `COLUMNS`, as `explorer.export.frame` makes them; or a label store, all items of which are written.
    path
        Where to; a file that is there is replaced in one step.
    format
        One of `FORMATS`; without it, the ending of the path says so.
    at
        The version of a store: see `explorer.export.frame`.

    Raises
    ------
    UnknownName
        No such format or version, or a column that is missing or too many.
    DataError
        A label that is no class label; a folder that does not exist or cannot be written.
    """
    target = Path(path).expanduser()
    encode, _ = FORMATS[_format(target, format)]
    if not isinstance(corrections, pd.DataFrame):
        from explorer.export.table import frame

        corrections = frame(None, corrections, at)
    table = checked(corrections)
    if target.is_dir():
        raise DataError(f"{target} is a folder.", "Give the path of a file in it.")
    if not target.parent.is_dir():
        raise DataError(f"The folder {target.parent} does not exist.", "Make it first, or give another path.")
    target = target.resolve()  # a link stays a link to the new file
    unfinished = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    try:
        with unfinished.open("xb") as file:
            encode(table, file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
    except OSError as error:
        raise DataError(
            f"{target} cannot be written: {error.strerror or error}. What was there before is untouched.",
            "Check the permissions and the free space of the folder.",
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return target


def read(path: str | os.PathLike[str], format: str | None = None) -> pd.DataFrame:  # noqa: A002
    """Read a table of corrected labels: the very table that was written.

    Raises
    ------
    UnknownName
        No such format, or columns other than `COLUMNS`.
    DataError
        The file cannot be read, or a row is no row of such a table; names file and row.
    """
    source = Path(path).expanduser()
    _, decode = FORMATS[_format(source, format)]
    try:
        with source.open("rb") as file:
            found = decode(file)
        return checked(found)
    except OSError as error:
        raise DataError(f"{source} cannot be read: {error.strerror or error}.", "Check the path.") from error
    except UnknownName as error:
        raise DataError(f"{source}: {error}", "Read a file that explorer.export.write has written.") from error
    except (ValueError, csv.Error) as error:  # DataError is one
        problem = getattr(error, "problem", error)
        remedy = getattr(error, "remedy", "") or "Read a file that explorer.export.write has written."
        raise DataError(f"{source}: {problem}", remedy) from error


def _format(path: Path, name: str | None) -> str:
    ending = path.suffix.lower().lstrip(".")
    wanted = name.lower() if name is not None else {"pq": "parquet", "ndjson": "jsonl"}.get(ending, ending)
    if wanted in FORMATS:
        return wanted
    remedy = "The formats are " + ", ".join(FORMATS) + "."
    if name is None:
        remedy += f" They follow from the ending of the path ({path.name!r}), or name one with format=."
    raise UnknownName("export format", wanted, FORMATS, remedy)


def checked(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its columns in order and with their dtypes; errors as `write` raises them."""
    for column in COLUMNS:
        if column not in table.columns:
            raise UnknownName("column", column, table.columns, "Corrected labels have " + ", ".join(COLUMNS) + ".")
    for column in table.columns:
        if column not in COLUMNS:
            raise UnknownName("column", column, COLUMNS, "Add columns of your own to the file afterwards.")
    for column in COLUMNS:
        if column not in ("time", "p_error"):
            _check_text(table[column], column)
    for row, state in enumerate(table["state"].tolist()):
        if state not in STATES:
            raise UnknownName("state", state, STATES, f"It stands in row {row}.")
    return _typed(table)


def _check_text(values: pd.Series[Any], column: str) -> None:
    if isinstance(values.dtype, pd.StringDtype) and (column in _MAY_MISS or not values.hasnans):
        return
    for row, value in enumerate(values.tolist()):
        gone = value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
        if isinstance(value, str) or (gone and column in _MAY_MISS):
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
            columns[column] = pd.to_datetime(values, utc=True, format="ISO8601").astype("datetime64[us, UTC]")
        elif column == "p_error":
            columns[column] = pd.to_numeric(values).astype(float)
        elif column in _MAY_MISS:
            columns[column] = values.astype(object).where(values.notna(), None).astype(_TEXT)
        else:
            columns[column] = values.astype(_TEXT)
    return pd.DataFrame(columns)


def _plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as plain values: text, float and `None`."""
    plain = {c: table[c].astype(object).where(table[c].notna(), None).tolist() for c in COLUMNS}
    plain["time"] = [None if t is None else t.isoformat() for t in plain["time"]]
    return [dict(zip(COLUMNS, row, strict=True)) for row in zip(*plain.values(), strict=True)]


def _write_csv(table: pd.DataFrame, file: BinaryIO) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(_plain_rows(table))  # the writer puts floats as repr does, so no digit is lost
    text.flush()
    text.detach()


def _read_csv(file: BinaryIO) -> pd.DataFrame:
    # A spreadsheet that saves the file puts a byte order mark in front.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    reader = csv.reader(text, strict=True)
    names = next(reader, [])
    rows = []
    for row in reader:
        if len(row) != len(names):
            raise DataError(f"Line {reader.line_num} has {len(row)} fields, the header has {len(names)}.")
        rows.append(row)
    table = pd.DataFrame(rows, columns=names, dtype=object)
    for column in (*_MAY_MISS, "time", "p_error"):
        if column in table.columns:
            table[column] = [v or None for v in table[column]]
    return table


def _write_parquet(table: pd.DataFrame, file: BinaryIO) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"time": pa.timestamp("us", tz="UTC"), "p_error": pa.float64()}
    schema = pa.schema([pa.field(c, kinds.get(c, pa.string())) for c in COLUMNS])
    pq.write_table(pa.Table.from_pandas(table, schema=schema, preserve_index=False), file, compression="zstd")


def _read_parquet(file: BinaryIO) -> pd.DataFrame:
    import pyarrow.parquet as pq

    table: pd.DataFrame = pq.read_table(file).to_pandas()
    return table


def _write_jsonl(table: pd.DataFrame, file: BinaryIO) -> None:
    for row in _plain_rows(table):
        file.write(json.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n")


def _read_jsonl(file: BinaryIO) -> pd.DataFrame:
    rows = []
    for number, line in enumerate(file, 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as error:
                raise DataError(f"Line {number} is no JSON: {error}.") from error
            if not isinstance(row, dict):
                raise DataError(f"Line {number} is a JSON {type(row).__name__}, not an object.")
            rows.append(row)
    columns = dict.fromkeys(k for row in rows for k in row) if rows else COLUMNS
    return pd.DataFrame(rows, columns=list(columns), dtype=object)


FORMATS: dict[str, tuple[Callable[[pd.DataFrame, BinaryIO], None], Callable[[BinaryIO], pd.DataFrame]]] = {
    "csv": (_write_csv, _read_csv),
    "parquet": (_write_parquet, _read_parquet),
    "jsonl": (_write_jsonl, _read_jsonl),
}
"""Writer and reader of each format."""
