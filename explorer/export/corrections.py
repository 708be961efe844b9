"""From a label store to the table of corrected labels or a file of it, and from these into a store."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import DataError, UnknownName
from explorer.export.columns import COLUMNS, checked
from explorer.export.files import read, write_table
from explorer.export.vote_columns import drafts_of, with_votes
from explorer.labels import Cell, Commit, Edit, Rater, Store, VoteDraft
from explorer.labels.history import overview
from explorer.labels.model.states import State, leaves_out


def frame(
    dataset_ids: Iterable[str] | None,
    store: Store,
    at: str | dt.date = "head",
    *,
    drop: bool = False,
    changed: bool = False,
    votes: bool = False,
) -> pd.DataFrame:
    """Make the table of corrected labels.

    Parameters
    ----------
    dataset_ids
        Item ids, in the order of the rows; `None` for all items that the store has at that version, in its order.
    store
        A label store that is bound to them.
    at
        The version: "head", "base", a commit id, a tag, a branch or a time: see `Store.as_of`. Labels have the names
        that their classes had then.
    drop
        Whether items that are left out have no row; otherwise the column `left_out` tells them.
    changed
        Whether only those items have a row whose label is not the given one any more, or that are left out.
    votes
        Whether each rater whose votes the store has as a column has one here too, as they count now; see
        `explorer.export.vote_columns`.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, one row per id.

    Raises
    ------
    UnknownName
        An item that the store does not have at that version.
    """
    commit = store.commit_id(at)
    cells = store.cells("base" if commit.startswith("base:") else commit)
    ids = cells.index if dataset_ids is None else pd.Index(list(dataset_ids), dtype=cells.index.dtype)
    rows = cells.index.get_indexer(ids)
    if (rows < 0).any():
        missing = ids[np.flatnonzero(rows < 0)]
        raise UnknownName(
            "item", missing[0], cells.index[:2000], f"{len(missing):,} items are not in the store at {at!r}."
        )
    found = cells.iloc[rows].reset_index(drop=True)
    table = pd.DataFrame(
        {
            "item_id": ids,
            "given_label": found["given"],
            "corrected_label": found["value"],
            "state": found["state"].astype(cells["why"].dtype),
            "rater": found["rater"],
            "time": found["time"],
            "why": found["why"],
            "reason": found["reason"],
            "p_error": found["p_error"],
            "version": pd.Series([commit] * len(found), dtype=cells["why"].dtype),
            "left_out": found["left_out"],
        },
        columns=list(COLUMNS),
    )
    return _chosen(with_votes(table, store) if votes else table, drop, changed)


def is_changed(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Say of which rows the label is not the given one any more, or that the item is left out, bool [rows]."""
    given, now = table["given_label"], table["corrected_label"]
    same = (given == now).fillna(False).to_numpy(bool) | (given.isna() & now.isna()).to_numpy(bool)
    found: NDArray[np.bool_] = ~same | table["left_out"].to_numpy(bool)
    return found


def _chosen(table: pd.DataFrame, drop: bool, changed: bool) -> pd.DataFrame:
    if not drop and not changed:
        return table
    kept = np.ones(len(table), dtype=bool)
    if drop:
        kept &= ~table["left_out"].to_numpy(bool)
    if changed:
        kept &= is_changed(table)
    return table[kept].reset_index(drop=True)


def write(
    corrections: pd.DataFrame | Store,
    path: str | os.PathLike[str],
    format: str | None = None,  # noqa: A002
    *,
    at: str | dt.date = "head",
    drop: bool = False,
    changed: bool = False,
    votes: bool = False,
) -> Path:
    """Write corrected labels to a file, which is complete or not there at all.

    Parameters
    ----------
    corrections
        Columns `COLUMNS`, as `frame` makes them; or a label store, all items of which are written.
    path
        Where to; a file that is there is replaced in one step, but for a label store.
    format
        One of `FORMATS`; without it, the ending of the path says so.
    at
        The version of a store: see `frame`.
    drop
        Whether the rows of items that are left out are not written. Such a file does not bring these decisions back.
    changed
        Whether only the rows of items are written whose label is not the given one any more, or that are left out.
    votes
        Whether the votes of a store are written too, a column a rater: see `frame`.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    UnknownName
        No such format or version, or a column that is missing or too many.
    DataError
        A label that is no class label; a folder that does not exist or cannot be written.

    Examples
    --------
    >>> from explorer import export
    >>> export.write(store, "corrected.csv")  # doctest: +SKIP

    An export has one row per item, named by `item_id`. Where the dataset was read with `key=`, that is the column of
    the table. Else the dataset says which item each row of the table is (-1: set aside), and so joins the two:

    >>> item = dataset.row_item  # doctest: +SKIP
    >>> rows = frame[item >= 0].assign(item_id=dataset.item_ids[item[item >= 0]])  # doctest: +SKIP
    >>> rows.merge(export.read("corrected.csv"), on="item_id", how="left")  # doctest: +SKIP
    """
    if not isinstance(corrections, pd.DataFrame):
        return write_table(frame(None, corrections, at, drop=drop, changed=changed, votes=votes), path, format)
    return write_table(_chosen(checked(corrections), drop, changed) if drop or changed else corrections, path, format)


