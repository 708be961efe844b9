"""What tells two classes apart in one item, for whoever shows it: words, columns of a row, labels around it."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.media.table import Table
from explorer.pipeline.results import Results
from explorer.review.class_columns import ClassColumns, Column
from explorer.review.word_odds import WordOdds

PATIENCE = 0.15
"""Seconds that a card waits for the words to be counted; with more texts than that takes it comes without marks."""


class Contrasts:
    """Counts words and columns of the dataset that it is asked about, when it is first asked. Costs nothing before.

    Examples
    --------
    >>> review.contrasts.columns(review.dataset, review.state.codes.copy(), 0, first=0, second=1)
    ([], 0)
    """

    def __init__(self) -> None:
        self._words: WordOdds | None = None
        self._columns: ClassColumns | None = None
        self._lock = threading.Lock()

    def marks(
        self, dataset: Dataset, codes: NDArray[np.int32], item: int, text: str, *, of: int, against: int
    ) -> list[tuple[int, int]] | None:
        """Return the places of words that speak for one class against another (`WordOdds.marks`); `None` = not yet."""
        with self._lock:
            words = self._words
            if words is None or words.dataset is not dataset:
                words = self._words = WordOdds(dataset)
        words.wait(PATIENCE)
        return words.marks(codes, item, text, of=of, against=against)

    def columns(
        self, dataset: Dataset, codes: NDArray[np.int32], item: int, *, first: int, second: int
    ) -> tuple[list[Column], int]:
        """Return the columns of a row beside those of two classes (`ClassColumns.row`), and how many the table has."""
        if not isinstance(dataset.content, Table):
            return [], 0
        with self._lock:
            columns = self._columns
            if columns is None or columns.dataset is not dataset:
                columns = self._columns = ClassColumns(dataset)
        return columns.row(codes, item, first=first, second=second), columns.total


def votes(results: Results, codes: NDArray[np.int32], item: int) -> list[tuple[int, int]]:
    """Return the labels of an item's neighbours and how many carry each, the commonest first; -1 = unlabelled."""
    if results.graph is None:
        return []
    labels, counts = np.unique(codes[results.graph.near(item)], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return [(int(labels[n]), int(counts[n])) for n in order]
