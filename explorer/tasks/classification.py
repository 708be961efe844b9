"""Classification."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import DataError, UnknownName
from explorer.utils.text import are, counted

UNLABELLED = -1
"""Class code of an item without a given label."""


def encode_labels(
    values: Sequence[Any], classes: Sequence[Any] | None = None, label_name: str = "label"
) -> tuple[NDArray[np.int32], tuple[str, ...], tuple[Any, ...]]:
    """Turn labels into codes int32 [R], class names, and the user's own values of the classes."""
    plain = [_plain_label(v, row, label_name) for row, v in enumerate(values)]
    fractions = [v for v in plain if isinstance(v, float)]
    if len(fractions) > 0.5 * len(plain) and len(set(fractions)) > 20:
        raise DataError(
            f"Column {label_name!r} holds {len(set(fractions)):,} different fractions: measurements, no classes.",
            "Only class labels are supported so far; put the numbers into classes, or name another column.",
        )
    if classes is not None:
        own = [_plain_label(c, row, "classes") for row, c in enumerate(classes)]
    else:
        own = sorted({v for v in plain if v is not None}, key=lambda v: _natural(class_name(v)))
    names: dict[str, int] = {}
    kept: list[Any] = []
    for value in own:
        if value is not None and class_name(value) not in names:
            names[class_name(value)] = len(names)
            kept.append(value)
    codes = np.full(len(plain), UNLABELLED, dtype=np.int32)
    for row, value in enumerate(plain):
        if value is None:
            continue
        name = class_name(value)
        if name not in names:
            raise UnknownName("class", name, names, f"It stands in column {label_name!r}, row {row}.")
        codes[row] = names[name]
    return codes, tuple(names), tuple(kept)


def class_name(value: Any) -> str:
    """Return the name that a label value is shown and stored under."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def check_probs(probs: NDArray[Any], rows: int, classes: Sequence[str]) -> NDArray[np.float32]:
    """Check probabilities [R, K] and renormalise their rows (float16 sums drift); the first bad row is named."""
    if probs.ndim != 2 or probs.shape != (rows, len(classes)):
        raise DataError(
            f"The probabilities have the shape {probs.shape}; {counted(rows, 'row')} × "
            f"{counted(len(classes), 'class', 'classes')} were expected.",
            "Give one column per class, in the order of classes= (classes: "
            + ", ".join(classes[:8])
            + ("…" if len(classes) > 8 else "")
            + ").",
        )
    values = probs.astype(np.float32)
    bad = ~np.isfinite(values).all(axis=1) | (values < 0).any(axis=1) | (np.abs(values.sum(axis=1) - 1) > 0.02)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"The probabilities of row {row} are negative, not finite, or do not sum to 1 "
            f"(they sum to {values[row].sum():.3g}); {counted(int(bad.sum()), 'row')} {are(int(bad.sum()))} like it.",
            "Pass predict_proba output (after softmax), or leave probs out to have them computed.",
        )
    normalised: NDArray[np.float32] = values / values.sum(axis=1, keepdims=True)
    return normalised


def _plain_label(value: Any, row: int, column: str) -> Any:
    """Bring one label to a plain value, `None` where it is missing; refuse what is no class label."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, bool | int | float):
        return int(value) if isinstance(value, float) and value.is_integer() else value
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    raise DataError(
        f"Row {row}, column {column!r}: the label is a {type(value).__name__}.",
        "Only one class per item is supported so far: no several labels, spans or boxes.",
    )


def _natural(name: str) -> tuple[tuple[int, int | float, str], ...]:
    """Sort key under which "item 10" comes after "item 9"."""
    parts = re.split(r"(\d+)", name)
    return tuple((0, int(p), "") if p.isdigit() else (1, 0, p.casefold()) for p in parts if p)
