"""Searching a dataset's items: by a word of a text or a table's cells, an id, a file's name, a row."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from explorer.dataset.dataset import Dataset
from explorer.errors import DataError
from explorer.media.table import Table

PREFIX = 6
"""Least characters of an id that is a content's hash: fewer are in many texts by chance."""

_ROW = re.compile(r"(?:row\s+)?(\d{1,18})", re.IGNORECASE)


def matches(dataset: Dataset, query: str | int) -> dict[int, str]:
    """Return the positions of the items that a query finds, each with what holds it; those named exactly come first.

    Parameters
    ----------
    query
        Upper and lower case are alike. It is found in texts, in a table's cells, in keys and in file names; as a
        number, or as "row 500", it is also a row of the user's own data, from 0. An id that is a content's hash is
        found by its first six characters or more.

    Returns
    -------
    dict
        "id", "row", "file", "text", or the name of a table's column, by position.

    Raises
    ------
    DataError
        An empty query, or one that is neither text nor a whole number.

    Examples
    --------
    >>> import explorer
    >>> dataset = explorer.read(["Good film", "dull film"], label=["+", "-"])
    >>> matches(dataset, "FILM"), matches(dataset, "row 1"), matches(dataset, 0)
    ({0: 'text', 1: 'text'}, {1: 'row'}, {0: 'row'})
    """
    if isinstance(query, bool) or not isinstance(query, str | int | np.integer) or not str(query).strip():
        raise DataError(f"{query!r} cannot be searched for.", "Give a word, an id, a file's name or a row's number.")
    wanted = str(query).strip().casefold()
    found: dict[int, str] = {}
    exact = next((i for i, name in enumerate(dataset.item_ids) if name.casefold() == wanted), None)
    if exact is not None:
        found[exact] = "id"
    row = _ROW.fullmatch(wanted)
    if row and int(row[1]) < len(dataset.row_item) and dataset.row_item[int(row[1])] >= 0:
        found.setdefault(int(dataset.row_item[int(row[1])]), "row")
    for position in _ids(dataset, wanted):
        found.setdefault(position, "id")
    for position in _files(dataset, wanted):
        found.setdefault(position, "file")
    if dataset.kind == "text":
        for position in range(len(dataset)):
            if wanted in str(dataset.load(position)).casefold():
                found.setdefault(position, "text")
    if isinstance(dataset.content, Table):
        for position, column in _cells(dataset, dataset.content.frame, wanted).items():
            found.setdefault(position, column)
    return found


def _ids(dataset: Dataset, wanted: str) -> list[int]:
    names = enumerate(dataset.item_ids)
    if dataset.keyed:
        return [i for i, name in names if wanted in name.casefold()]
    return [i for i, name in names if name.startswith(wanted)] if len(wanted) >= PREFIX else []


def _files(dataset: Dataset, wanted: str) -> list[int]:
    """Return the items of rows whose file's name holds the text; a row without a file has no name of its own."""
    found: dict[int, None] = {}
    for row, item in enumerate(dataset.row_item.tolist()):
        name = dataset.content.name(row)
        if item >= 0 and name != f"row {row}" and wanted in name.casefold():
            found[item] = None
    return list(found)


def _cells(dataset: Dataset, frame: pd.DataFrame, wanted: str) -> dict[int, str]:
    """Return the items with a cell of text that holds the query, each with the name of its first such column."""
    found: dict[int, str] = {}
    for name in frame.columns:
        cells = frame[name]
        if pd.api.types.is_numeric_dtype(cells):
            continue
        texts = cells.iloc[dataset.first_row].tolist()
        for position, cell in enumerate(texts):
            if isinstance(cell, str) and wanted in cell.casefold():
                found.setdefault(position, str(name))
    return found
