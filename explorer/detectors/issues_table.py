"""The ranking as a table: one row an item, worst first, in cleanlab's column convention."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.combine.p_error import Combined
from explorer.detectors.functions import FromFunction
from explorer.detectors.other_issues import imbalance, near_duplicate, non_iid, outlier, underperforming
from explorer.detectors.protocol import Findings, Inputs, Result
from explorer.detectors.registry import get

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
        `given_label` and `suggested_label` (class names, missing where there is none), `suggested_p`, `p_error`,
        `label_score` (1 − p_error), `is_label_issue`.

        Then `<kind>_score` and `is_<kind>_issue` for each kind of issue in `KINDS`, as far as its detector ran, and
        `near_duplicate_set` (number of the group, missing for none). All `…_score` lie in [0, 1], low = bad.

        Last what every detector of label issues holds, and every one of the user's own, on its own scale, high =
        suspicious: its score as `<name>_raw`, its further columns as `<column>_raw`.
    """
    import pandas as pd

    names = np.array([*classes, None], dtype=object)  # code -1 picks the None
    columns: dict[str, Any] = {
        "given_label": pd.array(names[inputs.labels if given is None else given], dtype="str"),
        "suggested_label": pd.array(names[combined.suggested], dtype="str"),
        "suggested_p": combined.suggested_p,
        "p_error": combined.p_error,
        "label_score": 1 - combined.p_error,
        "is_label_issue": combined.is_issue,
    }
    results = findings.results
    for kind, (name, public) in KINDS.items():
        if name in results:
            columns[f"{kind}_score"] = public(results[name])
            columns[f"is_{kind}_issue"] = results[name].flags
    if "near_duplicate" in results:
        group = results["near_duplicate"].frozen["group"]
        columns["near_duplicate_set"] = pd.array(np.where(group >= 0, group, 0), dtype="Int32")
        columns["near_duplicate_set"][group < 0] = pd.NA
    columns.update(_raw(findings))
    frame = pd.DataFrame(columns, index=pd.Index(np.asarray(item_ids), name="item_id"))
    if sort:
        frame = frame.iloc[ranking(combined)]
    return frame


def _raw(findings: Findings) -> dict[str, NDArray[np.float32]]:
    found = {}
    for name, result in findings.results.items():
        one = get(name)
        if one.issue == "label" or isinstance(one, FromFunction):
            found[f"{name}_raw"] = result.score
            found.update({f"{column}_raw": values for column, values in result.columns.items()})
    return found


def _complement(result: Result) -> NDArray[np.float32]:
    """Return 1 − score, of a score in [0, 1]."""
    score: NDArray[np.float32] = np.clip(1 - result.score, 0, 1)
    return score


KINDS: dict[str, tuple[str, Callable[[Result], NDArray[np.float32]]]] = {
    "outlier": ("outlier", outlier.public_score),
    "near_duplicate": ("near_duplicate", near_duplicate.public_score),
    "conflicting_duplicate": ("conflicting_duplicate", _complement),
    "ambiguous": ("plausible", _complement),
    "underperforming": ("underperforming", underperforming.public_score),
    "imbalance": ("imbalance", imbalance.public_score),
    "non_iid": ("non_iid", non_iid.public_score),
}
"""By kind of issue: the detector that finds it, and its score as a table shows it."""


def ranking(combined: Combined) -> NDArray[np.intp]:
    """Return the positions of the items, worst label first; unlabelled items last, ties in the order of the items."""
    return np.argsort(-np.nan_to_num(combined.p_error, nan=-1), kind="stable")
