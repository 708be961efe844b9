"""The label store: every label that anybody gave, who, when and why, in one file that only grows.

It knows nothing of embeddings or widgets and can be used without the rest of the package:

    from explorer import labels

    with labels.open("photos.labels.db", rater="ann") as store:
        store.bind(frame, classes=["cat", "dog"])          # item_id, content_hash, given_label
        cell = store.get(item)
        store.set(item, "dog", expected=cell.event, why="it barks")
        store.log()

**Model.** A *snapshot* is the dataset as it was bound: item ids, content hashes, given labels. An *event* is one
change of one item: set, keep, clear or flag, with the label before and after, the rater, the reasons and what the rater
was shown. A *commit* is the events of one call, written together; it names its parent, the snapshot and the label
schema it stands on. The label in force is the newest event of an item over its given label. Nothing is ever changed or
deleted, which triggers in the file see to: an undo appends the inverse events.

**Hashes.** Ids of snapshots, schemas, events and commits are SHA-256 over RFC 8785 canonical JSON of what they say, and
a commit hashes its events and its parent. `Store.verify` recomputes them all.

**Several writers.** A writer says what it saw (`expected`, an event id or `base:<snapshot id>`); if that changed,
`Conflict` brings the cell as it is now and nothing of the call is written. A call that is repeated with the same
`op_id` is written once. One process writes at a time, the others wait; each sees the others' commits at its next call.

**A dataset that changes.** `Store.bind` reports what was added, removed, changed, moved or given another label. A
decision whose item has other content now is *stale*: it stays in the log and is shown, and the given label holds until
somebody decides anew. A decision whose given label changed is a *conflict*: it holds, and both labels are shown.

**Files, from the outside in.** `store` is what callers hold, on top of `reader`, which only looks; `live` keeps the
newest version in memory; `editing`, `undoing`, `binding` and `raters` say what a change means; `history` and `cells`
make tables; `engine` is what a database has to do, `sqlite` does it with `connection`, `tables`, `rows` and `checks`;
`placing`, `canonical` and `snapshot` make the hashes; `model` has the plain values and errors.
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

from explorer.labels.model import (
    BindReport,
    Cell,
    Commit,
    Conflict,
    Edit,
    Event,
    Rater,
    StoreError,
    Verification,
)
from explorer.labels.raters import check_rater, default_rater
from explorer.labels.sqlite import SQLiteEngine
from explorer.labels.store import Clock, Store

__all__ = [
    "BindReport",
    "Cell",
    "Commit",
    "Conflict",
    "Edit",
    "Event",
    "Rater",
    "Store",
    "StoreError",
    "Verification",
    "default_rater",
    "open",
]


def open(  # noqa: A001  # labels.open(…) reads as what it does
    path: str | os.PathLike[str],
    rater: str | None = None,
    rater_kind: str = "person",
    *,
    read_only: bool = False,
    timeout: float = 10.0,
    clock: Clock = lambda: dt.datetime.now(dt.UTC),
) -> Store:
    """Open a label store; the file is made on first use.

    Parameters
    ----------
    path
        The file, such as `photos.labels.db`. Its folder has to exist.
    rater, rater_kind
        Whoever gives labels through this store: a name, and "person", "model" or "import". Without a name, the hub's or
        the system's user name.
    read_only
        Never write; works where the file or its folder may not be written.
    timeout
        Seconds to wait while another process writes.
    clock
        Returns the time that commits get.

    Raises
    ------
    StoreError
        The file is no label store, is of a newer format, or cannot be opened.
    """
    who = check_rater(default_rater() if rater is None else rater, rater_kind)
    file = Path(path).expanduser().absolute()
    return Store(SQLiteEngine(file, read_only=read_only, timeout=timeout), who, clock)
