"""What several unit tests share: digits with planted flips, and a cache of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pg import pg_server, pg_url  # noqa: F401  # fixtures
from planted_help import Planted, plant

import explorer


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
