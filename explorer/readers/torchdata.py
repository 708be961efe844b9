"""A map-style torch `Dataset` of (item, label) → `Dataset`."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer.dataset.build import build
from explorer.dataset.dataset import Dataset
from explorer.errors import DataError
from explorer.media.base import Content
from explorer.media.image import PictureList
from explorer.media.text import Texts
from explorer.media.vector import Vectors
from explorer.readers.options import Options
from explorer.readers.pictures import as_pixels
from explorer.readers.probabilities import align
from explorer.utils.arrays import array_in, float32, is_tensor, numbers_in, scalar, shape_of, values_in

MEMORY = 1_000_000_000
"""Bytes of decoded pictures that are kept; a larger dataset is read again row by row when a picture is needed."""


def recognises(source: Any) -> bool:
    """Say whether the source has a length and rows, as a map-style torch dataset does."""
    return hasattr(type(source), "__getitem__") and hasattr(type(source), "__len__") and not isinstance(source, dict)


def from_torch(source: Any, options: Options) -> Dataset:
    """Read every (item, label) once. `source.classes`, where there is one, names the integer labels."""
    options.only("a torch dataset", "label features probs kind classes pixel_limit raters votes")
    try:
        rows = len(source)
    except (TypeError, NotImplementedError, ValueError) as error:
        raise DataError(f"The torch dataset has no length ({error}).", "Give a map-style dataset.") from error
    if rows == 0:
        raise DataError("The torch dataset is empty: it has no rows.", "Check the split or the filter.")
    _same_twice(source)
    items: list[Any] = []
    labels: list[Any] = []
    held = 0
    for row in range(rows):
        item, label = _pair(source, row)
        labels.append(_plain(label, row))
        if isinstance(item, str) or _is_vector(item):
            items.append(item)
            continue
        pixels = as_pixels(item, f"row {row}")
        held += pixels.nbytes
        items.append(pixels if held <= MEMORY else None)
    content, features, note = _content(source, items, options.most_pixels, lazy=held > MEMORY)
    if options.label is not None:
        labels = [None] * rows if options.label is False else values_in(options.label, "label", "labels")
    names = [str(name) for name in getattr(source, "classes", None) or []]
    coded = bool(names) and all(isinstance(v, int) and -1 <= v < len(names) for v in labels if v is not None)
    notes = [note]
    if coded and options.label is None:
        labels = [None if v is None or v < 0 else names[v] for v in labels]
        notes.append("the classes are named by the dataset's own .classes")
    classes: Any = options.classes or (names if coded and options.label is None else None)
    probs = None
    if options.probs is not None:
        given = align(options.probs, None, labels, classes)
        probs, classes = given.values, given.classes
    dataset = build(
        content,
        labels,
        features=options.features if options.features is not None else features,
        probs=probs,
        classes=classes,
        source="a torch dataset",
        notes=notes,
    )
    if not coded or options.label is not None:
        return dataset
    position = {name: code for code, name in enumerate(names)}
    return replace(dataset, class_values=tuple(position.get(name, name) for name in dataset.classes), _positions={})


def _content(
    source: Any, items: list[Any], limit: int, *, lazy: bool
) -> tuple[Content, NDArray[np.float32] | None, str]:
    if all(isinstance(item, str) for item in items):
        return Texts(items), None, "the rows are texts"
    if all(item is not None and _is_vector(item) for item in items):
        vectors = float32(numbers_in(items, "rows of the torch dataset"))
        return Vectors(vectors), vectors, f"the rows are vectors of {vectors.shape[1]} numbers: they are the embedding"
    if any(isinstance(item, str) or (item is not None and _is_vector(item)) for item in items):
        raise DataError("The torch dataset mixes pictures with texts or vectors.", "Give one kind of item.")
    if lazy:
        return PictureList(_Rows(source), limit), None, "the rows are pictures, read from the dataset when needed"
    return PictureList(items, limit), None, "the rows are pictures"


class _Rows(Sequence[NDArray[np.uint8] | None]):
    """Pixels read from the dataset on request, one at a time: torch promises no safety between threads."""

    def __init__(self, source: Any) -> None:
        self.source = source
        self.lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, row: Any) -> Any:
        with self.lock:
            return as_pixels(_pair(self.source, int(row))[0], f"row {row}")


def _pair(source: Any, row: int) -> tuple[Any, Any]:
    pair = source[row]
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        shape = f"{len(pair)} values" if isinstance(pair, list | tuple) else f"a {type(pair).__name__}"
        raise DataError(
            f"Row {row} of the torch dataset is {shape}, not (item, label).",
            "Wrap the dataset so that each row is a pair, or read it as a DataFrame.",
        )
    return pair[0], pair[1]


def _same_twice(source: Any) -> None:
    """Refuse a dataset with random transforms: an item would be another item each time it is read."""
    for row in {0, len(source) // 2}:
        first, second = _pair(source, row)[0], _pair(source, row)[0]
        if isinstance(first, str):
            continue
        if not _equal(first, second):
            raise DataError(
                f"Row {row} of the torch dataset is different each time it is read: it has random transforms.",
                "Give the dataset without augmentation.",
            )


def _equal(first: Any, second: Any) -> bool:
    """Say whether two readings of a row are the same."""
    if isinstance(first, Image.Image) and isinstance(second, Image.Image):
        return first.mode == second.mode and np.array_equal(np.asarray(first), np.asarray(second))
    if first is None or isinstance(first, Mapping):
        return True  # refused where it is read
    return np.array_equal(array_in(first, "rows of the torch dataset"), array_in(second, "rows of the torch dataset"))


def _is_vector(item: Any) -> bool:
    if isinstance(item, str | Image.Image):
        return False
    shape = shape_of(item)
    return len(shape) == 1 if shape is not None else isinstance(item, list | tuple)


def _plain(label: Any, row: int) -> Any:
    """Bring a label that is a zero-dimensional tensor or array to its value; longer ones are refused by `build`."""
    label = scalar(array_in(label, f"labels of row {row}") if is_tensor(label) else label)
    return label.tolist() if hasattr(label, "tolist") else label
