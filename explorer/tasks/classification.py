"""One class an item: labels to codes and names, names that look alike, and probabilities that fit the classes."""

from __future__ import annotations

import datetime as dt
import enum
import re
import unicodedata
import uuid
from collections.abc import Mapping, Sequence, Set
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import DataError, Option, Said, UnknownName
from explorer.utils.arrays import NUMERIC, float32, is_tensor, scalar, shape_of, values_in
from explorer.utils.text import are, counted, printable

UNLABELLED = -1
"""Class code of an item without a given label."""

LONGEST = 4_000
"""Digits beyond which a whole number is no class: Python itself does not write it out from 4,300 on."""

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_SHOWN = 3  # groups of names that look alike, in one note


def encode_labels(
    values: Sequence[Any], classes: Sequence[Any] | None = None, label_name: str = "label"
) -> tuple[NDArray[np.int32], tuple[str, ...], tuple[Any, ...]]:
    """Turn labels into class codes.

    Parameters
    ----------
    values
        R labels: text, numbers, booleans, dates, and other single values, which are called by their text. `None`, NaN
        and "" are unlabelled.
    classes
        All class values in order; by default those that occur, sorted naturally ("item 9" before "item 10").
    label_name
        What messages call the column.

    Returns
    -------
    tuple
        Codes int32 [R]; K class names; the user's own values of the K classes.

    Raises
    ------
    UnknownName
        A label that is not in `classes`.
    DataError
        A label that is a list, an array or a mapping; numbers that are measurements; numbers of thousands of digits.

    Examples
    --------
    >>> encode_labels(["dog", None, "cat"])
    (array([ 1, -1,  0], dtype=int32), ('cat', 'dog'), ('cat', 'dog'))
    """
    plain = [_plain_label(v, row, label_name) for row, v in enumerate(values)]
    fractions = [v for v in plain if isinstance(v, float)]
    if len(fractions) > 0.5 * len(plain) and len(set(fractions)) > 20:
        raise DataError(
            f"Column {label_name!r} holds {len(set(fractions)):,} different fractions: measurements, no classes.",
            "Only class labels are supported so far; put the numbers into classes, or name another column.",
        )
    named: dict[str, Any] = {}  # by name: True and 1 are equal, and two classes all the same
    if classes is not None:
        for row, value in enumerate(classes):
            own = _plain_label(value, row, "classes")
            if own is not None:
                named.setdefault(class_name(own), own)
    else:
        found: dict[str, Any] = {}
        for value in plain:
            if value is not None:
                found.setdefault(class_name(value), value)
        named = {name: found[name] for name in sorted(found, key=lambda name: (natural(name), name))}
    code = {name: number for number, name in enumerate(named)}
    codes = np.full(len(plain), UNLABELLED, dtype=np.int32)
    for row, value in enumerate(plain):
        if value is None:
            continue
        name = class_name(value)
        if name not in code:
            raise UnknownName("class", name, code, f"It stands in column {label_name!r}, row {row}.")
        codes[row] = code[name]
    return codes, tuple(named), tuple(named.values())


def listed_classes(classes: Any) -> list[Any] | None:
    """Return the class values that somebody gave as a list; `DataError` where they are none.

    >>> listed_classes(range(3)), listed_classes(None)
    ([0, 1, 2], None)
    """
    if classes is None:
        return None
    try:
        return values_in(classes, "class", "classes")
    except DataError as error:
        raise DataError(
            f"classes= is a {type(classes).__name__}.", "Give a list of all class values, in their order."
        ) from error


def class_name(value: Any) -> str:
    """Return the name that a label value, or a key, is shown and stored under.

    >>> class_name(3.0), class_name(True), class_name(dt.date(2024, 1, 2))
    ('3', 'True', '2024-01-02')
    """
    value = scalar(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int) and _too_long(value):
        raise DataError(f"A whole number of more than {LONGEST:,} digits is no name.", "Give it as text.")
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, enum.Enum) and not isinstance(value, str | int):
        return value.name
    return printable(str(value))


def look_alikes(names: Sequence[str], counts: Sequence[int]) -> str:
    """Say which class names differ only in blanks, invisible characters, case or spelling of the same number.

    Parameters
    ----------
    names, counts
        K class names, and how many rows carry each.

    Returns
    -------
    str
        One sentence, or "" where no two names look alike.
    """
    groups: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        groups.setdefault(looks(name), []).append(number)
    twins = [group for group in groups.values() if len(group) > 1]
    if not twins:
        return ""
    shown = "; ".join(" and ".join(f"{names[n]!r} ({counts[n]:,})" for n in group[:4]) for group in twins[:_SHOWN])
    more = f"; and {len(twins) - _SHOWN:,} more" if len(twins) > _SHOWN else ""
    return (
        f"some class names look alike and are classes of their own, as they differ only in blanks, case or the like: "
        f"{shown}{more}; put them together in your data if they mean the same"
    )


