"""Pictures: in files, encoded in memory, or as pixels; decoded only up to a number of pixels, and always to RGB."""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from explorer.errors import Option, OutsideRoot, Said, UnreadableItem
from explorer.media.base import Content, MediaKind, Numbered
from explorer.utils.text import printable

MOST_PIXELS = 64_000_000
"""Default of the most pixels a picture may have before it is set aside (64 megapixels)."""

_DAMAGED_EXIF = (
    struct.error,
    LookupError,
    TypeError,
    AttributeError,
    ValueError,
    SyntaxError,
    ArithmeticError,
    OSError,
)

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

ImageFile.LOAD_TRUNCATED_IMAGES = False


def open_image(data: bytes | Path, name: str, limit: int = MOST_PIXELS) -> Image.Image:
    """Decode a picture into RGB; every mode (palette, 16-bit, CMYK, alpha) is handled.

    It is turned the way up that its EXIF data says. Transparency is laid on white. 16- and 32-bit grey values are
    scaled by the range of the finite ones.

    Parameters
    ----------
    data
        The encoded picture, or its file.
    name
        What messages call it.
    limit
        Most pixels.

    Raises
    ------
    UnreadableItem
        Naming the file or row and the reason (no picture, truncated, too large).
    """
    with _opened(data, name, limit) as image:
        image.load()
        return to_rgb(upright(image))


def check_image(data: bytes | Path, name: str, limit: int = MOST_PIXELS) -> None:
    """Read a picture's header alone: finds what is no picture or too large, quickly; `UnreadableItem` as `open_image`.

    That the pixels are all there shows only when they are decoded, which the embedding does.
    """
    with _opened(data, name, limit):
        pass


