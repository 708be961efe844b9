"""The user's other columns are kept as they came, and cost nothing until somebody asks."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import explorer
from explorer.errors import DataError, UnknownName
from explorer.readers import tabular


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "text": ["a good film indeed", "a dull film indeed", "a good film indeed", "a fine play by all"],
            "label": ["+", "-", "+", "+"],
            "source": ["lab A", "lab B", "lab B", None],
            "age": [3, 2**60 + 1, 5, 7],
        }
    )


def test_columns_without_a_role_are_kept(frame: pd.DataFrame) -> None:
    dataset = explorer.read(frame, text="text")
    assert list(dataset.columns.columns) == ["source", "age"]
    assert dataset.columns["age"].tolist() == [3, 2**60 + 1, 5, 7]
    assert dataset.columns.index.equals(frame.index)
    assert any("'source', 'age'" in note for note in dataset.notes)
    values, conflicts = dataset.column("source")
    assert values.tolist()[:2] == ["lab A", "lab B"]
    assert values.index.tolist() == dataset.item_ids.tolist()
    assert conflicts == 1, "the first and the third row are one item, and differ"
    assert dataset.column("age")[1] == 1


def test_a_choice_of_them(frame: pd.DataFrame) -> None:
    assert list(explorer.read(frame, text="text", columns=["source"]).columns) == ["source"]
    assert list(explorer.read(frame, text="text", columns="source").columns) == ["source"]
    assert list(explorer.read(frame, text="text", columns=True).columns) == ["source", "age"]
    none = explorer.read(frame, text="text", columns=False)
    assert none.columns.shape == (4, 0)
    with pytest.raises(UnknownName, match="no column 'source'.*columns="):
        none.column("source")
    with pytest.raises(UnknownName, match=r"'sourse'.*Did you mean 'source'.*columns="):
        explorer.read(frame, text="text", columns=["sourse"])
    with pytest.raises(UnknownName, match=r"'sourse'.*Did you mean 'source'"):
        explorer.read(frame, text="text").column("sourse")
    with pytest.raises(DataError, match="columns= is a int"):
        explorer.read(frame, text="text", columns=3)
    with pytest.raises(DataError, match="columns= is a list"):
        explorer.read(frame, text="text", columns=[["source"]])


def test_what_is_kept_by_name_is_no_feature_of_a_table() -> None:
    table = pd.DataFrame({"x": [1.0, 2, 3], "y": [3.0, 1, 2], "site": ["a", "b", "a"], "label": ["p", "q", "p"]})
    both = explorer.read(table)
    assert list(both.content.frame.columns) == ["x", "y", "site"]
    assert both.column("site")[0].tolist() == ["a", "b", "a"], "a feature will do"
    apart = explorer.read(table, columns=["site"])
    assert list(apart.content.frame.columns) == ["x", "y"]
    assert apart.columns["site"].tolist() == ["a", "b", "a"]


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_of_a_file_they_are_read_when_asked_for(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch, frame: pd.DataFrame
) -> None:
    path = tmp_path / f"films.{kind}"
    frame["code"] = ["001", "002", "NA", ""]
    frame["rank"] = pd.array([2**60 + 1, None, 3, 4], dtype="Int64")
    write = {"csv": frame.to_csv, "parquet": frame.to_parquet}.get(kind)
    if write is None:
        frame.to_json(path, orient="records", lines=True)
    else:
        write(path, index=False)
    asked: list[str] = []
    real = tabular._columns
    monkeypatch.setattr(tabular, "_columns", lambda *args: asked.append("read") or real(*args))
    dataset = explorer.read(path, text="text")
    assert asked == []
    found = dataset.columns
    assert list(found) == ["source", "age", "code", "rank"]
    assert found["source"].tolist()[:3] == ["lab A", "lab B", "lab B"]
    assert found["code"].tolist()[:3] == ["001", "002", "NA"], "as it was written"
    assert int(found["rank"].tolist()[0]) == 2**60 + 1, "to the last digit"
    assert len(dataset.columns) == 4
    assert asked == ["read"], "once"


def test_a_file_that_is_another_one_by_now_is_refused(tmp_path: Path, frame: pd.DataFrame) -> None:
    path = tmp_path / "films.csv"
    frame.to_csv(path, index=False)
    dataset = explorer.read(path, text="text")
    frame.iloc[::-1].to_csv(path, index=False)
    os.utime(path, ns=(1, 1))
    with pytest.raises(DataError, match=r"films\.csv is not as it was.*Read the data anew"):
        _ = dataset.columns
    path.unlink()
    with pytest.raises(DataError, match=r"'source', 'age' of films\.csv cannot be read"):
        _ = dataset.columns


def test_values_stand_beside_arrays(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    label = pd.Series(list("abab"), index=["k1", "k2", "k3", "k4"])
    beside = pd.DataFrame({"site": [4, 3, 2, 1]}, index=["k4", "k3", "k2", "k1"])
    assert explorer.read(x, label=label, columns=beside).columns["site"].tolist() == [1, 2, 3, 4], "matched by name"
    dates = {"day": [dt.date(2026, 1, n) for n in (1, 2, 3, 4)], "tag": [["x"], [], None, ["y"]]}
    found = explorer.read(["a", "b", "c", "d"], label=list("abab"), columns=dates)
    assert found.columns["day"].tolist() == dates["day"]
    assert found.column("tag")[0].tolist() == dates["tag"]
    assert explorer.read(x, label=list("abab"), columns=pd.Series([1, 2, 3, 4])).columns["column"].tolist() == [
        1,
        2,
        3,
        4,
    ]
    assert explorer.read(x, label=list("abab"), columns=False).columns.shape == (4, 0)
    with pytest.raises(DataError, match="columns= has 2 rows for 4 rows"):
        explorer.read(x, label=list("abab"), columns={"site": [1, 2]})
    with pytest.raises(DataError, match="differ in length: 'a' has 4, 'b' has 3"):
        explorer.read(x, label=list("abab"), columns={"a": [1, 2, 3, 4], "b": [1, 2, 3]})
    with pytest.raises(DataError, match="columns= has no meaning for an array"):
        explorer.read(x, label=list("abab"), columns=["site"])
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.txt").write_text(f"the text of {name}")
    folder = explorer.read(tmp_path, columns=pd.DataFrame({"n": [2, 1]}, index=["b/1.txt", "a/1.txt"]))
    assert folder.columns["n"].tolist() == [1, 2]


def test_beside_a_table_they_come_on_top(frame: pd.DataFrame) -> None:
    dataset = explorer.read(frame, text="text", columns={"site": [1, 2, 3, 4]})
    assert list(dataset.columns) == ["source", "age", "site"]
    with pytest.raises(DataError, match="twice: 'age'"):
        explorer.read(frame, text="text", columns={"age": [1, 2, 3, 4]})


def test_rows_that_are_set_aside_keep_theirs() -> None:
    x = np.ones((4, 2), dtype=np.float32) * np.arange(4)[:, None]
    x[1] = np.nan
    dataset = explorer.read(x, label=list("abab"), columns={"site": list("wxyz")})
    assert dataset.columns["site"].tolist() == list("wxyz")
    assert dataset.column("site")[0].tolist() == list("wyz")
    assert dataset.without({0: "gone"}).column("site")[0].tolist() == list("yz")


def test_the_callers_table_may_change_afterwards(frame: pd.DataFrame) -> None:
    dataset = explorer.read(frame, text="text")
    frame.loc[0, "source"] = "elsewhere"
    assert dataset.columns["source"].tolist()[0] == "lab A"
    found = dataset.columns
    found["source"] = "mine"
    assert dataset.columns["source"].tolist()[0] == "lab A"


def test_hugging_face_columns() -> None:
    datasets = pytest.importorskip("datasets")
    source = datasets.Dataset.from_dict(
        {"text": ["one text", "two text"], "label": [0, 1], "site": [2**60 + 1, None], "tags": [["a"], []]}
    )
    dataset = explorer.read(source, text="text")
    assert list(dataset.columns) == ["site", "tags"]
    assert dataset.columns["site"].tolist() == [2**60 + 1, None]
