"""Looking at a label store: labels as they are, as they were, and how they came about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from explorer.labels.head import SCHEMAS, Live, When
from explorer.labels.history.blame import Blame, chain_of
from explorer.labels.history.entries import entries_table, entry, log
from explorer.labels.history.votes import VOTE_COLUMNS, Vote, all_votes, votes_of
from explorer.labels.model.schema import names_of
from explorer.labels.model.types import FIELD, Cell, Commit, LabelSchema, Logged, StoreError, Verification
from explorer.labels.model.version import Version, known_cell
from explorer.labels.storage.backend import Engine

if TYPE_CHECKING:
    import pandas as pd

    from explorer.labels.history.logs import Sitting


class Reader:
    """The half of `Store` that only looks. Safe from any thread.

    Wherever a version is asked for, `when` is "head", "base" (the given labels of the snapshot that is bound), a commit
    id or a prefix of one, a tag, a branch, or a time (without a time zone it is local time). `field` is a field of the
    item; "label" is its class.

    Attributes
    ----------
    path
        The store file, or the server's address without the password, as text.
    """

    def __init__(self, engine: Engine, branch: str = "main") -> None:
        self._engine = engine
        self.path = engine.path
        self._live = Live(engine, branch)
        self._listeners: list[Callable[[], None]] = []

    # What the store is

    @property
    def id(self) -> str:
        """What tells this store from any other, whatever its file is called."""
        return self._engine.store_id()

    @property
    def read_only(self) -> bool:
        """Whether it was opened to look at only."""
        return self._engine.read_only

    @property
    def current_branch(self) -> str:
        """Name of the branch that is read and written."""
        return self._live.branch

    @property
    def network(self) -> str | None:
        """Name of the network file system that the file is on, `None` where it is on none."""
        return self._engine.network

    @property
    def head(self) -> str | None:
        """Id of the newest commit, `None` before the first `bind`."""
        state = self._live.state()
        return state.commit.id if state else None

    @property
    def snapshot(self) -> str | None:
        """Id of the snapshot that is bound, `None` before the first `bind`."""
        state = self._live.state()
        return state.snapshot.id if state else None

    def classes(self) -> list[str]:
        """Return the classes that a label may be."""
        state = self._live.state()
        return list(names_of(state.schema).active) if state else []

    def fields(self) -> dict[str, str]:
        """Return the type of each field of an item; "label" is its class."""
        state = self._live.state()
        return dict(names_of(state.schema).types) if state else {FIELD: "class"}

    def close(self) -> None:
        """Close the file; every acknowledged commit is in it already."""
        self._engine.close()

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
        self._listeners.append(callback)

        def unlisten() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return unlisten

    def _tell(self) -> None:
        """Call the listeners back; never under the engine's lock, since they may wait for others who look."""
        for callback in tuple(self._listeners):
            callback()

    # Labels as they are

    def get(self, item_id: str, *, field: str = FIELD) -> Cell:
        """Return the cell of an item; `UnknownName` if the dataset has no such item, or an item no such field."""
        with self._engine.lock:
            return known_cell(self._live.bound(field), item_id)

    def head_cells(self, *, field: str = FIELD) -> dict[str, Cell]:
        """Return the cells of the items that have events, by item id."""
        with self._engine.lock:
            return dict(self._live.cells(field))

    def cells(self, when: When = "head", *, field: str = FIELD) -> pd.DataFrame:
        """Return every item's cell, now or as of a version: see `frames.frame_of` for the columns."""
        from explorer.labels.history.frames import frame_of

        with self._engine.lock:
            version = self._live.at(when, field)
            return frame_of(version, version.cells())

    # Labels as they were

    def as_of(self, when: When, *, schema: str = "then", field: str = FIELD) -> pd.Series[Any]:
        """Return item id → label (missing = unlabelled) at a version.

        Parameters
        ----------
        schema
            Whose names the classes have: "then" those of that version, "latest" those of now.
        """
        from explorer.labels.history.frames import labels_of

        with self._engine.lock:
            return labels_of(self._live.at(when, field, schema))

    def commit_id(self, when: When = "head") -> str:
        """Return the id of the commit that a version stands for; for "base" it is `base:<snapshot id>`."""
        with self._engine.lock:
            if isinstance(when, str) and when == "base":
                return self._live.now().snapshot.base
            return self._live.find(when).id

    def diff(self, a: When, b: When = "head", *, field: str = FIELD, schema: str = "then") -> pd.DataFrame:
        """Return the items whose label differs between two versions; see `explorer.labels.history.diff.diff`.

        A label differs where `as_of(a, schema=schema)` and `as_of(b, schema=schema)` have other words for it; with
        "latest" a class that was renamed in between is no difference.
        """
        from explorer.labels.history import diff
        from explorer.labels.storage.queries import SQLReader

        with self._engine.lock:
            engine = self._engine
            if field == FIELD and schema in SCHEMAS and "base" not in (a, b) and isinstance(engine, SQLReader):
                quick = diff.of_changes(engine, self._live.find(a), self._live.find(b), self._words(schema))
                if quick is not None:
                    return quick
            one, two = self._live.at(a, field, schema), self._live.at(b, field, schema)
            return diff.diff(one, two, self._later(one, two))

    def _words(self, schema: str) -> LabelSchema | None:
        """Return the schema in whose words a version is told; `None` is its own."""
        return self._live.now().schema if schema == "latest" else None

    def diff_counts(self, a: When, b: When = "head", *, field: str = FIELD, schema: str = "then") -> pd.DataFrame:
        """Return how many items went from which label to which between two versions: old, new, n."""
        from explorer.labels.history import diff

        return diff.counts(self.diff(a, b, field=field, schema=schema))

    def _later(self, a: Version, b: Version) -> Version:
        """Return that of two versions which came about after the other; the second where that cannot be said."""
        if not a.commit or not b.commit or a.commit == b.commit:
            return b if b.commit else a
        return a if self._engine.is_ancestor(self._live.find(b.commit), self._live.find(a.commit)) else b

    # How they came about

    def count_events(self) -> int:
        """Count the events of the branch."""
        with self._engine.lock:
            state = self._live.state()
            return self._engine.count_events(state.commit) if state else 0

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
        with self._engine.lock:
            state = self._live.state()
            if state is None:
                return log([], None)
            end = None if before is None else self._live.find(before)
            names = names_of(state.schema)
            if label is None:
                found = self._engine.log_rows(state.commit, limit, item, rater, reason, end)
                return log(found, names)
            everything = self._engine.log_rows(state.commit, None, item, rater, reason, end)
            entries = [e for x in everything if label in ((e := entry(x, names)).old, e.new)]
            return entries_table(entries[:limit])

    def commits(self, limit: int | None = None) -> pd.DataFrame:
        """Return the commits newest first.

        Columns: position, time, rater, kind, message, commit, snapshot, branch (that it was made on), merged_from (the
        commit that a merge brought in).
        """
        from explorer.labels.history import logs

        return logs.commits(self._history(limit))

    def sittings(self, gap: dt.timedelta = dt.timedelta(minutes=30)) -> list[Sitting]:
        """Return the commits of each rater in groups without a pause longer than `gap`, the newest first."""
        from explorer.labels.history import logs

        return logs.sittings(self._history(), gap)

    def blame(self, item: str, field: str = FIELD) -> Blame:
        """Return whose decision the label of an item is, when and why, and what that rater was shown.

        It looks through undos and merges: a label that came from another branch is its rater's, not the merger's.

        Raises
        ------
        UnknownName
            The dataset has no such item, or an item no such field.
        """
        with self._engine.lock:
            version = self._live.bound(field)
            cell = known_cell(version, item)
            head = version.heads.get(item)
            if head is None:
                return Blame(cell, None, [], [])
            path = self._engine.item_events(self._live.tip(), item, field)
            chain = chain_of(self._engine, path, self._live.find)
            decision = head.event.decision
            found = next((x for x in chain if x.event.id == decision), None)
            if found is None and decision is not None:
                found = self._engine.event(item, decision)
            names = version.names
            return Blame(
                cell,
                entry(found, names) if found else None,
                [entry(x, names) for x in chain],
                votes_of(path, names, self._engine),
            )

    def votes(self, item: str | None = None, field: str = FIELD) -> pd.DataFrame:
        """Return the newest standing decision of each rater on an item, or on all of them.

        Columns: item, rater, value, op, time, why, reason, event. What a rater took back, or somebody undid, does not
        count; a decision that a merge brought over is the vote of the rater who made it.
        """
        import pandas as pd

        from explorer.labels.history.entries import typed

        rows = [tuple(getattr(v, c) for c in VOTE_COLUMNS) for v in self._votes(item, field)]
        frame = pd.DataFrame(rows, columns=list(VOTE_COLUMNS))
        if field != FIELD:
            frame["value"] = pd.Series([r[2] for r in rows], dtype=object)
        return typed(frame, but=() if field == FIELD else ("value",))

    def _votes(self, item: str | None, field: str) -> list[Vote]:
        with self._engine.lock:
            version = self._live.version(field)
            if version is None:
                return []
            if item is None:
                return all_votes(self._engine.events(self._live.tip(), None), field, version.names, self._engine)
            known_cell(version, item)
            return votes_of(self._engine.item_events(self._live.tip(), item, field), version.names, self._engine)

    def raters(self) -> pd.DataFrame:
        """Return who gave labels, in the whole store: name, kind, events, first, last."""
        from explorer.labels.history import logs

        return logs.raters(self._engine.raters())

    def reflog(self, name: str | None = None) -> pd.DataFrame:
        """Return what happened to branches and tags, newest first: name, kind, old, new, rater, time, why."""
        from explorer.labels.history import logs

        return logs.moves(self._engine.reflog(name))

    def schema_log(self) -> pd.DataFrame:
        """Return the changes of classes and fields, newest first; see `explorer.labels.history.logs.schema_log`."""
        from explorer.labels.history import logs

        return logs.schema_log(self._engine, self._history())

    def to_split(self) -> pd.DataFrame:
        """Return the items that still have a class that was split: item, class, into (the classes to choose from)."""
        import pandas as pd

        from explorer.labels.history.frames import TEXT, coded

        rows: list[tuple[str, str, tuple[str, ...]]] = []
        with self._engine.lock:
            version = self._live.version()
            if version is not None:
                splits = {version.names.name(i): into for i, into in version.names.splits.items()}
                codes, names = coded(version)
                waiting = [splits.get(name) for name in names]
                for item, code in zip(version.snapshot.ids.tolist(), codes.tolist(), strict=True):
                    into = waiting[code] if code >= 0 else None
                    if into is not None:
                        rows.append((item, names[code], into))
        frame = pd.DataFrame(rows, columns=["item", "class", "into"])
        return frame.astype({"item": TEXT, "class": TEXT, "into": object})

    def verify(self) -> Verification:
        """Recompute every hash in the store, and compare the caches with the log."""
        with self._engine.reading():
            try:
                problem = next(iter(self._engine.problems()), None)
                commits, events = self._engine.counts()
            except (ValueError, LookupError, TypeError, ArithmeticError, OSError, StoreError) as error:
                return Verification(False, 0, 0, f"a row cannot be read: {error}")
        if problem is None:
            return Verification(True, commits, events)
        return Verification(False, commits, events, problem.text, problem.commit)

    def _history(self, limit: int | None = None) -> list[Commit]:
        """Return the commits of the branch, newest first, without events."""
        with self._engine.lock:
            state = self._live.state()
            return self._engine.commits(state.commit, limit=limit) if state else []

    def _commit(self, commit_id: str) -> Commit:
        commit = self._engine.commit(commit_id)
        if commit is None:
            raise StoreError(f"{self.path}: the commit {commit_id} is missing.", "Run verify(), and go back to a copy.")
        return commit

    def _lookup(self, item: str, event_id: str | None) -> Logged | None:
        return None if event_id is None else self._engine.event(item, event_id)
