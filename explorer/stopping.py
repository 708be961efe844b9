"""When to stop: how many errors are left below a line, and how many more random items make that surer; in words."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any, NamedTuple

from numpy.typing import NDArray

from explorer.errors import DataError
from explorer.spoken import paragraph

if TYPE_CHECKING:
    import numpy as np

    from explorer.detectors.heard import Heard
    from explorer.detectors.left import Left

STEPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
"""Round numbers, up to powers of ten."""


class Below(NamedTuple):
    """How many wrong labels are left below a line across the ranking, among those that nobody has decided on.

    Attributes
    ----------
    left, low, high
        Estimated number, and the ends of its 95 % interval; of the model, its own assumptions.
    unreviewed
        Labels below the line that nobody has decided on.
    basis
        "audit" or "model", as of `review.left()`.
    draws
        Answered draws, also where they are too few to rest on.
    """

    left: float
    low: float
    high: float
    unreviewed: int
    basis: str
    draws: int = 0

    def __repr__(self) -> str:
        return self.sentence()

    def _repr_html_(self) -> str:
        return paragraph(self.sentence())

    def sentence(self) -> str:
        """Say it in plain words."""
        left, up, down = round(self.left), round(self.high - self.left), round(self.left - self.low)
        errors = "error" if left == 1 else "errors"
        if not self.unreviewed:
            return "Stop here: everything below this line has been decided on."
        if self.basis == "model":
            heard = "no random item has been decided on yet"
            if self.draws:
                heard = f"{self.draws:,} random {'item is' if self.draws == 1 else 'items are'} too few to tell"
            return (
                f"Stop here: the model expects about {left:,} {errors} below this line, {round(self.low):,} to "
                f"{round(self.high):,} by its assumptions; {heard}."
            )
        if up == down:
            return f"Stop here: about {left:,} ± {up:,} {errors} left below this line."
        return f"Stop here: about {left:,} {errors} ({left - down:,} to {left + up:,}) left below this line."


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


def below(heard: Heard, above: NDArray[np.bool_], draws: int = 0) -> Below:
    """Return what is left below a line, given the audit's rows above it, bool [N], and the number of answered draws."""
    rows = heard.labelled[~above[heard.labelled]]
    if not len(rows):
        return Below(0, 0, 0, 0, heard.basis, draws)
    unreviewed = int((~heard.looked[rows]).sum())
    left, _, low, high = heard.interval(rows)
    everywhere, _, _, highest = heard.whole
    # A part cannot hold more than the whole, where each is cut off at nothing by itself.
    most = min(left, everywhere)
    return Below(most, min(low, most), min(high, highest), unreviewed, heard.basis, draws)


def aim(left: Left) -> int:
    """Return half the present margin as a round number: the next width worth working for. 0 where there is none."""
    margin = (left.high - left.low) / 4
    if not left.unreviewed or margin < 1:
        return 0
    power = 10.0 ** math.floor(math.log10(margin))
    steps = [step * power for step in STEPS if (step * power).is_integer()]
    return int(min(steps, key=lambda step: abs(step - margin)))


def more(left: Left) -> str:
    """Say how many more random items are needed for a margin half as wide; "" where it is narrow enough."""
    width = aim(left)
    if not width:
        return ""
    needed = left.needed(width)
    if not needed:
        return ""
    if needed >= left.unreviewed:
        return f"For ± {width:,} nearly all the others would have to be looked at."
    if needed >= 100:  # two digits say enough
        needed = round(needed, 1 - math.floor(math.log10(needed)))
    return f"For ± {width:,} about {needed:,} more random {'item is' if needed == 1 else 'items are'} needed."
