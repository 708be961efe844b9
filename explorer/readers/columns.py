"""What the cells of a column are, and how they become numbers and vectors. Which role a column plays is in roles.py."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from explorer.errors import DataError, Option, Said, UnknownName
from explorer.utils.arrays import float32, numbers_in
from explorer.utils.text import listed

CellKind = Literal[
    "empty", "bytes", "picture", "recording", "path", "link", "list", "text", "name", "category", "number", "other"
]
"""Kinds of cells. "list": numbers that belong together, also as text; "recording": encoded sound, film or document."""

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".jfif")
"""Endings of files that are read as pictures."""

_OTHER_IMAGES = (".avif", ".heic", ".heif", ".jp2", ".jxl", ".svg", ".dng", ".raw", ".tga", ".ico")
_RECORDINGS = (
    ".wav",
    ".mp3",
    ".flac",
    ".ogg",
    ".opus",
    ".m4a",
    ".aac",
    ".mp4",
    ".avi",
    ".mov",
    ".mkv",
    ".webm",
    ".pdf",
)
_SIGNS = (b"ID3", b"fLaC", b"OggS", b"%PDF")
_PICTURE_SIGNS = (b"\x89PNG", b"\xff\xd8", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"P5", b"P6")
_IMAGE_NAMES = frozenset(
    f"{what}{end}"
    for what in ("image", "img", "picture", "photo", "file", "path", "filepath")
    for end in ("", "s", "_path", "_file", "_name", "name")
)
_MISSING_WORDS = frozenset(["na", "n/a", "nan", "null", "none", "?", "-"])
_SAMPLE = 2000
_WEB = ("http://", "https://", "s3://", "gs://")
_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)?(?:,\d+)?(?:[eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+")
_CUT = re.compile(r"\[.*\d[^\w]*\.\.\.[^\w]*\d?.*\]", re.DOTALL)


@dataclass(frozen=True)
class Column:
    """A column's name, the kind of its cells, and for strings their mean length and share of distinct values."""

    name: str
    kind: CellKind
    length: float = 0.0
    distinct: float = 0.0


def describe(cells: pd.Series[Any], *, as_written: bool = False, comma: bool = False) -> Column:
    """Tell the kind of a column from a sample of filled cells, spread evenly.

    Parameters
    ----------
    as_written
        Cells are strings as they stood in a text file.
    comma
        Cells of that file are separated by something else than commas: "1,234" is a fraction.
    """
    name = str(cells.name)
    filled = cells[cells.notna()]
    if filled.empty:
        return Column(name, "empty")
    sample = filled.iloc[np.unique(np.linspace(0, len(filled) - 1, _SAMPLE).astype(int))]
    if isinstance(sample.dtype, pd.CategoricalDtype):
        return Column(name, "category")
    if pd.api.types.is_numeric_dtype(sample) or pd.api.types.is_bool_dtype(sample):
        return Column(name, "number")
    values = sample.tolist()
    if all(isinstance(v, str) for v in values):
        return _of_strings(name, values, as_written, comma)
    return Column(name, _of_files(values) or _of_objects(values))


def _of_files(values: list[Any]) -> CellKind | None:
    """Tell the kind of cells of which some are encoded files; `None` where they are something else."""
    encoded = [v for v in values if isinstance(v, bytes | bytearray) or _is_file(v)]
    if not encoded:
        return None
    if sum(map(_is_recording, encoded)) > 0.5 * len(encoded):
        return "recording"
    if all(isinstance(v, bytes | bytearray) for v in values):
        return "bytes"
    beside = len(values) - len(encoded)
    if not beside:
        return "picture"
    others = sum(
        isinstance(v, Image.Image | np.ndarray) or (isinstance(v, str) and _is_picture_path(v)) for v in values
    )
    likely = sum(map(_is_picture, encoded)) >= 0.5 * len(encoded)
    return "picture" if likely and others == beside else None


def _of_objects(values: list[Any]) -> CellKind:
    first = values[0]
    if isinstance(first, Image.Image) or (isinstance(first, np.ndarray) and first.ndim in (2, 3)):
        return "picture"
    if isinstance(first, list | tuple | np.ndarray):
        flat = not isinstance(first, np.ndarray) or first.ndim == 1
        numeric = flat and len(first) > 0 and all(isinstance(x, int | float | np.number) for x in first)
        return "list" if numeric else "other"
    if all(isinstance(v, bool | int | float | np.number) for v in values):
        return "number"
    return "category" if all(pd.api.types.is_scalar(v) for v in values) else "other"


def _is_file(value: Any) -> bool:
    """Say whether a cell is an encoded file as Hugging Face keeps it."""
    return isinstance(value, Mapping) and bool({"bytes", "path"} & value.keys())


