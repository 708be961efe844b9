"""Exports with the user's own columns, soft labels and weights: whole in every format, and passed over by imports."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest

import explorer
from explorer import export
from explorer.errors import DataError, UnknownName
from explorer.review.more_columns import Standing, soft_labels, weights_of

FORMATS = ["csv", "parquet", "jsonl"]
N = 240


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 3, N)
    x = (np.eye(5)[truth] * 4 + rng.normal(size=(N, 5))).astype(np.float32)
    given = [str(c) for c in np.where(rng.random(N) < 0.1, rng.integers(0, 3, N), truth)]
    given[7] = None
    return x, given


@pytest.fixture
def review(world, tmp_path):
    x, given = world
    columns = {
        "state": [f"=site {n % 3}" for n in range(N)],
        "count": [2**60 + n for n in range(N)],
        "day": [dt.date(2026, 1, 1 + n % 28) for n in range(N)],
        "half": [None if n % 5 == 0 else n / 3 for n in range(N)],
    }
    dataset = explorer.read(x, label=given, key=[f"k{n}" for n in range(N)], columns=columns)
    made = explorer.Review(dataset, tmp_path / "s.labels.db", k=15, rater="ann")
    made.wait("score", progress=False)
    yield made
    made.close()


def soft_of(table):
    return table[[name for name in table.columns if name.startswith("soft:")]].to_numpy(float)


@pytest.mark.parametrize("kind", FORMATS)
def test_values_come_back_and_imports_pass_them_over(review, tmp_path, kind):
    issues = review.issues
    review.relabel(issues.index[0], "1", why="looked")
    review.keep(issues.index[1])
    path = review.export(tmp_path / f"out.{kind}", columns=True, soft=True, weights=True)
    table = export.read(path)
    names = ["column:state", "column:count", "column:day", "column:half", "soft:0", "soft:1", "soft:2", "weight"]
    assert list(table.columns) == [*export.COLUMNS, *names]
    assert table["column:state"].tolist() == [f"=site {n % 3}" for n in range(N)]
    assert [int(v) for v in table["column:count"]] == [2**60 + n for n in range(N)]
    assert str(table["column:day"][0])[:10] == "2026-01-01"
    assert pd.isna(table["column:half"][0])
    assert float(table["column:half"][1]) == 1 / 3
    np.testing.assert_allclose(soft_of(table).sum(axis=1), 1, atol=1e-5)
    assert table["weight"].between(0, 1).all()
    other = explorer.Review(review.dataset, tmp_path / f"{kind}.labels.db", start=False)
    assert other.import_corrections(path) is not None
    assert other.import_corrections(path) is None
    assert other.counts()["reviewed"] == 2
    other.close()


def test_what_they_hold(review, tmp_path):
    issues = review.issues
    fixed, kept, wrong, out, unsure = issues.index[:5]
    review.relabel(fixed, "2")
    review.keep(kept)
    review.mark(wrong, "wrong")
    review.leave_out(out)
    review.mark(unsure, "ambiguous")
    table = export.read(review.export(tmp_path / "x.csv", soft=True, weights=True)).set_index("item_id")
    p = review.issues["p_error"]
    weight, soft = table["weight"], pd.DataFrame(soft_of(table), index=table.index)
    assert weight[[fixed, kept, wrong, out, "k7"]].tolist() == [1, 1, 0, 0, 0]
    assert soft.loc[fixed].tolist() == [0, 0, 1]
    assert soft.loc[kept].max() == 1
    assert soft.loc[out].max() == 1
    label = {item: int(name) for item, name in table["corrected_label"].dropna().items()}
    assert soft.loc[wrong, label[wrong]] == 0, "its label is known to be wrong"
    assert soft.loc["k7"].sum() == pytest.approx(1), "an unlabelled item has the opinion alone"
    for item in [*issues.index[10:20], unsure]:
        assert weight[item] == pytest.approx(1 - p[item], abs=2e-6)
        assert soft.loc[item, label[item]] == pytest.approx(1 - p[item], abs=2e-6)
    suspects = review.issues.query("is_label_issue and not decided")
    for item, name in suspects["suggested_label"].items():
        assert soft.loc[item].idxmax() == int(name)


def test_a_choice_of_columns_and_what_is_refused(review, tmp_path):
    table = export.read(review.export(tmp_path / "x.csv", columns=["half"], changed=True))
    assert list(table.columns) == [*export.COLUMNS, "column:half"]
    assert len(table) == 0
    with pytest.raises(UnknownName, match=r"no column 'halve'.*Did you mean 'half'"):
        review.export(tmp_path / "y.csv", columns=["halve"])
    with pytest.raises(DataError, match="of the labels now, and not of 'base'"):
        review.export(tmp_path / "y.csv", at="base", weights=True)
    assert "column:state" in export.read(review.export(tmp_path / "b.csv", at="base", columns="state"))
    assert not (tmp_path / "y.csv").exists()
    with pytest.raises(UnknownName, match="no column 'extra'"):
        export.write(export.read(tmp_path / "b.csv").assign(extra=1), tmp_path / "z.csv")
    broken = export.read(tmp_path / "b.csv").assign(weight="much")
    with pytest.raises(DataError, match="column 'weight'.*has to be a number"):
        export.write(broken, tmp_path / "z.csv")


def test_values_that_a_format_cannot_hold(world, tmp_path):
    x, given = world
    columns = {
        "mixed": [n if n % 2 else f"w{n}" for n in range(N)],
        "raw": [b"\x00"] * N,
        "list": [[n] for n in range(N)],
    }
    made = explorer.Review(explorer.read(x, label=given, columns=columns), tmp_path / "m.labels.db", start=False)
    with pytest.raises(DataError, match=r"'column:mixed' cannot be written as Parquet.*columns=\[\.\.\.\]"):
        made.export(tmp_path / "x.parquet", columns=["mixed"])
    with pytest.raises(DataError, match="'column:raw' holds a bytes, which no text can"):
        made.export(tmp_path / "x.jsonl", columns=True)
    made.export(tmp_path / "x.jsonl", columns=["list", "mixed"])
    first = json.loads((tmp_path / "x.jsonl").read_text().splitlines()[1])
    assert first["column:list"] == [1]
    assert first["column:mixed"] == 1
    made.close()


def slow_soft(codes, p, settled, left_out, wrong, opinion):
    """Say for one item at a time what the docstring says."""
    rows = []
    for i, q in enumerate(opinion):
        if codes[i] < 0:
            rows.append(list(q))
            continue
        own = 1.0 if settled[i] or left_out[i] else 0.0 if wrong[i] else 1 - p[i]
        rest = sum(q[c] for c in range(len(q)) if c != codes[i])
        rows.append([own if c == codes[i] else (1 - own) * q[c] / rest for c in range(len(q))])
    return np.array(rows)


def test_soft_labels_are_their_formula():
    rng = np.random.default_rng(0)
    n, k = 50, 4
    codes = rng.integers(-1, k, n).astype(np.int32)
    p = np.where(codes < 0, np.nan, rng.random(n)).astype(np.float32)
    flags = [rng.random(n) < 0.2 for _ in range(3)]
    opinion = rng.dirichlet(np.ones(k), n)
    now = Standing(codes, p, *flags)
    np.testing.assert_allclose(soft_labels(now, opinion), slow_soft(codes, p, *flags, opinion), atol=1e-6)
    assert weights_of(now)[flags[0] & ~flags[1] & ~flags[2] & (codes >= 0)].tolist().count(1.0) > 0
    sure = soft_labels(Standing(*(np.array([v]) for v in (0, 0.3, False, False, False))), np.array([[1.0, 0, 0]]))
    assert sure.tolist() == [[0.7, 0.15, 0.15]], "who knows of no other class leaves it open"
