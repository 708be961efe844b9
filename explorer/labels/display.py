"""Labels and times in words, and tables in HTML. It knows no type of the store: what a type says of itself is there.

Everything that comes from data is escaped. Colours are JupyterLab's, so that both themes fit; there are no scripts.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

SHOWN = 20
"""Rows of a table; the rest is counted."""
_BOX = (
    "color:var(--jp-content-font-color1,#222);font-family:var(--jp-ui-font-family,system-ui,sans-serif);"
    "font-size:var(--jp-ui-font-size1,13px);line-height:1.45"
)
_QUIET = "color:var(--jp-content-font-color2,#666)"
_BAD = "color:var(--jp-error-color1,#c62828)"
_CELL = "padding:1px 12px 1px 0;text-align:left;vertical-align:top;font-variant-numeric:tabular-nums"
_LINE = "border-bottom:1px solid var(--jp-border-color2,#ddd)"


# Text


def label_text(value: Any) -> str:
    """Return a label in words."""
    return "unlabelled" if value is None else repr(value) if isinstance(value, str) else str(to_text(value))


def time_text(time: dt.datetime | None) -> str:
    """Return a time to the second, in UTC."""
    return "" if time is None else f"{time.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def counted(n: int, what: str) -> str:
    """Return a number of things, the thing in the plural unless it is one."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def decided_text(who: str | None, when: dt.datetime | None, why: str) -> str:
    """Return who decided, when and why, as far as it is known."""
    parts = [f"by {who}" if who else "", f"at {time_text(when)}" if when else "", f"({why})" if why else ""]
    return " ".join(p for p in parts if p)


# Notebook


def box_html(*parts: str) -> str:
    """Return parts, which are HTML already, as one block."""
    return f'<div style="{_BOX}">{"".join(parts)}</div>'


def heading_html(title: str, quiet: str = "", bad: bool = False) -> str:
    """Return a title with something quieter behind it; both are escaped."""
    style = f' style="{_BAD}"' if bad else ""
    rest = f' <span style="{_QUIET}">{escape(quiet)}</span>' if quiet else ""
    return f"<div><strong{style}>{escape(title)}</strong>{rest}</div>"


def quiet_html(text: str) -> str:
    """Return a line of quiet text; it is escaped."""
    return f'<div style="{_QUIET}">{escape(text)}</div>'


def table_html(columns: Sequence[str], rows: Iterable[Sequence[Any]], total: int | None = None) -> str:
    """Return a table; every cell is escaped. Of more than `SHOWN` rows in all (`total`), it says how many are left."""
    head = "".join(f'<th scope="col" style="{_CELL};{_LINE};{_QUIET}">{escape(c)}</th>' for c in columns)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{escape("" if v is None else str(v))}</td>' for v in row) + "</tr>"
        for row in rows
    )
    left = "" if total is None or total <= SHOWN else quiet_html(f"and {total - SHOWN:,} more")
    return (
        f'<table style="border-collapse:collapse;background:none"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>{left}"
    )


def pairs_html(pairs: Mapping[str, Any]) -> str:
    """Return names with their values, those that have one; all is escaped."""
    rows = "".join(
        f'<tr><th scope="row" style="{_CELL};{_QUIET}">{escape(k)}</th><td style="{_CELL}">{escape(str(v))}</td></tr>'
        for k, v in pairs.items()
        if v not in (None, "")
    )
    return f'<table style="border-collapse:collapse;background:none"><tbody>{rows}</tbody></table>'


def seen_p_error(evidence: Mapping[str, Any] | None) -> float:
    """Return the p_error in evidence, NaN where there is none."""
    value = (evidence or {}).get("p_error")
    return float(value) if isinstance(value, int | float) else float("nan")


def to_text(value: Any) -> str | None:
    """Return a public value as text for a table: a class as its name, a number as such, the rest as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, tuple) and all(isinstance(v, str) for v in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)
