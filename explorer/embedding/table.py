"""Rows of a table → vectors: "columns" needs nothing to be installed, "skrub" treats dates and free strings too."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.embedding.base import Stateless
from explorer.errors import DataError, MissingExtra, Option, Said
from explorer.media.table import Table
from explorer.progress import Progress
from explorer.utils.text import printable


class _Whole(Stateless):
    """Base of the two: a table is fitted and encoded in one piece, row numbers stand for rows until then."""

    device = "cpu"
    batch_size = 1 << 30
    chunk: int | None = None
    fitted = True

    def __init__(self, dataset: Dataset) -> None:
        if not isinstance(dataset.content, Table):
            raise DataError(f"{type(self).__name__} takes table items; these are {dataset.kind} items.")
        self.frame = dataset.content.frame.iloc[dataset.first_row].reset_index(drop=True)

    def types(self) -> list[list[str]]:
        """Return each column's name and type, in order: the same cells of another type make other vectors."""
        return [[str(name), *_type_of(self.frame[name].dtype)] for name in self.frame.columns]

    def prepare(self, dataset: Dataset, progress: Progress) -> None:
        """Do nothing: fitting and encoding are one."""

    def load(self, dataset: Dataset, item: int) -> int:
        """Return the row number itself."""
        del dataset
        return item


class Columns(_Whole):
    """Numbers standardised (missing = mean, beside a column that says so), strings one-hot, the rarest put together.

    Parameters
    ----------
    most
        Values of a categorical column that get a column of their own.
    """

    name = "columns"

    def __init__(self, dataset: Dataset, most: int = 32) -> None:
        super().__init__(dataset)
        self.most = most

    def options(self) -> dict[str, Any]:
        """Return the limit on values, and the columns' types."""
        return {"most": self.most, "types": self.types()}

    def encode(self, batch: list[int]) -> NDArray[np.float32]:
        """Return float32 [N, D]; a categorical column weighs about as much as a numeric one."""
        frame = self.frame.iloc[batch]
        parts: list[NDArray[np.float32]] = []
        for name in frame.columns:
            cells = frame[name]
            if pd.api.types.is_datetime64_any_dtype(cells):
                cells = cells.astype("int64").where(cells.notna()).astype(float)
            numeric = pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells)
            parts.append(_numeric(cells) if numeric else self._categorical(cells))
        return np.concatenate(parts, axis=1)

    def _categorical(self, cells: pd.Series[Any]) -> NDArray[np.float32]:
        filled = cells.astype(object).where(cells.notna(), "").tolist()
        words = np.array([_word(cell) for cell in filled], dtype=str)
        values, codes, counts = np.unique(words, return_inverse=True, return_counts=True)
        rank = np.empty(len(values), dtype=np.intp)
        rank[np.lexsort((values, -counts))] = np.arange(len(values))
        slot = np.minimum(rank[codes], self.most)  # the last slot holds all rarer values
        hot = np.zeros((len(words), int(slot.max()) + 1), dtype=np.float32)
        hot[np.arange(len(words)), slot] = np.float32(np.sqrt(0.5))  # two different values are at distance 1
        return hot


def _word(cell: Any) -> str:
    """Return the text of a category."""
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "backslashreplace")
    return printable(str(cell)) if not isinstance(cell, int) or cell.bit_length() < 13_000 else hex(cell)


def _type_of(dtype: Any) -> list[str]:
    """Write a type so that it is the same for the same type only; for a category, its values count too."""
    if isinstance(dtype, pd.CategoricalDtype):
        values = [str(v) for v in dtype.categories]
        return ["ordered" if dtype.ordered else "category", *_type_of(dtype.categories.dtype), *values]
    return [str(dtype)]


def _numeric(cells: pd.Series[Any]) -> NDArray[np.float32]:
    values = cells.to_numpy(dtype=np.float64, na_value=np.nan)[:, None]
    scaled = standardise(values)
    missing = ~np.isfinite(values)
    return np.hstack([scaled, missing.astype(np.float32)]) if missing.any() else scaled


def standardise(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Centre and scale each column to unit deviation, clipped at 8 deviations; missing cells become the mean, 0."""
    finite = np.isfinite(values)
    count = np.maximum(finite.sum(axis=0), 1)
    filled = np.where(finite, values, 0.0)
    exponent = np.frexp(np.abs(filled).max(axis=0, initial=0.0))[1]
    extreme = np.abs(exponent) > 400  # the squares or sums of such numbers overflow or vanish
    if extreme.any():
        values = filled = np.ldexp(filled, np.where(extreme, -exponent, 0))
    mean = filled.sum(axis=0) / count
    centred = np.where(finite, values - mean, 0.0)
    deviation = np.sqrt((centred**2).sum(axis=0) / count)
    scaled = centred / np.where(deviation > 0, deviation, 1.0)
    return scaled.clip(-8, 8).astype(np.float32)


class Skrub(_Whole):
    """skrub's `TableVectorizer`: dates, categories and free strings each in their own way; then standardised.

    Parameters
    ----------
    seed
        Of the string encoder's decomposition.
    """

    name = "skrub"

    def __init__(self, dataset: Dataset, seed: int = 0) -> None:
        if importlib.util.find_spec("skrub") is None:
            raise MissingExtra("The embedder 'skrub'", "skrub", "tables")
        super().__init__(dataset)
        self.seed = seed
        import skrub

        self.revision = f"skrub {skrub.__version__}"

    def options(self) -> dict[str, Any]:
        """Return the seed, and the columns' types."""
        return {"seed": self.seed, "types": self.types()}

    def encode(self, batch: list[int]) -> NDArray[np.float32]:
        """Return float32 [N, D]."""
        from skrub import StringEncoder, TableVectorizer

        strings = StringEncoder(n_components=min(30, max(2, len(batch) - 1)), random_state=self.seed)
        vectorizer = TableVectorizer(high_cardinality=strings)
        try:
            table = vectorizer.fit_transform(self.frame.iloc[batch])
            values = table.to_numpy(dtype=np.float64, na_value=np.nan)
        except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
            raise DataError(
                f"skrub cannot read the table ({printable(' '.join(str(error).split()))[:300]}).",
                'Take embedder="columns", or bring the columns to numbers, dates and text.',
            ) from error
        if values.shape[1] == 0:
            raise DataError(
                "No column of the table carries information.", Said("Give other columns in {}.", Option("features"))
            )
        return standardise(values)
