"""Exports as Parquet: text, UTC times in microseconds, p_error as float64, left_out as bool."""

from __future__ import annotations

from typing import BinaryIO

import pandas as pd

from explorer.export.columns import COLUMNS, LEFT_OUT


def write(table: pd.DataFrame, file: BinaryIO) -> None:
    """Write a table of corrected labels."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"time": pa.timestamp("us", tz="UTC"), "p_error": pa.float64(), LEFT_OUT: pa.bool_()}
    kinds |= {c: pa.bool_() if table[c].dtype == bool else pa.float64() for c in _numbers(table)}
    schema = pa.schema([pa.field(c, kinds.get(c, pa.string())) for c in table.columns])
    pq.write_table(pa.Table.from_pandas(table, schema=schema, preserve_index=False), file, compression="zstd")


def _numbers(table: pd.DataFrame) -> list[str]:
    """Return the columns beside those of every export that hold numbers or truth values."""
    return [c for c in table.columns if c not in COLUMNS and table[c].dtype.kind in "bf"]


def read(file: BinaryIO) -> pd.DataFrame:
    """Read a table of corrected labels, unchecked; pyarrow's errors if it is no Parquet."""
    import pyarrow.parquet as pq

    # DANGER: none of this on Arrow's threads. One that still holds the file when the process ends aborts it.
    table: pd.DataFrame = pq.ParquetFile(file, pre_buffer=False).read(use_threads=False).to_pandas(use_threads=False)
    return table
