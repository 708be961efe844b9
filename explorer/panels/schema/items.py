"""One item: its card, its preview, its neighbours."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from explorer.panels.schema.base import Answer, Args, Blob, Float32Array, Int32Array, Natural
from explorer.panels.schema.history import HistoryEntry
from explorer.panels.schema.raters import Said
from explorer.panels.schema.verdicts import ScopeWhy


class ImagePreview(Answer, tag_field="kind", tag="image"):
    """A picture, re-encoded; sizes are pixels."""

    blob: Blob
    width: int
    height: int


class TextPreview(Answer, tag_field="kind", tag="text"):
    """A text, or its beginning."""

    text: str
    left_out: int | UnsetType = UNSET
    """Characters that are not sent, where it is longer than what was asked for."""


class TablePreview(Answer, tag_field="kind", tag="table"):
    """Names and values of a row's cells."""

    cells: list[tuple[str, str]]


class VectorPreview(Answer, tag_field="kind", tag="vector"):
    """An item that is only a vector."""

    text: str


class ErrorPreview(Answer, tag_field="kind", tag="error"):
    """Why there is nothing to see."""

    message: str


Preview = ImagePreview | TextPreview | TablePreview | VectorPreview | ErrorPreview


class ItemArgs(Args):
    """A position."""

    item: Natural


class PreviewsArgs(Args):
    """Positions, and the longest side in pixels."""

    items: list[Natural]
    size: Natural = 64


class Neighbour(Answer):
    """One edge of the neighbour graph."""

    item: int
    similarity: float
    relation: float
    """Signed: + same label, − different label."""
    label: int


class Reason(Answer):
    """One piece of evidence about an item."""

    name: str
    text: str
    value: float | None
    method: str
    """The method that holds it, whose page says how; "" where none does."""
    push: float | None
    """What it adds to the log-odds of a wrong label; null where it is no part of p_error."""


class Second(Answer):
    """The class that the model prefers, where that is neither the label now nor the suggested one."""

    label: int
    p: float
    """The model's probability of it."""


class Part(Answer):
    """What one method adds to the log-odds of a wrong label."""

    method: str
    title: str
    push: float


class Sum(Answer):
    """What an item's p_error is made of, in log-odds: where it starts, and what each method adds, the most first."""

    start: float
    """What is left without the methods: how common wrong labels are, and what was learnt from the reviewer."""
    parts: list[Part]


class Column(Answer):
    """One column of a row of a table, beside the rows of two classes."""

    name: str
    value: str
    exact: str
    """The cell whole, where `value` is short."""
    given: str
    """The median of the given class; of what is no number, how many have this cell."""
    suggested: str
    nearer: int
    """The class that the cell is nearer to; -1 for neither."""


class Columns(Answer):
    """The columns of a row, the most telling first."""

    columns: list[Column]
    total: int
    """How many the table has."""


class Card(Answer):
    """Everything about one item; what has not been computed yet is empty."""

    item: int
    id: str
    name: str
    """Where it came from: a file or a row."""
    given: int
    current: int
    suggested: int
    suggested_p: float | None
    """How likely the suggested label is the true one; null where there is none."""
    p_error: float | None
    rank: int | None
    """1 = most suspicious; null while there are no scores."""
    ranked: int
    why: list[Reason]
    badges: list[str]
    """Other issues of the item, in words: "outlier", "near duplicate of 3 others", …"""
    preview: Preview
    same: list[int]
    """Nearest items whose label now is the given one."""
    other: list[int]
    """Nearest items whose label now is the suggested one."""
    neighbours: list[Neighbour]
    history: list[HistoryEntry]
    second: Second | UnsetType = UNSET
    scope: ScopeWhy | UnsetType = UNSET
    """Why the item is in the scope that was asked about with it."""
    sum: Sum | UnsetType = UNSET
    marks: list[tuple[int, int]] | UnsetType = UNSET
    """Places in a text, half open, in UTF-16 units, of words that speak for the suggested class against the given."""
    columns: Columns | UnsetType = UNSET
    """Of a row of a table."""
    votes: list[tuple[int, int]] | UnsetType = UNSET
    """Labels of the stored neighbours and how many carry each, the commonest first."""
    raters: Said | UnsetType = UNSET
    """What raters say of it, where some saw it."""


class Relations(Answer):
    """How every stored neighbour relates to an item over the checkpoints of the training; nearest first."""

    item: int
    why: str
    """Why there is nothing to show, else ""."""
    checkpoints: int
    neighbours: Int32Array
    labels: Int32Array
    similarity: Float32Array
    mean: Float32Array
    """In [-1, 1]: + same label, − different label."""
    variance: Float32Array
    last: Float32Array


class Layout(Answer):
    """Where each item lies on the map."""

    name: str
    """principal or umap."""
    xy: Float32Array
    """x0, y0, x1, y1, … in [-1, 1], y upwards."""


class FindArgs(Args):
    """What is searched for: words, a phrase in quotes, an id, a row."""

    text: str


class FindReply(Answer):
    """What a search has found, by position."""

    order: str
    """The order of items that positions count in."""
    items: Int32Array
    """All of them, ascending."""
    exact: Int32Array
    """Those that the search names whole, as an id or a row."""
