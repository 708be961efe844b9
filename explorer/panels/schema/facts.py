"""What the methods know of the whole dataset, and of the store that the labels lie in."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from explorer.panels.schema import scopes
from explorer.panels.schema.base import Answer, Args, Int32Array


class Opens(Answer):
    """The items that a fact, or one line of its table, is about."""

    n: int
    of: list[str]
    """The part of the fact that they belong to, as the call `fact_items` takes it; empty for all."""
    scope: scopes.ScopeName | UnsetType = UNSET
    """A scope that has just these items."""
    pair: list[int] | UnsetType = UNSET
    """Class codes given and suggested, where these items are the label errors of that pair."""


class FactRow(Answer):
    """A line of a fact's table."""

    cells: list[str]
    share: float | None
    """Length of its bar, 0 to 1; null for none."""
    opens: Opens | None


class Fact(Answer):
    """One fact."""

    name: str
    title: str
    sentence: str
    """It in plain words; where it is not computed, what it needs."""
    known: bool
    columns: list[str]
    rows: list[FactRow]
    more: int
    """Lines that the table has besides."""
    opens: Opens | None


class FactItemsArgs(Args):
    """A fact, and the part of it; an empty list for all of its items."""

    fact: str
    of: list[str]


class FactItems(Answer):
    """Positions of items, worst first."""

    items: Int32Array


class StoreFile(Answer):
    """A file of the label store."""

    name: str
    about: str
    bytes: int


class StoreReply(Answer):
    """The label store, and what the results were made with."""

    name: str
    temporary: bool
    branch: str
    rater: str
    folder: str
    """Of its files; "" where it is no file."""
    files: list[StoreFile]
    versions: dict[str, str]
    """Of Python and of the packages that results rest on."""
    options: dict[str, str]
    """What the run was made with."""
