"""Votes in a table of corrected labels: a column a rater, called "votes gpt (model, gpt-family)"; and back.

Beside it stand, only where the rater has any, "confidence of votes …" and "abstains in votes …", which tells an item
that the rater saw and gave no class from one that it never saw.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from explorer.errors import DataError
from explorer.labels import Store, VoteDraft
from explorer.labels.history import vote_blocks

_NAME = re.compile(r"votes (?P<rater>.+) \((?P<kind>person|model|function|import)(?:, (?P<family>.*))?\)", re.DOTALL)
_SURE, _SILENT = "confidence of ", "abstains in "
_FLAGS = {"true": True, "false": False}


class VoteColumn(NamedTuple):
    """What a column of a table is: whose votes, and whether it has the votes, how sure they are, or abstentions."""

    rater: str
    kind: str
    family: str
    holds: str


def parsed(column: object) -> VoteColumn | None:
    """Say what the name of a column means; `None` where it is no column of votes.

    >>> parsed("votes gpt (model, g)"), parsed("why")
    (VoteColumn(rater='gpt', kind='model', family='g', holds='votes'), None)
    """
    text, holds = str(column), "votes"
    for prefix, what in ((_SURE, "confidence"), (_SILENT, "abstains")):
        if text.startswith(prefix):
            text, holds = text.removeprefix(prefix), what
            break
    found = _NAME.fullmatch(text)
    return None if found is None else VoteColumn(found["rater"], found["kind"], found["family"] or "", holds)


def with_votes(table: pd.DataFrame, store: Store) -> pd.DataFrame:
    """Return a table of corrected labels with the votes of every rater who has some, as they count now."""
    columns: dict[str, Any] = {}
    place = pd.Index(table["item_id"])
    for one in vote_blocks.standing(store):
        block = one.block
        name = f"votes {block.rater} ({block.kind}{f', {block.family}' if block.family else ''})"
        rows = place.get_indexer(pd.Index(one.items, dtype=place.dtype))
        here = rows >= 0
        values = np.full(len(table), None, dtype=object)
        values[rows[here]] = np.array([*one.classes, None], dtype=object)[one.codes[here]]
        columns[name] = values
        silent = here & (one.codes < 0)
        if silent.any():
            flags = np.zeros(len(table), dtype=bool)
            flags[rows[silent]] = True
            columns[_SILENT + name] = flags
        if one.confidence is not None:
            numbers = np.full(len(table), np.nan)
            numbers[rows[here]] = one.confidence[here]
            columns[_SURE + name] = numbers
    return pd.concat([table, pd.DataFrame(columns, index=table.index)], axis=1) if columns else table


def checked_votes(table: pd.DataFrame, columns: Sequence[str], text: Any) -> dict[str, Any]:
    """Return columns of votes with their dtypes; `DataError` for a value that is none.

    Parameters
    ----------
    text
        dtype of text.
    """
    found: dict[str, Any] = {}
    for column in columns:
        about, values = parsed(column), table[column].reset_index(drop=True)
        assert about is not None
        if about.holds == "votes":
            cells = values.astype(object).where(values.notna(), None)
            for row, value in enumerate(cells.tolist()):
                if value is not None and not isinstance(value, str):
                    raise DataError(f"Row {row}, column {column!r}: {value!r} is no text.", "Votes are class names.")
            found[column] = cells.astype(text)
        elif about.holds == "confidence":
            try:
                found[column] = pd.to_numeric(values).astype(float)
            except (ValueError, TypeError) as error:
                raise DataError(
                    f"The column {column!r}: {error}.", "Each value has to be a number, or missing."
                ) from error
        else:
            found[column] = pd.Series(
                [_flag(row, value, column) for row, value in enumerate(values.tolist())], dtype=bool
            )
    return found


def _flag(row: int, value: Any, column: str) -> bool:
    found = _FLAGS.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(found, bool | np.bool_):
        raise DataError(f"Row {row}, column {column!r}: {value!r} is neither true nor false.", "It has to be one.")
    return bool(found)


def drafts_of(table: pd.DataFrame, store: Store, name: str) -> list[VoteDraft]:
    """Return what the votes of a table come to in a store: the table's, over those that the store has of others.

    Parameters
    ----------
    name
        Of the file, for messages.

    Raises
    ------
    DataError
        A vote on an item that the store does not have.
    """
    standing = {one.block.rater: one for one in vote_blocks.standing(store)}
    found = []
    known = set(store.cells().index)
    for column in table.columns:
        about = parsed(column)
        if about is None or about.holds != "votes":
            continue
        labels, items = table[column], table["item_id"].tolist()
        said = labels.notna().to_numpy()
        silent = _beside(table, _SILENT + column, False)
        sure = _beside(table, _SURE + column, np.nan)
        votes: dict[str, tuple[str | None, float]] = {}
        old = standing.get(about.rater)
        if old is not None:
            votes = {item: (label, number) for item, label, number in _of(old)}
        for row in np.flatnonzero(said | silent).tolist():
            if items[row] not in known:
                raise DataError(
                    f"{name}: {about.rater!r} votes on item {items[row]!r}, which the store does not have.",
                    "Import it into the store of the dataset that it was exported from.",
                )
            votes[items[row]] = (str(labels.iloc[row]) if said[row] else None, float(sure[row]))
        confidence = np.array([number for _, number in votes.values()], dtype=np.float32)
        found.append(
            VoteDraft(
                about.rater,
                list(votes),
                [label for label, _ in votes.values()],
                about.kind,
                about.family,
                None if np.isnan(confidence).all() else confidence,
            )
        )
    return found


def _beside(table: pd.DataFrame, column: str, otherwise: Any) -> Any:
    return table[column].to_numpy() if column in table.columns else np.full(len(table), otherwise)


def _of(one: vote_blocks.Standing) -> Iterable[tuple[str, str | None, float]]:
    names = [*one.classes, None]
    sure = np.full(len(one.items), np.nan) if one.confidence is None else one.confidence
    for item, code, number in zip(one.items.tolist(), one.codes.tolist(), sure.tolist(), strict=True):
        yield item, names[code], number
