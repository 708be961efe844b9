"""When to stop: how many errors are left below a line, and how many more random items make that surer; in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from numpy.typing import NDArray

if TYPE_CHECKING:
    import numpy as np

    from explorer.detectors.remaining import Heard, Left

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
    """

    left: float
    low: float
    high: float
    unreviewed: int
    basis: str

    def sentence(self) -> str:
        """Say it in plain words."""
        left, up, down = round(self.left), round(self.high - self.left), round(self.left - self.low)
        errors = "error" if left == 1 else "errors"
        if not self.unreviewed:
            return "Stop here: everything below this line has been decided on."
        if self.basis == "model":
            return f"Stop here: the model expects about {left:,} {errors} below this line, without a random sample."
        if up == down:
            return f"Stop here: about {left:,} ± {up:,} {errors} left below this line."
        return f"Stop here: about {left:,} {errors} ({left - down:,} to {left + up:,}) left below this line."


def below(heard: Heard, above: NDArray[np.bool_]) -> Below:
    """Return what is left below a line, given which items are above it, bool [N]."""
    rows = heard.labelled[~above[heard.labelled]]
    if not len(rows):
        return Below(0, 0, 0, 0, heard.basis)
    unreviewed = int((~heard.looked[rows]).sum())
    left, _, low, high = heard.interval(rows)
    whole, _, _, highest = heard.whole
    # A part cannot hold more than the whole, where each is cut off at nothing by itself.
    most = min(left, whole)
    return Below(most, min(low, most), min(high, highest), unreviewed, heard.basis)


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
