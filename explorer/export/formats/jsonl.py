"""Exports as JSON lines: one object a row, in UTF-8. Times are ISO 8601 in UTC; `null` is missing."""

from __future__ import annotations

import json
from typing import BinaryIO

import pandas as pd

from explorer.errors import DataError
from explorer.export.columns import COLUMNS, plain_rows


def write(table: pd.DataFrame, file: BinaryIO) -> None:
    """Write a table of corrected labels."""
    for row in plain_rows(table):
        file.write(json.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n")


def read(file: BinaryIO) -> pd.DataFrame:
    """Read a table of corrected labels, unchecked; `DataError` if a line is no JSON object."""
    rows = []
    for number, line in enumerate(file, 1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise DataError(f"Line {number} is no JSON: {error}.") from error
            if not isinstance(row, dict):
                raise DataError(f"Line {number} is a JSON {type(row).__name__}, not an object.")
            rows.append(row)
    columns = dict.fromkeys(k for row in rows for k in row) if rows else COLUMNS
    return pd.DataFrame(rows, columns=list(columns), dtype=object)
