"""The ranking as a table: one row an item, worst first, in cleanlab's column convention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.detectors import near_duplicate, outlier
from explorer.detectors.combiner import Combined
from explorer.detectors.protocol import Findings, Inputs

if TYPE_CHECKING:
    import pandas as pd


def table(
    item_ids: Sequence[Any] | NDArray[Any],
    classes: Sequence[str],
    inputs: Inputs,
    findings: Findings,
    combined: Combined,
    *,
    given: NDArray[np.int32] | None = None,
    sort: bool = True,
) -> pd.DataFrame:
    """Lay findings out as a table.

    Parameters
    ----------
    item_ids
        [N], the index of the table.
    given
        int [N]: given labels, where `inputs` holds corrected ones; by default those.
    sort
        Worst label first (unlabelled items last); otherwise in the order of the items.

    Returns
    -------
    pandas.DataFrame
        `given_label` and `suggested_label` (class names, missing where there is none), `p_error`, `label_score`
        (1 − p_error), `is_label_issue`; then, as far as their detectors ran, `outlier_score`, `is_outlier_issue`,
        `near_duplicate_score`, `is_near_duplicate_issue`, `near_duplicate_set` (number of the group, missing for
        none), `is_conflicting_duplicate_issue`, and every detector's raw column as `<name>_raw` (high = suspicious).
        All `…_score` lie in [0, 1], low = bad.
    """
    import pandas as pd

    names = np.array([*classes, None], dtype=object)  # code -1 picks the None
    columns: dict[str, Any] = {
        "given_label": pd.array(names[inputs.labels if given is None else given], dtype="str"),
        "suggested_label": pd.array(names[combined.suggested], dtype="str"),
        "p_error": combined.p_error,
        "label_score": 1 - combined.p_error,
        "is_label_issue": combined.is_issue,
    }
    results = findings.results
    if "outlier" in results:
        columns["outlier_score"] = outlier.public_score(results["outlier"])
        columns["is_outlier_issue"] = results["outlier"].flags
    if "near_duplicate" in results:
        columns["near_duplicate_score"] = near_duplicate.public_score(results["near_duplicate"])
        columns["is_near_duplicate_issue"] = results["near_duplicate"].flags
        group = results["near_duplicate"].frozen["group"]
        columns["near_duplicate_set"] = pd.array(np.where(group >= 0, group, 0), dtype="Int32")
        columns["near_duplicate_set"][group < 0] = pd.NA
    if "conflicting_duplicate" in results:
        columns["is_conflicting_duplicate_issue"] = results["conflicting_duplicate"].flags
    for name in ("confident", "vote", "relation"):
        if name in results:
            columns[f"{name}_raw"] = results[name].score
    frame = pd.DataFrame(columns, index=pd.Index(np.asarray(item_ids), name="item_id"))
    if sort:
        frame = frame.iloc[ranking(combined)]
    return frame


def ranking(combined: Combined) -> NDArray[np.intp]:
    """Return the positions of the items, worst label first; unlabelled items last, ties in the order of the items."""
    return np.argsort(-np.nan_to_num(combined.p_error, nan=-1), kind="stable")
