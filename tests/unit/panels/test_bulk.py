"""Decisions on many items: what they would change is said before, written in one commit, and taken back exactly."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from panels_help import Page
from planted_help import Planted

import explorer
from explorer.errors import DataError, UnknownName
from explorer.review.review import Review


@pytest.fixture(scope="module")
def finished(planted: Planted, tmp_path_factory: pytest.TempPathFactory) -> Review:
    dataset = explorer.read(planted.images[:300], label=planted.labels[:300], key=planted.keys[:300])
    review = Review(dataset, tmp_path_factory.mktemp("bulk") / "s.labels.db", rater="ann")
    return review.wait(progress=False)


@pytest.fixture
def review(finished: Review) -> Iterator[Review]:
    finished.scores.ready()
    yield finished
    for rater in ("ben", "ann"):
        finished.rater = rater
        while finished.undo() is not None:
            continue


@pytest.fixture
def page(review: Review) -> Page:
    return Page(review)


def foresee(page: Page, items: Any, action: str, **more: Any) -> dict[str, Any]:
    order = page.review.dataset.order
    found: dict[str, Any] = page.call("outlook", items=[int(i) for i in items], action=action, order=order, **more)
    for name in ("items", "labels", "decided"):
        found[name] = page.array(found[name]).tolist()
    found["expected"] = {str(i): page.review.state.event_of(i) for i in found["items"]}
    return found


def decide(page: Page, found: dict[str, Any], op_id: str, **more: Any) -> dict[str, Any]:
    labels = [page.review.classes[code] for code in found["labels"]]
    order = page.review.dataset.order
    given = {"action": "relabel", "labels": labels, "expected": found["expected"], "order": order}
    reply: dict[str, Any] = page.call("edit", items=found["items"], op_id=op_id, **given | more)
    return reply


def columns(review: Review) -> tuple[list[int], list[int]]:
    return review.state.codes.tolist(), review.state.states.tolist()


def test_what_accepting_would_change_is_said_by_class(page: Page, review: Review) -> None:
    combined = review.state.results.combined
    assert combined is not None
    everything = range(300)
    found = foresee(page, everything, "accept")
    now, suggested = review.state.codes, combined.suggested
    changing = np.flatnonzero((suggested >= 0) & (suggested != now))
    assert len(changing) > 5
    assert found["items"] == changing.tolist()
    assert found["labels"] == suggested[changing].tolist()
    assert (found["n"], found["without"]) == (300, int((suggested < 0).sum()))
    assert found["unchanged"] == 300 - len(changing) - found["without"]
    assert sum(row["count"] for row in found["changes"]) == len(changing)
    for row in found["changes"]:
        assert row["count"] == int(((now == row["before"]) & (suggested == row["after"]))[changing].sum())
    counts = [row["count"] for row in found["changes"]]
    assert counts == sorted(counts, reverse=True)
    assert found["deciders"] == []


def test_what_somebody_had_decided_is_told_apart_with_who(page: Page, review: Review) -> None:
    ids, now = review.dataset.item_ids, review.state.codes
    target = review.classes[now[0]]
    others = np.flatnonzero(now != now[0])
    review.relabel(
        str(ids[others[0]]), next(c for c in review.classes if c not in (target, review.classes[now[others[0]]]))
    )
    review.keep(str(ids[others[1]]))
    review.rater = "ben"
    review.mark(str(ids[others[2]]), "ambiguous")
    review.keep(str(ids[0]))  # has that label already: it is none of those that would change
    chosen = [0, *others[:6].tolist(), others[0]]
    found = foresee(page, chosen, "relabel", label=target)
    assert (found["n"], found["unchanged"], found["without"]) == (7, 1, 0), "one named twice counts once"
    assert found["items"] == sorted(others[:6].tolist())
    assert [i for i, d in zip(found["items"], found["decided"], strict=True) if d] == sorted(others[:3].tolist())
    assert sum(row["decided"] for row in found["changes"]) == 3
    by = {(each["rater"], each["state"]): each["count"] for each in found["deciders"]}
    assert by == {("ann", "relabelled"): 1, ("ann", "kept"): 1, ("ben", "flagged"): 1}


def test_keeping_leaves_out_what_is_kept(page: Page, review: Review) -> None:
    ids, given = review.dataset.item_ids, review.state.given
    review.keep(str(ids[3]))
    review.relabel(str(ids[4]), next(c for c in review.classes if c != review.classes[given[4]]))
    found = foresee(page, [2, 3, 4], "keep")
    assert (found["items"], found["unchanged"], found["decided"]) == ([2, 4], 1, [0, 1])
    assert found["labels"] == given[[2, 4]].tolist()


def test_leaving_out_passes_over_what_is_left_out(page: Page, review: Review) -> None:
    review.leave_out(str(review.dataset.item_ids[3]))
    before = columns(review)
    found = foresee(page, [2, 3, 4], "leave_out")
    assert (found["items"], found["unchanged"], found["without"]) == ([2, 4], 1, 0)
    order = review.dataset.order
    page.call("edit", items=[2, 4], op_id="op-out", action="leave_out", expected=found["expected"], order=order)
    assert review.state.codes.tolist() == before[0], "the labels stay"
    page.call("undo", op_id="op-in")
    assert columns(review) == before


def test_many_labels_are_one_commit_and_one_undo_brings_them_back(page: Page, review: Review) -> None:
    before = columns(review)
    commits = len(review.labels.commits())
    found = foresee(page, range(300), "accept")
    reply = decide(page, found, "op-many")
    assert reply["commit"]
    assert review.state.codes[found["items"]].tolist() == found["labels"]
    assert len(review.labels.commits()) == commits + 1
    page.call("undo", op_id="op-back")
    assert columns(review) == before


def test_nothing_is_written_over_what_changed_since(page: Page, review: Review) -> None:
    found = foresee(page, range(300), "accept")
    review.keep(str(review.dataset.item_ids[found["items"][1]]))
    before = columns(review)
    with pytest.raises(explorer.labels.Conflict):
        decide(page, found, "op-late")
    assert columns(review) == before


def test_what_cannot_be_meant_is_refused(page: Page, review: Review) -> None:
    order = review.dataset.order
    with pytest.raises(UnknownName, match="class"):
        foresee(page, [1], "relabel", label="no class")
    with pytest.raises(DataError, match="no label"):
        foresee(page, [1], "relabel")
    with pytest.raises(DataError, match="300"):
        foresee(page, [300], "keep")
    with pytest.raises(DataError, match="changed"):
        page.call("outlook", items=[1], action="keep", order=f"not {order}")
    found = foresee(page, range(300), "accept")
    with pytest.raises(DataError, match="labels were given"):
        decide(page, found, "op-few", labels=["1"])
    with pytest.raises(UnknownName):
        decide(page, found, "op-new", labels=["no class"] * len(found["items"]))


def test_twenty_thousand_items_are_one_commit(tmp_path: Path) -> None:
    n = 20_000
    vectors = np.zeros((n, 2), dtype=np.float32)
    vectors[:, 0] = np.arange(n)
    dataset = explorer.read(vectors, label=["cat"] * (n - 1) + ["dog"])
    with contextlib.closing(Review(dataset, tmp_path / "many.labels.db", rater="ann", start=False)) as review:
        review.keep(str(dataset.item_ids[7]))
        page = Page(review)
        found = foresee(page, range(n), "relabel", label="dog")
        assert (len(found["items"]), found["unchanged"], sum(found["decided"])) == (n - 1, 1, 1)
        open_ones = [(i, c) for i, c, d in zip(found["items"], found["labels"], found["decided"], strict=True) if not d]
        found["items"], found["labels"] = map(list, zip(*open_ones, strict=True))
        before = columns(review)
        reply = decide(page, found, "op-all", expected={}, base=review.state.base_event)
        assert (reply["cells"], reply["changed"]) == ([], n - 2)
        assert review.state.counts()["relabelled"] == n - 2
        assert page.call("undo", op_id="op-back")["changed"] == n - 2
        assert columns(review) == before
