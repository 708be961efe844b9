"""What changes rows: commits, branches and tags, what was settled of a merge, and the cache of newest events."""

from __future__ import annotations

import datetime as dt

from explorer.labels.model import times
from explorer.labels.model.drafts import CommitDraft
from explorer.labels.model.hashing import read_value, value_text
from explorer.labels.model.refs import Move, Ref, Resolution
from explorer.labels.model.types import Commit, Rater, StoreError
from explorer.labels.storage import rows
from explorer.labels.storage.commit_queries import CommitQueries
from explorer.labels.storage.commits import place
from explorer.labels.storage.database import Database
from explorer.labels.storage.event_queries import EventQueries
from explorer.labels.storage.inserts import Inserts
from explorer.labels.storage.interning import Numbers


class Writes:
    """What changes rows; to be called where nobody else writes to the branch."""

    def __init__(
        self, db: Database, numbers: Numbers, commits: CommitQueries, events: EventQueries, inserts: Inserts
    ) -> None:
        self._db, self._numbers = db, numbers
        self._commits, self._events, self._inserts = commits, events, inserts

    def append(self, branch: str, draft: CommitDraft, expected: str | None) -> Commit | None:
        """Add a commit to a branch whose newest commit is `expected`; return `None`, unwritten, if it is another."""
        ref, lane, at = self._branch(branch)
        tip = None if at is None else self._commits.numbered(at)
        if (tip.id if tip else None) != expected:
            return None
        self._inserts.add_schema(draft.schema)
        parent_snapshot = self._numbers.snapshots.number(tip.snapshot) if tip else None
        self._inserts.add_snapshot(draft.snapshot, parent_snapshot)
        commit = place(draft, self._numbers.lanes.key(lane), tip)
        number = (lane << rows.POSITION_BITS) | commit.position
        merged = self._commits.by_id(draft.merge_parent) if draft.merge_parent else None
        if draft.merge_parent and merged is None:
            raise StoreError(f"The commit {draft.merge_parent} to merge is not in {self._db.path}.", "Run verify().")
        self._inserts.add_commit(
            commit,
            number,
            None if at == number - 1 else at,
            self._commits.number_of(merged) if merged else None,
            [e.op_id for e in draft.events],
            [draft.rater, *(e.rater for e in draft.events)],
        )
        self._inserts.update_heads(ref, commit, number)
        self._db.all('UPDATE ref SET "commit" = :number WHERE n = :ref', number=number, ref=ref)
        return commit

    def _branch(self, name: str) -> tuple[int, int, int | None]:
        """Return the ref, the lane and the newest commit of a branch, as numbers."""
        found = self._db.all("SELECT n, lane, \"commit\" FROM ref WHERE name = :name AND kind = 'branch'", name=name)
        if not found:
            raise StoreError(f"{self._db.path} has no branch {name!r}.", "Make it with store.branch(name).")
        return found[0][0], found[0][1], found[0][2]

    # Branches and tags

    def refs(self) -> dict[str, Ref]:
        """Return the branches and tags by name."""
        sql = 'SELECT f.name, f.kind, c.id FROM ref f JOIN commits c ON c.n = f."commit" ORDER BY f.n'
        return {name: Ref(name, kind, commit.hex()) for name, kind, commit in self._db.all(sql)}

    def reflog(self, name: str | None = None) -> list[Move]:
        """Return the moves of one ref or of all, newest first."""
        where, binds = ("", {}) if name is None else ("WHERE f.name = :name", {"name": name})
        sql = (
            "SELECT f.name, f.kind, o.id, w.id, f.rater, f.time, f.why FROM reflog f "  # noqa: S608  # fixed text
            f"LEFT JOIN commits o ON o.n = f.old LEFT JOIN commits w ON w.n = f.new {where} ORDER BY f.n DESC"
        )
        return [
            Move(
                row[0],
                row[1],
                None if row[2] is None else row[2].hex(),
                None if row[3] is None else row[3].hex(),
                self._numbers.rater(row[4]).name,
                times.moment(row[5]),
                row[6],
            )
            for row in self._db.all(sql, **binds)
        ]

    def move_ref(self, name: str, kind: str, commit_id: str | None, rater: Rater, time: dt.datetime, why: str) -> None:
        """Make a branch or tag, point it elsewhere, or delete it (`None`), and note that in the reflog."""
        found = self._db.all('SELECT n, kind, "commit" FROM ref WHERE name = :name', name=name)
        if found and found[0][1] != kind:
            raise StoreError(f"{name!r} is a {found[0][1]} already.", "Choose another name.")
        if not found and commit_id is None:
            raise StoreError(f"{self._db.path} has no {kind} {name!r}.", "See store.branch() and store.tag().")
        target = None
        if commit_id is not None:
            commit = self._commits.by_id(commit_id)
            if commit is None:
                raise StoreError(f"{self._db.path} has no commit {commit_id}.", "See store.commits().")
            target = self._commits.number_of(commit)
        if target is None:
            self._delete(found[0][0], name)
        elif kind == "tag":
            self._point(name, kind, None, target, new=not found)
        elif not found or found[0][2] != target:
            # A branch that starts elsewhere gets a lane of its own, so that lanes stay lines.
            ref = self._point(name, kind, self._new_lane(name), target, new=not found)
            self._db.all("DELETE FROM head WHERE branch = :ref", ref=ref)
            self._fill(ref, target)
        before, who = found[0][2] if found else None, self._numbers.add_rater(rater)
        self._db.many(rows.INSERT_MOVE, [rows.move_row(name, kind, before, target, who, times.micros(time), why)])

    def _point(self, name: str, kind: str, lane: int | None, target: int, *, new: bool) -> int:
        sql = (
            'INSERT INTO ref (name, kind, lane, "commit") VALUES (:name, :kind, :lane, :target) RETURNING n'
            if new
            else 'UPDATE ref SET kind = :kind, lane = :lane, "commit" = :target WHERE name = :name RETURNING n'
        )
        return int(self._db.all(sql, name=name, kind=kind, lane=lane, target=target)[0][0])

    def _delete(self, ref: int, name: str) -> None:
        self._db.all("DELETE FROM head WHERE branch = :ref", ref=ref)
        self._db.all("DELETE FROM ref WHERE n = :ref", ref=ref)
        self._db.all('DELETE FROM resolution WHERE "into" = :name OR source = :name', name=name)

    def _new_lane(self, name: str) -> int:
        lane, again = name, 2
        while self._numbers.lanes.number(lane) is not None:
            lane, again = f"{name}~{again}", again + 1
        number = self._numbers.lanes.add(lane)
        if number >= rows.LANES:
            raise StoreError(
                f"{self._db.path} has had {rows.LANES:,} branches, which is all it can.", "Use a branch that is there."
            )
        return number

    def _fill(self, ref: int, target: int) -> None:
        """Give a branch at a commit its cache: that of a branch at the same commit, or what the log says."""
        # In one statement: on a server the other branch may go on at any moment.
        self._db.all(
            "INSERT INTO head (branch, event) SELECT f.n, h.event FROM ref f, head h WHERE f.n = :ref AND h.branch = "
            "(SELECT t.n FROM ref t WHERE t.\"commit\" = :target AND t.kind = 'branch' AND t.n <> :ref LIMIT 1)",
            ref=ref,
            target=target,
        )
        if not self._db.all("SELECT 1 FROM head WHERE branch = :ref LIMIT 1", ref=ref):
            self._heads_from_log(ref, target)

    def _heads_from_log(self, ref: int, target: int) -> None:
        newest = [{"branch": ref, "event": event} for event in self._events.newest(target)]
        self._db.many("INSERT INTO head (branch, event) VALUES (:branch, :event)", newest)

    def branches(self) -> list[str]:
        """Return the branches that have a commit, after dropping what the cache has of others."""
        self._db.all("DELETE FROM head WHERE branch NOT IN (SELECT n FROM ref WHERE kind = 'branch')")
        sql = "SELECT name FROM ref WHERE kind = 'branch' AND \"commit\" IS NOT NULL ORDER BY n"
        return [name for (name,) in self._db.all(sql)]

    def refill_heads(self, name: str) -> None:
        """Make the cache of newest events of a branch anew from the log."""
        ref, _, target = self._branch(name)
        self._db.all("DELETE FROM head WHERE branch = :ref", ref=ref)
        if target is not None:
            self._heads_from_log(ref, target)

    # Merges that are not committed yet

    def resolutions(self, into: str, source: str) -> list[Resolution]:
        """Return what was settled so far of a merge that is not committed yet."""
        sql = (
            'SELECT "into", source, item, field, ours, theirs, pick, value, rater, time, why FROM resolution '
            'WHERE "into" = :into AND source = :source ORDER BY item, field'
        )
        found = []
        for row in self._db.all(sql, into=into, source=source):
            kind, _, name = row[8].partition(":")
            more = read_value(row[7]), name, times.moment(row[9]), row[10], kind
            found.append(Resolution(*row[:7], *more))  # type: ignore[call-arg]  # seven
        return found

    def keep_resolution(self, resolution: Resolution) -> None:
        """Keep a resolution in place of an earlier one of the same cell."""
        one = resolution
        self.drop_resolutions(one.into, one.source, one.item, one.field)
        self._db.all(
            'INSERT INTO resolution ("into", source, item, field, ours, theirs, pick, value, rater, time, why) '
            "VALUES (:into, :source, :item, :field, :ours, :theirs, :pick, :value, :rater, :time, :why)",
            into=one.into,
            source=one.source,
            item=one.item,
            field=one.field,
            ours=one.ours,
            theirs=one.theirs,
            pick=one.pick,
            value=value_text(one.value),
            rater=Rater(one.rater, one.rater_kind).id,
            time=times.micros(one.time),
            why=one.why,
        )

    def drop_resolutions(self, into: str, source: str, item: str | None = None, field: str | None = None) -> None:
        """Forget the resolutions of a merge, or those of one item or cell of it."""
        sql, binds = (
            'DELETE FROM resolution WHERE "into" = :into AND source = :source',
            {"into": into, "source": source},
        )
        for name, value in (("item", item), ("field", field)):
            if value is not None:
                sql, binds = f"{sql} AND {name} = :{name}", {**binds, name: value}
        self._db.all(sql, **binds)
