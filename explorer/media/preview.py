"""Pictures as they are shown: scaled down and encoded anew, so that nothing of a file's own bytes goes out."""

from __future__ import annotations

import io
from typing import NamedTuple

from PIL import Image

PIXELS_COUNT = 96
"""Longest side up to which a picture is kept exactly, as PNG; larger ones are photographs to the eye."""


MOST_BYTES = 200_000
"""Most bytes of an encoded picture."""
QUALITIES = (88, 75, 60)
"""Of JPEG, tried in turn until a picture is small enough; after that it is scaled down."""


class Encoded(NamedTuple):
    """An encoded picture: its bytes, MIME type, and size in pixels."""

    data: bytes
    kind: str
    width: int
    height: int


def encode(image: Image.Image, size: int) -> Encoded:
    """Scale a picture down (never up) and encode it: PNG where pixels count, JPEG for larger photographs.

    It has at most `MOST_BYTES`: a larger one is encoded more coarsely, and then scaled down further.

    Parameters
    ----------
    size
        Longest side in pixels.

    Examples
    --------
    >>> encode(Image.new("RGB", (400, 200)), 100)[1:]
    ('image/jpeg', 100, 50)
    """
    if max(image.size) > size:
        image = image.copy()
        image.thumbnail((size, size), Image.Resampling.LANCZOS)
    data = io.BytesIO()
    if max(image.size) <= PIXELS_COUNT:
        image.save(data, "PNG", compress_level=1)
        return Encoded(data.getvalue(), "image/png", image.width, image.height)
    for quality in QUALITIES:
        data = io.BytesIO()
        image.save(data, "JPEG", quality=quality)
        if data.tell() <= MOST_BYTES:
            return Encoded(data.getvalue(), "image/jpeg", image.width, image.height)
    return encode(image, max(image.size) * 3 // 4)
