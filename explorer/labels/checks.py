"""Recompute everything that a store file claims: hashes, chains, caches, refs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from explorer.labels import rows
from explorer.labels.canonical import commit_id, event_id, root_hash, schema_id, time_text
from explorer.labels.model import Commit, Event, Rater
from explorer.labels.snapshot import Snapshot

Query = Callable[..., list[tuple[Any, ...]]]


def problems(query: Query) -> Iterator[str]:
    """Yield one sentence per thing that is wrong, from the ground up.

    Parameters
    ----------
    query
        Runs a SELECT and returns its rows.
    """
    for (line,) in query("PRAGMA integrity_check(5)"):
        if line != "ok":
            yield f"the file is damaged: {line}"
    for table, rowid, target, _ in query("PRAGMA foreign_key_check"):
        yield f"row {rowid} of {table} points to a row of {target} that does not exist"
    yield from _raters(query)
    yield from _schemas(query)
    yield from _snapshots(query)
    yield from _commits(query)
    yield from _caches(query)


def _raters(query: Query) -> Iterator[str]:
    for identity, name, kind in query("SELECT id, name, kind FROM rater"):
        if Rater(name, kind).id != identity:
            yield f"rater {identity!r} does not match its name and kind"


def _schemas(query: Query) -> Iterator[str]:
    for row in query("SELECT id, parent, classes, migrations FROM label_schema"):
        schema = rows.read_schema(row)
        if schema_id(rows.classes_json(schema), schema.parent, schema.migrations) != schema.id:
            yield f"label schema {schema.id} does not match its hash"


def _snapshots(query: Query) -> Iterator[str]:
    for (identity,) in query("SELECT id FROM snapshot"):
        n, keys, blob = query("SELECT n, ids, labels FROM snapshot WHERE id = ?", identity)[0]
        snapshot = Snapshot(identity, keys == "key", lambda blob=blob: bytes(blob))  # type: ignore[misc]  # mypy cannot type a default
        if len(snapshot) != n or snapshot.digest() != identity:
            yield f"snapshot {identity} does not match its hash"


def _commits(query: Query) -> Iterator[str]:
    last: Commit | None = None
    newest: dict[tuple[str, str], str] = {}  # the newest event of (branch, item) so far
    order = 0  # of arrival, over all events read so far
    for row in query(f"{rows.SELECT_COMMIT} ORDER BY c.branch, c.position"):
        commit = rows.read_commit(row)
        columns = ", ".join(rows.EVENT_COLUMNS)
        found = query(f"SELECT {columns}, seq FROM events WHERE commit_id = ? ORDER BY ord", commit.id)  # noqa: S608
        events = [rows.read_event(r) for r in found]
        before = last if last and last.branch == commit.branch else None
        yield from _chain(commit, before)
        for event, stored in zip(events, found, strict=True):
            yield from _event(event, commit, newest, stored[-1] > order)
            order = stored[-1]
        yield from _hashes(commit, row[5], events)
        last = commit


def _chain(commit: Commit, before: Commit | None) -> Iterator[str]:
    if before is not None and (commit.parent != before.id or commit.position != before.position + 1):
        yield f"commit {commit.id} does not follow commit {before.id}"
    if before is None and commit.branch == "main" and (commit.parent is not None or commit.position != 0):
        yield f"commit {commit.id} is the oldest in the file, but not the first of its branch"


def _event(event: Event, commit: Commit, newest: dict[tuple[str, str], str], in_order: bool) -> Iterator[str]:
    if event_id(event) != event.id:
        yield f"event {event.id} of item {event.item!r} does not match its hash"
    cell = (commit.branch, event.item)
    if event.previous != newest.get(cell):
        yield f"event {event.id} of item {event.item!r} does not follow the event before it"
    if not in_order:
        yield f"event {event.id} of item {event.item!r} stands in the wrong order"
    newest[cell] = event.id


def _hashes(commit: Commit, rater: str, events: list[Event]) -> Iterator[str]:
    if root_hash(events) != commit.root:
        yield f"commit {commit.id} does not have the events that it was written with"
    identity = commit_id(
        parent=commit.parent,
        merge_parent=commit.merge_parent,
        branch=commit.branch,
        position=commit.position,
        rater=rater,
        time=time_text(commit.time),
        message=commit.message,
        kind=commit.kind,
        schema=commit.schema,
        snapshot=commit.snapshot,
        root=commit.root,
        tool=commit.tool,
    )
    if identity != commit.id:
        yield f"commit {commit.id} does not match its hash"


def _caches(query: Query) -> Iterator[str]:
    orphans = query("SELECT count(*) FROM events WHERE commit_id NOT IN (SELECT id FROM commits)")[0][0]
    if orphans:
        yield f"{orphans} events belong to no commit"
    # Branches of this version are lanes of their own: the ref is the last commit of its lane.
    for branch, position in query("SELECT branch, max(position) FROM commits GROUP BY branch"):
        tip = query("SELECT id FROM commits WHERE branch = ? AND position = ?", branch, position)[0]
        ref = query("SELECT commit_id FROM ref WHERE name = ? AND kind = 'branch'", branch)
        moved = query("SELECT new FROM reflog WHERE name = ? ORDER BY seq DESC LIMIT 1", branch)
        if ref != [tip] or moved != [tip]:
            yield f"the branch {branch!r} does not point to its newest commit"
    wanted = (
        "SELECT c.branch, e.item, e.field, e.rater, e.id, e.new FROM events e JOIN commits c ON c.id = e.commit_id "
        "WHERE e.seq IN (SELECT max(x.seq) FROM events x JOIN commits y ON y.id = x.commit_id "
        "GROUP BY y.branch, x.item, x.field, x.rater)"
    )
    kept = "SELECT branch, item, field, rater, event, value FROM head"
    if query(f"{wanted} EXCEPT {kept} LIMIT 1") or query(f"{kept} EXCEPT {wanted} LIMIT 1"):
        yield "the cache of newest labels does not match the log; rebuild_heads() makes it anew"
