"""Quick looks at a store, for whoever shows it again and again: none reads more than it returns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from dataclasses import dataclass

from explorer.labels.history.reader import Reader
from explorer.labels.model.refs import Move
from explorer.labels.model.schema import Names, names_of
from explorer.labels.model.types import Commit
from explorer.labels.storage.writes import SQLEngine


@dataclass(frozen=True)
class Branch:
    """A branch, its newest commit, and how many commits it is ahead of main."""

    name: str
    current: bool
    tip: Commit
    ahead: int


@dataclass(frozen=True)
class Tag:
    """A tag: the commit that it names; who made it, when and why, where that is known."""

    name: str
    commit: str
    move: Move | None


def engine_of(store: Reader) -> SQLEngine:
    """Return the engine of a store."""
    engine = store._engine
    assert isinstance(engine, SQLEngine)
    return engine


def names(store: Reader) -> Names:
    """Return what the names and ids of classes mean now; `StoreError` before anything is bound."""
    with engine_of(store).lock:
        return names_of(store._live.now().schema)


def place(store: Reader) -> tuple[str, str | None, str | None, str | None]:
    """Return where a store is: its branch, commit, snapshot and schema. One question to the database."""
    with engine_of(store).lock:
        state = store._live.state()
        if state is None:
            return (store.current_branch, None, None, None)
        return (store.current_branch, state.commit.id, state.snapshot.id, state.schema.id)


def saved(store: Reader) -> dt.datetime | None:
    """Return the time of the newest commit of the current branch."""
    with engine_of(store).lock:
        state = store._live.state()
        return None if state is None else state.commit.time


def mark(store: Reader) -> Hashable:
    """Return something that is another when a branch or tag has been made, moved or deleted."""
    engine = engine_of(store)
    with engine.lock, engine.reading():
        own = store.current_branch  # whose commits are told otherwise
        return tuple((r.name, r.kind, "" if r.name == own else r.commit_id) for r in engine.refs().values())


def branches(store: Reader) -> list[Branch]:
    """Return the branches by name."""
    engine = engine_of(store)
    with engine.lock, engine.reading():
        names = sorted(name for name, ref in engine.refs().items() if ref.kind == "branch")
        tips = {name: tip for name in names if (tip := engine.tip(name)) is not None}
        own, main = store.current_branch, tips.get("main")
        return [Branch(name, name == own, tip, engine.ahead(tip, main) if main else 0) for name, tip in tips.items()]


def tags(store: Reader) -> list[Tag]:
    """Return the tags by name."""
    engine = engine_of(store)
    with engine.lock, engine.reading():
        made: dict[str, Move] = {}
        for move in engine.reflog():  # newest first
            made.setdefault(move.name, move)
        refs = sorted(engine.refs().items())
        return [Tag(name, ref.commit_id, made.get(name)) for name, ref in refs if ref.kind == "tag"]


def raters(store: Reader) -> list[str]:
    """Return the names of everybody who wrote to the store, in the order in which they came."""
    engine = engine_of(store)
    with engine.lock:
        return list(dict.fromkeys(str(row[0]) for row in engine.all("SELECT r.name FROM rater r ORDER BY r.n")))
