"""Exports as Parquet: text, UTC times in microseconds, p_error as float64, left_out as bool."""

from __future__ import annotations

from typing import BinaryIO

import pandas as pd

from explorer.errors import DataError
from explorer.export.columns import COLUMNS, LEFT_OUT, is_extra


def write(table: pd.DataFrame, file: BinaryIO) -> None:
    """Write a table of corrected labels."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"time": pa.timestamp("us", tz="UTC"), "p_error": pa.float64(), LEFT_OUT: pa.bool_()}
    labels = [c for c in table.columns if not is_extra(c)]
    kinds |= {c: pa.bool_() if table[c].dtype == bool else pa.float64() for c in _numbers(table[labels])}
    schema = pa.schema([pa.field(c, kinds.get(c, pa.string())) for c in labels])
    whole = pa.Table.from_pandas(table[labels], schema=schema, preserve_index=False)
    for name in filter(is_extra, table.columns):
        try:
            whole = whole.append_column(name, pa.array(table[name], from_pandas=True))
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:  # values of several kinds
            why = " ".join(str(error).split())[:300]
            raise DataError(
                f"The column {name!r} cannot be written as Parquet: {why}.",
                "Write CSV or JSONL, or name the columns to write: columns=[...].",
            ) from error
    pq.write_table(whole, file, compression="zstd")


def _numbers(table: pd.DataFrame) -> list[str]:
    """Return the columns beside those of every export that hold numbers or truth values."""
    return [c for c in table.columns if c not in COLUMNS and table[c].dtype.kind in "bf"]


def read(file: BinaryIO) -> pd.DataFrame:
    """Read a table of corrected labels, unchecked; pyarrow's errors if it is no Parquet."""
    import pyarrow.parquet as pq

    # DANGER: none of this on Arrow's threads. One that still holds the file when the process ends aborts it.
    table: pd.DataFrame = pq.ParquetFile(file, pre_buffer=False).read(use_threads=False).to_pandas(use_threads=False)
    return table
