"""Scopes over the wire: counts, items in their order, why there are none, and what Python opens and highlights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from panels_help import Page, Wire

import explorer
from explorer.errors import DataError, UnknownName
from explorer.panels import show
from explorer.review.review import Review
from explorer.review.scopes import SCOPES, Scope

N = 240


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 3, N)
    x = (np.eye(6)[truth] * 4 + rng.normal(size=(N, 6))).astype(np.float32)
    x[10:14] = -9 + rng.normal(size=(4, 6)) * np.array([9, 1, 1, 1, 1, 1])
    x[20], x[22] = x[21], x[23]
    given = np.where(rng.random(N) < 0.1, rng.integers(0, 3, N), truth)
    given[20], given[21] = 0, 1
    given[22] = given[23] = 2
    dataset = explorer.read(x, label=given, key=[f"k{i:03d}" for i in range(N)])
    review = explorer.Review(dataset, tmp_path_factory.mktemp("scopes") / "s.labels.db", k=20, rater="ann")
    review.wait("score", progress=False)
    yield review
    review.close()


@pytest.fixture
def review(finished: Review) -> Iterator[Review]:
    finished.scores.ready()
    yield finished
    while finished.undo() is not None:
        continue
    finished.highlight(None)


@pytest.mark.parametrize("one", SCOPES, ids=lambda one: one.name)
def test_items_are_those_of_queue_of_in_its_order(review: Review, one: Scope) -> None:
    page = Page(review)
    body = page.call("scope", name=one.name)
    items = page.array(body["items"])
    if one.name == "kind":
        assert len(items) == 0
        assert body["why"].startswith("Not computed: the method 'archaeology' needs")
        return
    assert [str(review.dataset.item_ids[i]) for i in items] == review.queue_of(one.name, decided=True).index.tolist()
    assert bool(body["why"]) == (len(items) == 0)
    assert (body["sets"] is None) == (one.name not in ("near_duplicate", "conflicting_duplicate"))
    if body["sets"] is not None:
        sets = page.array(body["sets"])
        assert len(sets) == len(items)
        assert (np.diff(np.flatnonzero(np.diff(sets)), prepend=-1) > 0).all()


def test_counts_are_of_all_and_of_what_is_open(review: Review) -> None:
    page = Page(review)
    before = {each["name"]: each for each in page.call("scopes")}
    assert list(before) == [one.name for one in SCOPES]
    for name, each in before.items():
        if not each["lacking"]:
            assert each["all"] == len(page.array(page.call("scope", name=name)["items"])), name
            assert each["open"] <= each["all"]
    assert before["all"]["all"] == N
    assert "700 items or more" in before["kind"]["lacking"]
    assert all(each["about"].endswith(".") and each["none"].endswith(".") for each in before.values())
    review.leave_out("k010")
    after = {each["name"]: each for each in page.call("scopes")}
    assert after["outlier"]["open"] == before["outlier"]["open"] - 1
    assert after["all"]["open"] == N - 1


def test_nothing_waits_where_there_are_no_scores(tmp_path: Path) -> None:
    dataset = explorer.read(["a b", "c d"], label=["x", "y"])
    review = explorer.Review(dataset, tmp_path / "s.labels.db", start=False)
    page = Page(review)
    assert {each["lacking"] for each in page.call("scopes")} == {"there are no scores yet: see review.status"}
    body = page.call("scope", name="label")
    assert body["why"] == "Not computed: there are no scores yet: see review.status."
    with pytest.raises(DataError, match="wrong argument 'name'"):
        page.call("scope", name="odd")
    review.close()


def test_python_opens_a_scope_here_and_in_pages_that_come(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(show(review), review, monkeypatch)
    assert show(review, scope="outliers") is wire.widget
    wire.until(lambda: "scope" in wire.events())
    push = wire.pushes("scope")[-1]
    assert push["scope"] == "outlier"
    hello = Page(review).call("hello")
    assert hello["opened"] == {"scope": "outlier", "token": push["token"]}
    with pytest.raises(UnknownName, match="All scopes: label, unlabelled, outlier"):
        show(review, scope="odd")


def test_what_is_highlighted_is_told_and_remembered(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(show(review), review, monkeypatch)
    review.highlight(["k003", "k001", "k003"])
    wire.until(lambda: "highlight" in wire.events())
    assert wire.pushes("highlight")[-1]["items"].tolist() == [3, 1]
    page = Page(review)
    assert page.array(page.call("hello")["highlighted"]).tolist() == [3, 1]
    page.call("highlight", items=[])
    assert review.selected.highlighted == []
    assert "highlighted" not in page.call("hello")
