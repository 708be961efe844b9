"""Pictures that are already decoded: Pillow images, arrays and tensors → uint8 pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer.errors import DataError
from explorer.media.image import to_rgb, upright
from explorer.utils.arrays import array_in


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
    pixels: NDArray[np.uint8] = stack_pixels(values[None], name, channels_first=hasattr(picture, "detach"))[0]
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
