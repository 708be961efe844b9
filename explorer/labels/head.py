"""The newest version of a branch, kept in memory and in step with the store, whoever writes to it."""

from __future__ import annotations

import datetime as dt
import re
from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace

from explorer.errors import DataError, UnknownName
from explorer.labels.model.cells import Cell
from explorer.labels.model.drafts import CommitDraft
from explorer.labels.model.schema import names_of
from explorer.labels.model.snapshot import Snapshot
from explorer.labels.model.times import end_of_day, named_time
from explorer.labels.model.types import FIELD, Commit, LabelSchema, Logged, StoreError
from explorer.labels.model.version import Version
from explorer.labels.storage.backend import Backend

When = str | dt.datetime | dt.date
"""Names a version: "head", "base", a commit id or a prefix of one, a tag, a branch, or a time."""
SCHEMAS = ("then", "latest")
"""Whose names a look at an older version shows: those of its own schema, or of the newest one."""
_PAST = 6
"""How many older versions stay in memory."""


@dataclass
class Contents:
    """Everything that holds at a commit: snapshot, schema, and the newest event of each cell, by field and item."""

    commit: Commit
    snapshot: Snapshot
    schema: LabelSchema
    heads: dict[str, dict[str, Logged]]
    known: dict[str, dict[str, Cell]] = field(default_factory=dict)
    versions: dict[tuple[str, str], Version] = field(default_factory=dict)


