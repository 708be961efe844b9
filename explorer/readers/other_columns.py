"""Columns that play no role are kept: those of the table itself, and those given beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from explorer.dataset.dataset import Dataset
from explorer.errors import DataError, Option, Said
from explorer.utils.arrays import aligned, values_in
from explorer.utils.text import are, counted, listed, printable


def are_values(given: Any) -> bool:
    """Say whether `columns=` holds values, and not names."""
    return isinstance(given, pd.DataFrame | Mapping)


def with_values(dataset: Dataset, given: pd.DataFrame | Mapping[Any, Any]) -> Dataset:
    """Return the dataset with columns that stand beside its rows.

    Parameters
    ----------
    given
        A table of R rows, which an index of the rows' own names puts in order; or R values by name.

    Raises
    ------
    DataError
        Another number of values than there are rows, or a name that stands there twice.
    """
    frame = aligned(given, dataset.row_index, "columns", "rows") if isinstance(given, pd.DataFrame) else _table(given)
    rows = len(dataset.row_item)
    names = [printable(str(name)) for name in frame.columns]
    if len(frame) != rows and names:
        raise DataError(
            Said("{} has {} for {}.", Option("columns"), counted(len(frame), "row"), counted(rows, "row")),
            "Give one value per row, in the same order.",
        )
    repeated = sorted(
        {name for name in (*dataset.other.names, *names) if (*dataset.other.names, *names).count(name) > 1}
    )
    if repeated:
        raise DataError(Said("{} would be there twice: {}.", Option("columns"), listed(repeated)), "Rename them.")
    other = dataset.other.with_more(names, frame.set_axis(names, axis=1))
    return replace(dataset, other=other, notes=(*dataset.notes, *note_of(names)))


def note_of(names: list[str]) -> tuple[str, ...]:
    """Say which columns are kept, where there are any."""
    if not names:
        return ()
    return (f"{counted(len(names), 'other column')} {are(len(names))} kept: {listed(names)}",)


def _table(given: Mapping[Any, Any]) -> pd.DataFrame:
    columns: dict[Any, list[Any]] = {
        name: values_in(values, f"value of columns[{name!r}]", f"values of columns[{name!r}]")
        for name, values in given.items()
    }
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        each = ", ".join(f"{name!r} has {len(values):,}" for name, values in list(columns.items())[:6])
        raise DataError(Said("{} differ in length: {}.", Option("columns"), each), "Give one value per row.")
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()}).infer_objects()
