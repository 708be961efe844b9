"""Looking back: tables of events, of commits, of what happened to branches and tags, and sittings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from explorer.labels.history.entries import typed
from explorer.labels.model.refs import Move
from explorer.labels.model.types import Commit, LabelSchema, Rater
from explorer.labels.storage.backend import Backend
from explorer.labels.working_copy import WorkingCopy

COMMIT_COLUMNS = (
    "position", "time", "rater", "kind", "message", "commit", "snapshot", "branch", "merged_from",
)  # fmt: skip


def commits(found: Iterable[Commit]) -> pd.DataFrame:
    """Make a table of commits, in their order, with the columns `COMMIT_COLUMNS`."""
    rows = [(c.position, c.time, c.rater, c.kind, c.message, c.id, c.snapshot, c.branch, c.merge_parent) for c in found]
    return typed(pd.DataFrame(rows, columns=list(COMMIT_COLUMNS)))


def moves(found: Iterable[Move]) -> pd.DataFrame:
    """Make a table of what happened to branches and tags: name, kind, old, new, rater, time, why."""
    columns = ["name", "kind", "old", "new", "rater", "time", "why"]
    return typed(pd.DataFrame([tuple(getattr(m, c) for c in columns) for m in found], columns=columns))


def raters(found: Iterable[tuple[Rater, int, dt.datetime | None, dt.datetime | None]]) -> pd.DataFrame:
    """Make a table of raters: name, kind, events, first, last."""
    rows = [(rater.name, rater.kind, *rest) for rater, *rest in found]
    return typed(pd.DataFrame(rows, columns=["name", "kind", "events", "first", "last"]))


def branches(copy: WorkingCopy) -> pd.DataFrame:
    """Make a table of branches: name, current, commit, time, rater, commits_ahead_of_main, commits_behind_main."""
    backend, rows = copy.backend, []
    with backend.lock, backend.reading():
        main = backend.tip("main")
        for name, ref in sorted(backend.refs().items()):
            tip = backend.tip(name) if ref.kind == "branch" else None
            if tip is not None and main is not None:
                ahead, behind = backend.ahead(tip, main), backend.ahead(main, tip)
                rows.append((name, name == copy.branch, tip.id, tip.time, tip.rater, ahead, behind))
    columns = ["name", "current", "commit", "time", "rater", "commits_ahead_of_main", "commits_behind_main"]
    return typed(pd.DataFrame(rows, columns=columns))


def tags(copy: WorkingCopy) -> pd.DataFrame:
    """Make a table of tags: name, commit, time, rater, why."""
    backend, rows = copy.backend, []
    made: dict[str, Move] = {}
    with backend.lock, backend.reading():
        for move in backend.reflog():  # newest first
            made.setdefault(move.name, move)
        for name, ref in sorted(backend.refs().items()):
            if ref.kind == "tag":
                last = made.get(name)
                rows.append((name, ref.commit_id, *((last.time, last.rater, last.why) if last else (None,) * 3)))
    return typed(pd.DataFrame(rows, columns=["name", "commit", "time", "rater", "why"]))


def schema_log(backend: Backend, history: Sequence[Commit]) -> pd.DataFrame:
    """Make a table of changes of classes and fields, newest first.

    Columns: time, rater, change (add class, rename class, merge classes, split class, retire class, add field), name
    (before), into (what it became, or the type of a field), commit.

    Parameters
    ----------
    history
        The commits of a branch, newest first.
    """
    rows: list[tuple[Any, ...]] = []
    for commit, before in zip(history, [*history, None][1:], strict=True):
        if before is None or commit.schema != before.schema:
            earlier = backend.schema(before.schema) if before else None
            changes = list(_changes(earlier, backend.schema(commit.schema)))
            rows += [(commit.time, commit.rater, *change, commit.id) for change in reversed(changes)]
    return typed(pd.DataFrame(rows, columns=["time", "rater", "change", "name", "into", "commit"]))


def _changes(before: LabelSchema | None, after: LabelSchema) -> Iterable[tuple[str, str, str | None]]:
    own = {c.id: c.name for c in after.classes}
    known = {c.id for c in before.classes} if before else frozenset[str]()
    done = list(before.migrations) if before else []
    split_into: set[str] = set()
    for m in after.migrations:
        if m in done:
            continue
        if m["kind"] == "rename":
            yield "rename class", m["old"], m["new"]
        elif m["kind"] == "merge":
            yield "merge classes", own.get(m["class"], m["class"]), own.get(m["into"], m["into"])
        elif m["kind"] == "split":
            split_into.update(m["into"])
            yield "split class", own.get(m["class"], m["class"]), ", ".join(own.get(i, i) for i in m["into"])
        else:
            yield "retire class", own.get(m["class"], m["class"]), None
    for c in after.classes:
        if c.id not in known and c.id not in split_into:
            yield "add class", c.name, None
    fields = {f.name for f in before.fields} if before else frozenset[str]()
    for field in after.fields:
        if field.name not in fields:
            yield "add field", field.name, field.type


@dataclass(frozen=True, slots=True)
class Sitting:
    """Commits that one rater made without a long pause. `commits` are newest first, without their events."""

    rater: str
    start: dt.datetime
    end: dt.datetime
    commits: tuple[Commit, ...]


def sittings(history: Iterable[Commit], gap: dt.timedelta) -> list[Sitting]:
    """Group commits by rater, and where that rater paused for longer than `gap`; the newest sitting first.

    Parameters
    ----------
    history
        Commits, newest first.
    """
    open_now: dict[str, list[Commit]] = {}
    closed: list[list[Commit]] = []
    for commit in history:
        own = open_now.setdefault(commit.rater, [])
        if own and own[-1].time - commit.time > gap:
            closed.append(own)
            own = open_now[commit.rater] = []
        own.append(commit)
    groups = sorted([*closed, *open_now.values()], key=lambda g: (g[0].time, g[0].position), reverse=True)
    return [Sitting(g[0].rater, g[-1].time, g[0].time, tuple(g)) for g in groups]
