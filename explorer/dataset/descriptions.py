"""What people say that the classes of a dataset are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from explorer.dataset.dataset import Dataset
from explorer.errors import DataError, Option, Said, UnknownName
from explorer.tasks.classification import class_name


def described(dataset: Dataset, descriptions: Any) -> Dataset:
    """Return the dataset with descriptions of classes, beside those that it has; the newer of one class counts.

    Parameters
    ----------
    descriptions
        Mapping of a class, as in the labels or by its name, to a short text that says what belongs into it. Where
        nothing is labelled and no classes were named, they name the classes, in their order. `None` for none.

    Raises
    ------
    DataError
        No mapping; a description that is no text or empty; a class described twice (`1` and `"1"`).
    UnknownName
        A class that does not exist.

    Examples
    --------
    >>> import explorer
    >>> dataset = explorer.read(["good film", "dull film"], label=["+", "-"])
    >>> described(dataset, {"+": "praise of a film"}).descriptions
    {'+': 'praise of a film'}
    """
    if descriptions is None:
        return dataset
    if not isinstance(descriptions, Mapping):
        raise DataError(
            Said("{} is a {}.", Option("descriptions"), type(descriptions).__name__),
            'Give a dict of class names and short texts: {"0": "a handwritten zero"}.',
        )
    found: dict[str, str] = {}
    values: dict[str, Any] = {}
    for value, text in descriptions.items():
        name = class_name(value)
        if name in found:
            raise DataError(f"The class {name!r} is described twice.", "Describe each class once.")
        if not isinstance(text, str) or not text.strip():
            what = "is empty" if isinstance(text, str) else f"is a {type(text).__name__}"
            raise DataError(
                f"The description of the class {name!r} {what}.", "Say in a few words what belongs into it."
            )
        found[name], values[name] = " ".join(text.split()), value
    if not dataset.classes and dataset.probs is None:
        return replace(dataset, classes=tuple(found), class_values=tuple(values.values()), descriptions=found)
    for name in found:
        if name not in dataset.classes:
            raise UnknownName("class", name, dataset.classes, Said("It stands in {}.", Option("descriptions")))
    return replace(dataset, descriptions={**dataset.descriptions, **found})
