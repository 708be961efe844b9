"""What every change of a store has in common: who makes it and when, that nobody else writes, and who is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from explorer.labels.head import Live
from explorer.labels.history.reader import Reader
from explorer.labels.model.drafts import CommitDraft, EventDraft
from explorer.labels.model.raters import check_rater
from explorer.labels.model.types import Commit, LabelSchema, Rater, StoreError
from explorer.labels.storage.backend import Engine

Clock = Callable[[], dt.datetime]


class Work:
    """One stretch in which nobody else writes to the branch."""

    def __init__(self, live: Live, engine: Engine) -> None:
        self._live = live
        self._engine = engine
        self.done = False

    def append(self, draft: CommitDraft) -> Commit:
        """Write a commit at the tip of the branch; `StoreError` if an op_id of it stands for something else already."""
        op_ids = [e.op_id for e in draft.events if e.op_id is not None]
        used = self._engine.commit_of(op_ids) if op_ids else {}
        if used:
            raise StoreError(
                f"The op_id {next(iter(used))!r} was used before, for something else; nothing was written.",
                "Give every call an op_id of its own.",
            )
        commit = self._live.append(draft)
        self.done = True
        return commit


class Changer(Reader):
    """A reader that can write, and says who does."""

    def __init__(self, engine: Engine, rater: Rater, clock: Clock, branch: str = "main") -> None:
        super().__init__(engine, branch)
        self._rater = rater
        self._clock = clock

    @property
    def rater(self) -> str:
        """Name of whoever gives labels through this object. On a server it is the login, and cannot be another."""
        return self._rater.name

    @rater.setter
    def rater(self, name: str) -> None:
        self._rater = check_login(check_rater(name, self._rater.kind), self._engine)

    def _now(self) -> dt.datetime:
        return self._clock().astimezone(dt.UTC)

    @contextmanager
    def _changing(self, branch: str | None = None) -> Iterator[Work]:
        """Let nobody else write to the branch until the block ends, and then tell the listeners what was written.

        Parameters
        ----------
        branch
            Another one than the current one.
        """
        work = Work(self._live, self._engine)
        with self._engine.exclusive(branch or self.current_branch):
            yield work
        if work.done:
            self._tell()

    def _known(self, op_id: str | None) -> Commit | None:
        """Return the commit that a call with an operation id was written in before."""
        known = {} if op_id is None else self._engine.commit_of([f"{op_id}:0"])
        return self._commit(next(iter(known.values()))) if known else None

    def _draft(
        self, kind: str, message: str, events: list[EventDraft] | None = None, schema: LabelSchema | None = None
    ) -> CommitDraft:
        """Return a commit by this store's rater that stands on the snapshot and schema that hold."""
        state = self._live.now()
        return CommitDraft(
            kind, self._rater, self._now(), message, state.snapshot, schema or state.schema, tuple(events or ())
        )


def check_login(rater: Rater, engine: Engine) -> Rater:
    """Return the rater; `StoreError` if the server knows us by another name."""
    if engine.login is not None and rater.name != engine.login:
        raise StoreError(
            f"{engine.path}: the login is {engine.login!r}, so labels cannot be given as {rater.name!r}.",
            "Log in to the server under that name, or leave the rater out.",
        )
    return rater
