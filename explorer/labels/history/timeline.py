"""The history commit by commit, for whoever shows it: a page of the newest ones, with counts and their first changes.

A page reads what is on it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from explorer.labels.display import seen_p_error
from explorer.labels.head import When
from explorer.labels.model.schema import Names, names_of
from explorer.labels.model.types import Commit, Logged
from explorer.labels.model.values import to_public
from explorer.labels.storage.backend import Backend
from explorer.labels.storage.searches import Filter, Place
from explorer.labels.working_copy import Opened

FIRST = 12
"""Changes of a commit that a page brings along."""
_PAGE = 200


@dataclass(frozen=True)
class Wanted:
    """Which changes to show: of one item, by one rater, with one reason code, from or to one class."""

    item: str | None = None
    rater: str | None = None
    reason: str | None = None
    label: str | None = None

    def filter(self, names: Names) -> Filter:
        """Return the same for the backend, which knows classes by their ids."""
        if self.label is None:
            return Filter(self.item, self.rater, self.reason)
        ids = tuple(i for i in names.public if names.name(i) == self.label) or (self.label,)
        return Filter(self.item, self.rater, self.reason, ids)


@dataclass(frozen=True)
class Row:
    """One commit of a timeline.

    Attributes
    ----------
    commit
        Without its events.
    count
        Changes that match, also those that `entries` leaves out.
    entries
        The first of them; see `entry`.
    undone
        Everything that it changed was taken back.
    merged_from
        Branch whose decisions a merge brought in.
    """

    commit: Commit
    count: int
    entries: list[dict[str, Any]]
    tags: list[str]
    undone: bool = False
    merged_from: str | None = None


@dataclass(frozen=True)
class Timeline:
    """Rows newest first, and how many commits match in all."""

    rows: list[Row]
    total: int


@dataclass(frozen=True)
class _Marks:
    """What else a row says: how many changes of a commit (by branch and position) are undone, its tags (by id)."""

    undone: Counter[Place]
    tags: dict[str, list[str]]


def timeline(store: Opened, limit: int, wanted: Wanted | None = None, first: int = FIRST) -> Timeline:
    """Return the newest commits of the current branch with changes that match, and the number of all of them.

    Parameters
    ----------
    store
        An open store.
    limit
        Number of commits at most.
    wanted
        Which changes are meant. Without it, commits that change no label (bindings, classes) are there too.
    first
        Number of changes that each row brings along at most.
    """
    wanted = wanted or Wanted()
    copy = store.working_copy
    backend = copy.backend
    with backend.lock, backend.reading():
        now = copy.head.newest()
        if now is None:
            return Timeline([], 0)
        at, names = now.commit, names_of(now.schema)
        if wanted == Wanted():
            found, total = backend.commits(at, limit=limit), at.position + 1
        elif wanted.item is not None:
            found, total = _of_item(backend, at, wanted, names, limit)
        else:
            total = backend.count_matches(at, wanted.filter(names))
            found = backend.search(at, wanted.filter(names), min(limit, total))
        return Timeline(_rows(backend, _marks(backend, at), found, wanted, names, first), total)


def pages(store: Opened, wanted: Wanted | None = None, first: int = FIRST, size: int = _PAGE) -> Iterator[list[Row]]:
    """Yield the rows of `timeline` newest first, some at a time, each read when it is asked for.

    What is written meanwhile is not among them: the history is that of the newest commit at the beginning.
    """
    wanted = wanted or Wanted()
    copy = store.working_copy
    backend = copy.backend
    with backend.lock, backend.reading():
        now = copy.head.newest()
        if now is None:
            return
        at, names, marks = now.commit, names_of(now.schema), _marks(backend, now.commit)
    before: Commit | None = None
    while True:
        with backend.lock, backend.reading():
            if wanted == Wanted():
                found = backend.commits(at, limit=size, before=before)
            elif wanted.item is not None:
                found = _of_item(backend, at, wanted, names, size, before)[0]
            else:
                found = backend.search(at, wanted.filter(names), size, before)
            made = _rows(backend, marks, found, wanted, names, first)
        if made:
            yield made
        if len(found) < size:
            return
        before = found[-1]


def one(store: Opened, when: When = "head", limit: int | None = FIRST) -> Row:
    """Return one commit with its first changes (`None`: all of them)."""
    copy = store.working_copy
    backend = copy.backend
    with backend.lock, backend.reading():
        now = copy.head.now()
        commit = copy.head.find(when)
        at = now.commit if backend.is_ancestor(commit, now.commit) else commit
        return _rows(backend, _marks(backend, at), [commit], Wanted(), names_of(now.schema), limit)[0]


def changes(store: Opened, when: When, offset: int, limit: int) -> tuple[list[dict[str, Any]], int]:
    """Return some changes of a commit in their order, and how many it has."""
    copy = store.working_copy
    backend = copy.backend
    with backend.lock, backend.reading():
        names = names_of(copy.head.now().schema)
        commit = copy.head.find(when)
        found, total = backend.event_page(commit, offset, limit)
        source = _merged_from(backend, commit)
        return [entry(logged, names, source) for logged in found], total


def newest(store: Opened, limit: int, item: str | None = None) -> list[dict[str, Any]]:
    """Return the newest changes of the current branch, of all items or of one, newest first."""
    copy = store.working_copy
    backend = copy.backend
    with backend.lock, backend.reading():
        now = copy.head.newest()
        if now is None:
            return []
        names, sources = names_of(now.schema), dict[str, str | None]()
        found = backend.log_rows(now.commit, limit, item)
        for logged in found:
            if logged.kind == "merge" and logged.commit not in sources:
                commit = backend.by_id(logged.commit)
                sources[logged.commit] = None if commit is None else _merged_from(backend, commit)
        return [entry(x, names, sources.get(x.commit)) for x in found]


def entry(logged: Logged, names: Names, merged_from: str | None = None) -> dict[str, Any]:
    """Return a change as plain values, labels under the names that their classes have now."""
    event = logged.event
    p_error = seen_p_error(event.evidence)
    return {
        "time": logged.time,
        "rater": logged.rater,
        "item": event.item,
        "field": event.field,
        "op": event.op,
        "old": to_public(event.old, names),
        "new": to_public(event.new, names),
        "why": event.why,
        "reason": event.reason,
        "p_error": None if math.isnan(p_error) else p_error,
        "commit": logged.commit,
        "event": event.id,
        "kind": logged.kind,
        "branch": logged.branch,
        "merged_from": merged_from,
    }


def _of_item(
    backend: Backend, at: Commit, wanted: Wanted, names: Names, limit: int, before: Commit | None = None
) -> tuple[list[Commit], int]:
    events = backend.log_rows(at, None, wanted.item, wanted.rater, wanted.reason, before)
    ids = list(dict.fromkeys(x.commit for x in events if _is_of(x, wanted, names)))
    commits = [backend.by_id(i) for i in ids[:limit]]
    return [c for c in commits if c is not None], len(ids)


def _is_of(logged: Logged, wanted: Wanted, names: Names) -> bool:
    label, event = wanted.label, logged.event
    return label is None or label in (to_public(event.old, names), to_public(event.new, names))


def _marks(backend: Backend, at: Commit) -> _Marks:
    tags: dict[str, list[str]] = {}
    for ref in backend.refs().values():
        if ref.kind == "tag":
            tags.setdefault(ref.commit_id, []).append(ref.name)
    return _Marks(backend.undone(at), tags)


def _rows(
    backend: Backend, marks: _Marks, found: list[Commit], wanted: Wanted, names: Names, first: int | None
) -> list[Row]:
    conditions = wanted.filter(names)
    made = []
    for commit in found:
        shown, count = backend.matches(commit, conditions, first)
        undone = marks.undone[commit.branch, commit.position]
        whole = undone > 0 and undone == backend.size(commit)
        source = _merged_from(backend, commit)
        entries = [entry(x, names, source) for x in shown]
        made.append(Row(commit, count, entries, marks.tags.get(commit.id, []), whole, source))
    return made


def _merged_from(backend: Backend, commit: Commit) -> str | None:
    if commit.merge_parent is None:
        return None
    parent = backend.by_id(commit.merge_parent)
    return None if parent is None else parent.branch
