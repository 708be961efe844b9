"""Which column of a table is what: label, picture, text, features. Inferred from names and from a sample of cells.

Every choice comes back as a sentence; where two columns would do, it is an error that names both.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import DataError
from explorer.media.base import MediaKind
from explorer.readers.columns import Column, _stack, describe, require
from explorer.readers.options import Options
from explorer.utils.text import counted, listed

# Earlier groups win over later ones; two matches within a group are ambiguous.
_LABEL_NAMES: tuple[tuple[str, ...], ...] = (
    ("label", "labels", "given_label"),
    ("target", "targets", "class", "class_name", "class_label", "category", "categories"),
    ("y", "gold", "ground_truth", "annotation", "sentiment", "species"),
)
_TEXT_NAMES = ("text", "sentence", "content", "review", "tweet", "comment", "document", "body", "message", "utterance")
_KEY_NAMES = ("key", "id", "uuid", "guid", "index", "idx", "item_id", "row_id")


def find_label(frame: pd.DataFrame, columns: Iterable[Column]) -> tuple[str, str]:
    """Return the label column by its name, and why; the error lists columns with few distinct values."""
    by_name: dict[str, list[str]] = {}
    for column in frame.columns:
        by_name.setdefault(str(column).strip().lower().replace(" ", "_"), []).append(str(column))
    for group in _LABEL_NAMES:
        found = [column for name in group for column in by_name.get(name, [])]
        if len(found) == 1:
            return found[0], f"column {found[0]!r} is taken as the label, by its name"
        if found:
            raise DataError(
                f"Several columns could be the label: {listed(found)}.", f"Say which one, such as label={found[0]!r}."
            )
    likely = [c.name for c in columns if c.kind in ("category", "number") and _few_values(frame[c.name])]
    candidates = f"These have few distinct values: {listed(likely)}." if likely else ""
    raise DataError(
        f"No column is called label, target, class or the like (columns: {listed(list(frame.columns), 12)}).",
        f"Say which column is the label with label=. {candidates}".strip(),
    )


def _few_values(cells: pd.Series[Any]) -> bool:
    count = int(cells.nunique())
    return 2 <= count <= max(20, len(cells) // 20)


def find_image(columns: Iterable[Column]) -> tuple[str, str] | None:
    """Return the only column with pictures or paths to pictures, and why."""
    columns = list(columns)
    found = [c for c in columns if c.kind in ("bytes", "picture", "path")]
    if len(found) > 1:
        raise DataError(
            f"Several columns hold pictures: {listed([c.name for c in found])}.",
            f"Say which one, such as image={found[0].name!r}.",
        )
    if found:
        what = {"bytes": "bytes", "picture": "pictures", "path": "paths to picture files"}[found[0].kind]
        return found[0].name, f"column {found[0].name!r} is taken as the picture: its cells are {what}"
    links = [c.name for c in columns if c.kind == "link"]
    if links:
        raise DataError(
            f"Column {links[0]!r} holds web addresses of pictures; nothing is fetched from the network.",
            "Download the pictures and give a column with their paths.",
        )
    return None


def find_text(columns: Iterable[Column], *, must: bool) -> tuple[str, str] | None:
    """Return the text column: one with a usual name, else the one with by far the longest strings.

    Parameters
    ----------
    must
        Take short strings too: the person said that the items are texts, or nothing else is there.
    """
    columns = list(columns)
    strings = [c for c in columns if c.kind in ("text", "name") or (must and c.kind == "category" and c.length > 0)]
    named = [
        c
        for c in columns
        if c.kind in ("text", "name", "category") and c.name.strip().lower() in _TEXT_NAMES and c.distinct > 0.2
    ]
    if len(named) == 1:
        return named[0].name, f"column {named[0].name!r} is taken as the text, by its name"
    pool = named or [c for c in strings if c.kind == "text"] or (strings if must else [])
    pool = sorted(pool, key=lambda c: -c.length)
    if not pool:
        return None
    if len(pool) > 1 and pool[0].length < 2 * pool[1].length:
        raise DataError(
            f"Several columns could be the text: {listed([c.name for c in pool])}.",
            f"Say which one, such as text={pool[0].name!r}, or put them together in one column.",
        )
    why = f"its strings are the longest ({pool[0].length:.0f} characters on average)"
    return pool[0].name, f"column {pool[0].name!r} is taken as the text: {why}"


def find_embedding(columns: Iterable[Column]) -> tuple[str, str] | None:
    """Return the only column whose cells are lists of numbers, and why."""
    found = [c.name for c in columns if c.kind == "list"]
    if len(found) > 1:
        raise DataError(
            f"Several columns hold lists of numbers: {listed(found)}.",
            f"Say which one is the embedding, such as embedding={found[0]!r}.",
        )
    return (
        (found[0], f"column {found[0]!r} is taken as the embedding: its cells are lists of numbers") if found else None
    )


def find_cells(columns: Iterable[Column]) -> tuple[list[str], list[str]]:
    """Return the columns that make up a table's rows and notes on those left out."""
    kept: list[str] = []
    notes: list[str] = []
    for column in columns:
        if column.name.strip().lower() in _KEY_NAMES or column.name.startswith("Unnamed:"):
            notes.append(f"column {column.name!r} is left out of the features: it looks like a row's name")
        elif column.kind in ("number", "category", "name", "text"):
            kept.append(column.name)
        else:
            notes.append(f"column {column.name!r} is left out of the features: its cells are {column.kind}")
    return kept, notes


