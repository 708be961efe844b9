"""The map's half in the kernel: two coordinates an item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.errors import DataError
from explorer.panels.registry import call

if TYPE_CHECKING:
    from explorer.panels.session import Session


@call("layout")
def layout(session: Session) -> dict[str, Any]:
    """Return float32 x0, y0, x1, y1, … in [-1, 1], and which layout it is."""
    r = session.review.results
    if r.layout is None:
        raise DataError("There is no layout yet.", "Wait for the embedding.")
    return {"name": r.layout_name, "xy": r.layout.reshape(-1)}
