"""A row of a table beside the medians of two classes, as the card shows it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import explorer
from explorer.dataset.dataset import Dataset
from explorer.review.class_columns import ClassColumns, Column


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 200
    second = np.arange(n) % 2 == 1
    frame = pd.DataFrame(
        {
            "noise": rng.normal(size=n),
            "size": rng.normal(size=n) + 20 * second,
            "little": rng.normal(size=n) + 2 * second,
            "colour": np.where(second, "red", np.where(rng.random(n) < 0.2, "red", "blue")),
            "count": np.arange(n) + 2_000_000,
            "key": np.arange(n),
            "label": np.where(second, "b", "a"),
        }
    )
    frame.loc[0, ["size", "little", "colour"]] = 21.0, np.nan, "red"
    return frame


def row(dataset: Dataset, item: int, first: int, second: int) -> dict[str, Column]:
    return {c.name: c for c in ClassColumns(dataset).row(dataset.given.copy(), item, first=first, second=second)}


def test_the_most_telling_columns_come_first(frame: pd.DataFrame) -> None:
    dataset = explorer.read(frame, label="label", key="key")
    found = row(dataset, 0, 0, 1)
    assert next(iter(found)) == "size"
    assert found["size"].value == "21.0"
    assert found["size"].nearer == 1
    assert abs(float(found["size"].second.replace("−", "-")) - 20) < 1
    assert found["colour"][1:] == ("red", "red", found["colour"].first, "in 100 %", 1)
    assert found["count"].value == "2000000"


def test_what_is_missing_is_said_and_tells_nothing(frame: pd.DataFrame) -> None:
    found = row(explorer.read(frame, label="label", key="key"), 0, 0, 1)
    assert found["little"].value == "missing"
    assert found["little"].nearer == -1
    assert list(found).index("little") > list(found).index("size")


def test_a_class_without_a_single_value_is_said(frame: pd.DataFrame) -> None:
    frame.loc[frame["label"] == "b", "noise"] = np.nan
    found = row(explorer.read(frame, label="label", key="key"), 0, 0, 1)
    assert found["noise"].second == "none"
    assert found["noise"].nearer == -1


def test_one_class_alone_is_compared_with_too(frame: pd.DataFrame) -> None:
    found = row(explorer.read(frame, label="label", key="key"), 0, 0, -1)
    assert next(iter(found)) == "size"
    assert found["size"].second == ""
    assert {column.nearer for column in found.values()} == {-1}


def test_medians_follow_the_labels(frame: pd.DataFrame) -> None:
    dataset = explorer.read(frame, label="label", key="key")
    columns = ClassColumns(dataset)
    codes = dataset.given.copy()
    before = {c.name: c.first for c in columns.row(codes, 0, first=0, second=1)}
    codes = np.zeros_like(codes)
    after = {c.name: c.first for c in columns.row(codes, 0, first=0, second=1)}
    assert before["size"] != after["size"]


def test_only_rows_of_tables_have_columns() -> None:
    with pytest.raises(TypeError, match="no rows of a table"):
        ClassColumns(explorer.read(["a b", "c d"], label=["x", "y"]))