class Head:
    """Follows one branch. Hold `backend.lock` while using what it returns: it changes in place.

    Looking costs one question to the database while nobody has written; after that only the new events are read.
    """

    def __init__(self, backend: Backend, branch: str) -> None:
        self._backend = backend
        self.branch = branch
        self.forget()

    def forget(self) -> None:
        """Read everything anew at the next look."""
        self._now: Contents | None = None
        self._seen: Hashable = None
        self._past: OrderedDict[str, Contents] = OrderedDict()

    def switch(self, branch: str) -> None:
        """Follow another branch."""
        with self._backend.lock:
            self.branch = branch
            self.forget()

    def newest(self) -> Contents | None:
        """Return what holds at the tip of the branch, `None` before the first commit."""
        with self._backend.lock:
            seen = self._backend.data_version(self.branch)
            if self._seen is None or seen != self._seen:
                with self._backend.reading():
                    self._catch_up()
                self._seen = seen
            return self._now

    def version(self, field: str = FIELD) -> Version | None:
        """Return the version at the tip of the branch, `None` before the first commit."""
        state = self.newest()
        return None if state is None else self.read(state, field)

    def now(self) -> Contents:
        """Return what holds at the tip of the branch; `StoreError` before the first commit."""
        state = self.newest()
        if state is None:
            if self.branch != "main" and self._backend.tip("main") is not None:
                raise StoreError(
                    f"{self._backend.path} has no branch {self.branch!r} any more; nothing was written.",
                    "Go to another one with switch(), such as switch('main').",
                )
            raise StoreError(f"The label store {self._backend.path} has no items yet.", "Call bind() first.")
        return state

    def bound(self, field: str = FIELD) -> Version:
        """Return the version at the tip of the branch; `StoreError` before the first commit."""
        return self.read(self.now(), field)

    def tip(self) -> Commit:
        """Return the newest commit of the branch, without events; `StoreError` before the first."""
        return self.now().commit

    def cells(self, field: str = FIELD) -> dict[str, Cell]:
        """Return the cells that have events, at the tip of the branch."""
        version = self.version(field)
        return version.cells() if version else {}

    def at(self, when: When, field: str = FIELD, schema: str = "then") -> Version:
        """Return a version by name or time; see `Reader.as_of`."""
        if schema not in SCHEMAS:
            raise UnknownName("schema", schema, SCHEMAS)
        now = self.now()
        if isinstance(when, str) and when == "base":
            named = now.schema if schema == "latest" else self._backend.bound_with(now.commit)
            return replace(self.read(now, field, named), commit="", position=-1, heads={}, known={})
        state = now if isinstance(when, str) and when in ("head", self.branch) else self.state_at(self.find(when))
        return self.read(state, field, now.schema if schema == "latest" else state.schema)

    def state_at(self, commit: Commit) -> Contents:
        """Return what holds at a commit."""
        now = self._now
        if now is not None and commit.id == now.commit.id:
            return now
        found = self._past.pop(commit.id, None)
        if found is None:
            with self._backend.reading():
                snapshot, schema = self._basis(commit)
                found = Contents(commit, snapshot, schema, {})
                _fill(found.heads, self._backend.heads_at(commit))
        self._past[commit.id] = found
        while len(self._past) > _PAST:
            self._past.popitem(last=False)
        return found

    def find(self, when: When) -> Commit:
        """Find the commit that `when` names, which may lie on another branch.

        A time stands for the newest commit of this branch that is not later; without a time zone it is local time.

        Raises
        ------
        UnknownName, DataError
            No such commit, tag or branch, an ambiguous prefix, what begins like a time and is none, or a time before
            the first commit.
        """
        if isinstance(when, dt.date):
            return self._find_time(when if isinstance(when, dt.datetime) else end_of_day(when))
        if when in ("head", self.branch):
            return self.tip()
        refs = self._backend.refs()
        target = refs[when].commit_id if when in refs else when
        found = self._backend.commits_like(target) if len(target) >= 4 else []
        if len(found) == 1:
            return found[0]
        if found:
            raise DataError(f"{len(found)} commits begin with {when!r}.", "Give more of the id.")
        if (moment := named_time(when)) is not None:
            return self._find_time(moment)
        if re.match(r"\d{4}-\d\d-\d\d", when):
            raise DataError(
                f"{when!r} is no time.", "Write 2026-01-31 (the end of that day) or 2026-01-31T18:00+00:00."
            )
        if when == "base":
            raise DataError(
                "'base' is the labels as they were given, and no commit.", "Name a commit, tag, branch or time."
            )
        raise UnknownName("commit, tag, branch or time", when, ["head", *refs])

    def append(self, draft: CommitDraft) -> Commit:
        """Write a commit at the tip; to be called inside `backend.exclusive()`, after looking at the version there."""
        before = self._now
        self._seen = None  # which our own writes do not change: look again once they are in the store
        commit = self._backend.append(self.branch, draft, before.commit.id if before else None)
        if commit is None:
            raise StoreError(
                f"{self._backend.path} changed while a commit was made; nothing was written.",
                "Try again.",
                transient=True,
            )
        return commit

    def _find_time(self, when: dt.datetime) -> Commit:
        to_datetime = getattr(when, "to_pydatetime", None)
        if to_datetime is not None:
            when = to_datetime(warn=False)  # a pandas time counts nanoseconds, the store microseconds
        moment = when.astimezone(dt.UTC)
        commit = self._backend.commit_at(self.tip(), moment)
        if commit is None:
            raise DataError(
                f"The store has nothing as of {moment:%Y-%m-%d %H:%M:%S} UTC: its first commit is later.",
                "Ask for a later time, or for 'base', the labels as they were given.",
            )
        return commit

    def _catch_up(self) -> None:
        tip = self._backend.tip(self.branch)
        known = self._now
        if tip is None:
            self._now = None
            return
        if known is not None and tip.id == known.commit.id:
            return
        snapshot, schema = self._basis(tip)
        state = Contents(tip, snapshot, schema, {})
        # Commits of one lane follow each other, so what is known is part of the history of what is new.
        if known is not None and tip.branch == known.commit.branch and tip.position > known.commit.position:
            new = self._backend.events(tip, known.commit)
            state.heads = known.heads
            _fill(state.heads, new)
            if tip.snapshot == known.snapshot.id and tip.schema == known.schema.id:
                state.known = known.known
                for logged in new:
                    state.known.get(logged.event.field, {}).pop(logged.event.item, None)
        else:
            _fill(state.heads, self._backend.heads(self.branch))
        self._now = state

    def _basis(self, commit: Commit) -> tuple[Snapshot, LabelSchema]:
        snapshot = self._backend.snapshot(commit.snapshot)
        if snapshot is None:
            raise StoreError(f"{self._backend.path}: the snapshot {commit.snapshot} is missing.", "Go back to a copy.")
        return snapshot, self._backend.schema(commit.schema)

    def read(self, state: Contents, field: str, schema: LabelSchema | None = None) -> Version:
        """Return the version of a field at a state, in the words of its own schema or of another one."""
        schema = schema or state.schema
        found = state.versions.get((field, schema.id))
        if found is None:
            own = schema.id == state.schema.id
            types = names_of(schema).types
            if field not in types and (self._now is None or field not in names_of(self._now.schema).types):
                names_of(schema).type_of(field)  # which says that there is no such field, now or then
            found = Version(
                commit=state.commit.id,
                position=state.commit.position,
                snapshot=state.snapshot,
                heads=state.heads.setdefault(field, {}),
                schema=schema,
                find=self._backend.snapshot,
                known=state.known.setdefault(field, {}) if own else {},
                field=field,
            )
            state.versions[field, schema.id] = found
        return found


def _fill(heads: dict[str, dict[str, Logged]], events: Iterable[Logged]) -> None:
    """Put events, oldest first, over the ones that each cell had."""
    for logged in events:
        heads.setdefault(logged.event.field, {})[logged.event.item] = logged
