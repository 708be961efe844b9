"""What a review knows slice by slice of a column of the user's: wrong labels, and labels that mean something else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import ExplorerError, UnknownName
from explorer.estimates.audit import Audit
from explorer.estimates.errors_left import Heard, hear
from explorer.estimates.label_shift import Shift, compare, members, surprising
from explorer.estimates.noise_range import NoiseRange
from explorer.estimates.results import FEWEST_DRAWS
from explorer.estimates.slice_rates import SliceRates, direction_table, slice_table
from explorer.review.sample.random_sample import RandomSample
from explorer.review.scores import Scores
from explorer.review.slice_cuts import Cut, cut
from explorer.review.state import ReviewState

if TYPE_CHECKING:
    from explorer.dataset.dataset import Dataset
    from explorer.pipeline.results import Results

OPINION = 5
"""Labelled neighbours that make a vote."""


@dataclass(frozen=True, eq=False)
class _Moment:
    """What rates are made of, of one moment; arrays [N] are in the order of the sample's rows, `ids` too."""

    heard: Heard
    draws: int
    codes: NDArray[np.int32]
    belief: NDArray[np.float64]
    given: NDArray[np.int32]
    other: NDArray[np.int32]
    classes: tuple[str, ...]


class Slices:
    """Estimates by slice. Each reads under the state's lock, and reckons without."""

    def __init__(self, state: ReviewState, scores: Scores, sample: RandomSample) -> None:
        self._state = state
        self._scores = scores
        self._sample = sample

    def rates(self, by: str, bins: Any = None, *, wait: bool = True) -> SliceRates:
        """Estimate wrong labels by slice; see `Review.slices`."""
        if wait:
            self._scores.ready()
        dataset, found = self._cut(by, bins)
        with self._state.lock:
            self._same(dataset)
            moment = self._moment(found)
        return _rates(found, moment, dataset)

    def left(self, by: str, bins: Any = None, *, wait: bool = True) -> pd.DataFrame:
        """Return how many wrong labels are left by slice, as `Left.per_class` has it by class; see `Review.slices`."""
        table = self.rates(by, bins, wait=wait).table
        unreviewed = table["labels"] - table["reviewed"]
        found = table.assign(unreviewed=unreviewed, low=table["left_low"], high=table["left_high"])
        return found[["labels", "unreviewed", "found", "left", "low", "high"]]

    def shift(self, by: str, bins: Any = None) -> Shift:
        """Find labels that mean something else in a slice than elsewhere; see `Review.shift`."""
        self._scores.ready()
        dataset, found = self._cut(by, bins)
        with self._state.lock:
            self._same(dataset)
            results, classes, given = self._scores.results(), self._state.classes, self._state.given.copy()
        opinion, whose = opinions(results)
        cells, tests = compare(found.codes, given, opinion, max(1, len(classes)))
        cells = surprising(cells)
        of_cell = members(cells, found.codes, given, opinion)
        ids = tuple(tuple(str(each) for each in dataset.item_ids[rows]) for rows in of_cell)
        table = pd.DataFrame(
            {
                "slice": [found.names[s] for s in cells.slice],
                "given": [classes[c] for c in cells.given],
                "looks_like": [classes[o] for o in cells.opinion],
                "count": cells.count,
                "of": cells.of,
                "share": cells.count / np.maximum(cells.of, 1),
                "elsewhere": cells.elsewhere,
                "of_elsewhere": cells.of_elsewhere,
                "share_elsewhere": cells.elsewhere / np.maximum(cells.of_elsewhere, 1),
                "p_value": cells.p_value,
            }
        )
        return Shift(by, table, tests, whose, ids)

    def items(self, by: str, name: str, bins: Any = None) -> list[str]:
        """Return the ids of the items of a slice; `UnknownName` where there is none of that name. Waits for nothing."""
        dataset, found = self._cut(by, bins)
        if name not in found.names:
            raise UnknownName(f"slice of {by!r} called", name, found.names)
        return [str(item) for item in dataset.item_ids[found.codes == found.names.index(name)]]

    def names(self, by: str, bins: Any = None) -> tuple[str, ...]:
        """Return the names of the slices. Waits for nothing."""
        return self._cut(by, bins)[1].names

    def items_like(self, by: str, name: str, given: str, looks_like: str, bins: Any = None) -> list[str]:
        """Return the ids of the items of a slice that have one label and look like another, as `shift` has them."""
        dataset, found = self._cut(by, bins)
        with self._state.lock:
            self._same(dataset)
            results, classes, labels = self._scores.results(), self._state.classes, self._state.given.copy()
        for what, wanted, known in (
            (f"slice of {by!r}", name, found.names),
            ("class", given, classes),
            ("class", looks_like, classes),
        ):
            if wanted not in known:
                raise UnknownName(f"{what} called", wanted, known)
        here = (found.codes == found.names.index(name)) & (labels == classes.index(given))
        here &= opinions(results)[0] == classes.index(looks_like)
        return [str(item) for item in dataset.item_ids[here]]

    def _cut(self, by: str, bins: Any) -> tuple[Dataset, Cut]:
        """Cut the items as they are now; without the lock, since the columns may have to be read from a file."""
        with self._state.lock:
            dataset = self._state.dataset
        return dataset, cut(dataset, by, bins)

    def _same(self, dataset: Dataset) -> None:
        if self._state.dataset is not dataset:
            raise ExplorerError("The items changed while their columns were read.", "Ask again.")

    def _moment(self, found: Cut) -> _Moment:
        state = self._state
        sample = self._sample.current()  # says that there are no scores, where there are none
        combined = state.results.combined
        assert combined is not None  # since there is a sample
        reading = self._sample.reading()
        # What somebody has put right is known; a suggestion stands for what nobody has looked at.
        other = np.where(state.codes != state.given, state.codes, combined.suggested).astype(np.int32)
        row = sample.by_row
        codes, belief = row(found.codes), row(combined.p_error.astype(np.float64))
        given, other = row(state.given).copy(), row(other)
        return _Moment(*reading.heard(FEWEST_DRAWS), codes, belief, given, other, state.classes)


