"""Jsonl."""

from __future__ import annotations

import json
from typing import BinaryIO

import pandas as pd

from explorer.errors import DataError
from explorer.export.schema import COLUMNS, _plain_rows


def _write_jsonl(table: pd.DataFrame, file: BinaryIO) -> None:
    for row in _plain_rows(table):
        file.write(json.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n")


def _read_jsonl(file: BinaryIO) -> pd.DataFrame:
    rows = []
    for number, line in enumerate(file, 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as error:
                raise DataError(f"Line {number} is no JSON: {error}.") from error
            if not isinstance(row, dict):
                raise DataError(f"Line {number} is a JSON {type(row).__name__}, not an object.")
            rows.append(row)
    columns = dict.fromkeys(k for row in rows for k in row) if rows else COLUMNS
    return pd.DataFrame(rows, columns=list(columns), dtype=object)
