"""Columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from explorer.errors import DataError, UnknownName
from explorer.utils.text import listed


def _typed(cells: pd.Series[Any], as_written: bool) -> pd.Series[Any]:
    if as_written:
        parsed = numbers(cells)
        return cells if parsed is None else parsed
    return cells.infer_objects() if cells.dtype == object else cells


def _matrix(frame: pd.DataFrame, columns: list[str]) -> NDArray[np.float32]:
    parsed: list[NDArray[np.float32]] = []
    for name in columns:
        cells = frame[name]
        values = cells if pd.api.types.is_numeric_dtype(cells) else numbers(cells)
        if values is None:
            raise DataError(f"Column {name!r} is not numeric.", "Give numeric columns in features=, or kind='table'.")
        parsed.append(values.to_numpy(dtype=np.float32, na_value=np.nan))
    return np.column_stack(parsed)


def _stack(cells: pd.Series[Any], column: str) -> NDArray[np.float32]:
    """Stack cells that are lists into [R, D]; an empty cell becomes NaN, so its row is set aside."""
    values = cells.tolist()
    lengths = pd.Series([np.size(v) for v in values if not _missing(v)])
    if any(isinstance(v, str) for v in values):
        raise DataError(f"The cells of column {column!r} are strings.", "Store the embedding in Parquet or JSONL.")
    if lengths.nunique() != 1:
        raise DataError(
            f"The lists in column {column!r} have different lengths ({listed([str(n) for n in lengths.unique()])}).",
            "Give as many numbers in every row.",
        )
    width = int(lengths.iloc[0])
    stacked = np.full((len(values), width), np.nan, dtype=np.float32)
    for row, value in enumerate(values):
        if not _missing(value):
            stacked[row] = np.asarray(value, dtype=np.float32).ravel()
    return stacked


def _missing(value: Any) -> bool:
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


CellKind = Literal["empty", "bytes", "picture", "path", "link", "list", "text", "name", "category", "number", "other"]


IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".jfif")


_MISSING_WORDS = frozenset(["na", "n/a", "nan", "null", "none", "?", "-"])


_SAMPLE = 2000


@dataclass(frozen=True)
class Column:
    """A column's name, the kind of its cells, and for strings their mean length and share of distinct values."""

    name: str
    kind: CellKind
    length: float = 0.0
    distinct: float = 0.0


def describe(cells: pd.Series[Any], *, as_written: bool = False) -> Column:
    """Tell the kind of a column from a sample of filled cells, spread evenly. `as_written`: cells are raw strings."""
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
    first = values[0]
    if all(isinstance(v, str) for v in values):
        return _describe_strings(name, values, as_written)
    if all(isinstance(v, bytes | bytearray) for v in values):
        return Column(name, "bytes")
    if isinstance(first, dict) and {"bytes", "path"} & first.keys():
        return Column(name, "picture")
    if isinstance(first, Image.Image) or (isinstance(first, np.ndarray) and first.ndim in (2, 3)):
        return Column(name, "picture")
    if isinstance(first, list | tuple | np.ndarray):
        numeric = len(first) > 0 and all(isinstance(x, int | float | np.number) for x in first)
        return Column(name, "list" if numeric else "other")
    if all(isinstance(v, bool | int | float | np.number) for v in values):
        return Column(name, "number")
    return Column(name, "category" if all(pd.api.types.is_scalar(v) for v in values) else "other")


def _describe_strings(name: str, values: list[str], as_written: bool) -> Column:
    if as_written and numbers(pd.Series(values)) is not None:
        return Column(name, "number")
    length = float(np.mean([len(v) for v in values]))
    distinct = len(set(values)) / len(values)
    if sum(v.lower().endswith(IMAGE_SUFFIXES) for v in values) >= 0.9 * len(values):
        web = values[0].lower().startswith(("http://", "https://", "s3://", "gs://"))
        return Column(name, "link" if web else "path", length, distinct)
    words = float(np.mean([len(v.split()) for v in values]))
    if words >= 4 or length >= 40:
        return Column(name, "text", length, distinct)
    return Column(name, "name" if distinct > 0.8 and len(values) > 10 else "category", length, distinct)


def numbers(cells: pd.Series[Any]) -> pd.Series[float] | None:
    """Return strings as numbers, usual words for "missing" as NaN; `None` where another word is among them."""
    words = cells.where(cells.notna(), "").astype(str).str.strip()
    missing = words.str.lower().isin(_MISSING_WORDS) | (words == "")
    if missing.all():
        return None
    parsed = pd.to_numeric(words.where(~missing, other="nan"), errors="coerce").astype(float)
    return None if (parsed.isna() & ~missing).any() else parsed


def require(frame: pd.DataFrame, name: Any, option: str) -> str:
    """Return the column that an option names, or raise `UnknownName`."""
    if str(name) not in frame.columns:
        raise UnknownName("column", name, frame.columns, f"It was given as {option}=.")
    return str(name)
