"""Checks of numbers that a user gave."""

from __future__ import annotations

import operator
from typing import Any

from explorer.errors import DataError


def whole(n: Any, least: int, most: int, problem: str, remedy: str) -> int:
    """Return a whole number in a range; else `DataError` with what is wrong, what to do, and the range."""
    try:
        found = None if isinstance(n, bool) else operator.index(n)
    except TypeError:
        found = None
    if found is None or not least <= found <= most:
        raise DataError(problem, f"{remedy}: a whole number from {least:,} to {most:,}.")
    return found


def check_cut(cut: Any, n: int) -> int:
    """Return how many items of a ranking of n are above a line; `DataError` unless it is a whole number from 0 to n."""
    return whole(
        cut,
        0,
        n,
        f"There is no line at cut={cut!r} across a ranking of {n:,} items.",
        "Give how many items are above it",
    )
