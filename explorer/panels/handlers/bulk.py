"""Decisions on many items: what they would change, said before they are made. `edit` makes them."""

from __future__ import annotations

import numpy as np
from msgspec import UNSET

from explorer.errors import DataError
from explorer.panels.registry import call
from explorer.panels.schema import labels as schema
from explorer.review.bulk import deciders, outlook
from explorer.review.review import Review


@call("outlook")
def outlook_of(review: Review, args: schema.OutlookArgs) -> schema.Outlook:
    """Return what would change, by class, and who had decided on what."""
    state = review.state
    if args.order != review.dataset.order:
        raise DataError("The dataset changed since these items were chosen.", "Choose again.")
    items = np.array(args.items, dtype=np.int64)
    if len(items) and items.max() >= len(review.dataset):
        raise DataError(f"There is no item {items.max()}; the dataset has {len(review.dataset):,}.", "Choose again.")
    label = None if args.label is UNSET else args.label
    found = outlook(state, items.astype(np.int32), args.action, label)
    return schema.Outlook(
        n=found.n,
        unchanged=found.unchanged,
        without=found.without,
        changes=[schema.Change(*row) for row in found.changes()],
        deciders=[schema.Decider(*row) for row in deciders(state, review.labels, found)],
        items=found.items,
        labels=found.after,
        decided=found.decided.astype(np.uint8),
    )
