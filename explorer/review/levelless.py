"""The verdict before it is levelled, row by row, and how it reads at a level."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.estimates.level import BINARY, Level
from explorer.review.events import ScoreValues

if TYPE_CHECKING:
    from explorer.detectors import Combined


class Levelless:
    """What `p_error` is read from at any level. Written and read under the state's lock.

    Attributes
    ----------
    p_error, suggested_p
        float32 [N]: as detectors and decisions have them, before the answers to the random checks level them.
    fits
        int32 [N]: the class that fits best.
    labels
        int32 [N]: codes of the labels that they are about.
    n_classes
        Of the run that made them.
    """

    def __init__(
        self,
        p_error: NDArray[np.float32],
        suggested_p: NDArray[np.float32],
        fits: NDArray[np.int32],
        labels: NDArray[np.int32],
        n_classes: int,
    ) -> None:
        self.p_error, self.suggested_p = p_error, suggested_p
        self.fits, self.labels, self.n_classes = fits, labels, n_classes

    @classmethod
    def of(cls, combined: Combined, labels: NDArray[np.int32], n_classes: int) -> Levelless:
        """Begin with a fresh verdict on labels int32 [N]."""
        p_error, suggested_p, fits = combined.p_error.copy(), combined.suggested_p.copy(), combined.fits.copy()
        return cls(p_error, suggested_p, fits, labels.astype(np.int32), n_classes)

    def write(self, rows: NDArray[np.int32], values: ScoreValues) -> None:
        """Take the verdict on some rows."""
        self.p_error[rows], self.suggested_p[rows] = values.p_error, values.suggested_p
        self.fits[rows], self.labels[rows] = values.fits, values.labels

    def read(self, rows: NDArray[np.intp], level: Level) -> ScoreValues:
        """Return the verdict on some rows at a level."""
        p_error, suggested_p = self.p_error[rows], self.suggested_p[rows]
        return judged(p_error, suggested_p, self.fits[rows], self.labels[rows], level, self.n_classes)


def judged(
    p_error: NDArray[np.float32],
    suggested_p: NDArray[np.float32],
    fits: NDArray[np.int32],
    labels: NDArray[np.int32],
    level: Level,
    n_classes: int,
) -> ScoreValues:
    """Return the verdict on some rows at a level, from what it is before that."""
    p = level.move(p_error)
    told, is_issue = level.issues(p, fits, labels, n_classes)
    other = told != labels
    moved = suggested_p
    if n_classes == BINARY:
        moved = np.where(other, p, 1 - p)
    elif not level.same:
        # The doubt about the label is shared among the others as the pooled opinion has it.
        share = suggested_p / np.maximum(p_error, np.float32(1e-30))
        moved = np.where(other, np.minimum(share * p, 1), 1 - p)
    sure = np.where(np.isnan(p) | np.isnan(suggested_p), suggested_p, moved).astype(np.float32)
    return ScoreValues(p, told, sure, is_issue, fits, labels)


def levelled(values: ScoreValues, level: Level, n_classes: int) -> ScoreValues:
    """Return a verdict at a level; one that leaves everything as it is returns the same."""
    if level == Level():
        return values
    at = judged(values.p_error, values.suggested_p, values.fits, values.labels, level, n_classes)
    return replace(at, flags=values.flags)
