"""Vectors that the user brought, as given."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.embedding.base import Stateless
from explorer.errors import DataError, Option, Said
from explorer.media.vector import Vectors
from explorer.progress import Progress


class Precomputed(Stateless):
    """Hands out `dataset.features`, or the content of a vector dataset."""

    name = "precomputed"
    device = "cpu"
    batch_size = 8192

    def __init__(self, dataset: Dataset) -> None:
        if dataset.features is not None:
            self.vectors = np.asarray(dataset.features, dtype=np.float32)
        elif isinstance(dataset.content, Vectors):
            self.vectors = dataset.content.vectors[dataset.first_row]
        else:
            raise DataError(
                "The dataset has no precomputed features.",
                Said("Give {} or {} to explorer.read.", Option("features"), Option("embedding")),
            )

    def options(self) -> dict[str, Any]:
        """Return nothing: the vectors are not cached."""
        return {}

    def prepare(self, dataset: Dataset, progress: Progress) -> None:
        """Nothing is to be fitted."""

    def load(self, dataset: Dataset, item: int) -> NDArray[np.float32]:
        """Return the item's vector."""
        del dataset
        vector: NDArray[np.float32] = self.vectors[item]
        return vector

    def encode(self, batch: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Stack them."""
        return np.stack(batch)
