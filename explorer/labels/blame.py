"""Blame: whose decision a label is, when and why it was made, and what that rater was shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from explorer.labels.engine import Engine
from explorer.labels.model import Cell, Commit, Logged
from explorer.labels.schema import Names
from explorer.labels.values import to_public
from explorer.labels.votes import Vote

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One event, in the words that people use.

    `rater` is who decided; `old` and `new` are labels; `commit`, `kind` and `branch` say where it is written; `undoes`
    is the event that it takes back, `restores` the one that holds again, or that a merge brought over.
    """

    time: dt.datetime
    rater: str
    item: str
    field: str
    op: str
    old: Any
    new: Any
    why: str
    reason: str
    evidence: Mapping[str, Any] | None
    commit: str
    event: str
    kind: str
    branch: str
    undoes: str | None = None
    restores: str | None = None

    @property
    def settled(self) -> str:
        """Who settled a conflict of branches this way, and why, as text; "" where there was none."""
        said = (self.evidence or {}).get("resolved") if self.kind == "merge" and self.undoes is None else None
        if not isinstance(said, Mapping):
            return ""
        by, why = said.get("by") or said.get("rater"), said.get("why")  # stores have had it under both names
        return f"settled by {by}{f': {why}' if why else ''}" if by else ""


@dataclass(frozen=True, slots=True, repr=False)
class Blame:
    """Where the label of a cell comes from.

    Attributes
    ----------
    cell
        The cell now.
    decision
        The event whose word holds, as its rater wrote it, wherever that was; `None` while nobody decided.
    chain
        All that happened to the cell, newest first: on this branch, and on others before they were merged.
    votes
        What each rater said last.
    """

    cell: Cell
    decision: LogEntry | None
    chain: list[LogEntry]
    votes: list[Vote]

    @property
    def settled(self) -> str:
        """Who settled the conflict of branches that the label comes from, and why; "" where there was none."""
        gone: set[str] = set()
        for x in self.chain:
            if x.event in gone:
                continue
            if x.undoes is not None:
                gone.add(x.undoes)
            elif self.decision is not None and self.decision.event in (x.event, x.restores) and x.settled:
                return x.settled
        return ""

    def table(self) -> pd.DataFrame:
        """Return the chain as a table, as `Store.log` has it, with who settled a conflict in a column `settled`."""
        import pandas as pd

        from explorer.labels.columns import TEXT
        from explorer.labels.history import entries_table

        frame = entries_table(self.chain)
        frame["settled"] = pd.Series([x.settled or None for x in self.chain], dtype=TEXT)
        return frame

    def __repr__(self) -> str:
        from explorer.labels import reprs

        return reprs.blame_text(self)

    def _repr_html_(self) -> str:
        from explorer.labels import reprs

        return reprs.blame_html(self)


def entry(logged: Logged, names: Names) -> LogEntry:
    """Put an event into words; the names are those of a schema."""
    event = logged.event
    return LogEntry(
        logged.time,
        logged.rater,
        event.item,
        event.field,
        event.op,
        to_public(event.old, names),
        to_public(event.new, names),
        event.why,
        event.reason,
        event.evidence,
        logged.commit,
        event.id,
        logged.kind,
        logged.branch,
        event.undoes,
        event.restores,
    )


def chain_of(engine: Engine, path: list[Logged], find: Callable[[str], Commit]) -> list[Logged]:
    """Return the events of a cell newest first, with those of the branches that were merged.

    Parameters
    ----------
    path
        The events of the cell on this branch, newest first.
    find
        Returns the commit that has an id.
    """
    found = {x.event.id: x for x in path}
    waiting = [(x.event, origin) for x in path for origin in _origins(x)]
    if not waiting:
        return path
    while waiting:
        event, event_id = waiting.pop()
        origin = None if event_id in found else engine.event(event.item, event_id)
        if origin is None:
            continue
        for logged in engine.item_events(find(origin.commit), event.item, event.field):
            if logged.event.id not in found:
                found[logged.event.id] = logged
                waiting += [(logged.event, before) for before in _origins(logged)]
    # A commit is never earlier than its parents, so time orders what is on different branches too.
    return sorted(found.values(), key=lambda x: x.time, reverse=True)


def _origins(logged: Logged) -> list[str]:
    """Return the events of other branches that an event of a merge brought over, or settled between."""
    event = logged.event
    if logged.kind != "merge" or event.undoes is not None:
        return []
    merged = (event.evidence or {}).get("merged")
    cited = [i for i in merged if isinstance(i, str)] if isinstance(merged, list) else []
    return [event.restores, *cited] if event.restores else cited
