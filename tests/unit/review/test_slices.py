"""Slices of the user's own columns: rates with intervals, what differs beyond chance, labels with another meaning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import explorer
from explorer.errors import DataError, UnknownName
from explorer.estimates.label_shift import compare, members
from explorer.estimates.slice_rates import direction_table, holm
from explorer.review.slice_cuts import MOST, cut
from explorer.review.slices import rates_of
from explorer.utils.proportions import wilson

N = 600
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def world() -> dict[str, np.ndarray]:
    """Three clear classes; in lab B two labels in five are wrong, in lab C "0" is what others call "1"."""
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 3, N)
    x = (np.eye(6)[truth] * 4 + rng.normal(size=(N, 6))).astype(np.float32)
    lab = np.array(["A", EVIL, "C"], dtype=object)[np.searchsorted([0.7, 0.85], rng.random(N))]
    given = truth.copy()
    wrong = (lab == EVIL) & (rng.random(N) < 0.4)
    given[wrong] = (truth[wrong] + 2) % 3
    given[(lab == "C") & (truth == 1)] = 0
    return {"x": x, "truth": truth, "lab": lab, "given": given}


@pytest.fixture
def review(world: dict[str, np.ndarray], tmp_path: Path) -> Iterator[explorer.Review]:
    columns = {"lab": world["lab"], "row": [f"r{n}" for n in range(N)], "size": np.arange(N) / 7, "tags": [["a"]] * N}
    columns["day"] = pd.date_range("2025-11-20", periods=N, freq="6h")
    dataset = explorer.read(world["x"], label=world["given"], key=[f"k{n}" for n in range(N)], columns=columns)
    made = explorer.Review(dataset, tmp_path / "s.labels.db", k=15, rater="ann")
    made.wait("score", progress=False)
    yield made
    made.close()


def test_the_slice_with_more_wrong_labels_is_named(review, world):
    found = review.slices("lab")
    table = found.table
    assert table["items"].sum() == N
    assert table.index.name == "lab"
    assert table.loc[EVIL, "differs"] == "more"
    assert table.loc["A", "differs"] == "fewer"
    assert found.differing.index[0] in (EVIL, "A", "C")
    rows = table["labels"] > 0
    assert (table["low"] <= table["rate"])[rows].all()
    assert (table["rate"] <= table["high"])[rows].all()
    wrong = world["given"] != world["truth"]
    for lab in ("A", EVIL):
        true = wrong[world["lab"] == lab].mean()
        assert table.loc[lab, "low"] - 0.02 <= true <= table.loc[lab, "high"] + 0.02
    assert table["left"].sum() == pytest.approx(review.left().left, rel=0.01)
    said = found.sentence()
    assert said.startswith("By 'lab': ")
    assert "more wrong labels than the rest" in said
    assert "answer 30 random checks" in said
    assert "<img" not in found._repr_html_()
    assert sorted(found.items("C")) == sorted(f"k{n}" for n in np.flatnonzero(world["lab"] == "C"))
    with pytest.raises(UnknownName, match="no slice of 'lab' called 'D'"):
        found.items("D")


def test_directions_say_what_is_mistaken_for_what(review, world):
    rows = review.slices("lab").directions
    at = rows.loc[("C", "0", "1")]
    mine = world["lab"] == "C"
    assert at["labels"] == (mine & (world["given"] == 0)).sum()
    assert at["errors"] > 5
    assert (rows["low"] <= rows["rate"]).all()
    assert (rows["rate"] <= rows["high"]).all()


def test_decisions_are_counted_as_what_they_are(review, world):
    wrong = np.flatnonzero((world["lab"] == EVIL) & (world["given"] != world["truth"]))[:5]
    for n in wrong:
        review.relabel(f"k{n}", str(world["truth"][n]))
    table = review.slices("lab").table
    assert table.loc[EVIL, ["reviewed", "found"]].tolist() == [5, 5]
    left = review.left(by="lab")
    assert list(left.columns) == ["labels", "unreviewed", "found", "left", "low", "high"]
    assert left.loc[EVIL, "unreviewed"] == table.loc[EVIL, "labels"] - 5


def test_a_label_that_means_something_else_elsewhere_is_found(review, world):
    found = review.shift("lab")
    at = int(np.flatnonzero(found.table["slice"] == "C")[0])
    first = found.table.iloc[at]
    assert (first["slice"], first["given"], first["looks_like"]) == ("C", "0", "1")
    mine = (world["lab"] == "C") & (world["given"] == 0)
    assert first["of"] == mine.sum()
    assert f"In lab 'C' {first['count']} of {first['of']} '0' look like '1' elsewhere" in found.sentence()
    items = found.items(at)
    assert len(items) == first["count"]
    assert all(mine[int(item[1:])] for item in items)
    with pytest.raises(DataError, match="no finding 99"):
        found.items(99)


def test_where_the_slices_are_alike_nothing_is_claimed(review):
    found = review.slices("size")
    assert len(found.table) == 5
    assert found.table.index[0].startswith("under "), "bins keep their order"
    assert (found.table["differs"] == "").all()
    assert "none of 5 slices differs" in found.sentence()
    assert review.shift("size").table.empty
    assert "No label means something else" in review.shift("size").sentence()


def test_bad_columns_and_bins(review):
    with pytest.raises(UnknownName, match=r"no column 'labb'.*Did you mean 'lab'"):
        review.slices("labb")
    with pytest.raises(DataError, match="600 values of 'row' are all different: it is the name of each item"):
        review.slices("row")
    with pytest.raises(DataError, match="'tags' are no single values: list"):
        review.slices("tags")
    with pytest.raises(DataError, match="by=3 is no name"):
        review.slices(3)
    for bins in (1, True, [], [2, 1], ["a"], "week", [0, float("nan")]):
        with pytest.raises(DataError, match="are no bins"):
            review.slices("size", bins=bins)
    with pytest.raises(DataError, match="neither numbers nor times"):
        review.slices("lab", bins=3)
    with pytest.raises(DataError, match="'day' are times: bins=3"):
        review.slices("day", bins=3)
    assert list(review.slices("day").table.index[:2]) == ["2025-11", "2025-12"]
    assert list(review.slices("day", bins="year").table.index) == ["2025", "2026"]
    assert list(review.slices("size", bins=[10, 50.5]).table.index) == ["under 10", "10 to 50.5", "50.5 and more"]


def test_one_slice_and_a_slice_with_one_item(review, world, tmp_path):
    single = ["only"] * N
    odd = ["x"] + ["y"] * (N - 1)
    dataset = explorer.read(world["x"], label=world["given"], columns={"same": single, "odd": odd})
    made = explorer.Review(dataset, tmp_path / "o.labels.db", k=15).wait("score", progress=False)
    assert "All items have the same 'same'" in made.slices("same").sentence()
    assert "nothing to compare" in made.shift("same").sentence()
    table = made.slices("odd").table
    assert table.loc["x", ["items", "labels"]].tolist() == [1, 1]
    assert table.loc["x", "differs"] == "", "one item is no evidence"
    made.close()


def test_items_of_some_values(review, world):
    found = review.filter(columns={"lab": "C"})
    assert len(found) == (world["lab"] == "C").sum()
    assert len(review.filter(columns={"lab": ["C", "A"]}, p_error=0)) == (world["lab"] != EVIL).sum()
    with pytest.raises(UnknownName, match="no value of 'lab' called 'Z'"):
        review.filter(columns={"lab": "Z"})
    with pytest.raises(UnknownName, match="no column 'lob'"):
        review.filter(columns={"lob": "Z"})


def test_missing_values_and_ten_thousand_slices():
    n = 20_000
    rng = np.random.default_rng(1)
    values = [f"s{v}" if v else None for v in rng.integers(0, 10_000, n)]
    given = rng.integers(0, 2, n)
    dataset = explorer.read(np.arange(n, dtype=np.float32)[:, None], label=given, columns={"s": values})
    made = cut(dataset, "s")
    assert made.names[-1] == "(missing)"
    assert (made.codes == len(made.names) - 1).sum() == values.count(None)
    p = rng.random(n).astype(np.float32) * 0.2
    ranking = pd.DataFrame({"p_error": p, "given_label": "0", "suggested_label": "1"}, index=dataset.item_ids)
    found = rates_of(dataset, ranking, "s")
    assert len(found.table) == len(made.names)
    assert (found.table["differs"] == "").all(), "corrected for many"
    assert "… " not in found.sentence()
    assert found.table["left"].sum() == pytest.approx(p.sum(), rel=1e-3)


def test_values_that_are_written_alike_are_one_slice():
    def names(values: list[object], bins: object = None) -> tuple[str, ...]:
        x = np.arange(len(values), dtype=np.float32)[:, None]
        return cut(explorer.read(x, label=["a"] * len(values), columns={"c": values}), "c", bins).names

    assert names([1, 1.0, "1", True, None, float("nan"), ""]) == ("1", "True", "(missing)")
    assert names([2, 10, 1]) == ("1", "2", "10")
    assert names(["10", "9", "(missing)", None]) == ("9", "10", "(missing)", "((missing))")
    assert names(["2025-01-01", "2025-01-02T10:00:00"]) == ("2025-01",)
    assert names(["2025-01-01", "2025-01-02"], "day") == ("2025-01-01", "2025-01-02")
    assert names(["2025-01-01", "2025-01-02"], False) == ("2025-01-01", "2025-01-02")
    assert names([None, None]) == ("(missing)",)
    assert len(names(list(np.arange(100) % 30))) == 5
    assert len(names(list(np.arange(100) % 30), False)) == 30
    assert len(names([0.0] * 90 + [1.0] * 10, 4)) == 2, "bins that would be empty are none"


def slow_compare(codes, given, opinion):
    """Count each combination one by one, and its p-value by the permutations' own formula."""
    from math import comb

    rows, tests = [], 0
    for c in set(given):
        of_class = [i for i in range(len(codes)) if given[i] == c]
        slices = {codes[i] for i in of_class}
        others = {opinion[i] for i in of_class} - {c}
        if len(slices) < 2:
            continue
        tests += len(slices) * len(others)
        for s in slices:
            for o in others:
                inside = [i for i in of_class if codes[i] == s]
                k = sum(opinion[i] == o for i in inside)
                total = sum(opinion[i] == o for i in of_class)
                if not k:
                    continue
                big, n = len(of_class), len(inside)
                tail = sum(
                    comb(total, j) * comb(big - total, n - j) for j in range(k, min(total, n) + 1) if n - j >= 0
                ) / comb(big, n)
                rows.append((tail, s, c, o, k, n))
    rows.sort()
    highest, found = 0.0, {}
    for place, (tail, *rest) in enumerate(rows):
        highest = max(highest, min(1.0, tail * (tests - place)))
        found[tuple(rest)] = highest
    return found, tests


