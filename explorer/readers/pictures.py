"""Pictures that are already decoded: Pillow images, arrays and tensors → uint8 pixels, and rows of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer.errors import DataError, UnreadableItem
from explorer.media import image
from explorer.media.base import MediaKind
from explorer.media.image import to_rgb


class PictureList:
    """Pictures of any sizes as uint8 arrays [H, W], [H, W, 3] or [H, W, 4] (`None` = missing)."""

    kind: MediaKind = "image"

    def __init__(self, pictures: Sequence[NDArray[np.uint8] | None]) -> None:
        self.pictures = pictures

    def __len__(self) -> int:
        return len(self.pictures)

    def name(self, row: int) -> str:
        """Name the row by its number."""
        return f"row {row}"

    def _pixels(self, row: int) -> NDArray[np.uint8]:
        pixels = self.pictures[row]
        if pixels is None or pixels.size == 0:
            raise UnreadableItem(f"row {row}: the picture is missing.", "Fill it in or remove the row.")
        if pixels.shape[0] * pixels.shape[1] > image.PIXEL_LIMIT:
            raise UnreadableItem(
                f"row {row}: more than {image.PIXEL_LIMIT:,} pixels.",
                "Scale it down, or raise explorer.media.image.PIXEL_LIMIT.",
            )
        return pixels

    def digest(self, row: int) -> str:
        """Hash shape and pixels, as `ImageArrays` does: the same picture is the same item from either."""
        return pixel_digest(self._pixels(row))

    def load(self, row: int) -> Image.Image:
        """Wrap the pixels."""
        return to_rgb(Image.fromarray(self._pixels(row)))


def pixel_digest(pixels: NDArray[np.uint8]) -> str:
    """Return the SHA-256 over the shape and the pixels."""
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()


def as_pixels(picture: Any, name: str) -> NDArray[np.uint8]:
    """Bring one Pillow image, array or tensor to uint8 [H, W], [H, W, 3] or [H, W, 4].

    Channels may come first (as torch has them) or last; fractions must lie in [0, 1].
    """
    if isinstance(picture, Image.Image):
        plain = picture if picture.mode in ("L", "RGB", "RGBA") else to_rgb(picture)
        return np.ascontiguousarray(np.asarray(plain, dtype=np.uint8))
    values = picture.detach().cpu().numpy() if hasattr(picture, "detach") else np.asarray(picture)
    if values.ndim not in (2, 3):
        raise DataError(f"{name}: a picture of shape {values.shape}.", "Give [H, W], [H, W, C] or [C, H, W].")
    pixels: NDArray[np.uint8] = stack_pixels(values[None], name, channels_first=hasattr(picture, "detach"))[0]
    return pixels


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
