"""Events in the words that people use, and tables of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from explorer.labels.display import seen_p_error, to_text
from explorer.labels.history.frames import TEXT
from explorer.labels.model.schema import Names
from explorer.labels.model.types import Logged
from explorer.labels.model.values import to_public


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


LOG_COLUMNS = (
    "time", "rater", "item", "op", "old", "new", "why", "reason", "p_error", "commit", "event", "kind",
    "branch", "field",
)  # fmt: skip


def typed(frame: pd.DataFrame, but: Sequence[str] = ()) -> pd.DataFrame:
    """Give the columns of a history table their dtypes: UTC times, float p_error, counts, the rest text."""
    for column in frame.columns:
        if column in but:
            continue
        if column in ("time", "first", "last", "start", "end"):
            frame[column] = pd.to_datetime(frame[column], utc=True).astype("datetime64[us, UTC]")
        elif column == "p_error":
            frame[column] = frame[column].astype(float)
        elif column in ("position", "n", "events", "commits_ahead_of_main", "commits_behind_main"):
            frame[column] = frame[column].astype(int)
        elif column == "current":
            frame[column] = frame[column].astype(bool)
        else:
            frame[column] = frame[column].astype(TEXT)
    return frame


def log(events: Iterable[Logged], names: Names | None) -> pd.DataFrame:
    """Make a table of events, in their order, with the columns `LOG_COLUMNS`."""
    return entries_table([] if names is None else [entry(x, names) for x in events])


def entries_table(entries: Iterable[LogEntry]) -> pd.DataFrame:
    """Make a table of log entries, in their order, with the columns `LOG_COLUMNS`."""
    rows = [
        (
            x.time,
            x.rater,
            x.item,
            x.op,
            to_text(x.old),
            to_text(x.new),
            x.why,
            x.reason,
            seen_p_error(x.evidence),
            x.commit,
            x.event,
            x.kind,
            x.branch,
            x.field,
        )
        for x in entries
    ]
    return typed(pd.DataFrame(rows, columns=list(LOG_COLUMNS)))
