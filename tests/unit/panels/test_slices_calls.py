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
    data = explorer.read(x, label=given, key=[f"k{n:03d}" for n in range(N)], columns=columns)
    made = Review(data, tmp_path_factory.mktemp("slices") / "s.labels.db", k=15).wait("score", progress=False)
    yield made
    made.close()


def test_columns_rows_and_meanings(review: Review) -> None:
    page = Page(review)
    assert page.call("slices")["columns"] == ["lab", "row", "site"]
    body = page.call("slices", by="lab")
    found = review.slices("lab")
    assert body["sentence"] == found.sentence()
    assert [row["name"] for row in body["rows"]] == found.table.index.tolist()
    assert {row["name"]: row["differs"] for row in body["rows"]} == {"B": "more", "A": "fewer"}
    assert body["shift"] == review.shift("lab").sentence()
    assert [(row["slice"], row["given"], row["looks_like"]) for row in body["shifts"]] == [("B", "0", "1")]


def test_items(review: Review) -> None:
    page = Page(review)
    items = page.array(page.call("slice_items", by="lab", name="B")["items"])
    assert sorted(items) == list(range(0, N, 5))
    p = review.results.combined.p_error[items]
    assert (np.diff(p) <= 0).all(), "the worst first"
    finding = page.array(page.call("slice_items", by="lab", finding=0)["items"])
    assert {str(review.dataset.item_ids[i]) for i in finding} == set(review.shift("lab").items(0))


def test_what_is_refused_and_what_is_cut_off(review: Review) -> None:
    page = Page(review)
    with pytest.raises(UnknownName, match="no column 'labb'"):
        page.call("slices", by="labb")
    with pytest.raises(DataError, match="all different"):
        page.call("slices", by="row")
    with pytest.raises(UnknownName, match="no slice of 'lab' called 'C'"):
        page.call("slice_items", by="lab", name="C")
    body = page.call("slices", by="site")
    assert (len(body["rows"]), body["more"]) == (100, 50)
