"""Some of a review's items as a table: those of a scope, those that a search finds, those that fit conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.detectors.protocol import Findings, Inputs
from explorer.detectors.registry import get
from explorer.errors import DataError, ExplorerError, UnknownName
from explorer.labels.model.states import State
from explorer.review.arguments import Items
from explorer.review.damage import damage, harm
from explorer.review.events import Events
from explorer.review.grow import grow
from explorer.review.issues_frame import IssuesFrame
from explorer.review.label_columns import is_decided, names_of, standing
from explorer.review.mixed_queue import ALONE
from explorer.review.sample.random_sample import RandomSample
from explorer.review.scope_members import OF_WHOLE, Members, Moment
from explorer.review.scopes import SCOPES, Scope, lacking, members, positions, scope
from explorer.review.scopes import scope as named
from explorer.review.scores import Scores
from explorer.review.search import Found, Search
from explorer.review.selection import Selection
from explorer.review.slice_cuts import members_of
from explorer.review.sorts import check_sort, in_order
from explorer.review.state import ReviewState
from explorer.review.whole import Whole
from explorer.tasks.classification import class_name

BASE = ("given_label", "suggested_label", "p_error", "label", "state", "decided", "where")
"""Columns of the table of issues that every list has."""

STANDS = ("open", "decided")
"""What `filter(state=)` takes besides the states."""


NO_SCORES = "there are no scores yet: see review.status"


class ScopeCount(NamedTuple):
    """How many items a scope holds.

    Attributes
    ----------
    scope
        Which.
    all
        Number of its items.
    open
        Of them, those that nobody has decided on.
    lacking
        Why it is not computed, and what to do; "" where it is.
    """

    scope: Scope
    all: int
    open: int
    lacking: str


class _Seen(NamedTuple):
    """What a list is made of, of one moment."""

    moment: Moment
    dataset: Dataset
    classes: tuple[str, ...]
    states: NDArray[np.uint8]


class Listings:
    """Makes the tables of `Review.queue_of`, `find` and `filter`, and grows selections."""

    def __init__(
        self, state: ReviewState, scores: Scores, sample: RandomSample, selection: Selection, events: Events
    ) -> None:
        self._state = state
        self._scores = scores
        self._sample = sample
        self._selection = selection
        self.whole = Whole(state, events)
        self._search: Search | None = None

    def queue_of(self, name: str, *, decided: bool = False, sort: str = "suspicion") -> pd.DataFrame:
        """Return the items of a scope, in its own order or another; see `Review.queue_of`."""
        one = scope(name)
        check_sort(sort)
        self._ready(one)
        with self._state.lock:
            seen = self._seen()
            found = members(one, seen.moment)
            if not decided:
                found = _open(found, is_decided(seen.states))
            damage = self.damages(found.positions) if sort == "damage" else None
            found = in_order(found, sort, seen.moment.given, damage)
            table = pd.DataFrame(self._listed(found.positions))
        columns = [c for c in (*BASE, *one.columns) if c in table.columns]
        table = table[columns].assign(**found.columns, **({} if damage is None else {"damage": np.sort(damage)[::-1]}))
        if one.name in OF_WHOLE:
            with self._state.lock:
                return table.assign(why=[self.whole.reason(one.name, int(at)) for at in found.positions])
        return table if one.name == "all" else table.assign(why=_why(one, seen, found.positions))

    def damage(self) -> pd.Series[Any]:
        """Return the damage of every item by its id; see `Review.damage`."""
        self._scores.ready()
        with self._state.lock:
            ids = pd.Index(self._state.dataset.item_ids, name="item_id")
            return pd.Series(self.damages(slice(None)), index=ids, name="damage")

    def find(self, query: str | int) -> pd.DataFrame:
        """Return the items that a query finds; see `Review.find`."""
        with self._state.lock:
            dataset = self._state.dataset
        found = self._searched(dataset).find(query)  # without the lock: it may read all texts
        with self._state.lock:
            found = self._moved(found, dataset)
            rows = np.fromiter(found.where, dtype=np.intp, count=len(found.where))
            exact = np.isin(rows, found.exact)
            table = self._plain(rows).assign(found=list(found.where.values()))
            order = np.lexsort((rows, -np.nan_to_num(table["p_error"].to_numpy(), nan=-1), ~exact))
            if self._state.dataset.kind == "text":
                table = table.assign(text=[self._state.dataset.load(i) for i in rows])
            return table.iloc[order]

    def positions(self, query: str | int) -> tuple[str, NDArray[np.int32], NDArray[np.int32]]:
        """Return the order of items that positions count in, those that a query finds, and those that it names whole.

        The same items as `find`, without a table. Waits for nothing; whoever calls does not hold the lock.
        """
        with self._state.lock:
            dataset = self._state.dataset
        found = self._searched(dataset).find(query)
        return dataset.order, np.array(sorted(found.where), dtype=np.int32), np.array(found.exact, dtype=np.int32)

    def filter(
        self,
        *,
        given: Any = None,
        suggested: Any = None,
        label: Any = None,
        state: Any = None,
        p_error: Any = None,
        scope: str | None = None,
        text: str | None = None,
        columns: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Return the items that fit all conditions; see `Review.filter`."""
        self._ready(None if scope is None else named(scope))
        kept = members_of(self._state.dataset, columns or {})
        low, high = _range(p_error)
        stands = _states(state)
        with_text = None if text is None else self.find(text).index
        with self._state.lock:
            table = self._scores.issues_now() if scope is None else self._listed(self._members(scope).positions)
            keep = np.ones(len(table), dtype=bool)
            for column, wanted in (("given_label", given), ("suggested_label", suggested), ("label", label)):
                if wanted is not None:
                    keep &= table[column].isin(self._classes(wanted)).to_numpy(dtype=bool)
            if stands is not None:
                keep &= table["state"].isin(stands).to_numpy(dtype=bool)
            if p_error is not None:
                keep &= table["p_error"].between(low, high).to_numpy(dtype=bool)
            for wanted in (with_text, kept):
                if wanted is not None:
                    keep &= table.index.isin(wanted)
            return table[keep]

    def grow(
        self, items: Items | None = None, *, rows: Any = None, size: int | None = None, same_label: bool = True
    ) -> pd.DataFrame:
        """Return a selection and the items that hang together with it; see `Review.grow`."""
        self._scores.ready()
        with self._state.lock:
            if items is None and rows is None:
                items = self._selection.items
            positions = self._selection.positions(items, rows)
            inputs = self._scores.results().inputs
        if inputs is None:
            raise DataError("A selection grows along the neighbour graph, and there is none.", "See review.status.")
        grown = grow(positions, inputs, same_label=same_label, size=size)
        with self._state.lock:
            return self._plain(grown.positions).assign(belongs=grown.scores)

    def _searched(self, dataset: Dataset) -> Search:
        """Return what searches a dataset: kept for as long as the review's items are those."""
        search = self._search
        if search is None or search.dataset is not dataset:
            search = self._search = Search(dataset)
        return search

    # For the panels, which hold the lock ------------------------------------------------------------------------------

    def present(self, name: str) -> tuple[Members, str]:
        """Return the items of a scope by the scores as they stand, and why there are none. Waits for nothing.

        Raises
        ------
        UnknownName
            No such scope.
        """
        one = scope(name)
        with self._at_once() as moment:
            why = _lacking(one, moment)
            if why:
                return Members(np.empty(0, dtype=np.intp)), f"Not computed: {why}."
            found = members(one, moment)
        return found, "" if len(found.positions) else one.none

    def harms(self) -> NDArray[np.float32] | None:
        """Return how much each item misleads, float32 [N]; `None` where nothing says so (`damage.harm`). Waits not."""
        if not self._scores.scored:
            return None
        with self._scores.reading() as (_, findings):
            return harm(findings)

    def counts(self) -> list[ScopeCount]:
        """Count the items of every scope by the scores as they stand. Waits for nothing."""
        decided, found = self._state.decided(), []
        with self._at_once() as moment:
            for one in SCOPES:
                why = _lacking(one, moment)
                at = np.empty(0, dtype=np.intp) if why else positions(one, moment)
                found.append(ScopeCount(one, len(at), len(at) - int(decided[at].sum()), why))
        return found

    def damages(self, rows: NDArray[np.intp] | slice) -> NDArray[np.float32]:
        """Return the damage of some items, float32 [n]; `ExplorerError` where the method has not run."""
        harms, combined = self.harms(), self._state.results.combined
        if harms is None or combined is None:
            raise ExplorerError(
                "The damage is not known: the method 'shapley', which tells how much each item misleads, has not run.",
                "See review.detectors.",
            )
        return damage(combined.p_error[rows], harms[rows])

    # The lock is held -----------------------------------------------------------------------------------------------

    def _ready(self, one: Scope | None) -> None:
        """Wait for the scores, and for what was found of the whole where a scope shows it. The lock is not held."""
        self._scores.ready()
        if one is not None and one.name in OF_WHOLE:
            self.whole.look()

    @contextmanager
    def _at_once(self) -> Iterator[Moment]:
        """Give the results as they are, without the table, which is made of all items; nobody writes to them inside."""
        results = self._state.results
        if not self._scores.scored or results.combined is None:
            yield Moment(replace(results, findings=None, combined=None), np.empty(0, dtype=np.intp), self._state.given)
            return
        self.whole.begin()
        with self._scores.reading() as (inputs, findings):
            results = replace(results, inputs=inputs, findings=findings)
            yield Moment(results, self._draws(), self._state.given, self.whole.shown())

    def _moved(self, found: Found, then: Dataset) -> Found:
        """Return what was found in a dataset of before by the positions of now."""
        now = self._state.dataset
        if now is then:
            return found
        places = {i: now.place(str(then.item_ids[i])) for i in found.where}
        where = {place: found.where[i] for i, place in places.items() if place is not None}
        exact = [places[i] for i in found.exact]
        return Found(where, [place for place in exact if place is not None])

    def _members(self, name: str) -> Members:
        return members(scope(name), self._seen().moment)

    def _seen(self) -> _Seen:
        state = self._state
        moment = Moment(self._scores.results(), self._draws(), self._state.given.copy(), self.whole.shown())
        return _Seen(moment, state.dataset, state.classes, state.states.copy())

    def _draws(self) -> NDArray[np.intp]:
        """Return what was asked about at random, and the draws as far as the next that are open, intp [D]."""
        draws = self._sample.draws().astype(np.intp)
        asked = self._sample.asked().astype(np.intp)
        open_ = np.cumsum(~self._state.decided()[draws])
        return np.concatenate([asked, draws[: int(np.searchsorted(open_, ALONE)) + 1]])

    def _listed(self, positions: NDArray[np.intp]) -> IssuesFrame:
        ranked = self._scores.ranking()
        place = np.empty(len(ranked), dtype=np.intp)
        place[ranked] = np.arange(len(ranked))
        return self._scores.listed(place[positions])

    def _plain(self, positions: NDArray[np.intp]) -> pd.DataFrame:
        """Return some items with the columns in `BASE`; what scores there are, are taken as they are."""
        state, dataset = self._state, self._state.dataset
        combined = state.results.combined
        suggested = np.full(len(positions), -1, dtype=np.int32)
        p_error = np.full(len(positions), np.nan, dtype=np.float32)
        if combined is not None and self._scores.scored:
            suggested, p_error = combined.suggested[positions], combined.p_error[positions]
        columns: dict[str, Any] = {
            "given_label": pd.array(names_of(dataset.given[positions], state.classes), dtype="str"),
            "suggested_label": pd.array(names_of(suggested, state.classes), dtype="str"),
            "p_error": p_error,
            **standing(state.codes, state.states, state.classes, positions),
            "decided": is_decided(state.states[positions]),
            "where": [dataset.name(i) for i in positions],
        }
        return pd.DataFrame(columns, index=pd.Index(dataset.item_ids[positions], name="item_id"))

    def _classes(self, wanted: Any) -> list[str]:
        several = isinstance(wanted, Iterable) and not isinstance(wanted, str | bytes)
        names = [class_name(one) for one in (wanted if several else [wanted])]
        for name in names:
            if name not in self._state.classes:
                raise UnknownName("class", name, self._state.classes)
        return names