def check_probs(probs: NDArray[Any], rows: int, classes: Sequence[str]) -> NDArray[np.float32]:
    """Check probabilities [R, K] and bring their rows to a sum of 1, which float16 misses.

    Returns
    -------
    numpy.ndarray
        float32 [R, K].

    Raises
    ------
    DataError
        Another shape or type; negative or infinite numbers, or a row that does not sum to 1: the first is named.
    """
    if probs.ndim != 2 or probs.shape != (rows, len(classes)):
        raise DataError(
            f"The probabilities have the shape {probs.shape}; {counted(rows, 'row')} × "
            f"{counted(len(classes), 'class', 'classes')} were expected.",
            Said(
                "Give one column per class, in the order of {} (classes: {}).",
                Option("classes"),
                ", ".join(classes[:8]) + ("…" if len(classes) > 8 else ""),
            ),
        )
    if probs.dtype.kind not in NUMERIC:
        raise DataError(f"The probabilities are of the type {probs.dtype}.", "Give numbers, one column per class.")
    values = float32(probs)
    with np.errstate(over="ignore", invalid="ignore"):
        sums = values.sum(axis=1)
        bad = ~np.isfinite(values).all(axis=1) | (values < 0).any(axis=1) | (np.abs(sums - 1) > 0.02)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"The probabilities of row {row} are negative, not finite, or do not sum to 1 "
            f"(they sum to {sums[row]:.3g}); {counted(int(bad.sum()), 'row')} {are(int(bad.sum()))} like it.",
            "Pass predict_proba output (after softmax), or leave probs out to have them computed.",
        )
    normalised: NDArray[np.float32] = values / sums[:, None]
    return normalised


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key under which "item 10" comes after "item 9"; digits that are no decimal ones are text.

    >>> sorted(["b10", "b9", "b②"], key=natural)
    ['b9', 'b10', 'b②']
    """
    parts = filter(None, re.split(r"(\d+)", name))
    return tuple(_number(part) if part.isdecimal() else (1, 0, part.casefold()) for part in parts)


def _number(digits: str) -> tuple[int, int, str]:
    """Return the key of a whole number of any length: longer is larger, and so on from the front."""
    plain = "".join(str(unicodedata.decimal(digit)) for digit in digits) if not digits.isascii() else digits
    plain = plain.lstrip("0")
    return (0, len(plain), plain)


def _plain_label(value: Any, row: int, column: str) -> Any:
    """Bring one label to a plain value, `None` where it is missing; refuse what is no single value."""
    value = scalar(value)
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, bytes | bytearray):
        value = bytes(value).decode("utf-8", "replace")
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, bool | int | float):
        value = int(value) if isinstance(value, float) and value.is_integer() else value
        if isinstance(value, int) and _too_long(value):
            raise DataError(
                f"Row {row}, column {column!r}: the label is a whole number of more than {LONGEST:,} digits.",
                "Check that row, or give the labels as text.",
            )
        return value
    # A nested tensor tells no shape, and pandas takes it for a single value.
    several = isinstance(value, Mapping | Set | Sequence | np.ndarray) or bool(shape_of(value)) or is_tensor(value)
    single = not several and pd.api.types.is_scalar(value)
    single |= isinstance(value, enum.Enum | uuid.UUID | PurePath)
    if single and not _missing(value):
        return value
    if single:
        return None
    if several or hasattr(value, "__len__"):
        raise DataError(
            f"Row {row}, column {column!r}: the label is a {type(value).__name__}.",
            "Only one class per item is supported so far: no several labels, spans or boxes.",
        )
    raise DataError(
        f"Row {row}, column {column!r}: the label is a {type(value).__name__}, which is no plain value.",
        "Give text or numbers, such as labels.astype(str).",
    )


def _missing(value: Any) -> bool:
    """Say whether a single value stands for none: a Decimal's NaN, say."""
    try:
        return bool(pd.isna(value))
    except (TypeError, ValueError):
        return False


def _too_long(value: int) -> bool:
    return value.bit_length() > LONGEST * 3.33


def looks(name: str) -> str:
    """Return what a person sees of a class name."""
    text = " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFKC", name)).split()).casefold()
    return re.sub(r"^([+-]?\d+)\.0+$", r"\1", text)
