"""The scopes of a review: how many items each holds, which, and what stands out on the map."""

from __future__ import annotations

from typing import Literal

from explorer.panels.schema.base import Answer, Args, Float32Array, Int32Array, Natural

ScopeName = Literal[
    "label",
    "unlabelled",
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
    "all",
]


class ScopeInfo(Answer):
    """A scope as it is offered."""

    name: ScopeName
    title: str
    about: str
    """What it holds, in a sentence."""
    none: str
    """What is said where it holds nothing, in a sentence."""
    all: int
    """Number of its items."""
    open: int
    """Of them, those that nobody has decided on."""
    lacking: str
    """Why it is not computed, and what to do; "" where it is."""


class ScopeArgs(Args):
    """Which scope."""

    name: ScopeName


class ScopeItems(Answer):
    """The items of a scope."""

    name: ScopeName
    items: Int32Array
    """In the scope's own order, decided on or not."""
    sets: Int32Array | None
    """For each the number of the set that it is decided on with; null where the scope has no sets."""
    why: str
    """Why there are none, in words; "" where there are."""
    version: int
    """That of the scores."""


class Damage(Answer):
    """How much each item misleads: p_error times it is the damage that a queue may be sorted by."""

    harm: Float32Array
    """By item, 0 or more; 0 where the item helps, or has no label."""
    why: str
    """Why there is none, in words; "" where there is."""
    version: int
    """That of the scores."""


class Opened(Answer):
    """The scope that pages were last told to show."""

    scope: ScopeName
    token: str
    """Tells this wish from every other: a page follows each once."""


class HighlightArgs(Args):
    """Items that stand out on the map; empty where all are shown alike."""

    items: list[Natural]
