"""Scopes: how many items each holds, and which; what they are sorted by; and the items that stand out on the map."""

from __future__ import annotations

from typing import cast

import numpy as np

from explorer.panels.registry import call, item_at
from explorer.panels.schema import scopes as schema
from explorer.review.review import Review

NO_DAMAGE = (
    "The damage is not known: the method that tells how much each item misleads others has not run (Details, Methods)."
)


@call("scopes", slow=True)
def scopes(review: Review) -> list[schema.ScopeInfo]:
    """Return every scope, with how many items it holds."""
    return [
        schema.ScopeInfo(
            name=cast("schema.ScopeName", each.scope.name),
            title=each.scope.title,
            about=each.scope.about,
            none=each.scope.none,
            all=each.all,
            open=each.open,
            lacking=each.lacking,
        )
        for each in review.listings.counts()
    ]


@call("scope", slow=True)
def scope(review: Review, args: schema.ScopeArgs) -> schema.ScopeItems:
    """Return the items of a scope in its own order."""
    found, why = review.listings.present(args.name)
    return schema.ScopeItems(
        name=args.name,
        items=found.positions.astype(np.int32),
        sets=None if found.sets is None else found.sets.astype(np.int32),
        why=why,
        version=review.state.version,
    )


@call("damage")
def damage(review: Review) -> schema.Damage:
    """Return how much each item misleads, for a queue that is sorted by damage."""
    harms = review.listings.harms()
    why = "" if harms is not None else NO_DAMAGE
    found = np.zeros(len(review.dataset), dtype=np.float32) if harms is None else harms
    return schema.Damage(harm=found, why=why, version=review.state.version)


@call("highlight")
def highlight(review: Review, args: schema.HighlightArgs) -> None:
    """Let other items stand out, in every page."""
    review.selected.highlight([str(review.dataset.item_ids[item_at(review, i)]) for i in args.items])
