"""Labels of raters → `Votes` of a dataset's items: which item each is about, which class it names, one an item."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset, key_name
from explorer.dataset.votes import ABSTAINS, RaterVotes, Votes, one_each
from explorer.errors import DataError, UnknownName
from explorer.readers.raters import RaterColumn
from explorer.tasks.classification import UNLABELLED, class_name, natural
from explorer.utils.text import are, counted, listed

_WORDS = frozenset(["nan", "none", "null", "na", "n/a", "<na>", "abstain", "abstention"])
"""What stands for an abstention, in any case, where no label is called so."""


class _Items:
    """Finds items by whatever names them."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._labels: dict[Any, int] = {}
        self._names: dict[str, int] | None = None
        index = dataset.row_index
        if not index.equals(pd.RangeIndex(len(index))) and index.is_unique:
            self._labels = {label: row for row, label in enumerate(index.tolist())}

    def place(self, name: Any) -> int:
        """Return the position of an item by its key or id, the name or number of a row, or its file; -1 for none."""
        dataset = self._dataset
        if not isinstance(name, Hashable) or isinstance(name, bool):
            return -1
        found = dataset.place(key_name(name))
        if found is not None or dataset.keyed:
            return -1 if found is None else found
        if name in self._labels:
            return int(dataset.row_item[self._labels[name]])
        row = _number(name)
        if row is not None and not self._labels:
            return int(dataset.row_item[row]) if 0 <= row < len(dataset.row_item) else -1
        if self._names is None:
            self._names = {dataset.name(item): item for item in range(len(dataset))}
        return self._names.get(str(name), -1)


def _number(name: Any) -> int | None:
    if isinstance(name, int | np.integer):
        return int(name)
    if isinstance(name, float):
        return int(name) if name.is_integer() else None
    return int(name) if isinstance(name, str) and name.isascii() and name.isdecimal() and len(name) < 12 else None


def attach(dataset: Dataset, columns: Sequence[RaterColumn], *, fixed: bool) -> Dataset:
    """Return a dataset with the votes of further raters. Its labels stay; classes that only votes name are added.

    Parameters
    ----------
    fixed
        Whether the classes were given, so that a vote for another one is a slip.

    Raises
    ------
    UnknownName
        A vote for what is no class, where the classes are fixed; names column and row.
    DataError
        All votes of a rater are of items that are not here; a rater that is there twice.
    """
    if not columns:
        return dataset
    notes = [f"{listed([c.name for c in columns])} {'is a rater' if len(columns) == 1 else 'are raters'}"]
    classes = _Classes(dataset, columns, fixed)
    dataset = classes.extended(notes)
    items = _Items(dataset)
    found = [_votes_of(column, classes.coded(column), dataset, items, notes) for column in columns]
    before = () if dataset.votes is None else dataset.votes.raters
    return replace(dataset, votes=Votes((*before, *found), len(dataset)), notes=(*dataset.notes, *notes))


def _votes_of(
    column: RaterColumn, codes: NDArray[np.int32], dataset: Dataset, items: _Items, notes: list[str]
) -> RaterVotes:
    """Match the votes of one rater with items, each at most once."""
    if column.items is not None:
        known = {name: items.place(name) for name in dict.fromkeys(column.items)}
        places = np.fromiter((known[name] for name in column.items), dtype=np.int32, count=len(column.items))
        gone = int((places < 0).sum())
        if gone and gone == len(places):
            raise DataError(
                f"None of the {counted(gone, 'vote')} of {column.name!r} is of an item of this dataset; the first is "
                f"of {column.items[0]!r}.",
                "Name items by the key column, or without one by the number of their row.",
            )
        if gone:
            first = column.items[int(np.flatnonzero(places < 0)[0])]
            said = f"{counted(gone, 'vote')} of {column.name!r} {are(gone)} of items that are not here"
            notes.append(f"{said} and left out (the first: {first!r})")
    else:
        places = np.arange(len(dataset), dtype=np.int32) if column.by_item else dataset.row_item
    here = places >= 0
    if column.items is None and not column.asked:
        here &= column.codes >= 0  # an empty cell of a wide table is no answer; a word that says so is an abstention
    confidence = None if column.confidence is None else column.confidence[here]
    one = one_each(places[here], codes[here], confidence, None if column.times is None else column.times[here])
    if one.by_time:
        notes.append(f"{column.name!r} gave several labels to {counted(one.by_time, 'item')}, where the newest counts")
    if one.unsettled:
        said = f"{column.name!r} contradicts itself on {counted(one.unsettled, 'item')}, where none of its votes counts"
        notes.append(said)
    return RaterVotes(column.name, column.kind, column.family, one.items, one.codes, one.confidence)


