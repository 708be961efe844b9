"""What the tests of faults share with the unit tests: a PostgreSQL server, and a cache of their own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "unit"))

from pg import pg_server, pg_url  # noqa: F401  # fixtures


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the tests' cache away from the person's."""
    folder = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("EXPLORER_CACHE", str(folder))
    return folder
