"""The fact of the raters: on which items more of them name another class than the label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.protocol import Inputs
from explorer.reports.facts import Fact
from explorer.utils.text import counted


def raters_fact(item_ids: NDArray[np.object_], classes: Sequence[str], inputs: Inputs, order: NDArray[np.intp]) -> Fact:
    """Return the fact: a row a class, and the items that raters dispute by the class of their label.

    Parameters
    ----------
    item_ids
        object [N].
    classes
        Names by code.
    inputs
        With votes, where there are raters.
    order
        intp [N]: positions of the items, the most suspicious label first.
    """
    import pandas as pd

    votes, labels, k = inputs.votes, inputs.labels, len(classes)
    for_label, against = np.zeros(inputs.n), np.zeros(inputs.n)
    if votes is not None:
        cells, counts = np.unique(votes.items.astype(np.int64) * votes.n_classes + votes.codes, return_counts=True)
        item, code = cells // votes.n_classes, cells % votes.n_classes
        same = code == labels[item]
        for_label[item[same]] = counts[same]  # one cell an item has the label's class
        np.maximum.at(against, item[~same], counts[~same])
    voted = (for_label + against > 0) & (labels >= 0) & (labels < k)
    disputed = voted & (against > for_label)
    items = np.bincount(labels[voted], minlength=k)
    against_of = np.bincount(labels[disputed], minlength=k)
    table = pd.DataFrame(
        {
            "voted_on": items,
            "disputed": against_of,
            "share": np.where(items > 0, against_of / np.maximum(items, 1), np.nan),
        },
        index=pd.Index(list(classes), name="class"),
    )
    rows = order[disputed[order]]
    about: dict[Any, list[int]] = {}
    for row in rows.tolist():
        about.setdefault(classes[labels[row]], []).append(row)
    of, n = int(voted.sum()), int(disputed.sum())
    if votes is None:
        text = (
            "Nobody else has given labels: read the data with raters=, or add some with review.add_rater(name, labels)."
        )
    elif not of:
        text = f"No labelled item has a vote of the {counted(votes.n_raters, 'rater')}."
    else:
        who = f"{counted(of, 'labelled item')} that {counted(votes.n_raters, 'rater')} voted on"
        text = f"On {n:,} of the {who}, more of them name another class than the label."
    return Fact("raters", text, table, {name: item_ids[places] for name, places in about.items()})
