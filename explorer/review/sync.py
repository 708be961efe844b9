"""A review's labels in step with its store, whoever writes to it and however: here, beside the review, elsewhere."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from explorer.dataset.dataset import Dataset
from explorer.labels import Commit, Store
from explorer.labels.history import overview
from explorer.review.label_columns import CurrentLabels

FEW = 2_000
"""Cells that are told one by one; beyond, whoever shows them reads the columns anew."""


_later = threading.local()
"""What else this thread has heard of a store while it held a review's lock: it looks once it holds none."""


class Following:
    """Keeps the columns of a dataset's labels, and tells what changed in them.

    Parameters
    ----------
    lock
        Held while columns change.
    tell
        Called with an event and its details: "cells" (positions), "hello" (read everything anew), "versions" (a branch
        or tag may have moved).
    """

    def __init__(self, dataset: Dataset, store: Store, lock: Any, tell: Callable[..., None]) -> None:
        self._dataset = dataset
        self._store = store
        self._lock = lock
        self._tell = tell
        self._writer: int | None = None
        self.now = CurrentLabels(dataset, store)
        self._seen = overview.place(self._store)
        self._mark = overview.mark(store)
        heard = weakref.WeakMethod(self._heard)  # a store may outlive the reviews of it

        def listener() -> None:
            method = heard()
            if method is not None:
                method()

        self._unlisten = store.listen(listener)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write to the store: what it reports meanwhile is our own doing, which `took` or `catch_up` shows once."""
        outermost = getattr(_later, "looks", None) is None
        if outermost:
            _later.looks = []
        try:
            with self._lock:
                before, self._writer = self._writer, threading.get_ident()
                try:
                    yield
                finally:
                    self._writer = before
        finally:
            if outermost:
                looks, _later.looks = _later.looks, None
                for look in looks:
                    look()

    def took(self, commit: Commit) -> None:
        """Show a commit that this review has just made."""
        branch, head, *basis = self._seen
        place = (branch, commit.id, *basis)
        if commit.parent == head and overview.place(self._store) == place:
            self._seen = place
        else:
            self.catch_up()  # others wrote in between
        positions = self.now.update(event.item for event in commit.events)
        self._tell("cells", positions=positions, commit=commit)

    def catch_up(self) -> None:
        """Read what is new in the store, if anything is, and tell it. Costs one look at the file if nothing is."""
        if overview.place(self._store) == self._seen:
            return  # without the lock: a server that is slow to answer keeps nobody waiting who wants no label
        with self._lock:
            place = overview.place(self._store)
            if place == self._seen:
                return
            few = False
            if (place[0], place[2:]) == (self._seen[0], self._seen[2:]):
                positions = self.now.follow()
                few = len(positions) <= FEW
            else:
                self.now.refresh(self._dataset)  # another branch, other items or other classes: everything anew
            self._seen = place  # only now: what could not be read is read at the next look
            if few:
                self._tell("cells", positions=positions, commit=None)
            else:
                self._tell("hello")

    def look(self) -> None:
        """Catch up, and tell where somebody has made, moved or deleted a branch or tag."""
        self.catch_up()
        mark = overview.mark(self._store)
        if mark != self._mark:
            self._mark = mark
            self._tell("versions")

    def show(self, dataset: Dataset) -> None:
        """Show another dataset from now on: the same one with fewer items."""
        self._dataset = dataset
        self.now.refresh(dataset)

    def close(self) -> None:
        """Hear no more of the store."""
        self._unlisten()

    def _heard(self) -> None:
        if self._writer == threading.get_ident():
            return
        waiting = getattr(_later, "looks", None)
        if waiting is not None:  # another review writes: two that wait for each other's lock would wait for ever
            waiting.append(self._caught_up)
        else:
            self._caught_up()

    def _caught_up(self) -> None:
        self.catch_up()
        self._mark = overview.mark(self._store)
        self._tell("versions")
