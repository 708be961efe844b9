"""A store in a database. SQLite and PostgreSQL differ in how they connect, lock and run a statement; the rest is here.

The backend knows rows, transactions and hashes. What an edit means (checks against what the writer saw, undo, merges,
binding, versions) is decided above it, inside `exclusive()`, where nobody else can write to the branch.

Ids are hex text, and events name their item, through which they are found. Values are in stored form: a class id as
text, typed JSON as a dict, `None` where there is no label.
"""

from __future__ import annotations

import datetime as dt
import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from explorer.labels.model.drafts import CommitDraft
from explorer.labels.model.refs import Move, Problem, Ref, Resolution
from explorer.labels.model.snapshot import Snapshot
from explorer.labels.model.types import Commit, LabelSchema, Logged, Rater, StoreError
from explorer.labels.model.vote_block import Vote, VoteBlock, VoteColumns, VoteDraft
from explorer.labels.storage.basis_queries import BasisQueries
from explorer.labels.storage.commit_queries import CommitQueries
from explorer.labels.storage.event_queries import ChangeColumns, EventQueries
from explorer.labels.storage.inserts import Inserts
from explorer.labels.storage.interning import Numbers
from explorer.labels.storage.origins import Origins
from explorer.labels.storage.rows import Row
from explorer.labels.storage.searches import Filter, Place, Searches
from explorer.labels.storage.verify import problems
from explorer.labels.storage.vote_queries import VoteQueries
from explorer.labels.storage.writes import Writes