def _is_recording(value: Any) -> bool:
    data = value.get("bytes") if isinstance(value, Mapping) else value
    path = str(value.get("path") or "").lower() if isinstance(value, Mapping) else ""
    if path.endswith(_RECORDINGS):
        return True
    head = bytes(data[:12]) if isinstance(data, bytes | bytearray) else b""
    return head.startswith(_SIGNS) or (head[:4] == b"RIFF" and head[8:12] in (b"WAVE", b"AVI "))


def _is_picture(value: Any) -> bool:
    """Say whether an encoded file begins as pictures do, or is only a path to one."""
    data = value.get("bytes") if isinstance(value, Mapping) else value
    if not data:
        return isinstance(value, Mapping) and _is_picture_path(str(value.get("path") or ""))
    head = bytes(data[:12]) if isinstance(data, bytes | bytearray) else b""
    return head.startswith(_PICTURE_SIGNS) or head[8:12] == b"WEBP" or head[4:8] == b"ftyp"


def _is_picture_path(text: str) -> bool:
    return _file_of(text).endswith(IMAGE_SUFFIXES)


def _of_strings(name: str, values: list[str], as_written: bool, comma: bool) -> Column:
    if as_written and numbers(pd.Series(values), comma=comma) is not None:
        return Column(name, "number")
    length = float(np.mean([len(v) for v in values]))
    distinct = len(set(values)) / len(values)
    if _are_vectors(values):
        return Column(name, "list", length, distinct)
    paths = [_file_of(v) for v in values]
    pictures = sum(p.endswith(IMAGE_SUFFIXES) for p in paths)
    called = name.strip().lower().replace(" ", "_") in _IMAGE_NAMES
    likely = pictures + (sum(p.endswith(_OTHER_IMAGES) for p in paths) if called else 0)
    if pictures >= 0.9 * len(values) or (called and likely >= 0.5 * len(values)):
        web = values[0].lstrip().lower().startswith(_WEB)
        return Column(name, "link" if web else "path", length, distinct)
    words = float(np.mean([len(v.split()) for v in values]))
    if words >= 4 or length >= 40:
        return Column(name, "text", length, distinct)
    return Column(name, "name" if distinct > 0.8 and len(values) > 10 else "category", length, distinct)


def _file_of(text: str) -> str:
    """Return what of a path or address is the file, in small letters."""
    return text.strip().split("?")[0].split("#")[0].lower()


def numbers(cells: pd.Series[Any], *, comma: bool = False) -> pd.Series[float] | None:
    """Return strings as numbers, usual words for "missing" as NaN; `None` where another word is among them.

    Fractions may be written with a decimal comma; "1,234" alone may also be a thousand, and counts as a fraction only
    with `comma`.
    """
    words = cells.where(cells.notna(), "").astype(str).str.strip()
    missing = words.str.lower().isin(_MISSING_WORDS) | (words == "")
    if missing.all():
        return None
    parsed = _parsed(words, missing)
    if parsed is not None:
        return parsed
    filled = words[~missing].tolist()
    if not any("," in word for word in filled) or not all(word and _COMMA.fullmatch(word) for word in filled):
        return None
    if not comma and all(_THOUSANDS.fullmatch(word) for word in filled if "," in word):
        return None
    return _parsed(words.str.replace(".", "", regex=False).str.replace(",", ".", regex=False), missing)


def _parsed(words: pd.Series[Any], missing: pd.Series[bool]) -> pd.Series[float] | None:
    parsed = pd.to_numeric(words.where(~missing, other="nan"), errors="coerce").astype(float)
    return None if (parsed.isna() & ~missing).any() else parsed


def has_decimal_commas(cells: pd.Series[Any]) -> bool:
    """Say whether cells that are numbers are written with decimal commas."""
    return bool(cells.astype(str).str.contains(",", regex=False).any())


def typed(cells: pd.Series[Any], *, as_written: bool, comma: bool = False) -> pd.Series[Any]:
    """Return cells of a table as numbers where they are such, else as they are."""
    if as_written:
        parsed = numbers(cells, comma=comma)
        return cells if parsed is None else parsed
    try:
        return cells.infer_objects() if cells.dtype == object else cells
    except UnicodeEncodeError:  # half characters, which only objects hold
        return cells


