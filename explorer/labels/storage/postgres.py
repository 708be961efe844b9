"""A store on a PostgreSQL server: many writers, one at a time on each branch, known by their logins.

A store is a schema of a database, `labels` unless the URL names another one: `postgresql://host/db?store=photos`.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import uuid
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from explorer.labels.model.times import time_text
from explorer.labels.model.types import StoreError
from explorer.labels.storage import ddl
from explorer.labels.storage.backend import Backend
from explorer.labels.storage.rows import Row

if TYPE_CHECKING:
    import sqlalchemy as sa

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}").fullmatch
_REPEAT = "Repeat the call; with the same op_id it is written once, even if it was written this time."


class PostgresBackend(Backend):
    """See `explorer.labels.storage.backend.Backend`.

    Parameters
    ----------
    url
        `postgresql://user:password@host:port/database`, and `?store=` with the name of a schema. The tables are made on
        first use. The password is never shown.
    read_only
        Refuse to write.
    timeout
        Seconds to wait for the server, and for another process that is writing to the branch.

    Raises
    ------
    StoreError
        No such server, database or login, no right to use it, or a store of a newer format.
    """

    def __init__(self, url: str, *, read_only: bool = False, timeout: float = 10.0) -> None:
        super().__init__()
        self.read_only = read_only
        self._timeout = timeout
        self._pid = os.getpid()
        self._open = False  # inside a transaction
        self._closed = False
        self._connection: sa.Connection | None = None
        self._url, self._schema = _parse(url)
        self.path = _shown(self._url, self._schema)
        try:
            self.login = str(self.all("SELECT session_user")[0][0])
            self._prepare()
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"PostgresBackend({self.path!r}, login={self.login!r})"

    # The connection

    def _db(self) -> sa.Connection:
        if self._closed:
            raise StoreError(f"The label store {self.path} is closed.", "Open it again.")
        if os.getpid() != self._pid:
            raise StoreError(f"{self.path} was opened by another process.", "Open the store in this process.")
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> sa.Connection:
        import sqlalchemy as sa

        options = {
            # Last what anybody may fill, which otherwise comes first; the triggers keep this path.
            "search_path": f"{self._schema},pg_temp",
            "lock_timeout": f"{max(1, round(self._timeout * 1000))}ms",
            "synchronous_commit": "on",  # an acknowledged click survives
            "default_transaction_read_only": "on" if self.read_only else "off",
        }
        engine = sa.create_engine(
            self._url,
            poolclass=sa.NullPool,
            isolation_level="AUTOCOMMIT",  # transactions begin where the engine says so, and nowhere else
            connect_args={
                "connect_timeout": max(2, round(self._timeout)),
                "options": " ".join(f"-c {key}={value}" for key, value in options.items()),
                "application_name": "explorer.labels",
            },
        )
        return engine.connect()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the server's errors into `StoreError`s that say what to do."""
        import sqlalchemy as sa

        try:
            yield
        except sa.exc.DBAPIError as error:
            lost = self._connection is not None and (error.connection_invalidated or self._broken())
            if lost:
                self._drop()
            raise self._error(error, lost) from error
        except sa.exc.SQLAlchemyError as error:
            raise StoreError(f"{self.path}: {self._scrubbed(error)}") from error

    def _broken(self) -> bool:
        if self._connection is None or self._connection.invalidated:
            return True
        raw = self._connection.connection.dbapi_connection
        return bool(getattr(raw, "closed", False) or getattr(raw, "broken", False))

    def _drop(self) -> None:
        """Forget a connection that is lost; the next call makes a new one."""
        connection, self._connection = self._connection, None
        self._open = False
        self._taken_back()
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _scrubbed(self, error: BaseException) -> str:
        text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        return text.replace(str(self._url.password), "…") if self._url.password else text

    def _error(self, error: sa.exc.DBAPIError, lost: bool) -> StoreError:
        cause = error.orig if error.orig is not None else error
        code, said = str(getattr(cause, "sqlstate", None) or ""), self._scrubbed(cause)
        if lost:
            return StoreError(f"The connection to {self.path} was lost ({said}).", _REPEAT, transient=True)
        if self._connection is None:
            return StoreError(
                f"{self.path} cannot be reached: {said}",
                "Check the URL, that the server runs, the login and password.",
                transient=True,
            )
        if code in ("55P03", "57014"):
            return StoreError(
                f"{self.path} is locked: another process has been writing to it for too long; nothing was written.",
                "Try again.",
                transient=True,
            )
        if code in ("40P01", "40001"):
            return StoreError(
                f"Two writers were in each other's way in {self.path}; nothing was written.", _REPEAT, transient=True
            )
        if code == "25006":
            return StoreError(f"{self.path} is open read-only; nothing was written.", "Open it without read_only=True.")
        if code == "42501":
            return StoreError(
                f"{self.path} refused the login {self.login!r}: {said}",
                "Ask its owner to let you in with `explorer grant STORE LOGIN`; commits are signed by the login.",
            )
        if code == "53100":
            return StoreError(
                f"The disk of {self.path} is full; nothing was written.", "Free some space there.", transient=True
            )
        return StoreError(f"{self.path}: the server refused ({said}); nothing was written.")

    # Running

    def all(self, sql: str, /, **binds: Any) -> list[Row]:
        """Run a query and return its rows."""
        with self.lock, self._translated():
            result = self._db().execute(_text(sql), binds)
            return [tuple(row) for row in result] if result.returns_rows else []

    def many(self, sql: str, values: Sequence[dict[str, Any]], /) -> None:
        """Run a statement once per row of binds."""
        if values:
            with self.lock, self._translated():
                self._db().execute(_text(sql), values)

    @contextmanager
    def exclusive(self, branch: str = "main") -> Iterator[None]:
        """Be the only writer of a branch until the block ends; then all is durable, or, if it raised, unwritten."""
        with self.lock:
            if self.read_only:
                raise StoreError(
                    f"{self.path} was opened read-only; nothing was written.", "Open it without read_only=True."
                )
            with self._transaction("BEGIN ISOLATION LEVEL READ COMMITTED", "COMMIT"):
                if not self.all("SELECT n FROM ref WHERE name = :name AND kind = 'branch' FOR UPDATE", name=branch):
                    raise StoreError(f"{self.path} has no branch {branch!r}.", "Make it with store.branch(name).")
                yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See one consistent state of the store until the block ends."""
        with self.lock:
            if self._open:
                yield
            else:
                with self._transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "COMMIT"):
                    yield

    @contextmanager
    def _transaction(self, begin: str, end: str) -> Iterator[None]:
        self.all(begin)
        self._open = True
        self._begun()
        connection = self._connection
        try:
            yield
            self._still(connection)
            self.all(end)
        except BaseException:
            self._taken_back()
            if self._connection is connection and connection is not None:
                self._roll_back()
            raise
        finally:
            self._open = False

    def _still(self, connection: sa.Connection | None) -> None:
        """Refuse to end a transaction on another connection than it began on."""
        if self._connection is not connection:
            raise StoreError(f"The connection to {self.path} was lost.", _REPEAT, transient=True)

    def _roll_back(self) -> None:
        try:
            self.all("ROLLBACK")
        except StoreError:  # then the server has rolled it back: what went wrong first is what is told
            self._drop()

    def data_version(self, branch: str) -> Hashable:
        """Return something that is another when somebody else has written to a branch."""
        sql = "SELECT n, lane, \"commit\" FROM ref WHERE name = :name AND kind = 'branch'"
        return next(iter(self.all(sql, name=branch)), None)

    def damage(self) -> Iterator[str]:
        """Yield nothing: a server keeps its own checksums."""
        yield from ()

    def close(self) -> None:
        """Close the connection."""
        with self.lock:
            if os.getpid() == self._pid and self._connection is not None:
                self._connection.close()
            self._connection = None
            self._closed = True

    # Making the tables, and letting others in

    def _prepare(self) -> None:
        if not self._made():
            if self.read_only:
                raise StoreError(f"{self.path} has no label store.", "Open it without read_only=True to make one.")
            with self.lock, self._transaction("BEGIN", "COMMIT"):
                self.all("SELECT pg_advisory_xact_lock(:key)", key=ddl.APPLICATION)
                if not self._made():  # another process may have been first
                    self._make()
        if not self.all("SELECT has_schema_privilege(:schema, 'USAGE')", schema=self._schema)[0][0]:
            raise StoreError(
                f"{self.path} refused the login {self.login!r}: permission denied.",
                "Ask its owner to let you in with `explorer grant STORE LOGIN`.",
            )
        found = int(self.all("SELECT value FROM meta WHERE key = 'format'")[0][0])
        if found > ddl.FORMAT:
            raise StoreError(
                f"{self.path} has format {found}; this version of the package reads up to format {ddl.FORMAT}.",
                "Update the package: pip install -U data-quality-explorer",
            )
        if not self.read_only and not self.has_votes() and self._may_make():
            with self.lock, self._transaction("BEGIN", "COMMIT"):  # a store of an earlier version
                self.all("SELECT pg_advisory_xact_lock(:key)", key=ddl.APPLICATION)
                if not self.has_votes():
                    self.make_votes()

    def _may_make(self) -> bool:
        return bool(self.all("SELECT has_schema_privilege(:schema, 'CREATE')", schema=self._schema)[0][0])

    def has_votes(self) -> bool:
        """Say whether there is a table for blocks of votes."""
        sql = "SELECT 1 FROM pg_tables WHERE schemaname = :schema AND tablename = 'vote_block'"
        return bool(self.all(sql, schema=self._schema))

    def make_votes(self) -> None:
        """Make that table in a store of an earlier version, for all who may give labels."""
        if not self._may_make():
            raise StoreError(
                f"{self.path} was made by an earlier version of the package and cannot take votes yet.",
                "Let its owner open it once with this version.",
            )
        logins = self.all(
            "SELECT DISTINCT grantee FROM information_schema.role_table_grants WHERE table_schema = :schema "
            "AND table_name = 'events' AND privilege_type = 'INSERT' AND grantee <> current_user",
            schema=self._schema,
        )
        for statement in ddl.postgres_votes():
            self._statement(statement)
        for (login,) in logins:
            for statement in ddl.vote_grants(_quoted(login)):
                self._statement(statement)

    def _made(self) -> bool:
        sql = "SELECT 1 FROM pg_tables WHERE schemaname = :schema AND tablename = 'meta'"
        return bool(self.all(sql, schema=self._schema))

    def _make(self) -> None:
        if not self.all("SELECT 1 FROM pg_namespace WHERE nspname = :name", name=self._schema):
            self._statement(f"CREATE SCHEMA {self._schema}")
        for statement in ddl.postgres():
            self._statement(statement)
        made = ddl.meta(uuid.uuid4().hex, time_text(dt.datetime.now(dt.UTC)))
        rows = [{"key": key, "value": value} for key, value in made.items()]
        self.many("INSERT INTO meta (key, value) VALUES (:key, :value)", rows)

    def _statement(self, sql: str) -> None:
        with self.lock, self._translated():
            self._db().exec_driver_sql(sql)

    def grant(self, login: str) -> None:
        """Let another login read the store and give labels under its own name. It can change nothing written.

        Raises
        ------
        StoreError
            No such login, or this one may not let others in.
        """
        if not self.all("SELECT 1 FROM pg_roles WHERE rolname = :name", name=login):
            raise StoreError(f"The server of {self.path} has no login {login!r}.", "Make it with CREATE ROLE … LOGIN.")
        quoted = _quoted(login)
        with self.lock, self._transaction("BEGIN", "COMMIT"):
            if not self.has_votes():
                self.make_votes()
            self._statement(f"GRANT USAGE ON SCHEMA {self._schema} TO {quoted}")
            for statement in ddl.grants(quoted):
                self._statement(statement)


def _quoted(login: str) -> str:
    return '"' + login.replace('"', '""') + '"'


def _shown(url: sa.URL, schema: str) -> str:
    """Return a URL for people: no login, no password."""
    host, port = url.host or "", f":{url.port}" if url.port else ""
    query = {} if host else {"host": url.query["host"]} if "host" in url.query else {}
    if schema != "labels":
        query["store"] = schema
    asked = "&".join(f"{key}={value}" for key, value in query.items())
    return f"postgresql://{host}{port}/{url.database or ''}{'?' if asked else ''}{asked}"


@lru_cache(maxsize=512)
def _text(sql: str) -> sa.TextClause:
    import sqlalchemy as sa

    return sa.text(sql)


def _parse(url: str) -> tuple[sa.URL, str]:
    """Return the URL for the driver, which shows no password, and the schema."""
    try:
        import psycopg  # noqa: F401
        import sqlalchemy as sa
    except ImportError as error:
        raise StoreError(
            "A label store on PostgreSQL needs SQLAlchemy and psycopg.",
            "Install them: pip install 'data-quality-explorer[server]'",
        ) from error
    try:
        parsed = sa.make_url(url).set(drivername="postgresql+psycopg")
    except (sa.exc.ArgumentError, ValueError):
        raise StoreError(
            "The URL of the label store cannot be read.", "Write it as postgresql://user:password@host:port/database."
        ) from None  # the error would show the password
    schema = parsed.query.get("store", "labels")
    if not isinstance(schema, str) or not _NAME(schema):
        raise StoreError(
            f"{schema!r} cannot be the name of a store.", "Use small letters, digits and _, such as ?store=photos."
        )
    if isinstance(password := parsed.query.get("password"), str):
        parsed = parsed.set(password=password)
    return parsed.difference_update_query(["store", "password"]), schema