class Backend(ABC):
    """Rows in, plain values out. All calls are safe from any thread; those that write go inside `exclusive()`.

    `at`, `after` and `before` are commits as the backend returned them; `after` and `before` lie on the first-parent
    history of `at`.

    Attributes
    ----------
    path
        For people: a file, or an address without its password.
    read_only
        Nothing can be written.
    lock
        Re-entrant. One thread at a time, also for what is kept in memory of the store above this.
    login
        The name that a server knows us by; `None`: anybody may say who they are.
    network
        Name of the network file system that the file lies on; `None` where it lies on none.
    """

    path: str
    read_only: bool
    login: str | None = None
    network: str | None = None

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._numbers = Numbers(self)
        self._commits = CommitQueries(self, self._numbers)
        self._events = EventQueries(self, self._numbers, self._commits)
        self._basis = BasisQueries(self, self._numbers)
        self._origins = Origins(self._commits, self._basis)
        self._searches = Searches(self, self._numbers, self._commits, self._events)
        inserts = Inserts(self, self._numbers)
        self._writes = Writes(self, self._numbers, self._commits, self._events, inserts)
        self._votes = VoteQueries(self, self._numbers)
        self._wrote = False  # rows, since the transaction began

    # What a database does

    @abstractmethod
    def all(self, sql: str, /, **binds: Any) -> list[Row]:
        """Run a statement and return its rows."""

    @abstractmethod
    def many(self, sql: str, values: Sequence[dict[str, Any]], /) -> None:
        """Run a statement once per row of binds."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[None]:
        """See one consistent state of the store until the block ends."""

    @abstractmethod
    def exclusive(self, branch: str = "main") -> AbstractContextManager[None]:
        """Be the only writer of a branch until the block ends; then all is durable, or, if it raised, unwritten."""

    @abstractmethod
    def data_version(self, branch: str) -> Hashable:
        """Return something that is another when somebody else has written to a branch."""

    @abstractmethod
    def damage(self) -> Iterator[str]:
        """Yield what the database itself finds wrong."""

    @abstractmethod
    def has_votes(self) -> bool:
        """Say whether there is a table for blocks of votes."""

    @abstractmethod
    def make_votes(self) -> None:
        """Make that table; inside a transaction."""

    @abstractmethod
    def close(self) -> None:
        """Close the file or the connection."""

    def grant(self, login: str) -> None:
        """Let another login of a server read the store and give labels under its own name."""
        raise StoreError(
            f"{self.path} is a file, which knows no logins; {login!r} was not let in.",
            "Set the file's permissions, or put the store on a server.",
        )

    def _begun(self) -> None:
        """Note that a transaction begins."""
        self._wrote = False

    def _taken_back(self) -> None:
        """Forget what was read of rows that have not been written after all."""
        if self._wrote:
            self._wrote = False
            self._basis.forget_snapshots()
            self._forget()

    def _forget(self) -> None:
        """Read everything anew, but for snapshots."""
        for part in (self._numbers, self._commits, self._events, self._basis, self._searches, self._votes):
            part.forget()

    # Commits

    def tip(self, branch: str) -> Commit | None:
        """Return the newest commit of a branch, without its events; `None` if there is no such branch or commit."""
        return self._commits.tip(branch)

    def commit(self, commit_id: str) -> Commit | None:
        """Return a commit with its events."""
        found = self._commits.by_id(commit_id)
        return None if found is None else self._events.whole(found)

    def by_id(self, commit_id: str) -> Commit | None:
        """Return a commit without its events."""
        return self._commits.by_id(commit_id)

    def commits(
        self, at: Commit | None = None, *, limit: int | None = None, before: Commit | None = None
    ) -> list[Commit]:
        """Return the first-parent history of a commit newest first, without events; all commits if none is given."""
        return self._commits.history(at, limit=limit, before=before)

    def commit_at(self, at: Commit, time: dt.datetime) -> Commit | None:
        """Return the newest commit of a history that is not later than a time, without its events."""
        return self._commits.at(at, time)

    def commits_like(self, prefix: str) -> list[Commit]:
        """Return the commits whose id begins with a prefix, without their events."""
        return self._commits.like(prefix)

    def commit_of(self, op_ids: Sequence[str]) -> dict[str, str]:
        """Return the commit id of each operation id that is known already."""
        return self._commits.of_operations(op_ids)

    def undoable(self, at: Commit, rater: str | None, n: int, before: Commit | None = None) -> list[Commit]:
        """Return the newest n commits of a history with events that are no undo and not undone, newest first."""
        return self._events.undoable(at, rater, n, before)

    def merge_base(self, a: Commit, b: Commit) -> Commit | None:
        """Return the best common ancestor of two commits, without its events; the newest if several are as good."""
        return self._commits.merge_base(a, b)

    def is_ancestor(self, a: Commit, b: Commit) -> bool:
        """Tell whether commit a is b or can be reached from it."""
        return self._commits.is_ancestor(a, b)

    def ahead(self, a: Commit, b: Commit) -> int:
        """Count the commits in the first-parent history of commit a that cannot be reached from commit b."""
        return self._commits.ahead(a, b)

    def brought(self, at: Commit, has: Callable[[LabelSchema], bool]) -> Commit | None:
        """Return the first commit, without its events, since which every schema of a history has had something.

        `None` if the schema of `at` does not have it. `has` tells whether a schema has it.
        """
        return self._origins.brought(at, has)

    # Events

    def events(self, at: Commit, after: Commit | None) -> list[Logged]:
        """Return the events of a history that come after a commit of it, oldest first."""
        return self._events.since(at, after)

    def heads(self, branch: str) -> list[Logged]:
        """Return the newest event of each item, field and rater, oldest first, so that the last one is in force."""
        with self.reading():
            return self._events.heads(branch)

    def heads_at(self, at: Commit) -> list[Logged]:
        """Return what `heads` returned when a commit was the newest."""
        return self._events.heads_at(at)

    def changed(self, at: Commit, after: Commit | None, field: str) -> ChangeColumns:
        """Return the events of one field as `events` does, as columns: only what a diff needs."""
        return self._events.changed(at, after, field)

    def steady(self, at: Commit, after: Commit) -> bool:
        """Tell whether only labels changed between two commits of one history, decided on the items as they are.

        Then what `changed` says is all that differs: same snapshot, same schema, and no decision that was restored or
        merged from other content.
        """
        return self._events.steady(at, after)

    def event(self, item: str, event_id: str) -> Logged | None:
        """Return one event of an item."""
        return self._events.get(item, event_id)

    def item_events(self, at: Commit, item: str, field: str) -> list[Logged]:
        """Return the events of one cell in a history, newest first."""
        return self._events.of_cell(at, item, field)

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
        return self._events.log(at, limit, item, rater, reason, before)

    def undone_items(self) -> frozenset[str]:
        """Return the items that have an undo anywhere in the store."""
        return self._events.undone_items()

    def count_events(self, at: Commit) -> int:
        """Count the events of a history."""
        return self._events.count(at)

    # Searching

    def search(self, at: Commit, wanted: Filter, limit: int, before: Commit | None = None) -> list[Commit]:
        """Return the newest commits of a history with an event that matches, without their events."""
        return self._searches.commits(at, wanted, limit, before)

    def count_matches(self, at: Commit, wanted: Filter) -> int:
        """Count the commits of a history with an event that matches; what was counted before is not counted again."""
        return self._searches.count(at, wanted)

    def matches(self, commit: Commit, wanted: Filter, limit: int | None) -> tuple[list[Logged], int]:
        """Return the first events of a commit that match, in their order, and the number of all that do."""
        return self._searches.events(commit, wanted, limit)

    def event_page(self, commit: Commit, offset: int, limit: int) -> tuple[list[Logged], int]:
        """Return some events of a commit in their order, and how many it has."""
        return self._searches.page(commit, offset, limit)

    def size(self, commit: Commit) -> int:
        """Return how many events a commit has."""
        return self._searches.size(commit)

    def undone(self, at: Commit) -> Counter[Place]:
        """Count the undone events of each commit of a history, by its branch and position."""
        return self._searches.undone(at)

    # What commits stand on

    def snapshot(self, snapshot_id: str) -> Snapshot | None:
        """Return a snapshot."""
        return self._basis.snapshot(snapshot_id)

    def schema(self, schema_id: str) -> LabelSchema:
        """Return a label schema."""
        return self._basis.schema(schema_id)

    def bound_with(self, at: Commit) -> LabelSchema:
        """Return the schema under which the snapshot of a commit was bound: the names of that time."""
        return self._origins.bound_with(at)

    def raters(self) -> list[tuple[Rater, int, dt.datetime | None, dt.datetime | None]]:
        """Return each rater with the number of events, and the times of the first and the last of them."""
        return self._basis.raters()

    def rater_names(self) -> list[str]:
        """Return the names of everybody who wrote to the store, in the order in which they came."""
        return self._basis.rater_names()

    def store_id(self) -> str:
        """Return what tells this store from any other, whatever its file is called."""
        return self._basis.store_id()

    def counts(self) -> tuple[int, int]:
        """Count all commits and all events of the store, readable or not."""
        return self._basis.counts()

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the store: damage, broken references, hashes or caches that do not match."""
        with self.reading():
            self._forget()  # what is in memory may be sounder than what is stored
            yield from problems(self, self._numbers, self.damage)

    # Writing

    def append(self, branch: str, draft: CommitDraft, expected: str | None) -> Commit | None:
        """Add a commit to a branch whose newest commit is `expected`; return `None`, unwritten, if it is another."""
        with self.lock:
            self._wrote = True
            return self._writes.append(branch, draft, expected)

    def refs(self) -> dict[str, Ref]:
        """Return the branches and tags by name."""
        return self._writes.refs()

    def reflog(self, name: str | None = None) -> list[Move]:
        """Return the moves of one ref or of all, newest first."""
        return self._writes.reflog(name)

    def move_ref(self, name: str, kind: str, commit_id: str | None, rater: Rater, time: dt.datetime, why: str) -> None:
        """Make a branch or tag, point it elsewhere, or delete it (`None`), and note that in the reflog."""
        with self.lock:
            self._wrote = True
            self._writes.move_ref(name, kind, commit_id, rater, time, why)

    def resolutions(self, into: str, source: str) -> list[Resolution]:
        """Return what was settled so far of a merge that is not committed yet."""
        return self._writes.resolutions(into, source)

    def keep_resolution(self, resolution: Resolution) -> None:
        """Keep a resolution in place of an earlier one of the same cell."""
        with self.lock:
            self._writes.keep_resolution(resolution)

    def drop_resolutions(self, into: str, source: str, item: str | None = None, field: str | None = None) -> None:
        """Forget the resolutions of a merge, or those of one item or cell of it."""
        self._writes.drop_resolutions(into, source, item, field)

    # Votes

    def vote_blocks(self, voter: str | None = None) -> list[VoteBlock]:
        """Return the blocks of votes of one rater or of all, oldest first."""
        return self._votes.blocks(voter)

    @property
    def votes(self) -> VoteQueries:
        """What else there is to ask of votes."""
        return self._votes

    def vote_columns(self, block: VoteBlock) -> VoteColumns:
        """Return the votes of a block."""
        return self._votes.columns(block)

    def vote_block_of(self, op_id: str) -> VoteBlock | None:
        """Return the block that an operation wrote before."""
        return self._votes.of_operation(op_id)

    def add_votes(
        self, draft: VoteDraft, columns: VoteColumns, snapshot: str, rater: Rater, time: dt.datetime
    ) -> VoteBlock:
        """Write the next block of a rater; inside `exclusive("main")`, so that versions follow each other."""
        with self.lock:
            self._wrote = True
            return self._votes.add(draft, columns, snapshot, rater, time)

    def change_votes(
        self, draft: VoteDraft, last: VoteBlock, changes: Mapping[int, Vote], rater: Rater, time: dt.datetime
    ) -> VoteBlock:
        """Write what a rater says anew over its newest block; inside `exclusive("main")`."""
        with self.lock:
            self._wrote = True
            return self._votes.change(draft, last, changes, rater, time)

    def rebuild_heads(self) -> None:
        """Make the cache of newest events anew from the log."""
        with self.exclusive():  # on a file this holds all branches
            names = self._writes.branches()
        for name in names:
            with self.exclusive(name):
                self._writes.refill_heads(name)
