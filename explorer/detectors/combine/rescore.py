"""Scores of labels that people have settled a part of: what is learnt rests on the labels as they were given.

The labels that people have changed are put back, the combiner is taught on that, and what it has learnt is read off the
labels as they stand. Taught on labels whose worst mistakes are mended, it would hold those that are left for better
than they are. What was decided becomes lessons (`combine.feedback`) once more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.combine.feedback import rivals_of
from explorer.detectors.combine.p_error import Combined, combine
from explorer.detectors.label_state import blocks
from explorer.detectors.protocol import Findings, Inputs
from explorer.detectors.registry import get, names
from explorer.detectors.run import run
from explorer.progress import Progress


@dataclass(frozen=True, eq=False)
class Settled:
    """What people had settled when scores were made.

    Attributes
    ----------
    labels
        int32 [N]: the given labels of the items that they settled or marked as wrong; -1 for others, and where a given
        label says nothing.
    p_error
        float32 [N]: how likely these were held to be wrong.
    rivals
        int32 [N]: the most probable class other than these.
    """

    labels: NDArray[np.int32]
    p_error: NDArray[np.float32]
    rivals: NDArray[np.int32]


def put_back(
    labels: NDArray[np.int32], given: NDArray[np.int32], settled: NDArray[np.bool_], n_classes: int
) -> NDArray[np.int32]:
    """Return the labels, int32 [N], with those that people settled put back to the given ones.

    A class that more items were moved out of than stay in it was renamed or divided by hand: these changes were no
    corrections of mistakes, and stand. So do labels of items that were given none.

    Parameters
    ----------
    labels, given
        int32 [N]: class codes now, and as given; -1 for none.
    settled
        bool [N]: somebody has kept or changed the label.
    """
    known = (given >= 0) & (given < n_classes)
    moved = np.flatnonzero(settled & known & (labels != given))
    out = np.bincount(given[moved], minlength=n_classes)
    stay = np.bincount(given[known & (labels == given)], minlength=n_classes)
    back = moved[(out <= stay)[given[moved]]]
    result = labels.copy()
    result[back] = given[back]
    return result


def score(
    inputs: Inputs,
    given: NDArray[np.int32],
    settled: NDArray[np.bool_] | None,
    progress: Progress | None = None,
    marked_wrong: NDArray[np.bool_] | None = None,
) -> tuple[Findings, Combined, Settled | None]:
    """Run all detectors and the combiner on labels as they stand, some of them settled by people.

    Parameters
    ----------
    inputs
        With the labels as they stand.
    given, settled
        As of `put_back`; `None` where nothing is settled.
    marked_wrong
        bool [N]: somebody has called the label wrong, and not said which is right; `None` where nobody has.

    Returns
    -------
    Findings, Combined
        Of the labels as they stand.
    Settled
        What is to be learnt from those that are settled or marked; `None` where there is nothing.
    """
    none = np.zeros(inputs.n, dtype=bool)
    settled = (none if settled is None else settled) | (none if marked_wrong is None else marked_wrong)
    if not settled.any():
        findings = run(inputs, progress=progress)
        return findings, combine(inputs, findings, progress=progress), None
    before = put_back(inputs.labels, given, settled, inputs.n_classes)
    if np.array_equal(before, inputs.labels):
        first, earlier = inputs, run(inputs, progress=progress)
        taught = combine(first, earlier, progress=progress)
        findings, combined = earlier, taught
    else:
        # That an item is settled says nothing of the label that it was given.
        first = replace(inputs, labels=before, trusted=None)
        # The others have no say in p_error.
        heard = [name for name in names() if get(name).issue == "label" or hasattr(get(name), "opinion")]
        earlier = run(first, only=heard, progress=progress)
        taught = combine(first, earlier, progress=progress)
        findings = run(inputs, progress=progress)
        lost = earlier.results.keys() - findings.results.keys()
        if lost:  # they failed on the labels as they stand
            there = {name: result for name, result in earlier.results.items() if name not in lost}
            earlier = replace(earlier, results=there)
            taught = combine(first, earlier, progress=progress)
        combined = combine(inputs, findings, like=taught, progress=progress)
    if combined.model is None or taught.model is None or inputs.n_classes < 2:
        return findings, combined, None
    rivals = np.full(inputs.n, -1, dtype=np.int32)
    read = taught.model.read
    for part in blocks(np.arange(inputs.n), inputs.n_classes):
        rivals[part] = rivals_of(read.opinion(first, earlier, part), before[part])
    judged = np.where(settled & (before == given), before, -1).astype(np.int32)
    return findings, combined, Settled(judged, taught.p_error, rivals)
