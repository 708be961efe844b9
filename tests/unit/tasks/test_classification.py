"""Labels of every plain type: their codes, names and values; names that look alike."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import uuid

import numpy as np
import pandas as pd
import pytest
import torch

from explorer.errors import DataError
from explorer.tasks.classification import class_name, encode_labels, listed_classes, look_alikes, natural


class Colour(enum.Enum):
    RED = 1


@pytest.mark.parametrize(
    "names", [["①", "②", "③"], ["m²", "m³", "²"], ["一", "1", "½"], ["٣", "3x", "²3"], ["9" * 5000, "10", "a"]]
)
def test_names_with_digits_of_any_kind_are_sorted(names: list[str]) -> None:
    codes, found, values = encode_labels(names)
    assert sorted(found) == sorted(names)
    assert [values[c] for c in codes] == names


def test_numbers_in_names_count_by_value_whatever_their_length_and_script() -> None:
    names = ["x" + "9" * 5000, "x10", "x9", "x٨", "x007"]
    assert sorted(names, key=natural) == ["x007", "x٨", "x9", "x10", "x" + "9" * 5000]


def test_names_that_sort_alike_have_one_order() -> None:
    assert encode_labels(["b", "B", "01", "1"])[1] == encode_labels(["1", "01", "B", "b"])[1]


def test_true_and_one_are_two_classes() -> None:
    codes, names, values = encode_labels([True, 1, 0, 1.0, False, 0.0])
    assert names == ("0", "1", "False", "True")
    assert [repr(v) for v in values] == ["0", "1", "False", "True"]
    assert codes.tolist() == [3, 1, 0, 1, 2, 0]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (pd.Interval(0, 1), "(0, 1]"),
        (pd.Timestamp("2024-01-01"), "2024-01-01T00:00:00"),
        (dt.date(2024, 1, 1), "2024-01-01"),
        (pd.Period("2024-01"), "2024-01"),
        (decimal.Decimal("1.50"), "1.50"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Colour.RED, "RED"),
        (dt.timedelta(hours=1), "1:00:00"),
    ],
)
def test_a_single_value_of_any_type_is_a_class_and_stays_the_persons_own(value: object, name: str) -> None:
    codes, names, values = encode_labels([value, None, value])
    assert (names, values, codes.tolist()) == ((name,), (value,), [0, -1, 0])
    assert class_name(value) == name


@pytest.mark.parametrize(
    "value", [torch.tensor(3), np.array(3), np.int8(3), 3.0, torch.tensor(3.0, dtype=torch.bfloat16)]
)
def test_a_number_without_dimensions_is_that_number(value: object) -> None:
    assert encode_labels([value])[1:] == (("3",), (3,))


@pytest.mark.parametrize("missing", [pd.NaT, pd.NA, decimal.Decimal("NaN"), np.datetime64("NaT"), np.float32("nan")])
def test_every_kind_of_missing_is_unlabelled(missing: object) -> None:
    assert encode_labels(["a", missing])[0].tolist() == [0, -1]


@pytest.mark.parametrize("value", [["a"], ("a", "b"), {"a"}, {"a": 1}, np.array([1, 2]), torch.tensor([1, 2])])
def test_several_values_are_refused(value: object) -> None:
    with pytest.raises(DataError, match="Row 1.*Only one class per item"):
        encode_labels(["a", value])


def test_an_object_that_is_no_value_is_refused_with_what_to_do() -> None:
    with pytest.raises(DataError, match="a object, which is no plain value.*astype"):
        encode_labels([object()])


def test_a_whole_number_beyond_what_python_writes_out_is_refused_by_row() -> None:
    with pytest.raises(DataError, match="Row 1.*4,000 digits"):
        encode_labels([1, 10**5000])


def test_half_a_character_is_shown_escaped() -> None:
    _, names, values = encode_labels(["o\udcff", "a"])
    assert names == ("a", "o\\udcff")
    assert values == ("a", "o\udcff")


@pytest.mark.parametrize(
    "names",
    [
        ["cat", "cat "],
        ["cat", "Cat"],
        ["c\u00a0at", "c at"],
        ["cat", "ca\u200bt"],
        ["ﬁsh", "fish"],
        ["1", "1.0"],
        ["é", "e\u0301"],
    ],
)
def test_names_that_a_person_takes_for_one_are_told(names: list[str]) -> None:
    said = look_alikes([*names, "dog"], [3, 1, 5])
    assert "look alike" in said
    assert f"{names[0]!r} (3)" in said
    assert "dog" not in said


def test_names_that_differ_are_no_matter() -> None:
    assert not look_alikes(["cat", "cats", "1", "01", "10"], [1] * 5)


@pytest.mark.parametrize("classes", ["ab", 3, {"a", "b"}, {"a": 1}, np.eye(2)])
def test_classes_that_are_no_list_are_refused(classes: object) -> None:
    with pytest.raises(DataError, match="classes= is a .*list of all class values"):
        listed_classes(classes)
    assert listed_classes(c for c in "ab") == ["a", "b"]
