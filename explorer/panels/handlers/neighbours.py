"""The relation map's half in the kernel: how each stored neighbour relates to an item, and how steadily."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.panels.registry import call, item_at

if TYPE_CHECKING:
    from explorer.panels.session import Session
    from explorer.review.review import Review


@call("relations")
def relations(session: Session, *, item: int) -> dict[str, Any]:
    """Return every stored neighbour's relation to an item as columns, nearest first; or `why` there is none.

    `mean`, `variance` and `last` are float32 [k] over the `checkpoints` of the probe's training, `neighbours` and their
    `labels` now int32 [k], `similarity` their cosines. Which neighbour speaks for the label follows the labels as they
    stand now.
    """
    from explorer import detectors

    review = session.review
    i = item_at(session, item)
    inputs = review.results.inputs
    why = _lacking(review)
    body: dict[str, Any] = {
        "item": i,
        "why": why,
        "checkpoints": 0,
        "neighbours": np.empty(0, np.int32),
        "labels": np.empty(0, np.int32),
        **{name: np.empty(0, np.float32) for name in ("similarity", "mean", "variance", "last")},
    }
    if why or inputs is None or inputs.graph is None or inputs.checkpoints is None:
        return body
    now = review.codes
    # Only what a map reads: the probabilities have no column for a class that was added since.
    read = detectors.Inputs(now, max(1, len(review.classes)), graph=inputs.graph, checkpoints=inputs.checkpoints)
    found = detectors.relation_map(i, read)
    return body | {
        "checkpoints": len(inputs.checkpoints),
        "neighbours": found.neighbours,
        "labels": now[found.neighbours].astype(np.int32),
        "similarity": inputs.graph.similarity[i],
        "mean": found.mean,
        "variance": found.variance,
        "last": found.last,
    }


def _lacking(review: Review) -> str:
    """Say why there is no relation map; "" where there is one."""
    inputs = review.results.inputs
    if inputs is None:
        return "The relation map is drawn once the items are scored."
    if inputs.graph is None:
        return "There is no neighbour graph, so there is nothing to relate this item to."
    if inputs.checkpoints is not None and len(inputs.checkpoints):
        return ""
    if review.dataset.probs is not None:
        return "Probabilities were given, so no training was watched: there are no relations over time to draw."
    if review.results.probe is None:
        return "No model was trained, so there was no training to watch: there are no relations over time to draw."
    return (
        "The model's training was not watched in between, for which very many items and classes leave no room: there "
        "are no relations over time to draw."
    )
