"""What people pass to a review, checked before anything is changed or thrown away."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import DataError
from explorer.labels import Store, StoreError
from explorer.labels.model.raters import check_rater
from explorer.tasks.classification import class_name
from explorer.utils.numbers import whole
from explorer.utils.text import counted

if TYPE_CHECKING:
    from explorer.dataset.dataset import Dataset

FOR_PEOPLE = """
add_rater ask audit cancel classes clear close corrected damage dataset explain export facts filter find grow helped
highlight import_corrections issues keep labels leave_out left mark on_select queue queue_of rater raters relabel rerun
sample scores select selection shift slices status undo wait
"""
"""Names of a review that completion offers."""


def check_arguments(dataset: Dataset, store: Any, embedder: Any, k: Any, seed: Any, rater: Any) -> tuple[int, int]:
    """Return `k` and `seed` of a new review, all whose arguments can be right.

    Raises
    ------
    DataError
        One that cannot; `UnknownName` for the slip of an embedder's name.
    """
    if not (store is None or isinstance(store, str | os.PathLike | Store)) or store == "":
        raise DataError(
            f"The store is {store!r}.", "Give store= a path, a postgresql:// address or an open labels.Store."
        )
    if rater is not None:
        check_rater(rater, "person")
    neighbours = whole(k, 1, 2**31 - 1, f"k is {k!r}.", "Give the number of neighbours")
    start = whole(seed, 0, 2**32 - 1, f"seed is {seed!r}.", "Give one number")
    if embedder is None and dataset.graph is not None:
        return neighbours, start
    if isinstance(embedder, str):
        if embedder != "auto":
            from explorer.embedding import registry

            registry.find(embedder, dataset.kind)
    elif not callable(getattr(embedder, "encode", None)):
        raise DataError(f"The embedder is {embedder!r}.", 'Give embedder= a name, a folder or "auto".')
    return neighbours, start


def check_place(device: Any, cache: Any = True) -> None:
    """Refuse a device that is not here, and a cache that names no folder (`DataError`), before anything runs."""
    if not isinstance(cache, bool | str | os.PathLike) or cache == "":
        raise DataError(f"The cache is {cache!r}.", "Give cache= a folder, or False to keep nothing.")
    # Without a wish torch chooses when it is needed; importing it here would only cost time.
    if device is not None:
        from explorer.engine import devices

        devices.pick(device)


def check_open(closed: bool, store: Store) -> None:
    """Refuse what needs a review that is not closed, as its store does (`StoreError`)."""
    if closed:
        raise StoreError(f"The label store {store.path} is closed.", "Open it again.")


def rater_name(name: Any) -> str:
    """Return the name of a rater; `DataError` for what is none."""
    if isinstance(name, str) and not name.strip():
        raise DataError("The rater's name is empty.", "Give the name that corrections shall be stored under.")
    return check_rater(name, "person").name


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
            f"{counted(len(items), 'item')} and {counted(len(labels), 'label')} were given.",
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
    if isinstance(items, pd.DataFrame):
        raise DataError("A DataFrame was given, of which it is not said what names the items.", _naming(dataset, items))
    listed = list(items)
    if any(isinstance(one, bool | np.bool_) for one in listed):
        return _marked(dataset, items, listed)
    return [dataset.find(item) for item in listed]


def positions_of_rows(dataset: Dataset, rows: Any) -> list[int]:
    """Return the positions of the items of some rows, each item once, in the order of the rows.

    Parameters
    ----------
    rows
        One number or several, from 0, in the order of the user's own data: what a card prints as "row 500". Rows of
        equal content are one item.

    Raises
    ------
    DataError
        What is no row, or one that was set aside.
    """
    count = len(dataset.row_item)
    listed = [rows] if isinstance(rows, str | bytes) or not hasattr(rows, "__iter__") else list(rows)
    found: dict[int, None] = {}
    for row in listed:
        if not isinstance(row, int | np.integer) or isinstance(row, bool) or not 0 <= row < count:
            raise DataError(f"There is no row {row!r}.", f"Rows are whole numbers from 0 to {count - 1:,}.")
        item = int(dataset.row_item[row])
        if item < 0:
            why = next((aside.reason for aside in dataset.set_aside if aside.row == row), "")
            raise DataError(f"Row {row} was set aside. {why}".strip(), "See review.dataset.set_aside_table().")
        found[item] = None
    return list(found)


def _naming(dataset: Dataset, frame: pd.DataFrame) -> str:
    """Say what of a table names items: its index, or a column."""
    if len(frame) and dataset.place(str(frame.index[0])) is not None:
        return "Give its index: frame.index."
    for name in frame.columns:
        if len(frame) and dataset.place(str(frame[name].iloc[0])) is not None:
            return f"Give the column that does: frame[{name!r}]."
    return "Give frame.index of a table such as review.issues, or the column with the items' ids: frame['key']."


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
