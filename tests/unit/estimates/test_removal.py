"""Removing the worst labels: the curve is that of probes taught without them, on the same folds."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from explorer import probe
from explorer.errors import DataError
from explorer.estimates.helped import helped
from explorer.estimates.removal import SHARES, removal

N = 500


@pytest.fixture(scope="module")
def digits():
    data = load_digits()
    x = ((data.data - data.data.mean(axis=0)) / 16).astype(np.float32)[:N]
    truth = data.target.astype(np.int32)[:N]
    rng = np.random.default_rng(0)
    wrong = rng.random(N) < 0.25
    return x, truth, np.where(wrong, (truth + 1) % 10, truth).astype(np.int32), wrong


@pytest.fixture(scope="module")
def found(digits):
    x, truth, given, wrong = digits
    return removal(x, given, truth, wrong + np.linspace(0, 0.1, N), np.ones(N, bool), 10)


def test_removing_what_is_wrong_helps_and_removing_at_random_does_not(found):
    table = found.table
    assert table.index.tolist() == list(SHARES)
    assert table["removed"].tolist() == [round(share * N) for share in SHARES]
    assert found.best >= 0.15
    assert table.loc[0.25, "low"] > 0
    assert table.loc[0.25, "worst"] > table.loc[0.25, "random"] + 0.03
    assert (table["low"] <= table["difference"]).all()
    assert "worst labels" in found.sentence()
    assert "helps: the probe gets" in found.sentence()
    assert "<table" in found._repr_html_()


@pytest.fixture
def few_shares(monkeypatch):
    monkeypatch.setattr("explorer.estimates.removal.SHARES", (0.0, 0.1, 0.25))


def test_the_curve_begins_with_all_labels_and_is_the_same_each_time(digits, found, few_shares):
    x, truth, given, wrong = digits
    before = helped(x, given, truth, np.ones(N, bool), 10).before
    assert found.table.loc[0.0, "worst"] == found.table.loc[0.0, "random"] == before
    again = removal(x, given, truth, wrong + np.linspace(0, 0.1, N), np.ones(N, bool), 10)
    assert again.table.equals(found.table.loc[[0.0, 0.1, 0.25]])


def test_silent_items_teach_nothing_and_are_held_out_in_their_fold(digits):
    x, _, given, wrong = digits
    quiet = probe.out_of_fold(x, given, 10, silent=wrong).probs
    other = given.copy()
    other[wrong] = (given[wrong] + 5) % 10
    # Whatever their labels say; the folds are dealt by them, so classes keep their sizes here.
    everyone = probe.out_of_fold(x, given, 10).probs
    assert not np.allclose(quiet, everyone)
    nobody = probe.out_of_fold(x, given, 10, silent=np.zeros(N, bool)).probs
    np.testing.assert_array_equal(nobody, everyone)
    with pytest.raises(DataError, match="silenced"):
        probe.out_of_fold(x, given, 10, silent=wrong[:5])
    with pytest.raises(DataError, match="silenced"):
        probe.out_of_fold(x, given, 10, silent=wrong, suites=True)


def test_without_reviewed_items_all_labels_are_judged_on(digits, few_shares):
    x, _, given, wrong = digits
    found = removal(x, given, given, wrong.astype(float), np.zeros(N, bool), 10)
    assert not found.reviewed
    assert found.judged == N
    assert "none of them reviewed" in found.sentence()


def test_edges(digits):
    x, truth, given, wrong = digits
    none = removal(x[:4], np.full(4, -1, np.int32), np.full(4, -1, np.int32), np.full(4, np.nan), np.zeros(4, bool), 2)
    assert none.sentence() == "There is no label to judge on."
    assert none.best == 0
    one = removal(x[:30], np.zeros(30, np.int32), np.zeros(30, np.int32), np.zeros(30), np.ones(30, bool), 1)
    assert "does not help: 100.0 %" in one.sentence()
    with pytest.raises(DataError, match="500 vectors, 500 labels and 3 places"):
        removal(x, given, truth, wrong[:3], np.ones(N, bool), 10)


def test_flips_are_counted_both_ways(digits):
    x, truth, given, _ = digits
    found = helped(x, given, truth, np.arange(N) < 300, 10)
    assert found.gained - found.lost == round(found.difference * 300)
    assert len(found.lost_at) == found.lost
    assert len(found.gained_at) == found.gained
    assert (found.lost_at < 300).all()
    assert found.per_class["gained"].sum() == found.gained
    assert found.per_class["lost"].sum() == found.lost
    assert f"{found.gained} that it got wrong before" in found.sentence()
    assert "that it got right before" in found.sentence()
    same = helped(x, truth, truth, np.ones(N, bool), 10)
    assert (same.gained, same.lost, same.flips()) == (0, 0, "")
