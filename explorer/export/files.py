"""The table of corrected labels as CSV, Parquet and JSONL, exactly, in both directions.

Every format holds the same values. In CSV and JSONL times are ISO 8601 in UTC; in CSV an empty field is a missing
label, time or p_error. Text is data: a value that begins with = + - or @ is written as it is, since an apostrophe in
front, which some writers add so that spreadsheets do not take it for a formula, would make another class of it on the
way back. Whoever opens such a CSV in a spreadsheet should import these columns as text.
"""

from __future__ import annotations

import csv
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pandas as pd

from explorer.errors import DataError, UnknownName
from explorer.export.formats.csv import _read_csv, _write_csv
from explorer.export.formats.jsonl import _read_jsonl, _write_jsonl
from explorer.export.formats.parquet import _read_parquet, _write_parquet
from explorer.export.schema import checked

if TYPE_CHECKING:
    import datetime as dt

    from explorer.labels import Store


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
        from explorer.export.corrections import frame

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


FORMATS: dict[str, tuple[Callable[[pd.DataFrame, BinaryIO], None], Callable[[BinaryIO], pd.DataFrame]]] = {
    "csv": (_write_csv, _read_csv),
    "parquet": (_write_parquet, _read_parquet),
    "jsonl": (_write_jsonl, _read_jsonl),
}
"""Writer and reader of each format."""
