"""The map's half in the kernel: two coordinates an item."""

from __future__ import annotations

from explorer.errors import DataError
from explorer.panels.registry import call
from explorer.panels.schema.items import Layout
from explorer.review.review import Review


@call("layout")
def layout(review: Review) -> Layout:
    """Return float32 x0, y0, x1, y1, … in [-1, 1], and which layout it is."""
    r = review.state.results
    if r.layout is None or r.layout_name is None:
        raise DataError("There is no layout yet.", "Wait for the embedding.")
    return Layout(name=r.layout_name, xy=r.layout.reshape(-1))
