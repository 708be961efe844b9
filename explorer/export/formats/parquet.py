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
    schema = pa.schema([pa.field(c, kinds.get(c, pa.string())) for c in COLUMNS])
    pq.write_table(pa.Table.from_pandas(table, schema=schema, preserve_index=False), file, compression="zstd")


def read(file: BinaryIO) -> pd.DataFrame:
    """Read a table of corrected labels, unchecked; pyarrow's errors if it is no Parquet."""
    import pyarrow.parquet as pq

    # Not read_table: its scan may outlive the call on Arrow's threads, and a process that ends then aborts.
    table: pd.DataFrame = pq.ParquetFile(file).read().to_pandas()
    return table
