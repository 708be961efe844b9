"""The label store: every label that anybody gave, who, when and why, in one file or database that only grows.

It can be used without the rest of the package:

    from explorer import labels

    with labels.open("photos.labels.db", rater="ann") as store:
        store.bind(frame)                                  # item_id, content_hash, given_label
        cell = store.get(item)
        store.set(item, "dog", expected=cell.event, why="it barks")
        store.log()

A *snapshot* is the dataset as it was bound. A *cell* is a field of an item; the field "label" is its class. An *event*
is one change of one cell: set, keep, clear or flag; a flag with the reason "left out" leaves the item out of the
dataset. A *commit* is the events of one call, written together. The label in force is the newest event of a cell over
its given label. Nothing is ever changed or deleted: an undo adds the inverse events. Ids are SHA-256 over RFC 8785
canonical JSON of what they name; `Store.verify` recomputes them all.

A *block of votes* is what one rater says of many items, beside the labels: a column, with versions.

A writer says what it saw (`expected`); if that changed, `Conflict` brings the cell as it is now, and nothing of the
call is written. A call that is repeated with the same `op_id` is written once.

Where things are: `store` is what callers hold. `changes` says what each change means, `history` what there is to look
at; both work on a `working_copy`: the database, the newest version of a branch (`head`), who gives labels, who listens.
`storage` is the database: `backend` is what SQLite and PostgreSQL have in common. `model` has the plain values, their
hashes and the rules of classes; `display` puts labels and times into words.
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

from explorer.labels.changes.merge import Merge
from explorer.labels.changes.three_way import MergeConflict, Pick
from explorer.labels.history.blame import Blame
from explorer.labels.history.entries import LogEntry
from explorer.labels.history.logs import Sitting
from explorer.labels.history.votes import Vote
from explorer.labels.model.cells import Cell, Conflict
from explorer.labels.model.raters import check_rater, default_rater
from explorer.labels.model.reports import BindReport, Verification
from explorer.labels.model.types import Commit, Edit, Event, Rater, StoreError
from explorer.labels.model.vote_block import VoteBlock, VoteDraft
from explorer.labels.storage.backend import Backend
from explorer.labels.storage.file_systems import StoreWarning
from explorer.labels.storage.sqlite import SQLiteBackend
from explorer.labels.store import Store
from explorer.labels.working_copy import Clock, WorkingCopy

__all__ = [
    "BindReport",
    "Blame",
    "Cell",
    "Commit",
    "Conflict",
    "Edit",
    "Event",
    "LogEntry",
    "Merge",
    "MergeConflict",
    "Pick",
    "Rater",
    "Sitting",
    "Store",
    "StoreError",
    "StoreWarning",
    "Verification",
    "Vote",
    "VoteBlock",
    "VoteDraft",
    "default_rater",
    "open",
]


def open(  # noqa: A001  # labels.open(…) reads as what it does
    path: str | os.PathLike[str],
    rater: str | None = None,
    rater_kind: str = "person",
    *,
    branch: str = "main",
    read_only: bool = False,
    timeout: float = 10.0,
    clock: Clock = lambda: dt.datetime.now(dt.UTC),
) -> Store:
    """Open a label store; it is made on first use.

    Parameters
    ----------
    path
        A file, such as `photos.labels.db`, whose folder has to exist; or the address of a PostgreSQL database, such as
        `postgresql://ann@host/labels`, for many writers at once.
    rater, rater_kind
        Whoever gives labels through this store: a name, and "person", "model" or "import". Without a name, the hub's or
        the system's user name. On a server it is the login, and no other name is taken.
    branch
        Branch to read and write.
    read_only
        Never write; works where the file or its folder may not be written.
    timeout
        Seconds to wait while another process writes.
    clock
        Returns the time that commits get, with its time zone.

    Returns
    -------
    Store
        Open until `close()`, or to the end of a `with` block.

    Raises
    ------
    StoreError
        The file is no label store, is of a newer format, or cannot be opened; a server refuses; a rater is not the
        login.
    UnknownName
        There is no such branch.

    Examples
    --------
    >>> import pandas as pd
    >>> from explorer import labels
    >>> store = labels.open("pets.labels.db", rater="ann")  # doctest: +SKIP
    >>> store.bind(pd.DataFrame({"item_id": ["a"], "content_hash": ["1f"], "given_label": ["cat"]}))  # doctest: +SKIP
    BindReport(nothing changed)
    """
    backend: Backend
    if isinstance(path, str) and path.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        from explorer.labels.storage.postgres import PostgresBackend  # which needs the extra "server"

        backend = PostgresBackend(path, read_only=read_only, timeout=timeout)
        name = backend.login if rater is None else rater
    else:
        name = default_rater() if rater is None else rater
        check_rater(name, rater_kind)  # before a file is made
        backend = SQLiteBackend(Path(path).expanduser().absolute(), read_only=read_only, timeout=timeout)
    try:
        return Store(WorkingCopy(backend, check_rater(name, rater_kind), clock, branch))
    except BaseException:
        backend.close()
        raise
