"""Which column of a table is what: label, picture, text, features. Inferred from names and from a sample of cells.

Every choice comes back as a sentence; where two columns would do, it is an error that names both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import DataError, Option, Said
from explorer.media.base import MediaKind
from explorer.media.table import Table
from explorer.readers.columns import Column, describe, has_decimal_commas, matrix, require, stack, typed
from explorer.readers.options import NO_LABEL, Options
from explorer.readers.probabilities import columns_of
from explorer.readers.raters import RaterColumn, column_of, specs_of
from explorer.utils.arrays import numbers_in, values_in
from explorer.utils.text import counted, listed, printable

# Earlier groups win over later ones; two matches within a group are ambiguous.
_LABEL_NAMES: tuple[tuple[str, ...], ...] = (
    ("label", "labels", "given_label"),
    ("target", "targets", "class", "class_name", "class_label", "category", "categories"),
    ("y", "gold", "ground_truth", "annotation", "sentiment", "species"),
)
_TEXT_NAMES = ("text", "sentence", "content", "review", "tweet", "comment", "document", "body", "message", "utterance")
_KEY_NAMES = ("key", "id", "uuid", "guid", "index", "idx", "item_id", "row_id")


def named_label(frame: pd.DataFrame) -> tuple[str, str] | None:
    """Return the column that is called as labels are, and why; `DataError` where several are."""
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
    return None


def find_label(frame: pd.DataFrame, columns: Iterable[Column]) -> tuple[str, str]:
    """Return the label column by its name, and why; the error lists columns with few distinct values."""
    found = named_label(frame)
    if found is not None:
        return found
    likely = [c.name for c in columns if c.kind in ("category", "number") and _few_values(frame[c.name])]
    candidates = f"These have few distinct values: {listed(likely)}." if likely else ""
    raise DataError(
        f"No column is called label, target, class or the like (columns: {listed(list(frame.columns), 12)}).",
        Said(
            "Say which column is the label with {}.{} If nothing is labelled, say so with {}.",
            Option("label"),
            f" {candidates}" if candidates else "",
            NO_LABEL,
        ),
    )


def _few_values(cells: pd.Series[Any]) -> bool:
    try:
        count = int(cells.nunique())
    except TypeError:  # lists among them
        return False
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


class Roles:
    """The columns of one table as they are given out to their roles, each at most once, and why each got its own.

    Parameters
    ----------
    frame
        R rows; column names are strings.
    options
        What the person said.
    index
        Levels of the table's index that have a name, by name: an option may name one like a column.
    exact
        Whole numbers of columns that `frame` had to round.
    as_written
        Cells are strings as they stood in a text file.
    comma
        Cells of that file are not separated by commas.
    notes
        What is known already.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        options: Options,
        *,
        index: Mapping[str, list[Any]] | None = None,
        exact: Mapping[str, list[Any]] | None = None,
        as_written: bool = False,
        comma: bool = False,
        notes: Sequence[str] = (),
    ) -> None:
        self.frame = frame
        self.options = options
        self._index = dict(index or {})
        self._exact = dict(exact or {})
        self._as_written = as_written
        self._comma = comma
        self._notes = list(notes)
        self._used: set[str] = set()
        self._described: dict[str, Column] = {}
        self._votes: list[str] = []  # columns of raters

    @property
    def notes(self) -> tuple[str, ...]:
        """What was taken as what, and why."""
        return tuple(self._notes)

    def note(self, text: str) -> None:
        """Say something of the table."""
        self._notes.append(text)

    def take(self, name: Any, option: str) -> str:
        """Give a column that an option names its role."""
        text = printable(str(name))
        if text not in self.frame.columns and text in self._index:
            self.frame = self.frame.assign(**{text: self._index[text]})
            self.note(f"column {text!r} is the index of the table")
        column = require(self.frame, text, option)
        self._used.add(column)
        return column

    def cells(self, column: str) -> list[Any]:
        """Return the cells of a column, whole numbers to the last digit."""
        return self._exact.get(column) or self.frame[column].tolist()

    def label(self) -> tuple[str, list[Any]]:
        """Return the label column's name and its cells, or the labels that were given."""
        given = self.options.label
        if given is False:
            return "label", [None] * len(self.frame)
        if given is not None and not np.isscalar(given):
            labels = values_in(given, "label", "labels")
            if len(labels) != len(self.frame):
                raise DataError(f"There are {len(labels):,} labels for {len(self.frame):,} rows.", "Give one per row.")
            return "label", labels
        if given is None:
            if self.options.has_votes and named_label(self.frame.drop(columns=self._votes)) is None:
                return "label", [None] * len(self.frame)
            column, why = find_label(self.frame.drop(columns=self._votes), self._free())
            self.note(why)
            self._used.add(column)
        else:
            column = self.take(given, "label")
        return column, self.cells(column)

    def raters(self) -> list[RaterColumn]:
        """Return the columns of labels that other raters gave; to be asked before the label is looked for."""
        found = []
        for spec in specs_of(self.options.raters) or []:
            if spec.column is None or (self.options.votes is not None and spec.column not in self.frame.columns):
                continue
            column = self.take(spec.column, "raters")
            beside = spec.confidence
            if isinstance(beside, str):
                beside = self.cells(self.take(beside, "raters"))
                self._votes.append(printable(str(spec.confidence)))
            self._votes.append(column)
            found.append(column_of(spec, self.cells(column), beside))
        return found

    def keys(self) -> list[Any] | None:
        """Return the cells of the key column, where there is one."""
        return None if self.options.key is None else self.cells(self.take(self.options.key, "key"))

    def probabilities(self) -> None:
        """Take the columns of probabilities out of what else a column may be."""
        if self.options.probs is not None:
            self._used.update(columns_of(self.options.probs, self.frame))

    def named_columns(self) -> None:
        """Take the columns that are to be kept by name out of what else a column may be."""
        for name in self.options.columns or ():
            self.take(name, "columns")

    def others(self, content: Sequence[str]) -> list[str]:
        """Return the columns to be kept beside the roles, where `content` are those of the items themselves."""
        chosen = self.options.columns
        if chosen is not None:
            return [] if chosen is False else list(dict.fromkeys(chosen))
        return [name for name in self.frame.columns if name not in self._used and name not in content]

    def features(self) -> Any:
        """Return precomputed features [R, D] from an array or a column of lists, if there are any."""
        options, names = self.options, self.options.feature_names
        if options.embedding is not None:
            column = self.take(options.embedding, "embedding")
            return stack(self.frame[column], column)
        if options.features is None:
            return None
        if not names:
            features = numbers_in(options.features, "features")
            self.note(f"the features given ({' × '.join(map(str, features.shape))}) are the embedding")
            return features
        if len(names) == 1 and self._is_list(names[0]):
            column = self.take(names[0], "features")
            self.note(f"column {column!r} is taken as the embedding: its cells are lists of numbers")
            return stack(self.frame[column], column)
        return None

    def _is_list(self, name: str) -> bool:
        return name in self.frame.columns and describe(self.frame[name], as_written=self._as_written).kind == "list"

    def matrix(self, columns: list[str]) -> NDArray[np.float32]:
        """Return columns of numbers as [R, D]."""
        return matrix(self.frame, columns, comma=self._comma)

    def table(self, columns: list[str]) -> Table:
        """Return columns as the rows of a table; numbers with decimal commas are such, and said to be."""
        cells: dict[str, pd.Series[Any]] = {}
        commas: dict[str, pd.Series[Any]] = {}
        for name in columns:
            cells[name] = typed(self.frame[name], as_written=self._as_written, comma=self._comma)
            numeric = self._as_written and pd.api.types.is_numeric_dtype(cells[name])
            if numeric and has_decimal_commas(self.frame[name]):
                commas[name] = self.frame[name]
        if commas:
            self.note(f"{listed(list(commas), 12)}: numbers with a decimal comma")
        return Table(pd.DataFrame(cells, index=self.frame.index), commas)

    def media(self, *, has_features: bool) -> tuple[MediaKind, list[str]]:
        """Settle what the items are and which columns hold them."""
        options, kind = self.options, self.options.kind
        if options.image is not None and options.text is not None:
            raise DataError(
                Said("Both {} and {} are given; an item is one or the other.", Option("image"), Option("text")),
                "Leave one of them out.",
            )
        if options.image is not None:
            return "image", [self.take(options.image, "image")]
        if options.text is not None:
            return "text", [self.take(options.text, "text")]
        named = [] if has_features else options.feature_names
        for name in named:
            self.take(name, "features")
        found = find_image(self._free()) if kind in (None, "image") else None
        if found:
            return "image", [self._said(found)]
        if kind == "image":
            raise DataError(self._none("pictures"), Said("Say which column it is with {}.", Option("image")))
        if named and kind != "text":
            return ("vector" if kind == "vector" else "table"), named
        if kind in (None, "text"):
            text = self._text()
            if text is not None:
                return "text", [text]
        if kind == "text":
            raise DataError(self._none("texts"), Said("Say which column it is with {}.", Option("text")))
        if has_features and kind in (None, "vector"):
            return "vector", []
        if kind in (None, "vector"):
            found = find_embedding(self._free())
            if found:
                return "vector", [self._said(found)]
        return self._cells_of_table()

    def _cells_of_table(self) -> tuple[MediaKind, list[str]]:
        kind = self.options.kind
        cells, left_out = find_cells(self._free())
        self._notes.extend(left_out)
        if kind == "vector":
            cells = [c.name for c in self._free() if c.kind == "number" and c.name in cells]
        if not cells:
            recordings = [c.name for c in self._free() if c.kind == "recording"]
            more = f" {listed(recordings)}: sound, film and documents cannot be reviewed yet." if recordings else ""
            raise DataError(
                self._none("pictures, texts or features") + more,
                Said(
                    "Say which column is what with {}, {}, {} or {}.",
                    *map(Option, ("image", "text", "features", "embedding")),
                ),
            )
        self.note(f"the features are {counted(len(cells), 'column')}: {listed(cells, 12)}")
        return ("vector" if kind == "vector" else "table"), cells

    def _text(self) -> str | None:
        """Find the text column; among several feature columns only long strings count as text."""
        free = self._free()
        cells = [c for c in free if c.kind in ("number", "category")]
        found = find_text(free, must=self.options.kind == "text" or not cells)
        if found is None:
            return None
        if self.options.kind is None and len(cells) >= 3 and "by its name" not in found[1]:
            length = next(c.length for c in free if c.name == found[0])
            if length < 40:
                self.note(
                    f"column {found[0]!r} is taken as a cell of the table; give text={found[0]!r} to read it as text"
                )
                return None
        return self._said(found)

    def _said(self, found: tuple[str, str]) -> str:
        """Note why a column was found; returns its name."""
        self.note(found[1])
        return found[0]

    def _free(self) -> list[Column]:
        """Describe the columns that have no role yet."""
        for name in self.frame.columns:
            if name not in self._used and name not in self._described:
                self._described[name] = describe(self.frame[name], as_written=self._as_written, comma=self._comma)
        return [self._described[name] for name in self.frame.columns if name not in self._used]

    def _none(self, what: str) -> str:
        return f"No column with {what} was found (columns: {listed(list(self.frame.columns), 12)})."
