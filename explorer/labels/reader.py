"""Looking at a label store: labels as they are, as they were, and how they came about."""

from __future__ import annotations

import datetime as dt
from types import TracebackType
from typing import Any, Self

import pandas as pd

from explorer.labels import history
from explorer.labels.cells import frame_of, labels_of
from explorer.labels.editing import known_cell
from explorer.labels.engine import Engine
from explorer.labels.live import Live
from explorer.labels.model import Cell, Commit, StoreError, Verification


class Reader:
    """The half of `Store` that only looks. Safe from any thread.

    Attributes
    ----------
    path
        The store file, as text.
    branch
        Name of the branch that is read and written.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.path = engine.path
        self.branch = "main"
        self._live = Live(engine, self.branch)

    # What the store is

    @property
    def id(self) -> str:
        """What tells this store from any other, whatever its file is called."""
        return self._engine.store_id()

    @property
    def head(self) -> str | None:
        """Id of the newest commit, `None` before the first `bind`."""
        version = self._live.version()
        return version.commit if version else None

    @property
    def snapshot(self) -> str | None:
        """Id of the snapshot that is bound, `None` before the first `bind`."""
        version = self._live.version()
        return version.snapshot.id if version else None

    def classes(self) -> list[str]:
        """Return the classes that a label may be."""
        version = self._live.version()
        return list(version.classes) if version else []

    def close(self) -> None:
        """Close the file; every acknowledged commit is in it already."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # Labels as they are

    def get(self, item_id: str) -> Cell:
        """Return the cell of an item; `UnknownName` if the dataset has no such item."""
        with self._engine.lock:
            return known_cell(self._live.bound(), item_id)

    def head_cells(self) -> dict[str, Cell]:
        """Return the cells of the items that have events, by item id."""
        with self._engine.lock:
            return dict(self._live.cells())

    def cells(self, when: str | dt.datetime = "head") -> pd.DataFrame:
        """Return every item's cell, now or as of a version: see `explorer.labels.cells.frame_of` for the columns."""
        with self._engine.lock:
            version = self._live.at(when)
            live = version is self._live.version()
            return frame_of(version.snapshot, self._live.cells() if live else version.cells())

    # Labels as they were

    def count_events(self) -> int:
        """Count all events."""
        return self._engine.count_events(self.branch)

    def log(self, limit: int | None = None, item: str | None = None) -> pd.DataFrame:
        """Return the events newest first, at most `limit`, of all items or of one.

        Columns: time (UTC), rater, item, op, old, new (class names, missing = unlabelled), why, reason, p_error (as the
        rater saw it), commit, event, kind (of the commit).
        """
        version = self._live.version()
        return history.log(self._engine.log_rows(self.branch, limit, item), version.names if version else {})

    def commits(self) -> pd.DataFrame:
        """Return the commits newest first: position, time, rater, kind, message, commit, snapshot."""
        return history.commits(reversed(self._engine.commits(self.branch)))

    def as_of(self, when: str | dt.datetime) -> pd.Series[Any]:
        """Return item id → label (missing = unlabelled) at a version.

        `when` is "head", "base" (the given labels of the snapshot that is bound), a commit id or a prefix of one, a
        tag, or a time (without a time zone it is local time).
        """
        with self._engine.lock:
            return labels_of(self._live.at(when))

    def commit_id(self, when: str | dt.datetime = "head") -> str:
        """Return the id of the commit that a version stands for; for "base" it is `base:<snapshot id>`."""
        with self._engine.lock:
            version = self._live.at(when)
            return version.commit or version.snapshot.base

    def diff(self, a: str | dt.datetime, b: str | dt.datetime = "head") -> pd.DataFrame:
        """Return the items whose label differs between two versions; see `explorer.labels.history.diff`."""
        with self._engine.lock:
            return history.diff(self._live.at(a), self._live.at(b))

    def verify(self) -> Verification:
        """Recompute every hash in the file, and compare the caches with the log."""
        with self._engine.reading():
            try:
                problem = next(iter(self._engine.problems()), None)
                counts = [len(c.events) for c in map(self._commit, (c.id for c in self._engine.commits()))]
            except (ValueError, LookupError, TypeError, OSError, StoreError) as error:
                return Verification(False, 0, 0, f"a row cannot be read: {error}")
        return Verification(problem is None, len(counts), sum(counts), problem)

    def _commit(self, commit_id: str) -> Commit:
        commit = self._engine.commit(commit_id)
        if commit is None:
            raise StoreError(f"{self.path}: the commit {commit_id} is missing.", "Run verify(), and go back to a copy.")
        return commit
