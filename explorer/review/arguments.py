"""What people pass to a review, checked before anything is changed or thrown away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import DataError
from explorer.tasks.classification import class_name

if TYPE_CHECKING:
    from explorer.dataset.dataset import Dataset


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


def positions_of(dataset: Dataset, items: Any) -> list[int]:
    """Return the positions of one item or many, as a person names them.

    Parameters
    ----------
    items
        An id (see `Dataset.find`), or several, or a mask: one True or False for every item, in the items' order. A mask
        that is a Series indexed by item id is read by its index, whatever its order.

    Raises
    ------
    UnknownName
        An item that there is none of.
    DataError
        Something that names no item; True and False among names, or another number of them than there are items.
    """
    if isinstance(items, str | int | np.integer) and not isinstance(items, bool):
        return [dataset.find(items if isinstance(items, str) else int(items))]
    if isinstance(items, bytes) or not hasattr(items, "__iter__"):
        raise DataError(
            f"{items!r} is a {type(items).__name__} and names no item.",
            "Give an item's id (the index of review.issues), its file's path or its position, or a list of them.",
        )
    listed = list(items)
    if any(isinstance(one, bool | np.bool_) for one in listed):
        return _marked(dataset, items, listed)
    return [dataset.find(item) for item in listed]


def _marked(dataset: Dataset, items: Any, listed: list[Any]) -> list[int]:
    if len(listed) != len(dataset) or not all(isinstance(one, bool | np.bool_) for one in listed):
        raise DataError(
            f"{len(listed):,} values that are True or False were given for {len(dataset):,} items.",
            "A mask has one True or False for every item; otherwise give item ids or positions.",
        )
    marked = np.flatnonzero(np.array(listed, dtype=bool))
    if not isinstance(items, pd.Series) or items.index.equals(pd.RangeIndex(len(listed))):
        return [int(i) for i in marked]
    places = [dataset.place(str(name)) for name in items.index]
    if None in places or len(set(places)) != len(places):
        raise DataError(
            "A mask of True and False has an index that is not that of the items.",
            "Index it by item id, as review.issues is. An array has no index: it is read in the order of the items, "
            "which is not that of review.issues.",
        )
    return sorted(place for i in marked if (place := places[i]) is not None)


Items: TypeAlias = "str | int | Sequence[str | int] | NDArray[Any] | pd.Index[Any] | pd.Series[Any]"
"""One item or many, as a person names them."""
