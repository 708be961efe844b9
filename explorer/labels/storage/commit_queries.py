"""Commits as they are asked for: by id, by operation, along a history, and what can be reached from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from explorer.labels.model import times
from explorer.labels.model.hashing import of_rows
from explorer.labels.model.types import Commit, StoreError
from explorer.labels.storage import rows
from explorer.labels.storage.ancestry import Paths, Range, lane_of
from explorer.labels.storage.database import Database, chunks, listed
from explorer.labels.storage.interning import Numbers


class CommitQueries:
    """The commits of a store, without their events, and the tree of their lanes."""

    def __init__(self, db: Database, numbers: Numbers) -> None:
        self._db, self._numbers, self._paths = db, numbers, Paths(db)

    def forget(self) -> None:
        """Read everything anew."""
        self._paths.forget()

    @of_rows
    def read(self, row: rows.Row) -> Commit:
        """Make a commit of a row of `rows.SELECT_COMMIT`."""
        number = self._numbers
        rater = number.rater(row[4])
        return rows.read_commit(
            row,
            number.lanes.key(lane_of(row[0])),
            (rater.name, rater.kind),
            number.schemas.key(row[8]),
            number.snapshots.key(row[9]),
            number.tools.key(row[10]),
        )

    def number_of(self, commit: Commit) -> int:
        """Return the number of a commit."""
        lane = self._numbers.lanes.number(commit.branch)
        if lane is None:
            raise StoreError(f"{self._db.path} has no commits of a branch {commit.branch!r}.", "Open the store again.")
        return (lane << rows.POSITION_BITS) | commit.position

    def select(self, where: str, **binds: Any) -> list[Commit]:
        """Return the commits `c` that a condition (and an order) in SQL picks, without their events."""
        return [self.read(row) for row in self._db.all(f"{rows.SELECT_COMMIT} {where}", **binds)]

    @of_rows
    def numbered(self, number: int) -> Commit:
        """Return the commit of a number that others refer to; `StoreError` if there is none."""
        return self.select("WHERE c.n = :n", n=number)[0]

    def ranges(self, at: Commit, after: Commit | None = None, before: Commit | None = None) -> list[Range]:
        """Return the history of a commit, between two others, as ranges of commit numbers, newest first."""
        since = -1 if after is None else self.number_of(after)
        ranges = self._paths.history(self.number_of(at), since)
        if before is None:
            return ranges
        until = self.number_of(before) - 1
        return [(lo, min(hi, until)) for lo, hi in ranges if lo <= until]

    def tip(self, branch: str) -> Commit | None:
        """Return the newest commit of a branch, without its events."""
        where = "JOIN ref f ON f.\"commit\" = c.n WHERE f.name = :name AND f.kind = 'branch'"
        return next(iter(self.select(where, name=branch)), None)

    def by_id(self, commit_id: str) -> Commit | None:
        """Return a commit without its events."""
        try:
            identity = bytes.fromhex(commit_id)
        except ValueError:
            return None
        where = "WHERE substr(c.id, 1, 4) = :start AND c.id = :id"
        return next(iter(self.select(where, start=identity[:4], id=identity)), None)

    def history(
        self, at: Commit | None = None, *, limit: int | None = None, before: Commit | None = None
    ) -> list[Commit]:
        """Return the first-parent history of a commit newest first, without events; all commits if none is given."""
        if at is None:
            found = self.select("ORDER BY c.time DESC, c.n DESC")
            return found if limit is None else found[:limit]
        found = []
        for lo, hi in self.ranges(at, before=before):
            rest = "" if limit is None else f"LIMIT {max(limit - len(found), 0)}"
            found += self.select(f"WHERE c.n BETWEEN :lo AND :hi ORDER BY c.n DESC {rest}", lo=lo, hi=hi)
        return found

    def at(self, at: Commit, time: dt.datetime) -> Commit | None:
        """Return the newest commit of a history that is not later than a time, without its events."""
        for lo, hi in self.ranges(at):
            where = "WHERE c.n BETWEEN :lo AND :hi AND c.time <= :time ORDER BY c.n DESC LIMIT 1"
            if found := self.select(where, lo=lo, hi=hi, time=times.micros(time)):
                return found[0]
        return None

    def like(self, prefix: str) -> list[Commit]:
        """Return the commits whose id begins with a prefix, without their events."""
        if not prefix or len(prefix) > 64 or set(prefix) - set("0123456789abcdef"):
            return []
        least, most = (bytes.fromhex(prefix[:8].ljust(8, end)) for end in "0f")
        found = self.select("WHERE substr(c.id, 1, 4) BETWEEN :least AND :most", least=least, most=most)
        return [c for c in found if c.id.startswith(prefix)]

    def of_operations(self, op_ids: Sequence[str]) -> dict[str, str]:
        """Return the commit id of each operation id that is known already."""
        found: dict[str, str] = {}
        for some in chunks(list(op_ids)):
            names, binds = listed("o", [rows.pack(op) for op in some])
            sql = (
                f"SELECT e.op_id, c.id FROM events e JOIN commits c ON c.n = {rows.COMMIT_OF} "  # noqa: S608  # our own names
                f"WHERE e.op_id IN ({names})"
            )
            found |= {rows.unpack(op): commit.hex() for op, commit in self._db.all(sql, **binds)}
        stems: dict[str, list[int]] = {}
        for op in op_ids:
            stem, _, order = op.rpartition(":")
            if stem and order.isascii() and order.isdigit() and str(int(order)) == order:
                stems.setdefault(stem, []).append(int(order))
        for some in chunks(list(stems)):
            names, binds = listed("o", [rows.pack(stem) for stem in some])
            for number, packed, commit in self._db.all(
                f"SELECT n, op_id, id FROM commits WHERE op_id IN ({names})",  # noqa: S608  # names of binds
                **binds,
            ):
                stem, lo = rows.unpack(packed), number << rows.ORDER_BITS
                size = self._db.all(
                    "SELECT count(*) FROM events WHERE n BETWEEN :lo AND :hi", lo=lo, hi=lo + rows.ORDERS - 1
                )
                found |= {f"{stem}:{order}": commit.hex() for order in stems[stem] if order < size[0][0]}
        return found

    def merge_base(self, a: Commit, b: Commit) -> Commit | None:
        """Return the best common ancestor of two commits, without its events; the newest if several are as good."""
        best = self._paths.common(self.number_of(a), self.number_of(b))
        found = [self.numbered(n) for n in best]
        return max(found, key=lambda c: c.time, default=None)

    def is_ancestor(self, a: Commit, b: Commit) -> bool:
        """Tell whether commit a is b or can be reached from it."""
        number = self.number_of(a)
        return number <= self._paths.reached(self.number_of(b)).get(lane_of(number), -1)

    def ahead(self, a: Commit, b: Commit) -> int:
        """Count the commits in the first-parent history of commit a that cannot be reached from commit b."""
        part = self._paths.reached(self.number_of(b))
        # What is part of b is the beginning of each lane, so the rest of each is ahead of it.
        history = self._paths.history(self.number_of(a))
        return sum(max(0, hi - max(lo - 1, part.get(lane_of(lo), -1))) for lo, hi in history)

    def histories(self, number: int) -> list[Range]:
        """Return the history of a commit, by number, as ranges of numbers, newest first."""
        return self._paths.history(number)

    def since(self, at: Commit, unlike: str, **binds: int) -> Commit | None:
        """Return the commit of a history that follows the newest one of which a condition holds, else the very first.

        `None` where the condition holds of `at` itself.
        """
        after: int | None = None  # the commit that follows what was looked at so far
        for lo, hi in self.ranges(at):  # newest first
            sql = f"SELECT max(c.n) FROM commits c WHERE c.n BETWEEN :lo AND :hi AND {unlike}"  # noqa: S608  # fixed text
            found = self._db.all(sql, lo=lo, hi=hi, **binds)[0][0]
            if found is not None:
                after = after if found == hi else found + 1
                break
            after = lo
        return None if after is None else self.numbered(after)
