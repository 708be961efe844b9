"""Image."""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from explorer.errors import OutsideRoot, UnreadableItem
from explorer.media.base import MediaKind

PIXEL_LIMIT = 64_000_000
"""Most pixels a picture may have before it is set aside (64 megapixels)."""


def open_image(data: bytes | Path, name: str) -> Image.Image:
    """Decode a picture into RGB, at most `PIXEL_LIMIT` pixels; every mode (palette, 16-bit, CMYK, alpha) is handled.

    It is turned the way up that its EXIF data says. Transparency is laid on white. 16- and 32-bit grey values are
    scaled by their own range.

    Raises
    ------
    UnreadableItem
        Naming the file or row and the reason (no picture, truncated, too large).
    """
    with _opened(data, name) as image:
        image.load()
        # Pillow turns the pixels, then writes the EXIF data anew, which fails where other entries of it are damaged.
        with suppress(struct.error, LookupError, TypeError, AttributeError, ValueError, SyntaxError, ArithmeticError):
            ImageOps.exif_transpose(image, in_place=True)
        return to_rgb(image)


def check_image(data: bytes | Path, name: str) -> None:
    """Read a picture's header alone: finds what is no picture or too large, quickly; `UnreadableItem` as `open_image`.

    That the pixels are all there shows only when they are decoded, which the embedding does.
    """
    with _opened(data, name):
        pass


@contextmanager
def _opened(data: bytes | Path, name: str) -> Iterator[Image.Image]:
    try:
        with Image.open(io.BytesIO(data) if isinstance(data, bytes) else data) as image:
            width, height = image.size
            if width * height <= PIXEL_LIMIT:
                yield image
                return
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise UnreadableItem(f"{name}: not a readable picture ({error}).", "Replace or remove it.") from error
    raise UnreadableItem(
        f"{name}: the picture has {width} × {height} pixels, more than the limit of {PIXEL_LIMIT:,}.",
        "Scale it down, or raise explorer.media.image.PIXEL_LIMIT.",
    )


def to_rgb(image: Image.Image) -> Image.Image:
    """Bring any Pillow mode to RGB."""
    if image.mode == "RGB":
        return image.copy()
    if image.mode in ("I", "F", "I;16", "I;16B", "I;16L", "I;16N"):
        values = np.asarray(image, dtype=np.float64)
        low, high = float(values.min()), float(values.max())
        scale = 255.0 / (high - low) if high > low else 0.0
        return Image.fromarray(((values - low) * scale).astype(np.uint8)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        layer = image.convert("RGBA")
        ground = Image.new("RGBA", layer.size, (255, 255, 255, 255))
        return Image.alpha_composite(ground, layer).convert("RGB")
    return image.convert("RGB")


class ImageFiles:
    """Pictures in files under one root. Paths may be relative to the root or absolute inside it."""

    kind: MediaKind = "image"

    def __init__(self, root: Path, paths: Sequence[str | Path]) -> None:
        self.root = root.resolve()
        self.paths = list(paths)

    def __len__(self) -> int:
        return len(self.paths)

    def name(self, row: int) -> str:
        """Return the path as the data gave it."""
        return str(self.paths[row])

    def path(self, row: int) -> Path:
        """Resolve the row's path, links included, and refuse one that leaves the root (`OutsideRoot`)."""
        resolved = (self.root / self.paths[row]).resolve()
        if not resolved.is_relative_to(self.root):
            raise OutsideRoot(
                f"Row {row}: the path {str(self.paths[row])!r} leads outside the dataset's root {str(self.root)!r}.",
                "Give the folder that holds all files as root=, or remove the row.",
            )
        return resolved

    def digest(self, row: int) -> str:
        """Hash the file's bytes, and look at the picture's header."""
        try:
            path = self.path(row)
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OutsideRoot:
            raise
        except OSError as error:
            raise UnreadableItem(
                f"{self.name(row)}: cannot be read ({error.strerror}).", "Restore or remove it."
            ) from error
        check_image(path, self.name(row))
        return digest

    def load(self, row: int) -> Image.Image:
        """Decode the picture."""
        return open_image(self.path(row), self.name(row))


class ImageBytes:
    """Encoded pictures held in memory, as Parquet and Hugging Face columns have them (`None` = missing)."""

    kind: MediaKind = "image"

    def __init__(self, data: Sequence[bytes | None]) -> None:
        self.data = data

    def __len__(self) -> int:
        return len(self.data)

    def name(self, row: int) -> str:
        """Name the row by its number."""
        return f"row {row}"

    def _bytes(self, row: int) -> bytes:
        data = self.data[row]
        if not data:
            raise UnreadableItem(f"row {row}: the picture is missing.", "Fill it in or remove the row.")
        return data

    def digest(self, row: int) -> str:
        """Hash the encoded bytes, and look at the picture's header."""
        data = self._bytes(row)
        check_image(data, self.name(row))
        return hashlib.sha256(data).hexdigest()

    def load(self, row: int) -> Image.Image:
        """Decode the picture."""
        return open_image(self._bytes(row), self.name(row))


class ImageArrays:
    """Pictures as one uint8 array [R, H, W] (grey), [R, H, W, 3] or [R, H, W, 4]."""

    kind: MediaKind = "image"

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self.pixels = np.ascontiguousarray(pixels)

    def __len__(self) -> int:
        return len(self.pixels)

    def name(self, row: int) -> str:
        """Name the row by its number."""
        return f"row {row}"

    def digest(self, row: int) -> str:
        """Hash the shape and the pixels."""
        pixels = self.pixels[row]
        return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()

    def load(self, row: int) -> Image.Image:
        """Wrap the pixels."""
        return to_rgb(Image.fromarray(self.pixels[row]))
