"""What a stage says of the record of the user's own training."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.dataset.training import Training
from explorer.probe import Probe
from explorer.readers.training_checks import SURE, together


def brought(own: Training | None) -> str:
    """Say what of the training is the user's own, to go on with a note; "" for nothing."""
    parts = [] if own is None else [name for name in ("dynamics", "checkpoints") if getattr(own, name) is not None]
    return f"; {' and '.join(parts)} of your own training" if parts else ""


def recorded(
    own: Training | None, probe: Probe | None
) -> tuple[NDArray[np.int32] | None, NDArray[np.float16] | None, NDArray[np.float16] | None]:
    """Return the labels that dynamics of the user's own are about (else `None`), dynamics and checkpoints."""
    course = None if probe is None else probe.dynamics
    moments = None if probe is None else probe.checkpoints
    if own is None:
        return None, course, moments
    trained = None if own.dynamics is None else own.labels
    return (
        trained,
        course if own.dynamics is None else own.dynamics,
        moments if own.checkpoints is None else own.checkpoints,
    )


def misplaced(own: Training | None, probs: NDArray[np.float32] | None) -> str:
    """Say so where dynamics that were given seem to be of other items than held-out probabilities; "" where not."""
    if own is None or own.dynamics is None or probs is None:
        return ""
    found = together(own.dynamics, own.labels, probs)
    if found is None or found > SURE:
        return ""
    return (
        "The dynamics that were given may be of other items, or in another order: what that training found hard has "
        "nothing to do with what the probe finds hard"
    )
