"""Quick looks at a store, for whoever shows it again and again: none reads more than it returns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from dataclasses import dataclass

from explorer.labels.model.refs import Move
from explorer.labels.model.schema import Names, names_of
from explorer.labels.model.types import Commit
from explorer.labels.working_copy import Opened


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


def names(store: Opened) -> Names:
    """Return what the names and ids of classes mean now; `StoreError` before anything is bound."""
    copy = store.working_copy
    with copy.backend.lock:
        return names_of(copy.head.now().schema)


def place(store: Opened) -> tuple[str, str | None, str | None, str | None]:
    """Return where a store is: its branch, commit, snapshot and schema. One question to the database."""
    copy = store.working_copy
    with copy.backend.lock:
        now = copy.head.newest()
        if now is None:
            return (copy.branch, None, None, None)
        return (copy.branch, now.commit.id, now.snapshot.id, now.schema.id)


def saved(store: Opened) -> dt.datetime | None:
    """Return the time of the newest commit of the current branch."""
    copy = store.working_copy
    with copy.backend.lock:
        now = copy.head.newest()
        return None if now is None else now.commit.time


def mark(store: Opened) -> Hashable:
    """Return something that is another when a branch or tag has been made, moved or deleted."""
    copy = store.working_copy
    with copy.backend.lock, copy.backend.reading():
        own = copy.branch  # whose commits are told otherwise
        return tuple((r.name, r.kind, "" if r.name == own else r.commit_id) for r in copy.backend.refs().values())


def branches(store: Opened) -> list[Branch]:
    """Return the branches by name."""
    copy = store.working_copy
    with copy.backend.lock, copy.backend.reading():
        names = sorted(name for name, ref in copy.backend.refs().items() if ref.kind == "branch")
        tips = {name: tip for name in names if (tip := copy.backend.tip(name)) is not None}
        own, main = copy.branch, tips.get("main")
        return [
            Branch(name, name == own, tip, copy.backend.ahead(tip, main) if main else 0) for name, tip in tips.items()
        ]


def tags(store: Opened) -> list[Tag]:
    """Return the tags by name."""
    copy = store.working_copy
    with copy.backend.lock, copy.backend.reading():
        made: dict[str, Move] = {}
        for move in copy.backend.reflog():  # newest first
            made.setdefault(move.name, move)
        refs = sorted(copy.backend.refs().items())
        return [Tag(name, ref.commit_id, made.get(name)) for name, ref in refs if ref.kind == "tag"]


def raters(store: Opened) -> list[str]:
    """Return the names of everybody who wrote to the store, in the order in which they came."""
    backend = store.working_copy.backend
    with backend.lock:
        return backend.rater_names()
