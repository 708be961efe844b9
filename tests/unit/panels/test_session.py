"""What a click sends, and to whom: the answer to the page that asked, the same cells to others, scores by rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from panels_help import Wire, unpacked

import explorer
from explorer import labels as label_store
from explorer.panels import session_of, show
from explorer.review import sync
from explorer.review.review import Review

N = 200
KEYS = [f"k{i:03d}" for i in range(N)]


@pytest.fixture
def review(tmp_path: Path) -> Iterator[Review]:
    rng = np.random.default_rng(0)
    truth = np.arange(N) % 3
    vectors = (rng.normal(size=(N, 5)) + 5 * np.eye(5)[truth]).astype(np.float32)
    labels = np.where(rng.random(N) < 0.1, (truth + 1) % 3, truth)
    names = np.array(["cat", "dog", "emu"])[labels]
    dataset = explorer.read(vectors, label=names.tolist(), key=KEYS)
    made = Review(dataset, tmp_path / "s.labels.db", rater="ann").wait(progress=False)
    made.scores.ready()
    yield made
    made.close()


@pytest.fixture
def pages(review: Review, monkeypatch: pytest.MonkeyPatch) -> tuple[Wire, Wire]:
    """Two widgets in pages of their own, which have asked for everything."""
    found = Wire(show(review), review, monkeypatch), Wire(show(review, "queue"), review, monkeypatch)
    for page in found:
        for name in ("hello", "labels", "scores"):
            assert page.call(name)["ok"]
        page.sent.clear()
    return found


def columns(page: Wire) -> dict[str, Any]:
    """Return the answer to `scores` with its arrays in place."""
    reply = page.call("scores")["result"]
    return dict(unpacked(reply, page.sent[-1][1]))


def relabel(page: Wire, review: Review, item: int, label: str, **more: Any) -> dict[str, Any]:
    given = {"action": "relabel", "items": [item], "order": review.dataset.order, "expected": {}, "label": label}
    return page.call("edit", **given, op_id=f"op-{item}-{label}", **more)


def rows_follow(page: Wire, times: int = 1) -> list[dict[str, Any]]:
    page.until(lambda: sum(content.get("event") == "scores_rows" for content, _ in page.sent) >= times)
    return page.pushes("scores_rows")


def test_a_click_sends_cells_once_and_scores_by_rows(review: Review, pages: tuple[Wire, Wire]) -> None:
    asker, other = pages
    before = columns(asker)
    item = int(np.nanargmax(before["p_error"]))
    reply = relabel(asker, review, item, review.classes[before["suggested"][item]])
    assert reply["push"] == "cells", "another page on the same comm takes it for one"
    told = rows_follow(asker)
    rows_follow(other)
    assert asker.events() == ["scores_rows"] * len(told)
    assert [event for event in other.events() if event != "scores_rows"] == ["cells"]
    (cells,) = other.pushes("cells")
    assert {**reply["result"], "event": "cells"} == cells
    assert "classes" not in cells, "they are what they were"
    assert [cell["item"] for cell in cells["cells"]] == [item]

    # The rows put into the columns of before are the columns of now.
    after = columns(asker)
    assert [push["version"] for push in told] == list(range(before["version"] + 1, after["version"] + 1))
    for push in told:
        assert 0 < len(push["rows"]) < N
        assert push["rows"].dtype == np.int32
        for name, sent in (("p_error", "p_error"), ("suggested", "suggested"), ("is_label_issue", "suspect")):
            column = before[name].copy()
            column[push["rows"]] = push[sent]
            before[name] = column
        for name, flag in push.get("flags", {}).items():
            column = before[name].copy()
            column[flag["rows"]] = flag["values"]
            before[name] = column
    for name in ("p_error", "suggested", "is_label_issue", "is_outlier_issue", "is_near_duplicate_issue"):
        np.testing.assert_array_equal(before[name], after[name], err_msg=name)
    assert told[-1]["counts"] == review.counts()
    assert told[-1]["counts"]["suspects"] == int(after["is_label_issue"].sum())


def test_what_is_no_click_is_told_to_everybody(review: Review, pages: tuple[Wire, Wire], tmp_path: Path) -> None:
    review.relabel(KEYS[3], "emu")
    for page in pages:
        assert [cell["item"] for cell in page.pushes("cells")[0]["cells"]] == [3]
    with label_store.open(tmp_path / "s.labels.db", rater="bob") as store:
        store.set(KEYS[4], "emu")
    # A colleague's change, found on the way of a click, is news for the page that clicks too.
    asker, other = pages
    relabel(asker, review, 5, "emu")
    assert next(cell["item"] for cell in asker.pushes("cells")[1]["cells"]) == 4
    assert {cell["item"] for push in other.pushes("cells") for cell in push["cells"]} == {3, 4, 5}


def test_classes_travel_when_they_change(review: Review, pages: tuple[Wire, Wire]) -> None:
    asker, other = pages
    assert "classes" not in relabel(asker, review, 3, "emu")["result"]
    assert "hello" not in other.events()
    reply = relabel(asker, review, 4, "yak", new_class=True)["result"]
    assert reply["classes"] == ["cat", "dog", "emu", "yak"]
    assert other.pushes("cells")[-1]["classes"] == reply["classes"]
    assert "classes" not in relabel(asker, review, 5, "yak")["result"]


def test_after_many_cells_everybody_reads_anew(
    review: Review, pages: tuple[Wire, Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = 20
    for module in ("sync", "panels.session", "panels.payloads"):
        name = f"explorer.{module}" if "." in module else "explorer.review.sync"
        monkeypatch.setattr(f"{name}.FEW", few)
    assert few == sync.FEW
    asker, other = pages
    items = list(range(few + 1))
    reply = asker.call("edit", action="keep", items=items, order=review.dataset.order, expected={}, op_id="many")[
        "result"
    ]
    assert reply["commit"]
    assert reply["cells"] == []
    assert "hello" in asker.events()
    assert "hello" in other.events()
    assert other.pushes("cells") == []
    assert review.counts()["kept"] == few + 1


def test_a_new_sample_goes_out_with_the_rows_that_it_came_with(review: Review, pages: tuple[Wire, Wire]) -> None:
    asker, other = pages
    items = asker.call("audit", count=5)["result"]["items"]
    assert set(other.pushes("sample")[-1]["asked"]) == set(items)
    pushes = len(other.pushes("sample"))
    for item in items:
        asker.call("edit", action="keep", items=[item], order=review.dataset.order, expected={}, op_id=f"keep-{item}")
    rows_follow(other)
    assert len(other.pushes("sample")) == pushes, "nobody has asked about more"
    assert all("asked" not in push for push in other.pushes("scores_rows"))


def test_a_review_that_is_closed_lets_go_of_its_widgets(review: Review, pages: tuple[Wire, Wire]) -> None:
    session = session_of(review)
    assert session_of(review) is session
    review.close()
    assert all(page.widget.comm is None for page in pages)
    assert session_of(review) is not session
