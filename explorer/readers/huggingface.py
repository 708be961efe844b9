"""Hugging Face `datasets` → `Dataset`. Pictures stay encoded and are read from the Arrow files row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from explorer.dataset.dataset import Dataset
from explorer.errors import DataError, UnknownName
from explorer.media.base import Content
from explorer.media.image import ImageBytes, ImageFiles
from explorer.readers.frame import from_frame
from explorer.readers.options import Options
from explorer.utils.text import listed


def recognises(source: Any) -> bool:
    """Say whether the source is a type of the `datasets` package."""
    return type(source).__module__.split(".")[0] == "datasets" or any(
        base.__module__.split(".")[0] == "datasets" for base in type(source).__mro__
    )


def from_huggingface(source: Any, options: Options) -> Dataset:
    """Read a `Dataset`, or the split of a `DatasetDict` that options.split names.

    `ClassLabel` names become the classes, while the user's own values stay the integers.
    """
    import datasets

    options.only("a Hugging Face dataset", "label image text features embedding probs key kind classes root split")
    if isinstance(source, datasets.IterableDataset | datasets.IterableDatasetDict):
        raise DataError(
            "A streaming Hugging Face dataset has no length and cannot be gone back to.",
            "Load it with streaming=False, or take a part: datasets.Dataset.from_list(list(dataset.take(5000))).",
        )
    notes: list[str] = []
    table = _split(source, options.split, notes)
    if len(table) == 0:
        raise DataError("The Hugging Face dataset is empty: it has no rows.", "Check the split or the filter.")
    pictures = [name for name, kind in table.features.items() if isinstance(kind, datasets.Image)]
    for name in pictures:
        table = table.cast_column(name, datasets.Image(decode=False))
    image = _image_column(pictures, options, notes)
    content = None if image is None else _pictures(table, image, options)
    rest = table.remove_columns(pictures) if pictures else table
    frame = rest.with_format(None).to_pandas()
    frame.index = pd.RangeIndex(len(table))
    label = options.label if isinstance(options.label, str) else None
    if options.label is None:
        coded = [name for name, kind in table.features.items() if isinstance(kind, datasets.ClassLabel)]
        if len(coded) == 1:
            label = coded[0]
            notes.append(f"column {label!r} is taken as the label: it is the only ClassLabel")
        elif len(coded) > 1 and "label" not in coded:
            raise DataError(f"Several columns are class labels: {listed(coded)}.", f"Say which: label={coded[0]!r}.")
    chosen = replace(options, label=label if label is not None else options.label, image=None, split=None)
    beside = options.label is not None and label is None  # labels that stand beside the dataset
    names = None if beside else _class_names(table, label or "label")
    if names is None:
        return from_frame(frame, chosen, source="a Hugging Face dataset", root=Path.cwd(), notes=notes, content=content)
    column = label or "label"
    codes = frame[column].to_numpy(dtype=float, na_value=np.nan)
    frame[column] = pd.Series([names[int(c)] if np.isfinite(c) and c >= 0 else None for c in codes], dtype=object)
    chosen = replace(chosen, label=column, classes=options.classes or names)
    dataset = from_frame(frame, chosen, source="a Hugging Face dataset", root=Path.cwd(), notes=notes, content=content)
    position = {name: code for code, name in enumerate(names)}
    return replace(dataset, class_values=tuple(position.get(name, name) for name in dataset.classes), _positions={})


def _split(source: Any, split: str | None, notes: list[str]) -> Any:
    import datasets

    if not isinstance(source, datasets.DatasetDict):
        if split is not None:
            raise DataError("split= was given, but the dataset is one split already.", "Leave it out.")
        return source
    if split is not None:
        if split not in source:
            raise UnknownName("split", split, source)
        return source[split]
    if len(source) == 1:
        name = next(iter(source))
        notes.append(f"the only split, {name!r}, is read")
        return source[name]
    raise DataError(
        f"The Hugging Face dataset has several splits: {listed(list(source))}.",
        f"Say which one to read, such as split={next(iter(source))!r}." if len(source) else "It has none at all.",
    )


def _image_column(pictures: list[str], options: Options, notes: list[str]) -> str | None:
    if options.image is not None and options.image in pictures:
        return str(options.image)
    if options.image is not None or options.text is not None or options.kind not in (None, "image") or not pictures:
        if options.image is not None:
            raise UnknownName("image column", options.image, pictures, "It was given as image=.")
        return None
    if len(pictures) > 1:
        raise DataError(f"Several columns hold pictures: {listed(pictures)}.", f"Say which: image={pictures[0]!r}.")
    notes.append(f"column {pictures[0]!r} is taken as the picture: it is of type Image")
    return pictures[0]


def _pictures(table: Any, column: str, options: Options) -> Content:
    """Serve encoded bytes lazily; pictures that are only paths need a root that they may not leave."""
    rows = table.select_columns([column]).with_format(None)
    if rows[0][column] is None or rows[0][column].get("bytes"):
        return ImageBytes(_EncodedColumn(rows, column))
    paths = [cell.get("path") if cell else None for cell in rows[column]]
    if options.root is None:
        common = Path(next(p for p in paths if p)).parent
        raise DataError(
            f"Column {column!r} holds paths of picture files, and no root is given that they may not leave.",
            f"Give the folder that holds them all, such as root={str(common)!r}.",
        )
    return ImageFiles(Path(options.root).expanduser(), [p or "" for p in paths])


class _EncodedColumn(Sequence[bytes | None]):
    """One column of encoded pictures, read from the memory-mapped Arrow file when asked for."""

    def __init__(self, rows: Any, column: str) -> None:
        self.rows = rows
        self.column = column

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, row: Any) -> Any:
        cell = self.rows[int(row)][self.column]
        return None if cell is None else cell.get("bytes")

    def __iter__(self) -> Iterator[bytes | None]:
        return (self[row] for row in range(len(self)))


def _class_names(table: Any, column: str) -> list[str] | None:
    import datasets

    kind = table.features.get(column)
    return list(kind.names) if isinstance(kind, datasets.ClassLabel) else None
