"""The history commit by commit, for whoever shows it: a page of the newest ones, with counts and their first changes.

A page reads what is on it. How many commits match a filter is counted once, and after that only for what is new.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from explorer.labels.display import seen_p_error
from explorer.labels.head import When
from explorer.labels.history.overview import engine_of
from explorer.labels.history.reader import Reader
from explorer.labels.model.hashing import value_text
from explorer.labels.model.schema import Names, names_of
from explorer.labels.model.types import Commit, Logged
from explorer.labels.model.values import to_public
from explorer.labels.storage import rows
from explorer.labels.storage.ancestry import event_range
from explorer.labels.storage.writes import SQLEngine

FIRST = 12
"""Changes of a commit that a page brings along."""
_PAGE = 200
_COUNTS = 100
"""How many filters a store remembers the count of."""


@dataclass(frozen=True)
class Wanted:
    """Which changes to show: of one item, by one rater, with one reason code, from or to one class."""

    item: str | None = None
    rater: str | None = None
    reason: str | None = None
    label: str | None = None


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
    """What else a row says: how many changes of a commit (by number) are undone, and the tags of a commit (by id)."""

    undone: Counter[int]
    tags: dict[str, list[str]]


_Counts = OrderedDict[tuple[Any, ...], tuple[Commit, int]]
_counts: WeakKeyDictionary[Reader, _Counts] = WeakKeyDictionary()
"""Number of matching commits up to a commit, by branch lane, filter and label schema; of each store."""


def timeline(store: Reader, limit: int, wanted: Wanted | None = None, first: int = FIRST) -> Timeline:
    """Return the newest commits of the current branch with changes that match, and the number of all of them.

    Without a filter, commits that change no label (bindings, classes) are there too.
    """
    wanted = wanted or Wanted()
    engine = engine_of(store)
    with engine.lock, engine.reading():
        state = store._live.state()
        if state is None:
            return Timeline([], 0)
        at, names = state.commit, names_of(state.schema)
        if wanted == Wanted():
            found, total = engine.commits(at, limit=limit), at.position + 1
        elif wanted.item is not None:
            found, total = _of_item(engine, at, wanted, names, limit)
        else:
            total = _total(store, engine, at, wanted, names)
            found = _matching(engine, at, wanted, names, min(limit, total))
        return Timeline(_rows(engine, _marks(engine, at), found, wanted, names, first), total)


def pages(store: Reader, wanted: Wanted | None = None, first: int = FIRST, size: int = _PAGE) -> Iterator[list[Row]]:
    """Yield the rows of `timeline` newest first, some at a time, each read when it is asked for.

    What is written meanwhile is not among them: the history is that of the newest commit at the beginning.
    """
    wanted = wanted or Wanted()
    engine = engine_of(store)
    with engine.lock, engine.reading():
        state = store._live.state()
        if state is None:
            return
        at, names, marks = state.commit, names_of(state.schema), _marks(engine, state.commit)
    before: Commit | None = None
    while True:
        with engine.lock, engine.reading():
            if wanted == Wanted():
                found = engine.commits(at, limit=size, before=before)
            elif wanted.item is not None:
                found = _of_item(engine, at, wanted, names, size, before)[0]
            else:
                found = _matching(engine, at, wanted, names, size, before)
            made = _rows(engine, marks, found, wanted, names, first)
        if made:
            yield made
        if len(found) < size:
            return
        before = found[-1]


def one(store: Reader, when: When = "head", limit: int | None = FIRST) -> Row:
    """Return one commit with its first changes (`None`: all of them)."""
    engine = engine_of(store)
    with engine.lock, engine.reading():
        now = store._live.now()
        commit = store._live.find(when)
        at = now.commit if engine.is_ancestor(commit, now.commit) else commit
        return _rows(engine, _marks(engine, at), [commit], Wanted(), names_of(now.schema), limit)[0]


def changes(store: Reader, when: When, offset: int, limit: int) -> tuple[list[dict[str, Any]], int]:
    """Return some changes of a commit in their order, and how many it has."""
    engine = engine_of(store)
    with engine.lock, engine.reading():
        names = names_of(store._live.now().schema)
        commit = store._live.find(when)
        lo, hi = _numbers(engine, commit)
        total = engine.size(lo >> rows.ORDER_BITS)
        found = engine.all(
            f"{rows.SELECT_LOGGED} WHERE e.n BETWEEN :lo AND :hi ORDER BY e.n",
            lo=lo + max(offset, 0),
            hi=min(hi, lo + max(offset, 0) + limit - 1),
        )
        source = _merged_from(engine, commit)
        return [entry(engine.logged(row), names, source) for row in found], total


def newest(store: Reader, limit: int, item: str | None = None) -> list[dict[str, Any]]:
    """Return the newest changes of the current branch, of all items or of one, newest first."""
    engine = engine_of(store)
    with engine.lock, engine.reading():
        state = store._live.state()
        if state is None:
            return []
        names, sources = names_of(state.schema), dict[str, str | None]()
        found = engine.log_rows(state.commit, limit, item)
        for logged in found:
            if logged.kind == "merge" and logged.commit not in sources:
                commit = engine.by_id(logged.commit)
                sources[logged.commit] = None if commit is None else _merged_from(engine, commit)
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
        "p_error": None if p_error != p_error else p_error,  # noqa: PLR0124  # NaN
        "commit": logged.commit,
        "event": event.id,
        "kind": logged.kind,
        "branch": logged.branch,
        "merged_from": merged_from,
    }


def _numbers(engine: SQLEngine, commit: Commit) -> tuple[int, int]:
    number = engine.number_of(commit)
    return event_range((number, number))


_IN_RANGE = "e.n BETWEEN :lo AND :hi"


def _condition(among: str, wanted: Wanted, names: Names) -> tuple[str, dict[str, Any]]:
    """Return what an event `e` must be, as SQL: one among some, and what is wanted of it, whatever its item."""
    parts, binds = [among], dict[str, Any]()
    if wanted.rater is not None:
        parts.append("e.rater IN (SELECT r.n FROM rater r WHERE r.name = :rater)")
        binds["rater"] = wanted.rater
    if wanted.reason is not None:
        parts.append("e.reason = :reason")
        binds["reason"] = wanted.reason
    if wanted.label is not None:
        ids = [i for i in names.public if names.name(i) == wanted.label] or [wanted.label]
        listed = ", ".join(f":class{n}" for n in range(len(ids)))
        values = f"(SELECT v.n FROM value v WHERE v.json IN ({listed}))"  # noqa: S608  # names of binds
        parts.append(f"(e.old IN {values} OR e.new IN {values})")
        binds |= {f"class{n}": value_text(i) for n, i in enumerate(ids)}
    return " AND ".join(parts), binds


def _of_item(
    engine: SQLEngine, at: Commit, wanted: Wanted, names: Names, limit: int, before: Commit | None = None
) -> tuple[list[Commit], int]:
    events = engine.log_rows(at, None, wanted.item, wanted.rater, wanted.reason, before)
    ids = list(dict.fromkeys(x.commit for x in events if _is_of(x, wanted, names)))
    commits = [engine.by_id(i) for i in ids[:limit]]
    return [c for c in commits if c is not None], len(ids)


def _is_of(logged: Logged, wanted: Wanted, names: Names) -> bool:
    label, event = wanted.label, logged.event
    return label is None or label in (to_public(event.old, names), to_public(event.new, names))


def _matching(
    engine: SQLEngine, at: Commit, wanted: Wanted, names: Names, limit: int, before: Commit | None = None
) -> list[Commit]:
    """Return the newest commits with a change that matches."""
    condition, binds = _condition(rows.IN_COMMIT, wanted, names)
    found: list[Commit] = []
    for lo, hi in engine.ranges(at, before=before):
        where = (
            f"WHERE c.n BETWEEN :lo AND :hi AND EXISTS (SELECT 1 FROM events e WHERE {condition}) "  # noqa: S608
            f"ORDER BY c.n DESC LIMIT {limit - len(found)}"
        )
        if len(found) < limit:
            found += engine.select_commits(where, lo=lo, hi=hi, **binds)
    return found


def _total(store: Reader, engine: SQLEngine, at: Commit, wanted: Wanted, names: Names) -> int:
    """Count the commits with a change that matches; what was counted before is not counted again."""
    known = _counts.setdefault(store, OrderedDict())
    key = (at.branch, wanted, names.schema.id)
    before, total = known.pop(key, (None, 0))
    if before is not None and before.position > at.position:
        before, total = None, 0
    condition, binds = _condition(_IN_RANGE, wanted, names)
    for commits in engine.ranges(at, before):
        lo, hi = event_range(commits)
        sql = f"SELECT count(DISTINCT {rows.COMMIT_OF}) FROM events e WHERE {condition}"  # noqa: S608
        total += int(engine.all(sql, lo=lo, hi=hi, **binds)[0][0])
    known[key] = (at, total)
    while len(known) > _COUNTS:
        known.popitem(last=False)
    return total


def _marks(engine: SQLEngine, at: Commit) -> _Marks:
    tags: dict[str, list[str]] = {}
    for ref in engine.refs().values():
        if ref.kind == "tag":
            tags.setdefault(ref.commit_id, []).append(ref.name)
    return _Marks(Counter(number >> rows.ORDER_BITS for number in engine.undone(at)), tags)


def _rows(
    engine: SQLEngine, marks: _Marks, found: list[Commit], wanted: Wanted, names: Names, first: int | None
) -> list[Row]:
    condition, binds = _condition(_IN_RANGE, wanted, names)
    if wanted.item is not None:
        condition += " AND e.item = :item"
        binds["item"] = rows.pack(wanted.item)
    made = []
    for commit in found:
        lo, hi = _numbers(engine, commit)
        rest = "" if first is None else f"LIMIT {first}"
        shown = [
            engine.logged(row)
            for row in engine.all(f"{rows.SELECT_LOGGED} WHERE {condition} ORDER BY e.n {rest}", lo=lo, hi=hi, **binds)
        ]
        count = len(shown)
        if first is not None and count == first:
            sql = f"SELECT count(*) FROM events e WHERE {condition}"  # noqa: S608
            count = int(engine.all(sql, lo=lo, hi=hi, **binds)[0][0])
        number = lo >> rows.ORDER_BITS
        whole = marks.undone[number] > 0 and marks.undone[number] == engine.size(number)
        source = _merged_from(engine, commit)
        entries = [entry(x, names, source) for x in shown]
        made.append(Row(commit, count, entries, marks.tags.get(commit.id, []), whole, source))
    return made


def _merged_from(engine: SQLEngine, commit: Commit) -> str | None:
    if commit.merge_parent is None:
        return None
    parent = engine.by_id(commit.merge_parent)
    return None if parent is None else parent.branch
