"""What people pass to a review, checked before anything is changed or thrown away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from explorer.dataset import Dataset, class_name
from explorer.errors import DataError

if TYPE_CHECKING:
    from explorer.pipeline import Options


def other_options(
    dataset: Dataset, old: Options, embedder: str | None, device: str | None, embedder_options: dict[str, Any]
) -> Options:
    """Return what a new run is made with: as before, but for what is given. What cannot be had is refused now.

    Another embedder begins without the options of the one before. It is made and not used, so that its name and options
    are known to be right: the Hugging Face hub is asked about a model that is not on this machine.

    Raises
    ------
    UnknownName, MissingExtra, DataError
        An embedder, option or device that is none, as `explorer.embedding.embed` would say in the middle of the run.
    """
    from explorer.embedding import Request, auto, registry
    from explorer.embedding.device import pick

    given = {**({} if embedder else old.embedder_options), **embedder_options}
    new = replace(old, embedder=embedder or old.embedder, embedder_options=given, device=device or old.device)
    if new == old or not isinstance(new.embedder, str):  # the same again, or one that is made already
        return new
    picked = pick(new.device)[0]
    name = auto.choose(dataset, picked)[0] if new.embedder == "auto" else new.embedder
    own = {option: value for option, value in given.items() if option != "batch_size"}
    registry.find(name, dataset.kind).create(Request(name, dataset, picked, new.seed, own))
    return new


def labels_for(items: Sequence[str], label: Any) -> list[str]:
    """Return a class name for each item: the same for all, or one each where several labels are given.

    Parameters
    ----------
    items
        Item ids.
    label
        A label, or a list, an array or a Series of as many labels as there are items, in their order.

    Raises
    ------
    DataError
        Another number of labels than of items; a label that is missing.
    """
    several = isinstance(label, list | tuple | np.ndarray | pd.Series | pd.Index) and np.ndim(label) > 0
    labels = list(label) if several else [label] * len(items)
    if len(labels) != len(items):
        raise DataError(
            f"{len(items):,} {'item' if len(items) == 1 else 'items'} and {len(labels):,} "
            f"{'label' if len(labels) == 1 else 'labels'} were given.",
            "Give one label for all items, or one for each of them in the same order.",
        )
    for item, one in zip(items, labels if several else labels[:1], strict=False):
        if one is None or (pd.api.types.is_scalar(one) and bool(pd.isna(one))) or one == "":
            raise DataError(
                f"The label for item {item!r} is {one!r}, which is none.",
                "Name a class; clear(items) takes a decision back, and mark(items, 'none fits') says that none does.",
            )
    return [class_name(one) for one in labels]


def listed(items: Any) -> list[Any]:
    """Return one item or many as a list; what names no items is refused (`DataError`)."""
    if isinstance(items, str | int | np.integer) and not isinstance(items, bool):
        return [items]
    if isinstance(items, bytes) or not hasattr(items, "__iter__"):
        raise DataError(
            f"{items!r} is a {type(items).__name__} and names no item.",
            "Give an item's id (the index of review.issues), its file's path or its position, or a list of them.",
        )
    return list(items)
