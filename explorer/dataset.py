"""Dataset: rows in, items inside.

Every reader ends here. Rows with equal content are one item with several occurrences (unless a key column names the
items); each row keeps its own given label. Everything downstream speaks of items by position 0…N-1 or by item id.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.content import Content, MediaKind
from explorer.errors import DataError, UnknownName, UnreadableItem

UNLABELLED = -1
"""Class code of an item without a given label."""


@dataclass(frozen=True)
class SetAside:
    """One row that takes no part: where it is and why."""

    row: int
    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class Dataset:
    """N items made from R rows of the user.

    Attributes
    ----------
    content
        The rows' raw content; `content.load(dataset.first_row[i])` is item i.
    item_ids, content_hashes
        object [N] of str. Without keys the id *is* the content hash (SHA-256, hex).
    classes
        Class names, sorted naturally; a class code is a position in it.
    class_values
        The user's own values for them (an int label stays an int in `corrected()`).
    given
        int32 [N]: class code per item, `UNLABELLED` where there is none. The commonest where occurrences disagree.
    conflicting
        bool [N]: occurrences of the item carry different given labels.
    row_item, row_given
        int32 [R]: item of each row (-1 = set aside) and the row's own class code.
    first_row
        int32 [N]: the row an item's content is read from.
    features, probs
        float32 [N, D] and [N, K], aligned to items and classes, where the user brought them.
    """

    content: Content
    item_ids: NDArray[np.object_]
    content_hashes: NDArray[np.object_]
    classes: tuple[str, ...]
    class_values: tuple[Any, ...]
    given: NDArray[np.int32]
    conflicting: NDArray[np.bool_]
    row_item: NDArray[np.int32]
    row_given: NDArray[np.int32]
    first_row: NDArray[np.int32]
    keyed: bool
    row_index: pd.Index[Any]
    label_name: str = "label"
    source: str = ""
    features: NDArray[np.float32] | None = None
    probs: NDArray[np.float32] | None = None
    set_aside: tuple[SetAside, ...] = ()
    notes: tuple[str, ...] = ()
    _positions: dict[str, int] = field(default_factory=dict, repr=False)

    @property
    def kind(self) -> MediaKind:
        """Media kind of the items."""
        return self.content.kind

    def __len__(self) -> int:
        return len(self.item_ids)

    def __repr__(self) -> str:
        unlabelled = int((self.given == UNLABELLED).sum())
        parts = [_count(len(self), f"{self.kind} item"), _count(len(self.classes), "class", "classes")]
        if len(self.row_item) - len(self.set_aside) != len(self):
            parts.append(_count(len(self.row_item), "row"))
        if unlabelled:
            parts.append(f"{unlabelled:,} unlabelled")
        if self.conflicting.any():
            parts.append(f"{int(self.conflicting.sum()):,} with conflicting given labels")
        if self.set_aside:
            parts.append(f"{_count(len(self.set_aside), 'row')} set aside")
        return f"Dataset({', '.join(parts)}{', from ' + self.source if self.source else ''})"

    def load(self, item: int) -> Any:
        """Return the content of the item at a position (see `Content.load`)."""
        return self.content.load(int(self.first_row[item]))

    def name(self, item: int) -> str:
        """Say where the item came from: a file path or a row."""
        return self.content.name(int(self.first_row[item]))

    def position(self, item_id: str) -> int:
        """Return the position 0…N-1 of an item id, which is given whole; `UnknownName` names the nearest ids."""
        positions = self._by_id()
        if item_id not in positions:
            # An id is mostly a hash: three show what one looks like.
            raise UnknownName("item", item_id, islice(positions, 2000), few=3, of=len(positions))
        return positions[item_id]

    def place(self, item_id: str) -> int | None:
        """Return the position of an item id, `None` if there is no such item: quick also for many that are not."""
        return self._by_id().get(item_id)

    def find(self, item: str | int) -> int:
        """Return the position of an item as a person names it.

        With keys that is the key, as text or as the number it was. Without keys it is the content hash, a prefix of at
        least six characters of it, the name of its file as the data has it, or the item's position.

        Raises
        ------
        UnknownName, DataError
            No such item, with the nearest ids; or a prefix of several.
        """
        text = class_name(item)
        if self.keyed or text in self._by_id():
            return self.position(text)
        if isinstance(item, int | np.integer) and 0 <= item < len(self):
            return int(item)
        if isinstance(item, str):
            named = [i for i, row in enumerate(self.first_row) if self.content.name(int(row)) == item]
            if named:
                return named[0]
        if isinstance(item, str) and len(item) >= 6:
            matches = [i for i, known in enumerate(self.item_ids) if known.startswith(item)]
            if len(matches) == 1:
                return matches[0]
            if matches:
                raise DataError(f"{len(matches)} item ids begin with {item!r}.", "Give more of the id.")
        return self.position(text)

    def _by_id(self) -> dict[str, int]:
        """Position by item id, made on first use."""
        if not self._positions:
            self._positions.update({str(v): i for i, v in enumerate(self.item_ids)})
        return self._positions

    def occurrences(self, item: int) -> NDArray[np.intp]:
        """Return the rows in which the item occurs."""
        return np.flatnonzero(self.row_item == item)

    def without(self, failures: dict[int, str]) -> Dataset:
        """Return the dataset without the items at these positions, each with its reason, as set aside."""
        if not failures:
            return self
        keep = np.ones(len(self), dtype=bool)
        keep[list(failures)] = False
        moved = np.where(keep, np.cumsum(keep) - 1, -1).astype(np.int32)
        rows = np.flatnonzero(np.isin(self.row_item, list(failures)))
        aside = [SetAside(int(r), self.content.name(int(r)), failures[int(self.row_item[r])]) for r in rows]
        if not keep.any():
            raise DataError(f"None of the {_count(len(self), 'item')} can be used; the first: {aside[0].reason}")
        return replace(
            self,
            item_ids=self.item_ids[keep],
            content_hashes=self.content_hashes[keep],
            given=self.given[keep],
            conflicting=self.conflicting[keep],
            row_item=np.where(self.row_item >= 0, moved[self.row_item], -1).astype(np.int32),
            first_row=self.first_row[keep],
            features=None if self.features is None else self.features[keep],
            probs=None if self.probs is None else self.probs[keep],
            set_aside=(*self.set_aside, *aside),
            _positions={},
        )

    def set_aside_table(self) -> pd.DataFrame:
        """List the rows that take no part: `row`, `name`, `reason`."""
        return pd.DataFrame([vars(s) for s in self.set_aside], columns=["row", "name", "reason"])

    @cached_property
    def order(self) -> str:
        """Return a SHA-256 over the item ids in order: positions mean something only together with it."""
        return hashlib.sha256("\0".join(self.item_ids).encode("utf-8", "surrogatepass")).hexdigest()

    def digest(self) -> str:
        """Return a SHA-256 over the sorted (item id, content hash) pairs: equal for equal content in any order."""
        sha = hashlib.sha256()
        for line in sorted(f"{i}\0{h}\n" for i, h in zip(self.item_ids, self.content_hashes, strict=True)):
            sha.update(line.encode())
        return sha.hexdigest()


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
        raise DataError(f"None of the {_count(rows, 'row')} can be used: {reasons}")
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


def encode_labels(
    values: Sequence[Any], classes: Sequence[Any] | None = None, label_name: str = "label"
) -> tuple[NDArray[np.int32], tuple[str, ...], tuple[Any, ...]]:
    """Turn labels into codes int32 [R], class names, and the user's own values of the classes."""
    plain = [_plain_label(v, row, label_name) for row, v in enumerate(values)]
    fractions = [v for v in plain if isinstance(v, float)]
    if len(fractions) > 0.5 * len(plain) and len(set(fractions)) > 20:
        raise DataError(
            f"Column {label_name!r} holds {len(set(fractions)):,} different fractions: measurements, no classes.",
            "Only class labels are supported so far; put the numbers into classes, or name another column.",
        )
    if classes is not None:
        own = [_plain_label(c, row, "classes") for row, c in enumerate(classes)]
    else:
        own = sorted({v for v in plain if v is not None}, key=lambda v: _natural(class_name(v)))
    names: dict[str, int] = {}
    kept: list[Any] = []
    for value in own:
        if value is not None and class_name(value) not in names:
            names[class_name(value)] = len(names)
            kept.append(value)
    codes = np.full(len(plain), UNLABELLED, dtype=np.int32)
    for row, value in enumerate(plain):
        if value is None:
            continue
        name = class_name(value)
        if name not in names:
            raise UnknownName("class", name, names, f"It stands in column {label_name!r}, row {row}.")
        codes[row] = names[name]
    return codes, tuple(names), tuple(kept)


