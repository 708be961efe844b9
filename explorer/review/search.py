"""Searching a dataset's items: by words of a text or a table's cells, an id, a file's name, a row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from explorer.dataset.dataset import Dataset
from explorer.errors import DataError
from explorer.media.table import Table

PREFIX = 6
"""Least characters of an id that is a content's hash: fewer are in many texts by chance."""

KEPT = 200_000_000
"""Characters of texts that are kept in lower case for the next query; a larger dataset is read again for each."""

_ROW = re.compile(r"(?:row\s+)?(\d{1,18})", re.IGNORECASE)
_WORD = re.compile(r'"([^"]*)"?|(\S+)')


class Found(NamedTuple):
    """What a query has found.

    Attributes
    ----------
    where
        By position, what holds it: "id", "row", "file", "text", or the name of a table's column.
    exact
        Positions of those that it names whole, as an id or a row.
    """

    where: dict[int, str]
    exact: list[int]


class _Field(NamedTuple):
    """What is searched of the items: one text an item, in lower case; "" where an item has none."""

    name: str
    texts: Sequence[str]
    prefix: bool = False
    """Whether only how a text begins counts, from `PREFIX` characters on."""

    def holding(self, word: str) -> Iterator[int]:
        """Return the positions of the items whose text holds a word."""
        if not self.prefix:
            return (i for i, text in enumerate(self.texts) if word in text)
        if len(word) < PREFIX:
            return iter(())
        return (i for i, text in enumerate(self.texts) if text.startswith(word))


class Search:
    """Searches one dataset; what it has read of the items is kept for the next query.

    Parameters
    ----------
    dataset
        Its items.

    Examples
    --------
    >>> import explorer
    >>> search = Search(explorer.read(["A good film", "dull film", "good and dull"], label=["+", "-", "-"]))
    >>> search.find("good DULL").where, search.find('"good film"').where, search.find("row 1").exact
    ({2: 'text'}, {0: 'text'}, [1])
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._kept: list[_Field] | None = None

    def find(self, query: str | int) -> Found:
        """Return the items that a query finds; those that it names whole come first.

        Parameters
        ----------
        query
            Upper and lower case are alike. Words are found in texts, in a table's cells, in keys and in file names;
            an item has all of them, each somewhere. What stands in quotes is one phrase. A number, or "row 500", is
            also a row of the user's own data, from 0. An id that is a content's hash is found by its first six
            characters or more.

        Raises
        ------
        DataError
            An empty query, or one that is neither text nor a whole number.
        """
        if isinstance(query, bool) or not isinstance(query, str | int | np.integer):
            raise _refused(query)
        wanted = str(query).strip().casefold()
        words = [phrase or word for phrase, word in _WORD.findall(wanted) if phrase.strip() or word]
        if not words:
            raise _refused(query)
        fields = self._fields()
        found: dict[int, str] = {}
        name = words[0] if len(words) == 1 else wanted
        named = next((i for i, known in enumerate(self.dataset.item_ids) if known.casefold() == name), None)
        if named is not None:
            found[named] = "id"
        row = self._row(wanted)
        if row is not None:
            found.setdefault(row, "row")
        exact = list(found)
        first, *others = (self._holding(word, fields) for word in words)
        for position, where in first.items():
            if all(position in each for each in others):
                found.setdefault(position, where)
        return Found(found, exact)

    def _row(self, wanted: str) -> int | None:
        """Return the item of a row that is named as a number, or as "row 500"; `None` for anything else."""
        number = _ROW.fullmatch(wanted)
        items = self.dataset.row_item
        if number is None or int(number[1]) >= len(items) or items[int(number[1])] < 0:
            return None
        return int(items[int(number[1])])

    @staticmethod
    def _holding(word: str, fields: list[_Field]) -> dict[int, str]:
        found: dict[int, str] = {}
        for field in fields:
            for position in field.holding(word):
                found.setdefault(position, field.name)
        return found

    def _fields(self) -> list[_Field]:
        if self._kept is not None:
            return self._kept
        fields = list(_read(self.dataset))
        if sum(len(text) for field in fields for text in field.texts) <= KEPT:
            self._kept = fields
        return fields


def matches(dataset: Dataset, query: str | int) -> dict[int, str]:
    """Return the positions of the items that a query finds, each with what holds it: see `Search.find`.

    Examples
    --------
    >>> import explorer
    >>> dataset = explorer.read(["Good film", "dull film"], label=["+", "-"])
    >>> matches(dataset, "FILM"), matches(dataset, "row 1"), matches(dataset, 0)
    ({0: 'text', 1: 'text'}, {1: 'row'}, {0: 'row'})
    """
    return Search(dataset).find(query).where


def _refused(query: object) -> DataError:
    return DataError(f"{query!r} cannot be searched for.", "Give a word, an id, a file's name or a row's number.")


def _read(dataset: Dataset) -> Iterator[_Field]:
    """Read everything that is searched."""
    yield _Field("id", [name.casefold() for name in dataset.item_ids], prefix=not dataset.keyed)
    files = _files(dataset)
    if files:
        yield _Field("file", [files.get(i, "") for i in range(len(dataset))])
    if dataset.kind == "text":
        yield _Field("text", [str(dataset.load(i)).casefold() for i in range(len(dataset))])
    if isinstance(dataset.content, Table):
        frame = dataset.content.frame
        for name in frame.columns:
            if not pd.api.types.is_numeric_dtype(frame[name]):
                cells = frame[name].iloc[dataset.first_row].tolist()
                yield _Field(str(name), [cell.casefold() if isinstance(cell, str) else "" for cell in cells])


def _files(dataset: Dataset) -> dict[int, str]:
    """Return the names of the files of each item's rows, a line each; a row without a file has no name of its own."""
    found: dict[int, str] = {}
    for row, item in enumerate(dataset.row_item.tolist()):
        name = dataset.content.name(row)
        if item >= 0 and name != f"row {row}":
            found[item] = f"{found[item]}\n{name.casefold()}" if item in found else name.casefold()
    return found
