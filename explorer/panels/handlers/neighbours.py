"""The relation map's half in the kernel: how each stored neighbour relates to an item, and how steadily."""

from __future__ import annotations

import numpy as np

from explorer.panels.registry import call, item_at
from explorer.panels.schema.items import ItemArgs, Relations
from explorer.review.review import Review


@call("relations", slow=True)
def relations(review: Review, args: ItemArgs) -> Relations:
    """Return every stored neighbour's relation to an item as columns, nearest first; or `why` there is none.

    Which neighbour speaks for the label follows the labels as they stand now.
    """
    from explorer import detectors

    i = item_at(review, args.item)
    inputs = review.state.results.inputs
    why = _lacking(review)
    none, nothing = np.empty(0, np.int32), np.empty(0, np.float32)
    body = Relations(
        item=i,
        why=why,
        checkpoints=0,
        neighbours=none,
        labels=none,
        similarity=nothing,
        mean=nothing,
        variance=nothing,
        last=nothing,
    )
    if why or inputs is None or inputs.graph is None or inputs.checkpoints is None:
        return body
    now = review.state.codes
    # Only what a map reads: the probabilities have no column for a class that was added since.
    read = detectors.Inputs(now, max(1, len(review.classes)), graph=inputs.graph, checkpoints=inputs.checkpoints)
    found = detectors.relation_map(i, read)
    body.checkpoints = len(inputs.checkpoints)
    body.neighbours = found.neighbours
    body.labels = now[found.neighbours].astype(np.int32)
    body.similarity = inputs.graph.similarity[i, : len(found.neighbours)]
    body.mean, body.variance, body.last = found.mean, found.variance, found.last
    return body


def _lacking(review: Review) -> str:
    """Say why there is no relation map; "" where there is one."""
    inputs = review.state.results.inputs
    if inputs is None:
        return "The relation map is drawn once the items are scored."
    if inputs.graph is None:
        return "There is no neighbour graph, so there is nothing to relate this item to."
    if inputs.checkpoints is not None and len(inputs.checkpoints):
        return ""
    if review.dataset.probs is not None:
        return "Probabilities were given, so no training was watched: there are no relations over time to draw."
    if review.state.results.probe is None:
        return "No model was trained, so there was no training to watch: there are no relations over time to draw."
    return (
        "The model's training was not watched in between, for which very many items and classes leave no room: there "
        "are no relations over time to draw."
    )