def _lacking(one: Scope, moment: Moment) -> str:
    return NO_SCORES if moment.results.combined is None else lacking(one, moment)


def _open(found: Members, decided: NDArray[np.bool_]) -> Members:
    """Return the items that nobody has decided on; of a set all, as long as one of them is open."""
    keep = ~decided[found.positions]
    if found.sets is not None:
        keep = np.isin(found.sets, found.sets[keep])
    columns = {name: values[keep] for name, values in found.columns.items()}
    return Members(found.positions[keep], columns, None if found.sets is None else found.sets[keep])


def _why(one: Scope, seen: _Seen, positions: NDArray[np.intp]) -> list[str]:
    """Say in words why each item is in a scope."""
    if one.name == "random":
        return ["drawn at random"] * len(positions)
    inputs, findings = seen.moment.results.inputs, seen.moment.results.findings
    assert inputs is not None
    assert findings is not None
    return [_said(one, int(position), inputs, findings, seen.classes) for position in positions]


def _said(one: Scope, position: int, inputs: Inputs, findings: Findings, classes: tuple[str, ...]) -> str:
    reasons = [
        reason.text
        for name in one.told_by
        if name in findings.results
        for reason in get(name).explain(position, inputs, findings.results[name], classes)
    ]
    return "; ".join(reasons)


def _range(p_error: Any) -> tuple[float, float]:
    """Return the ends of the range that `filter(p_error=)` means: a least value, or both ends."""
    ends = list(p_error) if isinstance(p_error, Sequence) and not isinstance(p_error, str) else [p_error, 1.0]
    if p_error is None:
        return 0.0, 1.0
    real = all(isinstance(end, int | float | np.number) and not isinstance(end, bool) for end in ends)
    if len(ends) != 2 or not real or not 0 <= ends[0] <= ends[1] <= 1:
        raise DataError(
            f"p_error={p_error!r} is no range.", "Give the least value, such as .5, or both ends: (.2, .5)."
        )
    return float(ends[0]), float(ends[1])


def _states(state: Any) -> list[str] | None:
    """Return the names of the states that `filter(state=)` means."""
    if state is None:
        return None
    found: list[str] = []
    for name in [state] if isinstance(state, str) else list(state):
        if name in STANDS:
            found += [one.value for one in State if one.decided == (name == "decided")]
        elif name in tuple(State):
            found.append(str(name))
        else:
            raise UnknownName("state", name, [*State, *STANDS])
    return found
