"""From all columns to one number per item: how likely its given label is wrong, and which class it should have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.protocol import Findings, Inputs
from explorer.detectors.vote import shares


@dataclass(frozen=True, eq=False)
class Combined:
    p_error: NDArray[np.float32]
    suggested: NDArray[np.int32]
    is_issue: NDArray[np.bool_]
    columns: list[str]
    calibrated: bool = False
    noise: float = 0.0
    note: str = ""


def combine(inputs: Inputs, findings: Findings) -> Combined:
    n, k = inputs.n, inputs.n_classes
    parts, columns = [], []
    if "confident" in findings.results:
        parts.append(np.asarray(inputs.probs))
        columns.append("confident")
    if "vote" in findings.results:
        parts.append(shares(inputs, np.arange(n)))
        columns.append("vote")
    labelled = inputs.labelled
    p = np.full(n, np.nan, np.float32)
    if not parts or k < 2:
        p[labelled] = 0
        return Combined(p, inputs.labels.copy(), np.zeros(n, bool), columns, note="there is nothing to compare")
    q = np.mean(parts, axis=0)
    q /= np.maximum(q.sum(1, keepdims=True), 1e-9)
    p[labelled] = 1 - q[np.flatnonzero(labelled), inputs.labels[labelled]]
    suggested = q.argmax(1).astype(np.int32)
    return Combined(p, suggested, labelled & (suggested != inputs.labels), columns)
