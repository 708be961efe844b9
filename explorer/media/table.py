"""Rows of tables."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from explorer.media.base import MediaKind, Numbered

BLOCK = 4096
"""Rows that are hashed at once, column by column: cell by cell a wide table takes minutes."""


class Table(Numbered):
    """Rows of numeric and categorical cells.

    Parameters
    ----------
    frame
        R rows, column names are strings.
    written
        Columns as they stood in the file, where `frame` holds them in another type: rows are told apart by these, so
        that an item keeps its id when more of a file is understood.

    Examples
    --------
    >>> Table(pd.DataFrame({"size": ["S", "M"], "colour": ["red", None]})).load(0)
    {'size': 'S', 'colour': 'red'}
    """

    kind: MediaKind = "table"

    def __init__(self, frame: pd.DataFrame, written: Mapping[str, pd.Series[Any]] | None = None) -> None:
        self.frame = frame.reset_index(drop=True)
        self._written = {name: cells.reset_index(drop=True) for name, cells in (written or {}).items()}
        self._block: tuple[int, list[str]] = (-1, [])  # replaced as a whole, so that threads need no lock

    def __len__(self) -> int:
        return len(self.frame)

    def digest(self, row: int) -> str:
        """Hash the cells as JSON with sorted column names."""
        number = row // BLOCK
        block = self._block
        if block[0] != number:
            block = self._block = (number, list(self._digests(number * BLOCK, (number + 1) * BLOCK)))
        return block[1][row - number * BLOCK]

    def load(self, row: int) -> dict[str, Any]:
        """Return column name → cell."""
        return {str(name): self.frame[name].iat[row] for name in self.frame.columns}

    def _digests(self, start: int, stop: int) -> Iterator[str]:
        names = sorted(str(name) for name in self.frame.columns)
        columns = []
        for name in names:
            cells = self._written.get(name, self.frame[name]).iloc[start:stop]
            head = f"{_json(name)}: "
            columns.append([head + cell for cell in _cells(cells)])
        for row in zip(*columns, strict=True) if columns else [()] * len(self.frame.iloc[start:stop]):
            yield hashlib.sha256(f"{{{', '.join(row)}}}".encode("utf-8", "surrogatepass")).hexdigest()


def _cells(cells: pd.Series[Any]) -> list[str]:
    """Write the cells of a column as JSON, missing ones as null."""
    plain = cells.dtype if isinstance(cells.dtype, np.dtype) else None
    kind = "" if plain is None or plain.itemsize > 8 else plain.kind
    if kind == "f":
        infinite = {np.inf: "Infinity", -np.inf: "-Infinity"}
        return ["null" if math.isnan(v) else infinite.get(v) or float.__repr__(v) for v in cells.tolist()]
    if kind in ("i", "u"):
        return [str(v) for v in cells.tolist()]
    known: dict[Any, str] = {}
    if isinstance(cells.dtype, pd.CategoricalDtype):
        values = [_json(_plain(v)) for v in cells.cat.categories]
        return [values[code] if code >= 0 else "null" for code in cells.cat.codes.tolist()]
    found = []
    for value in cells.tolist():
        if type(value) is str:  # the same words come again and again
            text = known.get(value)
            if text is None:
                text = known[value] = _json(value)
            found.append(text)
        else:
            found.append(_json(_plain(value)))
    return found


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """Bring one cell to something JSON can carry, NaN as null."""
    if not pd.api.types.is_scalar(value):
        return str(value)
    if pd.isna(value):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value.bit_length() < 13_000 else hex(value)  # Python writes out no more than 4,300 digits
    return value if isinstance(value, bool | float) else str(value)
