"""The store that everybody else holds: labels of one dataset, as they are and as they were."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import pandas as pd

from explorer.errors import DataError, UnknownName
from explorer.labels import history
from explorer.labels.binding import Difference, class_name, compare, extend
from explorer.labels.canonical import check_text
from explorer.labels.cells import Version, frame_of, labels_of
from explorer.labels.editing import first_commit, known_cell, operation_ids, plan
from explorer.labels.engine import CommitDraft, Engine, EventDraft
from explorer.labels.live import Live
from explorer.labels.model import KINDS, BindReport, Cell, Commit, Edit, Rater, StoreError, Verification
from explorer.labels.raters import check_rater
from explorer.labels.snapshot import Snapshot, from_frame
from explorer.labels.undoing import invert

Clock = Callable[[], dt.datetime]


class Store:
    """The label store of one dataset; made by `explorer.labels.open`. Safe from any thread.

    Attributes
    ----------
    path
        The store file, as text.
    branch
        Name of the branch that is read and written.
    """

    def __init__(self, engine: Engine, rater: Rater, clock: Clock) -> None:
        self._engine = engine
        self._rater = rater
        self._clock = clock
        self.path = engine.path
        self.branch = "main"
        self._live = Live(engine, self.branch)

    # What the store is

    @property
    def rater(self) -> str:
        """Name of whoever gives labels through this object."""
        return self._rater.name

    @rater.setter
    def rater(self, name: str) -> None:
        self._rater = check_rater(name, self._rater.kind)

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

    def __repr__(self) -> str:
        version = self._live.version()
        bound = f"{len(version.snapshot):,} items, {len(version.heads):,} with events" if version else "nothing bound"
        return f"Store({self.path!r}, {bound}, rater={self.rater!r})"

    # Binding

    def bind(self, frame: pd.DataFrame, classes: Sequence[str], keyed: bool = False) -> BindReport:
        """Say which items the labels are for; to be called whenever the dataset is opened.

        Parameters
        ----------
        frame
            One row per item: item_id, content_hash, given_label (class name; missing is unlabelled).
        classes
            Classes of the dataset; the store keeps those that it has and adds those that it lacks.
        keyed
            The item ids come from a key column; otherwise from the content.

        Returns
        -------
        BindReport
            Binding what is bound already writes nothing.

        Raises
        ------
        StoreError
            The store belongs to another dataset: no item in common.
        DataError, UnknownName
            The frame is no snapshot: see `explorer.labels.snapshot.from_frame`.
        """
        names = [class_name(c) for c in classes]
        commit = None
        with self._engine.lock:
            version = self._live.version()
            known = [c.name for c in version.schema.classes] if version else []
            new = from_frame(frame, [*names, *known], keyed)
            if version is None or version.snapshot.id != new.id or not frozenset(names) <= frozenset(known):
                with self._engine.exclusive():
                    commit, difference = self._bind(new, names)
            else:
                difference = compare(version.snapshot, new, self.path)
            now = self._live.cells()
            return BindReport(
                **vars(difference),
                stale=[item for item, cell in now.items() if cell.state == "stale"],
                conflict=[item for item, cell in now.items() if cell.state == "conflict"],
                commit=commit,
            )

    def _bind(self, new: Snapshot, names: list[str]) -> tuple[Commit | None, Difference]:
        """Write what is new about a snapshot and its classes; now nobody else can."""
        version = self._live.version()
        if version is None:
            schema, difference, kind = extend(None, names), Difference([], [], [], [], []), "import"
        else:
            schema, difference = extend(version.schema, names), compare(version.snapshot, new, self.path)
            kind = "schema" if version.snapshot.id == new.id else "import"
            if kind == "schema":
                new = version.snapshot
                if schema.id == version.schema.id:  # another process has just bound the same
                    return None, difference
        message = f"bind {len(new):,} items, {len(schema.classes)} classes"
        return self._live.append(CommitDraft(kind, self._rater, self._now(), message, new, schema)), difference

    def add_class(self, name: str) -> Commit:
        """Add a class on purpose; for one that exists already, return the commit that brought it."""
        with self._engine.exclusive():
            version = self._live.bound()
            schema = extend(version.schema, [name])
            if schema.id != version.schema.id:
                return self._live.append(
                    CommitDraft("schema", self._rater, self._now(), f"add class {name}", version.snapshot, schema)
                )
        for commit in self._engine.commits(self.branch):
            if any(c.name == name for c in self._engine.schema(commit.schema).classes):
                return commit
        raise StoreError(f"{self.path} has the class {name!r}, but no commit that brought it.", "Run verify().")

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

    # Changing labels

    def apply(
        self,
        edits: Sequence[Edit],
        *,
        kind: str = "edit",
        message: str = "",
        rater: str | None = None,
        op_id: str | None = None,
    ) -> Commit:
        """Write edits as one durable commit, all or nothing.

        Parameters
        ----------
        edits
            In order; a later edit of the same item sees the earlier one.
        kind
            One of `KINDS`.
        rater
            Whoever decided, where it is not this store's rater.
        op_id
            Client-made id of the whole call; edits without one of their own get it with their place behind a colon.
            A call whose ids are known writes nothing and returns the first commit.

        Raises
        ------
        Conflict
            A cell is not as `Edit.expected` says.
        UnknownName, DataError, StoreError
            An item, class or op that does not exist; a value that cannot be stored; a file that cannot be written.
        """
        edits = list(edits)
        if not edits:
            raise DataError("There is nothing to apply: no edits.", "Pass at least one Edit.")
        if kind not in KINDS:
            raise UnknownName("kind of commit", kind, KINDS)
        op_ids = operation_ids(edits, op_id)
        who = self._rater if rater is None else check_rater(rater, self._rater.kind)
        with self._engine.exclusive():
            version = self._live.bound()
            first = first_commit(op_ids, self._engine.commit_of(op_ids))
            if first is not None:
                return self._commit(first)
            drafts = plan(version, edits, op_ids, who)
            return self._events(kind, version, drafts, check_text(message, "message"), who)

    def set(
        self,
        item: str,
        value: str | None,
        expected: str | None = None,
        why: str = "",
        reason: str = "",
        evidence: Mapping[str, Any] | None = None,
        op_id: str | None = None,
    ) -> Commit:
        """Give an item a label; `None` makes it unlabelled."""
        return self.apply([Edit(item, "set", value, expected, why, reason, evidence, op_id)])

    def keep(
        self,
        item: str,
        expected: str | None = None,
        why: str = "",
        reason: str = "",
        evidence: Mapping[str, Any] | None = None,
        op_id: str | None = None,
    ) -> Commit:
        """Confirm the label that an item has."""
        return self.apply([Edit(item, "keep", None, expected, why, reason, evidence, op_id)], kind="keep")

    def flag(
        self,
        item: str,
        expected: str | None = None,
        why: str = "",
        reason: str = "",
        evidence: Mapping[str, Any] | None = None,
        op_id: str | None = None,
    ) -> Commit:
        """Mark an item with a reason; its label stays."""
        return self.apply([Edit(item, "flag", None, expected, why, reason, evidence, op_id)])

    def clear(
        self,
        item: str,
        expected: str | None = None,
        why: str = "",
        reason: str = "",
        evidence: Mapping[str, Any] | None = None,
        op_id: str | None = None,
    ) -> Commit:
        """Go back to the given label, whatever it is or becomes."""
        return self.apply([Edit(item, "clear", None, expected, why, reason, evidence, op_id)])

    def undo(self, n: int = 1, rater: str | None = None, op_id: str | None = None) -> Commit | None:
        """Take back the newest n commits that are not undone yet (of one rater, if named), as one commit.

        Called again it steps further back; it never undoes an undo. Returns `None` if there is nothing to take back.

        Raises
        ------
        Conflict
            Somebody has decided otherwise on one of the items since.
        """
        if n < 1:
            raise DataError(f"n is {n}.", "Undo one commit or more.")
        stem = uuid.uuid4().hex if op_id is None else check_text(op_id, "op_id")
        with self._engine.exclusive():
            version = self._live.bound()
            known = self._engine.commit_of([f"{stem}:0"])
            if known:
                return self._commit(known[f"{stem}:0"])
            commits = self._engine.undoable(self.branch, rater, n)
            if not commits:
                return None
            drafts = invert(version, commits, stem, self._rater, self._engine.event)
            message = "undo " + ", ".join(c.id[:12] for c in commits)
            return self._events("revert", version, drafts, message, self._rater)

    def _events(self, kind: str, version: Version, drafts: list[EventDraft], message: str, rater: Rater) -> Commit:
        draft = CommitDraft(kind, rater, self._now(), message, version.snapshot, version.schema, tuple(drafts))
        return self._live.append(draft)

    def _commit(self, commit_id: str) -> Commit:
        commit = self._engine.commit(commit_id)
        if commit is None:
            raise StoreError(f"{self.path}: the commit {commit_id} is missing.", "Run verify(), and go back to a copy.")
        return commit

    def _now(self) -> dt.datetime:
        return self._clock().astimezone(dt.UTC)

    # Labels as they were

    @property
    def id(self) -> str:
        """What tells this store from any other, whatever its file is called."""
        return self._engine.store_id()

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

    def tag(self, name: str, when: str | dt.datetime = "head") -> None:
        """Name a version. A tag that exists moves, and the reflog keeps where it was."""
        if not check_text(name, "tag").strip() or name in ("head", "base", self.branch):
            raise DataError(f"{name!r} cannot be the name of a tag.", "Choose another name.")
        with self._engine.exclusive():
            commit = self._live.at(when).commit
            self._engine.move_ref(name, "tag", commit, self._rater, self._now(), "tag")

    def verify(self) -> Verification:
        """Recompute every hash in the file, and compare the caches with the log."""
        with self._engine.reading():
            try:
                problem = next(iter(self._engine.problems()), None)
                counts = [len(c.events) for c in map(self._commit, (c.id for c in self._engine.commits()))]
            except (ValueError, LookupError, TypeError, OSError, StoreError) as error:
                return Verification(False, 0, 0, f"a row cannot be read: {error}")
        return Verification(problem is None, len(counts), sum(counts), problem)

    def rebuild_heads(self) -> None:
        """Make the cache of newest labels anew from the log."""
        self._engine.rebuild_heads()
        self._live.forget()

    def close(self) -> None:
        """Close the file; every acknowledged commit is in it already."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
