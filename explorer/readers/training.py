"""Dynamics, checkpoints and links that the user brings → `Training` and `NeighbourGraph`, aligned to the items."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset, key_name
from explorer.dataset.training import Training
from explorer.errors import DataError, Option, Said
from explorer.readers import training_checks as checks
from explorer.readers.links import graph_of
from explorer.readers.probabilities import align
from explorer.readers.training_files import stored
from explorer.training.record import LARGEST
from explorer.utils.arrays import aligned, float32, numbers_in
from explorer.utils.text import are, counted

EPOCH = re.compile(r"(p|margin)_(\d+)")
"""Names of columns of a table of dynamics."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The user's rows that a record is aligned to.

    Attributes
    ----------
    codes
        int32 [R]: class code of each row's given label, -1 = unlabelled.
    classes
        Class names by code.
    items
        int [R]: item of each row, -1 where it is set aside.
    first
        int [N]: the row that each item is read from.
    index
        The user's own names of the rows; `None` for none.
    keys
        [R] keys of the items, where a column names them.
    probs
        float32 [N, K]: predicted probabilities, where there are any; `None` else.
    """

    codes: NDArray[np.int32]
    classes: tuple[str, ...]
    items: NDArray[np.integer]
    first: NDArray[np.integer]
    index: pd.Index[Any] | None = None
    keys: Sequence[str] | None = None
    probs: NDArray[np.float32] | None = None

    @classmethod
    def of(cls, dataset: Dataset) -> Rows:
        """Return the rows of a dataset."""
        keys = None
        if dataset.keyed:
            keys = ["" if item < 0 else str(dataset.item_ids[item]) for item in dataset.row_item]
        return cls(
            dataset.row_given,
            dataset.classes,
            dataset.row_item,
            dataset.first_row,
            dataset.row_index,
            keys,
            dataset.probs,
        )

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.codes)

    def in_order(self, table: pd.DataFrame, what: str) -> pd.DataFrame:
        """Return a table with its rows in the order of these, by its index where that names rows or keys."""
        found: pd.DataFrame = aligned(table, self.index, what, "rows")
        if self.keys is None or found is not table:
            return found
        own = [key_name(name) for name in table.index]
        place = {name: at for at, name in enumerate(own)}
        wanted = [key for key in self.keys if key]
        if not any(key in place for key in wanted):
            return found
        missing = [key for key in wanted if key not in place]
        if missing or len(place) != len(own):
            # A key that stands there again has the place of the last of them.
            wrong = (
                f"The key {missing[0]!r} is not in it"
                if missing
                else f"The key {next(name for at, name in enumerate(own) if place[name] != at)!r} stands in it twice"
            )
            raise DataError(f"The {what} are indexed by the keys of the items. {wrong}.", "Give one row for each key.")
        return table.iloc[[place.get(key, 0) for key in self.keys]]


def attach(dataset: Dataset, *, dynamics: Any = None, checkpoints: Any = None, graph: Any = None) -> Dataset:
    """Return a dataset with a training's record and links; what is `None` stays as it is.

    Parameters
    ----------
    dynamics, checkpoints, graph
        As `explorer.read` takes them.

    Raises
    ------
    DataError
        Of another shape or order than the rows, with values that are none; the first row is named.
    """
    if dynamics is None and checkpoints is None and graph is None:
        return dataset
    rows = Rows.of(dataset)
    notes = list(dataset.notes)
    record = training(rows, dynamics, checkpoints, dataset.training)
    if record is not None and (dynamics is not None or checkpoints is not None):
        notes.extend(told(record))
    links = graph_of(graph, rows.n, rows.items, rows.first, rows.keys)
    if links is not None:
        notes.append(f"the neighbour graph is the one given: {links}")
    return replace(dataset, training=record, graph=dataset.graph if links is None else links, notes=tuple(notes))


def told(record: Training) -> list[str]:
    """Say what was recorded, as notes."""
    notes = []
    if record.dynamics is not None:
        lost = int(np.isnan(record.dynamics[:, :, 0]).all(axis=1).sum())
        without = f"; {counted(lost, 'item')} {are(lost)} without" if lost else ""
        notes.append(f"the dynamics of {counted(record.dynamics.shape[1], 'epoch')} are of your own training{without}")
    if record.checkpoints is not None:
        notes.append(f"the {counted(len(record.checkpoints), 'checkpoint')} of the training are your own")
    return notes


def training(rows: Rows, dynamics: Any, checkpoints: Any, before: Training | None = None) -> Training | None:
    """Return the record of the items, checked; `before` where nothing new is given."""
    if dynamics is None and checkpoints is None:
        return before
    given = rows.codes[rows.first] if before is None else before.labels
    course = None if before is None else before.dynamics
    moments = None if before is None else before.checkpoints
    if dynamics is not None:
        values, known = _dynamics(rows, dynamics)
        checks.check_dynamics(values, rows.codes, rows.first, len(rows.classes))
        course = _half(values[rows.first])
        if known is not None:
            given = checks.trained_labels(known, rows.codes, len(rows.classes))[rows.first]
        checks.check_order(course, given, rows.probs)
    if checkpoints is not None:
        moments = _checkpoints(rows, checkpoints)
        checks.check_moments(moments, given, rows.classes)
    return Training(given.astype(np.int32), course, moments)


def _half(values: NDArray[np.float32]) -> NDArray[np.float16]:
    """Return dynamics in half precision, margins cut where it has no numbers, probabilities within [0, 1]."""
    result = np.empty(values.shape, dtype=np.float16)
    result[..., 0] = values[..., 0].clip(0, 1)
    result[..., 1] = values[..., 1].clip(-LARGEST, LARGEST)
    return result


def _dynamics(rows: Rows, given: Any) -> tuple[NDArray[np.float32], NDArray[Any] | None]:
    """Return dynamics float32 [R, T, 2] as given, and the labels stored beside them, if any."""
    known: NDArray[Any] | None = None
    if isinstance(given, str | os.PathLike):
        given, known = stored(given, "dynamics")
    elif callable(getattr(given, "dynamics", None)):  # an explorer.Recorder
        given, known = given.dynamics(), given.labels
    if isinstance(given, pd.DataFrame):
        given = _of_table(rows.in_order(given, "dynamics"))
    values = numbers_in(given, "dynamics")
    if values.ndim != 3 or values.shape[2] != 2 or len(values) != rows.n or not values.shape[1]:
        hint = "Give an array [rows, epochs, 2]: the probability of the given label, and its logit margin."
        if values.ndim == 3 and values.shape[2] == 2 and values.shape[1] == rows.n:
            hint = "The epochs come first: give dynamics.transpose(1, 0, 2)."
        elif values.ndim == 3 and values.shape[0] == 2:
            hint = "Probability and margin come first: give numpy.moveaxis(dynamics, 0, -1)."
        raise DataError(
            f"The dynamics have the shape {values.shape}; {counted(rows.n, 'row')} × epochs × 2 were expected.", hint
        )
    return float32(values), known


def _of_table(table: pd.DataFrame) -> NDArray[np.float32]:
    """Return the columns p_0, margin_0, p_1, margin_1 … as [R, T, 2]."""
    found = {match.group(0): match for name in table.columns if (match := EPOCH.fullmatch(str(name)))}
    epochs = sorted({int(match[2]) for match in found.values()})
    lacking = [f"{part}_{t}" for t in epochs for part in ("p", "margin") if f"{part}_{t}" not in found]
    if lacking or not epochs:
        raise DataError(
            f"The table of dynamics has no column {lacking[0] if lacking else 'p_0'!r}.",
            "Name two columns an epoch p_0, margin_0, p_1, margin_1 …, or give an array [rows, epochs, 2].",
        )
    try:
        parts = [table[[f"{part}_{t}" for t in epochs]].apply(pd.to_numeric) for part in ("p", "margin")]
    except (ValueError, TypeError) as error:
        raise DataError(f"The dynamics are not all numbers: {error}.", "Check the columns p_… and margin_….") from error
    return np.stack([part.to_numpy(dtype=np.float32, na_value=np.nan) for part in parts], axis=2)


def _checkpoints(rows: Rows, given: Any) -> NDArray[np.float16]:
    """Return checkpoints float16 [C, N, K], every one checked."""
    if isinstance(given, str | os.PathLike):
        given, _ = stored(given, "checkpoints")
    elif callable(getattr(given, "checkpoints", None)):
        given = given.checkpoints()
    if isinstance(given, pd.DataFrame):
        given = [given]
    if isinstance(given, list | tuple) and any(isinstance(one, pd.DataFrame) for one in given):
        names = [rows.classes[code] if code >= 0 else None for code in rows.codes.tolist()]
        given = [
            align(
                rows.in_order(one, "checkpoints") if isinstance(one, pd.DataFrame) else one,
                None,
                names,
                list(rows.classes),
            ).values
            for one in given
        ]
    values = numbers_in(given, "checkpoints")
    expected = (rows.n, len(rows.classes))
    if values.ndim != 3 or values.shape[1:] != expected or not len(values):
        hint: str = Said(
            "Give an array [checkpoints, rows, classes], columns in the order of {} ({}).",
            Option("classes"),
            ", ".join(rows.classes[:8]) + ("…" if len(rows.classes) > 8 else ""),
        )
        if values.ndim == 3 and (values.shape[0], values.shape[2]) == expected:
            hint = "The rows come first: give checkpoints.transpose(1, 0, 2)."
        raise DataError(
            f"The checkpoints have the shape {values.shape}; checkpoints × {counted(rows.n, 'row')} × "
            f"{counted(len(rows.classes), 'class', 'classes')} were expected.",
            hint,
        )
    result = np.empty((len(values), len(rows.first), len(rows.classes)), dtype=np.float16)
    for number, one in enumerate(values):
        result[number] = checks.checked_moment(float32(one), number, rows.first)
    return result
