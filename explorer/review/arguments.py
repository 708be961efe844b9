"""What people pass to a review, checked before anything is changed or thrown away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import DataError
from explorer.tasks.classification import class_name

if TYPE_CHECKING:
    pass


def labels_for(items: Sequence[str], label: Any) -> list[str]:
    """Return a class name for each item: the same for all, or one each where several labels are given.

    Parameters
    ----------
    items
        Item ids.
    label
        A label, or a list, an array or a Series of as many labels as there are items, in their order.

    Raises
    ------
    DataError
        Another number of labels than of items; a label that is missing.
    """
    several = isinstance(label, list | tuple | np.ndarray | pd.Series | pd.Index) and np.ndim(label) > 0
    labels = list(label) if several else [label] * len(items)
    if len(labels) != len(items):
        raise DataError(
            f"{len(items):,} {'item' if len(items) == 1 else 'items'} and {len(labels):,} "
            f"{'label' if len(labels) == 1 else 'labels'} were given.",
            "Give one label for all items, or one for each of them in the same order.",
        )
    for item, one in zip(items, labels if several else labels[:1], strict=False):
        if one is None or (pd.api.types.is_scalar(one) and bool(pd.isna(one))) or one == "":
            raise DataError(
                f"The label for item {item!r} is {one!r}, which is none.",
                "Name a class; clear(items) takes a decision back, and mark(items, 'none fits') says that none does.",
            )
    return [class_name(one) for one in labels]


def listed(items: Any) -> list[Any]:
    """Return one item or many as a list; what names no items is refused (`DataError`)."""
    if isinstance(items, str | int | np.integer) and not isinstance(items, bool):
        return [items]
    if isinstance(items, bytes) or not hasattr(items, "__iter__"):
        raise DataError(
            f"{items!r} is a {type(items).__name__} and names no item.",
            "Give an item's id (the index of review.issues), its file's path or its position, or a list of them.",
        )
    return list(items)


Items = str | int | Sequence[str | int] | NDArray[Any] | pd.Index
