"""The side charts: plotly figures made here, drawn in the browser by plotly's own script, which travels on demand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from explorer.errors import UnknownName
from explorer.panels.registry import call
from explorer.panels.wire import Blob
from explorer.reports.figures import label_pairs, p_error

if TYPE_CHECKING:
    from explorer.panels.session import Session


@call("plotly")
def plotly(session: Session) -> dict[str, Any]:  # noqa: ARG001  # every call is given its session
    """Return plotly.js from the installed plotly package: nothing is loaded from the network."""
    from plotly.offline import get_plotlyjs

    return {"script": Blob(get_plotlyjs().encode(), "text/javascript")}


@call("figure")
def figure(session: Session, *, name: str, dark: bool = False) -> dict[str, Any]:
    """Return a figure as plotly JSON."""
    figures = {"label_pairs": label_pairs, "p_error": p_error}
    if name not in figures:
        raise UnknownName("figure", name, figures)
    made = figures[name](session.review)
    ink = "#e8eaed" if dark else "#111111"
    made.update_layout(
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": ink, "size": 11},
        margin={"l": 40, "r": 8, "t": 8, "b": 40},
        template="plotly_dark" if dark else "plotly_white",
    )
    body: dict[str, Any] = json.loads(made.to_json())
    return body
