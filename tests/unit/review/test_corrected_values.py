"""Labels come back as the person's own values, whatever type these have."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import explorer

TEXTS = [f"some words number {i} here now" for i in range(8)]
LARGE = 2**53 + 1


def corrected(labels: Any, path: Path, *changes: tuple[int, Any]) -> pd.Series[Any]:
    review = explorer.Review(explorer.read(TEXTS, label=labels), store=path / "s.labels.db", start=False)
    try:
        for item, label in changes:
            review.relabel(item, label, new_class=True)
        return review.corrected()
    finally:
        review.close()


@pytest.mark.parametrize(
    "labels",
    [
        [LARGE, 1, None, 1] * 2,
        [LARGE, LARGE - 1, 7, 7] * 2,
        [True, False, None, True] * 2,
        [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-02 03:04")] * 4,
        [dt.date(2024, 1, 1), dt.date(2024, 1, 2)] * 4,
        [pd.Interval(0, 1), pd.Interval(1, 2)] * 4,
        [0.5, 1.5, None, 0.5] * 2,
        ["a", "b", None, "a "] * 2,
        [True, 1, 0, "1.0"] * 2,
    ],
    ids=lambda v: type(v[0]).__name__,
)
def test_untouched_rows_come_back_as_they_were(labels: list[Any], tmp_path: Path) -> None:
    found = corrected(labels, tmp_path).tolist()
    for got, want in zip(found, labels, strict=True):
        assert (got is None or pd.isna(got)) if want is None else got == want
        if isinstance(want, int):
            assert isinstance(got, int | np.integer | bool | np.bool_)


def test_a_correction_is_exact_beside_gaps(tmp_path: Path) -> None:
    assert corrected([LARGE, 1, None, 1] * 2, tmp_path, (3, LARGE), (2, 1)).tolist()[:4] == [LARGE, 1, 1, LARGE]


def test_whole_numbers_without_gaps_stay_a_column_of_them(tmp_path: Path) -> None:
    assert corrected([1, 2] * 4, tmp_path, (0, 3)).dtype == np.int64


@pytest.mark.parametrize("name", ["007", "٧", "+7", "-0", "7.0", " 7", "7_0", "²"])
def test_an_added_class_that_only_looks_like_a_number_stays_text(name: str, tmp_path: Path) -> None:
    found = corrected([7, 8] * 4, tmp_path, (0, name)).tolist()
    assert found[0] == name.strip() or found[0] == name
    assert found[1:3] == [8, 7]


@pytest.mark.parametrize(("name", "value"), [("0", 0), ("-12", -12), ("90", 90)])
def test_an_added_whole_number_is_one(name: str, value: int, tmp_path: Path) -> None:
    assert corrected([7, 8] * 4, tmp_path, (0, name)).tolist()[:2] == [value, 8]