class _Classes:
    """The classes of a dataset and those that only votes name."""

    def __init__(self, dataset: Dataset, columns: Sequence[RaterColumn], fixed: bool) -> None:
        self._dataset = dataset
        self._known = {name: name for name in dataset.classes}
        for name, value in zip(dataset.classes, dataset.class_values, strict=True):
            self._known.setdefault(class_name(value), name)
        voted_for = {name for column in columns for name in _used(column)}
        # Codes that count from 0 have -1 for none; beside 1 alone it is a class as any other.
        counts = bool(dataset.classes) or "0" in voted_for
        self._silent = {
            name
            for name in voted_for
            if name not in self._known and (name.strip().lower() in _WORDS or (name == "-1" and counts))
        }
        self._added: dict[str, Any] = {}
        for column in columns:
            self._add(column, fixed)
        self.classes: tuple[str, ...] = dataset.classes

    def _add(self, column: RaterColumn, fixed: bool) -> None:
        for code, (name, own) in enumerate(zip(column.names, column.own, strict=True)):
            here = np.flatnonzero(column.codes == code)
            if not len(here) or name in self._known or name in self._silent:
                continue
            if fixed:
                row = int(here[0] if column.rows is None else column.rows[here[0]])
                where = f"It stands in column {column.column or column.name!r}, row {row}"
                rater = f", as a vote of {column.name!r}." if column.rows is not None else "."
                raise UnknownName("class", own, self._dataset.classes, where + rater)
            self._added.setdefault(name, own)

    def extended(self, notes: list[str]) -> Dataset:
        """Return the dataset with the added classes, in natural order where its own stand so."""
        d = self._dataset
        if self._silent:
            notes.append(f"votes of {listed(sorted(self._silent))} are abstentions")
        if not self._added:
            return d
        notes.append(f"votes name classes that no label has: {listed(list(self._added))}")
        return with_classes(d, self._added)

    def coded(self, column: RaterColumn) -> NDArray[np.int32]:
        """Return the votes of a column as class codes of the extended dataset."""
        order = _order(self._dataset.classes, self._added)
        code = {name: number for number, name in enumerate(order)}
        to = [ABSTAINS if n in self._silent else code.get(self._known.get(n, n), ABSTAINS) for n in column.names]
        return np.array([*to, ABSTAINS], dtype=np.int32)[column.codes]


def _used(column: RaterColumn) -> list[str]:
    return [column.names[code] for code in np.unique(column.codes[column.codes >= 0]).tolist()]


def _order(classes: Sequence[str], added: Mapping[str, Any]) -> list[str]:
    def key(name: str) -> Any:
        return natural(name), name

    sorted_already = list(classes) == sorted(classes, key=key)
    return sorted([*classes, *added], key=key) if sorted_already else [*classes, *sorted(added, key=key)]


def with_classes(dataset: Dataset, added: Mapping[str, Any]) -> Dataset:
    """Return a dataset with further classes, by name with the user's own value of each; nothing has them as label.

    They are put in their place where the classes stand in natural order, else at the end. Probabilities of them are 0.
    """
    order = _order(dataset.classes, added)
    values = {**dict(zip(dataset.classes, dataset.class_values, strict=True)), **added}
    place = {name: number for number, name in enumerate(order)}
    moved = np.array([*(place[name] for name in dataset.classes), UNLABELLED], dtype=np.int32)
    probs = None
    if dataset.probs is not None:
        probs = np.zeros((len(dataset.probs), len(order)), dtype=np.float32)
        probs[:, moved[:-1]] = dataset.probs
    return replace(
        dataset,
        classes=tuple(order),
        class_values=tuple(values[name] for name in order),
        given=moved[dataset.given],
        row_given=moved[dataset.row_given],
        probs=probs,
        votes=None if dataset.votes is None else dataset.votes.recoded(moved),
    )


def labelled(dataset: Dataset) -> Dataset:
    """Return a dataset without labels with those that most of its raters give."""
    votes = dataset.votes
    if votes is None:
        return dataset
    given, ties = votes.plurality(max(1, len(dataset.classes)))
    who = "its only rater says" if len(votes) == 1 else f"most of the {counted(len(votes), 'rater')} say"
    said = f"no column is the label, so the given label is what {who}"
    if ties:
        said += f"; on {counted(ties, 'item')} they tie, and the first of the classes that tie is taken"
    silent = int((given < 0).sum())
    if silent:
        said += f"; {counted(silent, 'item')} that nobody votes on {are(silent)} unlabelled"
    rows = np.where(dataset.row_item >= 0, given[dataset.row_item], UNLABELLED).astype(np.int32)
    return replace(
        dataset,
        given=given,
        row_given=rows,
        conflicting=np.zeros(len(dataset), dtype=bool),
        labelled_by=votes.names,
        notes=(*dataset.notes, said),
    )
