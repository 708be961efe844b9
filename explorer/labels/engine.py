"""What the label store asks of a database. SQLite is the one engine so far; a server can follow behind the same calls.

The engine knows rows, transactions and hashes. What an edit means (checks against what the writer saw, undo, binding,
versions) is decided above it, inside `exclusive()`, where nobody else can write.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import RLock
from typing import Any, Protocol

from explorer.labels.model import Commit, Logged, Rater
from explorer.labels.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class LabelClass:
    """A class: its id never changes, its name may. The id is the name that it was first given."""

    id: str
    name: str
    retired: bool = False


@dataclass(frozen=True, slots=True)
class LabelSchema:
    """The classes that labels may have, in order."""

    id: str
    parent: str | None
    classes: tuple[LabelClass, ...]
    migrations: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event before it has its place in a commit: everything but id, order and the commit."""

    op_id: str
    item: str
    content_hash: str
    rater: Rater
    op: str
    previous: str | None
    old: str | None
    new: str | None
    reason: str = ""
    why: str = ""
    evidence: dict[str, Any] | None = None
    undoes: str | None = None
    restores: str | None = None


@dataclass(frozen=True, slots=True)
class CommitDraft:
    """A commit before it has its place on a branch. `snapshot` and `schema` are stored first where they are new."""

    kind: str
    rater: Rater
    time: dt.datetime
    message: str
    snapshot: Snapshot
    schema: LabelSchema
    events: tuple[EventDraft, ...] = ()
    merge_parent: str | None = None


class Engine(Protocol):
    """Rows in, rows out. All calls are safe from any thread; those that write go inside `exclusive()`."""

    path: str
    read_only: bool
    lock: RLock  # re-entrant: one thread at a time, also for what the store keeps in memory

    def exclusive(self) -> AbstractContextManager[None]:
        """Be the only writer until the block ends; then everything is durable, or nothing is written if it raised."""

    def reading(self) -> AbstractContextManager[None]:
        """See one consistent state of the file until the block ends."""

    def data_version(self) -> int:
        """Return a number that changes when somebody else has written."""

    def tip(self, branch: str) -> Commit | None:
        """Return the newest commit of a branch, without its events."""

    def append(self, branch: str, draft: CommitDraft, expected: str | None) -> Commit | None:
        """Add a commit to a branch whose newest commit is `expected`; return `None`, unwritten, if it is another."""

    def commit(self, commit_id: str) -> Commit | None:
        """Return a commit with its events."""

    def commits(self, branch: str | None = None) -> list[Commit]:
        """Return commits oldest first, without their events."""

    def commit_at(self, branch: str, time: dt.datetime) -> Commit | None:
        """Return the newest commit of a branch that is not later than a time, without its events."""

    def commits_like(self, branch: str, prefix: str) -> list[Commit]:
        """Return the commits of a branch whose id begins with a prefix, without their events."""

    def commit_of(self, op_ids: list[str]) -> dict[str, str]:
        """Return the commit id of each operation id that is known already."""

    def events(self, branch: str, after: int) -> list[Logged]:
        """Return the events of the commits after a position of a branch, oldest first."""

    def heads(self, branch: str, position: int | None = None) -> dict[str, Logged]:
        """Return the newest event of each item that has one, now or as of a position."""

    def event(self, event_id: str) -> Logged | None:
        """Return one event."""

    def undoable(self, branch: str, rater: str | None, n: int, before: int | None = None) -> list[Commit]:
        """Return the newest n commits (before a position) with events that are no undo and not undone, newest first."""

    def store_id(self) -> str:
        """Return what tells this store from any other, whatever its file is called."""

    def count_events(self, branch: str) -> int:
        """Count the events of a branch."""

    def log_rows(self, branch: str, limit: int | None, item: str | None = None) -> Iterator[Logged]:
        """Yield the events of a branch, or of one item of it, newest first."""

    def snapshot(self, snapshot_id: str) -> Snapshot | None:
        """Return a snapshot."""

    def schema(self, schema_id: str) -> LabelSchema:
        """Return a label schema."""

    def refs(self) -> dict[str, tuple[str, str]]:
        """Return kind ("branch" or "tag") and commit id of every ref."""

    def move_ref(self, name: str, kind: str, commit_id: str, rater: Rater, time: dt.datetime, why: str) -> None:
        """Point a branch or tag at a commit and note the move in the reflog."""

    def rebuild_heads(self) -> None:
        """Make the cache of newest events anew from the log."""

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with the file: damage, broken references, hashes or caches that do not match."""

    def close(self) -> None:
        """Close the file."""
