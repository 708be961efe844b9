"""The nearest items of one item, exactly: a question that the graph does not answer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def nearest(
    vectors: NDArray[Any], item: int, k: int = 10, *, among: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Answer a question about one item: its k nearest among some (of another class, say), exactly.

    Parameters
    ----------
    vectors
        float [N, D].
    item
        Position of the item.
    among
        bool [N]: who may be returned; the item itself never is.

    Returns
    -------
    tuple
        Positions int32 [≤ k] and cosines float32 [≤ k], most similar first; of equal ones the first item.

    Examples
    --------
    >>> who, cosine = nearest(np.array([[1.0, 0], [0, 1], [2, 0]]), 0, k=2)
    >>> who.tolist(), cosine.tolist()
    ([2, 1], [1.0, 0.0])
    """
    allowed = np.ones(len(vectors), dtype=bool) if among is None else among.copy()
    allowed[item] = False
    candidates = np.flatnonzero(allowed)
    some = vectors[candidates].astype(np.float32)
    own = vectors[item].astype(np.float32)
    length = np.linalg.norm(some, axis=1) * np.linalg.norm(own)
    cosine = (some @ own) / np.maximum(length, 1e-12)
    top = np.argsort(-cosine, kind="stable")[:k]
    return candidates[top].astype(np.int32), cosine[top].astype(np.float32)
