"""Which column of a table is what: label, picture, text, features. Inferred from names and from a sample of cells.

Every choice comes back as a sentence; where two columns would do, it is an error that names both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from PIL import Image

from explorer.errors import DataError, UnknownName
from explorer.readers.options import listed

CellKind = Literal["empty", "bytes", "picture", "path", "link", "list", "text", "name", "category", "number", "other"]

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".jfif")

# Earlier groups win over later ones; two matches within a group are ambiguous.
_LABEL_NAMES: tuple[tuple[str, ...], ...] = (
    ("label", "labels", "given_label"),
    ("target", "targets", "class", "class_name", "class_label", "category", "categories"),
    ("y", "gold", "ground_truth", "annotation", "sentiment", "species"),
)
_TEXT_NAMES = ("text", "sentence", "content", "review", "tweet", "comment", "document", "body", "message", "utterance")
_KEY_NAMES = ("key", "id", "uuid", "guid", "index", "idx", "item_id", "row_id")
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


def find_label(frame: pd.DataFrame, columns: Iterable[Column]) -> tuple[str, str]:
    """Return the label column by its name, and why; the error lists columns with few distinct values."""
    by_name: dict[str, list[str]] = {}
    for column in frame.columns:
        by_name.setdefault(str(column).strip().lower().replace(" ", "_"), []).append(str(column))
    for group in _LABEL_NAMES:
        found = [column for name in group for column in by_name.get(name, [])]
        if len(found) == 1:
            return found[0], f"column {found[0]!r} is taken as the label, by its name"
        if found:
            raise DataError(
                f"Several columns could be the label: {listed(found)}.", f"Say which one, such as label={found[0]!r}."
            )
    likely = [c.name for c in columns if c.kind in ("category", "number") and _few_values(frame[c.name])]
    candidates = f"These have few distinct values: {listed(likely)}." if likely else ""
    raise DataError(
        f"No column is called label, target, class or the like (columns: {listed(list(frame.columns), 12)}).",
        f"Say which column is the label with label=. {candidates}".strip(),
    )


def _few_values(cells: pd.Series[Any]) -> bool:
    count = int(cells.nunique())
    return 2 <= count <= max(20, len(cells) // 20)


def find_image(columns: Iterable[Column]) -> tuple[str, str] | None:
    """Return the only column with pictures or paths to pictures, and why."""
    columns = list(columns)
    found = [c for c in columns if c.kind in ("bytes", "picture", "path")]
    if len(found) > 1:
        raise DataError(
            f"Several columns hold pictures: {listed([c.name for c in found])}.",
            f"Say which one, such as image={found[0].name!r}.",
        )
    if found:
        what = {"bytes": "bytes", "picture": "pictures", "path": "paths to picture files"}[found[0].kind]
        return found[0].name, f"column {found[0].name!r} is taken as the picture: its cells are {what}"
    links = [c.name for c in columns if c.kind == "link"]
    if links:
        raise DataError(
            f"Column {links[0]!r} holds web addresses of pictures; nothing is fetched from the network.",
            "Download the pictures and give a column with their paths.",
        )
    return None


def find_text(columns: Iterable[Column], *, must: bool) -> tuple[str, str] | None:
    """Return the text column: one with a usual name, else the one with by far the longest strings.

    Parameters
    ----------
    must
        Take short strings too: the person said that the items are texts, or nothing else is there.
    """
    columns = list(columns)
    strings = [c for c in columns if c.kind in ("text", "name") or (must and c.kind == "category" and c.length > 0)]
    named = [
        c
        for c in columns
        if c.kind in ("text", "name", "category") and c.name.strip().lower() in _TEXT_NAMES and c.distinct > 0.2
    ]
    if len(named) == 1:
        return named[0].name, f"column {named[0].name!r} is taken as the text, by its name"
    pool = named or [c for c in strings if c.kind == "text"] or (strings if must else [])
    pool = sorted(pool, key=lambda c: -c.length)
    if not pool:
        return None
    if len(pool) > 1 and pool[0].length < 2 * pool[1].length:
        raise DataError(
            f"Several columns could be the text: {listed([c.name for c in pool])}.",
            f"Say which one, such as text={pool[0].name!r}, or put them together in one column.",
        )
    why = f"its strings are the longest ({pool[0].length:.0f} characters on average)"
    return pool[0].name, f"column {pool[0].name!r} is taken as the text: {why}"


def find_embedding(columns: Iterable[Column]) -> tuple[str, str] | None:
    """Return the only column whose cells are lists of numbers, and why."""
    found = [c.name for c in columns if c.kind == "list"]
    if len(found) > 1:
        raise DataError(
            f"Several columns hold lists of numbers: {listed(found)}.",
            f"Say which one is the embedding, such as embedding={found[0]!r}.",
        )
    return (
        (found[0], f"column {found[0]!r} is taken as the embedding: its cells are lists of numbers") if found else None
    )


def find_cells(columns: Iterable[Column]) -> tuple[list[str], list[str]]:
    """Return the columns that make up a table's rows and notes on those left out."""
    kept: list[str] = []
    notes: list[str] = []
    for column in columns:
        if column.name.strip().lower() in _KEY_NAMES or column.name.startswith("Unnamed:"):
            notes.append(f"column {column.name!r} is left out of the features: it looks like a row's name")
        elif column.kind in ("number", "category", "name", "text"):
            kept.append(column.name)
        else:
            notes.append(f"column {column.name!r} is left out of the features: its cells are {column.kind}")
    return kept, notes
