"""Damage: p_error times how much an item misleads; a column, a sort of every scope, and what the browser sorts by."""

from __future__ import annotations

import numpy as np
import pytest

import explorer
from explorer.errors import ExplorerError, UnknownName
from explorer.review.sorts import SORTS


def by_hand(review):
    """Damage of every item, one by one."""
    results = review.results
    value = -results.findings.results["shapley"].score
    found = {}
    for i, item in enumerate(review.dataset.item_ids):
        p, s = results.combined.p_error[i], value[i]
        found[item] = 0.0 if np.isnan(p) or np.isnan(s) else p * max(0.0, -s)
    return found


def test_it_is_p_error_times_the_harm(review):
    expected = by_hand(review)
    damage = review.damage
    assert damage.index.tolist() == review.dataset.item_ids.tolist()
    np.testing.assert_allclose(damage.to_numpy(), list(expected.values()), rtol=1e-6)
    assert (damage > 0).any()


@pytest.mark.parametrize("scope", ["label", "all", "outlier"])
def test_a_scope_is_sorted_by_it(review, scope):
    plain = review.queue_of(scope)
    table = review.queue_of(scope, sort="damage")
    assert sorted(table.index) == sorted(plain.index)
    assert (np.diff(table["damage"]) <= 0).all()
    np.testing.assert_allclose(table["damage"], review.damage[table.index])
    assert "damage" not in plain
    alike = review.damage[plain.index] == 0
    assert table.index[table["damage"] == 0].tolist() == plain.index[alike].tolist(), "the rest in its own order"


def test_the_other_sorts(review):
    rows = review.queue_of("all", sort="row")
    assert rows.index.tolist() == review.dataset.item_ids.tolist()
    classes = review.queue_of("all", sort="class")
    assert classes["given_label"].tolist() == sorted(classes["given_label"].tolist())
    with pytest.raises(UnknownName, match=r"no sort 'damages'.*Did you mean 'damage'"):
        review.queue_of("all", sort="damages")
    assert SORTS == ("suspicion", "damage", "class", "row")


def test_it_follows_the_labels(review):
    before = review.damage
    item = review.queue_of("label", sort="damage").index[0]
    review.relabel(item, review.issues.loc[item, "suggested_label"])
    np.testing.assert_allclose(review.damage.to_numpy(), list(by_hand(review).values()), rtol=1e-6)
    assert (review.damage != before).any()


def test_where_the_method_did_not_run_that_is_said(tmp_path):
    p = np.full((40, 2), 0.5, dtype=np.float32)
    data = explorer.read(np.random.default_rng(0).normal(size=(40, 3)), label=["a", "b"] * 20, probs=p)
    made = explorer.Review(data, tmp_path / "s.labels.db", k=5).wait("score", progress=False)
    findings = made.results.findings
    made.listings.harms = lambda: None
    assert findings is not None
    with pytest.raises(ExplorerError, match="damage is not known: the method 'shapley'"):
        _ = made.damage
    made.close()
