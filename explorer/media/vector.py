"""Vectors: items of which only an embedding is known."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from explorer.media.base import MediaKind, Numbered


class Vectors(Numbered):
    """Rows of an embedding.

    Parameters
    ----------
    vectors
        float [R, D].

    Examples
    --------
    >>> Vectors(np.eye(2, dtype=np.float32)).load(1)
    array([0., 1.], dtype=float32)
    """

    kind: MediaKind = "vector"

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self.vectors = np.ascontiguousarray(vectors, dtype=np.float32)

    def __len__(self) -> int:
        return len(self.vectors)

    def digest(self, row: int) -> str:
        """Hash the float32 values."""
        return hashlib.sha256(self.vectors[row].tobytes()).hexdigest()

    def load(self, row: int) -> NDArray[np.float32]:
        """Return the vector, float32 [D]."""
        vector: NDArray[np.float32] = self.vectors[row]
        return vector
