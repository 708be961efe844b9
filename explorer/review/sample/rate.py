"""Which share of the queue is drawn at random."""

from __future__ import annotations

import math

import numpy as np

from explorer.errors import DataError

RATE = 0.1
"""Share of the queue that is drawn at random, unless somebody says otherwise."""


MOST = 0.5
"""With more than every other item the queue would be an audit."""


LEAST = 0.001
"""With fewer than one in a thousand nobody would ever come to one."""


def check_rate(rate: float) -> float:
    """Return a share of draws as it can be used; `DataError` unless it is 0 or in [0.001, 0.5]."""
    known = isinstance(rate, (int, float, np.number)) and not isinstance(rate, bool)
    if not known or not (rate == 0 or LEAST <= rate <= MOST):
        raise DataError(
            f"An audit rate of {rate!r} cannot be mixed into the queue.",
            f"Give 0 (none) or a share from {LEAST:g} to {MOST:g} (every other item); review.audit(n) draws n items by "
            "themselves.",
        )
    return float(rate)


def every(rate: float) -> int:
    """Return r where every r-th place goes to a draw; 0 where none does."""
    return max(2, math.floor(1 / rate + 0.5)) if rate > 0 else 0
