"""The verdict before it is levelled, row by row, and how it reads at a level."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.estimates.level import Level
from explorer.review.events import ScoreValues

if TYPE_CHECKING:
    from explorer.detectors import Combined


class Levelless:
    """What `p_error` is read from at any level. Written and read under the state's lock.

    Attributes
    ----------
    p_error, suggested_p
        float32 [N]: as detectors and decisions have them, before the answers to the random checks level them.
    differs
        bool [N]: the suggested class is another one than the label.
    """

    def __init__(
        self, p_error: NDArray[np.float32], suggested_p: NDArray[np.float32], differs: NDArray[np.bool_]
    ) -> None:
        self.p_error, self.suggested_p, self.differs = p_error, suggested_p, differs

    @classmethod
    def of(cls, combined: Combined, labels: NDArray[np.int32]) -> Levelless:
        """Begin with a fresh verdict on labels int32 [N]."""
        return cls(combined.p_error.copy(), combined.suggested_p.copy(), combined.suggested != labels)

    def write(self, rows: NDArray[np.int32], values: ScoreValues) -> None:
        """Take the verdict on some rows."""
        self.p_error[rows], self.suggested_p[rows] = values.p_error, values.suggested_p
        self.differs[rows] = values.differs

    def read(self, rows: NDArray[np.intp], suggested: NDArray[np.int32], level: Level) -> ScoreValues:
        """Return the verdict on some rows, whose suggested classes are int32 [rows], at a level."""
        differs = self.differs[rows]
        values = ScoreValues(
            self.p_error[rows], suggested, self.suggested_p[rows], level.flags(self.p_error[rows], differs), differs
        )
        return levelled(values, level)


def levelled(values: ScoreValues, level: Level) -> ScoreValues:
    """Return a verdict at a level; one that leaves everything as it is returns the same."""
    if level == Level():
        return values
    p, sure = level.move(values.p_error), values.suggested_p
    if not level.same:
        # The doubt about the label is shared among the others as the pooled opinion has it.
        share = sure / np.maximum(values.p_error, np.float32(1e-30))
        moved = np.where(values.differs, np.minimum(share * p, 1), 1 - p)
        sure = np.where(np.isnan(p) | np.isnan(sure), sure, moved).astype(np.float32)
    return replace(values, p_error=p, suggested_p=sure, is_issue=level.flags(p, values.differs))
