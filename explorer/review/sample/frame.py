"""Frame."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.combine.noise_level import NoiseLevel

if TYPE_CHECKING:
    from explorer.labels.model.schema import Names


@dataclass(frozen=True, eq=False)
class Frame:
    """What a sample is drawn from. It never changes.

    Attributes
    ----------
    p_error
        float32 [N]: `p_error` when the sample began; NaN for items without a label, and for those decided on before.
    labels
        int32 [N]: the labels then, as positions in `classes`; -1 for none.
    classes
        Ids of the classes in the label store, which a rename leaves as they are.
    seed
        The draws follow from it.
    began
        When, UTC.
    noise
        Share of wrong labels as it was estimated then.
    id
        Of the sample, by chance.
    """

    p_error: NDArray[np.float32]
    labels: NDArray[np.int32]
    classes: tuple[str, ...]
    seed: int
    began: dt.datetime
    noise: NoiseLevel | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


class Reading(NamedTuple):
    """What a sample is read by: what the store's classes mean, their names by code, and the given labels' codes [N]."""

    names: Names
    classes: tuple[str, ...]
    given: NDArray[np.int32]
