"""CSV, TSV, Parquet and JSONL files → a table → `frame.from_frame`.

Cells of text files are kept as they were written: "001" is no number and "NA" is a word until a table's numeric
column says otherwise.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from explorer.dataset.dataset import Dataset
from explorer.errors import DataError, UnknownName
from explorer.readers.frame import from_frame
from explorer.readers.options import Options
from explorer.utils.text import listed, printable

if TYPE_CHECKING:
    import pyarrow as pa

_TAKES = "label image text features embedding probs key kind classes root pixel_limit raters votes columns"
_PART = re.compile(r"(?P<stem>.*?)[-_.]?(?:part[-_.]?)?\d+(?:-of-\d+)?(?:[-_.][0-9a-f-]{8,}.*)?")
_READ_ANEW = "Read the data anew."
_EXACT = 2**53  # whole numbers beyond are rounded where they stand beside missing ones


@dataclass(frozen=True)
class _Table:
    """What a file holds, and what the reading of its columns must know."""

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
    as_written: bool = False
    comma: bool = False
    exact: Mapping[str, list[Any]] = field(default_factory=dict)


def from_file(path: Path, options: Options) -> Dataset:
    """Read one file by its suffix, or a folder of Parquet parts; paths in it start from its folder without root=."""
    reader = _reader(path)
    suffix = path.suffix.lower()
    options.only(f"a {suffix} file", _TAKES if reader is _read_parquet else _TAKES + " encoding")
    table = reader(path, options.encoding)
    return from_frame(
        table.frame,
        options,
        source=path.name,
        root=path.parent,
        notes=table.notes,
        as_written=table.as_written,
        comma=table.comma,
        index=pd.RangeIndex(len(table.frame)),
        exact=table.exact,
        again=_again(path, options.encoding, len(table.frame)),
    )


def rows_of(path: Path, encoding: str | None = None) -> int:
    """Count the rows of a file, as `from_file` reads it; raises what that raises."""
    return len(_reader(path)(path, encoding).frame)


def table_of(path: Path, encoding: str | None = None) -> pd.DataFrame:
    """Return the cells of a file, as `from_file` reads it; raises what that raises, and `DataError` without a file."""
    if not path.is_file():
        raise DataError(f"There is no file {printable(str(path))!r}.", "Check the path.")
    return _reader(path)(path, encoding).frame


def holds_parts(folder: Path) -> bool:
    """Say whether a folder is one Parquet table in parts, as Spark, Dask and others write it.

    It is called like a file, or has the marks of such a writer, or its files are numbered parts of one name. Files of
    other names may be the splits of a dataset, which are not read as one.
    """
    files = [p.name for p in folder.iterdir() if p.is_file() and not p.name.startswith(".")]
    parts = [name for name in files if name.lower().endswith((".parquet", ".pq"))]
    if folder.suffix.lower() in (".parquet", ".pq"):
        return bool(parts) or any(folder.glob("*=*/**/*.parquet"))
    if not parts:
        return False
    if {"_SUCCESS", "_metadata", "_common_metadata"} & set(files):
        return True
    stems = {match["stem"] if (match := _PART.fullmatch(name.rsplit(".", 1)[0])) else name for name in parts}
    return len(parts) > 1 and len(stems) == 1 and not set(files) - set(parts)


def from_parts(folder: Path, options: Options) -> Dataset:
    """Read a folder of Parquet parts as one table."""
    options.only("a folder of Parquet parts", _TAKES)
    table = _read_parquet(folder, None)
    return from_frame(
        table.frame,
        options,
        source=f"{folder.name}/",
        root=folder,
        notes=("the Parquet files of the folder are read as one table",),
        index=pd.RangeIndex(len(table.frame)),
        exact=table.exact,
        again=_again(folder, None, len(table.frame)),
    )


def _again(path: Path, encoding: str | None, rows: int) -> Callable[[list[str]], pd.DataFrame]:
    """Return what reads some columns of a file anew, as long as it is the same file."""
    stamp = _stamp(path)

    def columns(names: list[str]) -> pd.DataFrame:
        try:
            found = _columns(path, encoding, names) if _stamp(path) == stamp else None
        except (OSError, KeyError, ValueError, NotImplementedError) as error:
            why = " ".join(str(error).split())[:300]
            raise DataError(f"The columns {listed(names)} of {path.name} cannot be read: {why}.", _READ_ANEW) from error
        if found is None or len(found) != rows:
            raise DataError(f"{path.name} is not as it was when it was read: its other columns are lost.", _READ_ANEW)
        return found.reset_index(drop=True)

    return columns


def _columns(path: Path, encoding: str | None, names: list[str]) -> pd.DataFrame:
    """Read some columns; whole numbers of Parquet to the last digit."""
    reader = _read_parquet if path.is_dir() else _reader(path)
    if reader is _read_parquet:
        import pyarrow.parquet

        found: pd.DataFrame = pyarrow.parquet.read_table(path, columns=names).to_pandas(integer_object_nulls=True)
        return found
    if reader is _read_csv:
        return _parsed(path, _separator(path, encoding)[0], encoding, usecols=names)
    return reader(path, encoding).frame[names]


def _stamp(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Return what tells that a file, or the files of a folder, are the same: sizes and times."""
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    found = [(str(p), p.stat()) for p in files]
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in found)


def exact_integers(table: pa.Table, frame: pd.DataFrame) -> dict[str, list[Any]]:
    """Return the cells of Arrow columns of whole numbers that pandas had to round: large ones beside missing ones."""
    import pyarrow as pa

    found = {}
    for number, (name, kind) in enumerate(zip(table.schema.names, table.schema.types, strict=True)):
        if not pa.types.is_integer(kind) or str(name) not in frame.columns or frame[str(name)].dtype.kind != "f":
            continue
        if float(frame[str(name)].abs().max()) >= _EXACT:
            found[str(name)] = table.column(number).to_pylist()
    return found


