"""Whether the columns of probabilities stand in the order of the classes: told by which order fits the labels.

Probabilities without names cannot be checked when they are read. Two columns that are swapped, or all of them shifted,
make every item of these classes look wrong. So the order given is compared with the one that fits the labels best.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.cues.exchange import exchanged
from explorer.dataset.dataset import Dataset
from explorer.errors import Option, Said

BY_NAME = "probability columns are matched to classes by name"
"""What is noted of columns that were told by their names."""

NAMED = 4
"""Classes that a message names."""


def misplaced(
    probs: NDArray[np.floating], codes: NDArray[np.int32], classes: Sequence[str], named: bool = False
) -> str:
    """Say which columns of probabilities seem to belong to other classes; "" where none does, or too little is known.

    Parameters
    ----------
    probs
        float [N, K].
    codes
        int32 [N]: class code of each label, -1 = unlabelled. A row a label, or an item a label.
    classes
        [K] names, in the order of the columns.
    named
        The columns were matched to the classes by name, so that the names are what to check.
    """
    if probs.ndim != 2 or probs.shape != (len(codes), len(classes)) or not probs.size:
        return ""
    known = (codes >= 0) & np.isfinite(probs.max(axis=1, initial=0))
    labels, says = codes[known].astype(np.int64), probs.argmax(axis=1)[known].astype(np.int64)
    moved = exchanged(labels, says, len(classes))
    if not moved:
        return ""
    mine = np.isin(labels, list(moved))
    belongs = np.arange(len(classes))
    belongs[list(moved)] = list(moved.values())
    before = float((says[mine] == labels[mine]).mean())
    after = float((says[mine] == belongs[labels[mine]]).mean())
    fits = [f"column {classes[column]!r} fits the label {classes[label]!r}" for label, column in moved.items()]
    more = f" and {len(fits) - NAMED:,} more" if len(fits) > NAMED else ""
    order = "their names are" if named else "their order is"
    remedy = (
        "Check what the columns are called"
        if named
        else Said(
            "Give {}, or the classes in their order ({})",
            Option("named columns", "columns called after the classes (a DataFrame)"),
            Option("classes", "classes=[…]"),
        )
    )
    return Said(
        "{} {}; if {} right, these labels are exchanged.",
        f"{len(moved):,} columns of the probabilities look swapped: as they stand they agree with "
        f"{100 * before:.0f} % of the {int(mine.sum()):,} labels of these classes, in another order with "
        f"{100 * after:.0f} % ({', '.join(fits[:NAMED])}{more}).",
        remedy,
        order,
    )


def doubts(dataset: Dataset) -> str:
    """Return the same of a dataset's own probabilities, item by item."""
    if dataset.probs is None:
        return ""
    return misplaced(dataset.probs, dataset.given, dataset.classes, any(BY_NAME in note for note in dataset.notes))
