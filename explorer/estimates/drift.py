"""Drift of a reviewer against the model: whether as many labels are changed as `p_error` said.

Formula
-------
Over the last 50 decisions, z = (labels changed − Σ p) / √Σ p(1 − p), with p the `p_error` that was shown when each was
made. Were the reviewer to decide as `p_error` says, z would be about standard normal.

References
----------
The sum is Spiegelhalter's test of calibration without its weights: Probabilistic prediction in patient management and
clinical trials (Statistics in Medicine 1986).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from explorer.errors import DataError
from explorer.utils.text import Spoken, are, counted

LAST = 50
"""Decisions that drift is judged by."""

FEWEST = 20
"""With fewer decisions drift is not judged."""

DRIFTED = 2.5
"""Standard deviations beyond which the reviewer is told."""


@dataclass(frozen=True, repr=False)
class Drift(Spoken):
    """Whether a reviewer changes as many labels as `p_error` said, over the last decisions.

    Attributes
    ----------
    decisions
        How many were looked at.
    expected, found
        How many of these labels were expected to be changed, and how many were.
    z
        (found − expected) / √Σ p(1 − p); 0 with too few decisions.
    note
        A sentence for the reviewer where |z| is above `DRIFTED`, else "".
    """

    decisions: int
    expected: float
    found: int
    z: float
    note: str = ""

    def sentence(self) -> str:
        """Say it in plain words: the note, or that nothing is to be noted."""
        if self.note:
            return self.note
        decisions = counted(self.decisions, "decision")
        if self.decisions < FEWEST:
            return (
                f"Whether you change as many labels as expected is judged from {FEWEST} decisions on; so far there "
                f"{are(self.decisions)} {decisions} on items with a p_error since these scores were "
                "made."
            )
        return (
            f"In the last {decisions} you changed {counted(self.found, 'label')}; "
            f"{self.expected:.0f} were expected: no more of a difference than chance makes."
        )


def drift(p_error_seen: ArrayLike, wrong: ArrayLike, last: int = LAST) -> Drift:
    """Compare what a reviewer decides with what was expected.

    Parameters
    ----------
    p_error_seen
        float [n]: what `p_error` was when each decision was made, the oldest first; NaN where nothing was known.
    wrong
        bool [n]: whether the label was changed.
    last
        How many decisions to look back.

    Raises
    ------
    DataError
        Lengths that differ, or nothing to look back on.
    """
    p, changed = np.asarray(p_error_seen, dtype=np.float64).ravel(), np.asarray(wrong, dtype=bool).ravel()
    if len(p) != len(changed):
        raise DataError(f"There are {len(p):,} expectations for {len(changed):,} decisions.")
    if last < 1:
        raise DataError(f"Drift looks back at least one decision, not {last}.")
    known = np.isfinite(p)
    p, changed = p[known][-last:], changed[known][-last:]
    n, expected, found = len(p), float(p.sum()), int(changed.sum())
    if n < FEWEST:
        return Drift(n, expected, found, 0.0)
    # A belief of nearly 0 or 1 is never quite that sure; without this one surprise in 50 would count as drift.
    sure = np.clip(p, 0.02, 0.98)
    z = (found - expected) / float(np.sqrt((sure * (1 - sure)).sum()))
    note = ""
    if abs(z) > DRIFTED:
        note = f"You changed {found} of the last {n} labels; {expected:.0f} were expected: " + (
            "either these labels are better than they look to the detectors, or you now let more pass than before."
            if z < 0
            else "either these labels are worse than they look to the detectors, or you now let less pass than before."
        )
    return Drift(n, expected, found, float(z), note)
