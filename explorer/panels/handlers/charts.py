"""The side charts: plotly figures made here, drawn in the browser by plotly's own script, which travels on demand."""

from __future__ import annotations

import json

from explorer.errors import DataError, UnknownName
from explorer.panels.registry import call
from explorer.panels.schema.base import Blob
from explorer.panels.schema.scores import Figure, FigureArgs, PlotlyReply
from explorer.reports.figures import label_pairs, p_error
from explorer.review.review import Review

FIGURES = ("label_pairs", "p_error")


@call("plotly", slow=True, locked=False)
def plotly(_review: Review) -> PlotlyReply:
    """Return plotly.js from the installed plotly package: nothing is loaded from the network."""
    from plotly.offline import get_plotlyjs

    return PlotlyReply(script=Blob(get_plotlyjs().encode(), "text/javascript"))


@call("figure", slow=True)
def figure(review: Review, args: FigureArgs) -> Figure:
    """Return a figure as plotly JSON."""
    if args.name not in FIGURES:
        raise UnknownName("figure", args.name, FIGURES)
    combined = review.state.results.combined
    if combined is None:
        raise DataError("There are no scores yet.", "Wait for the stage 'score'.")
    if args.name == "label_pairs":
        made = label_pairs(review.dataset.given, combined.suggested, combined.is_issue, review.classes)
    else:
        made = p_error(combined.p_error, combined.is_issue, calibrated=combined.calibrated)
    made.update_layout(
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": "#e8eaed" if args.dark else "#111111", "size": 12},
        margin={"l": 40, "r": 8, "t": 8, "b": 40},
        template="plotly_dark" if args.dark else "plotly_white",
    )
    body = json.loads(made.to_json())
    return Figure(data=body["data"], layout=body["layout"])
