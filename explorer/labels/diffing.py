"""What differs between two versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.labels.cells import Version
from explorer.labels.columns import coded, text_of, values_of
from explorer.labels.engine import Engine, LabelSchema
from explorer.labels.history import typed
from explorer.labels.model import FIELD, Commit
from explorer.labels.schema import names_of
from explorer.labels.values import to_public, to_text

_NOBODY = (None,) * 4


def diff(a: Version, b: Version, later: Version) -> pd.DataFrame:
    """List the items whose label differs between two versions, in the order of b's snapshot.

    Columns: item, old, new, rater, time, why, commit. Who, when and why come from the event in force at the later
    version; they are missing where the given label itself changed. `attrs`: "counts" maps (old, new) to the number of
    items, commonest first; "added" and "removed" count items that only one version has.

    Parameters
    ----------
    later
        That one of the two which came about after the other.
    """
    if a.snapshot.id == b.snapshot.id:
        rows, old, new = _differing(a, b, None, None)
        return _table(b.snapshot.ids[rows].tolist(), old, new, later, 0, 0)
    common = a.snapshot.index.get_indexer(b.snapshot.index)  # row of a for each row of b, -1 where there is none
    in_b = np.flatnonzero(common >= 0)
    rows, old, new = _differing(a, b, common[in_b], in_b)
    added, removed = len(b.snapshot) - len(in_b), len(a.snapshot) - len(in_b)
    return _table(b.snapshot.ids[in_b[rows]].tolist(), old, new, later, added, removed)


def of_changes(engine: Engine, a: Commit, b: Commit, words: LabelSchema | None) -> pd.DataFrame | None:
    """Return the same as `diff` from the events in between, at a cost of these alone.

    `None` where more than labels changed in between, or neither commit is part of the other's history.
    """
    if a.snapshot != b.snapshot or a.schema != b.schema:
        return None
    if engine.steady(b, a):
        changes = engine.changes(b, a, FIELD)
    elif engine.steady(a, b):
        changes = engine.changes(a, b, FIELD)
    else:
        return None
    snapshot = engine.snapshot(b.snapshot)
    if snapshot is None:
        return None
    # No loop over changes but these: thousands of them are to take milliseconds.
    names, positions = names_of(words or engine.schema(b.schema)), snapshot.positions
    first, last = {c[0]: c[1] for c in reversed(changes)}, {c[0]: c for c in changes}
    stored = dict.fromkeys([c[1] for c in changes] + [c[2] for c in changes])  # class ids, or nothing
    public = {value: to_public(value, names) for value in stored}
    old, new = [public[first[i]] for i in last], [public[c[2]] for c in last.values()]
    if not engine.is_ancestor(a, b):
        old, new = new, old
    where = [positions.get(i, -1) for i in last]
    changed = list(last.values())
    rows = [r for r in np.argsort(where, kind="stable").tolist() if where[r] >= 0 and old[r] != new[r]]
    found = [changed[r] for r in rows]
    sources = tuple([c[part] for c in found] for part in range(3, 7))
    return _frame([c[0] for c in found], [old[r] for r in rows], [new[r] for r in rows], sources, 0, 0)


def _differing(
    a: Version, b: Version, rows_a: NDArray[np.intp] | None, rows_b: NDArray[np.intp] | None
) -> tuple[NDArray[np.intp], list[Any], list[Any]]:
    """Compare rows of two versions; all rows of both if none are given. Returns where they differ, and both labels."""
    if b.field != FIELD:
        one, two = _picked(values_of(a), rows_a), _picked(values_of(b), rows_b)
        differing = np.flatnonzero(one != two)
        return differing, one[differing].tolist(), two[differing].tolist()
    (before, names_a), (after, names_b) = coded(a), coded(b)
    code = {name: i for i, name in enumerate(names_b)}
    as_b = np.array([*(code.get(n, -2) for n in names_a), -1], dtype=np.int32)  # the last is that of code -1
    before, after = _picked(before, rows_a), _picked(after, rows_b)
    differing = np.flatnonzero(as_b[before] != after)
    old = [names_a[c] if c >= 0 else None for c in before[differing].tolist()]
    new = [names_b[c] if c >= 0 else None for c in after[differing].tolist()]
    return differing, old, new


def _picked(column: NDArray[Any], rows: NDArray[np.intp] | None) -> NDArray[Any]:
    return column if rows is None else column[rows]


def _source(later: Version, item: str) -> tuple[Any, ...]:
    """Return rater, time, why and commit of the event in force; nothing where the given label holds."""
    logged = later.heads.get(item)
    if logged is None:
        return _NOBODY
    event = logged.event
    if event.content_hash is not None or logged.snapshot != later.snapshot.id:
        row = later.snapshot.row(item)
        if row is None or (event.op != "clear" and later.content_of(logged) != row[0]):
            return _NOBODY
    return logged.rater, logged.time, event.why, logged.commit


def _table(items: list[str], old: list[Any], new: list[Any], later: Version, added: int, removed: int) -> pd.DataFrame:
    found = [_source(later, item) for item in items]
    sources = tuple(zip(*found, strict=True)) if found else ((), (), (), ())
    return _frame(items, old, new, sources, added, removed, later.field == FIELD)


def _frame(
    items: list[str],
    old: list[Any],
    new: list[Any],
    sources: tuple[Sequence[Any], ...],
    added: int,
    removed: int,
    label: bool = True,
) -> pd.DataFrame:
    raters, times, whys, commits = sources
    moment = {t: np.datetime64(t.replace(tzinfo=None) if t else "NaT", "us") for t in dict.fromkeys(times)}
    frame = pd.DataFrame(
        {
            "item": text_of(items),
            "old": text_of(old) if label else pd.Series(old, dtype=object),
            "new": text_of(new) if label else pd.Series(new, dtype=object),
            "rater": text_of(raters),
            "time": pd.DatetimeIndex(np.array([moment[t] for t in times], dtype="datetime64[us]"), tz="UTC"),
            "why": text_of(whys),
            "commit": text_of(commits),
        }
    )
    shown = zip(old, new, strict=True) if label else zip(map(to_text, old), map(to_text, new), strict=True)
    # Last, since pandas copies them deeply at every step.
    frame.attrs["counts"] = dict(Counter(shown).most_common())
    frame.attrs["added"] = added
    frame.attrs["removed"] = removed
    return frame


def counts(found: pd.DataFrame) -> pd.DataFrame:
    """Count the changes of a diff: old, new, n, commonest first."""
    rows = [(old, new, n) for (old, new), n in found.attrs["counts"].items()]
    return typed(pd.DataFrame(rows, columns=["old", "new", "n"]))
