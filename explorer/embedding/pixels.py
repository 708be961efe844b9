"""Raw pixels of tiny pictures: for 8 × 8 digits nothing does better, for photographs almost everything does."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer.dataset.dataset import Dataset
from explorer.embedding.base import Stateless
from explorer.errors import UnreadableItem
from explorer.progress import Progress


class Pixels(Stateless):
    """Pictures scaled to `size` × `size` and laid out as one vector, values from 0 to 1.

    Parameters
    ----------
    dataset
        Its pictures decide, by a sample, the size (their own, at most 16) and whether colour is kept.
    size, colour
        To decide it otherwise.
    """

    name = "pixels"
    device = "cpu"
    batch_size = 256
    chunk: int | None = 4096

    def __init__(self, dataset: Dataset, size: int | None = None, colour: bool | None = None) -> None:
        sample = sample_pictures(dataset) if size is None or colour is None else []
        own = max((max(picture.size) for picture in sample), default=16)
        self.size = min(own, 16) if size is None else size
        self.colour = not all(is_grey(picture) for picture in sample) if colour is None else colour

    def options(self) -> dict[str, Any]:
        """Return size and colour."""
        return {"size": self.size, "colour": self.colour}

    def prepare(self, dataset: Dataset, progress: Progress) -> None:
        """Nothing is to be fitted."""

    def load(self, dataset: Dataset, item: int) -> NDArray[np.uint8]:
        """Return uint8 [size · size · channels]."""
        picture: Image.Image = dataset.load(item)
        picture = picture if self.colour else picture.convert("L")
        if picture.size != (self.size, self.size):
            picture = picture.resize((self.size, self.size), Image.Resampling.BOX)
        return np.asarray(picture, dtype=np.uint8).ravel()

    def encode(self, batch: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Scale to 0 … 1."""
        return np.stack(batch).astype(np.float32) / np.float32(255)


def sample_pictures(dataset: Dataset, count: int = 64) -> list[Image.Image]:
    """Return up to `count` readable pictures, spread by content hash so that the order of rows does not matter."""
    pictures: list[Image.Image] = []
    order = np.argsort(dataset.content_hashes.astype(str), kind="stable")
    for item in order[: 2 * count]:
        try:
            pictures.append(dataset.load(int(item)))
        except UnreadableItem:
            continue  # the run counts it as failed; here it only says nothing about sizes
        if len(pictures) == count:
            break
    return pictures


def is_grey(picture: Image.Image) -> bool:
    """Say whether the three channels of an RGB picture are equal."""
    values = np.asarray(picture)
    return bool((values[..., 0] == values[..., 1]).all() and (values[..., 1] == values[..., 2]).all())
