"""What a scope says goes out with the card; copies are decided on in one commit; a selection grows by a call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from panels_help import Page

import explorer
from explorer.errors import DataError
from explorer.review.review import Review

N = 300


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 4, N)
    x = (np.eye(8)[truth] * 5 + rng.normal(size=(N, 8))).astype(np.float32)
    x[20:23] = x[20]
    x[50] = -9 + 9 * rng.normal(size=8)
    given = truth.copy()
    given[20:23] = 0, 0, 1
    names = np.array(["cat", "dog", "ship", "newt"])
    dataset = explorer.read(x, label=names[given], key=[f"k{i:03d}" for i in range(N)])
    review = Review(dataset, tmp_path_factory.mktemp("verdicts") / "s.labels.db", k=15, rater="ann")
    yield review.wait("score", progress=False)
    review.close()


@pytest.fixture
def review(finished: Review) -> Iterator[Review]:
    yield finished
    while finished.undo() is not None:
        continue


@pytest.fixture
def page(review: Review) -> Page:
    return Page(review)


def test_a_card_says_why_its_item_is_in_the_scope_that_was_asked_about(page: Page) -> None:
    assert "scope" not in page.call("card", item=50)
    why = page.call("card", item=50, scope="outlier")["scope"]
    assert why["text"].startswith("Farther from its 10 nearest than ")
    assert (why["scope"], why["size"], why["members"]) == ("outlier", 0, [])
    copies = page.call("card", item=21, scope="conflicting_duplicate")["scope"]
    assert copies == page.call("scope_why", item=21, scope="conflicting_duplicate")
    assert copies["text"] == "2 copies say cat, 1 says dog."
    assert copies["members"] == [
        {"item": i, "id": f"k{i:03d}", "name": page.review.dataset.name(i)} for i in (20, 21, 22)
    ]
    assert page.call("card", item=100, scope="near_duplicate")["scope"]["text"] == ""
    with pytest.raises(DataError, match="wrong argument 'scope'"):
        page.call("card", item=50, scope="outlyer")


def test_a_set_that_is_too_large_to_see_is_counted_only(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.panels.handlers.verdicts.SEEN", 2)
    why = page.call("scope_why", item=21, scope="near_duplicate")
    assert (why["size"], why["members"]) == (3, [])
    grown = page.call("grow", items=[21], order=page.review.dataset.order, scope="near_duplicate")
    assert page.array(grown["items"]).tolist() == [21, 20, 22]
    assert grown["whole"] is True


def test_before_there_are_scores_a_scope_says_nothing(tmp_path: Path) -> None:
    x = np.eye(4, dtype=np.float32)
    with_none = Review(explorer.read(x, label=list("aabb")), tmp_path / "s.labels.db", start=False)
    page = Page(with_none)
    assert page.call("card", item=1, scope="outlier")["scope"]["text"] == ""
    with pytest.raises(DataError, match="when the items are scored"):
        page.call("grow", items=[1], order=with_none.dataset.order)
    with_none.close()


def test_one_copy_is_kept_and_the_others_left_out_in_one_commit(page: Page, review: Review, tmp_path: Path) -> None:
    before = review.state.codes.tolist(), review.state.states.tolist()
    commits = len(review.labels.log())
    wish = {"action": "leave_out", "items": [21, 20, 22], "kept": [21], "order": review.dataset.order}
    expected = {str(i): review.state.event_of(i) for i in (20, 21, 22)}
    reply = page.call("edit", op_id="keep-one", expected=expected, why="the same scan", **wish)
    assert {cell["item"]: cell["state"] for cell in reply["cells"]} == {20: "left out", 21: "kept", 22: "left out"}
    assert len(review.labels.log()) == commits + 3
    assert review.labels.log()["commit"].iloc[:3].nunique() == 1
    out = review.export(tmp_path / "kept.csv", drop=True).read_text(encoding="utf-8")
    assert "k021" in out
    assert "k020" not in out
    assert "k022" not in out
    review.undo()
    assert (review.state.codes.tolist(), review.state.states.tolist()) == before


def test_all_copies_get_one_label_and_those_that_had_it_are_kept(page: Page, review: Review) -> None:
    before = review.state.codes.tolist(), review.state.states.tolist()
    expected = {str(i): review.state.event_of(i) for i in (20, 21, 22)}
    wish = {"action": "relabel", "items": [20, 21, 22], "label": "cat", "kept": [20, 21], "order": review.dataset.order}
    reply = page.call("edit", op_id="all-cat", expected=expected, **wish)
    assert {cell["item"]: cell["state"] for cell in reply["cells"]} == {20: "kept", 21: "kept", 22: "relabelled"}
    review.scores.ready()
    assert page.call("scope_why", item=22, scope="conflicting_duplicate")["text"] == "All 3 copies say cat now."
    review.undo()
    assert (review.state.codes.tolist(), review.state.states.tolist()) == before


def test_a_selection_grows_by_a_call_and_by_another_farther(page: Page, review: Review) -> None:
    order = review.dataset.order
    reply = page.call("grow", items=[100], order=order)
    first = page.array(reply["items"]).tolist()
    assert first[0] == 100
    assert len(first) > 1
    further = page.array(page.call("grow", items=[100], order=order, count=len(first))["items"]).tolist()
    assert further[: len(first)] == first
    assert len(further) > len(first)
    with pytest.raises(DataError, match="Choose again"):
        page.call("grow", items=[100], order="another")
    with pytest.raises(DataError, match="no selection"):
        page.call("grow", items=[], order=order)
