"""What a training of the user's own has left: how each item's label went through it, and predictions on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError


@dataclass(frozen=True, eq=False)
class Training:
    """The record of one training over N items of K classes; what was not recorded is `None`.

    Attributes
    ----------
    dynamics
        float16 [N, T, 2]: probability of the label that was trained on, and its logit minus the largest other one, at T
        epochs; NaN for an item that was not recorded.
    checkpoints
        float16 [C, N, K]: predicted probabilities at C moments, columns in the order of the classes.
    labels
        int32 [N]: class code of the label that each item was trained on; -1 = none.

    Raises
    ------
    DataError
        Arrays that do not belong together.
    """

    labels: NDArray[np.int32]
    dynamics: NDArray[np.float16] | None = None
    checkpoints: NDArray[np.float16] | None = None

    def __post_init__(self) -> None:
        n = len(self.labels)
        if self.dynamics is not None and (len(self.dynamics), *self.dynamics.shape[2:]) != (n, 2):
            raise DataError(f"Dynamics of the shape {self.dynamics.shape} belong to no {n:,} items.")
        if self.checkpoints is not None and (self.checkpoints.ndim != 3 or self.checkpoints.shape[1] != n):
            raise DataError(f"Checkpoints of the shape {self.checkpoints.shape} belong to no {n:,} items.")

    def part(self, rows: NDArray[np.intp]) -> Training:
        """Return the record of some items, by position [M]."""
        return replace(
            self,
            labels=self.labels[rows],
            dynamics=None if self.dynamics is None else self.dynamics[rows],
            checkpoints=None if self.checkpoints is None else self.checkpoints[:, rows],
        )
