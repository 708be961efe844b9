"""The queue's half in the kernel: the ranking as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.errors import DataError
from explorer.panels.registry import call

if TYPE_CHECKING:
    from explorer.panels.session import Session


@call("scores")
def scores(session: Session) -> dict[str, Any]:
    """Return suggested label, p_error and issue flags by item, and the items in order, worst first.

    `draws` are the items to mix into the queue, in that order, `audit_rate` of its places; `asked` those that an audit
    by itself has asked about.
    """
    review = session.review
    r = review.results
    if r.combined is None or r.table is None:
        raise DataError("There are no scores yet.", "Wait for the stage 'score'.")
    import pandas as pd

    order = pd.Index(review.dataset.item_ids).get_indexer(r.table.index).astype(np.int32)
    flags = {}
    for name in ("is_label_issue", "is_outlier_issue", "is_near_duplicate_issue"):
        column = np.zeros(len(order), dtype=np.uint8)
        if name in r.table:
            column[order] = r.table[name].to_numpy(dtype=bool)
        flags[name] = column
    session.note_sample()
    return {
        # Said here too: the page greeted the kernel before anything was scored.
        "calibrated": review.calibrated,
        "suggested": r.combined.suggested.astype(np.int32),
        "p_error": r.combined.p_error.astype(np.float32),
        "order": order,
        "draws": review.draws(),
        "asked": review.asked(),
        "audit_rate": review.audit_rate,
        **flags,
    }
