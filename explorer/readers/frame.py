"""A table → `Dataset`: roles are settled, cells become content, and `build` does the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from explorer.dataset.build import build, empty
from explorer.dataset.dataset import Dataset, SetAside
from explorer.dataset.other_columns import OtherColumns
from explorer.errors import DataError
from explorer.media.base import Content, MediaKind
from explorer.media.text import Texts
from explorer.media.vector import Vectors
from explorer.readers.columns import missing, stack
from explorer.readers.options import Options
from explorer.readers.other_columns import note_of
from explorer.readers.pictures import picture_content
from explorer.readers.probabilities import align
from explorer.readers.roles import Roles
from explorer.readers.votes import attach
from explorer.utils.arrays import aligned
from explorer.utils.text import listed, printable


def from_frame(
    frame: pd.DataFrame,
    options: Options,
    *,
    source: str,
    root: Path,
    notes: Sequence[str] = (),
    as_written: bool = False,
    comma: bool = False,
    index: pd.Index[Any] | None = None,
    content: Content | None = None,
    exact: Mapping[str, list[Any]] | None = None,
    fixed: bool | None = None,
    again: Callable[[list[str]], pd.DataFrame] | None = None,
) -> Dataset:
    """Turn a table into a dataset.

    Parameters
    ----------
    frame
        R rows.
    source
        How messages name it.
    root
        Where relative paths start and what no path may leave, unless options.root is given.
    notes
        What the reader of the file noted.
    as_written, comma
        Cells are strings as they stood in a text file: columns of numbers are still to be parsed; and its cells are
        separated by something else than commas.
    index
        Index for the user's rows; by default the frame's own.
    content
        The rows' content, where the caller has it already (then no column is looked for).
    exact
        Cells of columns of whole numbers that `frame` had to round.
    fixed
        Whether a vote for a class that is not among the classes is a slip; by default where options.classes is given.
    again
        Reads some columns anew, by name: those that are kept for slices and exports need not be held in memory then.

    Raises
    ------
    DataError, UnknownName, OutsideRoot
        See `explorer.read`.
    """
    row_index = frame.index if index is None else index
    options = _in_order(options, row_index)
    levels = {
        printable(str(name)): frame.index.get_level_values(n).tolist()
        for n, name in enumerate(frame.index.names)
        if name is not None
    }
    frame = _tidy(frame, source)
    if not len(frame):
        raise empty(source)
    roles = Roles(frame, options, index=levels, exact=exact, as_written=as_written, comma=comma, notes=notes)
    raters = roles.raters()
    label_name, labels = roles.label()
    keys = roles.keys()
    roles.probabilities()
    roles.named_columns()
    aside: list[SetAside] = []
    features = roles.features()
    columns: list[str] = []
    if content is None:
        media, columns = roles.media(has_features=features is not None)
        content, features, aside = _content(roles, media, columns, features, root)
        roles.note(f"the items are of kind {media!r}")
    classes = options.classes
    probs = None
    if options.probs is not None:
        given = align(options.probs, frame, labels, classes)
        probs, classes = given.values, given.classes
        if given.note:
            roles.note(given.note)
    others = roles.others(columns)
    built = build(
        content,
        labels,
        keys=keys,
        features=features,
        probs=probs,
        classes=classes,
        row_index=row_index,
        label_name=label_name,
        source=source,
        set_aside=aside,
        notes=(*roles.notes, *note_of(others)),
        other=OtherColumns(others, partial(again or partial(_columns, roles.frame), others)),
    )
    return attach(built, raters, fixed=options.classes is not None if fixed is None else fixed)


def _columns(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    return frame[names]


def _in_order(options: Options, index: pd.Index[Any]) -> Options:
    """Bring what stands beside a table into the order of its rows, where an index of its own says that."""
    return replace(
        options,
        label=aligned(options.label, index, "labels", "rows"),
        features=aligned(options.features, index, "features", "rows"),
        probs=aligned(options.probs, index, "probabilities", "rows"),
    )


def _content(
    roles: Roles, media: MediaKind, columns: list[str], features: Any, root: Path
) -> tuple[Content, Any, list[SetAside]]:
    """Make the content of the rows, the features [R, D] that come with it, and what is set aside."""
    frame, options = roles.frame, roles.options
    if media in ("image", "text"):
        if features is None and options.feature_names:
            features = roles.matrix([roles.take(name, "features") for name in options.feature_names])
        cells = frame[columns[0]]
        if media == "text":
            return Texts([None if missing(v) else str(v) for v in cells.tolist()]), features, []
        content, aside = picture_content(cells, options.folder(root), options.most_pixels)
        return content, features, aside
    if media == "vector":
        if columns and features is None:
            lists = len(columns) == 1 and not pd.api.types.is_numeric_dtype(frame[columns[0]])
            lists = lists and columns[0] not in options.feature_names
            features = stack(frame[columns[0]], columns[0]) if lists else roles.matrix(columns)
        if features is None or features.ndim != 2 or len(features) != len(frame):
            shape = None if features is None else features.shape
            raise DataError(f"The features have the shape {shape}.", f"Give an array [{len(frame)}, D].")
        return Vectors(features), features, []
    return roles.table(columns), features, []


def _tidy(frame: pd.DataFrame, source: str) -> pd.DataFrame:
    """Bring column names to strings; refuse repeated names and column levels."""
    if frame.columns.nlevels > 1:
        raise DataError(f"The columns of {source} have {frame.columns.nlevels} levels.", "Flatten them to one.")
    names = [printable(str(name)) for name in frame.columns]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataError(f"Columns of {source} share a name: {listed(repeated)}.", "Rename them.")
    return frame.set_axis(names, axis=1).reset_index(drop=True)
