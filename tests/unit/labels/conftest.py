"""A backend of each database, open and empty."""

import pytest
from backend_help import Hand

from explorer.labels.storage.postgres import PostgresBackend
from explorer.labels.storage.sqlite import SQLiteBackend


@pytest.fixture(params=["sqlite", "postgres"])
def again(request, tmp_path):
    """Opens the same store once more."""
    if request.param == "sqlite":
        return lambda: SQLiteBackend(tmp_path / "x.labels.db")
    url = request.getfixturevalue("pg_url")
    return lambda: PostgresBackend(url)


@pytest.fixture
def backend(again):
    backend = again()
    yield backend
    backend.close()


@pytest.fixture
def hand(backend):
    return Hand(backend)
