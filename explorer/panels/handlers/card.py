"""The card's half in the kernel: one item, how sure, and why, in words first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from explorer.labels.history.timeline import newest
from explorer.panels.handlers.history import entries_of
from explorer.panels.handlers.previews import LONGEST, preview
from explorer.panels.registry import call, item_at
from explorer.panels.schema import items as schema
from explorer.review import item as evidence
from explorer.review.review import Review

LARGE = 320
"""Pixels a side of the card's picture."""
HISTORY = 200
"""Changes of the item that the card shows at most."""


@call("card", slow=True)
def card(review: Review, args: schema.ItemArgs) -> schema.Card:
    """Return everything about one item; what has not been computed yet is empty."""
    i = item_at(review, args.item)
    d, r = review.dataset, review.results
    item_id = str(d.item_ids[i])
    body = schema.Card(
        item=i,
        id=item_id,
        name=d.name(i),
        given=int(review.given[i]),
        current=int(review.codes[i]),
        suggested=-1,
        suggested_p=None,
        p_error=None,
        rank=None,
        ranked=0,
        why=[],
        badges=[],
        scores={},
        preview=preview(d, i, LARGE, LONGEST),
        same=evidence.nearest_of(r, review.codes, i, int(review.given[i])),
        other=[],
        neighbours=[schema.Neighbour(**vars(edge)) for edge in evidence.neighbours(r, review.codes, i)],
        history=list(entries_of(review, newest(review.labels, HISTORY, item_id))),
    )
    if r.combined is not None and r.table is not None and r.inputs is not None and r.findings is not None:
        from explorer import detectors

        why = detectors.explain(i, r.inputs, r.findings, r.combined, review.classes)
        place = int(pd.Index(r.table.index).get_indexer([item_id])[0])
        row = r.table.iloc[place].to_dict()
        p = float(r.combined.p_error[i])
        body.suggested = int(r.combined.suggested[i])
        body.suggested_p = float(r.combined.suggested_p[i])
        body.p_error = p
        body.rank = None if np.isnan(p) else place + 1
        body.ranked = int(np.isfinite(r.combined.p_error).sum())
        body.why = [schema.Reason(**reason._asdict()) for reason in why]
        body.badges = _badges(row, r.table)
        body.scores = {str(k): float(v) for k, v in row.items() if str(k).endswith("_score") or k == "p_error"}
        body.other = evidence.nearest_of(r, review.codes, i, body.suggested)
    return body


def _badges(row: dict[Any, Any], table: pd.DataFrame) -> list[str]:
    """Other issues of an item, in words."""
    found = []
    if row.get("is_outlier_issue", False):
        found.append("outlier")
    if row.get("is_conflicting_duplicate_issue", False):
        found.append("duplicates with conflicting labels")
    elif row.get("is_near_duplicate_issue", False):
        count = int((table["near_duplicate_set"] == row["near_duplicate_set"]).sum()) - 1
        found.append(f"near duplicate of {count} other{'' if count == 1 else 's'}")
    return found
