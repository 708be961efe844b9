"""Arrays and lists with labels beside them → `Dataset`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from explorer.dataset.build import build
from explorer.dataset.dataset import Dataset, SetAside
from explorer.errors import DataError, Option, Said
from explorer.media.base import Content
from explorer.media.image import ImageArrays, ImageFiles, PictureList
from explorer.media.text import Texts
from explorer.media.vector import Vectors
from explorer.readers.columns import IMAGE_SUFFIXES
from explorer.readers.options import NO_LABEL, Options
from explorer.readers.pictures import picture_content, stack_pixels
from explorer.readers.probabilities import align
from explorer.utils.arrays import NUMERIC, aligned, array_in, float32, numbers_in, shape_of, values_in
from explorer.utils.text import printable

_TAKES = "label features probs key kind classes root pixel_limit raters votes"


def from_array(values: NDArray[Any], options: Options, *, channels_first: bool = False) -> Dataset:
    """Read pictures [R, H, W], [R, H, W, C] or [R, C, H, W], or vectors [R, D]."""
    options.only("an array", _TAKES)
    if isinstance(values, np.ma.MaskedArray):
        values = array_in(values, "array's values")
    if values.dtype.kind in "OUS" and values.ndim:
        return from_list(values.tolist(), options)
    if values.ndim == 2 and options.kind in (None, "vector") and values.dtype.kind in NUMERIC:
        vectors = float32(values)
        note = f"the array [{values.shape[0]}, {values.shape[1]}] holds vectors: they are the embedding"
        return _finish(Vectors(vectors), options, "an array", note, vectors if options.features is None else None)
    if values.ndim in (3, 4) and options.kind in (None, "image"):
        pixels = stack_pixels(values, "The array", channels_first=channels_first)
        note = f"the array {list(values.shape)} holds pictures of {pixels.shape[1]} × {pixels.shape[2]} pixels"
        return _finish(_pictures(pixels, options), options, "an array", note)
    raise DataError(
        f"An array of {values.dtype} of shape {values.shape} cannot be read"
        f"{f' as kind {options.kind!r}' if options.kind else ''}.",
        "Give pictures [R, H, W] or [R, H, W, C], or vectors [R, D].",
    )


def _pictures(pixels: NDArray[np.uint8], options: Options) -> Content:
    if pixels.shape[1] * pixels.shape[2] > options.most_pixels:
        return PictureList(list(pixels), options.most_pixels)
    return ImageArrays(pixels)


def from_list(values: list[Any], options: Options) -> Dataset:
    """Read texts, paths to pictures, decoded pictures, or vectors."""
    options.only("a list", _TAKES)
    if not values:
        raise DataError("The list is empty.", "Give at least one item.")
    filled = [v for v in values if v is not None]
    if filled and all(isinstance(v, str | Path) for v in filled):
        paths = all(str(v).lower().endswith(IMAGE_SUFFIXES) for v in filled) or isinstance(filled[0], Path)
        if options.kind == "image" or (paths and options.kind is None):
            files = ImageFiles(options.folder(Path.cwd()), [str(v or "") for v in values], options.most_pixels)
            return _finish(files, options, "a list of paths", "the strings are paths")
        texts = [None if v is None else str(v) for v in values]
        return _finish(Texts(texts), options, "a list of texts", "the strings are texts")
    if any(isinstance(v, Image.Image | bytes | bytearray) for v in filled) or _is_array(filled):
        content, aside = picture_content(
            pd.Series(values, dtype=object, name="pictures"), options.folder(Path.cwd()), options.most_pixels
        )
        note = "the items are decoded pictures" if isinstance(content, PictureList) else "the items are pictures"
        return _finish(content, options, "a list of pictures", note, aside=aside)
    if not filled:
        raise DataError("The list holds nothing but None.", "Give strings, paths, pictures, or vectors of one length.")
    try:
        vectors = float32(numbers_in(values, "items of the list"))
    except DataError as error:
        raise DataError(
            f"A list of {type(filled[0]).__name__} cannot be read as a dataset.",
            "Give strings, paths, pictures, or vectors of one length.",
        ) from error
    return from_array(vectors, options)


def _is_array(filled: list[Any]) -> bool:
    """Say whether the first of some items is an array or a tensor of pixels."""
    shape = shape_of(filled[0]) if filled else None
    return shape is not None and len(shape) in (0, 2, 3)


def _finish(
    content: Content,
    options: Options,
    source: str,
    note: str,
    features: Any = None,
    aside: Sequence[SetAside] = (),
) -> Dataset:
    """Check the labels and keys that stand beside the items, then build."""
    labels = options.label
    if labels is False or (labels is None and options.has_votes):
        labels = [None] * len(content)
    if labels is None or isinstance(labels, str):
        raise DataError(
            f"label={labels!r}: {source} has no columns, so the labels must be given beside it.",
            Said("Give {} with one label per item (None where there is none), or {}.", Option("label"), NO_LABEL),
        )
    if isinstance(options.key, str):
        raise DataError(
            f"key={options.key!r}: {source} has no columns.", Said("Give {} with one name per item.", Option("key"))
        )
    index = options.label.index if isinstance(options.label, pd.Series) else None
    if options.features is not None:
        features = aligned(options.features, index, "features", "labels")
    labels = values_in(labels, "label", "labels")
    if len(labels) != len(content):
        raise DataError(f"There are {len(labels):,} labels for {len(content):,} items.", "Give one per item, in order.")
    classes: Any = options.classes
    probs = None
    notes = [note]
    if options.probs is not None:
        given = align(aligned(options.probs, index, "probabilities", "labels"), None, labels, classes)
        probs, classes = given.values, given.classes
        notes.extend([given.note] if given.note else [])
    return build(
        content,
        labels,
        keys=None if options.key is None else values_in(options.key, "key", "keys"),
        features=features,
        probs=probs,
        classes=classes,
        row_index=index,
        source=source,
        set_aside=aside,
        notes=notes,
    )


def array_of_file(path: str | Path) -> NDArray[Any]:
    """Read an array from a .npy file, never an object of Python's.

    Raises
    ------
    DataError
        There is no such file, or it holds something else.
    """
    try:
        found = np.load(path, allow_pickle=False)
    except Exception as error:  # numpy's parsers raise whatever they meet in a damaged file
        why = printable(" ".join(str(error).split()))[:300] or type(error).__name__
        raise DataError(f"{str(path)!r} cannot be read as an array: {why}.", "Write it with numpy.save.") from error
    if not isinstance(found, np.ndarray) or not found.ndim:
        what = "a single value" if isinstance(found, np.ndarray) else "several arrays"
        raise DataError(f"{str(path)!r} holds {what}.", "Write one row an item with numpy.save.")
    return found
