"""Rows to items: content is read once and hashed, labels become classes, and what cannot be used is set aside."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset, SetAside, key_name
from explorer.dataset.other_columns import OtherColumns
from explorer.errors import DataError, Option, Said, UnreadableItem
from explorer.media.base import Content
from explorer.tasks.classification import UNLABELLED, check_probs, encode_labels, look_alikes
from explorer.utils.arrays import float32, numbers_in
from explorer.utils.text import are, counted

SECONDS = 5.0
"""Between two lines of the log that say how many rows have been read."""

_log = logging.getLogger("explorer")


def build(
    content: Content,
    labels: Sequence[Any] | NDArray[Any] | pd.Series[Any] | None,
    *,
    keys: Sequence[Any] | None = None,
    features: Any = None,
    probs: NDArray[Any] | None = None,
    classes: Sequence[Any] | None = None,
    row_index: pd.Index[Any] | None = None,
    label_name: str = "label",
    source: str = "",
    set_aside: Iterable[SetAside] = (),
    notes: Iterable[str] = (),
    other: OtherColumns | None = None,
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
    features
        [R, D] in anything that holds numbers; rows with NaN, infinity or more than float32 holds are set aside.
    probs
        [R, K], whose columns follow `classes`.
    classes
        All class values in order (needed when `probs` has a class that no row carries, or to fix the order).
    row_index
        The user's own index of the rows; by default they are counted from 0.
    set_aside, notes
        What the reader has set aside and noted already.
    other
        The user's other columns.

    Raises
    ------
    DataError
        Empty dataset, lengths that differ, repeated keys (listed), labels that are no class labels,
        probabilities of the wrong shape or that are not probabilities.
    UnknownName
        A label that is not in `classes`.

    Examples
    --------
    >>> from explorer.media.text import Texts
    >>> build(Texts(["a", "b", "a"]), ["x", "y", "y"])
    Dataset(2 text items, 2 classes, 3 rows, 1 with conflicting given labels)
    """
    rows = len(content)
    if rows == 0:
        raise empty(source)
    values = [None] * rows if labels is None else list(labels)
    _same_length("label", "labels", len(values), rows)
    row_given, names, class_values = encode_labels(values, classes, label_name)
    vectors = None if features is None else _vectors(features, rows)
    hashes, aside = _digests(content, vectors, {s.row: s for s in set_aside}, source)
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
    alike = look_alikes(names, np.bincount(row_given[row_given >= 0], minlength=len(names)).tolist())
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
        features=None if vectors is None else vectors[first_row],
        probs=None if probs is None else check_probs(np.asarray(probs), rows, names)[first_row],
        set_aside=tuple(aside[r] for r in sorted(aside)),
        notes=(*notes, alike) if alike else tuple(notes),
        other=OtherColumns() if other is None else other,
    )


def empty(source: str) -> DataError:
    """Return the error of a source without rows."""
    kind = source.removeprefix("a ")
    named = f"The {kind}" if kind != source else f"The dataset {source}".rstrip()
    return DataError(f"{named} is empty: it has no rows.", "Check the path or the filter.")


def _digests(
    content: Content, vectors: NDArray[np.float32] | None, aside: dict[int, SetAside], source: str
) -> tuple[list[str | None], dict[int, SetAside]]:
    """Hash every row; returns the hashes, and the rows that are set aside with those that were so before."""
    aside = dict(aside)
    finite = None if vectors is None else np.asarray(np.isfinite(vectors).all(axis=1))
    rows = len(content)
    hashes: list[str | None] = []
    said = time.monotonic()
    for row in range(rows):
        digest = None
        if row not in aside:
            try:
                digest = content.digest(row)
                if finite is not None and not finite[row]:
                    aside[row] = SetAside(row, content.name(row), "its embedding has NaN or infinite values")
            except UnreadableItem as error:
                aside[row] = SetAside(row, content.name(row), str(error))
        hashes.append(digest)
        if row % 256 == 0 and time.monotonic() - said > SECONDS:
            said = time.monotonic()
            _log.info("%s: %s of %s rows are read", source or "dataset", f"{row:,}", f"{rows:,}")
    return hashes, aside


def _same_length(one: str, many: str, got: int, rows: int) -> None:
    if got != rows:
        raise DataError(
            f"There {are(got)} {counted(got, one, many)} for {counted(rows, 'row')}.",
            f"Give one of the {many} per row, in the same order.",
        )


def _vectors(features: Any, rows: int) -> NDArray[np.float32]:
    array = numbers_in(features, "features")
    if array.ndim != 2:
        raise DataError(
            f"The features have the shape {array.shape}.", "Give a two-dimensional array, one row per item."
        )
    _same_length("row of features", "rows of features", len(array), rows)
    if not array.shape[1]:
        raise DataError("The features have no columns.", "Give at least one number per item.")
    return float32(array)


def _ids(hashes: list[str | None], keys: Sequence[Any] | None, aside: dict[int, SetAside]) -> list[str | None]:
    """Return the id of each row's item, `None` where the row is set aside."""
    if keys is None:
        return list(hashes)
    _same_length("key", "keys", len(keys), len(hashes))
    names = [key_name(k) for k in keys]
    missing = [r for r, k in enumerate(keys) if names[r] == "" or _missing(k)]
    if missing:
        raise DataError(
            f"The key of row {missing[0]} is missing ({len(missing):,} in all).",
            Said("Fill the keys in, or leave {} out.", Option("key")),
        )
    counts = pd.Series(names, dtype=object).value_counts()
    repeated = counts[counts > 1]
    if len(repeated):
        stand, more = "stands" if len(repeated) == 1 else "stand", " …" if len(repeated) > 5 else ""
        listed = ", ".join(f"{k!r} ({n}×)" for k, n in repeated.head(5).items())
        raise DataError(
            f"{counted(len(repeated), 'key')} {stand} in more than one row: {listed}{more}.",
            Said("Make the keys unique, or leave {} out so that items are told apart by their content.", Option("key")),
        )
    return [None if r in aside else names[r] for r in range(len(names))]


def _missing(key: Any) -> bool:
    return key is None or (not isinstance(key, str) and pd.api.types.is_scalar(key) and bool(pd.isna(key)))


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
