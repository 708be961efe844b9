"""Every scope has its table, in its own order, and an error that says what to run where it is not computed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import explorer
from explorer.errors import DataError, ExplorerError, UnknownName
from explorer.review.listings import BASE
from explorer.review.scopes import SCOPES

N = 900


def planted(n=N):
    """Return vectors of four groups, with copies, outliers and a rare class, and labels, one in eight of them wrong."""
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 4, n)
    x = (np.eye(8)[truth] * 4 + rng.normal(size=(n, 8))).astype(np.float32)
    x[10:14] = -8 + rng.normal(size=(4, 8)) * np.array([9, 1, 1, 1, 1, 1, 1, 1])
    x[20] = x[21] + 1e-6
    x[22] = x[23] + 1e-6
    given = np.where(rng.random(n) < 0.12, rng.integers(0, 4, n), truth)
    given[20], given[21] = 0, 1
    given[22] = given[23] = 2
    given[30:33] = 4
    return x, given


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """A review that nobody decides anything in."""
    x, given = planted()
    dataset = explorer.read(x, label=given, key=[f"k{i:03d}" for i in range(N)])
    made = explorer.Review(dataset, tmp_path_factory.mktemp("scopes") / "s.labels.db", k=20, rater="ann")
    made.wait("score", progress=False)
    yield made
    made.close()


@pytest.fixture
def review(tmp_path):
    x, given = planted(200)
    dataset = explorer.read(x, label=given, key=[f"k{i:03d}" for i in range(200)])
    made = explorer.Review(dataset, tmp_path / "s.labels.db", k=20, rater="ann")
    made.wait("score", progress=False)
    yield made
    made.close()


@pytest.mark.parametrize("one", SCOPES, ids=lambda one: one.name)
def test_every_scope_has_the_same_columns_and_its_own(scored, one):
    table = scored.queue_of(one.name)
    assert type(table) is pd.DataFrame
    assert list(table.columns[: len(BASE)]) == list(BASE)
    assert set(one.columns) <= set(table.columns)
    assert table.index.is_unique
    assert set(table.index) <= set(scored.dataset.item_ids)
    pd.testing.assert_frame_equal(table, scored.queue_of(one.title))


@pytest.mark.parametrize(
    "name", ["label", "outlier", "near_duplicate", "conflicting_duplicate", "ambiguous", "underperforming", "imbalance"]
)
def test_a_scope_holds_what_the_table_flags(scored, name):
    issues = scored.issues
    table = scored.queue_of(name)
    assert set(table.index) == set(issues.index[issues[f"is_{name}_issue"]])
    assert table["why"].ne("").all()


def test_label_errors_are_the_suspects_worst_first(scored):
    issues = scored.issues
    assert scored.queue_of("label").index.tolist() == issues.index[issues.is_label_issue].tolist()
    assert scored.queue_of("everything").index.tolist() == issues.index.tolist()


def test_outliers_come_farthest_first_by_either_score(scored):
    table = scored.queue_of("outliers")
    assert {"k010", "k011", "k012", "k013"} & set(table.index)
    assert table["why"].str.contains("as far from its nearest|as like its nearest").all()
    assert (table["outlier_relation"] > 0).all()


def test_duplicates_stand_together(scored):
    near = scored.queue_of("near duplicates")
    assert {"k020", "k021", "k022", "k023"} <= set(near.index)
    sets = near["near_duplicate_set"].tolist()
    assert sets == [s for s in dict.fromkeys(sets) for _ in range(sets.count(s))]
    conflicting = scored.queue_of("conflicting duplicates")
    assert {"k020", "k021"} <= set(conflicting.index)
    assert not {"k022", "k023"} & set(conflicting.index)
    assert conflicting.loc[["k020", "k021"], "conflicting_duplicate_set"].nunique() == 1


def test_rare_classes_and_kinds_say_which(scored):
    assert scored.queue_of("rare classes")["given_label"].unique().tolist() == ["4"]
    kinds = scored.queue_of("kinds")
    assert set(kinds["kind"]) <= {"mislabelled", "out_of_distribution", "corrupted", "atypical"}
    assert kinds["kind"].tolist() == [
        k for k in dict.fromkeys(kinds["kind"]) for _ in range((kinds["kind"] == k).sum())
    ]


def test_what_has_no_label_comes_surest_suggestion_first_until_it_has_one(tmp_path):
    x, given = planted(200)
    labels = pd.Series(given.astype(str)).astype(object)
    labels[[40, 77, 121]] = None
    review = explorer.Review(explorer.read(x, label=labels), tmp_path / "s.labels.db", k=20, rater="ann")
    review.wait("score", progress=False)
    found = review.queue_of("unlabelled")
    assert sorted(review.dataset.find(name) for name in found.index) == [40, 77, 121]
    assert found["given_label"].isna().all()
    assert found["suggested_p"].is_monotonic_decreasing
    review.relabel(found.index[0], found["suggested_label"].iloc[0])
    assert found.index[0] not in review.queue_of("unlabelled").index
    review.close()


def test_random_checks_are_the_next_draws(review):
    first = review.queue_of("random checks")
    assert first["draw"].tolist() == list(range(1, 21))
    drawn = review.queue.index[review.queue["drawn"]]
    assert set(drawn[:20]) <= set(first.index)
    review.keep(first.index[:3])
    after = review.queue_of("random")
    assert after.index.tolist()[:17] == first.index.tolist()[3:]
    assert len(after) == 20
    asked = review.audit(2)
    assert review.queue_of("random").index[:2].tolist() == sorted(asked)


def test_what_is_decided_on_is_left_out_unless_asked_for_and_sets_stay_whole(review):
    worst = review.queue_of("label").index[0]
    review.keep(worst)
    assert worst not in review.queue_of("label").index
    assert worst in review.queue_of("everything", decided=True).index
    assert {"k022", "k023"} <= set(review.queue_of("near_duplicate").index)
    review.keep("k022")
    assert {"k022", "k023"} <= set(review.queue_of("near_duplicate").index), "they are looked at side by side"
    review.keep("k023")
    assert not {"k022", "k023"} & set(review.queue_of("near_duplicate").index)
    assert {"k022", "k023"} <= set(review.queue_of("near_duplicate", decided=True).index)


def test_a_scope_that_is_not_computed_says_what_to_do(review):
    with pytest.raises(ExplorerError, match="The scope 'kind' is not computed.*700 items or more"):
        review.queue_of("kind")
    with pytest.raises(UnknownName, match="Did you mean 'outlier'.*All scopes: label, unlabelled, outlier,"):
        review.queue_of("outlyer")


def test_filters_join(scored):
    issues = scored.issues
    found = scored.filter(given=1, suggested=["2", 3], p_error=(0.5, 1), state="open")
    kept = issues[issues.given_label.eq("1") & issues.suggested_label.isin(["2", "3"]) & issues.p_error.ge(0.5)]
    pd.testing.assert_frame_equal(found, kept)
    assert scored.filter(state=["kept", "decided"]).empty
    assert len(scored.filter()) == N
    outliers = scored.filter(scope="outlier", label="0")
    assert outliers.index.tolist() == [i for i in scored.queue_of("outlier").index if issues.label[i] == "0"]
    assert scored.filter(text="k00").index.sort_values().tolist() == [f"k00{i}" for i in range(10)]
    for wrong, said in (
        ({"given": "cat"}, "no class 'cat'"),
        ({"state": "done"}, "no state 'done'.*"),
        ({"scope": "odd"}, "no scope 'odd'"),
        ({"p_error": (0.9, 0.1)}, "is no range"),
        ({"p_error": "much"}, "is no range"),
        ({"p_error": True}, "is no range"),
    ):
        with pytest.raises(DataError, match=said):
            scored.filter(**wrong)


def test_a_selection_grows(scored):
    same = scored.issues.index[scored.issues.p_error < 0.01][0]
    scored.select(same)
    grown = scored.grow(size=10)
    assert len(grown) == 10
    assert grown.index[0] == same
    assert grown["belongs"].iloc[0] > 0
    assert scored.grow(rows=[5], size=3).index[0] == "k005"
    scored.select(None)
    with pytest.raises(DataError, match="no selection to grow"):
        scored.grow()


def test_branches_and_tags_are_listed(review):
    review.labels.tag("first", why="before")
    review.labels.branch("other")
    assert review.branches()["name"].tolist() == ["main", "other"]
    assert review.tags()["name"].tolist() == ["first"]
