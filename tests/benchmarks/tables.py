"""The tables of `full_run.py`: medians over its rounds, as text, and what they say of what is required."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np

REQUIRED = {"seconds": 20.0, "peak MB": 2_000.0, "relabel ms": 2.0}


def figures_of(runs: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return a row for each contender: medians over the rounds; for the seconds the range too."""
    rows = []
    for name, found in runs.items():
        if name != "relabels":
            row: dict[str, Any] = {"contender": name}
            for key in ("seconds", "graph s", "methods s", "combine s", "cpu s"):
                values = [run[key] for run in found if run.get(key) is not None]
                row[key] = statistics.median(values) if values else None
            row |= {"least s": min(run["seconds"] for run in found), "most s": max(run["seconds"] for run in found)}
            row |= {
                key: max(run[key] for run in found) for key in ("peak MB", "base MB", "added MB", "child MB", "load")
            }
            rows.append(row | {key: found[0][key] for key in ("methods", "AP", "issues")})
    return rows


def spread(name: str, runs: Sequence[Sequence[float]]) -> dict[str, Any]:
    """Summarise milliseconds, the first relabel of every run apart."""
    values = [value for run in runs for value in run[1:]]
    return {
        "what": name,
        "median ms": statistics.median(values),
        "least ms": min(values),
        "p90 ms": float(np.percentile(values, 90)),
        "first ms": max(run[0] for run in runs),
    }


def relabel_rows(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    parts = {
        "total": "update + combine",
        "processor": "(CPU of both)",
        "update": "update",
        "combine": "combine",
        "inputs": "(making the inputs)",
        "snapshot": "snapshot",
    }
    some = {"in p_error": f"{len(runs[0]['in_p_error'])} methods in p_error", "all": f"all {len(runs[0]['methods'])}"}
    some["shown"] = f"{some['all']}, shown after each"
    rows = [
        spread(f"{title}: {said}", [run["times"][name][part] for run in runs])
        for name, title in some.items()
        for part, said in parts.items()
        if part != "snapshot" or name == "shown"
    ]
    inside = runs[0]["in_p_error"]
    methods = [
        spread(f"- {name}{'' if name in inside else ' (not in p_error)'}", [run["methods"][name] for run in runs])
        for name in runs[0]["methods"]
    ]
    return rows + methods


def show(title: str, rows: Sequence[dict[str, Any]]) -> str:
    """Make a table of text."""

    def text(value: Any) -> str:
        if isinstance(value, dict):
            return ", ".join(f"{v:,} {k}" for k, v in value.items())
        return "" if value is None else f"{value:,.3g}" if isinstance(value, float) and value < 100 else _whole(value)

    cells = [list(rows[0]), *([text(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[c]) for line in cells) for c in range(len(cells[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([f"\n{title}", *lines])


def _whole(value: Any) -> str:
    return f"{value:,.0f}" if isinstance(value, float) else str(value)


def verdicts(rows: Sequence[dict[str, Any]], relabelled: Sequence[dict[str, Any]]) -> list[str]:
    """Say of what is required whether it is reached, and how ours stands to Datalab."""
    by_name = {row["contender"]: row for row in rows}
    given = by_name.get("ours, graph given", {})
    found = [("ours, graph given", key, given[key]) for key in ("seconds", "peak MB") if given]
    totals = [row for row in relabelled if row["what"].endswith("update + combine")]
    found += [(row["what"], "relabel ms", row["median ms"]) for row in totals]
    said = []
    for who, key, value in found:
        verdict = "reached" if value <= REQUIRED[key] else "NOT REACHED"
        said.append(f"{who}: {key} {value:,.4g}, required {REQUIRED[key]:,g}: {verdict}")
    if "ours" in by_name and "Datalab" in by_name:
        one, two = by_name["ours"], by_name["Datalab"]
        said += [
            f"{key}: ours with its graph {one[key]:,.4g}, Datalab {two[key]:,.4g}" for key in ("seconds", "peak MB")
        ]
    return said