@pytest.mark.parametrize("seed", range(5))
def test_the_comparison_is_its_formula(seed):
    rng = np.random.default_rng(seed)
    codes, given, opinion = (rng.integers(0, k, 60).astype(np.int32) for k in (4, 3, 3))
    cells, tests = compare(codes, given, opinion, 3)
    expected, count = slow_compare(codes.tolist(), given.tolist(), opinion.tolist())
    assert tests == count
    columns = zip(cells.slice, cells.given, cells.opinion, cells.count, cells.of, cells.p_value, strict=True)
    found = {tuple(int(v) for v in row[:5]): float(row[5]) for row in columns}
    assert found.keys() == expected.keys()
    for key, p in expected.items():
        assert found[key] == pytest.approx(p)


def test_each_cell_has_its_items():
    rng = np.random.default_rng(0)
    codes, given, opinion = (rng.integers(low, k, 200).astype(np.int32) for low, k in ((0, 6), (-1, 4), (-1, 3)))
    cells, _ = compare(codes, given, opinion, 4)
    found = members(cells, codes, given, opinion)
    assert len(found) == len(cells.count) > 10
    for rows, s, c, o, n in zip(found, cells.slice, cells.given, cells.opinion, cells.count, strict=True):
        assert rows.tolist() == np.flatnonzero((codes == s) & (given == c) & (opinion == o)).tolist()
        assert len(rows) == n
    assert members(cells.at(np.zeros(len(cells.count), bool)), codes, given, opinion) == []


