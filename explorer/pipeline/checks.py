"""Checks of the plain arrays that `find_issues` takes, before any work begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError, Option, Said, UnknownName
from explorer.readers.column_check import BY_NAME
from explorer.tasks.classification import encode_labels
from explorer.utils.arrays import array_in, float32, moderate, numbers_in, values_in
from explorer.utils.numbers import whole
from explorer.utils.text import are, counted, joined

CLASSES = Option("classes", "classes=[…]")


def known_detectors(names: Sequence[str] | None) -> list[str] | None:
    """Check the names of methods, before any work begins."""
    from explorer.detectors import registry

    if names is None:
        return None
    wanted = [names] if isinstance(names, str) else values_in(names, "name", "names of methods")
    for name in wanted:
        if not isinstance(name, str) or name not in registry.names():
            raise UnknownName("detector", name, registry.names())
    return wanted


def listed_labels(labels: Any) -> list[Any]:
    """Return labels as a list; `DataError` unless they are a sequence of one per item."""
    return values_in(labels, "label", "labels")


def checked_features(features: Any, n: int) -> NDArray[np.float32]:
    """Check features; what is wrong with single rows is said by position."""
    array = array_in(features, "features")
    if array.ndim != 2 or len(array) != n:
        raise DataError(f"The features have the shape {array.shape}; {n:,} rows were expected, one per label.")
    array = float32(numbers_in(array, "features"))
    finite = np.isfinite(array).all(axis=1)
    if not finite.all():
        raise DataError(
            f"The features of row {int(np.flatnonzero(~finite)[0])} hold NaN or infinite values; "
            f"{counted(int((~finite).sum()), 'row')} {are(int((~finite).sum()))} like it.",
            "Leave these rows out, or fill in what is missing.",
        )
    if not array.shape[1]:
        raise DataError("The features have no columns.", "Give at least one number per item.")
    return moderate(array)


def check_labelled(codes: NDArray[np.int32]) -> None:
    """Refuse labels of which there is none: without probabilities not even a suggestion could be made."""
    if (codes < 0).all():
        raise DataError(
            'No item has a label (None, NaN and "" mean unlabelled).',
            "Label some items of each class, or give probabilities of a model to have labels suggested.",
        )


def checked_trust(trusted: Any, n: int) -> NDArray[np.bool_] | None:
    """Return marks of trust, bool [N], `None` where none is set; `DataError` for anything else than marks."""
    marks = np.asarray(values_in(trusted, "mark of trust", "marks of trust"))
    if marks.shape != (n,) or marks.dtype.kind != "b":
        raise DataError(
            f"trusted= is of the type {marks.dtype} and the shape {marks.shape}; {n:,} marks were expected.",
            "Give True or False for each label, in the same order: whether it is known to be right.",
        )
    return marks if marks.any() else None


def checked_seed(seed: Any) -> int:
    """Return the seed of what is drawn; `DataError` unless it is a whole number that every library takes."""
    return whole(seed, 0, 2**32 - 1, f"seed={seed!r} is no seed.", "Give a seed")


def check_shape(
    probs: NDArray[Any], n: int, names: Sequence[str], labels: list[Any], classes: Sequence[Any] | None
) -> None:
    """Refuse probabilities of another shape than [N, K]; says which class has no column, where that can be known."""
    if probs.shape == (n, len(names)):
        return
    problem = (
        f"The probabilities have the shape {probs.shape}; {counted(n, 'row')} × "
        f"{counted(len(names), 'class', 'classes')} were expected."
    )
    listed = joined(names)
    if probs.ndim != 2 or probs.shape[1] == len(names):
        raise DataError(problem, f"Give one row per label, with one column per class (classes: {listed}).")
    k = probs.shape[1]
    if classes is not None:
        raise DataError(problem, Said("Give one column per class of {}, in its order (classes: {}).", CLASSES, listed))
    if k > len(names):
        raise DataError(
            problem,
            Said(
                "The labels hold only {}. Name all {} classes in the order of the columns, also those that no item "
                "carries: {}.",
                listed,
                k,
                CLASSES,
            ),
        )
    own = encode_labels(labels)[2]
    beyond = [str(v) for v in own if not (isinstance(v, int) and 0 <= v < k)]
    # Labels that count the columns but for a few: these few have none.
    if len(names) - len(beyond) == k:
        what = f"There is no column for the class{'es' * (len(beyond) != 1)} {joined(beyond)}."
        raise DataError(
            f"{problem} {what}", "Give one column per class, and None as the label of an item that has none."
        )
    raise DataError(problem, Said("Give one column per class, in the order of {} (classes: {}).", CLASSES, listed))


def columns_of_probs(
    probs: Any, labels: list[Any], classes: Sequence[Any] | None
) -> tuple[NDArray[Any], Sequence[Any] | None, bool]:
    """Return probabilities, the classes of their columns (`None`: those of the labels), and whether names told them."""
    from explorer.readers.probabilities import align

    aligned = align(probs, None, labels, classes)
    values, classes = aligned.values, aligned.classes
    if values.dtype.kind not in "fiub":
        raise DataError(f"The probabilities are of the type {values.dtype}.", "Give numbers, one column per class.")
    if classes is None and values.ndim == 2:
        _, names, own = encode_labels(labels)
        k = values.shape[1]
        # Labels that count the columns, as scikit-learn's usually do: a class that no item carries keeps its column.
        if len(names) < k and all(isinstance(v, int) and not isinstance(v, bool) and 0 <= v < k for v in own):
            classes = range(k)
    return values, classes, BY_NAME in aligned.note
