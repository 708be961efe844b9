"""`Dataset`: rows in, items inside.

Every reader ends here. Rows with equal content are one item with several occurrences (unless a key column names the
items); each row keeps its own given label. Everything downstream speaks of items by position 0…N-1 or by item id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.dataset.other_columns import OtherColumns, unknown_column, value_of_items
from explorer.dataset.training import Training
from explorer.dataset.votes import Votes
from explorer.errors import DataError, UnknownName
from explorer.graph import NeighbourGraph
from explorer.media.base import Content, MediaKind
from explorer.media.table import Table
from explorer.tasks.classification import UNLABELLED
from explorer.utils.text import counted, printable


def key_name(key: Any) -> str:
    """Return the item id that a key makes: its text, and for a whole number that came as a fraction the number's.

    >>> key_name(7.0), key_name("a")
    ('7', 'a')
    """
    if isinstance(key, float) and key.is_integer():
        return str(int(key))
    if isinstance(key, int) and key.bit_length() > 13_000:  # Python writes out no more than 4,300 digits
        return hex(key)
    return printable(str(key))


@dataclass(frozen=True)
class SetAside:
    """One row that takes no part: its number, the name of its content, and why."""

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
        int32 [R]: item of each row (-1 = set aside) and the row's own class code (-1 = unlabelled).
    first_row
        int32 [N]: the row an item's content is read from.
    features, probs
        float32 [N, D] and [N, K], aligned to items and classes, where the user brought them.
    set_aside
        Rows that take no part, in the order of the rows.
    notes
        What was taken as what, and why, as sentences.
    path
        File or folder that it was read from; `None` for what was in memory.
    votes
        What raters say of the items, beside their labels and in the same class codes; `None` where there are no raters.
    labelled_by
        Raters whose plurality the given labels are, as the reader took it; empty where the labels came otherwise.
    descriptions
        What people say that classes are, by class name; not every class has one.
    training, graph
        The record of the user's own training, and links that take the place of the nearest neighbours, aligned to the
        items; `None` where the user brought none.
    other
        The user's columns that play no role here; `columns` has their values.

    Examples
    --------
    >>> import explorer
    >>> dataset = explorer.read(["good", "dull", "good"], label=["+", "-", "+"])
    >>> len(dataset), dataset.classes, dataset.row_item.tolist()
    (2, ('+', '-'), [0, 1, 0])
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
    path: Path | None = None
    votes: Votes | None = None
    labelled_by: tuple[str, ...] = ()
    descriptions: Mapping[str, str] = field(default_factory=dict)
    training: Training | None = None
    graph: NeighbourGraph | None = None
    other: OtherColumns = field(default_factory=OtherColumns, repr=False)
    _positions: dict[str, int] = field(default_factory=dict, repr=False)

    @property
    def kind(self) -> MediaKind:
        """Media kind of the items."""
        return self.content.kind

    def __len__(self) -> int:
        return len(self.item_ids)

    def __repr__(self) -> str:
        unlabelled = int((self.given == UNLABELLED).sum())
        parts = [counted(len(self), f"{self.kind} item"), counted(len(self.classes), "class", "classes")]
        if len(self.row_item) - len(self.set_aside) != len(self):
            parts.append(counted(len(self.row_item), "row"))
        if unlabelled:
            parts.append(f"{unlabelled:,} unlabelled")
        if self.conflicting.any():
            parts.append(f"{int(self.conflicting.sum()):,} with conflicting given labels")
        if self.votes is not None:
            parts.append(counted(len(self.votes), "rater"))
        if self.set_aside:
            parts.append(f"{counted(len(self.set_aside), 'row')} set aside")
        return f"Dataset({', '.join(parts)}{', from ' + self.source if self.source else ''})"

    def load(self, item: int) -> Any:
        """Return the content of the item at a position: a picture, a text, cells or a vector (see `Content.load`)."""
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
        text = key_name(item)
        if self.keyed or text in self._by_id():
            return self.position(text)
        if isinstance(item, int | np.integer) and not isinstance(item, bool) and 0 <= item < len(self):
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
            raise DataError(f"None of the {counted(len(self), 'item')} can be used; the first: {aside[0].reason}")
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
            training=None if self.training is None else self.training.part(np.flatnonzero(keep)),
            graph=None if self.graph is None else self.graph.part(np.flatnonzero(keep)),
            votes=None if self.votes is None else self.votes.moved(moved, int(keep.sum())),
            set_aside=(*self.set_aside, *aside),
            _positions={},
        )

    @property
    def columns(self) -> pd.DataFrame:
        """The user's other columns: R rows with `row_index`, values as they came. Read when they are first asked for.

        Raises
        ------
        DataError
            The file that they stand in is gone, or is another one by now.

        Examples
        --------
        >>> import explorer
        >>> explorer.read(["good", "dull"], label=["+", "-"], columns={"source": ["a", "b"]}).columns.source.tolist()
        ['a', 'b']
        """
        return self.other.frame(self.row_index)

    def column(self, name: str) -> tuple[pd.Series[Any], int]:
        """Return a column by item id [N], the value of an item's first row, and of how many items the rows differ.

        A feature of a table will do as well as another column.

        Parameters
        ----------
        name
            Of a kept column, or of a feature.

        Raises
        ------
        UnknownName
            No such column.

        Examples
        --------
        >>> import explorer
        >>> found, differing = explorer.read(["a", "b"], label=[0, 1], columns={"source": ["x", "y"]}).column("source")
        >>> found.tolist(), differing
        (['x', 'y'], 0)
        """
        if name in self.other.names:
            cells = self.columns[name]
        elif isinstance(self.content, Table) and name in self.content.frame.columns:
            cells = self.content.frame[name]
        else:
            known = [*self.other.names, *(self.content.frame.columns if isinstance(self.content, Table) else ())]
            none = (
                "" if known else "The data have no other columns, or they were not kept: see explorer.read(columns=)."
            )
            raise unknown_column(name, known, none)
        values, conflicts = value_of_items(cells, self.row_item, self.first_row)
        return values.set_axis(pd.Index(self.item_ids, name="item_id")).rename(name), conflicts

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
