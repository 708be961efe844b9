"""Predicted probabilities that the user brings → one array whose columns follow the classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import DataError, Option, Said, UnknownName
from explorer.readers.column_check import BY_NAME
from explorer.readers.columns import stack
from explorer.tasks.classification import class_name, encode_labels
from explorer.utils.arrays import array_in
from explorer.utils.text import joined


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
            raise UnknownName(
                "column or column prefix", probs, frame.columns, Said("It was given as {}.", Option("probs"))
            )
        return columns
    if isinstance(probs, list | tuple) and probs and all(isinstance(name, str) for name in probs):
        for name in probs:
            if name not in frame.columns:
                raise UnknownName("column", name, frame.columns, Said("It was given in {}.", Option("probs")))
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

    Raises
    ------
    DataError, UnknownName
        Columns that do not exist, that are not called like the classes, or that hold no numbers.
    """
    columns = [] if frame is None else columns_of(probs, frame)
    if isinstance(probs, str) and not columns:
        raise DataError(f"probs={probs!r} names a column, but the source has none.", "Give an array [rows, classes].")
    if frame is not None and len(columns) == 1 and not pd.api.types.is_numeric_dtype(frame[columns[0]]):
        return Probabilities(stack(frame[columns[0]], columns[0]), classes, "")
    if frame is not None and columns:
        table = frame[columns]
        names = _without_prefix(columns, probs if isinstance(probs, str) else "")
    elif isinstance(probs, pd.DataFrame):
        table, names = probs, list(probs.columns)
    else:
        return Probabilities(array_in(probs, "probabilities"), classes, "")
    try:
        values = table.apply(pd.to_numeric).to_numpy(dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise DataError(
            f"The probabilities are not all numbers: {error}.", Said("Check the columns in {}.", Option("probs"))
        ) from error
    _, known, own = encode_labels(list(labels), classes)
    if columns and not set(map(class_name, names)) & set(known):
        # The prefix was cut short ("prob" of "prob_cat"), or all of it was given ("p0", "p1").
        shorter = (_without_prefix(names, ""), _bare(names))
        numbers = [str(i) for i in range(len(names))]
        names = next((some for some in shorter if set(some) & set(known) or some == numbers), names)
    matched = _matched(
        names, list(labels), classes, "probs.to_numpy()" if frame is None else "probs=table[[…]].to_numpy()"
    )
    if matched is None:
        return Probabilities(
            values,
            classes,
            f"probability columns are merely numbered, and taken in the order of the classes ({joined(known)})",
        )
    if len(matched) == len(known):
        order = [matched.index(name) for name in known]
        return Probabilities(values[:, order], classes, BY_NAME)
    extra = [name for name in matched if name not in known]
    _, every, _ = encode_labels(matched)
    value_of: dict[str, Any] = dict(zip(known, own, strict=True))
    order = [matched.index(name) for name in every]
    return Probabilities(
        values[:, order],
        [value_of.get(name, name) for name in every],
        f"{BY_NAME}, and add classes that no row carries: {', '.join(extra)}",
    )


def _matched(columns: list[Any], labels: list[Any], classes: Sequence[Any] | None, array: str) -> list[str] | None:
    """Return the class that each column is called after; `None` where they are merely numbered from 0.

    Anything else is refused with what is missing: taken by position, columns in another order would pass for right.
    `array` is how to give them without names.
    """
    codes, known, _ = encode_labels(labels, classes)
    names = [class_name(column) for column in columns]
    if not set(known) <= set(names):  # labels 3.0 are the class 3, whose column may be called "3.0"
        written = {str(label): known[code] for label, code in zip(labels, codes, strict=True) if code >= 0}
        names = [name if name in known else written.get(name, name) for name in names]
    missing = [name for name in known if name not in names]
    twice = sorted({name for name in names if names.count(name) > 1})
    if not missing and not twice:
        return names
    if not set(names) & set(known) and names == [str(i) for i in range(len(names))]:
        return None
    unknown = [name for name in dict.fromkeys(names) if name not in known]
    problem = "The columns of the probabilities do not match the classes by name."
    for what, those in (("no column is called", missing), ("no class is called", unknown), ("more than once:", twice)):
        problem += f" {what.capitalize()} {joined([repr(name) for name in those])}." if those else ""
    raise DataError(
        problem,
        Said(
            "Name one column after each class; or, where they stand in the order of {}, give {}.",
            Option("classes", "classes=[…]"),
            Option("array of probs", f"an array: {array}"),
        ),
    )


def _without_prefix(columns: list[str], prefix: str) -> list[str]:
    """Strip the prefix that was given, or the longest one that all columns share up to a separator."""
    if not prefix and len(columns) > 1:
        shared = _shared(columns)
        prefix = shared[: max(shared.rfind(mark) for mark in "_-. :") + 1]
    return [name.removeprefix(prefix) for name in columns]


def _bare(columns: list[str]) -> list[str]:
    """Strip all that the columns share, but no digit: "p10" and "p11" are not called 0 and 1."""
    shared = _shared(columns).rstrip("0123456789")
    return [name.removeprefix(shared) for name in columns]


def _shared(columns: list[str]) -> str:
    first, last = min(columns), max(columns)
    return first[: next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]
