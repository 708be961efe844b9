"""The ranking as a table: one row an item, worst first, in cleanlab's column convention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.combine.p_error import Combined
from explorer.detectors.protocol import Findings, Inputs, Issue, Listing, Tabled
from explorer.detectors.registry import get, is_shipped

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

        Then `<kind>_score` and `is_<kind>_issue` for each kind of issue that a detector declares a `public_score` for,
        as far as it ran, `near_duplicate_set` (number of the group, missing for none) and `outlier_relation` (the
        Neural Relation Graph's outlier score, where there are probabilities; high = far from all). All `…_score` lie
        in [0, 1], low = bad.

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
    further: dict[str, Any] = {}
    for kind, name in _finders(findings).items():
        one, result = get(name), results[name]
        assert isinstance(one, Tabled)
        columns[f"{kind}_score"] = one.public_score(result)
        columns[f"is_{kind}_issue"] = result.flags
        further.update(one.columns(result) if isinstance(one, Listing) else {})
    columns.update(further)
    columns.update(_raw(findings))
    frame = pd.DataFrame(columns, index=pd.Index(np.asarray(item_ids), name="item_id"))
    if sort:
        frame = frame.iloc[ranking(combined)]
    return frame


def _finders(findings: Findings) -> dict[str, str]:
    """Return which detector finds each kind of issue other than wrong labels, as far as it ran, in the kinds' order."""
    found: dict[str, str] = {}
    for name in findings.results:
        one = get(name)
        if one.issue != "label" and isinstance(one, Tabled):
            found.setdefault(one.issue, name)
    return {kind: found[kind] for kind in get_args(Issue) if kind in found}


def _raw(findings: Findings) -> dict[str, NDArray[np.float32]]:
    found = {}
    for name, result in findings.results.items():
        one = get(name)
        if one.issue == "label" or not is_shipped(name):
            found[f"{name}_raw"] = result.score
            found.update({f"{column}_raw": values for column, values in result.columns.items()})
    return found


def ranking(combined: Combined) -> NDArray[np.intp]:
    """Return the positions of the items, worst label first; unlabelled items last, ties in the order of the items."""
    return np.argsort(-np.nan_to_num(combined.p_error, nan=-1), kind="stable")
