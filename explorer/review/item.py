"""Facts about one item for whoever shows it: its neighbours with their relations, and its nearest items of a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.graph import nearest
from explorer.pipeline.results import Results
from explorer.review.label_columns import is_decided, is_settled

if TYPE_CHECKING:
    from explorer.review.state import ReviewState


@dataclass(frozen=True)
class Neighbour:
    """One edge of the neighbour graph as seen from an item."""

    item: int
    similarity: float  # cosine; of links that were given, their weight
    relation: float  # signed similarity: + same label, − different label
    label: int  # class code now, -1 = unlabelled


def neighbours(results: Results, codes: NDArray[np.int32], item: int, count: int = 16) -> list[Neighbour]:
    """Nearest items in the graph, most similar first.

    The relation is the kernel of Neural Relation Graph (Kim et al., NeurIPS 2023), max(0, cosine) · (P_i · P_j), signed
    by whether the labels agree now. Without probabilities it is the cosine alone.
    """
    graph = results.graph
    if graph is None:
        return []
    found = graph.near(item)[:count]
    similarity = graph.similarity[item, : len(found)].astype(np.float64)
    kernel = similarity.clip(0)
    if results.probs is not None:
        kernel = kernel * (results.probs[found] @ results.probs[item])
    sign = np.where(codes[found] == codes[item], 1.0, -1.0)
    return [
        Neighbour(int(j), float(s), float(r), int(codes[j]))
        for j, s, r in zip(found, similarity, kernel * sign, strict=True)
    ]


def nearest_of(
    results: Results,
    codes: NDArray[np.int32],
    item: int,
    label: int,
    count: int = 4,
    *,
    doubtful: NDArray[np.bool_] | None = None,
) -> list[int]:
    """Nearest items whose label now is `label`, most similar first; the item itself is left out.

    The graph answers where it can. Where it holds too few of the class (three quarters of mislabelled items have none
    of their given label among 50), the class's own vectors are compared: one product of [members, D] by [D].

    Parameters
    ----------
    doubtful
        Items that are no example of their label, bool [N] (see `examples_doubted`). They are shown only where the class
        has nothing else: beside one mistake lie the others of its kind.
    """
    if label < 0:
        return []
    if doubtful is not None:
        sound = nearest_of(results, np.where(doubtful, -1, codes), item, label, count)
        return sound or nearest_of(results, codes, item, label, count)
    in_graph: list[int] = []
    if results.graph is not None:
        row = results.graph.near(item)
        in_graph = [int(j) for j in row[codes[row] == label][:count]]
    if len(in_graph) >= count or results.embedding is None:
        return in_graph
    found, _ = nearest(results.embedding.vectors, item, count, among=codes == label)
    return [int(j) for j in found]


def examples_doubted(state: ReviewState) -> NDArray[np.bool_]:
    """Say which items show badly what their label means, bool [N]: open suspects, and those marked or left out.

    Whoever calls holds the lock.
    """
    decided = is_decided(state.states)
    doubted = decided & ~is_settled(state.states)
    combined = state.results.combined
    return doubted if combined is None else doubted | (combined.is_issue & ~decided)


def shown(results: Results, classes: Sequence[str], item: int) -> dict[str, Any] | None:
    """Return what a person could see of an item when deciding: it is kept with the decision."""
    combined, embedding = results.combined, results.embedding
    if combined is None:
        return None
    p, suggested = float(combined.p_error[item]), int(combined.suggested[item])
    p_error = None if np.isnan(p) else round(p, 6)
    return {
        "name": "p_error",
        "score": p_error,
        "p_error": p_error,
        "calibrated": combined.calibrated,
        "suggested": classes[suggested] if 0 <= suggested < len(classes) else None,
        "model": None if embedding is None else embedding.name,
        "revision": None if embedding is None else embedding.revision,
    }
