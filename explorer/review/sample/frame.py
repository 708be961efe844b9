"""What a random sample is drawn from, and what its classes are read by."""

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


def level_of(noise: NoiseLevel | None) -> NoiseLevel | None:
    """Return what is kept of an estimated share of wrong labels."""
    if noise is None:
        return None
    return level(noise.floor, noise.disagreement, noise.by_chance, noise.overall, noise.told)


def level_left(noise: NoiseLevel | None, labels: int, found: int, p_error: NDArray[np.float32]) -> NoiseLevel | None:
    """Return the share of wrong labels among those that are left, where it was estimated of all.

    Parameters
    ----------
    labels, found
        How many labels it was estimated of, and how many of these were found to be wrong since.
    p_error
        float32 [N]: of those that are left; NaN for others.
    """
    left = p_error[np.isfinite(p_error)]
    if noise is None or not len(left):
        return level_of(noise)
    floor, disagreement = (
        min(max((share * labels - found) / len(left), 0.0), 1.0) for share in (noise.floor, noise.disagreement)
    )
    return level(floor, disagreement, noise.by_chance, float(left.mean(dtype=np.float64)), noise.told)


def level(
    floor: float, disagreement: float, by_chance: float, overall: float, told: float = float("nan")
) -> NoiseLevel:
    """Return an estimated share of wrong labels as it is kept."""
    nobody = np.empty(0, dtype=np.int32)
    return NoiseLevel(nobody, np.empty(0), floor, disagreement, by_chance, overall, told=told)
