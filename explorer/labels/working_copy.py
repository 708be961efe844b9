"""A branch of an open store in somebody's hands: the backend, the newest version, who gives labels, and who listens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from explorer.labels.head import Head
from explorer.labels.model.drafts import CommitDraft, EventDraft
from explorer.labels.model.types import Commit, LabelSchema, Rater, StoreError
from explorer.labels.model.vote_block import Vote, VoteBlock, VoteColumns, VoteDraft
from explorer.labels.storage.backend import Backend

Clock = Callable[[], dt.datetime]
"""Returns the time that commits get, with its time zone."""


class WorkingCopy:
    """What reading and changing a store have in common. Safe from any thread.

    Parameters
    ----------
    backend
        The database.
    rater
        Whoever gives labels; on a server it has to be the login.
    clock
        Returns the time that commits get.
    branch
        Branch to read and write, which has to be there.

    Raises
    ------
    StoreError
        The rater is not the login.

    Attributes
    ----------
    backend
        The database. Hold its `lock` while using what `head` returns.
    head
        The newest version of the branch, in memory.
    """

    def __init__(self, backend: Backend, rater: Rater, clock: Clock, branch: str = "main") -> None:
        self.backend = backend
        self.head = Head(backend, branch)
        self.rater = rater
        self._clock = clock
        self._listeners: list[Callable[[], None]] = []
        self._written = False  # since `exclusive` was entered; guarded by the backend's lock

    @property
    def rater(self) -> Rater:
        """Whoever gives labels; `StoreError` if it is set to another one than the login of a server."""
        return self._rater

    @rater.setter
    def rater(self, rater: Rater) -> None:
        login = self.backend.login
        if login is not None and rater.name != login:
            raise StoreError(
                f"{self.backend.path}: the login is {login!r}, so labels cannot be given as {rater.name!r}.",
                "Log in to the server under that name, or leave the rater out.",
            )
        self._rater = rater

    @property
    def branch(self) -> str:
        """Name of the branch that is read and written."""
        return self.head.branch

    def now(self) -> dt.datetime:
        """Return the time by the clock, in UTC."""
        return self._clock().astimezone(dt.UTC)

    # Listeners

    def listen(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back after each change that was made through this object; returns what ends it."""
        self._listeners.append(callback)

        def unlisten() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return unlisten

    def tell(self) -> None:
        """Call the listeners back; never under the backend's lock, since they may wait for others who look."""
        for callback in tuple(self._listeners):
            callback()

    # Writing

    @contextmanager
    def exclusive(self, branch: str | None = None) -> Iterator[None]:
        """Let nobody else write to the branch until the block ends; then tell the listeners if anything was written.

        Parameters
        ----------
        branch
            Another one than the current one.
        """
        with self.backend.exclusive(branch or self.branch):
            self._written = False
            yield
            written = self._written
        if written:
            self.tell()

    def commit(self, draft: CommitDraft) -> Commit:
        """Write a commit at the tip of the branch; inside `exclusive()`.

        Raises
        ------
        StoreError
            An operation id of it stands for something else already.
        """
        op_ids = [e.op_id for e in draft.events if e.op_id is not None]
        used = self.backend.commit_of(op_ids) if op_ids else {}
        if used:
            raise StoreError(
                f"The op_id {next(iter(used))!r} was used before, for something else; nothing was written.",
                "Give every call an op_id of its own.",
            )
        made = self.head.append(draft)
        self._written = True
        return made

    def move_ref(self, name: str, kind: str, commit_id: str | None, why: str) -> None:
        """Make a branch or tag, point it elsewhere, or delete it (`None`); inside `exclusive()`."""
        self.backend.move_ref(name, kind, commit_id, self.rater, self.now(), why)
        self._written = True

    def add_votes(self, draft: VoteDraft, columns: VoteColumns, snapshot: str) -> VoteBlock:
        """Write the next block of votes of a rater, brought by this one; inside `exclusive("main")`."""
        made = self.backend.add_votes(draft, columns, snapshot, self.rater, self.now())
        self._written = True
        return made

    def change_votes(self, draft: VoteDraft, last: VoteBlock, changes: Mapping[int, Vote]) -> VoteBlock:
        """Write what a rater says anew over its newest block; inside `exclusive("main")`."""
        made = self.backend.change_votes(draft, last, changes, self.rater, self.now())
        self._written = True
        return made

    def draft(
        self, kind: str, message: str, events: Sequence[EventDraft] = (), schema: LabelSchema | None = None
    ) -> CommitDraft:
        """Return a commit by this rater, at this time, that stands on the snapshot and schema that hold."""
        now = self.head.now()
        return CommitDraft(kind, self.rater, self.now(), message, now.snapshot, schema or now.schema, tuple(events))

    # Commits that are there

    def known(self, op_id: str | None) -> Commit | None:
        """Return the commit that a call with an operation id was written in before."""
        found = {} if op_id is None else self.backend.commit_of([f"{op_id}:0"])
        return self.whole(next(iter(found.values()))) if found else None

    def whole(self, commit_id: str) -> Commit:
        """Return a commit with its events; `StoreError` if it is missing."""
        commit = self.backend.commit(commit_id)
        if commit is None:
            raise StoreError(
                f"{self.backend.path}: the commit {commit_id} is missing.", "Run verify(), and go back to a copy."
            )
        return commit


class Opened(Protocol):
    """Whoever holds a working copy: a `Store`."""

    @property
    def working_copy(self) -> WorkingCopy:
        """The working copy."""