def _reader(path: Path) -> Callable[[Path, str | None], _Table]:
    """Return what reads a file of this suffix; `UnknownName` if nothing does."""
    readers: dict[str, Callable[[Path, str | None], _Table]] = {
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


def _read_csv(path: Path, encoding: str | None) -> _Table:
    _check_encoding(path, encoding)
    separator, notes = _separator(path, encoding)
    _check_header(path, separator, encoding)
    table = _parsed(path, separator, encoding)
    return _Table(table, notes, as_written=True, comma=separator != ",")


def _parsed(path: Path, separator: str, encoding: str | None, **only: Any) -> pd.DataFrame:
    try:
        with warnings.catch_warnings():
            # A row that is too long is only a warning to pandas, which then drops cells.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            found: pd.DataFrame = pd.read_csv(
                path,
                sep=separator,
                dtype=str,
                keep_default_na=False,
                na_values=[""],
                encoding=encoding or "utf-8-sig",
                index_col=False,
                **only,
            )
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{path.name} is empty.", "Check the path.") from error
    except UnicodeError as error:
        raise DataError(
            f"{path.name} is not {encoding or 'UTF-8'}: {error}.", "Give the file's encoding, or save it as UTF-8."
        ) from error
    except (pd.errors.ParserError, pd.errors.ParserWarning, ValueError, OverflowError) as error:
        raise DataError(
            f"{path.name} cannot be read as a table: {str(error).strip()}.",
            "Give every row as many cells as the header, and put cells that contain the separator in quotes.",
        ) from error
    return found


def _check_header(path: Path, separator: str, encoding: str | None) -> None:
    """Refuse a name that two columns share: pandas would call the second one something else."""
    header = _parsed(path, separator, encoding, header=None, nrows=1)
    names = [str(name) for name in header.iloc[0].tolist() if isinstance(name, str)] if len(header) else []
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataError(f"Columns of {path.name} share a name: {listed(repeated)}.", "Rename them.")


def _check_encoding(path: Path, encoding: str | None) -> None:
    """Find the first byte that the encoding does not allow, before pandas hides where it was."""
    try:
        "".encode(encoding or "utf-8")
    except (LookupError, ValueError, UnicodeError) as error:
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
    try:
        return "\n".encode(encoding) == b"\n"
    except LookupError as error:  # a codec of bytes, such as base64
        raise DataError(f"{encoding!r} is no encoding of text.", 'Common ones are "utf-8" and "cp1252".') from error


def _separator(path: Path, encoding: str | None) -> tuple[str, tuple[str, ...]]:
    """Take the separator from the suffix, unless the header of a .csv has no comma but semicolons or tabs."""
    if path.suffix.lower() != ".csv":
        return "\t", ()
    try:
        with path.open(encoding=encoding or "utf-8-sig", newline="") as file:
            header = file.readline()
    except UnicodeError as error:
        raise DataError(f"{path.name} is not {encoding}: {error}.", "Give the file's encoding.") from error
    if "," not in header:
        for separator, name in ((";", "semicolons"), ("\t", "tabs")):
            if separator in header:
                return separator, (f"the header has {name} and no commas: cells are separated by {name}",)
    return ",", ()


def _read_parquet(path: Path, _encoding: str | None) -> _Table:
    import pyarrow as pa

    try:
        frame = pd.read_parquet(path)
        rounded = [name for name in frame.columns if frame[name].dtype.kind == "f"] if frame.columns.is_unique else []
        exact: dict[str, list[Any]] = {}
        if any(float(frame[name].abs().max()) >= _EXACT for name in rounded):
            import pyarrow.parquet

            exact = exact_integers(pyarrow.parquet.read_table(path, columns=[str(name) for name in rounded]), frame)
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, NotImplementedError) as error:
        why = " ".join(str(error).split())[:300]
        raise DataError(f"{path.name} cannot be read as Parquet: {why}.", "Write the file again.") from error
    return _Table(frame, exact=exact)


class _Repeated(dict[str, Any]):
    """An object of JSON in which a name occurs twice; JSON keeps the last one in silence."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Repeated(found)


def _read_jsonl(path: Path, encoding: str | None) -> _Table:
    _check_encoding(path, encoding)
    rows: list[dict[str, Any]] = []
    columns: dict[str, None] = {}
    try:
        with path.open(encoding=encoding or "utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    row = _row(line, f"{path.name}, line {number}")
                    rows.append(row)
                    columns.update(dict.fromkeys(map(printable, row)))
    except UnicodeError as error:
        raise DataError(f"{path.name} is not {encoding or 'UTF-8'}: {error}.", "Give the file's encoding.") from error
    # Column by column as objects: pandas would turn whole numbers beside a missing cell into fractions.
    table = {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in columns}
    return _Table(pd.DataFrame(table, index=pd.RangeIndex(len(rows))))


def _row(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise DataError(
            f"{where}: not valid JSON ({error.msg} at column {error.colno}).", "Write one JSON object per line."
        ) from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets without an end
        raise DataError(f"{where}: JSON that cannot be read ({error}).", "Correct or remove the line.") from error
    if isinstance(row, _Repeated):
        raise DataError(f"{where}: a name occurs twice in one object.", "Rename one, or leave it out.")
    if not isinstance(row, dict):
        raise DataError(
            f"{where}: a {type(row).__name__} where an object is expected.",
            'Write one JSON object per line, such as {"text": …, "label": …}.',
        )
    return {printable(name): value for name, value in row.items()}
