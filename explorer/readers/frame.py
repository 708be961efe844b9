"""A table → `Dataset`: roles are settled, cells become content, and `build` does the rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from explorer.dataset.build import build
from explorer.dataset.dataset import Dataset, SetAside
from explorer.errors import DataError
from explorer.media.base import Content, MediaKind
from explorer.media.image import ImageBytes, ImageFiles, PictureList
from explorer.media.table import Table
from explorer.media.text import Texts
from explorer.media.vector import Vectors
from explorer.readers.columns import _matrix, _missing, _stack, _typed
from explorer.readers.options import Options
from explorer.readers.pictures import as_pixels
from explorer.readers.probabilities import align, columns_of
from explorer.readers.roles import _Columns, _names
from explorer.utils.text import listed


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
