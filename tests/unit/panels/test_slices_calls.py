"""Slices over the wire."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from panels_help import Page

import explorer
from explorer.errors import DataError, UnknownName
from explorer.review.review import Review

N = 300


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, N)
    x = (np.eye(4)[truth] * 4 + rng.normal(size=(N, 4))).astype(np.float32)
    lab = np.where(np.arange(N) % 5 == 0, "B", "A")
    given = np.where((lab == "B") & (truth == 1), 0, truth)
    columns = {"lab": lab.tolist(), "row": [f"r{n}" for n in range(N)], "site": [f"s{n % 150}" for n in range(N)]}
    columns["note"] = [f"{'long ' * 100}{n % 2}" for n in range(N)]
    data = explorer.read(x, label=given, key=[f"k{n:03d}" for n in range(N)], columns=columns)
    made = Review(data, tmp_path_factory.mktemp("slices") / "s.labels.db", k=15).wait("score", progress=False)
    yield made
    made.close()


def test_columns_rows_and_meanings(review: Review) -> None:
    page = Page(review)
    assert page.call("slices")["columns"] == ["lab", "row", "site", "note"]
    body = page.call("slices", by="lab")
    found = review.slices("lab")
    assert body["sentence"] == found.sentence()
    assert [row["name"] for row in body["rows"]] == found.table.index.tolist()
    assert {row["name"]: row["differs"] for row in body["rows"]} == {"B": "more", "A": "fewer"}
    assert body["shift"] == review.shift("lab").sentence("below")
    assert [(row["slice"], row["given"], row["looks_like"]) for row in body["shifts"]] == [("B", "0", "1")]


def test_items(review: Review) -> None:
    page = Page(review)
    body = page.call("slices", by="lab")
    code = next(row["code"] for row in body["rows"] if row["name"] == "B")
    items = page.array(page.call("slice_items", by="lab", code=code, name="B")["items"])
    assert sorted(items) == list(range(0, N, 5))
    p = review.results.combined.p_error[items]
    assert (np.diff(p) <= 0).all(), "the worst first"
    meaning = {"code": code, "name": "B", "given": "0", "looks_like": "1"}
    finding = page.array(page.call("slice_items", by="lab", **meaning)["items"])
    assert {str(review.dataset.item_ids[i]) for i in finding} == set(review.shift("lab").items(0))


def test_what_is_refused_and_what_is_cut_off(review: Review) -> None:
    page = Page(review)
    with pytest.raises(UnknownName, match="no column 'labb'"):
        page.call("slices", by="labb")
    with pytest.raises(DataError, match="all different"):
        page.call("slices", by="row")
    with pytest.raises(DataError, match="'C' is gone"):
        page.call("slice_items", by="lab", code=1, name="C")
    with pytest.raises(DataError, match="'B' is gone"):
        page.call("slice_items", by="lab", code=2, name="B")
    with pytest.raises(UnknownName, match="no class called 'dgo'"):
        page.call("slice_items", by="lab", code=1, name="B", given="dgo", looks_like="1")
    body = page.call("slices", by="site")
    assert (len(body["rows"]), body["more"]) == (100, 50)
    body = page.call("slices", by="note")
    assert {len(row["name"]) for row in body["rows"]} == {80}
    assert len(body["sentence"]) < 500
    long = [page.array(page.call("slice_items", by="note", **_of(row))["items"]) for row in body["rows"]]
    assert sorted({int(item) % 2 for item in items} == {0} for items in long) == [False, True], "told apart by number"


def _of(row: dict[str, object]) -> dict[str, object]:
    return {"code": row["code"], "name": row["name"]}
