"""Blame: whose decision a label is, when and why it was made, and what that rater was shown."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from explorer.labels.display import (
    SHOWN,
    box_html,
    decided_text,
    heading_html,
    label_text,
    seen_p_error,
    table_html,
    time_text,
)
from explorer.labels.history.entries import LogEntry, entries_table, entry
from explorer.labels.history.frames import TEXT
from explorer.labels.history.votes import Vote, votes_of
from explorer.labels.model.cells import Cell
from explorer.labels.model.types import Commit, Logged
from explorer.labels.model.version import known_cell
from explorer.labels.storage.backend import Backend
from explorer.labels.working_copy import WorkingCopy


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
        frame = entries_table(self.chain)
        frame["settled"] = pd.Series([x.settled or None for x in self.chain], dtype=TEXT)
        return frame

    def __repr__(self) -> str:
        label = f"{self.cell.item!r}: {label_text(self.cell.value)}"
        if self.decision is None:
            return f"Blame({label}, as given; nobody decided)"
        settled = f"; {self.settled}" if self.settled else ""
        head = f"Blame({label}, {self.cell.state_text} {_said(self.decision)}{settled})"
        lines = [f"  {time_text(e.time)} {e.rater} {e.op} {label_text(e.new)}{_note(e)}" for e in self.chain[:5]]
        more = [f"  … {len(self.chain) - 5:,} more"] if len(self.chain) > 5 else []
        return "\n".join([head, *lines, *more])

    def _repr_html_(self) -> str:
        decision = self.decision
        said = "as given; nobody decided" if decision is None else f"{self.cell.state_text} {_said(decision)}"
        said += f"; {self.settled}" if self.settled else ""
        rows = [
            (
                time_text(e.time),
                e.rater,
                e.op + (" (undo)" if e.undoes else ""),
                label_text(e.old),
                label_text(e.new),
                "; ".join(filter(None, (e.why, e.settled))),
            )
            for e in self.chain[:SHOWN]
        ]
        table = table_html(("time", "rater", "op", "old", "new", "why"), rows, len(self.chain)) if rows else ""
        return box_html(heading_html(f"Item {self.cell.item!r}: {label_text(self.cell.value)}", said), table)


def _said(entry: LogEntry) -> str:
    p = seen_p_error(entry.evidence)
    seen = "" if math.isnan(p) else f", who saw p_error {p:.3g}"
    return decided_text(entry.rater, entry.time, entry.why) + seen


def _note(entry: LogEntry) -> str:
    what = " (undo)" if entry.undoes else f" ({entry.kind})" if entry.kind in ("merge", "import") else ""
    said = f"{what}: {entry.why}" if entry.why else what
    return f"{said}; {entry.settled}" if entry.settled else said


def blame(copy: WorkingCopy, item: str, field: str) -> Blame:
    """Return where the label of a cell comes from; see `Reader.blame`."""
    backend, head = copy.backend, copy.head
    with backend.lock:
        version = head.bound(field)
        cell = known_cell(version, item)
        newest = version.heads.get(item)
        if newest is None:
            return Blame(cell, None, [], [])
        path = backend.item_events(head.tip(), item, field)
        chain = chain_of(backend, path, head.find)
        decision = newest.event.decision
        found = next((x for x in chain if x.event.id == decision), None)
        if found is None and decision is not None:
            found = backend.event(item, decision)
        names = version.names
        return Blame(
            cell,
            entry(found, names) if found else None,
            [entry(x, names) for x in chain],
            votes_of(path, names, backend),
        )


def chain_of(backend: Backend, path: list[Logged], find: Callable[[str], Commit]) -> list[Logged]:
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
        origin = None if event_id in found else backend.event(event.item, event_id)
        if origin is None:
            continue
        for logged in backend.item_events(find(origin.commit), event.item, event.field):
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