def import_into(
    store: Store, source: str | os.PathLike[str] | pd.DataFrame, *, add_classes: bool = False
) -> Commit | None:
    """Write the decisions of a table of corrected labels into a store, as one commit of kind "import".

    Items that were relabelled, kept, flagged or left out are so again, with their reasons, by raters of the same names
    (of kind "import"); when they were first decided on, at which version and in which file goes into the evidence.
    Items that the table has no decision on are left alone, and so are stale ones: their decision was about other
    content. What is in the store already is not written again. Columns of votes become the next version of their
    raters' votes; votes on items that the table does not have stay.

    Parameters
    ----------
    source
        A file that `write` has written, or its table.
    add_classes
        Add classes that the store lacks; without it they are an error, as they may be slips of the pen.

    Returns
    -------
    Commit or None
        `None` if the store has all of it.

    Raises
    ------
    DataError, UnknownName
        A repeated item, an item or class that the store does not have; nothing is written then.
    """
    name = "a table" if isinstance(source, pd.DataFrame) else os.path.basename(source)  # noqa: PTH119  # any path type
    table = checked(source) if isinstance(source, pd.DataFrame) else read(source)
    if table["item_id"].duplicated().any():
        repeated = table["item_id"][table["item_id"].duplicated()].iloc[0]
        raise DataError(f"{name}: the item {repeated!r} stands in more than one row.", "Keep one row per item.")
    decided = table[table["state"].isin([state.value for state in State if state.decided])]
    unknown = decided["item_id"][~decided["item_id"].isin(store.cells().index)]
    if len(unknown):
        raise DataError(
            f"{name}: {len(unknown):,} of {len(decided):,} decisions are on items that the store does not have; "
            f"the first is {unknown.iloc[0]!r}.",
            "Import it into the store of the dataset that it was exported from.",
        )
    drafts = drafts_of(table, store, name)
    edits: list[Edit] = []
    for row in decided.to_dict("records"):
        edits += _edits(store.get(str(row["item_id"])), row, name)
    _check_classes(store, decided, drafts, name, add_classes)
    if drafts:
        store.add_vote_blocks(drafts)
    if not edits:
        return None
    items = len({e.item for e in edits})
    return store.apply(edits, kind="import", message=f"import {items:,} decisions from {name}")


def _check_classes(store: Store, decided: pd.DataFrame, drafts: Sequence[VoteDraft], name: str, add: bool) -> None:
    known, names = store.classes(), overview.names(store)
    labels = dict.fromkeys(decided["corrected_label"].dropna().unique(), "a corrected label")
    for draft in drafts:  # a class that takes no new labels may still have votes
        voted = {v for v in draft.labels if v is not None and names.class_id(v) not in names.public}
        labels = {**dict.fromkeys(sorted(voted), f"a vote of {draft.rater!r}"), **labels}
    for label, what in labels.items():
        if label not in known:
            if not add:
                remedy = "Add it with store.add_class(), or pass add_classes=True."
                raise UnknownName("class", label, known, f"{name} has it as {what}. {remedy}")
            store.add_class(str(label))


def _edits(cell: Cell, row: dict[Any, Any], name: str) -> list[Edit]:
    """Return the edits that bring a cell to what a row says; none if it is so already."""
    value = None if pd.isna(row["corrected_label"]) else str(row["corrected_label"])
    state, why, reason = str(row["state"]), str(row["why"]), str(row["reason"])
    if row["left_out"] or (state == State.FLAGGED and leaves_out("flag", reason)):  # the latter as earlier versions say
        state, reason = State.LEFT_OUT.value, State.LEFT_OUT.value
    own = (State.KEPT, State.FLAGGED, State.LEFT_OUT)
    alike = (state,) if state in own else (State.RELABELLED, State.KEPT, State.CONFLICT)
    if cell.state in alike and (cell.value, cell.why, cell.reason) == (value, why, reason):
        return []
    origin = {"file": name, "version": str(row["version"]), "state": state}
    if not pd.isna(row["time"]):
        origin["time"] = row["time"].isoformat()
    evidence = {"p_error": row["p_error"], "imported": origin}
    rater = None if pd.isna(row["rater"]) else Rater(str(row["rater"]), "import")
    op = {State.KEPT.value: "keep", State.FLAGGED.value: "flag", State.LEFT_OUT.value: "flag"}.get(state, "set")
    first: list[Edit] = []
    if op != "set" and cell.value != value:  # the others leave the label, so it comes first
        first = [Edit(cell.item, "set", value, cell.event, evidence=evidence, rater=rater)]
    new = value if op == "set" else None
    return [*first, Edit(cell.item, op, new, cell.event, why, reason, evidence, rater=rater)]
