"""A table → `Dataset`: roles are settled, cells become content, and `build` does the rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.content import Content, ImageBytes, ImageFiles, MediaKind, Table, Texts, Vectors
from explorer.dataset import Dataset, SetAside, build
from explorer.errors import DataError
from explorer.readers import roles
from explorer.readers.options import Options, counted, listed
from explorer.readers.pictures import PictureList, as_pixels
from explorer.readers.probabilities import align, columns_of


def from_frame(
    frame: pd.DataFrame,
    options: Options,
    *,
    source: str,
    root: Path,
    notes: Sequence[str] = (),
    as_written: bool = False,
    index: pd.Index[Any] | None = None,
    content: Content | None = None,
) -> Dataset:
    """Turn a table into a dataset.

    Parameters
    ----------
    frame
        R rows.
    source
        How messages name it.
    root
        Where relative paths start and what no path may leave, unless options.root is given.
    as_written
        Cells are strings as they stood in a text file: columns of numbers are still to be parsed.
    index
        Index for the user's rows; by default the frame's own.
    content
        The rows' content, where the caller has it already (then no column is looked for).

    Raises
    ------
    DataError, UnknownName, OutsideRoot
        See `explorer.read`.
    """
    row_index = frame.index if index is None else index
    frame = _tidy(frame, source)
    said = list(notes)
    chosen = _Columns(frame, options, as_written)
    label_name, labels = chosen.label(said)
    keys = None if options.key is None else frame[chosen.take(options.key, "key")].tolist()
    probs_columns = [] if options.probs is None else columns_of(options.probs, frame)
    chosen.used.update(probs_columns)
    aside: list[SetAside] = []
    features = chosen.features(said)
    if content is None:
        media, column = chosen.media(said, has_features=features is not None)
        content, features = _content(chosen, media, column, features, root=root, aside=aside)
        said.append(f"the items are of kind {media!r}")
    classes = options.classes
    probs = None
    if options.probs is not None:
        given = align(options.probs, frame, labels, classes)
        probs, classes = given.values, given.classes
        said.extend([given.note] if given.note else [])
    return build(
        content,
        labels,
        keys=keys,
        features=features,
        probs=probs,
        classes=classes,
        row_index=row_index,
        label_name=label_name,
        source=source,
        set_aside=aside,
        notes=said,
    )


class _Columns:
    """The columns of one table as they are given out to their roles, each at most once."""

    def __init__(self, frame: pd.DataFrame, options: Options, as_written: bool) -> None:
        self.frame = frame
        self.options = options
        self.as_written = as_written
        self.used: set[str] = set()
        self._described: dict[str, roles.Column] = {}

    def free(self) -> list[roles.Column]:
        """Describe the columns that have no role yet."""
        for name in self.frame.columns:
            if name not in self.used and name not in self._described:
                self._described[name] = roles.describe(self.frame[name], as_written=self.as_written)
        return [self._described[name] for name in self.frame.columns if name not in self.used]

    def take(self, name: Any, option: str) -> str:
        """Give a column that an option names its role."""
        column = roles.require(self.frame, name, option)
        self.used.add(column)
        return column

    def label(self, said: list[str]) -> tuple[str, list[Any]]:
        """Return the label column's name and its cells, or the labels that were given."""
        given = self.options.label
        if given is not None and not np.isscalar(given):
            labels = list(given)
            if len(labels) != len(self.frame):
                raise DataError(f"There are {len(labels):,} labels for {len(self.frame):,} rows.", "Give one per row.")
            return "label", labels
        if given is None:
            column, why = roles.find_label(self.frame, self.free())
            said.append(why)
            self.used.add(column)
        else:
            column = self.take(given, "label")
        labels = self.frame[column].tolist()
        return column, labels

    def features(self, said: list[str]) -> NDArray[Any] | None:
        """Return precomputed features [R, D] from an array or a column of lists, if there are any."""
        options = self.options
        if options.embedding is not None:
            column = self.take(options.embedding, "embedding")
            return _stack(self.frame[column], column)
        if options.features is None or _are_names(options.features):
            return None
        features = np.asarray(options.features)
        said.append(f"the features given ({' × '.join(map(str, features.shape))}) are the embedding")
        return features

    def media(self, said: list[str], *, has_features: bool) -> tuple[MediaKind, list[str]]:
        """Settle what the items are and which columns hold them."""
        options, kind = self.options, self.options.kind
        if options.image is not None and options.text is not None:
            raise DataError("Both image= and text= are given; an item is one or the other.", "Leave one of them out.")
        if options.image is not None:
            return "image", [self.take(options.image, "image")]
        if options.text is not None:
            return "text", [self.take(options.text, "text")]
        named = _names(options.features)
        for name in named:
            self.take(name, "features")
        found = roles.find_image(self.free()) if kind in (None, "image") else None
        if found:
            said.append(found[1])
            return "image", [found[0]]
        if kind == "image":
            raise DataError(self._none("pictures"), "Say which column it is with image=.")
        if named and kind != "text":
            return ("vector" if kind == "vector" else "table"), named
        if kind in (None, "text"):
            text = self._text(said)
            if text is not None:
                return "text", [text]
        if kind == "text":
            raise DataError(self._none("texts"), "Say which column it is with text=.")
        if has_features and kind in (None, "vector"):
            return "vector", []
        if kind in (None, "vector"):
            found = roles.find_embedding(self.free())
            if found:
                said.append(found[1])
                return "vector", [found[0]]
        cells, left_out = roles.find_cells(self.free())
        said.extend(left_out)
        if not cells:
            raise DataError(
                self._none("pictures, texts or features"),
                "Say which column is what with image=, text=, features= or embedding=.",
            )
        if kind == "vector":
            cells = [c.name for c in self.free() if c.kind == "number" and c.name in cells]
        said.append(f"the features are {counted(len(cells), 'column')}: {listed(cells, 12)}")
        return ("vector" if kind == "vector" else "table"), cells

    def _text(self, said: list[str]) -> str | None:
        """Find the text column; among several feature columns only long strings count as text."""
        free = self.free()
        cells = [c for c in free if c.kind in ("number", "category")]
        found = roles.find_text(free, must=self.options.kind == "text" or not cells)
        if found is None:
            return None
        if self.options.kind is None and len(cells) >= 3 and "by its name" not in found[1]:
            length = next(c.length for c in free if c.name == found[0])
            if length < 40:
                said.append(
                    f"column {found[0]!r} is taken as a cell of the table; give text={found[0]!r} to read it as text"
                )
                return None
        said.append(found[1])
        return found[0]

    def _none(self, what: str) -> str:
        return f"No column with {what} was found (columns: {listed(list(self.frame.columns), 12)})."


