"""How many wrong labels are left, as figures and in words; `explorer.estimates.audit` estimates them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from explorer.errors import DataError
from explorer.estimates.noise_range import is_wide
from explorer.utils.text import Spoken, are, counted, paragraph, percentage

if TYPE_CHECKING:
    import pandas as pd


CONFIDENCE = 0.95
"""Coverage of the interval."""

ENOUGH = 30
"""Answers to the random checks after which the level is known well enough to say where to stop."""

SECONDS = 4.0
"""What an answer takes."""

FEWEST_DRAWS = 10
"""With fewer answers to the random checks their interval is so wide that what the model believes says more."""


@dataclass(frozen=True, eq=False, repr=False)
class Left(Spoken):
    """How many wrong labels are left among those that nobody has decided on.

    Attributes
    ----------
    total
        Estimated number of labels that were wrong before any were corrected: those found, and those left.
    left, low, high
        Estimated number of wrong labels not yet decided on, and the ends of its 95 % interval, from 0 to `unreviewed`.
        The interval leans towards what the model expects, so `left` need not be its middle.
    rate
        `total` as a share of all labels; NaN where there are none.
    unreviewed
        Labels that nobody has decided on: kept, changed or marked as wrong.
    found
        Labels found wrong so far.
    basis
        "audit"; "model" where no draw is answered, or too few, and the range is that of the model's assumptions.
    draws
        Answered draws.
    skipped
        Draws passed over without an answer.
    per_class
        Table by given class: `labels`, `unreviewed`, `found`, `left`, `low`, `high`; `None` without labels. The
        intervals hold for each class by itself.
    spread
        Half the width of the interval is about t·`spread`/√`draws`, t Student's.
    """

    total: float
    left: float
    low: float
    high: float
    rate: float
    unreviewed: int
    found: int
    basis: str
    draws: int = 0
    skipped: int = 0
    per_class: pd.DataFrame | None = None
    spread: float = 0.0

    def __repr__(self) -> str:
        return f"{self.ask} {self.sentence()}" if self.ask and self.basis == "model" else self.sentence()

    def _repr_html_(self) -> str:
        return paragraph(repr(self))

    @property
    def ask(self) -> str:
        """What to do first, in words, where the range is wide and few random checks are answered; else ""."""
        missing = ENOUGH - self.draws
        if missing <= 0 or self.unreviewed < 2 * ENOUGH:
            return ""
        if not is_wide(self.low / self.unreviewed, self.high / self.unreviewed):
            return ""
        minutes = math.ceil(missing * SECONDS / 60)
        more = "more " if self.draws else ""
        return (
            f"{self.between} Answer {missing} {more}at random (about "
            f"{'a minute' if minutes == 1 else 'two minutes' if minutes == 2 else f'{minutes} minutes'}) "
            "and we will know."
        )

    @property
    def between(self) -> str:
        """The range as shares of the labels that nobody has decided on, in a sentence; "" where there are none."""
        if not self.unreviewed:
            return ""
        low, high = (f"{each / self.unreviewed:.0%}".replace("%", " %") for each in (self.low, self.high))
        return f"Between {low} and {high} of the labels may be wrong."

    @property
    def known(self) -> str:
        """What the random checks have told, in words, once enough are answered; else ""."""
        if self.basis != "audit" or self.draws < ENOUGH or not self.unreviewed:
            return ""
        rate, low, high = (percentage(each / self.unreviewed) for each in (self.left, self.low, self.high))
        return (
            f"{self.draws:,} answers at random say that about {rate} of the other labels are wrong ({low} to {high})."
        )

    def needed(self, width: float) -> int:
        """Return how many further draws bring the half width of the interval down to `width` errors.

        Raises
        ------
        DataError
            A width that is not above 0.
        """
        if isinstance(width, bool) or not isinstance(width, (int, float, np.number)) or not width > 0:
            raise DataError(f"An interval of half width {width!r} cannot be reached.", "Ask for a width above 0.")
        if not self.spread:
            return 0
        wanted = max(2, math.ceil(min((quantile(10**6) * self.spread / width) ** 2, 1e9)))
        if wanted > self.draws + self.unreviewed:
            return self.unreviewed
        # The quantile falls with the number of draws, so a few more may be needed than a normal interval says.
        while quantile(wanted) * self.spread / np.sqrt(wanted) > width:
            wanted += max(1, wanted // 100)
        # No more can be asked about than are there.
        return int(min(max(0, wanted - self.draws), self.unreviewed))

    def sentence(self) -> str:
        """Say it in plain words."""
        left = round(self.left)
        if not self.unreviewed and self.per_class is not None and not self.per_class["labels"].any():
            return "Nothing is labelled yet, so no label can be wrong."
        if not self.unreviewed:
            return f"All labels have been decided on; {counted(self.found, 'wrong label')} {_was(self.found)} found."
        among = f"among {counted(self.unreviewed, 'label')} that nobody has decided on"
        return f"About {counted(left, 'wrong label')} {are(left)} left {among} ({_range(self)})."


def quantile(n: int) -> float:
    """Return Student's t for a two-sided interval from n draws."""
    from scipy.stats import t

    return float(t.ppf((1 + CONFIDENCE) / 2, max(1, n - 1)))


def _was(n: int) -> str:
    return "was" if n == 1 else "were"


def _range(found: Left | Below) -> str:
    """Say between which numbers it lies, and what would make that sure."""
    ends = f"{round(found.low):,} to {round(found.high):,}"
    if found.basis != "model":
        return ends
    missing, more = max(1, min(ENOUGH - found.draws, found.unreviewed)), " more" if found.draws else ""
    return f"{ends}; answer {missing:,}{more} random {'one' if missing == 1 else 'ones'} to be sure"


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
        if not self.unreviewed:
            return "Stop here: everything below this line has been decided on."
        left = counted(round(self.left), "wrong label")
        return f"Stop here: about {left} left below this line ({_range(self)})."


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
