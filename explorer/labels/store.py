"""The store that everybody else holds: it binds a dataset, takes labels, and takes them back."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from explorer.errors import DataError, UnknownName
from explorer.labels.binding import Difference, class_name, compare, extend
from explorer.labels.canonical import check_text
from explorer.labels.cells import Version
from explorer.labels.editing import first_commit, operation_ids, plan
from explorer.labels.engine import CommitDraft, Engine, EventDraft
from explorer.labels.model import KINDS, BindReport, Commit, Edit, Rater, StoreError
from explorer.labels.raters import check_rater
from explorer.labels.reader import Reader
from explorer.labels.snapshot import Snapshot, from_frame
from explorer.labels.undoing import invert, superseded

Clock = Callable[[], dt.datetime]


class Store(Reader):
    """The label store of one dataset; made by `explorer.labels.open`. Safe from any thread; see `Reader` too."""

    def __init__(self, engine: Engine, rater: Rater, clock: Clock) -> None:
        super().__init__(engine)
        self._rater = rater
        self._clock = clock

    def __repr__(self) -> str:
        version = self._live.version()
        bound = f"{len(version.snapshot):,} items, {len(version.heads):,} with events" if version else "nothing bound"
        return f"Store({self.path!r}, {bound}, rater={self.rater!r})"

    @property
    def rater(self) -> str:
        """Name of whoever gives labels through this object."""
        return self._rater.name

    @rater.setter
    def rater(self, name: str) -> None:
        self._rater = check_rater(name, self._rater.kind)

    # Binding

    def bind(
        self, frame: pd.DataFrame, classes: Sequence[str], keyed: bool = False, *, allow_changed: bool = False
    ) -> BindReport:
        """Say which items the labels are for; to be called whenever the dataset is opened.

        Parameters
        ----------
        frame
            One row per item: item_id, content_hash, given_label (class name; missing is unlabelled).
        classes
            Classes of the dataset; the store keeps those that it has and adds those that it lacks.
        keyed
            The item ids come from a key column; otherwise from the content.
        allow_changed
            Bind keyed items although the content of all of them is another one. What was decided on them is then
            stale.

        Returns
        -------
        BindReport
            Binding what is bound already writes nothing.

        Raises
        ------
        StoreError
            The store belongs to another dataset: no item in common, or keyed items of which none has the content it
            had (see `allow_changed`).
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
                    commit, difference = self._bind(new, names, allow_changed)
            else:
                difference = compare(version.snapshot, new, self.path, allow_changed)
            now = self._live.cells()
            return BindReport(
                **vars(difference),
                stale=[item for item, cell in now.items() if cell.state == "stale"],
                conflict=[item for item, cell in now.items() if cell.state == "conflict"],
                commit=commit,
            )

    def _bind(self, new: Snapshot, names: list[str], allow_changed: bool) -> tuple[Commit | None, Difference]:
        """Write what is new about a snapshot and its classes; now nobody else can."""
        version = self._live.version()
        if version is None:
            schema, difference, kind = extend(None, names), Difference([], [], [], [], []), "import"
        else:
            schema = extend(version.schema, names)
            difference = compare(version.snapshot, new, self.path, allow_changed)
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

        Called again it steps further back; it never undoes an undo. One commit of a named rater is the newest that
        still stands: those of which nothing is left, since others decided on all their items later, are passed over.
        Returns `None` if there is nothing to take back.

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
            if rater is not None and n == 1:
                while commits and superseded(version, commits[0], rater, self._engine.event):
                    commits = self._engine.undoable(self.branch, rater, n, before=commits[0].position)
            if not commits:
                return None
            drafts = invert(version, commits, stem, self._rater, self._engine.event)
            message = "undo " + ", ".join(c.id[:12] for c in commits)
            return self._events("revert", version, drafts, message, self._rater)

    def _events(self, kind: str, version: Version, drafts: list[EventDraft], message: str, rater: Rater) -> Commit:
        draft = CommitDraft(kind, rater, self._now(), message, version.snapshot, version.schema, tuple(drafts))
        return self._live.append(draft)

    def _now(self) -> dt.datetime:
        return self._clock().astimezone(dt.UTC)

    def tag(self, name: str, when: str | dt.datetime = "head") -> None:
        """Name a version. A tag that exists moves, and the reflog keeps where it was."""
        if not check_text(name, "tag").strip() or name in ("head", "base", self.branch):
            raise DataError(f"{name!r} cannot be the name of a tag.", "Choose another name.")
        with self._engine.exclusive():
            commit = self._live.at(when).commit
            if not commit:
                raise DataError("The given labels are no version that can be tagged.", "Tag a commit or a time.")
            self._engine.move_ref(name, "tag", commit, self._rater, self._now(), "tag")

    def rebuild_heads(self) -> None:
        """Make the cache of newest labels anew from the log."""
        self._engine.rebuild_heads()
        self._live.forget()
