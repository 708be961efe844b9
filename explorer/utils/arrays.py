"""What people hold labels, features and probabilities in, brought to plain lists and numpy arrays.

Lists, numpy and pandas, tensors of torch (bfloat16 and sparse ones too) and of other libraries, sparse matrices of
scipy, columns of Arrow and polars. Nothing heavy is imported: an object is told by what it can do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import DataError

DENSE = 2**28
"""Most cells of a sparse matrix that are written out: 1 GiB as float32."""

NUMERIC = "fiub"
"""Kinds of numpy types that are real numbers."""


def values_in(given: Any, one: str, many: str) -> list[Any]:
    """Return what a one-dimensional container holds, in its order.

    Parameters
    ----------
    given
        A list, tuple, range, generator, numpy array, pandas Series, Index or Categorical, tensor, or a column of Arrow
        or polars.
    one, many
        What it holds, such as "label" and "labels".

    Raises
    ------
    DataError
        Text, a mapping or a set, which have no order; another number of dimensions than one.

    Examples
    --------
    >>> values_in(np.array([3, 1]), "label", "labels")
    [3, 1]
    """
    shape = shape_of(given)
    bad = given is None or isinstance(given, str | bytes | bytearray | Mapping | Set | pd.DataFrame)
    if bad or not hasattr(given, "__iter__") or (shape is not None and len(shape) != 1):
        what = f"of the shape {shape}" if shape is not None else f"a {type(given).__name__}"
        raise DataError(
            f"The {many} are {what}.", f"Give one {one} per item: a list, a Series or a one-dimensional array."
        )
    if is_tensor(given):
        return _of_tensor(given, many).tolist()  # type: ignore[no-any-return]
    for method in ("to_pylist", "tolist", "to_list"):  # Arrow; numpy and pandas; polars
        if hasattr(given, method) and not isinstance(given, np.ndarray):
            return list(getattr(given, method)())
    if isinstance(given, np.ndarray) and given.dtype.kind not in "mM":  # numbers of nanoseconds are no dates
        return given.tolist()  # type: ignore[no-any-return]
    return [scalar(value) for value in given]


def shape_of(value: Any) -> tuple[int, ...] | None:
    """Return an object's shape; `None` where it has none, or cannot say (a nested tensor refuses to).

    Examples
    --------
    >>> shape_of(np.zeros((2, 3))), shape_of("text")
    ((2, 3), None)
    """
    try:
        shape = getattr(value, "shape", None)
    except RuntimeError:
        return None
    return tuple(shape) if isinstance(shape, tuple | list) else None


def scalar(value: Any) -> Any:
    """Return the plain value of a numpy scalar, or of an array or tensor without dimensions; others as they are.

    A date of numpy becomes a `pandas.Timestamp`, since `item()` makes a number of nanoseconds of it.

    Raises
    ------
    DataError
        It is a tensor whose value cannot be read, as one on the device "meta".
    """
    if isinstance(value, np.datetime64 | np.timedelta64):
        return _moment(value)
    if isinstance(value, np.generic):
        return value.item()
    if not isinstance(value, type) and hasattr(value, "item") and shape_of(value) == ():
        if isinstance(value, np.ndarray) and value.dtype.kind in "mM":
            return scalar(value[()])
        return _of_tensor(value, "values").item() if is_tensor(value) else value.item()
    return value


def _moment(value: np.datetime64 | np.timedelta64) -> Any:
    try:
        return pd.Timestamp(value) if isinstance(value, np.datetime64) else pd.Timedelta(value)
    except (ValueError, OverflowError):  # beyond what pandas holds
        return str(value)


def array_in(given: Any, many: str) -> NDArray[Any]:
    """Return what somebody holds numbers in as a numpy array, of whatever shape and type.

    Parameters
    ----------
    given
        Anything that `numpy.asarray` reads, and tensors, sparse matrices, masked arrays, nullable columns of pandas.
        What is masked or missing is NaN.
    many
        What it holds, such as "features".

    Raises
    ------
    DataError
        Rows of different lengths; a sparse matrix too large to be written out; what is no array at all.

    Examples
    --------
    >>> array_in([[1, 2], [3, 4]], "features").shape
    (2, 2)
    """
    if isinstance(given, str | bytes | Mapping | Set) or given is None:
        raise DataError(f"The {many} are a {type(given).__name__}.", "Give an array of numbers, one row per item.")
    if is_tensor(given):
        return _of_tensor(given, many)
    if hasattr(given, "toarray") and hasattr(given, "nnz"):
        return _of_sparse(given, many)
    if isinstance(given, pd.DataFrame | pd.Series):
        return _of_pandas(given)
    if isinstance(given, np.ma.MaskedArray):
        if given.dtype.kind not in NUMERIC:
            return np.asarray(given.data)
        return np.where(np.ma.getmaskarray(given), np.nan, np.asarray(given.data, dtype=np.float64))
    if isinstance(given, list | tuple) and any(is_tensor(part) for part in given):
        given = [_of_tensor(part, many) if is_tensor(part) else part for part in given]
    if not isinstance(given, np.ndarray | list | tuple) and not hasattr(given, "__array__"):
        given = list(given) if hasattr(given, "__iter__") else given
    try:
        array = np.asarray(given)
        if array.dtype == object and array.ndim == 1 and len(array) and all(np.ndim(row) for row in array):
            array = np.stack([np.asarray(row) for row in array])
        if array.dtype == object or (array.dtype.kind == "V" and array.dtype.names is None):  # Decimals, bfloat16
            array = array.astype(np.float64)
    except (ValueError, TypeError, OverflowError, RuntimeError, AttributeError) as error:
        raise DataError(
            f"The {many} cannot be read as an array ({' '.join(str(error).split())[:200]}).",
            "Give numbers, one row per item, with as many in every row.",
        ) from error
    return array


def numbers_in(given: Any, many: str) -> NDArray[Any]:
    """Return the same, of a numeric type; `DataError` where it holds something else."""
    array = array_in(given, many)
    if array.dtype.kind not in NUMERIC:
        raise DataError(f"The {many} are of the type {array.dtype}.", "Give an array of numbers, one row per item.")
    return array


def float32(array: NDArray[Any]) -> NDArray[np.float32]:
    """Return numbers as float32; those that it cannot hold become infinite, without a warning."""
    with np.errstate(over="ignore", invalid="ignore"):
        return array.astype(np.float32)


def moderate(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return vectors times a power of two where their squares would overflow or vanish; all others as they are.

    Directions, neighbours and whatever is scaled by its own spread stay the same, to the last bit.

    Parameters
    ----------
    vectors
        float32 [N, D], finite.

    Examples
    --------
    >>> bool(moderate(np.float32([[3e30]])).max() < 2**61)
    True
    """
    largest = float(max(vectors.max(initial=0), -vectors.min(initial=0)))
    if largest == 0 or 2.0**-17 <= largest <= 2.0**60:
        return vectors
    exponent = math.frexp(largest)[1]
    return np.ldexp(vectors, (60 if largest > 1 else 0) - exponent)


