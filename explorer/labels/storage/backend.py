"""What the label store asks of a database. SQLite is one engine, PostgreSQL another, behind the same calls.

The engine knows rows, transactions and hashes. What an edit means (checks against what the writer saw, undo, merges,
binding, versions) is decided above it, inside `exclusive()`, where nobody else can write to the branch.

Ids are hex text, and events name their item, through which they are found. Values are in stored form: a class id as
text, typed JSON as a dict, `None` where there is no label.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterator, Sequence
from contextlib import AbstractContextManager
from threading import RLock
from typing import Protocol

from explorer.labels.model.drafts import CommitDraft
from explorer.labels.model.refs import Move, Problem, Ref, Resolution
from explorer.labels.model.snapshot import Snapshot
from explorer.labels.model.types import Commit, LabelSchema, Logged, Rater, Value

Change = tuple[str, Value, Value, str, dt.datetime, str, str]
"""Item, old and new value, name of the rater, time, why, commit id."""


class Engine(Protocol):
    """Rows in, rows out. All calls are safe from any thread; those that write go inside `exclusive()`.

    `at`, `after` and `before` are commits as the engine returned them; `after` and `before` lie on the first-parent
    history of `at`.
    """

    path: str  # for people: a file, or a URL without its password
    read_only: bool
    lock: RLock  # re-entrant: one thread at a time, also for what the store keeps in memory
    login: str | None  # the name that the server knows us by; None: anybody may say who they are
    server: bool
    network: str | None  # the network file system that the file lies on

    def exclusive(self, branch: str = "main") -> AbstractContextManager[None]:
        """Be the only writer of a branch until the block ends; then all is durable, or, if it raised, unwritten."""

    def reading(self) -> AbstractContextManager[None]:
        """See one consistent state of the store until the block ends."""

    def data_version(self, branch: str) -> Hashable:
        """Return something that is another when somebody else has written to a branch."""

    def tip(self, branch: str) -> Commit | None:
        """Return the newest commit of a branch, without its events; `None` if there is no such branch or commit."""

    def append(self, branch: str, draft: CommitDraft, expected: str | None) -> Commit | None:
        """Add a commit to a branch whose newest commit is `expected`; return `None`, unwritten, if it is another."""

    def commit(self, commit_id: str) -> Commit | None:
        """Return a commit with its events."""

    def commits(
        self, at: Commit | None = None, *, limit: int | None = None, before: Commit | None = None
    ) -> list[Commit]:
        """Return the first-parent history of a commit newest first, without events; all commits if none is given."""

    def commit_at(self, at: Commit, time: dt.datetime) -> Commit | None:
        """Return the newest commit of a history that is not later than a time, without its events."""

    def commits_like(self, prefix: str) -> list[Commit]:
        """Return the commits whose id begins with a prefix, without their events."""

    def commit_of(self, op_ids: Sequence[str]) -> dict[str, str]:
        """Return the commit id of each operation id that is known already."""

    def events(self, at: Commit, after: Commit | None) -> list[Logged]:
        """Return the events of a history that come after a commit of it, oldest first."""

    def heads(self, branch: str) -> list[Logged]:
        """Return the newest event of each item, field and rater, oldest first, so that the last one is in force."""

    def heads_at(self, at: Commit) -> list[Logged]:
        """Return what `heads` returned when a commit was the newest."""

    def changes(self, at: Commit, after: Commit | None, field: str) -> list[Change]:
        """Return the events of one field as `events` does, but only what a diff needs."""

    def event(self, item: str, event_id: str) -> Logged | None:
        """Return one event of an item."""

    def item_events(self, at: Commit, item: str, field: str) -> list[Logged]:
        """Return the events of one cell in a history, newest first."""

    def log_rows(
        self,
        at: Commit,
        limit: int | None,
        item: str | None = None,
        rater: str | None = None,
        reason: str | None = None,
        before: Commit | None = None,
    ) -> list[Logged]:
        """Return the events of a history newest first: of one item, one rater (by name), one reason, or all."""

    def undoable(self, at: Commit, rater: str | None, n: int, before: Commit | None = None) -> list[Commit]:
        """Return the newest n commits of a history with events that are no undo and not undone, newest first."""

    def merge_base(self, a: Commit, b: Commit) -> Commit | None:
        """Return the best common ancestor of two commits, without its events."""

    def is_ancestor(self, a: Commit, b: Commit) -> bool:
        """Tell whether commit a is b or can be reached from it."""

    def steady(self, at: Commit, after: Commit) -> bool:
        """Tell whether only labels changed between two commits of one history, decided on the items as they are.

        Then what `changes` says is all that differs: same snapshot, same schema, and no decision that was restored or
        merged from other content.
        """

    def ahead(self, a: Commit, b: Commit) -> int:
        """Count the commits in the first-parent history of commit a that cannot be reached from commit b."""

    def store_id(self) -> str:
        """Return what tells this store from any other, whatever its file is called."""

    def count_events(self, at: Commit) -> int:
        """Count the events of a history."""

    def counts(self) -> tuple[int, int]:
        """Count all commits and all events of the store, readable or not."""

    def raters(self) -> list[tuple[Rater, int, dt.datetime | None, dt.datetime | None]]:
        """Return each rater with the number of events, and the times of the first and the last of them."""

    def snapshot(self, snapshot_id: str) -> Snapshot | None:
        """Return a snapshot."""

    def schema(self, schema_id: str) -> LabelSchema:
        """Return a label schema."""

    def refs(self) -> dict[str, Ref]:
        """Return the branches and tags by name."""

    def reflog(self, name: str | None = None) -> list[Move]:
        """Return the moves of one ref or of all, newest first."""

    def move_ref(self, name: str, kind: str, commit_id: str | None, rater: Rater, time: dt.datetime, why: str) -> None:
        """Make a branch or tag, point it elsewhere, or delete it (`None`), and note that in the reflog."""

    def resolutions(self, into: str, source: str) -> list[Resolution]:
        """Return what was settled so far of a merge that is not committed yet."""

    def keep_resolution(self, resolution: Resolution) -> None:
        """Keep a resolution in place of an earlier one of the same cell."""

    def drop_resolutions(self, into: str, source: str, item: str | None = None, field: str | None = None) -> None:
        """Forget the resolutions of a merge, or those of one item or cell of it."""

    def rebuild_heads(self) -> None:
        """Make the cache of newest events anew from the log."""

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the store: damage, broken references, hashes or caches that do not match."""

    def close(self) -> None:
        """Close the file or the connection."""
