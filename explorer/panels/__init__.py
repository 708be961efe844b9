"""The Python half of each widget: a module a panel, each answering that panel's calls. Importing it imports ipywidgets.

explorer.show(review)             the whole explorer
explorer.show(review, "map")      one panel in its own cell, linked to the others
explorer.show(review, scope="outlier")   opens a scope
"""

from __future__ import annotations

from explorer.errors import DataError, UnknownName
from explorer.panels import handlers  # noqa: F401  # registers what answers the browser
from explorer.panels.session import SESSIONS, Session
from explorer.panels.widget import Panel
from explorer.review.arguments import check_open
from explorer.review.review import Review

PANELS = ("explorer", "map", "queue", "card", "neighbours", "history", "merge", "charts", "details", "pipeline")

OTHER_NAMES = {"label pairs": "charts", "pairs": "charts"}
"""What people call a panel besides its name: as its tab is written."""

__all__ = ["PANELS", "Panel", "session_of", "show"]


def show(review: Review, panel: str = "explorer", *, scope: str | None = None) -> Panel:
    """Return the widget of a review's panel: the same one for every cell, so that it is stored once.

    Where its host has ended it, as marimo does when the cell that showed it runs again, it is another one.

    Parameters
    ----------
    panel
        One of `PANELS`.
    scope
        Also open this scope, here and wherever the review is shown already: as `Review.queue_of` takes it.

    Raises
    ------
    DataError
        For what is no review, or (`UnknownName`) a panel or a scope that does not exist.
    StoreError
        The review is closed.
    """
    if not isinstance(review, Review):
        raise DataError(f"{type(review).__name__} cannot be shown.", "Give an explorer.Review.")
    if isinstance(panel, str):
        panel = OTHER_NAMES.get(panel.strip().lower(), panel)
    if panel not in PANELS:
        raise UnknownName("panel", panel, PANELS)
    check_open(review.closed, review.labels)
    panels: dict[str, Panel] = session_of(review).panels
    if panel in panels and panels[panel].ended:
        panels.pop(panel).close()
    if panel not in panels:
        panels[panel] = Panel(review, panel)
    if scope is not None:
        review.selected.open_scope(scope)
    return panels[panel]


def session_of(review: Review) -> Session:
    """Return the session of a review: its conversation with its widgets."""
    return SESSIONS.of(review)
