"""Export: what a file would hold and where it would lie, and that it was written."""

from __future__ import annotations

from typing import Literal

from explorer.panels.schema.base import Answer, Args

ExportFormat = Literal["csv", "parquet", "jsonl"]
"""The formats of `explorer.export.FORMATS`."""


class ExportArgs(Args):
    """What to export, as `Review.export` takes it."""

    path: str
    """As a person types it; one that does not begin at the root begins in the kernel's working directory."""
    format: ExportFormat | None = None
    """`None`: the ending of the path says so."""
    drop: bool = False
    """Whether items that are left out have no row."""
    changed: bool = False
    """Whether only items with another label than was given, or that are left out, have a row."""
    votes: bool = False
    """Whether each rater has a column."""
    columns: bool = False
    """Whether the user's other columns are written too."""
    soft: bool = False
    """Whether there is a column a class with how likely it is."""
    weights: bool = False
    """Whether there is a column with how far each label is to be trusted."""
    replace: bool = False
    """Whether a file that is there may be replaced."""


class ExportOutlook(Answer):
    """What an export would do."""

    folder: str
    """The kernel's working directory."""
    path: str
    """Whole path of the file; "" where there can be none."""
    exists: bool
    """A file lies there already."""
    size: int
    """Its bytes."""
    time: str
    """When it was written, ISO 8601; "" where there is none."""
    rows: int
    relabelled: int
    """Rows with another label than was given, of items that are not left out."""
    left_out: int
    offers: list[str]
    """Which of votes, columns, soft and weights there are."""
    problem: str
    """Why it cannot be written, and what to do; "" = it can."""


class ExportReply(Answer):
    """A file that was written."""

    path: str
    rows: int
    relabelled: int
    left_out: int
    line: str
    """The line of Python that does the same."""