def matrix(frame: pd.DataFrame, columns: list[str], *, comma: bool = False) -> NDArray[np.float32]:
    """Return columns of numbers as [R, D], empty cells as NaN; `DataError` names a column of another kind."""
    parsed: list[NDArray[np.float32]] = []
    if not columns:
        raise DataError("There is no column of numbers.", Said("Name the columns in {}.", Option("features")))
    for name in columns:
        cells = frame[name]
        values = cells if pd.api.types.is_numeric_dtype(cells) else _strings_as_numbers(cells, comma)
        if values is None or pd.api.types.is_complex_dtype(values):
            hint = f", or embedding={name!r} where its cells are lists" if describe(cells).kind == "list" else ""
            raise DataError(
                f"Column {name!r} is not numeric.",
                Said("Give numeric columns in {}, or kind='table'{}.", Option("features"), hint),
            )
        with np.errstate(over="ignore"):  # a value that float32 does not hold counts as infinite
            parsed.append(values.to_numpy(dtype=np.float32, na_value=np.nan))
    return np.column_stack(parsed)


def _strings_as_numbers(cells: pd.Series[Any], comma: bool) -> pd.Series[float] | None:
    if all(pd.api.types.is_scalar(v) and not isinstance(v, bytes) for v in cells.tolist()):
        return numbers(cells, comma=comma)
    return None


def stack(cells: pd.Series[Any], column: str) -> NDArray[np.float32]:
    """Stack cells that are lists of numbers, or such lists as text, into [R, D].

    An empty cell becomes NaN, so its row is set aside.

    Raises
    ------
    DataError
        Cells that are no lists of numbers, or of different lengths.
    """
    values = [None if missing(v) else v for v in cells.tolist()]
    found: list[NDArray[np.float32] | None] = []
    for row, value in enumerate(values):
        if value is None:
            found.append(None)
            continue
        if isinstance(value, str):
            parsed = vector_in(value)
            if parsed is None:
                raise _no_vector(value, row, column)
            found.append(parsed)
        else:
            found.append(_numbers(value, row, column))
    lengths = list(dict.fromkeys(v.size for v in found if v is not None))
    if len(lengths) != 1:
        many = f" have different lengths ({listed([str(n) for n in lengths])})" if lengths else " are all empty"
        raise DataError(f"The lists in column {column!r}{many}.", "Give as many numbers in every row.")
    stacked = np.full((len(values), lengths[0]), np.nan, dtype=np.float32)
    for row, vector in enumerate(found):
        if vector is not None:
            stacked[row] = vector
    return stacked


def _numbers(value: Any, row: int, column: str) -> NDArray[np.float32]:
    try:
        with np.errstate(over="ignore"):
            return np.asarray(value, dtype=np.float32).ravel()
    except (ValueError, TypeError, OverflowError):
        return float32(numbers_in(value, f"cells of column {column!r}, row {row},")).ravel()


def _no_vector(text: str, row: int, column: str) -> DataError:
    if _CUT.fullmatch(text.strip()):
        return DataError(
            f"Row {row}, column {column!r}: the list was cut short with '...' when it was written as text.",
            "Store the embedding in Parquet or JSONL, or write it with json.dumps(vector.tolist()).",
        )
    return DataError(
        f"The cells of column {column!r} are strings, and that of row {row} is no list of numbers.",
        "Store the embedding in Parquet or JSONL.",
    )


def vector_in(text: str) -> NDArray[np.float32] | None:
    """Return the numbers of a list that is written as text; `None` where it is none.

    >>> vector_in("[0.5, 1e-3]"), vector_in("a b")
    (array([0.5  , 0.001], dtype=float32), None)
    """
    inner = text.strip()
    if inner[:1] in "[(" and inner[-1:] in "])":
        inner = inner[1:-1]
    parts = inner.replace(",", " ").replace(";", " ").split()
    try:
        return np.array([float(part) for part in parts], dtype=np.float32) if parts else None
    except (ValueError, OverflowError):
        return None


def _are_vectors(values: list[str]) -> bool:
    """Say whether all strings are lists of as many numbers: in brackets, or at least three of them with points."""
    texts = [v.strip() for v in values]
    brackets = all(t[:1] == "[" and t[-1:] == "]" for t in texts)
    if not brackets and not all("." in t and t[:1] in "+-.0123456789" for t in texts):
        return False
    if brackets and all(_CUT.fullmatch(t) for t in texts):
        return True
    sizes = set()
    for text in texts:
        vector = vector_in(text)
        if vector is None or len(vector) < (2 if brackets else 3):
            return False
        sizes.add(len(vector))
    return len(sizes) == 1


def missing(value: Any) -> bool:
    """Say whether a cell is empty."""
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def require(frame: pd.DataFrame, name: Any, option: str) -> str:
    """Return the column that an option names, or raise `UnknownName`."""
    if str(name) not in frame.columns:
        raise UnknownName("column", name, frame.columns, Said("It was given as {}.", Option(option)))
    return str(name)
