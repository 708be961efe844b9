"""Since when something has held: which commit brought a class, a field or a snapshot, without reading the history."""

from __future__ import annotations

from collections.abc import Callable

from explorer.labels.model.types import Commit, LabelSchema
from explorer.labels.storage.backend import Engine
from explorer.labels.storage.writes import SQLEngine


def brought(engine: Engine, at: Commit, has: Callable[[LabelSchema], bool]) -> Commit | None:
    """Return the first commit, without its events, since which every schema of a history has had something.

    Parameters
    ----------
    at
        The commit whose history is meant.
    has
        Tells whether a schema has it.

    Returns
    -------
    Commit or None
        `None` if the schema of `at` does not have it.
    """
    db = sql_engine(engine)
    schemas = db.all("SELECT n, id FROM label_schema")
    lacking = [n for n, key in schemas if not has(engine.schema(bytes(key).hex()))]
    listed = ", ".join(str(int(n)) for n in lacking)
    return _since(db, at, f'c."schema" IN ({listed})' if listed else "1 = 0")


def bound_with(engine: Engine, at: Commit) -> LabelSchema:
    """Return the schema under which the snapshot of a commit was bound: the names of that time."""
    db = sql_engine(engine)
    first = _since(db, at, "c.snapshot <> (SELECT s.snapshot FROM commits s WHERE s.n = :own)", own=db.number_of(at))
    return engine.schema((first or at).schema)


def sql_engine(engine: Engine) -> SQLEngine:
    """Return the engine as what all of them are, for questions in SQL."""
    assert isinstance(engine, SQLEngine)
    return engine


def _since(db: SQLEngine, at: Commit, unlike: str, **binds: int) -> Commit | None:
    """Return the commit of a history that follows the newest one of which a condition holds, else the very first."""
    after: int | None = None  # the commit that follows what was looked at so far
    for lo, hi in db.ranges(at):  # newest first
        sql = f"SELECT max(c.n) FROM commits c WHERE c.n BETWEEN :lo AND :hi AND {unlike}"  # noqa: S608  # fixed text
        found = db.all(sql, lo=lo, hi=hi, **binds)[0][0]
        if found is not None:
            after = after if found == hi else found + 1
            break
        after = lo
    return None if after is None else db.select_commits("WHERE c.n = :n", n=after)[0]
