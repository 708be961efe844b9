"""Arrays and lists with labels beside them → `Dataset`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.dataset.build import build
from explorer.dataset.dataset import Dataset
from explorer.errors import DataError
from explorer.media.base import Content
from explorer.media.image import ImageArrays, ImageFiles, PictureList
from explorer.media.text import Texts
from explorer.media.vector import Vectors
from explorer.readers.columns import IMAGE_SUFFIXES
from explorer.readers.options import Options
from explorer.readers.pictures import as_pixels, stack_pixels
from explorer.readers.probabilities import align

_TAKES = "label features probs key kind classes root"


def from_array(values: NDArray[Any], options: Options, *, channels_first: bool = False) -> Dataset:
    """Read pictures [R, H, W], [R, H, W, C] or [R, C, H, W], or vectors [R, D]."""
    options.only("an array", _TAKES)
    if values.dtype.kind in "OUS":
        return from_list(values.tolist(), options)
    if values.ndim == 2 and options.kind in (None, "vector"):
        vectors = values.astype(np.float32)
        note = f"the array [{values.shape[0]}, {values.shape[1]}] holds vectors: they are the embedding"
        return _finish(Vectors(vectors), options, "an array", note, vectors if options.features is None else None)
    if values.ndim in (3, 4) and options.kind in (None, "image"):
        pixels = stack_pixels(values, "The array", channels_first=channels_first)
        note = f"the array {list(values.shape)} holds pictures of {pixels.shape[1]} × {pixels.shape[2]} pixels"
        return _finish(ImageArrays(pixels), options, "an array", note)
    raise DataError(
        f"An array of shape {values.shape} cannot be read{f' as kind {options.kind!r}' if options.kind else ''}.",
        "Give pictures [R, H, W] or [R, H, W, C], or vectors [R, D].",
    )


def from_list(values: list[Any], options: Options) -> Dataset:
    """Read texts, paths to pictures, decoded pictures, or vectors."""
    options.only("a list", _TAKES)
    if not values:
        raise DataError("The list is empty.", "Give at least one item.")
    filled = [v for v in values if v is not None]
    if filled and all(isinstance(v, str | Path) for v in filled):
        paths = all(str(v).lower().endswith(IMAGE_SUFFIXES) for v in filled) or isinstance(filled[0], Path)
        if options.kind == "image" or (paths and options.kind is None):
            root = Path.cwd() if options.root is None else Path(options.root).expanduser()
            return _finish(
                ImageFiles(root, [str(v or "") for v in values]), options, "a list of paths", "the strings are paths"
            )
        texts = [None if v is None else str(v) for v in values]
        return _finish(Texts(texts), options, "a list of texts", "the strings are texts")
    if filled and (hasattr(filled[0], "size") or hasattr(filled[0], "ndim")) and np.ndim(filled[0]) != 1:
        pictures = [None if v is None else as_pixels(v, f"row {row}") for row, v in enumerate(values)]
        return _finish(PictureList(pictures), options, "a list of pictures", "the items are decoded pictures")
    try:
        vectors = np.asarray(values, dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise DataError(
            f"A list of {type(filled[0]).__name__} cannot be read as a dataset.",
            "Give strings, paths, pictures, or vectors of one length.",
        ) from error
    return from_array(vectors, options)


def _finish(
    content: Content, options: Options, source: str, note: str, features: NDArray[Any] | None = None
) -> Dataset:
    """Check the labels and keys that stand beside the items, then build."""
    labels = options.label
    if labels is None or isinstance(labels, str):
        raise DataError(
            f"label={labels!r}: {source} has no columns, so the labels must be given beside it.",
            "Give label= with one label per item (None where there is none).",
        )
    if isinstance(options.key, str):
        raise DataError(f"key={options.key!r}: {source} has no columns.", "Give key= with one name per item.")
    if options.features is not None:
        features = np.asarray(options.features)
    labels = list(np.asarray(labels).tolist() if hasattr(labels, "__array__") else labels)
    if len(labels) != len(content):
        raise DataError(f"There are {len(labels):,} labels for {len(content):,} items.", "Give one per item, in order.")
    classes: Any = options.classes
    probs = None
    notes = [note]
    if options.probs is not None:
        given = align(options.probs, None, labels, classes)
        probs, classes = given.values, given.classes
        notes.extend([given.note] if given.note else [])
    index = options.label.index if isinstance(options.label, pd.Series) else None
    return build(
        content,
        labels,
        keys=None if options.key is None else list(options.key),
        features=features,
        probs=probs,
        classes=classes,
        row_index=index,
        source=source,
        notes=notes,
    )


def array_in(path: str | Path) -> NDArray[Any]:
    """Read an array from a .npy file, never an object of Python's.

    Raises
    ------
    DataError
        There is no such file, or it holds something else.
    """
    try:
        found = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{str(path)!r} cannot be read as an array: {error}.", "Write it with numpy.save.") from error
    if not isinstance(found, np.ndarray) or not found.ndim:
        what = "a single value" if isinstance(found, np.ndarray) else "several arrays"
        raise DataError(f"{str(path)!r} holds {what}.", "Write one row an item with numpy.save.")
    return found
