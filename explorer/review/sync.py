"""A review's labels in step with its store, whoever writes to it and however: here, beside the review, elsewhere."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable
from dataclasses import dataclass

from explorer.errors import ExplorerError
from explorer.labels import Cell, Commit, Conflict, Store
from explorer.labels.history import overview
from explorer.review.events import CellsChanged, Events, LabelsReset, VersionsMoved
from explorer.review.state import ReviewState

log = logging.getLogger("explorer")

FEW = 2_000
"""Cells that are told one by one; beyond, whoever shows them reads the columns anew."""


@dataclass(frozen=True, eq=False)
class Written:
    """What a change wrote.

    Attributes
    ----------
    commit
        The commit.
    positions
        Of the items that the dataset holds and that it is about.
    cells
        What the store says of each now.
    """

    commit: Commit
    positions: tuple[int, ...]
    cells: tuple[Cell, ...]


class StoreSync:
    """Keeps the columns of a dataset's labels in step with the store, and tells what changed in them.

    Emits `CellsChanged`, `LabelsReset` and `VersionsMoved`.

    Parameters
    ----------
    state
        Its label columns are written to.
    store
        Is listened to until `close`.
    """

    def __init__(self, state: ReviewState, store: Store, events: Events) -> None:
        self._state = state
        self._store = store
        self._events = events
        self._seen = overview.place(store)
        self._mark = overview.mark(store)
        self._told = False
        heard = weakref.WeakMethod(self._heard)  # a store may outlive the reviews of it

        def listener() -> None:
            method = heard()
            if method is not None:
                method()

        self._unlisten = store.listen(listener)

    def write(self, change: Callable[[Store], Commit | None]) -> Written | None:
        """Change the store, and show what that wrote; `None` if there was nothing to write.

        Whatever `change` raises is raised; a `Conflict` shows first what somebody else has written.
        """
        with self._state.lock:
            branch, head, *basis = self._seen
            try:
                commit = change(self._store)
            except Conflict:
                self.catch_up()
                raise
            if commit is None:
                return None
            place = (branch, commit.id, *basis)
            if commit.parent == head and overview.place(self._store) == place:
                self._seen = place
                self._told = False  # what the store has told meanwhile is this commit
            else:
                self.catch_up()  # others wrote in between
            cells = self._state.labels.update(event.item for event in commit.events)
            written = Written(commit, tuple(cells), tuple(cells.values()))
            self._events.emit(CellsChanged(written.positions, commit, written.cells))
            return written

    def catch_up(self) -> None:
        """Read what is new in the store, if anything is, and tell it. Costs one look at the file if nothing is."""
        if overview.place(self._store) == self._seen:
            return  # without the lock: a server that is slow to answer keeps nobody waiting who wants no label
        state = self._state
        with state.lock:
            place = overview.place(self._store)
            if place == self._seen:
                return
            cells: dict[int, Cell] | None = None
            if (place[0], place[2:]) == (self._seen[0], self._seen[2:]):
                cells = state.labels.follow()
            else:
                state.labels.refresh(state.dataset)  # another branch, other items or other classes: everything anew
            self._seen = place  # only now: what could not be read is read at the next look
            if cells is not None and len(cells) <= FEW:
                self._events.emit(CellsChanged(tuple(cells), None, tuple(cells.values())))
            else:
                self._events.emit(LabelsReset())

    def look(self) -> None:
        """Catch up, and tell where somebody has made, moved or deleted a branch or tag."""
        self.catch_up()
        mark = overview.mark(self._store)
        if mark != self._mark:
            self._mark = mark
            self._events.emit(VersionsMoved())

    def close(self) -> None:
        """Hear no more of the store."""
        self._unlisten()

    def _heard(self) -> None:
        # Never waits: the thread that tells it may hold the lock of another review of this store.
        self._told = True
        self._state.lock.later(self._look_at_what_was_told)

    def _look_at_what_was_told(self) -> None:
        """Show what was told. On the thread of whoever wrote, or let go of the lock: no error here is theirs."""
        if not self._told:
            return
        self._told = False
        try:
            self.catch_up()
            self._mark = overview.mark(self._store)
        except ExplorerError as problem:  # whoever asks next for a label looks again, and hears of it
            log.warning("The label store cannot be read at the moment: %s", problem)
            return
        self._events.emit(VersionsMoved())


def commit_of(written: Written | None) -> Commit | None:
    """Return the commit of what was written; `None` where nothing was."""
    return None if written is None else written.commit
