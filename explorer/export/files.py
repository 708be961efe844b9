"""Tables of corrected labels as files, exactly, in both directions. Every format holds the same values."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pandas as pd

from explorer.errors import DataError, ExplorerError, Option, Said, UnknownName
from explorer.export.columns import checked
from explorer.export.formats import csv, jsonl, parquet
from explorer.utils import files

_DATABASE = b"SQLite format 3\x00"
_OURS = "Read a file that explorer.export.write has written."


class Format(NamedTuple):
    """Writer and reader of a file format."""

    write: Callable[[pd.DataFrame, BinaryIO], None]
    read: Callable[[BinaryIO], pd.DataFrame]


FORMATS: dict[str, Format] = {
    "csv": Format(csv.write, csv.read),
    "parquet": Format(parquet.write, parquet.read),
    "jsonl": Format(jsonl.write, jsonl.read),
}
"""The formats by name, which is also the ending of such files; .pq and .ndjson are known too."""


def write_table(corrections: pd.DataFrame, path: str | os.PathLike[str], format: str | None = None) -> Path:  # noqa: A002
    """Write a table of corrected labels; see `explorer.export.write`."""
    write = FORMATS[_format(Path(path), format)].write
    table = checked(corrections)
    target = target_of(path, format)
    try:
        with files.replacing(target) as file:
            write(table, file)
    except OSError as error:
        raise DataError(
            f"{target} cannot be written: {error.strerror or error}. What was there before is untouched.",
            "Check the permissions and the free space of the folder.",
        ) from error
    return target


def target_of(path: str | os.PathLike[str], format: str | None = None) -> Path:  # noqa: A002
    """Return the whole path of the file that `write` would write, which is not written yet.

    Parameters
    ----------
    path
        As given to `write`; a link leads to the file that would be replaced.
    format
        One of `FORMATS`; without it, the ending of the path says so.

    Raises
    ------
    UnknownName
        No such format.
    DataError
        There can be no such file: it is a folder, the folder is not there, or it is a label store.
    """
    try:
        given = Path(path).expanduser()
        _format(given, format)
        if given.is_dir():
            raise DataError(f"{given} is a folder.", "Give the path of a file in it.")
        if not given.parent.is_dir():
            raise DataError(f"The folder {given.parent} does not exist.", "Make it first, or give another path.")
        target = given.resolve()  # a link stays a link to the new file
        _refuse_database(target)
    except ExplorerError:
        raise
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}.", "Give another path.") from error
    except (RuntimeError, ValueError) as error:  # a home that nobody has, a circle of links, a name with a NUL
        raise DataError(f"{os.fspath(path)!r} is no path of a file: {error}.", "Give another path.") from error
    return target


def read(path: str | os.PathLike[str], format: str | None = None) -> pd.DataFrame:  # noqa: A002
    """Read a table of corrected labels: the very table that was written.

    Parameters
    ----------
    path
        A file that `write` has written; also one that a spreadsheet has saved again.
    format
        One of `FORMATS`; without it, the ending of the path says so.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`: text, `time` as UTC times, `p_error` float64.

    Raises
    ------
    UnknownName
        No such format.
    DataError
        The file cannot be read, has other columns, or a row is no row of such a table; names file and row.
    """
    source = Path(path).expanduser()
    decode = FORMATS[_format(source, format)].read
    try:
        with source.open("rb") as file:
            found = decode(file)
        return checked(found)
    except OSError as error:
        raise DataError(f"{source} cannot be read: {error.strerror or error}.", "Check the path.") from error
    except UnknownName as error:
        raise DataError(f"{source}: {error}", _OURS) from error
    except DataError as error:
        raise DataError(f"{source}: {error.problem}", error.remedy or _OURS) from error
    except (ValueError, TypeError, LookupError, ArithmeticError, NotImplementedError, RecursionError) as error:
        # What readers of broken files raise, pyarrow's among them.
        raise DataError(f"{source}: {error}", _OURS) from error


def _refuse_database(target: Path) -> None:
    """Refuse to replace a label store, whose history an export does not hold."""
    if target.is_file():
        with target.open("rb") as file:
            if file.read(len(_DATABASE)) == _DATABASE:
                raise DataError(f"{target} is a label store or another database.", "Give the export another name.")


def _format(path: Path, name: str | None) -> str:
    ending = path.suffix.lower().lstrip(".")
    wanted = name.lower() if name is not None else {"pq": "parquet", "ndjson": "jsonl"}.get(ending, ending)
    if wanted in FORMATS:
        return wanted
    remedy = ""
    if name is None:
        remedy = Said(
            "The format follows from the ending of the path ({!r}), or name one with {}.", path.name, Option("format")
        )
    raise UnknownName("export format", wanted, FORMATS, remedy)
