"""Build."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset, SetAside
from explorer.errors import DataError, UnreadableItem
from explorer.media.base import Content
from explorer.tasks.classification import UNLABELLED, check_probs, class_name, encode_labels
from explorer.utils.text import are, counted


def build(
    content: Content,
    labels: Sequence[Any] | NDArray[Any] | pd.Series[Any] | None,
    *,
    keys: Sequence[Any] | None = None,
    features: NDArray[Any] | None = None,
    probs: NDArray[Any] | None = None,
    classes: Sequence[Any] | None = None,
    row_index: pd.Index[Any] | None = None,
    label_name: str = "label",
    source: str = "",
    set_aside: Iterable[SetAside] = (),
    notes: Iterable[str] = (),
) -> Dataset:
    """Group rows into items and labels into classes; every reader calls this.

    Parameters
    ----------
    content
        R rows.
    labels
        R labels of any plain type; `None`, NaN and "" mean unlabelled. `None` for a dataset without labels.
    keys
        R unique values that name the items; without them an item is its content.
    features, probs
        [R, D] and [R, K]; rows of `features` with NaN or infinity are set aside. Columns of `probs` follow `classes`.
    classes
        All class values in order (needed when `probs` has a class that no row carries, or to fix the order).

    Raises
    ------
    DataError
        Empty dataset, lengths that differ, repeated keys (listed), labels that are no class labels,
        probabilities of the wrong shape or that are not probabilities.
    """
    rows = len(content)
    if rows == 0:
        raise DataError(
            f"The dataset{' ' + source if source else ''} is empty: it has no rows.", "Check the path or the filter."
        )
    values = [None] * rows if labels is None else list(labels)
    _same_length("label", "labels", len(values), rows)
    row_given, names, class_values = encode_labels(values, classes, label_name)
    aside = {s.row: s for s in set_aside}
    finite = _check_features(features, rows)
    hashes: list[str | None] = []
    for row in range(rows):
        digest = None
        if row not in aside:
            try:
                digest = content.digest(row)
                if not finite[row]:
                    aside[row] = SetAside(row, content.name(row), "its embedding has NaN or infinite values")
            except UnreadableItem as error:
                aside[row] = SetAside(row, content.name(row), str(error))
        hashes.append(digest)
    ids = _ids(hashes, keys, aside)
    order: dict[str, int] = {}
    row_item = np.full(rows, -1, dtype=np.int32)
    first: list[int] = []
    for row, item_id in enumerate(ids):
        if row in aside or item_id is None:
            continue
        item = order.setdefault(item_id, len(order))
        if item == len(first):
            first.append(row)
        row_item[row] = item
    if not order:
        reasons = "; ".join(s.reason for s in list(aside.values())[:3])
        raise DataError(f"None of the {counted(rows, 'row')} can be used: {reasons}")
    first_row = np.array(first, dtype=np.int32)
    given, conflicting = _given_per_item(row_item, row_given, len(first), len(names))
    return Dataset(
        content=content,
        item_ids=np.array(list(order), dtype=object),
        content_hashes=np.array([hashes[r] for r in first], dtype=object),
        classes=names,
        class_values=class_values,
        given=given,
        conflicting=conflicting,
        row_item=row_item,
        row_given=row_given,
        first_row=first_row,
        keyed=keys is not None,
        row_index=pd.RangeIndex(rows) if row_index is None else row_index,
        label_name=label_name,
        source=source,
        features=None if features is None else np.asarray(features, dtype=np.float32)[first_row],
        probs=None if probs is None else check_probs(np.asarray(probs), rows, names)[first_row],
        set_aside=tuple(aside[r] for r in sorted(aside)),
        notes=tuple(notes),
    )


def _same_length(one: str, many: str, got: int, rows: int) -> None:
    if got != rows:
        raise DataError(
            f"There {are(got)} {counted(got, one, many)} for {counted(rows, 'row')}.",
            f"Give one of the {many} per row, in the same order.",
        )


def _check_features(features: NDArray[Any] | None, rows: int) -> NDArray[np.bool_]:
    if features is None:
        return np.ones(rows, dtype=bool)
    features = np.asarray(features)
    if features.ndim != 2:
        raise DataError(
            f"The features have the shape {features.shape}.", "Give a two-dimensional array, one row per item."
        )
    _same_length("row of features", "rows of features", len(features), rows)
    finite: NDArray[np.bool_] = np.isfinite(features).all(axis=1)
    return finite


def _ids(hashes: list[str | None], keys: Sequence[Any] | None, aside: dict[int, SetAside]) -> list[str | None]:
    if keys is None:
        return list(hashes)
    _same_length("key", "keys", len(keys), len(hashes))
    names = [class_name(k) for k in keys]
    empty = [r for r, k in enumerate(keys) if k is None or (not isinstance(k, str) and pd.isna(k)) or names[r] == ""]
    if empty:
        raise DataError(
            f"The key of row {empty[0]} is missing ({len(empty):,} in all).", "Fill the keys in, or leave key= out."
        )
    counts = pd.Series(names).value_counts()
    repeated = counts[counts > 1]
    if len(repeated):
        stand, more = "stands" if len(repeated) == 1 else "stand", " …" if len(repeated) > 5 else ""
        listed = ", ".join(f"{k!r} ({n}×)" for k, n in repeated.head(5).items())
        raise DataError(
            f"{counted(len(repeated), 'key')} {stand} in more than one row: {listed}{more}.",
            "Make the keys unique, or leave key= out so that items are told apart by their content.",
        )
    return [None if r in aside else names[r] for r in range(len(names))]


def _given_per_item(
    row_item: NDArray[np.int32], row_given: NDArray[np.int32], items: int, classes: int
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return each item's commonest given label (ties: the first class) and whether its occurrences disagree."""
    given = np.full(items, UNLABELLED, dtype=np.int32)
    conflicting = np.zeros(items, dtype=bool)
    used = (row_item >= 0) & (row_given >= 0)
    if not used.any():
        return given, conflicting
    cells, counts = np.unique(row_item[used].astype(np.int64) * classes + row_given[used], return_counts=True)
    item, label = cells // classes, (cells % classes).astype(np.int32)
    by_count = np.lexsort((-label, counts))  # the last write wins: the largest count, then the first class
    given[item[by_count]] = label[by_count]
    conflicting[np.flatnonzero(np.bincount(item, minlength=items) > 1)] = True
    return given, conflicting
