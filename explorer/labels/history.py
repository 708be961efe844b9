"""Looking back: the log, versions by name or time, and what changed between two of them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from explorer.errors import DataError, UnknownName
from explorer.labels.cells import TEXT, Version, seen_p_error, values_of
from explorer.labels.engine import Engine
from explorer.labels.model import Commit, Logged

LOG_COLUMNS = ("time", "rater", "item", "op", "old", "new", "why", "reason", "p_error", "commit", "event", "kind")
DIFF_COLUMNS = ("item", "old", "new", "rater", "time", "why", "commit")


def typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Give the columns of a history table their dtypes: UTC times, float p_error, the rest text."""
    for column in frame.columns:
        if column == "time":
            frame[column] = pd.to_datetime(frame[column], utc=True).astype("datetime64[us, UTC]")
        elif column == "p_error":
            frame[column] = frame[column].astype(float)
        elif column == "position":
            frame[column] = frame[column].astype(int)
        else:
            frame[column] = frame[column].astype(TEXT)
    return frame


def log(events: Iterable[Logged], names: Mapping[str, str]) -> pd.DataFrame:
    """Make a table of events, in their order, with the columns `LOG_COLUMNS`."""
    rows = [
        (
            x.time,
            x.rater,
            x.event.item,
            x.event.op,
            None if x.event.old is None else names.get(x.event.old, x.event.old),
            None if x.event.new is None else names.get(x.event.new, x.event.new),
            x.event.why,
            x.event.reason,
            seen_p_error(x.event.evidence),
            x.commit,
            x.event.id,
            x.kind,
        )
        for x in events
    ]
    return typed(pd.DataFrame(rows, columns=list(LOG_COLUMNS)))


def commits(found: Iterable[Commit]) -> pd.DataFrame:
    """Make a table of commits: position, time, rater, kind, message, commit, snapshot."""
    rows = [(c.position, c.time, c.rater, c.kind, c.message, c.id, c.snapshot) for c in found]
    columns = ["position", "time", "rater", "kind", "message", "commit", "snapshot"]
    return typed(pd.DataFrame(rows, columns=columns))


def find_commit(engine: Engine, branch: str, when: str | dt.datetime) -> Commit:
    """Find the commit that `when` names: an id or a prefix of one (4 and more characters), a tag, or a time.

    A time stands for the newest commit that is not later; one without a time zone is local time.

    Raises
    ------
    UnknownName, DataError
        No such commit or tag, an ambiguous prefix, or a time before the first commit.
    """
    if isinstance(when, dt.datetime):
        if isinstance(when, pd.Timestamp):
            when = when.to_pydatetime(warn=False)  # the store counts microseconds
        moment = when.astimezone(dt.UTC)
        commit = engine.commit_at(branch, moment)
        if commit is None:
            raise DataError(
                f"The store has nothing as of {moment:%Y-%m-%d %H:%M:%S} UTC: its first commit is later.",
                "Ask for a later time, or for 'base', the labels as they were given.",
            )
        return commit
    refs = engine.refs()
    target = refs[when][1] if when in refs else when
    found = engine.commits_like(branch, target) if len(target) >= 4 else []
    if len(found) == 1:
        return found[0]
    if found:
        raise DataError(f"{len(found)} commits begin with {when!r}.", "Give more of the id.")
    raise UnknownName("commit or tag", when, ["head", "base", *refs])


def diff(a: Version, b: Version) -> pd.DataFrame:
    """List the items whose label differs between two versions, in the order of b's snapshot.

    Who, when and why come from the event in force at the later version; they are missing where the given label itself
    changed. `attrs`: "counts" maps (old, new) to the number of items, commonest first; "added" and "removed" count
    items that only one version has.
    """
    later = b if b.position >= a.position else a
    before, after = values_of(a), values_of(b)
    common = a.snapshot.index.get_indexer(b.snapshot.index)  # row of a for each row of b, -1 where there is none
    in_b = np.flatnonzero(common >= 0)
    differing = in_b[before[common[in_b]] != after[in_b]]
    rows: list[tuple[Any, ...]] = []
    for row in differing:
        item = b.snapshot.ids[row]
        logged, cell = later.heads.get(item), later.cell(item)
        decided = logged is not None and cell is not None and cell.state != "stale"
        source = (logged.rater, logged.time, logged.event.why, logged.commit) if logged and decided else (None,) * 4
        rows.append((item, before[common[row]], after[row], *source))
    table = typed(pd.DataFrame(rows, columns=list(DIFF_COLUMNS)))
    table.attrs["counts"] = dict(Counter((r[1], r[2]) for r in rows).most_common())
    table.attrs["added"] = len(after) - len(in_b)
    table.attrs["removed"] = len(before) - len(in_b)
    return table
