"""The fact of the class names: whether they mean something here, class by class, and which labels they dispute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.protocol import Result
from explorer.pipeline.results import Results
from explorer.reports.facts import Fact

UNREAD = (
    "The class names are not compared with the items: name a model that reads both, with names=, where the items are "
    "texts or pictures."
)


def names_fact(
    item_ids: NDArray[np.object_],
    classes: Sequence[str],
    results: Results,
    result: Result | None,
    order: NDArray[np.intp],
) -> Fact:
    """Return the fact.

    Parameters
    ----------
    item_ids
        object [N].
    classes
        Names by code.
    results, result
        With inputs; and what the method "names" has found, `None` where nobody reads the names.
    order
        intp [N]: positions of the items, the most suspicious label first.
    """
    import pandas as pd

    inputs = results.inputs
    assert inputs is not None
    k, labels = len(classes), inputs.labels
    best = np.full(len(labels), -1, np.int32)
    if result is not None and result.suggestion is not None:
        best = result.suggestion
    used = bool((best >= 0).any())
    judged = (labels >= 0) & (labels < k) & (best >= 0)
    items = np.bincount(labels[(labels >= 0) & (labels < k)], minlength=k)
    fits = np.bincount(labels[judged & (best == labels)], minlength=k)
    taken = np.bincount(best[(best >= 0) & (best < k)], minlength=k)
    said = [""] * k if results.names is None else [texts[0] for texts in results.names.phrasings[:k]]
    table = pd.DataFrame(
        {
            "read_as": pd.array([*said, *[""] * (k - len(said))], dtype="str"),
            "items": items,
            "fits_best": taken,
            "agreed": np.where(items > 0, fits / np.maximum(items, 1), np.nan) if used else np.nan,
        },
        index=pd.Index(list(classes), name="class"),
    )
    rows = order[(judged & (best != labels))[order]]
    about: dict[Any, list[int]] = {}
    for row in rows.tolist():
        about.setdefault(classes[labels[row]], []).append(row)
    sentence = UNREAD if result is None else str(result.summary["why"])
    if results.names is not None and results.names.model != "given":
        sentence += f" The model is {results.names.model}."
    return Fact("names", sentence, table, {name: item_ids[places] for name, places in about.items()})
