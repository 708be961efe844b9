"""What an error says of a value that is large."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import explorer
from explorer import labels
from explorer.errors import DataError, Option, Said


def test_the_middle_of_a_long_value_is_left_out() -> None:
    error = DataError("The name is " + "x" * 50_000 + ".", "Pass a name.")
    assert error.problem.startswith("The name is xxx")
    assert error.problem.endswith("xxx.")
    assert "[48,013 characters]" in error.problem
    assert str(error) == f"{error.problem} Pass a name."


def test_a_text_of_usual_length_stays_the_object_that_it_is() -> None:
    said = Said("Say it with {}.", Option("label"))
    assert DataError("It is missing.", said).remedy is said


def test_a_table_in_the_place_of_a_name_does_not_flood_the_screen(tmp_path: Path) -> None:
    with labels.open(tmp_path / "x.labels.db", rater="ann") as store, pytest.raises(explorer.ExplorerError) as caught:
        store.add_class([np.zeros((9, 9, 9, 9, 4))] * 50)
    assert len(str(caught.value)) < 5_000