def test_more_values_than_can_be_told_apart_are_no_slices():
    n = 2 * (MOST + 1)
    values = [f"v{i // 2}" for i in range(n)]
    dataset = explorer.read(np.arange(n, dtype=np.float32)[:, None], label=["a"] * n, columns={"url": values})
    with pytest.raises(DataError, match=r"10,001 different values of 'url' would be a slice each"):
        cut(dataset, "url")


def test_chance_alone_is_seldom_called_a_shift():
    rng = np.random.default_rng(0)
    claims = 0
    for _ in range(200):
        codes, given = rng.integers(0, 5, 300).astype(np.int32), rng.integers(0, 3, 300).astype(np.int32)
        opinion = np.where(rng.random(300) < 0.3, rng.integers(0, 3, 300), given).astype(np.int32)
        claims += bool((compare(codes, given, opinion, 3)[0].p_value < 0.05).any())
    assert claims <= 16, "one run in twenty, and a little luck"


def test_small_pieces():
    nothing = np.empty(0, np.int32)
    cells, tests = compare(nothing, nothing, nothing, 2)
    assert (len(cells.p_value), tests) == (0, 0)
    assert holm([]).tolist() == []
    assert holm([0.02], tests=10).tolist() == pytest.approx([0.2])
    low, high = wilson([0.0, 5.0], [0, 5])
    assert low[0] == 0
    assert high[1] == pytest.approx(1)
    assert len(direction_table(nothing, nothing, nothing, np.empty(0))) == 0