def aligned(given: Any, index: pd.Index[Any] | None, what: str, whose: str) -> Any:
    """Return what is given with its rows in the order of an index, where it has one of its own that says so.

    Rows are matched by place, unless `given` is a Series or DataFrame whose index holds the same names as `index` in
    another order. Then they are matched by name, where these names cannot have come about by counting.

    Parameters
    ----------
    given
        Anything.
    index
        Names of the rows that it belongs to; `None` where they have none.
    what, whose
        What `given` is and what the index is of, such as "features" and "labels".

    Raises
    ------
    DataError
        One of the two indexes counts from 0 and the other has the same numbers in another order: nobody can tell
        whether rows are meant by place or by name.

    Examples
    --------
    >>> features = pd.Series([1.0, 2.0], index=["b", "a"])
    >>> aligned(features, pd.Index(["a", "b"]), "features", "labels").tolist()
    [2.0, 1.0]
    """
    if index is None or not isinstance(given, pd.Series | pd.DataFrame) or len(given) != len(index):
        return given
    own = given.index
    if own.equals(index) or own.nlevels != index.nlevels or not (own.is_unique and index.is_unique):
        return given
    if len(own.difference(index, sort=False)):
        return given
    counting = pd.RangeIndex(len(index))
    if own.equals(counting) or index.equals(counting):
        raise DataError(
            f"The index of the {what} holds the same numbers as that of the {whose}, in another order.",
            f"Say what is meant: the {what} in the order of the {whose} (.loc[index]), or rows matched by place "
            "(.to_numpy()).",
        )
    return given.loc[index]


def is_tensor(given: Any) -> bool:
    """Say whether this is a tensor of torch, which need not be imported for it."""
    return hasattr(given, "detach") and hasattr(given, "cpu")


def _of_tensor(given: Any, many: str) -> NDArray[Any]:
    """Return a tensor of torch as an array: off its device, written out where it is sparse, bfloat16 as float32."""
    try:
        tensor = given.detach().cpu()
        if str(getattr(tensor, "layout", "torch.strided")) != "torch.strided":
            if tensor.numel() > DENSE:
                raise _too_sparse(many, tuple(tensor.shape))
            tensor = tensor.to_dense()
        try:
            return np.asarray(tensor.numpy())
        except TypeError:  # a type that numpy does not have
            return np.asarray(tensor.float().numpy())
    except (RuntimeError, TypeError, NotImplementedError) as error:
        raise DataError(
            f"The {many} are a tensor that cannot be read ({' '.join(str(error).split())[:200]}).",
            "Give it as an array: tensor.float().numpy(), or tensor.tolist().",
        ) from error


def _of_sparse(given: Any, many: str) -> NDArray[Any]:
    if int(np.prod(given.shape, dtype=object)) > DENSE:
        raise _too_sparse(many, given.shape)
    return np.asarray(given.toarray())


def _too_sparse(many: str, shape: tuple[int, ...]) -> DataError:
    return DataError(
        f"The {many} are a sparse matrix of the shape {shape}, too large to be written out.",
        "Reduce it first, such as sklearn.decomposition.TruncatedSVD(256).fit_transform(matrix).",
    )


def _of_pandas(given: pd.DataFrame | pd.Series[Any]) -> NDArray[Any]:
    """Return columns as one array; missing cells of nullable types as NaN."""
    columns = [given] if isinstance(given, pd.Series) else [given.iloc[:, n] for n in range(given.shape[1])]
    if columns and all(isinstance(c.dtype, np.dtype) and c.dtype != object for c in columns):
        return np.asarray(given)
    if columns and all(pd.api.types.is_numeric_dtype(c.dtype) for c in columns):
        return given.to_numpy(dtype=np.float64, na_value=np.nan)
    array = given.to_numpy()
    if array.dtype == object:
        return array_in(array if array.ndim == 1 else array.tolist(), "cells") if array.size else array
    return array
