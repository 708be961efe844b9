"""What differs between two versions."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import compress
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.labels.display import to_text
from explorer.labels.head import SCHEMAS, When
from explorer.labels.history.entries import typed
from explorer.labels.history.frames import coded, text_of, values_of
from explorer.labels.model.schema import names_of
from explorer.labels.model.states import leaves_out
from explorer.labels.model.types import FIELD, Commit, LabelSchema
from explorer.labels.model.values import to_public
from explorer.labels.model.version import Version, known_cell
from explorer.labels.storage.backend import Backend
from explorer.labels.working_copy import WorkingCopy

_NOBODY = (None,) * 4
_LEFT_OUT = ("back in", "left out")
"""What the column `left_out` says where one version leaves an item out: the first of the two, or the second."""


def between(copy: WorkingCopy, a: When, b: When, field: str, schema: str) -> pd.DataFrame:
    """Return the items whose label differs between two versions; see `Reader.diff`."""
    backend, head = copy.backend, copy.head
    with backend.lock:
        if field == FIELD and schema in SCHEMAS and "base" not in (a, b):
            words = head.now().schema if schema == "latest" else None
            quick = of_changes(backend, head.find(a), head.find(b), words)
            if quick is not None:
                return quick
        one, two = head.at(a, field, schema), head.at(b, field, schema)
        return diff(one, two, later(copy, one, two))


def later(copy: WorkingCopy, a: Version, b: Version) -> Version:
    """Return that of two versions which came about after the other; the second where that cannot be said."""
    if not a.commit or not b.commit or a.commit == b.commit:
        return b if b.commit else a
    find = copy.head.find
    return a if copy.backend.is_ancestor(find(b.commit), find(a.commit)) else b


def diff(a: Version, b: Version, later: Version) -> pd.DataFrame:
    """List the items whose label differs between two versions, or that only one leaves out, in the order of the ids.

    Columns: item, old, new, rater, time, why, commit, left_out ("left out", "back in", or "" where that is no other).
    Who, when and why come from the event in force at the later version; they are missing where the given label itself
    changed. `attrs`: "counts" maps (old, new) to the number of items whose label differs, commonest first; "added" and
    "removed" count items that only one version has.

    Parameters
    ----------
    later
        That one of the two which came about after the other.
    """
    if a.snapshot.id == b.snapshot.id:
        rows, old, new = _differing(a, b, None, None)
        added = removed = 0
    else:
        common = a.snapshot.index.get_indexer(b.snapshot.index)  # row of a for each row of b, -1 where there is none
        in_b = np.flatnonzero(common >= 0)
        rows, old, new = _differing(a, b, common[in_b], in_b)
        rows = in_b[rows]
        added, removed = len(b.snapshot) - len(in_b), len(a.snapshot) - len(in_b)
    items = b.snapshot.ids[rows].tolist()
    before, after = _left_out(a), _left_out(b)
    more = [i for i in (before ^ after).difference(items) if a.snapshot.row(i) and b.snapshot.row(i)]
    for version, labels in ((a, old), (b, new)):
        labels += [known_cell(version, item).value for item in more]
    items += more
    moved = ["" if (i in before) == (i in after) else _LEFT_OUT[i in after] for i in items]
    return _table(items, old, new, moved, later, added, removed)


def _left_out(version: Version) -> set[str]:
    """Return the items of a version that are left out."""
    marked = (i for i, logged in version.heads.items() if leaves_out(logged.event.op, logged.event.reason))
    return {i for i in marked if (cell := version.cell(i)) is not None and cell.left_out}


def of_changes(backend: Backend, a: Commit, b: Commit, words: LabelSchema | None) -> pd.DataFrame | None:
    """Return the same as `diff` from the events in between, at a cost of these alone: no snapshot is looked into.

    `None` where more than labels changed in between, neither commit is part of the other's history, or something was
    left out before, which may have been of other content.
    """
    if a.snapshot != b.snapshot or a.schema != b.schema:
        return None
    forward = backend.steady(b, a)
    if not forward and not backend.steady(a, b):
        return None
    changed = backend.changed(b, a, FIELD) if forward else backend.changed(a, b, FIELD)
    if changed.was_left_out.any():
        return None
    # Whole columns from here on, without a loop over changes in Python: thousands of them are to take milliseconds.
    items = changed.items
    newest = dict(zip(items, range(len(items)), strict=True))
    ids = sorted(newest)
    first = last = _array(map(newest.__getitem__, ids), len(ids))
    if len(ids) < len(items):
        oldest = dict(zip(reversed(items), reversed(range(len(items))), strict=True))
        first = _array(map(oldest.__getitem__, ids), len(ids))
    names = names_of(words or backend.schema(b.schema))
    public = {n: to_public(value, names) for n, value in changed.values.items()}  # of class ids, or nothing
    shown = list(dict.fromkeys(public.values()))
    place = {name: code for code, name in enumerate(shown)}
    numbers = np.array(sorted(public), dtype=np.int64)
    code = np.array([place[public[n]] for n in numbers.tolist()], dtype=np.intp)
    before = code[np.searchsorted(numbers, changed.old[first])]
    after = code[np.searchsorted(numbers, changed.new[last])]
    if not forward:
        before, after = after, before
    out = changed.left_out[last]
    differing = (before != after) | out
    last, before, after, out = last[differing], before[differing], after[differing], out[differing]
    pairs = Counter((before * len(shown) + after)[before != after].tolist()).most_common()
    commits, which = np.unique(changed.commits[last], return_inverse=True)
    made = [changed.made[n] for n in commits.tolist()]
    raters, by = np.unique(changed.raters[last], return_inverse=True)
    return _frame(
        {
            "item": text_of(list(compress(ids, differing.tolist()))),
            "old": text_of(shown).take(before),
            "new": text_of(shown).take(after),
            "rater": text_of([changed.names[n] for n in raters.tolist()]).take(by),
            "time": _times([time for _, time in made])[which],
            "why": _text(changed.whys, last),
            "commit": text_of([identity for identity, _ in made]).take(which),
            "left_out": text_of(["", _LEFT_OUT[forward]]).take(out.astype(np.intp)),
        },
        {(shown[pair // len(shown)], shown[pair % len(shown)]): n for pair, n in pairs},
    )


def _array(numbers: Iterable[int], count: int) -> NDArray[np.intp]:
    return np.fromiter(numbers, dtype=np.intp, count=count)


def _coded(values: Sequence[Any]) -> tuple[NDArray[np.intp], list[Any]]:
    """Return values as codes into a list of those that are different from each other."""
    distinct = list(dict.fromkeys(values))
    code = dict(zip(distinct, range(len(distinct)), strict=True))
    return _array(map(code.__getitem__, values), len(values)), distinct


def _text(values: Sequence[str], rows: NDArray[np.intp]) -> Any:
    """Return some rows of a column of text, in which most values stand again and again."""
    codes, distinct = _coded(values)
    return text_of(distinct).take(codes[rows])


def _times(times: Sequence[dt.datetime | None]) -> pd.DatetimeIndex:
    naive = [None if t is None else t.replace(tzinfo=None) for t in times]
    return pd.DatetimeIndex(np.array(naive, dtype="datetime64[us]"), tz="UTC")


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


def _table(
    items: list[str], old: list[Any], new: list[Any], moved: list[str], later: Version, added: int, removed: int
) -> pd.DataFrame:
    label = later.field == FIELD
    order = sorted(range(len(items)), key=items.__getitem__)
    items, old, new, moved = ([column[r] for r in order] for column in (items, old, new, moved))
    found = [_source(later, item) for item in items]
    raters, times, whys, commits = zip(*found, strict=True) if found else ((),) * 4
    which, distinct = _coded(times)
    shown = zip(old, new, strict=True) if label else zip(map(to_text, old), map(to_text, new), strict=True)
    pairs = Counter(pair for pair in shown if pair[0] != pair[1])
    columns = {
        "item": text_of(items),
        "old": text_of(old) if label else pd.Series(old, dtype=object),
        "new": text_of(new) if label else pd.Series(new, dtype=object),
        "rater": text_of(raters),
        "time": _times(distinct)[which],
        "why": text_of(whys),
        "commit": text_of(commits),
        "left_out": text_of(moved),
    }
    return _frame(columns, dict(pairs.most_common()), added, removed)


def _frame(
    columns: dict[str, Any], pairs: dict[tuple[Any, Any], int], added: int = 0, removed: int = 0
) -> pd.DataFrame:
    frame = pd.DataFrame(columns, copy=False)
    # Last, since pandas copies them deeply at every step.
    frame.attrs["counts"] = pairs
    frame.attrs["added"] = added
    frame.attrs["removed"] = removed
    return frame


def counts(found: pd.DataFrame) -> pd.DataFrame:
    """Count the changes of a diff: old, new, n, commonest first."""
    rows = [(old, new, n) for (old, new), n in found.attrs["counts"].items()]
    return typed(pd.DataFrame(rows, columns=["old", "new", "n"]))
