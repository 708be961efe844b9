"""Votes: the newest standing decision of each rater on each item."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from explorer.labels.history.entries import typed
from explorer.labels.model.schema import Names
from explorer.labels.model.types import FIELD, Commit, Logged
from explorer.labels.model.values import to_public
from explorer.labels.model.version import known_cell
from explorer.labels.storage.backend import Backend
from explorer.labels.working_copy import WorkingCopy

VOTE_COLUMNS = ("item", "rater", "value", "op", "time", "why", "reason", "event")


@dataclass(frozen=True, slots=True)
class Vote:
    """What one rater said last on an item, and did not take back. `value` is the label as the event recorded it."""

    item: str
    rater: str
    value: Any
    op: str
    time: dt.datetime
    why: str
    reason: str
    event: str


def standing_votes(copy: WorkingCopy, item: str | None, field: str) -> list[Vote]:
    """Return the votes on an item, newest first, or on all items; none before anything is bound."""
    backend, head = copy.backend, copy.head
    with backend.lock:
        version = head.version(field)
        if version is None:
            return []
        if item is None:
            return all_votes(backend.events(head.tip(), None), field, version.names, backend)
        known_cell(version, item)
        return votes_of(backend.item_events(head.tip(), item, field), version.names, backend)


def votes_table(votes: Iterable[Vote], field: str) -> pd.DataFrame:
    """Make a table of votes on a field, in their order, with the columns `VOTE_COLUMNS`."""
    rows = [tuple(getattr(v, c) for c in VOTE_COLUMNS) for v in votes]
    frame = pd.DataFrame(rows, columns=list(VOTE_COLUMNS))
    if field == FIELD:
        return typed(frame)
    frame["value"] = pd.Series([r[2] for r in rows], dtype=object)
    return typed(frame, but=("value",))


def votes_of(path: Iterable[Logged], names: Names, backend: Backend) -> list[Vote]:
    """Return the votes on one cell, newest first.

    Parameters
    ----------
    path
        The events of the cell, newest first. An undo is no vote: it withdraws one, also where a merge brought it over.
        Nor is going back to the given label, which withdraws the vote of whoever does so. A decision that a merge
        brought over is the vote of the rater who made it.
    """
    return _votes(list(path), names, _Withdrawn(backend))


def all_votes(events: Iterable[Logged], field: str, names: Names, backend: Backend) -> list[Vote]:
    """Return the votes of one field on all items, by item in the order of their first events.

    Parameters
    ----------
    events
        The events of a history, oldest first.
    """
    paths: dict[str, list[Logged]] = {}
    for logged in events:
        if logged.event.field == field:
            paths.setdefault(logged.event.item, []).append(logged)
    withdrawn = _Withdrawn(backend, backend.undone_items())  # few items: only theirs can be withdrawn elsewhere
    return [vote for path in paths.values() for vote in _votes(path[::-1], names, withdrawn)]


def _votes(path: list[Logged], names: Names, withdrawn: _Withdrawn) -> list[Vote]:
    gone = withdrawn.of(path)
    votes: dict[str, Vote | None] = {}
    for logged in path:
        event = logged.event
        if event.undoes is not None or event.id in gone or event.rater in votes or withdrawn.brought(logged):
            continue
        votes[event.rater] = (
            None
            if event.op == "clear"
            else Vote(
                event.item,
                logged.rater,
                to_public(event.new, names),
                event.op,
                logged.time,
                event.why,
                event.reason,
                event.id,
            )
        )
    return [vote for vote in votes.values() if vote is not None]


class _Withdrawn:
    """What was taken back, on a branch or on one that was merged into it.

    Parameters
    ----------
    items
        The items that have an undo anywhere; `None` is not known.
    """

    def __init__(self, backend: Backend, items: frozenset[str] | None = None) -> None:
        self._backend = backend
        self._items = items
        self._merged: dict[str, Commit | None] = {}
        self._known: dict[tuple[str, str, str], frozenset[str]] = {}

    def of(self, path: list[Logged]) -> frozenset[str]:
        """Return the ids of the events of a cell (newest first) that were undone, here or where a merge came from."""
        if not path or (self._items is not None and path[0].event.item not in self._items):
            return frozenset()
        gone: set[str] = set()
        for logged in path:
            event = logged.event
            if event.id in gone:
                continue
            if event.undoes is not None:
                gone.add(event.undoes)
            elif logged.kind == "merge" and not _kept_ours(logged):
                gone |= self._there(logged)
        return frozenset(gone)

    def _there(self, logged: Logged) -> frozenset[str]:
        """Return what was taken back on the branch that a merge brought a decision from."""
        if logged.commit not in self._merged:
            commit = self._backend.by_id(logged.commit)
            parent = commit.merge_parent if commit else None
            self._merged[logged.commit] = self._backend.by_id(parent) if parent else None
        theirs, event = self._merged[logged.commit], logged.event
        if theirs is None:
            return frozenset()
        key = theirs.id, event.field, event.item
        if key not in self._known:
            self._known[key] = self.of(self._backend.item_events(theirs, event.item, event.field))
        return self._known[key]

    def brought(self, logged: Logged) -> bool:
        """Tell whether an event of a merge says that everything was taken back there, which nobody decided."""
        event = logged.event
        if event.op != "clear" or event.undoes is not None or logged.kind != "merge":
            return False
        if event.restores is None:
            return True
        origin = self._backend.event(event.item, event.restores)  # a merge may bring over what a merge brought over
        return origin is not None and self.brought(origin)


def _kept_ours(logged: Logged) -> bool:
    resolved = (logged.event.evidence or {}).get("resolved")
    return isinstance(resolved, Mapping) and resolved.get("pick") == "ours"
