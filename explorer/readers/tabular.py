"""CSV, TSV, Parquet and JSONL files → a table → `frame.from_frame`.

Cells of text files are kept as they were written: "001" is no number and "NA" is a word until a table's numeric
column says otherwise.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from explorer.dataset.dataset import Dataset
from explorer.errors import DataError, UnknownName
from explorer.readers.frame import from_frame
from explorer.readers.options import Options

_TAKES = "label image text features embedding probs key kind classes root"


def from_file(path: Path, options: Options) -> Dataset:
    """Read one file by its suffix; paths in it are relative to its folder unless root= says otherwise."""
    reader = _reader(path)
    suffix = path.suffix.lower()
    options.only(f"a {suffix} file", _TAKES if reader is _read_parquet else _TAKES + " encoding")
    table, notes = reader(path, options.encoding)
    return from_frame(
        table,
        options,
        source=path.name,
        root=path.parent,
        notes=notes,
        as_written=reader is _read_csv,
        index=pd.RangeIndex(len(table)),
    )


def rows_of(path: Path, encoding: str | None = None) -> int:
    """Count the rows of a file, as `from_file` reads it; raises what that raises."""
    return len(_reader(path)(path, encoding)[0])


def _reader(path: Path) -> Callable[[Path, str | None], tuple[pd.DataFrame, list[str]]]:
    """Return what reads a file of this suffix; `UnknownName` if nothing does."""
    readers: dict[str, Callable[[Path, str | None], tuple[pd.DataFrame, list[str]]]] = {
        ".csv": _read_csv,
        ".tsv": _read_csv,
        ".tab": _read_csv,
        ".parquet": _read_parquet,
        ".pq": _read_parquet,
        ".jsonl": _read_jsonl,
        ".ndjson": _read_jsonl,
    }
    suffix = path.suffix.lower()
    if suffix not in readers:
        raise UnknownName(
            "reader for files ending in", suffix, readers, "Load it into a DataFrame and give that instead."
        )
    return readers[suffix]


def _read_csv(path: Path, encoding: str | None) -> tuple[pd.DataFrame, list[str]]:
    _check_encoding(path, encoding)
    separator, notes = _separator(path, encoding)
    try:
        with warnings.catch_warnings():
            # A row that is too long is only a warning to pandas, which then drops cells.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                path,
                sep=separator,
                dtype=str,
                keep_default_na=False,
                na_values=[""],
                encoding=encoding or "utf-8-sig",
                index_col=False,
            )
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{path.name} is empty.", "Check the path.") from error
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise DataError(
            f"{path.name} cannot be read as a table: {str(error).strip()}.",
            "Give every row as many cells as the header, and put cells that contain the separator in quotes.",
        ) from error
    return table, notes


def _check_encoding(path: Path, encoding: str | None) -> None:
    """Find the first byte that the encoding does not allow, before pandas hides where it was."""
    try:
        "".encode(encoding or "utf-8")
    except LookupError as error:
        raise DataError(f"There is no encoding {encoding!r}.", 'Common ones are "utf-8" and "cp1252".') from error
    with path.open("rb") as file:
        start = file.read(4)
        if encoding is None and start[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise DataError(f"{path.name} is UTF-16, not UTF-8.", 'Give encoding="utf-16".')
        if encoding is not None and not _ascii_based(encoding):
            return  # its bytes cannot be cut into lines here; pandas reports a bad one
        file.seek(0)
        before = 0
        for number, line in enumerate(file, start=1):
            try:
                line.decode(encoding or "utf-8")
            except UnicodeDecodeError as error:
                bad = f"byte {before + error.start} (0x{line[error.start]:02x})"
                raise DataError(
                    f"{path.name}, line {number}, {bad} is not {encoding or 'UTF-8'}.",
                    'Give the file\'s encoding, often encoding="cp1252" for files from Excel, or save it as UTF-8.',
                ) from error
            before += len(line)


def _ascii_based(encoding: str) -> bool:
    return "\n".encode(encoding) == b"\n"


def _separator(path: Path, encoding: str | None) -> tuple[str, list[str]]:
    """Take the separator from the suffix, unless the header of a .csv has no comma but semicolons or tabs."""
    if path.suffix.lower() != ".csv":
        return "\t", []
    with path.open(encoding=encoding or "utf-8-sig", newline="") as file:
        header = file.readline()
    if "," not in header:
        for separator, name in ((";", "semicolons"), ("\t", "tabs")):
            if separator in header:
                return separator, [f"the header has {name} and no commas: cells are separated by {name}"]
    return ",", []


def _read_parquet(path: Path, _encoding: str | None) -> tuple[pd.DataFrame, list[str]]:
    import pyarrow as pa

    try:
        return pd.read_parquet(path), []
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path.name} cannot be read as Parquet: {error}.", "Write the file again.") from error


def _read_jsonl(path: Path, encoding: str | None) -> tuple[pd.DataFrame, list[str]]:
    _check_encoding(path, encoding)
    rows: list[dict[str, Any]] = []
    columns: dict[str, None] = {}
    with path.open(encoding=encoding or "utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise DataError(
                    f"{path.name}, line {number}: not valid JSON ({error.msg} at column {error.colno}).",
                    "Write one JSON object per line.",
                ) from error
            if not isinstance(row, dict):
                raise DataError(
                    f"{path.name}, line {number}: a {type(row).__name__} where an object is expected.",
                    'Write one JSON object per line, such as {"text": …, "label": …}.',
                )
            rows.append(row)
            columns.update(dict.fromkeys(row))
    # Column by column as objects: pandas would turn whole numbers beside a missing cell into fractions.
    table = {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in columns}
    return pd.DataFrame(table, index=pd.RangeIndex(len(rows))), []
