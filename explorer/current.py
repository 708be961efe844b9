"""The labels of a dataset's items as they stand now, as columns: what the store says, laid over the given labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.dataset import UNLABELLED, Dataset
from explorer.errors import UnknownName
from explorer.labels import Cell, Store

STATES = ("given", "relabelled", "kept", "flagged", "stale", "conflict")
"""States of an item, in the order of their codes."""


class CurrentLabels:
    """Columns over a dataset's items, kept in step with a label store.

    Attributes
    ----------
    codes
        int32 [N]: class code of the label now, -1 = unlabelled.
    states
        uint8 [N]: position in `STATES`.
    events
        Newest event of each item that has one, by position.
    classes
        Class names by code: the dataset's own, then those added on purpose.
    """

    def __init__(self, dataset: Dataset, store: Store) -> None:
        self._store = store
        self.refresh(dataset)

    def refresh(self, dataset: Dataset) -> None:
        """Read every item's label, state and event anew."""
        self._dataset = dataset
        self.load_classes()
        self.codes: NDArray[np.int32] = dataset.given.astype(np.int32).copy()
        self.states: NDArray[np.uint8] = np.zeros(len(dataset), dtype=np.uint8)
        self.events: dict[int, str] = {}
        for item, cell in self._store.head_cells().items():
            self._show(item, cell)

    def update(self, items: Iterable[str]) -> list[int]:
        """Read these items anew; returns the positions of those that the dataset holds."""
        positions = (self._show(item, self._store.get(item)) for item in dict.fromkeys(items))
        return [p for p in positions if p is not None]

    def load_classes(self) -> None:
        """Read the classes anew."""
        own = self._dataset.classes
        self.classes: tuple[str, ...] = (*own, *(name for name in self._store.classes() if name not in own))

    def reviewed_counts(self) -> dict[str, int]:
        """Count the items that a person has decided on: reviewed, relabelled, kept, flagged."""
        n = np.bincount(self.states, minlength=len(STATES))
        relabelled, kept, flagged = int(n[1]), int(n[2]), int(n[3])
        return {
            "reviewed": relabelled + kept + flagged,
            "relabelled": relabelled,
            "kept": kept,
            "flagged": flagged,
        }

    def corrected(self) -> pd.Series[Any]:
        """Return the labels now, aligned to the user's own rows, in the user's own values.

        A decision applies to every occurrence of its item, whatever its state now says of it; rows that were not
        decided on, or that were set aside, keep the label they were given.
        """
        d = self._dataset
        decided = np.isin(self.states, [STATES.index(s) for s in ("relabelled", "kept", "conflict")])
        # Marking an item leaves its label alone: an earlier correction holds, and without one each row keeps its own.
        decided |= (self.states == STATES.index("flagged")) & (self.codes != d.given)
        codes = np.where((d.row_item >= 0) & decided[d.row_item], self.codes[d.row_item], d.row_given)
        values = _own_values(self.classes, d)
        column = [values[c] if c >= 0 else None for c in codes]
        return pd.Series(column, index=d.row_index, name=d.label_name, dtype=object).infer_objects()

    def _show(self, item: str, cell: Cell) -> int | None:
        try:
            position = self._dataset.position(item)
        except UnknownName:
            return None  # the store may hold items that this dataset does not, or that were set aside
        if cell.value is not None and cell.value not in self.classes:
            self.load_classes()
        self.codes[position] = UNLABELLED if cell.value is None else self.classes.index(cell.value)
        self.states[position] = STATES.index(cell.state)
        self.events[position] = cell.event
        return position


def names_of(codes: NDArray[np.int32], classes: Sequence[str]) -> NDArray[np.object_]:
    """Class names for codes, `None` for unlabelled."""
    return np.array([*classes, None], dtype=object)[codes]


def _own_values(classes: Sequence[str], dataset: Dataset) -> list[Any]:
    """Return the user's own value per class; a class added later becomes an integer where all others are integers."""
    integers = bool(dataset.class_values) and all(type(v) is int for v in dataset.class_values)
    added = classes[len(dataset.class_values) :]
    return [*dataset.class_values, *(int(n) if integers and n.lstrip("-").isdecimal() else n for n in added)]
