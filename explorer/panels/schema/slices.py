"""Slices of a column of the user's: wrong labels in each, and labels that mean something else there."""

from __future__ import annotations

from typing import Literal

from explorer.panels.schema.base import Answer, Args, Int32Array, Natural


class SlicesArgs(Args):
    """Which column; "" = none yet, only which there are."""

    by: str = ""


class SliceRow(Answer):
    """A slice; shares are of its labels, null where it has none."""

    code: int
    """Its number, which tells it from others that are written alike where a name is cut short."""
    name: str
    items: int
    labels: int
    reviewed: int
    wrong: float
    rate: float | None
    low: float | None
    high: float | None
    differs: Literal["more", "fewer", ""]
    """From the other slices, by more than chance makes."""


class ShiftRow(Answer):
    """A label that means something else in a slice than elsewhere."""

    code: int
    """Number of the slice."""
    slice: str
    given: str
    looks_like: str
    count: int
    of: int
    elsewhere: int
    of_elsewhere: int


class SlicesReply(Answer):
    """What is known slice by slice."""

    columns: list[str]
    """Those that slices can be made by."""
    by: str
    sentence: str
    rows: list[SliceRow]
    more: int
    """Slices that are not listed."""
    shift: str
    """Of labels that mean something else, in words; "" where it cannot be said."""
    shifts: list[ShiftRow]


class SliceItemsArgs(Args):
    """Items of a slice by its number and name; of a label that means something else, those that look so."""

    by: str
    code: Natural
    name: str
    given: str = ""
    looks_like: str = ""


class SliceItems(Answer):
    """Positions of the items, the most suspicious first."""

    items: Int32Array
