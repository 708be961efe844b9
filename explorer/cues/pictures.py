"""What can be measured of a picture without knowing what it shows."""

from __future__ import annotations

import numpy as np
from PIL import Image

SIDE = 512
"""Longest side that is looked at: a larger picture is scaled down by a whole number first."""

WORDS = {
    "brightness": ("darker", "brighter"),
    "contrast": ("lower in contrast", "higher in contrast"),
    "sharpness": ("more blurred", "sharper"),
    "pixels": ("smaller in pixels", "larger in pixels"),
    "aspect": ("narrower", "wider"),
    "information": ("plainer", "richer in tones"),
}
"""By property, in the order of `properties`: what a picture is called below and above a cut."""


def properties(picture: Image.Image) -> tuple[float, ...]:
    """Measure a picture.

    Returns
    -------
    tuple of float
        In the order of `WORDS`: mean of the grey values, 0 to 255; their standard deviation; variance of their
        Laplacian, which is small where a picture is blurred (Pech-Pacheco et al., "Diatom autofocusing in brightfield
        microscopy", ICPR 2000), NaN below three pixels; width times height; width over height; entropy of the 256 grey
        values in bits.

    Examples
    --------
    >>> properties(Image.new("RGB", (4, 2), (10, 10, 10)))
    (10.0, 0.0, nan, 8.0, 2.0, 0.0)
    """
    width, height = picture.size
    factor = -(-max(width, height) // SIDE)
    grey = picture.convert("L")
    values = np.asarray(grey.reduce(factor) if factor > 1 else grey, dtype=np.float64)
    share = np.bincount(values.astype(np.int64).ravel(), minlength=256) / values.size
    share = share[share > 0]
    return (
        float(values.mean()),
        float(values.std()),
        _laplacian(values),
        float(width * height),
        width / height,
        float(-(share * np.log2(share)).sum() + 0.0),
    )


def _laplacian(values: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> float:
    """Return the variance of the Laplacian (the sum of the four next ones minus four times the middle)."""
    if min(values.shape) < 3:
        return float("nan")
    middle = values[1:-1, 1:-1]
    around = values[:-2, 1:-1] + values[2:, 1:-1] + values[1:-1, :-2] + values[1:-1, 2:]
    return float((around - 4 * middle).var())
