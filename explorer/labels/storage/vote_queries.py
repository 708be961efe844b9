"""Blocks of votes in the database: listed, read, added, and checked."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Iterator
from typing import Protocol

from explorer.labels.model import times
from explorer.labels.model.hashing import of_rows
from explorer.labels.model.refs import Problem
from explorer.labels.model.times import time_text
from explorer.labels.model.types import Rater, StoreError
from explorer.labels.model.vote_block import VoteBlock, VoteColumns, VoteDraft, block_digest, unpacked
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


class VoteQueries:
    """Blocks of votes; no store is changed by looking, and none gets the table before there is a vote."""

    def __init__(self, db: VoteDatabase, numbers: Numbers) -> None:
        self._db, self._numbers = db, numbers
        self._there = False
        self._read: OrderedDict[str, VoteColumns] = OrderedDict()  # by digest; a block never changes

    def forget(self) -> None:
        """Read everything anew: what was added has not been written after all."""
        self._there = False
        self._read.clear()

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
            sql = "SELECT votes FROM vote_block WHERE voter = :voter AND version = :version"
            found = self._db.all(sql, voter=block.rater, version=block.version)
            known = unpacked(bytes(found[0][0]))
        self._read[block.digest] = known
        while len(self._read) > _KEPT:
            self._read.popitem(last=False)
        return known

    def add(self, draft: VoteDraft, columns: VoteColumns, snapshot: str, rater: Rater, time: dt.datetime) -> VoteBlock:
        """Write the next block of a rater; to be called where nobody else writes."""
        if not self.there():
            self._db.make_votes()
            self._there = True
        before = self._db.all(
            "SELECT version, digest FROM vote_block WHERE voter = :voter ORDER BY version DESC LIMIT 1",
            voter=draft.rater,
        )
        version, digest = (int(before[0][0]) + 1, bytes(before[0][1]).hex()) if before else (1, "")
        given = int((columns.codes >= 0).sum())
        block = VoteBlock(
            draft.rater,
            version,
            draft.kind,
            draft.family,
            given,
            len(columns.codes) - given,
            times.moment(times.micros(time)),
            rater.id,
            snapshot,
            "",
        )
        blob = columns.packed()
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
            given=given,
            abstained=block.abstentions,
            rater=self._numbers.add_rater(rater),
            time=times.micros(block.time),
            op_id=None if draft.op_id is None else rows.pack(draft.op_id),
            digest=bytes.fromhex(digest),
        )
        return self.blocks(block.rater)[-1]

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
            block = next(b for b in queries.blocks(voter) if b.version == version)
            last[voter] = int(version), block.digest
            op = None if op_id is None else rows.unpack(bytes(op_id))
            if block_digest(block, bytes(blob), time_text(block.time), op, digest) != block.digest:
                yield Problem(f"{name} does not match its hash")
                continue
            columns = unpacked(bytes(blob))
            if block.snapshot not in sizes:
                number = numbers.snapshots.number(block.snapshot)
                sizes[block.snapshot] = int(db.all("SELECT items FROM snapshot WHERE n = :n", n=number)[0][0])
            if len(columns.positions) and columns.positions[-1] >= sizes[block.snapshot]:
                yield Problem(f"{name} has items that are not in its snapshot")
        except _UNREADABLE as error:
            yield Problem(f"row {n} of vote_block cannot be read: {error}")
