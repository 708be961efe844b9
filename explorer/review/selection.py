"""The item that every panel shows, the items that are chosen, those that stand out on the map, the scope to open."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from explorer.errors import DataError, UnknownName
from explorer.review.arguments import Items, positions_of, positions_of_rows
from explorer.review.events import Events, HighlightChanged, ScopeOpened, SelectionChanged
from explorer.review.scopes import scope
from explorer.review.state import ReviewState

log = logging.getLogger("explorer")


class Selection:
    """What is shown, chosen and highlighted, by item id.

    Attributes
    ----------
    current
        The item that every panel shows; `None` for none.
    chosen
        The items that are picked in the queue, or else chosen on the map or from Python, where they are several.
    highlighted
        The items that stand out on the map; empty where all are shown alike.
    opened
        The scope that pages were last told to show; `None` where nobody has.
    """

    def __init__(self, state: ReviewState, events: Events) -> None:
        self._state = state
        self._events = events
        self._callbacks: list[tuple[Callable[[list[str]], Any]]] = []
        self.current: str | None = None
        self.chosen: list[str] = []
        self.highlighted: list[str] = []
        self.opened: ScopeOpened | None = None

    @property
    def items(self) -> list[str]:
        """The chosen items, or the one that is shown; empty for none."""
        return list(self.chosen) or ([] if self.current is None else [self.current])

    def positions(self, items: Items | None, rows: Any = None) -> list[int]:
        """Return the positions of items, or of the items of some of the user's rows.

        Raises
        ------
        DataError
            Both are given; an item or a row that there is none of.
        """
        if rows is not None and items is not None:
            raise DataError("Both items and rows= are given.", "Name the items one way or the other.")
        dataset = self._state.dataset
        if rows is not None:
            return positions_of_rows(dataset, rows)
        if items is None:
            return []
        try:
            return positions_of(dataset, items)
        except UnknownName as error:
            if not error.name.isdigit():
                raise
            remedy = f"For a row of your data give rows=[{error.name}]."
            known = dataset.item_ids[:2000]
            raise UnknownName("item", error.name, known, remedy, few=3, of=len(dataset)) from None

    def select(self, items: Items | None, rows: Any = None) -> None:
        """Show an item, or choose several, in every panel; see `Review.select`."""
        with self._state.lock:
            positions = self.positions(items, rows)
            current, chosen = positions[0] if positions else None, positions if len(positions) > 1 else []
            self.remember(current, chosen)
            self._events.emit(SelectionChanged(current, tuple(chosen)))

    def remember(self, current: int | None, chosen: Sequence[int] | None) -> None:
        """Note what the panels show as current and chosen, by position; `None` = the same are chosen as before.

        It is told to callbacks, and not to panels.
        """
        with self._state.lock:
            before = self.items
            ids = self._state.dataset.item_ids
            self.current = None if current is None else str(ids[current])
            if chosen is not None:
                self.chosen = [str(ids[i]) for i in chosen]
            now = self.items
            if now != before and self._callbacks:
                self._state.lock.afterwards(lambda: self._tell(now))

    def highlight(self, items: Items | None, rows: Any = None) -> None:
        """Let items stand out on the map, the others grey; `None` shows all alike. Emits `HighlightChanged`."""
        with self._state.lock:
            positions = list(dict.fromkeys(self.positions(items, rows)))
            self.highlighted = [str(self._state.dataset.item_ids[i]) for i in positions]
            self._events.emit(HighlightChanged(tuple(positions)))

    def open_scope(self, name: str) -> None:
        """Let pages show a scope, those that are there and those that come; see `explorer.show`.

        Raises
        ------
        UnknownName
            No such scope; it lists them.
        """
        with self._state.lock:
            self.opened = ScopeOpened(scope(name).name, uuid.uuid4().hex)
            self._events.emit(self.opened)

    def on_select(self, callback: Callable[[list[str]], Any]) -> Callable[[], None]:
        """Call back with the ids whenever others are shown or chosen; see `Review.on_select`."""
        if not callable(callback):
            raise DataError(f"{callback!r} cannot be called.", "Give a function of one argument, the list of ids.")
        entry = (callback,)
        self._callbacks.append(entry)

        def unsubscribe() -> None:
            self._callbacks[:] = [each for each in self._callbacks if each is not entry]

        return unsubscribe

    def close(self) -> None:
        """Call nobody back any more."""
        self._callbacks.clear()

    def _tell(self, ids: list[str]) -> None:
        """Without the lock: whoever is called back may wait for scores."""
        for (callback,) in tuple(self._callbacks):
            try:
                callback(list(ids))
            except Exception:
                log.exception("A callback of on_select failed.")
