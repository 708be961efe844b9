"""What a cell is: the newest decision on an item, read against the snapshot that is bound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from explorer.labels.engine import LabelSchema
from explorer.labels.model import Cell, Logged
from explorer.labels.snapshot import Snapshot

if TYPE_CHECKING:
    from numpy.typing import NDArray

TEXT: Any = "str" if int(pd.__version__.split(".")[0]) >= 3 else object
"""dtype of text columns; before pandas 3 "str" would turn `None` into the text "None"."""


@dataclass(frozen=True)
class Version:
    """The labels at one commit: a snapshot, the newest event of each item, and the classes."""

    commit: str
    position: int
    snapshot: Snapshot
    heads: Mapping[str, Logged]
    schema: LabelSchema
    find: Callable[[str], Snapshot | None]  # an earlier snapshot, to see whether a given label changed
    known: dict[str, Cell] = field(default_factory=dict)  # cells made so far, of items with events

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of each class id."""
        return {c.id: c.name for c in self.schema.classes}

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Names that a label may have, in order."""
        return tuple(c.name for c in self.schema.classes if not c.retired)

    def cell(self, item: str) -> Cell | None:
        """Return the cell of an item, `None` if the snapshot does not have it."""
        cell = self.known.get(item)
        if cell is not None:
            return cell
        row = self.snapshot.row(item)
        if row is None:
            return None
        logged = self.heads.get(item)
        if logged is None:
            return Cell(item, row[1], self.snapshot.base, given=row[1], recorded=row[1])
        return self.known.setdefault(item, self._decided(item, logged, *row))

    def _decided(self, item: str, logged: Logged, content: str, given: str | None) -> Cell:
        event = logged.event
        recorded = None if event.new is None else self.names.get(event.new, event.new)
        value, state = self._outcome(logged, recorded, content, given)
        return Cell(
            item=item,
            value=value,
            event=event.id,
            op=event.op,
            rater=logged.rater,
            time=logged.time,
            why=event.why,
            reason=event.reason,
            state=state,
            given=given,
            recorded=recorded,
            evidence=event.evidence,
        )

    def cells(self) -> dict[str, Cell]:
        """Return the cells of the items of the snapshot that have events."""
        found = ((item, self.cell(item)) for item in self.heads)
        return {item: cell for item, cell in found if cell is not None}

    def _outcome(self, logged: Logged, recorded: str | None, content: str, given: str | None) -> tuple[str | None, str]:
        """Return the label in force and the state."""
        op = logged.event.op
        if op == "clear":
            return given, "given"
        if logged.event.content_hash != content:
            return given, "stale"
        if recorded != given and logged.decided != self.snapshot.id:
            before = self.find(logged.decided)
            row = before.row(logged.event.item) if before else None
            if row is not None and row[1] != given:
                return recorded, "conflict"
        if op == "flag":
            return recorded, "flagged"
        # Giving an item the label that it has anyway is a way of keeping it.
        return recorded, "kept" if op == "keep" or recorded == given else "relabelled"


def frame_of(snapshot: Snapshot, cells: Mapping[str, Cell]) -> pd.DataFrame:
    """Lay cells over the snapshot: one row per item, indexed by item id.

    Columns: value, given (text, missing = unlabelled); state, event (categories); rater (text, missing = nobody); time
    (UTC, missing = never); why, reason (text); p_error (float, as the rater saw it).
    """
    n = len(snapshot)
    changed = list(cells.values())
    where = np.fromiter((snapshot.positions[c.item] for c in changed), dtype=np.intp, count=len(changed))
    times = np.full(n, "NaT", dtype="datetime64[us]")
    times[where] = [np.datetime64(c.time.replace(tzinfo=None) if c.time else "NaT") for c in changed]
    p_error = np.full(n, np.nan)
    p_error[where] = [seen_p_error(c.evidence) for c in changed]

    def text(base: Any, values: list[str | None]) -> Any:
        column = base.copy() if isinstance(base, np.ndarray) else np.full(n, base, dtype=object)
        column[where] = np.array(values, dtype=object)
        return pd.Series(column, index=snapshot.index, dtype=TEXT)

    return pd.DataFrame(
        {
            "value": text(snapshot.given, [c.value for c in changed]),
            "state": _category(n, "given", where, [c.state for c in changed]),
            "event": _category(n, snapshot.base, where, [c.event for c in changed]),
            "rater": text(None, [c.rater for c in changed]),
            "time": pd.Series(times, index=snapshot.index).dt.tz_localize("UTC"),
            "why": text("", [c.why for c in changed]),
            "reason": text("", [c.reason for c in changed]),
            "p_error": p_error,
            "given": text(snapshot.given, [c.given for c in changed]),
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


def seen_p_error(evidence: Mapping[str, Any] | None) -> float:
    """Return the p_error in evidence, NaN where there is none."""
    value = (evidence or {}).get("p_error")
    return float(value) if isinstance(value, int | float) else float("nan")


def values_of(version: Version) -> NDArray[np.object_]:
    """Return the label of each item of the snapshot, object [N] of class name or `None`."""
    values = version.snapshot.given.copy()
    positions = version.snapshot.positions
    for item, cell in version.cells().items():
        values[positions[item]] = cell.value
    return values


def labels_of(version: Version) -> pd.Series[Any]:
    """Return item id → label of a version; missing is unlabelled."""
    values = values_of(version)
    series: pd.Series[Any] = pd.Series(values, index=version.snapshot.index, name="label", dtype=TEXT)
    return series