def _content(
    chosen: _Columns,
    media: MediaKind,
    columns: list[str],
    features: NDArray[Any] | None,
    *,
    root: Path,
    aside: list[SetAside],
) -> tuple[Content, NDArray[Any] | None]:
    """Make the content of the rows, and the features [R, D] that come with it."""
    frame, options = chosen.frame, chosen.options
    if media in ("image", "text"):
        named = _names(options.features)
        if named:
            features = _matrix(frame, [chosen.take(name, "features") for name in named])
        cells = frame[columns[0]]
        if media == "text":
            texts = [None if _missing(v) else str(v) for v in cells.tolist()]
            return Texts(texts), features
        return picture_content(cells, Path(options.root) if options.root is not None else root, aside), features
    if media == "vector":
        if columns and features is None:
            is_list = len(columns) == 1 and not pd.api.types.is_numeric_dtype(frame[columns[0]])
            is_list = is_list and not isinstance(frame[columns[0]].iloc[0], str)
            features = _stack(frame[columns[0]], columns[0]) if is_list else _matrix(frame, columns)
        if features is None or features.ndim != 2 or len(features) != len(frame):
            shape = None if features is None else features.shape
            raise DataError(f"The features have the shape {shape}.", f"Give an array [{len(frame)}, D].")
        return Vectors(features), features
    table = pd.DataFrame({name: _typed(frame[name], chosen.as_written) for name in columns})
    return Table(table), features


def picture_content(cells: pd.Series[Any], root: Path, aside: list[SetAside]) -> Content:
    """Make image content of bytes, Hugging Face dicts, paths, arrays or Pillow pictures; empty cells are set aside."""
    values = [None if _missing(v) else v for v in cells.tolist()]
    if any(isinstance(v, dict) for v in values):
        data = [v.get("bytes") if isinstance(v, dict) else v for v in values]
        values = data if any(d for d in data) else [v.get("path") if isinstance(v, dict) else None for v in values]
    first = next((v for v in values if v is not None), None)
    if isinstance(first, str | Path):
        for row, value in enumerate(values):
            if value is not None and not isinstance(value, str | Path):
                raise DataError(f"Row {row}, column {cells.name!r}: a {type(value).__name__} among paths.")
            if value is None or not str(value).strip():
                aside.append(SetAside(row, f"row {row}", f"column {cells.name!r} is empty"))
        return ImageFiles(root, [str(v or "") for v in values])
    if first is None or isinstance(first, bytes | bytearray):
        return ImageBytes([bytes(v) if isinstance(v, bytes | bytearray) else None for v in values])
    return PictureList([None if v is None else as_pixels(v, f"row {row}") for row, v in enumerate(values)])


def _tidy(frame: pd.DataFrame, source: str) -> pd.DataFrame:
    """Bring column names to strings; refuse repeated names and column levels."""
    if frame.columns.nlevels > 1:
        raise DataError(f"The columns of {source} have {frame.columns.nlevels} levels.", "Flatten them to one.")
    names = [str(name) for name in frame.columns]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataError(f"Columns of {source} share a name: {listed(repeated)}.", "Rename them.")
    return frame.set_axis(names, axis=1).reset_index(drop=True)


def _typed(cells: pd.Series[Any], as_written: bool) -> pd.Series[Any]:
    if as_written:
        parsed = roles.numbers(cells)
        return cells if parsed is None else parsed
    return cells.infer_objects() if cells.dtype == object else cells


def _matrix(frame: pd.DataFrame, columns: list[str]) -> NDArray[np.float32]:
    parsed: list[NDArray[np.float32]] = []
    for name in columns:
        cells = frame[name]
        values = cells if pd.api.types.is_numeric_dtype(cells) else roles.numbers(cells)
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


def _are_names(features: Any) -> bool:
    return isinstance(features, str) or (
        isinstance(features, list | tuple) and len(features) > 0 and all(isinstance(f, str) for f in features)
    )


def _names(features: Any) -> list[str]:
    if not _are_names(features):
        return []
    return [features] if isinstance(features, str) else list(features)


def _missing(value: Any) -> bool:
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))
