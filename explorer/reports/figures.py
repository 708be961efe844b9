"""Figures of a review, from plain arrays."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import plotly.graph_objects as go


CLASSES_SHOWN = 25
"""Most classes in the label-pair matrix: beyond it, those with the most suspects."""


def label_pairs(
    given: NDArray[np.int32], suggested: NDArray[np.int32], suspect: NDArray[np.bool_], classes: Sequence[str]
) -> go.Figure:
    """Count suspects by given and suggested label; a cell's customdata holds the two class codes.

    Parameters
    ----------
    given, suggested
        int32 [N]: class codes; -1 for none.
    suspect
        bool [N].
    classes
        Names by code.
    """
    import plotly.graph_objects as go

    k = len(classes)
    used = suspect & (given >= 0) & (suggested >= 0)
    matrix = np.zeros((k, k), dtype=np.int64)
    np.add.at(matrix, (given[used], suggested[used]), 1)
    shown = np.sort(np.argsort(-(matrix.sum(0) + matrix.sum(1)), kind="stable")[:CLASSES_SHOWN])
    names = [escaped(classes[c]) for c in shown]
    codes = np.stack(np.meshgrid(shown, shown, indexing="ij"), axis=-1)
    return go.Figure(
        go.Heatmap(
            z=matrix[np.ix_(shown, shown)].tolist(),
            x=names,
            y=names,
            customdata=codes.tolist(),
            colorscale=[[0, "rgba(196,50,10,0)"], [1, "rgba(196,50,10,1)"]],
            showscale=False,
            hovertemplate="%{y} → %{x}: %{z} suspects<extra></extra>",
            xgap=1,
            ygap=1,
        ),
        {
            "xaxis": {"title": "suggested label", "type": "category", "constrain": "domain"},
            "yaxis": {"title": "given label", "type": "category", "autorange": "reversed"},
        },
    )


def p_error(values: NDArray[np.float32], suspect: NDArray[np.bool_], *, calibrated: bool) -> go.Figure:
    """Histogram of p_error over all labelled items, suspects apart.

    Parameters
    ----------
    values
        float32 [N]; NaN where unlabelled.
    suspect
        bool [N].
    calibrated
        Whether they may be read as probabilities.
    """
    import plotly.graph_objects as go

    edges = np.linspace(0, 1, 41)
    bars = []
    for name, mask, colour in (("others", ~suspect, "#8a94a0"), ("suspects", suspect, "#c4320a")):
        heights = np.histogram(values[mask & np.isfinite(values)], edges)[0]
        bars.append(
            go.Bar(
                x=((edges[1:] + edges[:-1]) / 2).tolist(),
                y=heights.tolist(),
                name=name,
                marker_color=colour,
                hovertemplate=f"{name}: %{{y}}<extra></extra>",
            )
        )
    title = "likely wrong (p_error)" if calibrated else "suspicion (not yet calibrated)"
    ticks = {"tickformat": ".0%"} if calibrated else {}
    return go.Figure(
        bars,
        {
            "barmode": "stack",
            "bargap": 0.05,
            "xaxis": {"title": title, "range": [0, 1], **ticks},
            "yaxis": {"title": "items", "type": "log", "dtick": 1},
            "legend": {"orientation": "h", "y": 1.1},
        },
    )


def escaped(name: str) -> str:
    """Make a label safe for plotly, which reads a subset of HTML in every text."""
    return html.escape(name, quote=False)
