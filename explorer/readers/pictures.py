"""Cells that hold pictures → image content: encoded, in files, or decoded (Pillow, arrays, tensors → uint8 pixels)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from explorer.dataset.dataset import SetAside
from explorer.errors import DataError
from explorer.media.base import Content
from explorer.media.image import ImageBytes, ImageFiles, MixedImages, PictureList, to_rgb, upright
from explorer.readers.columns import missing
from explorer.utils.arrays import NUMERIC, array_in, is_tensor, numbers_in


def as_pixels(picture: Any, name: str) -> NDArray[np.uint8]:
    """Bring one Pillow image, array or tensor to uint8 [H, W], [H, W, 3] or [H, W, 4].

    Pillow's pictures are turned the way up that their EXIF data says. Channels may come first (as torch has them) or
    last; fractions must lie in [0, 1].
    """
    if isinstance(picture, Image.Image):
        picture = _decoded(picture, name)
        plain = picture if picture.mode in ("L", "RGB", "RGBA") else to_rgb(picture)
        return np.ascontiguousarray(np.asarray(plain, dtype=np.uint8))
    values = array_in(picture, "pixels")
    if values.ndim not in (2, 3):
        raise DataError(f"{name}: a picture of shape {values.shape}.", "Give [H, W], [H, W, C] or [C, H, W].")
    pixels: NDArray[np.uint8] = stack_pixels(values[None], name, channels_first=is_tensor(picture))[0]
    return pixels


def _decoded(picture: Image.Image, name: str) -> Image.Image:
    try:
        picture.load()
    except (OSError, ValueError, SyntaxError, EOFError) as error:  # a file that was opened and is damaged or gone
        raise DataError(f"{name}: the picture cannot be decoded ({error}).", "Replace it, or give None.") from error
    return upright(picture)


def stack_pixels(values: NDArray[Any], name: str, *, channels_first: bool = False) -> NDArray[np.uint8]:
    """Bring pictures [R, …] of one shape to uint8 [R, H, W], [R, H, W, 3] or [R, H, W, 4].

    Channels are looked for last, then first; `channels_first` (tensors) turns this round.

    Raises
    ------
    DataError
        Fractions or numbers outside the range of pixels (normalised pictures, say): their scale cannot be known.
    """
    if values.dtype.kind not in NUMERIC:
        values = numbers_in(values, f"pixels of {name}")
    if values.ndim == 4:
        axes = [axis for axis in ((1, -1) if channels_first else (-1, 1)) if values.shape[axis] in (1, 3, 4)]
        if not axes:
            raise DataError(f"{name}: a shape of {values.shape[1:]}.", "Pictures have 1, 3 or 4 channels.")
        values = np.moveaxis(values, axes[0], -1)
    if values.ndim == 4 and values.shape[-1] == 1:
        values = values[..., 0]
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    if values.dtype == np.bool_:
        return np.where(values, np.uint8(255), np.uint8(0))
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    if np.issubdtype(values.dtype, np.integer) and low >= 0 and 16 < high <= 255:
        return np.ascontiguousarray(values.astype(np.uint8))
    if np.issubdtype(values.dtype, np.floating) and low >= -1e-6 and high <= 1 + 1e-6:
        return np.ascontiguousarray((values.clip(0, 1) * 255).round().astype(np.uint8))
    raise DataError(
        f"{name}: the pixels are {values.dtype} from {low:.3g} to {high:.3g}, so their scale is not known.",
        "Give uint8 from 0 to 255 or fractions from 0 to 1, before any normalisation.",
    )


def picture_content(cells: pd.Series[Any], root: Path, pixel_limit: int) -> tuple[Content, list[SetAside]]:
    """Make image content of a column, each cell by what it holds.

    Parameters
    ----------
    cells
        Encoded bytes, Hugging Face dicts of bytes or path, paths, arrays, tensors or Pillow pictures.
    root
        The folder that paths start from and may not leave.
    pixel_limit
        Most pixels of a picture.

    Returns
    -------
    tuple
        The content, and the rows that hold no picture at all.

    Raises
    ------
    DataError
        Arrays whose scale is not known.
    """
    values = [_held(v) for v in cells.tolist()]
    kinds = np.array([_way(v) for v in values])
    used = {kind for kind in kinds.tolist() if kind not in ("", "none")}
    named = used <= {"path"} and bool(used)
    aside = [
        SetAside(row, f"row {row}", f"column {cells.name!r} is empty")
        for row, value in enumerate(values)
        if named and kinds[row] in ("", "path") and (value is None or not str(value).strip())
    ]
    aside += [
        SetAside(row, f"row {row}", f"column {cells.name!r}: a {type(values[row]).__name__} is no picture")
        for row in np.flatnonzero(kinds == "none").tolist()
    ]
    ways: dict[str, Callable[[], Content]] = {
        "bytes": lambda: ImageBytes([bytes(v) if k == "bytes" else None for v, k in _both(values, kinds)], pixel_limit),
        "path": lambda: ImageFiles(root, [str(v) if k == "path" else "" for v, k in _both(values, kinds)], pixel_limit),
        "pixels": lambda: PictureList(
            [as_pixels(v, f"row {row}") if kinds[row] == "pixels" else None for row, v in enumerate(values)],
            pixel_limit,
        ),
    }
    order = [way for way in ways if way in used] or ["bytes"]
    parts = [ways[way]() for way in order]
    if len(parts) == 1:
        return parts[0], aside
    empty = order.index("bytes") if "bytes" in used else order.index("pixels")
    place = np.array([order.index(kind) if kind in order else empty for kind in kinds.tolist()], dtype=np.intp)
    return MixedImages(parts, place), aside


def _both(values: list[Any], kinds: NDArray[Any]) -> Iterator[tuple[Any, str]]:
    return zip(values, kinds.tolist(), strict=True)


def _held(value: Any) -> Any:
    """Return the bytes or the path of a dict, `None` for an empty cell."""
    if isinstance(value, Mapping):
        return value.get("bytes") or value.get("path") or None
    return None if missing(value) else value


def _way(value: Any) -> str:
    """Say in which way a cell holds a picture: "" for an empty cell, "none" for one that holds something else."""
    if value is None:
        return ""
    if isinstance(value, bytes | bytearray | memoryview):
        return "bytes"
    if isinstance(value, str | Path):
        return "path"
    return "pixels" if isinstance(value, Image.Image | np.ndarray | list) or hasattr(value, "detach") else "none"
