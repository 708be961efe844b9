"""What several unit tests share: digits with planted flips, and a cache of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from pg import pg_server, pg_url  # noqa: F401  # fixtures
from sklearn.datasets import load_digits

import explorer


class Planted(NamedTuple):
    """Some of scikit-learn's digits with labels flipped on purpose."""

    images: NDArray[np.uint8]  # [N, 8, 8]
    truth: NDArray[np.int64]
    labels: NDArray[np.int64]
    flipped: NDArray[np.intp]
    keys: list[str]


def plant(n: int = 500, share: float = 0.05, seed: int = 0) -> Planted:
    """Flip a share of the labels of the first n digits, uniformly to another class."""
    digits = load_digits()
    rng = np.random.default_rng(seed)
    truth = digits.target[:n]
    flipped = rng.choice(n, size=round(share * n), replace=False)
    labels = truth.copy()
    labels[flipped] = (labels[flipped] + rng.integers(1, 10, size=len(flipped))) % 10
    images = (digits.images[:n] * 255 / 16).astype(np.uint8)
    return Planted(images, truth, labels, flipped, [f"digit-{i:04d}" for i in range(n)])


@pytest.fixture(scope="session")
def planted() -> Planted:
    """500 digits, 25 of them flipped."""
    return plant()


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the tests' cache away from the person's."""
    folder = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("EXPLORER_CACHE", str(folder))
    return folder


@pytest.fixture
def review(planted: Planted, tmp_path: Path) -> Iterator[explorer.Review]:
    """A review of 300 digits of which every label is known, scored; files that need another one have their own."""
    dataset = explorer.read(planted.images[:300], label=planted.labels[:300], key=planted.keys[:300])
    made = explorer.Review(dataset, tmp_path / "review.labels.db", rater="ann")
    made.wait(progress=False)
    yield made
    made.close()
