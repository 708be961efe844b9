"""Looking at a label store: labels as they are, as they were, and how they came about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import pandas as pd

from explorer.labels.head import When
from explorer.labels.history import diff, frames, logs, vote_blocks
from explorer.labels.history.blame import Blame, blame
from explorer.labels.history.entries import entries_table, entry, log
from explorer.labels.history.logs import Sitting
from explorer.labels.history.votes import standing_votes, votes_table
from explorer.labels.model.arguments import checked
from explorer.labels.model.cells import Cell
from explorer.labels.model.reports import Verification
from explorer.labels.model.schema import names_of
from explorer.labels.model.types import FIELD, Commit, StoreError
from explorer.labels.model.version import known_cell
from explorer.labels.working_copy import WorkingCopy


@checked
class Reader:
    """The half of `Store` that only looks. Safe from any thread.

    Wherever a version is asked for, `when` is "head", "base" (the given labels of the snapshot that is bound), a commit
    id or a prefix of one, a tag, a branch, or a time (without a time zone it is local time). `field` is a field of the
    item; "label" is its class.

    Attributes
    ----------
    path
        The store file, or the server's address without the password, as text.
    working_copy
        What it reads from, for the package's own modules.
    """

    def __init__(self, copy: WorkingCopy) -> None:
        self.working_copy = copy
        self.path = copy.backend.path
        self._backend, self._head = copy.backend, copy.head

    # What the store is

    @property
    def id(self) -> str:
        """What tells this store from any other, whatever its file is called."""
        return self._backend.store_id()

    @property
    def read_only(self) -> bool:
        """Whether it was opened to look at only."""
        return self._backend.read_only

    @property
    def current_branch(self) -> str:
        """Name of the branch that is read and written."""
        return self._head.branch

    @property
    def network(self) -> str | None:
        """Name of the network file system that the file is on, `None` where it is on none."""
        return self._backend.network

    @property
    def head(self) -> str | None:
        """Id of the newest commit, `None` before the first `bind`."""
        now = self._head.newest()
        return now.commit.id if now else None

    @property
    def snapshot(self) -> str | None:
        """Id of the snapshot that is bound, `None` before the first `bind`."""
        now = self._head.newest()
        return now.snapshot.id if now else None

    def classes(self) -> list[str]:
        """Return the classes that a label may be."""
        now = self._head.newest()
        return list(names_of(now.schema).active) if now else []

    def fields(self) -> dict[str, str]:
        """Return the type of each field of an item; "label" is its class."""
        now = self._head.newest()
        return dict(names_of(now.schema).types) if now else {FIELD: "class"}

    def close(self) -> None:
        """Close the file; every acknowledged commit is in it already."""
        self._backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back after each commit, undo, merge, switch … that was made through this object.

        Returns
        -------
        callable
            Ends it.
        """
        return self.working_copy.listen(callback)

    # Labels as they are

    def get(self, item_id: str, *, field: str = FIELD) -> Cell:
        """Return the cell of an item: its label now, its state, and who gave it, when and why.

        Raises
        ------
        UnknownName
            The dataset has no such item, or an item no such field.
        StoreError
            Nothing is bound yet.
        """
        with self._backend.lock:
            return known_cell(self._head.bound(field), item_id)

    def head_cells(self, *, field: str = FIELD) -> dict[str, Cell]:
        """Return the cells of the items that have events, by item id; none before anything is bound."""
        with self._backend.lock:
            return dict(self._head.cells(field))

    def cells(self, when: When = "head", *, field: str = FIELD) -> pd.DataFrame:
        """Return every item's cell, now or as of a version.

        Returns
        -------
        DataFrame
            Indexed by item id, in the order of the dataset. value, given (text, missing = unlabelled; in other fields
            than "label" the values as they are); state, event (categories); rater (text, missing = nobody); time (UTC,
            missing = never); why, reason (text); p_error (float64, as the rater saw it); left_out (bool).
        """
        with self._backend.lock:
            version = self._head.at(when, field)
            return frames.frame_of(version, version.cells())

    # Labels as they were

    def as_of(self, when: When, *, schema: str = "then", field: str = FIELD) -> pd.Series[Any]:
        """Return item id → label (missing = unlabelled) at a version.

        Parameters
        ----------
        schema
            Whose names the classes have: "then" those of that version, "latest" those of now.

        Raises
        ------
        UnknownName, DataError
            No such version or field; a prefix that several commits begin with; a time before the first commit.
        """
        with self._backend.lock:
            return frames.labels_of(self._head.at(when, field, schema))

    def commit_id(self, when: When = "head") -> str:
        """Return the id of the commit that a version stands for; for "base" it is `base:<snapshot id>`."""
        with self._backend.lock:
            if isinstance(when, str) and when == "base":
                return self._head.now().snapshot.base
            return self._head.find(when).id

    def diff(self, a: When, b: When = "head", *, field: str = FIELD, schema: str = "then") -> pd.DataFrame:
        """Return the items whose label differs between two versions, by item id.

        A label differs where `as_of(a, schema=schema)` and `as_of(b, schema=schema)` have other words for it; with
        "latest" a class that was renamed in between is no difference.

        Returns
        -------
        DataFrame
            item, old, new, and of the event in force at the later version rater, time (UTC), why, commit; missing
            where the given label itself changed. `attrs`: "counts" maps (old, new) to the number of items, "added" and
            "removed" count items that only one version has.
        """
        return diff.between(self.working_copy, a, b, field, schema)

    def diff_counts(self, a: When, b: When = "head", *, field: str = FIELD, schema: str = "then") -> pd.DataFrame:
        """Return how many items went from which label to which between two versions: old, new, n."""
        return diff.counts(self.diff(a, b, field=field, schema=schema))

    # How they came about

    def count_events(self) -> int:
        """Count the events of the branch."""
        with self._backend.lock:
            now = self._head.newest()
            return self._backend.count_events(now.commit) if now else 0

    def log(
        self,
        limit: int | None = None,
        item: str | None = None,
        *,
        rater: str | None = None,
        reason: str | None = None,
        label: str | None = None,
        before: When | None = None,
    ) -> pd.DataFrame:
        """Return the events newest first, at most `limit`.

        Columns: time (UTC), rater, item, op, old, new (labels, missing = unlabelled), why, reason, p_error (as the
        rater saw it), commit, event, kind (of the commit), branch (that the commit was made on), field.

        Parameters
        ----------
        item, rater, reason
            Only events of this item, of this rater, with this reason code.
        label
            Only events from this label or to it.
        before
            Only events of commits before this one.
        """
        with self._backend.lock:
            now = self._head.newest()
            if now is None:
                return log([], None)
            end = None if before is None else self._head.find(before)
            names = names_of(now.schema)
            if label is None:
                found = self._backend.log_rows(now.commit, limit, item, rater, reason, end)
                return log(found, names)
            everything = self._backend.log_rows(now.commit, None, item, rater, reason, end)
            entries = [e for x in everything if label in ((e := entry(x, names)).old, e.new)]
            return entries_table(entries[:limit])

    def commits(self, limit: int | None = None) -> pd.DataFrame:
        """Return the commits newest first.

        Columns: position, time, rater, kind, message, commit, snapshot, branch (that it was made on), merged_from (the
        commit that a merge brought in).
        """
        return logs.commits(self._history(limit))

    def sittings(self, gap: dt.timedelta = dt.timedelta(minutes=30)) -> list[Sitting]:
        """Return the commits of each rater in groups without a pause longer than `gap`, the newest first."""
        return logs.sittings(self._history(), gap)

    def blame(self, item: str, field: str = FIELD) -> Blame:
        """Return whose decision the label of an item is, when and why, and what that rater was shown.

        It looks through undos and merges: a label that came from another branch is its rater's, not the merger's.

        Raises
        ------
        UnknownName
            The dataset has no such item, or an item no such field.
        """
        return blame(self.working_copy, item, field)

    def votes(self, item: str | None = None, field: str = FIELD) -> pd.DataFrame:
        """Return the newest standing decision of each rater on an item, or on all of them.

        Columns: item, rater, value, op, time, why, reason, event. What a rater took back, or somebody undid, does not
        count; a decision that a merge brought over is the vote of the rater who made it. After these come the votes
        of the newest block of each rater (see `vote_blocks`), as of the time when it was written, but for those on
        which the rater has decided, or whose item has other content now; their `event` names the block.
        """
        events = votes_table(standing_votes(self.working_copy, item, field), field)
        return vote_blocks.with_blocks(self.working_copy, events, item, field)

    def vote_blocks(self) -> pd.DataFrame:
        """List the columns of votes that the store keeps, all versions, oldest first; the newest of a rater counts.

        Columns: rater, version, kind, family, votes, abstentions, time (UTC), by (who wrote it), block.
        """
        return vote_blocks.table(self.working_copy)

    def raters(self) -> pd.DataFrame:
        """Return who gave labels, in the whole store: name, kind, events, first, last."""
        return logs.raters(self._backend.raters())

    def reflog(self, name: str | None = None) -> pd.DataFrame:
        """Return what happened to branches and tags, newest first: name, kind, old, new, rater, time, why."""
        return logs.moves(self._backend.reflog(name))

    def schema_log(self) -> pd.DataFrame:
        """Return the changes of classes and fields, newest first; see `explorer.labels.history.logs.schema_log`."""
        return logs.schema_log(self._backend, self._history())

    def to_split(self) -> pd.DataFrame:
        """Return the items that still have a class that was split: item, class, into (the classes to choose from)."""
        with self._backend.lock:
            return frames.to_split(self._head.version())

    def verify(self) -> Verification:
        """Recompute every hash in the store, and compare the caches with the log."""
        with self._backend.reading():
            try:
                problem = next(iter(self._backend.problems()), None)
                commits, events = self._backend.counts()
            except (ValueError, LookupError, TypeError, ArithmeticError, OSError, StoreError) as error:
                return Verification(False, 0, 0, f"a row cannot be read: {error}")
        if problem is None:
            return Verification(True, commits, events)
        return Verification(False, commits, events, problem.text, problem.commit)

    def _history(self, limit: int | None = None) -> list[Commit]:
        """Return the commits of the branch, newest first, without events."""
        with self._backend.lock:
            now = self._head.newest()
            return self._backend.commits(now.commit, limit=limit) if now else []
