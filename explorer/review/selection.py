"""The item that every panel shows, and the items that are chosen."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.review.arguments import Items, positions_of
from explorer.review.events import Events, SelectionChanged
from explorer.review.state import ReviewState


class Selection:
    """What is shown and chosen, by item id.

    Attributes
    ----------
    current
        The item that every panel shows; `None` for none.
    chosen
        The items that are chosen, where they are several.
    """

    def __init__(self, state: ReviewState, events: Events) -> None:
        self._state = state
        self._events = events
        self.current: str | None = None
        self.chosen: list[str] = []

    def select(self, items: Items | None) -> None:
        """Show an item, or choose several, in every panel."""
        with self._state.lock:
            positions = [] if items is None else positions_of(self._state.dataset, items)
            current, chosen = positions[0] if positions else None, positions if len(positions) > 1 else []
            self.remember(current, chosen)
            self._events.emit(SelectionChanged(current, tuple(chosen)))

    def remember(self, current: int | None, chosen: Sequence[int]) -> None:
        """Note what the panels show as current and chosen, by position; tells nobody."""
        ids = self._state.dataset.item_ids
        self.current = None if current is None else str(ids[current])
        self.chosen = [str(ids[i]) for i in chosen]
