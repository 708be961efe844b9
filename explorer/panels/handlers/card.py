"""The card's half in the kernel: one item, how sure, and why, in words first."""

from __future__ import annotations

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.labels.history.timeline import newest
from explorer.panels.handlers.history import entries_of
from explorer.panels.handlers.previews import LONGEST, preview
from explorer.panels.handlers.raters import said_of
from explorer.panels.handlers.verdicts import why_of
from explorer.panels.registry import call, item_at
from explorer.panels.schema import items as schema
from explorer.panels.schema.verdicts import CardArgs
from explorer.review import item as evidence
from explorer.review.contrasts import votes
from explorer.review.review import Review

LARGEST = 1280
"""Most pixels a side of the card's picture."""
NEAREST = 6
"""Items that are shown of either label."""
COLUMNS = 200
"""Columns of a table that are sent, those that tell most."""
HISTORY = 200
"""Changes of the item that the card shows at most."""


@call("card", slow=True, locked=False)
def card(review: Review, args: CardArgs) -> schema.Card:
    """Return everything about one item; what has not been computed yet is empty."""
    state = review.state
    with state.lock:
        d, i = state.dataset, item_at(review, args.item)
        body = _card(review, i)
        body.scope = UNSET if args.scope is UNSET else why_of(review, i, args.scope)
        results, codes = state.results, state.codes.copy()
        doubtful = evidence.examples_doubted(state)
    # Without the lock: no click waits for a picture, or for a search among all items of a class.
    body.preview = preview(d, i, max(64, min(args.size, LARGEST)), LONGEST)
    body.same = evidence.nearest_of(results, codes, i, body.given, NEAREST, doubtful=doubtful)
    body.other = evidence.nearest_of(results, codes, i, body.suggested, NEAREST, doubtful=doubtful)
    body.votes = votes(results, codes, i)
    with state.lock:
        said = review.rater_views.of_item(i, body.votes) if state.dataset is d else None
    body.raters = UNSET if said is None else said_of(said)
    other = -1 if body.suggested == body.given else body.suggested
    if isinstance(body.preview, schema.TextPreview) and other >= 0 and body.given >= 0:
        marks = review.contrasts.marks(d, codes, i, body.preview.text, of=other, against=body.given)
        body.marks = UNSET if marks is None else marks
    if isinstance(body.preview, schema.TablePreview):
        body.columns = _columns(review, d, codes, body, other)
    return body


def _columns(
    review: Review, dataset: Dataset, codes: NDArray[np.int32], body: schema.Card, other: int
) -> schema.Columns:
    """Return the columns of a row beside those of its classes."""
    classes = (body.given, other, -1)  # the last is what -1 means
    found, total = review.contrasts.columns(dataset, codes, body.item, first=body.given, second=other)
    columns = [
        schema.Column(each.name, each.value, each.exact, each.first, each.second, classes[each.nearer])
        for each in found[:COLUMNS]
    ]
    return schema.Columns(columns, total)


def _card(review: Review, i: int) -> schema.Card:
    """Return the card of an item without its preview and what is nearest. Whoever calls holds the lock."""
    state = review.state
    d, r, codes = state.dataset, state.results, state.codes
    item_id = str(d.item_ids[i])
    body = schema.Card(
        item=i,
        id=item_id,
        name=d.name(i),
        given=int(state.given[i]),
        current=int(codes[i]),
        suggested=-1,
        suggested_p=None,
        p_error=None,
        rank=None,
        ranked=0,
        why=[],
        badges=[],
        preview=schema.TextPreview(text=""),  # the caller's, who holds no lock when it is made
        same=[],
        other=[],
        neighbours=[schema.Neighbour(**vars(edge)) for edge in evidence.neighbours(r, codes, i)],
        history=list(entries_of(review, newest(review.labels, HISTORY, item_id))),
    )
    if review.scores.scored:
        found = review.scores.of_item(i)
        body.suggested = found.suggested
        body.suggested_p = found.suggested_p
        body.p_error = found.p_error
        body.rank, body.ranked = found.rank, found.ranked
        body.why = [schema.Reason(**reason._asdict()) for reason in found.reasons]
        if found.second is not None:
            body.second = schema.Second(*found.second)
        if found.pushes:
            from explorer.detectors import title

            parts = [schema.Part(name, title(name), push) for name, push in found.pushes.items()]
            body.sum = schema.Sum(found.start, parts)
        body.badges = _badges(review, i)
    return body


def _badges(review: Review, item: int) -> list[str]:
    """Other issues of an item, in words."""
    flags = review.state.flags
    found = ["outlier"] if flags["is_outlier_issue"][item] else []
    with review.scores.reading() as (_, findings):
        conflicting = findings.results.get("conflicting_duplicate")
        if conflicting is not None and conflicting.flags is not None and conflicting.flags[item]:
            found.append("duplicates with conflicting labels")
        elif flags["is_near_duplicate_issue"][item]:
            group = findings.results["near_duplicate"].frozen["group"]
            count = int((group == group[item]).sum()) - 1
            found.append(f"near duplicate of {count} other{'' if count == 1 else 's'}")
    return found
