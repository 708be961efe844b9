"""Whether the embedding is good enough to believe what is computed from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.graph import NeighbourGraph

if TYPE_CHECKING:
    import pandas as pd

WEAK = 0.5
"""Below this accuracy beyond chance, (accuracy − chance)/(1 − chance), the embedding is called weak."""

WEAK_CLASS = 0.3
"""Below this accuracy a class is called hard to recognise."""


@dataclass(frozen=True, eq=False)
class Trust:
    """How well the given labels can be told from the embedding.

    Attributes
    ----------
    probe_accuracy
        Share of the given labels that the held-out probe gives too; NaN without probabilities or labels.
    neighbour_agreement
        Mean share of an item's neighbours that carry its given label; NaN without a graph or labels.
    per_class
        Table indexed by class name: `items`, `probe_accuracy`, `neighbour_agreement`.
    warning
        One sentence when the embedding is weak, else `None`.
    """

    probe_accuracy: float
    neighbour_agreement: float
    per_class: pd.DataFrame
    warning: str | None


def trust(
    graph: NeighbourGraph | None,
    probs: NDArray[np.float32] | None,
    labels: NDArray[np.int32],
    classes: Sequence[str],
) -> Trust:
    """Measure against the given labels, wrong ones included, so both figures fall short by about the noise rate."""
    import pandas as pd

    rows = np.flatnonzero(labels >= 0)
    given = labels[rows]
    k = len(classes)
    items = np.bincount(given, minlength=k)
    right = np.full(len(rows), np.nan)
    agree = np.full(len(rows), np.nan)
    if probs is not None and k:
        right = (probs[rows].argmax(axis=1) == given).astype(float)
    if graph is not None:
        around = np.where(graph.real[rows], labels[graph.indices[rows]], -1)
        known = (around >= 0).sum(axis=1)
        same = (around == given[:, None]).sum(axis=1)
        agree = np.where(known > 0, same / np.maximum(known, 1), np.nan)

    def by_class(values: NDArray[np.float64]) -> NDArray[np.float64]:
        real = np.isfinite(values)
        count = np.bincount(given[real], minlength=k)
        total = np.bincount(given[real], values[real], minlength=k)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    per_class = pd.DataFrame(
        {"items": items, "probe_accuracy": by_class(right), "neighbour_agreement": by_class(agree)},
        index=pd.Index(list(classes), name="class"),
    )
    accuracy = float(right.mean()) if len(rows) else float("nan")
    finite = agree[np.isfinite(agree)]
    agreement = float(finite.mean()) if len(finite) else float("nan")
    return Trust(accuracy, agreement, per_class, _warning(accuracy, agreement, per_class))


def _warning(accuracy: float, agreement: float, per_class: pd.DataFrame) -> str | None:
    items = per_class["items"].to_numpy()
    if (items > 0).sum() < 2:
        return "There are fewer than two classes with items, so no label can be compared with another."
    share = items / items.sum()
    guess = float(share.max())
    chance = float(np.square(share).sum())
    if np.isfinite(accuracy) and accuracy < guess + WEAK * (1 - guess):
        return (
            f"The embedding is weak for these classes: a probe on it gives {accuracy:.0%} of the given labels, and "
            f"always guessing the commonest class would give {guess:.0%}. Take the ranking with care, or try another "
            "embedder."
        )
    if not np.isfinite(accuracy) and np.isfinite(agreement) and agreement < chance + WEAK * (1 - chance):
        return (
            f"The embedding is weak for these classes: {agreement:.0%} of an item's neighbours share its given label, "
            f"and {chance:.0%} would by chance. Take the ranking with care, or try another embedder."
        )
    column = "probe_accuracy" if np.isfinite(accuracy) else "neighbour_agreement"
    hard = per_class[(per_class[column] < WEAK_CLASS) & (per_class["items"] > 1)].sort_values(column)
    if len(hard):
        shown = ", ".join(map(str, hard.index[:3])) + (f" and {len(hard) - 3} more" if len(hard) > 3 else "")
        return f"The embedding hardly recognises {shown}: take the ranking with care there."
    return None
