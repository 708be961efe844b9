"""Votes that stand beside a dataset: tables, arrays, mappings and functions, as `explorer.read` takes them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from explorer.dataset.dataset import Dataset
from explorer.errors import DataError, Option, Said
from explorer.progress import Progress
from explorer.readers.options import Options
from explorer.readers.raters import (
    RaterColumn,
    RaterSpec,
    column_of,
    is_array,
    is_long,
    of_array,
    of_long,
    specs_of,
    unknown_form,
)
from explorer.readers.tabular import table_of
from explorer.readers.votes import attach, labelled
from explorer.utils.arrays import aligned, values_in
from explorer.utils.text import are, counted


def voted(dataset: Dataset, options: Options) -> Dataset:
    """Return a dataset with the votes that stand beside it, and labelled by its raters where it has no labels.

    Raises
    ------
    DataError, UnknownName
        See `attach`; raters in a form that says nothing, or as many labels as there are neither rows nor items.
    """
    if options.raters is None and options.votes is None:
        return dataset
    fixed = options.classes is not None
    columns: list[RaterColumn] = []
    notes: list[str] = []
    specs = specs_of(options.raters)
    if specs is None:
        columns += of_table(dataset, options.raters)
    for spec in specs or []:
        if spec.column is not None:
            if options.votes is None and (dataset.votes is None or spec.name not in dataset.votes.names):
                raise DataError(
                    f"The rater {spec.name!r} is named without labels, and the data have no columns.",
                    f"Give the labels: raters={{{spec.name!r}: labels}}.",
                )
            continue
        column, note = of_spec(dataset, spec)
        columns.append(column)
        notes += [note] if note else []
    if options.votes is not None:
        table = _table(options.votes)
        columns += of_long(table, {spec.name: spec for spec in specs or []})
    found = attach(dataset, columns, fixed=fixed)
    if notes:
        found = replace(found, notes=(*found.notes, *notes))
    return labelled(found) if options.label is None and not (found.given >= 0).any() else found


def _table(votes: Any) -> pd.DataFrame:
    if isinstance(votes, str | os.PathLike):
        return table_of(Path(votes).expanduser())
    if not isinstance(votes, pd.DataFrame):
        raise DataError(
            Said("{} is a {}.", Option("votes"), type(votes).__name__),
            "Give a table with the columns item, rater, label, or the path of its file.",
        )
    return votes


def of_table(dataset: Dataset, raters: Any) -> list[RaterColumn]:
    """Return what a table or an array of all raters holds: with a column a rater, or with a row a vote."""
    if is_long(raters):
        return of_long(raters)
    if isinstance(raters, pd.DataFrame):
        if raters.columns.nlevels > 1:
            raise DataError(f"The columns of the raters have {raters.columns.nlevels} levels.", "Flatten them to one.")
        return [
            of_spec(dataset, RaterSpec(str(name), labels=raters.iloc[:, number]))[0]
            for number, name in enumerate(raters.columns)
        ]
    if not is_array(raters):
        raise unknown_form(raters)
    columns = of_array(raters)
    return [_in_rows(dataset, column) for column in columns]


def of_spec(dataset: Dataset, spec: RaterSpec, progress: Progress | None = None) -> tuple[RaterColumn, str]:
    """Return the labels of one rater that stand beside a dataset, and what is to be said of them.

    A Series is matched by its index (item ids, or names of the rows), a mapping by its keys, an array or list by
    place: one a row, or else one an item. A function is asked about every item, with progress.

    Raises
    ------
    DataError
        As many labels as there are neither rows nor items; labels that are none; a function that always raises.
    """
    labels = spec.labels
    if spec.function is not None:
        applied = spec.function.apply(dataset, progress)
        column = column_of(replace(spec, column=None), applied.values)
        return replace(column, by_item=True, asked=True), applied.note(spec.name)
    if isinstance(labels, Mapping):
        keys = list(labels)
        return column_of(spec, [labels[key] for key in keys], _beside(spec.confidence, keys), keys), ""
    if isinstance(labels, pd.Series):
        labels = aligned(labels, dataset.row_index, f"votes of {spec.name!r}", "rows")
        counting = labels.index.equals(pd.RangeIndex(len(labels)))
        if not labels.index.equals(dataset.row_index) and not counting:
            keys = labels.index.tolist()
            return column_of(spec, values_in(labels, "label", "labels"), _beside(spec.confidence, keys), keys), ""
    values = values_in(labels, "label", f"labels of {spec.name!r}")
    return _in_rows(dataset, column_of(spec, values, spec.confidence)), ""


def _in_rows(dataset: Dataset, column: RaterColumn) -> RaterColumn:
    """Say whether a column has a label a row or a label an item; `DataError` if neither."""
    count, rows, items = len(column.codes), len(dataset.row_item), len(dataset)
    if count == rows:
        return column
    if count == items:
        return replace(column, by_item=True)
    either = counted(rows, "row") if rows == items else f"{counted(rows, 'row')} ({counted(items, 'item')})"
    raise DataError(
        f"There {are(count)} {counted(count, 'label')} of the rater {column.name!r} for {either}.",
        "Give one per row, with None where there is none; or a Series or mapping by item.",
    )


def _beside(confidence: Any, keys: Sequence[Any]) -> Any:
    """Return confidences in the order of the labels that they belong to."""
    if isinstance(confidence, Mapping):
        return [confidence.get(key) for key in keys]
    if isinstance(confidence, pd.Series) and not confidence.index.equals(pd.RangeIndex(len(confidence))):
        return confidence.reindex(pd.Index(keys)).tolist()
    return confidence
