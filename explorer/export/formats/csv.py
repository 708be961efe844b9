"""Exports as CSV, in UTF-8. Times are ISO 8601 in UTC; an empty field is a missing label, rater, time or p_error.

`left_out` is True or False; capitals do not matter.

Text is data: a value that begins with = + - or @ is written as it is, since an apostrophe in front, which some writers
add so that spreadsheets do not take it for a formula, would make another class of it on the way back. Whoever opens
such a file in a spreadsheet should import these columns as text.
"""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import pandas as pd

from explorer.errors import DataError
from explorer.export.columns import COLUMNS, MAY_MISS, plain_rows

_LONGEST = 2**31 - 1
"""Characters of a field: what a C long holds on every system."""
_limit = threading.Lock()


def write(table: pd.DataFrame, file: BinaryIO) -> None:
    """Write a table of corrected labels."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.DictWriter(text, list(table.columns))
    writer.writeheader()
    writer.writerows(plain_rows(table))  # the writer puts floats as repr does, so no digit is lost
    text.flush()
    text.detach()


def read(file: BinaryIO) -> pd.DataFrame:
    """Read a table of corrected labels, unchecked; `DataError` or `ValueError` if it is no CSV."""
    # A spreadsheet that saves the file puts a byte order mark in front.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    rows = []
    try:
        with _long_fields():
            reader = csv.reader(text, strict=True)
            names = next(reader, [])
            for row in reader:
                if len(row) != len(names):
                    raise DataError(f"Line {reader.line_num} has {len(row)} fields, the header has {len(names)}.")
                rows.append(row)
    except csv.Error as error:
        raise DataError(f"Line {reader.line_num}: {error}.") from error
    table = pd.DataFrame(rows, columns=names, dtype=object)
    if table.columns.is_unique:  # which is checked later
        votes = [name for name in names if name not in COLUMNS]  # which may all be missing
        for column in (*MAY_MISS, "time", "p_error", *votes):
            if column in table.columns:
                table[column] = [v or None for v in table[column]]
    return table


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let fields be as long as what was written: `csv` takes 131,072 characters otherwise, for the whole process."""
    with _limit:
        before = csv.field_size_limit(_LONGEST)
        try:
            yield
        finally:
            csv.field_size_limit(before)
