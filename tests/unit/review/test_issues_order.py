"""`review.issues`: what is still to be decided on leads, and what is decided on comes after it."""

from __future__ import annotations

import numpy as np
import pandas as pd


def test_what_is_decided_on_comes_last_and_the_rest_worst_first(review):
    before = review.issues
    assert not before.decided.any()
    assert (np.diff(before.p_error) <= 0).all()
    first = list(before.index[:6])
    review.relabel(first[0], before.suggested_label[first[0]])
    review.keep(first[1])
    review.mark(first[2], "ambiguous")
    after = review.issues
    assert set(after.index) == set(before.index)
    assert after.index[0] not in first[:3]
    assert set(after.index[-3:]) == set(first[:3])
    assert after.decided.tolist() == [False] * (len(after) - 3) + [True] * 3
    assert set(after.state[after.decided]) == {"relabelled", "kept", "flagged"}
    for part in (after[~after.decided], after[after.decided]):
        assert (np.diff(part.p_error) <= 0).all()
    queue = review.queue
    assert not queue.decided.any()
    suspects = after.index[after.is_label_issue & ~after.decided]
    assert set(suspects) <= set(queue.index)
    assert [i for i in suspects if not queue.drawn[i]] == queue.index[~queue.drawn].tolist(), "in the same order"
    review.clear(first[1])
    assert review.issues.decided.sum() == 2


def test_the_columns_stay_those_of_cleanlab(review):
    review.keep(review.issues.index[0])
    issues = review.issues
    assert {"label_score", "is_label_issue", "is_outlier_issue", "outlier_score", "label", "state"} <= set(issues)
    whatever = issues.sort_values("p_error", ascending=False, kind="stable")
    assert (np.diff(whatever.p_error) <= 0).all()
    pd.testing.assert_series_equal(issues.label_score, 1 - issues.p_error, check_names=False)
