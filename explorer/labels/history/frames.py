"""Versions as columns: the labels of all items at once, and every cell as a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from explorer.labels.display import seen_p_error
from explorer.labels.model.cells import Cell
from explorer.labels.model.states import State
from explorer.labels.model.types import FIELD
from explorer.labels.model.values import to_public
from explorer.labels.model.version import Version

if TYPE_CHECKING:
    from numpy.typing import NDArray

TEXT: Any = "str" if int(pd.__version__.split(".")[0]) >= 3 else object
"""dtype of text columns; before pandas 3 "str" would turn `None` into the text "None"."""


def in_force(version: Version) -> dict[str, Any]:
    """Return the label in force of each item of the snapshot that has an event, without making cells of them."""
    found: dict[str, Any] = {}
    snapshot, names, known = version.snapshot, version.names, version.known
    here, position_of = snapshot.id, snapshot.positions.get
    for item, logged in version.heads.items():
        position = position_of(item)
        if position is None:
            continue
        event = logged.event
        if event.content_hash is None and logged.snapshot == here == logged.decided and event.op != "clear":
            # The usual case, made on what is bound now: it holds, whatever its state is called.
            new = event.new
            found[item] = names.name(new) if isinstance(new, str) else to_public(new, names)
        elif item in known:
            found[item] = known[item].value
        else:
            content, given = snapshot.row(item) or ("", None)
            recorded = to_public(event.new, names)
            found[item] = version.outcome(logged, recorded, content, version.given(given))[0]
    return found


def coded(version: Version) -> tuple[NDArray[np.int32], list[str]]:
    """Return the label of each item as int32 [N] into a list of class names; -1 is unlabelled. Of the field "label".

    A version keeps it, since it is what most looks at all items begin with; neither is to be changed.
    """
    kept = version.__dict__.get("coded")
    if kept is None:
        kept = version.__dict__["coded"] = _coded(version)
    found: tuple[NDArray[np.int32], list[str]] = kept
    return found


def _coded(version: Version) -> tuple[NDArray[np.int32], list[str]]:
    snapshot = version.snapshot
    given = [version.names.given(name) for name in snapshot.given_names]
    names = list(dict.fromkeys(g for g in given if g is not None))
    code: dict[str | None, int] = {name: i for i, name in enumerate(names)}
    code[None] = -1
    translate = np.array([*(code[g] for g in given), -1], dtype=np.int32)  # the last is that of code -1
    codes = translate[snapshot.given_codes]
    positions = snapshot.positions
    changed = in_force(version)
    for label in dict.fromkeys(changed.values()):
        if label not in code:
            code[label] = len(names)
            names.append(label)
    where = np.fromiter((positions[i] for i in changed), dtype=np.intp, count=len(changed))
    codes[where] = np.fromiter((code[v] for v in changed.values()), dtype=np.int32, count=len(changed))
    return codes, names


def values_of(version: Version) -> NDArray[np.object_]:
    """Return the label of each item of the snapshot, object [N]; `None` is unlabelled."""
    if version.field == FIELD:
        codes, names = coded(version)
        return _taken([*names, None])[codes]
    values = np.full(len(version.snapshot), None, dtype=object)
    positions = version.snapshot.positions
    for item, value in in_force(version).items():
        values[positions[item]] = value
    return values


def labels_of(version: Version) -> pd.Series[Any]:
    """Return item id → label of a version; missing is unlabelled."""
    index = version.snapshot.index
    if version.field != FIELD or TEXT is object:
        values: Any = values_of(version)
        return pd.Series(values, index=index, name=version.field, dtype=object if version.field != FIELD else TEXT)
    import pyarrow as pa

    # pandas keeps text in Arrow's form; taking it from a dictionary there spares a million Python texts.
    codes, names = coded(version)
    column = pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), pa.array(names, pa.large_string()))
    return pd.Series(_arrow(column.cast(pa.large_string())), index=index, name=version.field)


def text_of(values: Sequence[str | None]) -> Any:
    """Return a column of text, as pandas has it; `None` is missing."""
    if TEXT is object:
        return _taken(list(values))
    import pyarrow as pa

    return _arrow(pa.array(values, pa.large_string()))


def _arrow(column: Any) -> Any:
    make: Any = pd.arrays.ArrowStringArray
    return make(column, dtype=pd.StringDtype("pyarrow", na_value=np.nan))


def _taken(values: list[Any]) -> NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def frame_of(version: Version, cells: Mapping[str, Cell]) -> pd.DataFrame:
    """Lay cells over the snapshot: one row per item, indexed by item id.

    Columns: value, given (text, missing = unlabelled; in other fields than "label" the values as they are); state,
    event (categories); rater (text, missing = nobody); time (UTC, missing = never); why, reason (text); p_error (float,
    as the rater saw it); left_out (bool).
    """
    snapshot, n = version.snapshot, len(version.snapshot)
    changed = list(cells.values())
    where = np.fromiter((snapshot.positions[c.item] for c in changed), dtype=np.intp, count=len(changed))
    times = np.full(n, "NaT", dtype="datetime64[us]")
    times[where] = [np.datetime64(c.time.replace(tzinfo=None) if c.time else "NaT") for c in changed]
    p_error = np.full(n, np.nan)
    p_error[where] = [seen_p_error(c.evidence) for c in changed]
    left_out = np.zeros(n, dtype=bool)
    left_out[where] = [c.left_out for c in changed]
    label = version.field == FIELD
    given = _taken([*map(version.names.given, snapshot.given_names), None])[snapshot.given_codes] if label else None

    def text(base: Any, values: list[Any], dtype: Any = TEXT) -> Any:
        column = base.copy() if isinstance(base, np.ndarray) else np.full(n, base, dtype=object)
        column[where] = _taken(values)
        return pd.Series(column, index=snapshot.index, dtype=dtype)

    return pd.DataFrame(
        {
            "value": text(given, [c.value for c in changed], TEXT if label else object),
            "state": _category(n, State.GIVEN.value, where, [c.state.value for c in changed]),
            "event": _category(n, snapshot.base, where, [c.event for c in changed]),
            "rater": text(None, [c.rater for c in changed]),
            "time": pd.Series(times, index=snapshot.index).dt.tz_localize("UTC"),
            "why": text("", [c.why for c in changed]),
            "reason": text("", [c.reason for c in changed]),
            "p_error": p_error,
            "given": text(given, [c.given for c in changed]),
            "left_out": left_out,
        },
        index=snapshot.index,
    )


def _category(n: int, base: str, where: NDArray[np.intp], values: list[str]) -> Any:
    """Make a column that is `base` nearly everywhere without n copies of the text."""
    names = dict.fromkeys([base, *values])
    code = {name: i for i, name in enumerate(names)}
    codes = np.zeros(n, dtype=np.int32)
    codes[where] = [code[v] for v in values]
    return pd.Categorical.from_codes(codes, categories=pd.Index(list(names)))


def to_split(version: Version | None) -> pd.DataFrame:
    """List the items that still have a class that was split: item, class, into (tuple of classes)."""
    rows: list[tuple[str, str, tuple[str, ...]]] = []
    if version is not None:
        splits = {version.names.name(i): into for i, into in version.names.splits.items()}
        codes, names = coded(version)
        waiting = [splits.get(name) for name in names]
        for item, code in zip(version.snapshot.ids.tolist(), codes.tolist(), strict=True):
            into = waiting[code] if code >= 0 else None
            if into is not None:
                rows.append((item, names[code], into))
    frame = pd.DataFrame(rows, columns=["item", "class", "into"])
    return frame.astype({"item": TEXT, "class": TEXT, "into": object})
