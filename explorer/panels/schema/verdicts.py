"""What a scope says of an item, the set that it is decided on with, and a selection that grows."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from explorer.panels.schema.base import Answer, Args, Int32Array, Natural

ToldScope = Literal[
    "outlier",
    "near_duplicate",
    "conflicting_duplicate",
    "ambiguous",
    "underperforming",
    "imbalance",
    "non_iid",
    "kind",
    "raters",
    "giveaway",
    "odd_class",
    "shifted",
    "random",
]


class CardArgs(Args):
    """A position, the scope in which the item is looked at, and the longest side of its picture in pixels."""

    item: Natural
    scope: ToldScope | UnsetType = UNSET
    size: Natural = 320


class ScopeWhyArgs(Args):
    """A position and a scope."""

    item: Natural
    scope: ToldScope


class Member(Answer):
    """An item of a set."""

    item: int
    id: str
    name: str
    """Where it came from: a file or a row."""


class ScopeWhy(Answer):
    """Why an item is in a scope."""

    scope: ToldScope
    text: str
    """One sentence; "" where the item is not in it by the scores as they stand."""
    size: int
    """How many items belong together with it, itself among them; 0 where it stands alone."""
    members: list[Member]
    """The set of copies that it is decided on with, in the order of the items; empty where they are too many to see."""


class GrowArgs(Args, kw_only=True):
    """A selection that is to grow."""

    items: list[Natural]
    """What it grows from."""
    order: str
    """The order of items that `items` counts in; the kernel refuses positions of another order."""
    count: Natural = 0
    """So many it has come to already: more are wanted."""
    scope: ToldScope | UnsetType = UNSET
    """Take the set that the first item has in this scope, where it has one."""


class GrowReply(Answer):
    """What a selection has grown to."""

    items: Int32Array
    """What it grew from first, then the closest first."""
    whole: bool
    """Whether it ends here by itself, as a group of its own."""
