"""Blocks of votes in the database: listed, read, added, and checked."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from explorer.labels.model import times
from explorer.labels.model.hashing import of_rows
from explorer.labels.model.refs import Problem
from explorer.labels.model.times import time_text
from explorer.labels.model.types import Rater, StoreError
from explorer.labels.model.vote_block import (
    WHOLE,
    Vote,
    VoteBlock,
    VoteColumns,
    VoteDraft,
    block_digest,
    packed_changes,
    unpacked,
    unpacked_changes,
)
from explorer.labels.storage import rows
from explorer.labels.storage.database import Database
from explorer.labels.storage.interning import Numbers

_COLUMNS = "n, voter, version, kind, family, given, abstained, time, rater, snapshot, digest"


_KEPT = 64
"""Blocks that stay in memory."""


class VoteDatabase(Database, Protocol):
    """A database that may lack the table of votes, as those do that an earlier version of the package made."""

    def has_votes(self) -> bool:
        """Say whether the table is there."""

    def make_votes(self) -> None:
        """Make the table; inside a transaction."""


@dataclass
class _Chain:
    """The votes of a rater up to a version: the newest whole block, and what was said anew since."""

    version: int
    whole: VoteColumns
    changes: dict[int, Vote]

    def take(self, version: int, blob: bytes) -> None:
        """Go on to the next version."""
        changes = unpacked_changes(blob)
        if changes is None:
            self.whole, self.changes = unpacked(blob), {}
        else:
            self.changes |= changes
        self.version = version


class VoteQueries:
    """Blocks of votes; no store is changed by looking, and none gets the table before there is a vote."""

    def __init__(self, db: VoteDatabase, numbers: Numbers) -> None:
        self._db, self._numbers = db, numbers
        self._there = False
        self._read: OrderedDict[str, VoteColumns] = OrderedDict()  # by digest; a block never changes
        self._chains: OrderedDict[str, _Chain] = OrderedDict()  # by rater

    def forget(self) -> None:
        """Read everything anew: what was added has not been written after all."""
        self._there = False
        self._read.clear()
        self._chains.clear()

    def there(self) -> bool:
        """Say whether there can be votes."""
        if not self._there:
            self._there = self._db.has_votes()
        return self._there

    @of_rows
    def blocks(self, voter: str | None = None) -> list[VoteBlock]:
        """Return the blocks of one rater or of all, oldest first."""
        if not self.there():
            return []
        where, binds = ("", {}) if voter is None else ("WHERE voter = :voter", {"voter": voter})
        found = self._db.all(f"SELECT {_COLUMNS} FROM vote_block {where} ORDER BY n", **binds)  # noqa: S608  # our own names
        return [self._block(row) for row in found]

    @of_rows
    def newest(self) -> list[VoteBlock]:
        """Return the newest block of each rater, in the order in which the raters came."""
        if not self.there():
            return []
        found = self._db.all(
            f"SELECT {_COLUMNS} FROM vote_block "  # noqa: S608  # our own names
            "JOIN (SELECT MIN(n) AS began, MAX(n) AS ended FROM vote_block GROUP BY voter) AS each ON each.ended = n "
            "ORDER BY each.began"
        )
        return [self._block(row) for row in found]

    @of_rows
    def newest_of(self, voter: str) -> VoteBlock | None:
        """Return the newest block of a rater."""
        if not self.there():
            return None
        found = self._db.all(
            f"SELECT {_COLUMNS} FROM vote_block WHERE voter = :voter ORDER BY version DESC LIMIT 1",  # noqa: S608  # our own names
            voter=voter,
        )
        return self._block(found[0]) if found else None

    @of_rows
    def at(self, n: int) -> VoteBlock:
        """Return the block of a number."""
        return self._block(self._db.all(f"SELECT {_COLUMNS} FROM vote_block WHERE n = :n", n=n)[0])  # noqa: S608  # our own names

    def last(self) -> int:
        """Return the number of the newest block of all, 0 for none; it grows."""
        return int(self._db.all("SELECT MAX(n) FROM vote_block")[0][0] or 0) if self.there() else 0

    @of_rows
    def since(self, last: int) -> list[tuple[VoteBlock, dict[int, Vote] | None]]:
        """Return the blocks after a number, and what each says anew: `None` of a whole one."""
        if not self.there():
            return []
        rows_ = self._db.all(f"SELECT {_COLUMNS}, votes FROM vote_block WHERE n > :last ORDER BY n", last=last)  # noqa: S608  # our own names
        return [(self._block(row), unpacked_changes(bytes(row[11]))) for row in rows_]

    @of_rows
    def of_operation(self, op_id: str) -> VoteBlock | None:
        """Return the block that an operation wrote before."""
        if not self.there():
            return None
        found = self._db.all(
            f"SELECT {_COLUMNS} FROM vote_block WHERE op_id = :op_id",  # noqa: S608  # our own names
            op_id=rows.pack(op_id),
        )
        return self._block(found[0]) if found else None

    def columns(self, block: VoteBlock) -> VoteColumns:
        """Return the votes of a block."""
        known = self._read.pop(block.digest, None)
        if known is None:
            chain = self._chain(block)
            known = chain.whole.changed(chain.changes)
        self._read[block.digest] = known
        while len(self._read) > _KEPT:
            self._read.popitem(last=False)
        return known

    def vote(self, block: VoteBlock, position: int) -> Vote | None:
        """Return what a block, with those before it, says of an item; `None` for nothing."""
        chain = self._chain(block)
        return chain.changes.get(position) or chain.whole.of(position)

    @of_rows
    def _chain(self, block: VoteBlock) -> _Chain:
        """Return the votes up to a block. What was read of earlier ones is not read again."""
        chain = self._chains.pop(block.rater, None)
        if chain is None or chain.version > block.version:
            whole = self._db.all(
                "SELECT version, votes FROM vote_block WHERE voter = :voter AND version <= :version "
                "AND substr(votes, 1, 4) = :whole ORDER BY version DESC LIMIT 1",
                voter=block.rater,
                version=block.version,
                whole=WHOLE,
            )[0]
            chain = _Chain(int(whole[0]), unpacked(bytes(whole[1])), {})
        if chain.version < block.version:
            later = self._db.all(
                "SELECT version, votes FROM vote_block WHERE voter = :voter AND version > :after "
                "AND version <= :version ORDER BY version",
                voter=block.rater,
                after=chain.version,
                version=block.version,
            )
            for version, blob in later:
                chain.take(int(version), bytes(blob))
        self._chains[block.rater] = chain
        while len(self._chains) > _KEPT:
            self._chains.popitem(last=False)
        return chain

    def add(self, draft: VoteDraft, columns: VoteColumns, snapshot: str, rater: Rater, time: dt.datetime) -> VoteBlock:
        """Write the next block of a rater, a whole one; to be called where nobody else writes."""
        if not self.there():
            self._db.make_votes()
            self._there = True
        given = int((columns.codes >= 0).sum())
        counts = given, len(columns.codes) - given
        return self._insert(draft, columns.packed(), counts, snapshot, rater, time)

    def change(
        self, draft: VoteDraft, last: VoteBlock, changes: Mapping[int, Vote], rater: Rater, time: dt.datetime
    ) -> VoteBlock:
        """Write what a rater says anew over its newest block, on the same snapshot; costs as much as it says."""
        given, silent = last.votes, last.abstentions
        for position, vote in changes.items():
            before = self.vote(last, position)
            if before is not None:
                given, silent = given - (before.label is not None), silent - (before.label is None)
            given, silent = given + (vote.label is not None), silent + (vote.label is None)
        return self._insert(draft, packed_changes(changes), (given, silent), last.snapshot, rater, time)

    def _insert(
        self, draft: VoteDraft, blob: bytes, counts: tuple[int, int], snapshot: str, rater: Rater, time: dt.datetime
    ) -> VoteBlock:
        before = self.newest_of(draft.rater)
        version, digest = (before.version + 1, before.digest) if before else (1, "")
        moment = times.moment(times.micros(time))
        block = VoteBlock(draft.rater, version, draft.kind, draft.family, *counts, moment, rater.id, snapshot, "")
        digest = block_digest(block, blob, time_text(block.time), draft.op_id, digest)
        self._db.all(
            "INSERT INTO vote_block (voter, version, kind, family, snapshot, votes, given, abstained, rater, time, "
            "op_id, digest) VALUES (:voter, :version, :kind, :family, :snapshot, :votes, :given, :abstained, :rater, "
            ":time, :op_id, :digest)",
            voter=block.rater,
            version=version,
            kind=block.kind,
            family=block.family,
            snapshot=self._numbers.snapshots.number(snapshot),
            votes=blob,
            given=block.votes,
            abstained=block.abstentions,
            rater=self._numbers.add_rater(rater),
            time=times.micros(block.time),
            op_id=None if draft.op_id is None else rows.pack(draft.op_id),
            digest=bytes.fromhex(digest),
        )
        return replace(block, digest=digest)

    def _block(self, row: rows.Row) -> VoteBlock:
        return VoteBlock(
            row[1],
            int(row[2]),
            row[3],
            row[4],
            int(row[5]),
            int(row[6]),
            times.moment(row[7]),
            self._numbers.rater(row[8]).id,
            self._numbers.snapshots.key(row[9]),
            bytes(row[10]).hex(),
        )


def _highest(blob: bytes) -> int:
    positions = unpacked(blob).positions
    return int(positions[-1]) if len(positions) else -1


_UNREADABLE = (ValueError, LookupError, TypeError, ArithmeticError, AttributeError, OSError, StoreError)


def vote_problems(db: VoteDatabase, numbers: Numbers) -> Iterator[Problem]:
    """Yield what is wrong with blocks of votes: digests, versions, positions that are not in their snapshot."""
    if not db.has_votes():
        return
    last: dict[str, tuple[int, str]] = {}
    queries = VoteQueries(db, numbers)
    sizes: dict[str, int] = {}
    known = [n for (n,) in db.all("SELECT n FROM vote_block ORDER BY n")]
    for n in known:
        try:
            voter, version, blob, op_id = db.all(
                "SELECT voter, version, votes, op_id FROM vote_block WHERE n = :n", n=n
            )[0]
            before, digest = last.get(voter, (0, ""))
            name = f"version {version} of the votes of {voter!r}"
            if version != before + 1:
                yield Problem(f"{name} does not follow version {before}")
            block = queries.at(n)
            last[voter] = int(version), block.digest
            op = None if op_id is None else rows.unpack(bytes(op_id))
            if block_digest(block, bytes(blob), time_text(block.time), op, digest) != block.digest:
                yield Problem(f"{name} does not match its hash")
                continue
            changes = unpacked_changes(bytes(blob))
            if changes is not None and before == 0:
                yield Problem(f"{name} changes votes, of which there are none")
            highest = max(changes, default=-1) if changes is not None else _highest(bytes(blob))
            if block.snapshot not in sizes:
                number = numbers.snapshots.number(block.snapshot)
                sizes[block.snapshot] = int(db.all("SELECT items FROM snapshot WHERE n = :n", n=number)[0][0])
            if highest >= sizes[block.snapshot]:
                yield Problem(f"{name} has items that are not in its snapshot")
        except _UNREADABLE as error:
            yield Problem(f"row {n} of vote_block cannot be read: {error}")
