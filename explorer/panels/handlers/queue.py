"""The queue's half in the kernel: the scores as columns, from which the browser makes the order."""

from __future__ import annotations

import numpy as np
import pandas as pd

from explorer.errors import DataError
from explorer.panels.registry import call
from explorer.panels.schema.scores import Scores
from explorer.panels.session import Session
from explorer.review.review import Review


@call("scores", session=True)
def scores(review: Review, *, session: Session) -> Scores:
    """Return suggested label, p_error and issue flags by item, and what the random sample has drawn."""
    r = review.results
    if r.combined is None or r.table is None:
        raise DataError("There are no scores yet.", "Wait for the stage 'score'.")
    order = pd.Index(review.dataset.item_ids).get_indexer(r.table.index).astype(np.int32)
    flags = {}
    for name in ("is_label_issue", "is_outlier_issue", "is_near_duplicate_issue"):
        column = np.zeros(len(order), dtype=np.uint8)
        if name in r.table:
            column[order] = r.table[name].to_numpy(dtype=bool)
        flags[name] = column
    session.note_sample()
    return Scores(
        # Said here too: the page greeted the kernel before anything was scored.
        calibrated=review.calibrated,
        version=0,
        suggested=r.combined.suggested.astype(np.int32),
        p_error=r.combined.p_error.astype(np.float32),
        draws=review.draws(),
        asked=review.asked(),
        audit_rate=review.audit_rate,
        **flags,
    )