class _Columns:
    """The columns of one table as they are given out to their roles, each at most once."""

    def __init__(self, frame: pd.DataFrame, options: Options, as_written: bool) -> None:
        self.frame = frame
        self.options = options
        self.as_written = as_written
        self.used: set[str] = set()
        self._described: dict[str, Column] = {}

    def free(self) -> list[Column]:
        """Describe the columns that have no role yet."""
        for name in self.frame.columns:
            if name not in self.used and name not in self._described:
                self._described[name] = describe(self.frame[name], as_written=self.as_written)
        return [self._described[name] for name in self.frame.columns if name not in self.used]

    def take(self, name: Any, option: str) -> str:
        """Give a column that an option names its role."""
        column = require(self.frame, name, option)
        self.used.add(column)
        return column

    def label(self, said: list[str]) -> tuple[str, list[Any]]:
        """Return the label column's name and its cells, or the labels that were given."""
        given = self.options.label
        if given is not None and not np.isscalar(given):
            labels = list(given)
            if len(labels) != len(self.frame):
                raise DataError(f"There are {len(labels):,} labels for {len(self.frame):,} rows.", "Give one per row.")
            return "label", labels
        if given is None:
            column, why = find_label(self.frame, self.free())
            said.append(why)
            self.used.add(column)
        else:
            column = self.take(given, "label")
        labels = self.frame[column].tolist()
        return column, labels

    def features(self, said: list[str]) -> NDArray[Any] | None:
        """Return precomputed features [R, D] from an array or a column of lists, if there are any."""
        options = self.options
        if options.embedding is not None:
            column = self.take(options.embedding, "embedding")
            return _stack(self.frame[column], column)
        if options.features is None or _are_names(options.features):
            return None
        features = np.asarray(options.features)
        said.append(f"the features given ({' × '.join(map(str, features.shape))}) are the embedding")
        return features

    def media(self, said: list[str], *, has_features: bool) -> tuple[MediaKind, list[str]]:
        """Settle what the items are and which columns hold them."""
        options, kind = self.options, self.options.kind
        if options.image is not None and options.text is not None:
            raise DataError("Both image= and text= are given; an item is one or the other.", "Leave one of them out.")
        if options.image is not None:
            return "image", [self.take(options.image, "image")]
        if options.text is not None:
            return "text", [self.take(options.text, "text")]
        named = _names(options.features)
        for name in named:
            self.take(name, "features")
        found = find_image(self.free()) if kind in (None, "image") else None
        if found:
            said.append(found[1])
            return "image", [found[0]]
        if kind == "image":
            raise DataError(self._none("pictures"), "Say which column it is with image=.")
        if named and kind != "text":
            return ("vector" if kind == "vector" else "table"), named
        if kind in (None, "text"):
            text = self._text(said)
            if text is not None:
                return "text", [text]
        if kind == "text":
            raise DataError(self._none("texts"), "Say which column it is with text=.")
        if has_features and kind in (None, "vector"):
            return "vector", []
        if kind in (None, "vector"):
            found = find_embedding(self.free())
            if found:
                said.append(found[1])
                return "vector", [found[0]]
        cells, left_out = find_cells(self.free())
        said.extend(left_out)
        if not cells:
            raise DataError(
                self._none("pictures, texts or features"),
                "Say which column is what with image=, text=, features= or embedding=.",
            )
        if kind == "vector":
            cells = [c.name for c in self.free() if c.kind == "number" and c.name in cells]
        said.append(f"the features are {counted(len(cells), 'column')}: {listed(cells, 12)}")
        return ("vector" if kind == "vector" else "table"), cells

    def _text(self, said: list[str]) -> str | None:
        """Find the text column; among several feature columns only long strings count as text."""
        free = self.free()
        cells = [c for c in free if c.kind in ("number", "category")]
        found = find_text(free, must=self.options.kind == "text" or not cells)
        if found is None:
            return None
        if self.options.kind is None and len(cells) >= 3 and "by its name" not in found[1]:
            length = next(c.length for c in free if c.name == found[0])
            if length < 40:
                said.append(
                    f"column {found[0]!r} is taken as a cell of the table; give text={found[0]!r} to read it as text"
                )
                return None
        said.append(found[1])
        return found[0]

    def _none(self, what: str) -> str:
        return f"No column with {what} was found (columns: {listed(list(self.frame.columns), 12)})."


def _are_names(features: Any) -> bool:
    return isinstance(features, str) or (
        isinstance(features, list | tuple) and len(features) > 0 and all(isinstance(f, str) for f in features)
    )


def _names(features: Any) -> list[str]:
    if not _are_names(features):
        return []
    return [features] if isinstance(features, str) else list(features)
