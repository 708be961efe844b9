"""The history commit by commit, for whoever shows it: a page of the newest ones, with counts and their first changes.

A page reads what is on it. How many commits match a filter is counted once, and after that only for what is new.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from explorer.labels import rows
from explorer.labels.canonical import value_text
from explorer.labels.cells import seen_p_error
from explorer.labels.glance import engine_of
from explorer.labels.live import When
from explorer.labels.model import Commit, Logged
from explorer.labels.paths import event_range
from explorer.labels.reader import Reader
from explorer.labels.refs import SQLEngine
from explorer.labels.schema import Names, names_of
from explorer.labels.values import to_public

FIRST = 12
"""Changes of a commit that a page brings along."""


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
        Changes that match.
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


@dataclass
class _Totals:
    """Number of matching commits up to a commit, by branch lane and filter."""

    known: OrderedDict[tuple[Any, ...], tuple[Commit, int]] = field(default_factory=OrderedDict)


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
        return Timeline(_rows(engine, at, found, wanted, names, first), total)


def one(store: Reader, when: When = "head", limit: int | None = FIRST) -> Row:
    """Return one commit with its first changes (`None`: all of them)."""
    engine = engine_of(store)
    with engine.lock, engine.reading():
        now = store._live.now()
        commit = store._live.find(when)
        at = now.commit if engine.is_ancestor(commit, now.commit) else commit
        return _rows(engine, at, [commit], Wanted(), names_of(now.schema), limit)[0]


def changes(store: Reader, when: When, offset: int, limit: int) -> tuple[list[dict[str, Any]], int]:
    """Return some changes of a commit in their order, and how many it has."""
    engine = engine_of(store)
    with engine.lock, engine.reading():
        names = names_of(store._live.now().schema)
        commit = store._live.find(when)
        lo, hi = _numbers(engine, commit)
        total = _count(engine, lo, hi)
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


def _condition(wanted: Wanted, names: Names) -> tuple[str, dict[str, Any]]:
    """Return what an event `e` must be, as SQL."""
    parts, binds = ["e.n BETWEEN :lo AND :hi"], dict[str, Any]()
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


def _of_item(engine: SQLEngine, at: Commit, wanted: Wanted, names: Names, limit: int) -> tuple[list[Commit], int]:
    events = engine.log_rows(at, None, wanted.item, wanted.rater, wanted.reason)
    ids = list(dict.fromkeys(x.commit for x in events if _is_of(x, wanted, names)))
    commits = [engine.by_id(i) for i in ids[:limit]]
    return [c for c in commits if c is not None], len(ids)


def _is_of(logged: Logged, wanted: Wanted, names: Names) -> bool:
    label, event = wanted.label, logged.event
    return label is None or label in (to_public(event.old, names), to_public(event.new, names))


def _matching(engine: SQLEngine, at: Commit, wanted: Wanted, names: Names, limit: int) -> list[Commit]:
    """Return the newest commits with a change that matches."""
    condition, binds = _condition(wanted, names)
    inner = condition.replace("e.n BETWEEN :lo AND :hi", "e.n BETWEEN (c.n << 20) AND ((c.n << 20) | 1048575)")
    found: list[Commit] = []
    for lo, hi in engine.ranges(at):
        where = (
            f"WHERE c.n BETWEEN :lo AND :hi AND EXISTS (SELECT 1 FROM events e WHERE {inner}) "  # noqa: S608
            f"ORDER BY c.n DESC LIMIT {limit - len(found)}"
        )
        if len(found) < limit:
            found += engine.select_commits(where, lo=lo, hi=hi, **binds)
    return found


def _total(store: Reader, engine: SQLEngine, at: Commit, wanted: Wanted, names: Names) -> int:
    """Count the commits with a change that matches; what was counted before is not counted again."""
    totals: _Totals = store.__dict__.setdefault("_totals", _Totals())
    key = (at.branch, wanted, names.schema.id)
    before, total = totals.known.pop(key, (None, 0))
    if before is not None and before.position > at.position:
        before, total = None, 0
    condition, binds = _condition(wanted, names)
    for commits in engine.ranges(at, before):
        lo, hi = event_range(commits)
        sql = f"SELECT count(DISTINCT e.n >> 20) FROM events e WHERE {condition}"  # noqa: S608
        total += int(engine.all(sql, lo=lo, hi=hi, **binds)[0][0])
    totals.known[key] = (at, total)
    while len(totals.known) > 100:
        totals.known.popitem(last=False)
    return total


def _rows(
    engine: SQLEngine, at: Commit, found: list[Commit], wanted: Wanted, names: Names, first: int | None
) -> list[Row]:
    condition, binds = _condition(wanted, names)
    if wanted.item is not None:
        condition += " AND e.item = :item"
        binds["item"] = rows.pack(wanted.item)
    undone = engine.undone(at) if found else set()
    taken_back: dict[int, int] = {}
    for number in undone:
        taken_back[number >> rows.ORDER_BITS] = taken_back.get(number >> rows.ORDER_BITS, 0) + 1
    tags: dict[str, list[str]] = {}
    for ref in engine.refs().values():
        if ref.kind == "tag":
            tags.setdefault(ref.commit_id, []).append(ref.name)
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
        all_of = taken_back.get(lo >> rows.ORDER_BITS, 0)
        whole = all_of > 0 and all_of == _count(engine, lo, hi)
        source = _merged_from(engine, commit)
        entries = [entry(x, names, source) for x in shown]
        made.append(Row(commit, count, entries, tags.get(commit.id, []), whole, source))
    return made


def _count(engine: SQLEngine, lo: int, hi: int) -> int:
    return int(engine.all("SELECT count(*) FROM events e WHERE e.n BETWEEN :lo AND :hi", lo=lo, hi=hi)[0][0])


def _merged_from(engine: SQLEngine, commit: Commit) -> str | None:
    if commit.merge_parent is None:
        return None
    parent = engine.by_id(commit.merge_parent)
    return None if parent is None else parent.branch
