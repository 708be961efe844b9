"""Tables and lines: at most 100 columns in a terminal, whole elsewhere; nothing from data that a terminal obeys."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("table", "csv", "jsonl")
WIDTH = 100
SHORT = 12
"""Characters of a commit id that are shown."""


def show_frame(frame: pd.DataFrame, style: str) -> None:
    """Print a whole table as CSV or JSONL, for programs."""
    if style == "csv":
        frame.to_csv(sys.stdout)
    else:
        jsonl(frame.reset_index())


def jsonl(frame: pd.DataFrame) -> None:
    """Print one JSON object per row."""
    frame.to_json(sys.stdout, orient="records", lines=True, force_ascii=False, date_format="iso")


def show(frame: pd.DataFrame, style: str, columns: Sequence[str] | None = None, empty: str = "Nothing.") -> None:
    """Print a table of the label store: all of it for programs, `columns` of it for people."""
    if style == "csv":
        frame.to_csv(sys.stdout, index=False)
    elif style == "jsonl":
        jsonl(frame)
    elif frame.empty:
        print(empty)
    else:
        names = [c for c in (columns or list(frame.columns)) if c in frame.columns]
        lines(names, ([cell(row[name], name) for name in names] for row in frame.to_dict("records")))


def lines(names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows of text under their names; in a terminal the widest columns give way until a row fits."""
    table = [list(row) for row in rows]
    widths = [max([len(name), *(len(row[i]) for row in table)]) for i, name in enumerate(names)]
    room = WIDTH - 2 * (len(names) - 1)
    narrow = sys.stdout.isatty()
    while narrow and sum(widths) > room and max(widths) > 8:
        widths[widths.index(max(widths))] -= 1
    for row in [list(names), *table]:
        shown = (_fit(text, width).ljust(width) for text, width in zip(row, widths, strict=True))
        print("  ".join(shown).rstrip())


def cell(value: Any, name: str = "") -> str:
    """Write one value for people: short ids, times to the second, and "–" for what is missing."""
    if missing(value):
        return "–"
    if isinstance(value, dt.datetime):
        return moment(value)
    if isinstance(value, float):
        return f"{value:.3f}"
    if name in ("commit", "event", "snapshot", "old", "new"):
        return short(plain(value))
    return plain(value)


def missing(value: Any) -> bool:
    """Say whether a value stands for none."""
    return value is None or type(value).__name__ in ("NaTType", "NAType") or str(value) == "nan" != value


def short(commit: str | None) -> str:
    """Shorten the id of a commit; anything else stays."""
    if not commit:
        return "–"
    return commit[:SHORT] if len(commit) == 64 and set(commit) <= set("0123456789abcdef") else commit


def moment(time: dt.datetime | None) -> str:
    """Write a time in UTC."""
    return "–" if time is None else f"{time.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}"


def label(value: Any) -> str:
    """Write a label: missing is "unlabelled"."""
    return "unlabelled" if missing(value) else plain(value)


def plain(value: Any) -> str:
    """Write a value on one line, without characters that a terminal would obey."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value).replace("\n", " ⏎ "))


def unread() -> None:
    """Send to nowhere what is still to be written to a reader that went away: it would fail again at the very end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def one_line(text: str) -> str:
    """Return a line as it is printed: cut to `WIDTH` in a terminal, else whole."""
    return _fit(text, WIDTH) if sys.stdout.isatty() else text


def _fit(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def positive(text: str) -> int:
    """Read a number of rows, for argparse."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return value
