"""Blame: whose decision a label is, when and why it was made, and what that rater was shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.labels.display import _SHOWN, _box, _decided, _head, label_text, seen_p_error, table_html, time_text
from explorer.labels.history.entries import LogEntry
from explorer.labels.history.votes import Vote
from explorer.labels.model.types import Cell, Commit, Logged, _state
from explorer.labels.storage.backend import Engine

if TYPE_CHECKING:
    import pandas as pd


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

        from explorer.labels.history.entries import entries_table
        from explorer.labels.history.frames import TEXT

        frame = entries_table(self.chain)
        frame["settled"] = pd.Series([x.settled or None for x in self.chain], dtype=TEXT)
        return frame

    def __repr__(self) -> str:

        return blame_text(self)

    def _repr_html_(self) -> str:

        return blame_html(self)


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


def blame_text(blame: Blame) -> str:
    """Return who gave a label, when and why, with what came before below."""
    cell, decision = blame.cell, blame.decision
    if decision is None:
        return f"Blame({cell.item!r}: {label_text(cell.value)}, as given; nobody decided)"
    settled = f"; {blame.settled}" if blame.settled else ""
    head = f"Blame({cell.item!r}: {label_text(cell.value)}, {_state(cell)} {_entry(decision)}{settled})"
    lines = [f"  {time_text(e.time)} {e.rater} {e.op} {label_text(e.new)}{_note(e)}" for e in blame.chain[:5]]
    more = [f"  … {len(blame.chain) - 5:,} more"] if len(blame.chain) > 5 else []
    return "\n".join([head, *lines, *more])


def _entry(entry: LogEntry) -> str:
    p = seen_p_error(entry.evidence)
    seen = "" if p != p else f", who saw p_error {p:.3g}"  # noqa: PLR0124  # NaN is what differs from itself
    return _decided(entry.rater, entry.time, entry.why) + seen


def _note(entry: LogEntry) -> str:
    what = " (undo)" if entry.undoes else f" ({entry.kind})" if entry.kind in ("merge", "import") else ""
    said = f"{what}: {entry.why}" if entry.why else what
    return f"{said}; {entry.settled}" if entry.settled else said


def blame_html(blame: Blame) -> str:
    """Return who gave a label as HTML."""
    said = "as given; nobody decided" if blame.decision is None else f"{_state(blame.cell)} {_entry(blame.decision)}"
    said += f"; {blame.settled}" if blame.settled else ""
    rows = [
        (
            time_text(e.time),
            e.rater,
            e.op + (" (undo)" if e.undoes else ""),
            label_text(e.old),
            label_text(e.new),
            "; ".join(filter(None, (e.why, e.settled))),
        )
        for e in blame.chain[:_SHOWN]
    ]
    table = table_html(("time", "rater", "op", "old", "new", "why"), rows, len(blame.chain)) if rows else ""
    return _box(_head(f"Item {blame.cell.item!r}: {label_text(blame.cell.value)}", said), table)
