"""Predicted probabilities that the user brings → one array whose columns follow the classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.dataset import class_name, encode_labels
from explorer.errors import DataError, UnknownName


@dataclass(frozen=True)
class Probabilities:
    """[R, K] with its columns in the order of `classes` (`None` = the order of the labels' own classes)."""

    values: NDArray[Any]
    classes: Sequence[Any] | None
    note: str


def columns_of(probs: Any, frame: pd.DataFrame) -> list[str]:
    """Return the columns of the frame that `probs` names: a list of them, one of them, or their common prefix."""
    if isinstance(probs, str):
        if probs in frame.columns:
            return [probs]
        columns = [name for name in frame.columns if name.startswith(probs)]
        if not columns:
            raise UnknownName("column or column prefix", probs, frame.columns, "It was given as probs=.")
        return columns
    if isinstance(probs, list | tuple) and probs and all(isinstance(name, str) for name in probs):
        for name in probs:
            if name not in frame.columns:
                raise UnknownName("column", name, frame.columns, "It was given in probs=.")
        return list(probs)
    return []


def align(
    probs: Any, frame: pd.DataFrame | None, labels: Sequence[Any], classes: Sequence[Any] | None
) -> Probabilities:
    """Bring probabilities of any accepted form into the order of the classes, by name where there are names.

    Parameters
    ----------
    probs
        Array [R, K], `DataFrame` with a column per class, or what `columns_of` takes.
    frame
        The table that named columns come from.
    labels
        R given labels, to know the classes by.
    classes
        All class values, where the user gave them.
    """
    columns = [] if frame is None else columns_of(probs, frame)
    if isinstance(probs, str) and not columns:
        raise DataError(f"probs={probs!r} names a column, but the source has none.", "Give an array [rows, classes].")
    if frame is not None and len(columns) == 1 and not pd.api.types.is_numeric_dtype(frame[columns[0]]):
        return Probabilities(_stack(frame[columns[0]], columns[0]), classes, "")
    if frame is not None and columns:
        table = frame[columns]
        names = _without_prefix(columns, probs if isinstance(probs, str) else "")
    elif isinstance(probs, pd.DataFrame):
        table, names = probs, [class_name(name) for name in probs.columns]
    else:
        return Probabilities(np.asarray(probs), classes, "")
    try:
        values = table.apply(pd.to_numeric).to_numpy(dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise DataError(f"The probabilities are not all numbers: {error}.", "Check the columns in probs=.") from error
    _, known, own = encode_labels(list(labels), classes)
    if set(known) <= set(names) and len(set(names)) == len(names):
        if len(names) == len(known):
            order = [names.index(name) for name in known]
            return Probabilities(values[:, order], classes, "probability columns are matched to classes by name")
        extra = [name for name in names if name not in known]
        _, every, _ = encode_labels(names)
        value_of: dict[str, Any] = dict(zip(known, own, strict=True))
        order = [names.index(name) for name in every]
        return Probabilities(
            values[:, order],
            [value_of.get(name, name) for name in every],
            f"the probability columns add classes that no row carries: {', '.join(extra)}",
        )
    return Probabilities(
        values, classes, f"probability columns are taken in the order of the classes ({', '.join(known[:6])}…)"
    )


def _without_prefix(columns: list[str], prefix: str) -> list[str]:
    """Strip the prefix that was given, or the longest one that all columns share up to a separator."""
    if not prefix and len(columns) > 1:
        first, last = min(columns), max(columns)
        shared = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
        cut = max(first[:shared].rfind(mark) for mark in "_-. :")
        prefix = first[: cut + 1]
    return [name.removeprefix(prefix) for name in columns]


def _stack(cells: pd.Series[Any], column: str) -> NDArray[np.float32]:
    lengths = {len(cell) if hasattr(cell, "__len__") and not isinstance(cell, str) else -1 for cell in cells}
    if len(lengths) != 1 or lengths == {-1}:
        raise DataError(f"The cells of column {column!r} are not lists of one length.", "Give one number per class.")
    return np.array(cells.tolist(), dtype=np.float32)
