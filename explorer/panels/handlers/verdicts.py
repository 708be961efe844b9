"""What each scope says of an item, and selections that grow. What is decided then, `edit` writes."""

from __future__ import annotations

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from explorer.detectors.protocol import Inputs
from explorer.errors import DataError
from explorer.panels.registry import call, item_at
from explorer.panels.schema import verdicts as schema
from explorer.review.grow import farther
from explorer.review.review import Review
from explorer.review.scope_members import OF_WHOLE
from explorer.review.scope_reasons import NONE, ScopeReason, scope_reason

SEEN = 60
"""Copies that a card shows side by side at most; of a larger set it says how many there are."""

COPIES = ("near_duplicate", "conflicting_duplicate")
"""Scopes whose sets a card shows."""


@call("scope_why")
def scope_why(review: Review, args: schema.ScopeWhyArgs) -> schema.ScopeWhy:
    """Say why an item is in a scope; before there are scores it says nothing."""
    return why_of(review, item_at(review, args.item), args.scope)


def why_of(review: Review, item: int, scope: schema.ToldScope) -> schema.ScopeWhy:
    """Say why an item is in a scope. Whoever calls holds the lock."""
    if not review.scores.scored:
        return schema.ScopeWhy(scope=scope, text="", size=0, members=[])
    found, _ = _reason(review, item, scope)
    shown = found.members.tolist() if scope in COPIES and len(found.members) <= SEEN else []
    d = review.state.dataset
    members = [schema.Member(item=i, id=str(d.item_ids[i]), name=d.name(i)) for i in shown]
    return schema.ScopeWhy(scope=scope, text=found.text, size=len(found.members), members=members)


@call("grow", slow=True, locked=False)
def grow(review: Review, args: schema.GrowArgs) -> schema.GrowReply:
    """Grow a selection by a step: to where its group ends by itself, then by half as many again."""
    with review.state.lock:
        if args.order != review.dataset.order:
            raise DataError("The dataset changed since these items were chosen.", "Choose again.")
        items = np.array([item_at(review, i) for i in args.items], dtype=np.intp)
        if not len(items):
            raise DataError("There is no selection to grow.", "Select at least one item.")
        if not review.scores.scored:
            raise DataError("A selection grows when the items are scored.", "Wait for the stage 'score'.")
        members, inputs = _set(review, items, args)
    if len(members) > max(1, args.count):
        return schema.GrowReply(items=_first(items[0], members).astype(np.int32), whole=True)
    grown = farther(items, inputs, have=args.count)  # without the lock: it reads a whole neighbourhood
    return schema.GrowReply(items=grown.positions.astype(np.int32), whole=len(grown.positions) == grown.natural)


def _set(review: Review, items: NDArray[np.intp], args: schema.GrowArgs) -> tuple[NDArray[np.intp], Inputs]:
    """Return the set of the first item in the scope that is asked for, empty for none, and what is read."""
    if args.scope is UNSET:
        with review.scores.reading() as (inputs, _):
            return items[:0], inputs
    found, inputs = _reason(review, int(items[0]), args.scope)
    return found.members, inputs


def _reason(review: Review, item: int, scope: schema.ToldScope) -> tuple[ScopeReason, Inputs]:
    with review.scores.reading() as (inputs, findings):
        if scope in OF_WHOLE:
            return ScopeReason(review.whole.reason(scope, item), NONE), inputs
        return scope_reason(scope, item, inputs, findings, review.state.classes), inputs


def _first(item: np.intp, members: NDArray[np.intp]) -> NDArray[np.intp]:
    """Put an item before the others of its set."""
    return np.concatenate([[item], members[members != item]])
