"""What people hold labels and numbers in."""

from __future__ import annotations

import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse as sp
import torch

from explorer.errors import DataError
from explorer.utils.arrays import aligned, array_in, moderate, numbers_in, scalar, values_in

VALUES = [3, 1, 2]


@pytest.mark.parametrize(
    "given",
    [
        VALUES,
        tuple(VALUES),
        iter(VALUES),
        (v for v in VALUES),
        np.array(VALUES, dtype=np.uint8),
        np.array(VALUES, dtype=object),
        pd.Series(VALUES, index=list("xyz")),
        pd.Index(VALUES),
        pd.Categorical(VALUES),
        pd.array(VALUES, dtype="Int64"),
        pa.array(VALUES),
        pa.chunked_array([VALUES[:1], VALUES[1:]]),
        torch.tensor(VALUES),
        [torch.tensor(v) for v in VALUES],
        [np.int16(v) for v in VALUES],
    ],
    ids=lambda v: type(v).__name__,
)
def test_labels_come_out_of_every_container(given: object) -> None:
    found = values_in(given, "label", "labels")
    assert found == VALUES
    assert all(type(v) is int for v in found)


@pytest.mark.parametrize(
    "given", [None, "abc", b"abc", {"a": 1}, {1, 2}, 5, np.eye(2), pd.DataFrame({"a": [1]}), np.array(1)]
)
def test_what_has_no_order_or_another_shape_is_refused(given: object) -> None:
    with pytest.raises(DataError, match="The labels are"):
        values_in(given, "label", "labels")


def test_dates_of_numpy_are_no_nanoseconds() -> None:
    day = np.datetime64("2024-01-02", "ns")
    assert values_in(np.array([day]), "label", "labels") == [pd.Timestamp("2024-01-02")]
    assert scalar(day) == pd.Timestamp("2024-01-02")


ROWS = [[1.0, 0.0], [0.5, 2.0]]


@pytest.mark.parametrize(
    "given",
    [
        ROWS,
        torch.tensor(ROWS).bfloat16(),
        torch.tensor(ROWS, requires_grad=True),
        torch.tensor(ROWS).to_sparse(),
        [torch.tensor(row) for row in ROWS],
        [torch.tensor(row).half() for row in ROWS],
        sp.csr_matrix(ROWS),
        sp.coo_array(ROWS),
        pd.DataFrame(ROWS),
        pd.DataFrame(ROWS).astype("Float64"),
        pd.DataFrame(ROWS).astype(object),
        pd.Series([np.array(row) for row in ROWS]),
        np.array([[decimal.Decimal(str(v)) for v in row] for row in ROWS]),
        np.ma.array(ROWS),
        (row for row in ROWS),
    ],
    ids=lambda v: type(v).__name__,
)
def test_features_come_out_of_every_container(given: object) -> None:
    np.testing.assert_array_equal(numbers_in(given, "features"), ROWS)


def test_what_is_masked_or_missing_is_no_number() -> None:
    masked = np.ma.array(ROWS, mask=[[0, 1], [0, 0]])
    nullable = pd.DataFrame({"a": pd.array([1.0, 0.5], dtype="Float64"), "b": pd.array([None, 2], dtype="Int64")})
    for given in (masked, nullable):
        np.testing.assert_array_equal(numbers_in(given, "features"), [[1.0, np.nan], [0.5, 2.0]])


@pytest.mark.parametrize("given", [[[1], [1, 2]], "abc", {"a": 1}, [["a"]], [object()], None, [[1j]]])
def test_what_holds_no_numbers_is_refused(given: object) -> None:
    with pytest.raises(DataError, match="The features"):
        numbers_in(given, "features")


def test_a_sparse_matrix_that_memory_does_not_hold_is_refused_with_the_remedy() -> None:
    huge = sp.csr_matrix((10**6, 10**6))
    with pytest.raises(DataError, match=r"sparse matrix of the shape.*TruncatedSVD"):
        array_in(huge, "features")


def test_rows_are_matched_by_names_that_nobody_counted() -> None:
    features = pd.DataFrame({"x": [1.0, 2.0, 3.0]}, index=["c", "a", "b"])
    assert aligned(features, pd.Index(["a", "b", "c"]), "features", "labels")["x"].tolist() == [2.0, 3.0, 1.0]


@pytest.mark.parametrize(
    "index", [["c", "a", "b"], ["x", "y", "z"], ["a", "a", "b"], [0, 1, 2]], ids=["same", "others", "twice", "counted"]
)
def test_rows_are_matched_by_place_where_no_index_says_otherwise(index: list[object]) -> None:
    features = pd.Series([1.0, 2.0, 3.0], index=["c", "a", "b"])
    if index == ["a", "a", "b"]:
        features.index = pd.Index(["b", "a", "a"])
    assert aligned(features, pd.Index(index), "features", "labels").tolist() == [1.0, 2.0, 3.0]
    assert aligned([1.0, 2.0], pd.Index(index), "features", "labels") == [1.0, 2.0]


@pytest.mark.parametrize(("own", "rows"), [([2, 0, 1], [0, 1, 2]), ([0, 1, 2], [1, 2, 0])])
def test_counted_rows_in_another_order_may_mean_either(own: list[int], rows: list[int]) -> None:
    with pytest.raises(DataError, match=r"in another order.*\.loc\[index\].*to_numpy"):
        aligned(pd.Series(VALUES, index=own), pd.Index(rows), "features", "labels")


@pytest.mark.parametrize("exponent", [-140, -60, -20, 0, 30, 61, 120])
def test_scaling_loses_no_bit(exponent: int) -> None:
    vectors = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    found = moderate(np.ldexp(vectors, exponent)) if exponent > -126 else moderate(vectors)
    assert np.isfinite(np.square(found)).all()
    np.testing.assert_array_equal(found / np.abs(found).max(), vectors / np.abs(vectors).max())
    if exponent in (0, 30):
        np.testing.assert_array_equal(found, np.ldexp(vectors, exponent))
