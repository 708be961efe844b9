"""Csv."""

from __future__ import annotations

import csv
import io
from typing import BinaryIO

import pandas as pd

from explorer.errors import DataError
from explorer.export.schema import _MAY_MISS, COLUMNS, _plain_rows


def _write_csv(table: pd.DataFrame, file: BinaryIO) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(_plain_rows(table))  # the writer puts floats as repr does, so no digit is lost
    text.flush()
    text.detach()


def _read_csv(file: BinaryIO) -> pd.DataFrame:
    # A spreadsheet that saves the file puts a byte order mark in front.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    reader = csv.reader(text, strict=True)
    names = next(reader, [])
    rows = []
    for row in reader:
        if len(row) != len(names):
            raise DataError(f"Line {reader.line_num} has {len(row)} fields, the header has {len(names)}.")
        rows.append(row)
    table = pd.DataFrame(rows, columns=names, dtype=object)
    for column in (*_MAY_MISS, "time", "p_error"):
        if column in table.columns:
            table[column] = [v or None for v in table[column]]
    return table
