"""What to expect of looking at the top of a ranking only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.errors import DataError


@dataclass(frozen=True, eq=False)
class Cuts:
    """What to expect of looking at the top of the ranking only, at every cut.

    Attributes
    ----------
    count
        int64 [M]: items above the cut, ascending; equal `p_error` are never parted.
    threshold
        float64 [M]: least `p_error` above the cut.
    precision
        float64 [M]: expected share of wrong labels above the cut.
    recall
        float64 [M]: expected share of all wrong labels that is above it; NaN where none are expected.
    """

    count: NDArray[np.int64]
    threshold: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]

    def cut_for(self, precision: float) -> int:
        """Return how many items to take so that the share of wrong labels is expected to be at least `precision`.

        The largest such number; 0 where even the top falls short.

        Raises
        ------
        DataError
            A precision outside [0, 1].
        """
        if not 0 <= precision <= 1:
            raise DataError(f"A precision lies between 0 and 1, not {precision:g}.")
        enough = np.flatnonzero(self.precision >= precision - 1e-12)
        return int(self.count[enough[-1]]) if len(enough) else 0


def expected_at_cuts(p_error: ArrayLike, state: ArrayLike | None = None) -> Cuts:
    """Return expected precision and recall at every cut of the ranking.

    Items that were looked at count as what they are; every other one as `p_error`, so the figures are as good as its
    calibration.

    Parameters
    ----------
    p_error
        float [N]; NaN where unlabelled, which is in no cut.
    state
        float [N]: 1 found wrong, 0 confirmed, NaN not looked at; by default nobody looked at anything.

    Raises
    ------
    DataError
        Lengths that differ, a state other than 0, 1 and NaN.
    """
    p = np.asarray(p_error, dtype=np.float64).ravel()
    known = np.full(len(p), np.nan) if state is None else np.asarray(state, dtype=np.float64).ravel()
    if len(known) != len(p):
        raise DataError(f"There are {len(known):,} states for {len(p):,} p_error.")
    if not np.isin(known[~np.isnan(known)], (0, 1)).all():
        raise DataError("A state is 1 for wrong, 0 for right or NaN for not looked at.")
    rows = np.flatnonzero(~np.isnan(p))
    rows = rows[np.argsort(-p[rows], kind="stable")]
    ranked = p[rows]
    wrong = np.cumsum(np.where(np.isnan(known[rows]), ranked, known[rows]))
    # A cut stands after the last of equal values.
    ends = np.flatnonzero(np.append(ranked[1:] < ranked[:-1], True)) if len(rows) else np.empty(0, np.intp)
    hits = wrong[ends]
    recall = hits / wrong[-1] if len(rows) and wrong[-1] > 0 else np.full(len(ends), np.nan)
    return Cuts((ends + 1).astype(np.int64), ranked[ends], hits / (ends + 1), recall)