def rates_of(dataset: Dataset, ranking: pd.DataFrame, by: str, bins: Any = None) -> SliceRates:
    """Return rates by slice of a table of `find_issues` over a dataset that nobody has reviewed.

    Parameters
    ----------
    ranking
        Indexed by item id, with `p_error`, `given_label`, `suggested_label` and `attrs["estimate"]`.

    Raises
    ------
    UnknownName, DataError
        As of `Review.slices`.
    """
    found = cut(dataset, by, bins)
    rows = ranking.reindex(dataset.item_ids)
    belief = rows["p_error"].to_numpy(np.float64)
    code = {name: n for n, name in enumerate(dataset.classes)}
    given, other = (
        np.array([code.get(name, -1) if isinstance(name, str) else -1 for name in rows[column]], dtype=np.int32)
        for column in ("given_label", "suggested_label")
    )
    estimate = ranking.attrs.get("estimate", {})
    ends = [estimate.get(name) for name in ("error_rate", "low", "high")]
    noise = None if any(end is None for end in ends) else NoiseRange(*ends)
    nobody = np.zeros(len(belief), dtype=bool)
    heard = hear(Audit.design(belief), np.full(len(belief), np.nan), 0, nobody, noise)
    return _rates(found, _Moment(heard, 0, found.codes, belief, given, other, dataset.classes), dataset)


def opinions(results: Results) -> tuple[NDArray[np.int32], str]:
    """Return the class that each item looks like to who has not seen its label, int32 [N], and whose opinion it is.

    The held-out model's first choice; without one the vote of the labelled neighbours, -1 with fewer than five.
    """
    inputs = results.inputs
    if inputs is not None and inputs.probs is not None:
        return inputs.probs.argmax(axis=1).astype(np.int32), "model"
    if inputs is None or inputs.graph is None:
        raise ExplorerError(
            "There is neither a model nor a neighbour graph to compare labels with.", "See review.status."
        )
    near = inputs.graph.indices
    labels = np.where(near >= 0, inputs.labels[near], -1)
    rows, slots = np.nonzero(labels >= 0)
    votes, counts = np.unique(rows * inputs.n_classes + labels[rows, slots], return_counts=True)
    order = np.lexsort((votes, -counts, votes // inputs.n_classes))  # the most votes first, then the first class
    item, place = np.unique((votes // inputs.n_classes)[order], return_index=True)
    first = np.full(inputs.n, -1, dtype=np.int32)
    first[item] = (votes % inputs.n_classes)[order][place]
    first[(labels >= 0).sum(axis=1) < min(OPINION, near.shape[1])] = -1
    return first, "neighbours"


def _rates(found: Cut, moment: _Moment, dataset: Dataset) -> SliceRates:
    heard = moment.heard
    table, likely = slice_table(heard, moment.codes, moment.belief, len(found.names))
    table.index = pd.Index(list(found.names), name=found.by, dtype=object)
    if not found.ordered:
        table = table.sort_values(["low", "labels"], ascending=False, kind="stable")
    directions = direction_table(moment.codes, moment.given, moment.other, likely)
    named = pd.MultiIndex.from_tuples(
        [(found.names[s], moment.classes[c], moment.classes[o]) for s, c, o in directions.index],
        names=["slice", "given", "suggested"],
    )
    members = (dataset.item_ids, found.codes, found.names)
    return SliceRates(
        found.by,
        table,
        directions.set_axis(named, axis=0),
        heard.basis,
        moment.draws,
        found.conflicts,
        members,
    )
