"""Reviews of 80 digits that share a store and its random sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from planted_help import Planted

import explorer
from explorer import Review
from explorer.dataset.dataset import Dataset

N = 80

Opened = Callable[..., Review]


def digits(planted: Planted, given: np.ndarray | None = None) -> Dataset:
    vectors = planted.images[:N].reshape(N, -1).astype(np.float32)
    return explorer.read(vectors, label=(planted.labels if given is None else given)[:N], key=planted.keys[:N])


def opening(planted: Planted, tmp_path: Path) -> Iterator[Opened]:
    """Open reviews of 80 digits by their vectors, several at once, on one store unless another is named."""
    made: list[Review] = []

    def opened(given: np.ndarray | None = None, **options: object) -> Review:
        settings = {"store": tmp_path / "s.labels.db", "rater": "ann", "k": 10, **options}
        made.append(Review(digits(planted, given), **settings).wait("score", progress=False))
        return made[-1]

    yield opened
    for review in made:
        review.close()


def asked(review: Review) -> set[str]:
    return {str(review.dataset.item_ids[i]) for i in review.sample.asked()}


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.sample.npz"))
