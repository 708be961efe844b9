"""The labels of a dataset's items as they stand now, as columns: what the store says, laid over the given labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.labels import BindReport, Cell, Store
from explorer.labels.history import overview
from explorer.labels.model.states import DECIDED_CODES, MARKED_CODES, SETTLED_CODES, Reason, State
from explorer.tasks.classification import UNLABELLED

_DECIDED, _SETTLED, _MARKED = (
    np.isin(np.arange(len(State)), codes) for codes in (DECIDED_CODES, SETTLED_CODES, MARKED_CODES)
)


def is_decided(states: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Say of which states `State.decided` is true, bool [n]. For a few, `numpy.isin` takes a hundred times as long."""
    found: NDArray[np.bool_] = _DECIDED[states]
    return found


def is_settled(states: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Say of which states `State.settled` is true, bool [n]."""
    found: NDArray[np.bool_] = _SETTLED[states]
    return found


def standing(
    codes: NDArray[np.int32], states: NDArray[np.uint8], classes: Sequence[str], rows: NDArray[np.intp]
) -> dict[str, NDArray[np.object_]]:
    """Return the columns `label` and `state` of a table, object [rows]: what stands now."""
    return {
        "label": names_of(codes[rows], classes),
        "state": np.asarray([state.value for state in State], dtype=object)[states[rows]],
    }


class CurrentLabels:
    """Columns over a dataset's items, kept in step with a label store.

    A class code stands for one class as long as this object lives: a class that is renamed keeps its code under the
    new name, and classes that appear get the next one, so that what was computed with codes keeps its meaning.

    Attributes
    ----------
    codes
        int32 [N]: class code of the label now, -1 = unlabelled.
    given
        int32 [N]: class code that the given label reads as, -1 = unlabelled. It differs from the dataset's own where a
        class was merged into another.
    states
        uint8 [N]: code of its `State`.
    left_out
        bool [N]: the item is to be left out of the dataset.
    marked_wrong
        bool [N]: somebody said that the label is wrong, and not which one is right.
    events
        Newest event of each item that has one, by position.
    classes
        Class names by code, as the store has them now: the dataset's own, then those added on purpose.
    active
        Those that a label may be: without what was merged, split or retired.
    """

    def __init__(self, dataset: Dataset, store: Store) -> None:
        self._store = store
        self._ids: list[str] = []  # class id by code
        self.refresh(dataset)

    def refresh(self, dataset: Dataset) -> None:
        """Read every item's label, state and event anew."""
        self._dataset = dataset
        self.load_classes()
        self.given: NDArray[np.int32] = self.reading(dataset.given)
        self.codes: NDArray[np.int32] = self.given.copy()
        self.states: NDArray[np.uint8] = np.zeros(len(dataset), dtype=np.uint8)
        self.left_out: NDArray[np.bool_] = np.zeros(len(dataset), dtype=bool)
        self.marked_wrong: NDArray[np.bool_] = np.zeros(len(dataset), dtype=bool)
        self.events: dict[int, str] = {}
        self._newest: dict[str, str] = {}  # by item id, also of items that this dataset does not hold
        self._in_state = np.zeros(len(State), dtype=np.int64)  # counted along, so that a click counts nothing
        self._in_state[State.GIVEN.code] = len(dataset)
        for item, cell in self._store.head_cells().items():
            self._show(item, cell)

    def update(self, items: Iterable[str]) -> dict[int, Cell]:
        """Read these items anew; returns what the store says of those that the dataset holds, by position."""
        here = (item for item in dict.fromkeys(items) if self._dataset.place(item) is not None)
        return self._shown((item, self._store.get(item)) for item in here)

    def follow(self) -> dict[int, Cell]:
        """Read the items anew on which somebody has decided since; returns what the store says of each."""
        cells = self._store.head_cells().items()
        return self._shown((item, cell) for item, cell in cells if self._newest.get(item) != cell.event)

    def _shown(self, cells: Iterable[tuple[str, Cell]]) -> dict[int, Cell]:
        found = ((self._show(item, cell), cell) for item, cell in cells)
        return {position: cell for position, cell in found if position is not None}

    def load_classes(self) -> None:
        """Read the classes anew."""
        names = overview.names(self._store)
        self.active: tuple[str, ...] = names.active
        called = {c.id: c.name for c in names.schema.classes}
        own = [names.class_id(name) or name for name in self._dataset.classes]
        known = set(self._ids)
        self._ids += [i for i in dict.fromkeys([*own, *called]) if i not in known]
        self.classes: tuple[str, ...] = tuple(called.get(i, i) for i in self._ids)
        self._code = {name: code for code, name in enumerate(self.classes)}
        # Where a class was merged into another, its code reads as that one's.
        reads = [self._code[names.name(i)] for i in self._ids[: len(own)]]
        self._reads = np.array([*reads, UNLABELLED], dtype=np.int32)

    def reading(self, given: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the class codes that the dataset's own class codes read as now."""
        return self._reads[given]

    def decision(self, op: str, position: int, label: str | None) -> dict[str, Any]:
        """Operation and value for the store, where "keep" confirms the label in force: here it means the given one."""
        given = int(self.given[position])
        if op == "keep" and given != self.codes[position] and given >= 0:
            return {"op": "set", "value": self.classes[given]}
        return {"op": op, "value": label if op == "set" else None}

    def reviewed_counts(self) -> dict[str, int]:
        """Return how many items a person has decided on: reviewed, and how. Counts nothing anew."""
        states = (State.RELABELLED, State.KEPT, State.FLAGGED, State.LEFT_OUT)
        found = {state.value.replace(" ", "_"): int(self._in_state[state.code]) for state in states}
        return {"reviewed": sum(found.values()), **found}

    def corrected(self) -> pd.Series[Any]:
        """Return the labels now, aligned to the user's own rows, in the user's own values.

        A decision applies to every occurrence of its item, whatever its state now says of it; rows that were not
        decided on, or that were set aside, keep the label they were given. A class that was renamed in the store keeps
        the value that the user's data has for it; one that was merged into another becomes that one's.
        """
        d = self._dataset
        decided = is_decided(self.states)
        # Marking an item leaves its label alone: an earlier correction holds, and without one each row keeps its own.
        decided &= ~_MARKED[self.states] | (self.codes != self.given)
        codes = np.where((d.row_item >= 0) & decided[d.row_item], self.codes[d.row_item], self.reading(d.row_given))
        values = _own_values(self.classes, d)
        column = pd.Series(
            [values[c] if c >= 0 else None for c in codes], index=d.row_index, name=d.label_name, dtype=object
        )
        # Whole numbers beside missing ones would become fractions, and large ones other numbers.
        gaps = bool((codes < 0).any()) and any(type(v) is int for v in values)
        return column if gaps else column.infer_objects()

    def rows_left_out(self) -> NDArray[np.bool_]:
        """Say which of the user's own rows are of items to be left out, bool [rows]; none that was set aside is."""
        found: NDArray[np.bool_] = (self._dataset.row_item >= 0) & self.left_out[self._dataset.row_item]
        return found

    def _show(self, item: str, cell: Cell) -> int | None:
        self._newest[item] = cell.event
        position = self._dataset.place(item)
        if position is None:
            return None  # the store may hold items that this dataset does not, or that were set aside
        if cell.value is not None and cell.value not in self._code:
            self.load_classes()
        self.codes[position] = UNLABELLED if cell.value is None else self._code[cell.value]
        state = cell.state.code
        self._in_state[self.states[position]] -= 1
        self._in_state[state] += 1
        self.states[position] = state
        self.left_out[position] = cell.left_out
        self.marked_wrong[position] = cell.state == State.FLAGGED and cell.reason == Reason.WRONG
        self.events[position] = cell.event
        return position


def bind(dataset: Dataset, store: Store, allow_changed: bool = False) -> BindReport:
    """Tell a store which items the labels are for; returns what it found. See `Store.bind`."""
    return store.bind(
        pd.DataFrame(
            {
                "item_id": dataset.item_ids,
                "content_hash": dataset.content_hashes,
                "given_label": names_of(dataset.given, dataset.classes),
            }
        ),
        classes=list(dataset.classes),
        keyed=dataset.keyed,
        allow_changed=allow_changed,
    )


def names_of(codes: NDArray[np.int32], classes: Sequence[str]) -> NDArray[np.object_]:
    """Class names for codes, `None` for unlabelled."""
    return np.array([*classes, None], dtype=object)[codes]


def _own_values(classes: Sequence[str], dataset: Dataset) -> list[Any]:
    """Return the user's own value per class; a class added later becomes an integer where all others are integers."""
    integers = bool(dataset.class_values) and all(type(v) is int for v in dataset.class_values)
    added = classes[len(dataset.class_values) :]
    return [*dataset.class_values, *(int(n) if integers and _whole(n) else n for n in added)]


def _whole(name: str) -> bool:
    """Say whether a name is that of a whole number as Python writes it: "7", and not "007"."""
    return re.fullmatch(r"0|-?[1-9]\d{0,300}", name, re.ASCII) is not None
