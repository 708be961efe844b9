"""The figures as charts: one HTML file that opens without a network."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.bench.running import OURS, SINGLE, THEIRS, Run, summary

if TYPE_CHECKING:
    import plotly.graph_objects as go

COLOURS = {OURS: "#0b6e4f", THEIRS: "#c8553d"}
OTHERS = "#64708a"
SYMBOLS = {
    OURS: "circle",
    THEIRS: "diamond",
    **dict(
        zip(SINGLE, ("line-ew-open", "triangle-up-open", "square-open", "x-thin-open", "cross-thin-open"), strict=True)
    ),
}
"""A shape too, for whoever sees no colours."""


def plot(runs: Sequence[Run], path: Path) -> None:
    """Write charts of some runs: AUROC and AP, flags against the best cut, estimated against true noise, reviews."""
    from plotly.offline import get_plotlyjs

    drawn = "\n".join(figure.to_html(full_html=False, include_plotlyjs=False) for figure in figures(runs))
    title = html.escape("How well wrong labels are found")
    path.write_text(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<script>{get_plotlyjs()}</script></head>"
        '<body style="font-family: sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem">'
        f"<h1>{title}</h1>{drawn}</body></html>",
        encoding="utf-8",
    )


def figures(runs: Sequence[Run]) -> list[go.Figure]:
    """Return the charts: dots, so that what is close together at the top of a scale can be told apart."""
    import plotly.graph_objects as go

    table = summary(runs).reset_index()
    table["case"] = [
        f"{html.escape(name)}<br>{html.escape(kind)} {rate:g}"  # plotly draws a subset of HTML; the name is the user's
        for name, kind, rate in zip(*(table[c] for c in ("set", "noise", "rate")), strict=True)
    ]
    groups = table.groupby("method", sort=False)
    by_method = {str(method): rows for method, rows in groups if method in (OURS, THEIRS, *SINGLE)}

    def dots(
        figure: go.Figure, method: str, y: str, x: str = "case", said: str = "", symbol: str | None = None
    ) -> None:
        rows = by_method[method]
        marker = {"color": COLOURS.get(method, OTHERS), "symbol": symbol or SYMBOLS.get(method, "circle"), "size": 11}
        name = SINGLE.get(method, method) + said
        figure.add_scatter(x=rows[x], y=rows[y], text=rows["case"], name=name, mode="markers", marker=marker)

    made = []
    for column, title in (
        ("AP", "Average precision"),
        ("AUROC", "AUROC"),
        ("reviews@80", "Reviews until 80 % of the errors are seen"),
    ):
        figure = go.Figure()
        for method in reversed(by_method):  # ours on top
            dots(figure, method, column)
        made.append(_dressed(figure, title))
    flags, shares = go.Figure(), go.Figure()
    for method in (THEIRS, OURS):
        if method in by_method:
            dots(flags, method, "best F1", said=": best cut", symbol=SYMBOLS[method] + "-open")
            dots(flags, method, "F1", said=": its flag")
            dots(shares, method, "estimated", x="true")
    made.append(_dressed(flags, "F1 of the flag, and at the best cut"))
    top = float(max(table["true"].max(), table["estimated"].max()))
    shares.add_scatter(x=[0, top], y=[0, top], mode="lines", name="equal", line={"color": OTHERS, "dash": "dot"})
    shares.update_xaxes(title="true share of wrong labels")
    shares.update_yaxes(title="estimated share")
    made.append(_dressed(shares, "Share of wrong labels"))
    return made


def _dressed(figure: go.Figure, title: str) -> go.Figure:
    return figure.update_layout(title=title, template="plotly_white", height=420, legend_traceorder="reversed")