@contextmanager
def _opened(data: bytes | Path, name: str, limit: int) -> Iterator[Image.Image]:
    try:
        with Image.open(io.BytesIO(data) if isinstance(data, bytes) else data) as image:
            width, height = image.size
            if width * height <= limit:
                yield image
                return
    except (UnreadableItem, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise UnreadableItem(
            f"{name}: not a readable picture ({error}).", "Scale it down, or raise PIL.Image.MAX_IMAGE_PIXELS."
        ) from error
    except UnidentifiedImageError as error:
        raise UnreadableItem(
            f"{name}: not a readable picture (no format that is known).", "Replace or remove it."
        ) from error
    except Exception as error:  # Pillow's decoders raise whatever their parsers do on damaged data
        why = printable(" ".join(str(error).split())) or type(error).__name__
        raise UnreadableItem(f"{name}: not a readable picture ({why}).", "Replace or remove it.") from error
    raise UnreadableItem(
        f"{name}: the picture has {width} × {height} pixels, more than the limit of {limit:,}.",
        "Scale it down, or give explorer.read a larger pixel_limit=.",
    )


def upright(image: Image.Image) -> Image.Image:
    """Return a picture turned the way up that its EXIF data says; the same picture where it says nothing."""
    with suppress(*_DAMAGED_EXIF):
        turn = _TURNS.get(image.getexif().get(0x0112, 1))
        return image if turn is None else image.transpose(turn)
    return image


def to_rgb(image: Image.Image) -> Image.Image:
    """Bring any Pillow mode to RGB."""
    if image.mode == "RGB":
        return image.copy()
    if image.mode in ("I", "F", "I;16", "I;16B", "I;16L", "I;16N"):
        values = np.asarray(image, dtype=np.float64)
        finite = np.isfinite(values)
        low, high = (float(values[finite].min()), float(values[finite].max())) if finite.any() else (0.0, 0.0)
        spread = high / 2 - low / 2  # halves: the difference of two large numbers may be infinite
        scale = 127.5 / spread if spread > 0 else 0.0
        values = np.nan_to_num(values, nan=low, posinf=high, neginf=low)
        return Image.fromarray(((values - low) * scale).clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        layer = image.convert("RGBA")
        ground = Image.new("RGBA", layer.size, (255, 255, 255, 255))
        return Image.alpha_composite(ground, layer).convert("RGB")
    return image.convert("RGB")


def pixel_digest(pixels: NDArray[np.uint8]) -> str:
    """Return the SHA-256 over the shape and the pixels."""
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()


class ImageFiles:
    """Pictures in files under one root.

    Parameters
    ----------
    root
        The folder that no path leaves, links included.
    paths
        R paths, relative to the root or absolute inside it. Where there is no such file, blanks around the path, a
        query behind it and backslashes are taken for slips.
    pixel_limit
        Most pixels of a picture.
    """

    kind: MediaKind = "image"

    def __init__(self, root: Path, paths: Sequence[str | Path], pixel_limit: int = MOST_PIXELS) -> None:
        self.root = root.resolve()
        self.paths = list(paths)
        self.pixel_limit = pixel_limit

    def __len__(self) -> int:
        return len(self.paths)

    def name(self, row: int) -> str:
        """Return the path as the data gave it."""
        return printable(str(self.paths[row]))

    def path(self, row: int) -> Path:
        """Return the row's file, links resolved.

        Raises
        ------
        OutsideRoot
            The path leads outside the root.
        UnreadableItem
            It is no path at all.
        """
        given = str(self.paths[row])
        first = self._resolved(given, row)
        if first.exists():
            return first
        for other in dict.fromkeys(_meant(given)):
            path = self._resolved(other, row)
            if path.is_file():
                return path
        return first

    def _resolved(self, given: str, row: int) -> Path:
        try:
            resolved = (self.root / given).resolve()
            resolved.exists()
        except (ValueError, OSError, RuntimeError) as error:  # a NUL, a name too long, links in a circle
            why = getattr(error, "strerror", None) or error
            raise UnreadableItem(f"{self.name(row)[:200]}: cannot be read ({why}).", "Restore or remove it.") from error
        if not resolved.is_relative_to(self.root):
            raise OutsideRoot(
                f"Row {row}: the path {given!r} leads outside the dataset's root {str(self.root)!r}.",
                Said("Give the folder that holds all files as {}, or remove the row.", Option("root")),
            )
        return resolved

    def digest(self, row: int) -> str:
        """Hash the file's bytes, and look at the picture's header."""
        path = self.path(row)
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise UnreadableItem(
                f"{self.name(row)}: cannot be read ({error.strerror}).", "Restore or remove it."
            ) from error
        check_image(path, self.name(row), self.pixel_limit)
        return digest

    def load(self, row: int) -> Image.Image:
        """Decode the picture."""
        return open_image(self.path(row), self.name(row), self.pixel_limit)


def _meant(path: str) -> Iterator[str]:
    """Yield what a path may have meant that leads to no file."""
    stripped = path.strip()
    for text in (stripped, stripped.split("?")[0].split("#")[0]):
        yield from (text, text.replace("\\", "/"))


class ImageBytes(Numbered):
    """Encoded pictures held in memory, as Parquet and Hugging Face columns have them.

    Parameters
    ----------
    data
        R files' contents; `None` and b"" are missing.
    pixel_limit
        Most pixels of a picture.
    """

    kind: MediaKind = "image"

    def __init__(self, data: Sequence[bytes | None], pixel_limit: int = MOST_PIXELS) -> None:
        self.data = data
        self.pixel_limit = pixel_limit

    def __len__(self) -> int:
        return len(self.data)

    def _bytes(self, row: int) -> bytes:
        data = self.data[row]
        if not data:
            raise UnreadableItem(f"row {row}: the picture is missing.", "Fill it in or remove the row.")
        return data

    def digest(self, row: int) -> str:
        """Hash the encoded bytes, and look at the picture's header."""
        data = self._bytes(row)
        check_image(data, self.name(row), self.pixel_limit)
        return hashlib.sha256(data).hexdigest()

    def load(self, row: int) -> Image.Image:
        """Decode the picture."""
        return open_image(self._bytes(row), self.name(row), self.pixel_limit)


class ImageArrays(Numbered):
    """Pictures of one size.

    Parameters
    ----------
    pixels
        uint8 [R, H, W] (grey), [R, H, W, 3] or [R, H, W, 4].
    """

    kind: MediaKind = "image"

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self.pixels = np.ascontiguousarray(pixels)

    def __len__(self) -> int:
        return len(self.pixels)

    def digest(self, row: int) -> str:
        """Hash the shape and the pixels."""
        return pixel_digest(_filled(self.pixels[row], row))

    def load(self, row: int) -> Image.Image:
        """Wrap the pixels."""
        return to_rgb(Image.fromarray(_filled(self.pixels[row], row)))


class PictureList(Numbered):
    """Decoded pictures of any sizes.

    Parameters
    ----------
    pictures
        R arrays uint8 [H, W], [H, W, 3] or [H, W, 4]; `None` is missing.
    pixel_limit
        Most pixels of a picture.
    """

    kind: MediaKind = "image"

    def __init__(self, pictures: Sequence[NDArray[np.uint8] | None], pixel_limit: int = MOST_PIXELS) -> None:
        self.pictures = pictures
        self.pixel_limit = pixel_limit

    def __len__(self) -> int:
        return len(self.pictures)

    def _pixels(self, row: int) -> NDArray[np.uint8]:
        pixels = _filled(self.pictures[row], row)
        if pixels.shape[0] * pixels.shape[1] > self.pixel_limit:
            raise UnreadableItem(
                f"row {row}: more than {self.pixel_limit:,} pixels.",
                "Scale it down, or give explorer.read a larger pixel_limit=.",
            )
        return pixels

    def digest(self, row: int) -> str:
        """Hash shape and pixels, as `ImageArrays` does: the same picture is the same item from either."""
        return pixel_digest(self._pixels(row))

    def load(self, row: int) -> Image.Image:
        """Wrap the pixels."""
        return to_rgb(Image.fromarray(self._pixels(row)))


def _filled(pixels: NDArray[np.uint8] | None, row: int) -> NDArray[np.uint8]:
    if pixels is None or pixels.size == 0:
        raise UnreadableItem(f"row {row}: the picture is missing.", "Fill it in or remove the row.")
    return pixels


class MixedImages:
    """Pictures that are held in several ways, each row in one of them.

    Parameters
    ----------
    parts
        Contents of R rows each.
    part
        int [R]: which of them holds the row.
    """

    kind: MediaKind = "image"

    def __init__(self, parts: Sequence[Content], part: NDArray[np.intp]) -> None:
        self.parts = parts
        self._part = part

    def __len__(self) -> int:
        return len(self._part)

    def _of(self, row: int) -> Content:
        return self.parts[int(self._part[row])]

    def name(self, row: int) -> str:
        """Name the row as the part does that holds it."""
        return self._of(row).name(row)

    def digest(self, row: int) -> str:
        """Hash the row as the part does that holds it."""
        return self._of(row).digest(row)

    def load(self, row: int) -> Image.Image:
        """Decode the picture."""
        image: Image.Image = self._of(row).load(row)
        return image
