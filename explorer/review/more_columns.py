"""Columns that an export has beside the labels: the user's own, soft labels and weights."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.errors import DataError
from explorer.export.columns import COLUMN, SOFT, WEIGHT
from explorer.review.label_columns import is_settled
from explorer.review.scores import Scores
from explorer.review.state import ReviewState

if TYPE_CHECKING:
    from explorer.pipeline.results import Results

CELLS = 2**22
"""Cells [rows, K] of the pooled opinion that are made at once."""

DIGITS = 6
"""Decimal places of a share."""


class Standing(NamedTuple):
    """How items stand, an entry each item [N].

    Attributes
    ----------
    codes
        int32: class code of the label now, -1 for none.
    p_error
        float32: NaN where unlabelled.
    settled, left_out, marked_wrong
        bool: somebody has said which label is right, to leave the item out, or that its label is wrong.
    """

    codes: NDArray[np.int32]
    p_error: NDArray[np.float32]
    settled: NDArray[np.bool_]
    left_out: NDArray[np.bool_]
    marked_wrong: NDArray[np.bool_]

    def of(self, rows: NDArray[np.intp] | slice) -> Standing:
        """Return how some of them stand."""
        marks = self.settled[rows], self.left_out[rows], self.marked_wrong[rows]
        return Standing(self.codes[rows], self.p_error[rows], *marks)


def weights_of(now: Standing) -> NDArray[np.float64]:
    """Return how far each label is to be believed, float64 [N] in [0, 1].

    >>> from numpy import array
    >>> flags = [array(f, bool) for f in ([0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0])]
    >>> codes, p = array([0, 0, 1, 1, -1], np.int32), array([0.25, 0.9, 0.1, 0.2, np.nan], np.float32)
    >>> weights_of(Standing(codes, p, *flags)).tolist()
    [0.75, 1.0, 0.0, 0.0, 0.0]
    """
    found = 1 - np.nan_to_num(now.p_error.astype(np.float64), nan=1.0)
    found[now.settled] = 1
    found[now.left_out | now.marked_wrong | (now.codes < 0)] = 0
    return np.round(found, DIGITS)


def soft_labels(now: Standing, opinion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how likely each class is the true one, float64 [N, K]; rows sum to 1.

    Parameters
    ----------
    opinion
        float64 [N, K]: how likely each class is to who does not look at the label; rows sum to 1.

    Examples
    --------
    >>> none = np.zeros(1, bool)
    >>> now = Standing(np.array([0], np.int32), np.array([0.4], np.float32), none, none, none)
    >>> soft_labels(now, np.array([[0.5, 0.3, 0.2]])).tolist()
    [[0.6, 0.24, 0.16]]
    """
    n, k = opinion.shape
    rows, label = np.arange(n), np.maximum(now.codes, 0)
    found = opinion.copy()
    labelled = now.codes >= 0
    found[rows[labelled], label[labelled]] = 0
    rest = found.sum(axis=1, keepdims=True)
    # Who knows of no other class leaves the rest to all of them alike.
    alike = np.full((n, k), 1 / max(k - 1, 1))
    alike[rows, label] = 0
    found = np.where(rest > 1e-12, found / np.maximum(rest, 1e-12), alike)
    wrong = np.where(now.marked_wrong, 1.0, np.nan_to_num(now.p_error.astype(np.float64), nan=0.0))
    wrong[now.settled | now.left_out | (k < 2)] = 0
    found *= wrong[:, None]
    found[rows, label] += 1 - wrong
    found[~labelled] = opinion[~labelled]
    return np.round(found, DIGITS)


class MoreColumns:
    """Makes the columns that an export may have beside the labels.

    Parameters
    ----------
    bound
        The dataset that the store is bound to; the review's may have lost unreadable items since.
    """

    def __init__(self, state: ReviewState, scores: Scores, bound: Dataset) -> None:
        self._state = state
        self._scores = scores
        self._bound = bound

    def check(self, columns: bool | str | Sequence[str], at: str | dt.date) -> None:
        """Refuse columns that there are none of (`UnknownName`), and scores of another version than the head's."""
        self._names(columns)
        if not (isinstance(at, str) and at == "head"):
            raise DataError(f"Soft labels and weights are of the labels now, and not of {at!r}.", 'Leave at="head".')

    def added(
        self, table: pd.DataFrame, *, columns: bool | str | Sequence[str] = False, soft: bool, weights: bool
    ) -> pd.DataFrame:
        """Return a table of corrected labels with further columns, values of its items."""
        more: dict[str, Any] = {}
        names = self._names(columns)
        if names:
            place = pd.Index(self._bound.item_ids).get_indexer(pd.Index(table["item_id"]))
            for name in names:
                values = self._bound.column(name)[0].reset_index(drop=True)
                more[COLUMN + name] = values.reindex(np.where(place >= 0, place, len(values))).reset_index(drop=True)
        if soft or weights:
            more |= self._scored(table, soft, weights)
        return table.assign(**more) if more else table

    def _names(self, columns: bool | str | Sequence[str]) -> list[str]:
        if columns is False or columns is None:
            return []
        known = self._bound.other.names
        if columns is True:
            return list(known)
        names = [columns] if isinstance(columns, str) else list(columns)
        for name in names:
            if name not in known:
                self._bound.column(str(name))  # a feature of a table will do; says what there is
        return list(dict.fromkeys(map(str, names)))

    def _scored(self, table: pd.DataFrame, soft: bool, weights: bool) -> dict[str, Any]:
        self._scores.ready()
        state = self._state
        with state.lock:
            results, dataset, classes = self._scores.results(), state.dataset, state.classes
            assert results.combined is not None  # since the scores are ready
            now = Standing(
                state.codes.copy(),
                results.combined.p_error,
                is_settled(state.states),
                state.labels.left_out.copy(),
                state.labels.marked_wrong.copy(),
            )
        place = pd.Index(dataset.item_ids).get_indexer(pd.Index(table["item_id"]))
        here = np.flatnonzero(place >= 0)
        rows = place[here]
        some = now.of(rows)
        found: dict[str, Any] = {}
        if soft:
            shares = np.full((len(table), len(classes)), np.nan)
            step = max(1, CELLS // max(1, len(classes)))
            for start in range(0, len(rows), step):
                part = slice(start, start + step)
                opinion = _opinion(results, rows[part], len(classes))
                shares[here[part]] = soft_labels(some.of(part), opinion)
            found |= {f"{SOFT}{name}": shares[:, code] for code, name in enumerate(classes)}
        if weights:
            column = np.zeros(len(table))
            column[here] = weights_of(some)
            found[WEIGHT] = column
        return found


def _opinion(results: Results, rows: NDArray[np.intp], n_classes: int) -> NDArray[np.float64]:
    """Return the pooled opinion on some items, float64 [rows, K]; all classes alike where there is none."""
    combined, inputs, findings = results.combined, results.inputs, results.findings
    found = np.zeros((len(rows), n_classes))
    model = None if combined is None else combined.model
    if model is not None and inputs is not None and findings is not None:
        part = model.read.opinion(inputs, findings, rows)
        found[:, : part.shape[1]] = part  # classes that were added since are nobody's opinion
    elif inputs is not None and inputs.probs is not None:
        found[:, : inputs.probs.shape[1]] = inputs.probs[rows]
    else:
        found[:] = 1 / max(1, n_classes)
    return found
