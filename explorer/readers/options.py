"""What a person may say about a source; one value object that all readers take."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd

from explorer.errors import DataError, Option, Said, UnknownName
from explorer.media.base import MediaKind
from explorer.media.image import MOST_PIXELS
from explorer.tasks.classification import listed_classes
from explorer.utils.numbers import whole

_ARRAYS = ("features", "embedding", "embedding")


def chosen_columns(given: Any) -> Any:
    """Return what `columns=` says: `None` (all there are), `False` (none), names, or a table of values beside the rows.

    Raises
    ------
    DataError
        It is none of these.
    """
    if given is None or given is True:
        return None
    if given is False:
        return False
    if isinstance(given, str):
        return [given]
    if isinstance(given, pd.DataFrame):
        return given
    if isinstance(given, pd.Series):
        return given.to_frame("column" if given.name is None else given.name)
    if isinstance(given, Mapping):
        return dict(given)
    names = list(given) if isinstance(given, list | tuple | set | frozenset | pd.Index | np.ndarray) else [None]
    if not all(isinstance(name, str | int | np.integer) and not isinstance(name, bool) for name in names):
        raise DataError(
            Said("{} is a {}.", Option("columns"), type(given).__name__),
            "Give names of columns, a table with a row each of the data, values by name ({'source': [...]}), or False.",
        )
    return [str(name) for name in names]


NO_LABEL = Option("unlabelled", "label=False")
"""How one says that nothing is labelled."""


@dataclass(frozen=True)
class Options:
    """The keyword arguments of `explorer.read`, unchanged. `None` means "find out".

    Raises
    ------
    UnknownName, DataError
        A kind that does not exist; a root, encoding, split or limit that is none.
    """

    label: Any = None
    image: Any = None
    text: Any = None
    features: Any = None
    embedding: Any = None
    probs: Any = None
    key: Any = None
    kind: MediaKind | None = None
    classes: Any = None
    root: Any = None
    split: Any = None
    encoding: str | None = None
    pixel_limit: int | None = None
    raters: Any = None
    votes: Any = None
    columns: Any = None

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in get_args(MediaKind):
            raise UnknownName("media kind", self.kind, get_args(MediaKind))
        for name in ("split", "encoding"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise DataError(Said("{} is a {}.", Option(name), type(value).__name__), "Give a name, as text.")
        if isinstance(self.embedding, list | tuple) and self.embedding and isinstance(self.embedding[0], str):
            raise DataError(
                Said("{} names {} columns.", Option("embedding"), str(len(self.embedding))),
                Said("Give one whose cells are lists of numbers, or several to {}.", Option("features")),
            )
        if self.root is not None and not isinstance(self.root, str | os.PathLike):
            raise DataError(Said("{} is a {}.", Option("root"), type(self.root).__name__), "Give the path of a folder.")
        object.__setattr__(self, "classes", listed_classes(self.classes))  # once: it may be a generator
        object.__setattr__(self, "columns", chosen_columns(self.columns))
        if self.pixel_limit is not None:
            whole(
                self.pixel_limit,
                1,
                10**12,
                f"pixel_limit={self.pixel_limit!r} is no number of pixels.",
                "Give the most pixels a picture may have",
            )

    @property
    def has_votes(self) -> bool:
        """Whether raters say something of the items, so that there may be no other label."""
        return self.raters is not None or self.votes is not None

    @property
    def most_pixels(self) -> int:
        """Most pixels of a picture."""
        return MOST_PIXELS if self.pixel_limit is None else int(self.pixel_limit)

    @property
    def feature_names(self) -> list[str]:
        """Columns that `features` names; none where it holds the numbers themselves."""
        if isinstance(self.features, str):
            return [self.features]
        named = isinstance(self.features, list | tuple) and all(isinstance(f, str) for f in self.features)
        return list(self.features) if named else []

    @property
    def embedding_is_array(self) -> bool:
        """Whether `embedding` holds the numbers themselves: an array, a tensor, a table or a list of vectors."""
        given = self.embedding
        if isinstance(given, list | tuple):
            return bool(given) and not isinstance(given[0], str)
        return hasattr(given, "toarray") or len(getattr(given, "shape", ())) > 0

    def with_embedding_as_features(self) -> Options:
        """Return the options with the array that stands as `embedding` as `features`.

        Raises
        ------
        DataError
            There are features too.
        """
        if self.features is not None:
            raise DataError(
                Said("Both {} and {} are given, and {} is an array.", *map(Option, _ARRAYS)),
                Said("Leave one of them out: an array goes to {}.", Option("features")),
            )
        return replace(self, features=self.embedding, embedding=None)

    def folder(self, default: Path) -> Path:
        """Return the folder that paths in the data start from and may not leave."""
        return default if self.root is None else Path(self.root).expanduser()

    def only(self, source: str, allowed: str) -> None:
        """Refuse options that mean nothing for a source. `allowed` lists the meaningful ones, separated by spaces."""
        known = allowed.split()
        for option in fields(self):
            given = getattr(self, option.name)
            if option.name not in known and given is not None and given is not False:
                raise DataError(
                    Said("{} has no meaning for {}.", Option(option.name), source),
                    Said(
                        "Leave it out; {} takes {}.", source, Said(", ".join(["{}"] * len(known)), *map(Option, known))
                    ),
                )
