"""Vector."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from explorer.media.base import MediaKind


class Vectors:
    """Items of which only the embedding [R, D] is known."""

    kind: MediaKind = "vector"

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self.vectors = np.ascontiguousarray(vectors, dtype=np.float32)

    def __len__(self) -> int:
        return len(self.vectors)

    def name(self, row: int) -> str:
        """Name the row by its number."""
        return f"row {row}"

    def digest(self, row: int) -> str:
        """Hash the float32 values."""
        return hashlib.sha256(self.vectors[row].tobytes()).hexdigest()

    def load(self, row: int) -> NDArray[np.float32]:
        """Return the vector."""
        vector: NDArray[np.float32] = self.vectors[row]
        return vector
