"""The search of the queue: the same items as `review.find`; and what is picked there, as Python hears it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from panels_help import Page

import explorer
from explorer.errors import DataError
from explorer.review.review import Review

TEXTS = ["A Good film, row 4", "dull play", "a GOOD play", "good and dull", "nothing good"]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    dataset = explorer.read(TEXTS, label=["+", "-", "+", "-", "+"])
    made = Review(dataset, tmp_path / "s.labels.db", start=False, rater="ann")
    yield Page(made)
    made.close()


def found(page: Page, text: str) -> tuple[list[int], list[int]]:
    reply: dict[str, Any] = page.call("find", text=text)
    assert reply["order"] == page.review.dataset.order
    return page.array(reply["items"]).tolist(), page.array(reply["exact"]).tolist()


def test_words_phrases_rows_and_ids_are_found_as_in_python(page: Page) -> None:
    assert found(page, "good") == ([0, 2, 3, 4], [])
    assert found(page, "dull GOOD") == ([3], [])
    assert found(page, '"good play"') == ([2], [])
    assert found(page, "row 4") == ([0, 4], [4])
    assert found(page, '"row 4"') == ([0], [])
    assert found(page, "4") == ([0, 4], [4])
    assert found(page, "absent") == ([], [])
    name = str(page.review.dataset.item_ids[1])
    assert found(page, name) == ([1], [1])
    assert found(page, name[:8]) == ([1], [])
    for text in ("good", "dull good", '"good play"', "row 4", "4", name[:8]):
        ids = [str(page.review.dataset.item_ids[i]) for i in found(page, text)[0]]
        assert sorted(page.review.find(text).index) == sorted(ids)
    with pytest.raises(DataError, match="cannot be searched for"):
        found(page, '""')


def test_python_hears_of_picks_and_a_step_leaves_them(page: Page) -> None:
    review, ids = page.review, [str(i) for i in page.review.dataset.item_ids]
    heard: list[list[str]] = []
    review.on_select(heard.append)
    page.call("select", item=0, items=[1, 3])
    assert (review.current, review.selection) == (ids[0], [ids[1], ids[3]])
    page.call("select", item=2)
    assert (review.current, review.selection) == (ids[2], [ids[1], ids[3]])
    page.call("select", item=2, items=[])
    assert review.selection == []
    assert heard == [[ids[1], ids[3]], [ids[2]]]
