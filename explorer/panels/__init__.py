"""The Python half of each widget: a module a panel, each answering that panel's calls. Importing it imports ipywidgets.

explorer.show(review)             the whole explorer
explorer.show(review, "map")      one panel in its own cell, linked to the others
"""

from __future__ import annotations

import weakref

from explorer.errors import DataError, UnknownName
from explorer.panels import handlers  # noqa: F401  # registers what answers the browser
from explorer.panels.session import session_of
from explorer.panels.widget import Panel
from explorer.review.review import Review

PANELS = ("explorer", "map", "queue", "card", "neighbours", "history", "merge", "charts", "pipeline")

__all__ = ["PANELS", "Panel", "session_of", "show"]

_shown: weakref.WeakKeyDictionary[Review, dict[str, Panel]] = weakref.WeakKeyDictionary()


def show(review: Review, panel: str = "explorer") -> Panel:
    """Return the widget of a review's panel: the same one for every cell, so that it is stored once.

    Raises
    ------
    DataError
        For what is no review, or (`UnknownName`) a panel that does not exist.
    """
    if not isinstance(review, Review):
        raise DataError(f"{type(review).__name__} cannot be shown.", "Give an explorer.Review.")
    if panel not in PANELS:
        raise UnknownName("panel", panel, PANELS)
    widgets = _shown.setdefault(review, {})
    if panel not in widgets:
        widgets[panel] = Panel(review, panel)
    return widgets[panel]
