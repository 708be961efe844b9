"""The newest version, kept in memory and in step with the file, whoever writes to it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from explorer.labels.cells import Version
from explorer.labels.engine import CommitDraft, Engine
from explorer.labels.history import find_commit
from explorer.labels.model import Cell, Commit, Logged, StoreError
from explorer.labels.snapshot import Snapshot


class Live:
    """Follows one branch. Hold `engine.lock` while using what it returns: it changes in place.

    Looking costs one pragma while nobody has written; after that only the new events are read.
    """

    def __init__(self, engine: Engine, branch: str) -> None:
        self._engine = engine
        self._branch = branch
        self.forget()

    def forget(self) -> None:
        """Read everything anew at the next look."""
        self._version: Version | None = None
        self._heads: dict[str, Logged] = {}
        self._data_version: int | None = None

    def version(self) -> Version | None:
        """Return the version at the tip of the branch, `None` before the first commit."""
        with self._engine.lock:
            data_version = self._engine.data_version()
            if data_version != self._data_version:
                with self._engine.reading():
                    self._catch_up()
                self._data_version = data_version
            return self._version

    def bound(self) -> Version:
        """Return the version at the tip of the branch; `StoreError` before the first commit."""
        version = self.version()
        if version is None:
            raise StoreError(f"The label store {self._engine.path} has no items yet.", "Call bind() first.")
        return version

    def cells(self) -> dict[str, Cell]:
        """Return the cells that have events, at the tip of the branch."""
        version = self.version()
        return version.cells() if version else {}

    def at(self, when: str | dt.datetime) -> Version:
        """Return a version by name or time; see `Store.as_of`."""
        bound = self.bound()
        if isinstance(when, str) and when in ("head", self._branch):
            return bound
        if isinstance(when, str) and when == "base":
            return replace(bound, commit="", position=-1, heads={}, known={})
        with self._engine.reading():
            commit = find_commit(self._engine, self._branch, when)
            if commit.id == bound.commit:
                return bound
            heads = self._engine.heads(self._branch, commit.position)
            return self._version_of(commit, heads)

    def append(self, draft: CommitDraft) -> Commit:
        """Write a commit at the tip; to be called inside `engine.exclusive()`, after looking at `version()` there."""
        before = self._version
        self._data_version = None  # which our own writes do not change: look again once they are in the file
        commit = self._engine.append(self._branch, draft, before.commit if before else None)
        if commit is None:
            raise StoreError(f"{self._engine.path} changed while a commit was made; nothing was written.", "Try again.")
        return commit

    def _catch_up(self) -> None:
        tip = self._engine.tip(self._branch)
        known = self._version
        if tip is None:
            self.forget()
        elif known is None or tip.position < known.position:
            self._heads = self._engine.heads(self._branch)
            self._version = self._version_of(tip, self._heads)
        elif tip.id != known.commit:
            new = self._engine.events(self._branch, known.position)
            self._heads.update((x.event.item, x) for x in new)
            self._version = self._version_of(tip, self._heads)
            if tip.snapshot == known.snapshot.id and tip.schema == known.schema.id:
                for logged in new:
                    known.known.pop(logged.event.item, None)
                self._version = replace(self._version, known=known.known)

    def _version_of(self, commit: Commit, heads: dict[str, Logged]) -> Version:
        snapshot: Snapshot | None = self._engine.snapshot(commit.snapshot)
        if snapshot is None:
            raise StoreError(f"{self._engine.path}: the snapshot {commit.snapshot} is missing.", "Go back to a copy.")
        schema = self._engine.schema(commit.schema)
        return Version(commit.id, commit.position, snapshot, heads, schema, self._engine.snapshot)
