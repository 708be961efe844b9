"""Estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError
from explorer.review.label_columns import SETTLED

if TYPE_CHECKING:
    pass


FEWEST_DRAWS = 10
"""With fewer answers to the audit its interval is so wide that what the model believes says more."""


NOTHING_JUDGED = "No label has been kept or changed yet, so there is nothing to judge on."
"""Why it cannot be said whether the corrections helped."""


WRONG = "wrong"
"""Reason of a mark that says of a label what a correction says, but for the right one."""


def check_judged(states: NDArray[np.uint8], given: NDArray[np.int32], codes: NDArray[np.int32]) -> None:
    """Refuse to compare labels of which nobody has kept or changed one (`DataError`): a mark alone says no label."""
    if not np.isin(states, SETTLED).any() and np.array_equal(given, codes):
        raise DataError(NOTHING_JUDGED, "Keep or change some labels first.")


def check_progress(progress: object) -> None:
    """Refuse what cannot hear how far the work is (`DataError`)."""
    from explorer.progress import Progress

    if progress is not None and not isinstance(progress, Progress):
        raise DataError(
            f"helped() was given {progress!r}, a {type(progress).__name__}.",
            "Call it without arguments, helped(): it compares all items that have been decided on. Its one argument is "
            "an explorer.progress.Progress, for a program that shows how far it is.",
        )
