"""Hugging Face `datasets` → `Dataset`. Pictures stay encoded and are read from the Arrow files row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.errors import DataError, Option, Said, UnknownName
from explorer.media.base import Content
from explorer.media.image import ImageBytes, ImageFiles, MixedImages
from explorer.readers.frame import from_frame
from explorer.readers.options import Options
from explorer.readers.raters import specs_of
from explorer.readers.tabular import exact_integers
from explorer.utils.text import listed

_TAKES = "label image text features embedding probs key kind classes root split pixel_limit raters votes columns"


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

    options.only("a Hugging Face dataset", _TAKES)
    if isinstance(source, datasets.IterableDataset | datasets.IterableDatasetDict):
        raise DataError(
            "A streaming Hugging Face dataset has no length and cannot be gone back to.",
            "Load it with streaming=False, or take a part: datasets.Dataset.from_list(list(dataset.take(5000))).",
        )
    table, notes = _split(source, options.split)
    if len(table) == 0:
        raise DataError("The Hugging Face dataset is empty: it has no rows.", "Check the split or the filter.")
    pictures = [name for name, kind in table.features.items() if isinstance(kind, datasets.Image)]
    for name in pictures:
        table = table.cast_column(name, datasets.Image(decode=False))
    recordings = _recordings(table, options)
    notes += [f"column {name!r} is left out: it is of type {kind}" for name, kind in recordings.items()]
    image, why = _image_column(pictures, options)
    notes += why
    content = None if image is None else _pictures(table, image, options)
    apart = [*pictures, *recordings]
    rest = table.remove_columns(apart) if apart else table
    if recordings and content is None and len(rest.column_names) < 2:
        raise DataError(
            f"The Hugging Face dataset holds {' and '.join(recordings.values())} ({listed(list(recordings))}) and "
            "nothing that can be reviewed so far.",
            Said(
                "Give a dataset with pictures, texts or features beside it, or an embedding of it: {}.",
                Option("features"),
            ),
        )
    frame = rest.with_format(None).to_pandas()
    frame.index = pd.RangeIndex(len(table))
    exact = _exact(rest, frame)
    label = options.label if isinstance(options.label, str) else None
    if options.label is None:  # else labels that are given, or none at all
        votes = [spec.column for spec in specs_of(options.raters) or []]
        coded = [n for n, kind in table.features.items() if isinstance(kind, datasets.ClassLabel) and n not in votes]
        if len(coded) == 1:
            label = coded[0]
            notes.append(f"column {label!r} is taken as the label: it is the only ClassLabel")
        elif len(coded) > 1 and "label" not in coded:
            raise DataError(f"Several columns are class labels: {listed(coded)}.", f"Say which: label={coded[0]!r}.")
    chosen = replace(options, label=label if label is not None else options.label, image=None, split=None)
    read = partial(from_frame, source="a Hugging Face dataset", root=Path.cwd(), notes=notes, content=content)
    read = partial(read, again=partial(_columns, rest))
    beside = options.label is not None and label is None  # labels that stand beside the dataset
    names = None if beside else _class_names(table, label or "label")
    _name_votes(table, frame, names, options)
    if names is None:
        return read(frame, chosen, exact=exact)
    column = label or "label"
    codes = frame[column].to_numpy(dtype=float, na_value=np.nan)
    frame[column] = pd.Series([names[int(c)] if np.isfinite(c) and c >= 0 else None for c in codes], dtype=object)
    chosen = replace(chosen, label=column, classes=options.classes or names)
    dataset = read(frame, chosen, fixed=options.classes is not None)
    position = {name: code for code, name in enumerate(names)}
    return replace(dataset, class_values=tuple(position.get(name, name) for name in dataset.classes), _positions={})


def _name_votes(table: Any, frame: pd.DataFrame, names: list[str] | None, options: Options) -> None:
    """Write the class names into columns of raters that hold class codes, in place; negative codes are none."""
    for spec in specs_of(options.raters) or []:
        if spec.column is None or spec.column not in frame.columns:
            continue
        own = _class_names(table, spec.column) or names
        cells = frame[spec.column]
        if own is None or not pd.api.types.is_numeric_dtype(cells) or pd.api.types.is_bool_dtype(cells):
            continue
        codes = cells.to_numpy(dtype=float, na_value=np.nan)
        named = [
            None if not np.isfinite(c) or c < 0 else own[int(c)] if c.is_integer() and c < len(own) else c
            for c in codes.tolist()
        ]
        frame[spec.column] = pd.Series(named, dtype=object, index=frame.index)


def _recordings(table: Any, options: Options) -> dict[str, str]:
    """Return the columns of sound, film and documents, with what each is."""
    import datasets

    kinds = tuple(getattr(datasets, name) for name in ("Audio", "Video", "Pdf") if hasattr(datasets, name))
    found = {name: type(kind).__name__ for name, kind in table.features.items() if isinstance(kind, kinds)}
    for option in ("image", "text", "label", "embedding", "key"):
        named = getattr(options, option)
        if isinstance(named, str) and named in found:
            raise DataError(
                f"Column {named!r} is of type {found[named]}.", Said("Name another column with {}.", Option(option))
            )
    return found


def _columns(table: Any, names: list[str]) -> pd.DataFrame:
    """Read some columns from the Arrow files, whole numbers to the last digit."""
    part = table.select_columns(names).with_format("arrow")[:]
    found: pd.DataFrame = part.to_pandas(integer_object_nulls=True)
    return found


def _exact(table: Any, frame: pd.DataFrame) -> dict[str, list[Any]]:
    """Return the whole numbers that pandas had to round; see `exact_integers`."""
    import pyarrow as pa

    rounded = [name for name in table.column_names if name in frame.columns and frame[name].dtype.kind == "f"]
    if not any(float(frame[name].abs().max()) >= 2**53 for name in rounded):
        return {}
    part = table.select_columns(rounded).with_format("arrow")[:]
    return exact_integers(part, frame) if isinstance(part, pa.Table) else {}


def _split(source: Any, split: str | None) -> tuple[Any, list[str]]:
    """Return the dataset to read, and what is to be said of the choice."""
    import datasets

    if not isinstance(source, datasets.DatasetDict):
        if split is not None:
            raise DataError("split= was given, but the dataset is one split already.", "Leave it out.")
        return source, []
    if split is not None:
        if split not in source:
            raise UnknownName("split", split, source)
        return source[split], []
    if len(source) == 1:
        name = next(iter(source))
        return source[name], [f"the only split, {name!r}, is read"]
    raise DataError(
        f"The Hugging Face dataset has several splits: {listed(list(source))}.",
        f"Say which one to read, such as split={next(iter(source))!r}." if len(source) else "It has none at all.",
    )


def _image_column(pictures: list[str], options: Options) -> tuple[str | None, list[str]]:
    """Return the column of pictures that are the items, and why it was taken."""
    if options.image is not None and options.image in pictures:
        return str(options.image), []
    if options.image is not None or options.text is not None or options.kind not in (None, "image") or not pictures:
        if options.image is not None:
            raise UnknownName("image column", options.image, pictures, Said("It was given as {}.", Option("image")))
        return None, []
    if len(pictures) > 1:
        raise DataError(f"Several columns hold pictures: {listed(pictures)}.", f"Say which: image={pictures[0]!r}.")
    return pictures[0], [f"column {pictures[0]!r} is taken as the picture: it is of type Image"]


def _pictures(table: Any, column: str, options: Options) -> Content:
    """Serve encoded bytes lazily; pictures that are only paths need a root that they may not leave."""
    rows = table.select_columns([column]).with_format(None)
    encoded, paths = _cells(rows, column)
    by_path = ~encoded & np.array([bool(path) for path in paths])
    content = ImageBytes(_EncodedColumn(rows, column), options.most_pixels)
    if not by_path.any():
        return content
    if options.root is None:
        common = Path(paths[int(np.flatnonzero(by_path)[0])]).parent
        raise DataError(
            f"Column {column!r} holds paths of picture files, and no root is given that they may not leave.",
            f"Give the folder that holds them all, such as root={str(common)!r}.",
        )
    files = ImageFiles(options.folder(Path.cwd()), paths, options.most_pixels)
    return MixedImages([content, files], by_path.astype(np.intp)) if encoded.any() else files


def _cells(rows: Any, column: str) -> tuple[NDArray[np.bool_], list[str]]:
    """Say which rows hold encoded bytes, and the path of each ("" for none); the bytes stay where they are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded: list[NDArray[np.bool_]] = []
    paths: list[str] = []
    for part in rows.with_format("arrow").iter(batch_size=1024):
        cells = part.column(column)
        for chunk in cells.chunks if isinstance(cells, pa.ChunkedArray) else [cells]:
            names = [field.name for field in chunk.type] if pa.types.is_struct(chunk.type) else []
            empty = np.zeros(len(chunk), dtype=bool)
            if "bytes" in names:
                lengths = pc.binary_length(pc.struct_field(chunk, "bytes"))
                encoded.append(pc.fill_null(lengths, 0).to_numpy(zero_copy_only=False) > 0)
            else:
                encoded.append(empty)
            found = pc.struct_field(chunk, "path").to_pylist() if "path" in names else [None] * len(chunk)
            paths.extend(path or "" for path in found)
    return np.concatenate(encoded) if encoded else np.zeros(0, dtype=bool), paths


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
