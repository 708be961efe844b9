"""A PostgreSQL server for the tests: started once, stopped at the end, with a fresh database for each that asks."""

import itertools
import platform
import shutil
import sys
import tempfile

import pytest

_count = itertools.count()


def _package():
    """The package that brings a server, or a clear reason why it is not there."""
    try:
        import pgserver
    except ImportError:
        machine = platform.machine().lower()
        if sys.platform == "linux" and machine in ("x86_64", "amd64"):
            raise
        pytest.skip(f"pgserver brings no PostgreSQL for {sys.platform} on {machine}")
    return pgserver


@pytest.fixture(scope="session")
def pg_server():
    """A running server; `get_uri()` says where. It listens on a socket only, and trusts whoever reaches that."""
    package = _package()
    folder = tempfile.mkdtemp(prefix="pg")  # short: the path of a socket may have 100 characters
    server = package.get_server(folder, cleanup_mode="stop")
    try:
        _hurry(server.get_uri())
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _hurry(url):
    """Spare the syncs: no test pulls the plug of this machine, and they make up most of the time."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as db:
        db.execute("ALTER SYSTEM SET fsync = off")
        db.execute("SELECT pg_reload_conf()")


@pytest.fixture
def pg_url(pg_server):
    """URL of a new, empty database; the login is `postgres`."""
    import psycopg

    name = f"t{next(_count)}"
    with psycopg.connect(pg_server.get_uri(), autocommit=True) as db:
        db.execute(f"CREATE DATABASE {name}")
    yield pg_server.get_uri(database=name)
    with psycopg.connect(pg_server.get_uri(), autocommit=True) as db:
        db.execute(f"DROP DATABASE {name} WITH (FORCE)")


def as_login(url, login):
    """The same database for another login, which the server trusts."""
    return url.replace("postgres:@", f"{login}:@", 1)