def class_name(value: Any) -> str:
    """Return the name that a label value is shown and stored under."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def check_probs(probs: NDArray[Any], rows: int, classes: Sequence[str]) -> NDArray[np.float32]:
    """Check probabilities [R, K] and renormalise their rows (float16 sums drift); the first bad row is named."""
    if probs.ndim != 2 or probs.shape != (rows, len(classes)):
        raise DataError(
            f"The probabilities have the shape {probs.shape}; {_count(rows, 'row')} × "
            f"{_count(len(classes), 'class', 'classes')} were expected.",
            "Give one column per class, in the order of classes= (classes: "
            + ", ".join(classes[:8])
            + ("…" if len(classes) > 8 else "")
            + ").",
        )
    values = probs.astype(np.float32)
    bad = ~np.isfinite(values).all(axis=1) | (values < 0).any(axis=1) | (np.abs(values.sum(axis=1) - 1) > 0.02)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"The probabilities of row {row} are negative, not finite, or do not sum to 1 "
            f"(they sum to {values[row].sum():.3g}); {_count(int(bad.sum()), 'row')} {_are(int(bad.sum()))} like it.",
            "Pass predict_proba output (after softmax), or leave probs out to have them computed.",
        )
    normalised: NDArray[np.float32] = values / values.sum(axis=1, keepdims=True)
    return normalised


def _count(n: int, one: str, many: str = "") -> str:
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _same_length(one: str, many: str, got: int, rows: int) -> None:
    if got != rows:
        raise DataError(
            f"There {_are(got)} {_count(got, one, many)} for {_count(rows, 'row')}.",
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
            f"{_count(len(repeated), 'key')} {stand} in more than one row: {listed}{more}.",
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


def _plain_label(value: Any, row: int, column: str) -> Any:
    """Bring one label to a plain value, `None` where it is missing; refuse what is no class label."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, bool | int | float):
        return int(value) if isinstance(value, float) and value.is_integer() else value
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    raise DataError(
        f"Row {row}, column {column!r}: the label is a {type(value).__name__}.",
        "Only one class per item is supported so far: no several labels, spans or boxes.",
    )


def _natural(name: str) -> tuple[tuple[int, int | float, str], ...]:
    """Sort key under which "item 10" comes after "item 9"."""
    parts = re.split(r"(\d+)", name)
    return tuple((0, int(p), "") if p.isdigit() else (1, 0, p.casefold()) for p in parts if p)
