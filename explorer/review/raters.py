"""The raters of a review: whoever gives labels beside the one under review, and what each says."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.consensus import Agreement, Consensus, Method, Policy, ask_next, consensus, krippendorff
from explorer.consensus import pairs as of_pairs
from explorer.dataset.dataset import Dataset
from explorer.dataset.labelling_function import LabellingFunction
from explorer.dataset.votes import RaterVotes, Votes, checked_kind
from explorer.errors import DataError, UnknownName
from explorer.labels import Store, VoteDraft
from explorer.labels.history import vote_blocks
from explorer.pipeline.answers import answers_of
from explorer.pipeline.stages import widened
from explorer.readers.raters import RaterColumn, RaterSpec
from explorer.readers.vote_sources import of_spec, of_table
from explorer.readers.votes import attach
from explorer.review.events import Events, VotesChanged
from explorer.review.label_columns import is_settled, names_of
from explorer.review.state import ReviewState
from explorer.utils.text import counted

log = logging.getLogger("explorer")


class Raters:
    """Columns of votes, kept in the label store with their versions. A change has the scores computed anew.

    Emits `VotesChanged`.

    Parameters
    ----------
    state
        `state.votes` is written to: the votes on the review's items, in its class codes.
    bound
        The dataset as it was read. Votes that it brings are stored, once.

    Examples
    --------
    >>> import explorer
    >>> review = explorer.Review(explorer.read(["good film", "dull film"], label=["+", "-"]), start=False)
    >>> review.raters.add("gpt", ["+", "+"], kind="model", family="gpt")
    RaterVotes('gpt', model, family 'gpt', 2 votes)
    >>> review.raters.table().agreement.tolist()
    [0.5]
    """

    def __init__(self, state: ReviewState, store: Store, events: Events, bound: Dataset) -> None:
        self._state, self._store, self._events = state, store, events
        self._unstored: tuple[RaterVotes, ...] = ()
        self._seen: tuple[str, ...] = ()  # digests of the blocks that count
        if bound.votes is not None:
            self._bind(bound, bound.votes)
        self.refresh()

    def __len__(self) -> int:
        votes = self._state.votes
        return 0 if votes is None else len(votes)

    def __repr__(self) -> str:
        votes = self._state.votes
        if votes is None:
            return "Raters(none; review.raters.add(name, labels) brings one)"
        return f"Raters({', '.join(votes.names[:8])}{', …' if len(votes) > 8 else ''})"

    def _repr_html_(self) -> str:
        return self.table().to_html(escape=True)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the raters, in the order in which they came."""
        votes = self._state.votes
        return () if votes is None else votes.names

    def add(
        self,
        rater: str | LabellingFunction | pd.DataFrame,
        labels: Any = None,
        *,
        kind: str = "model",
        family: str = "",
        confidence: Any = None,
    ) -> Any:
        """Add a rater, or replace what it said before: the next version of its votes is stored.

        Parameters
        ----------
        rater
            A name; or a `labelling_function`; or a table of several raters, with a column each or with a row a vote
            (item, rater, label[, time, confidence, kind, family]).
        labels
            One a row, in the user's own values (`None` and NaN: an abstention); a Series or a mapping by item, which
            may lack some; or a function of an item.
        kind, family
            "person", "model", "function" or "import"; what the rater has in common with others whose errors are alike,
            such as the model behind two prompts.
        confidence
            From 0 to 1, as the labels are given.

        Returns
        -------
        RaterVotes or Votes
            What is stored of it, in class codes of the review; of a table for all its raters.

        Raises
        ------
        UnknownName, DataError
            A label that is no class; as many labels as there are neither rows nor items; votes none of which is of an
            item here; a function that raises on all items.
        StoreError
            The store cannot be written.
        """
        state = self._state
        with state.lock:
            view = self._view()
        columns, notes = self._columns(view, rater, labels, checked_kind(kind), family, confidence)
        voted = attach(view, columns, fixed=True)
        found = voted.votes
        assert found is not None
        for note in (*voted.notes[len(view.notes) + 1 :], *notes):
            log.warning("%s", note)
        with state.lock:
            self._store.add_vote_blocks([_draft(one, view.item_ids, view.classes) for one in found])
            self._change()
        return found if isinstance(rater, pd.DataFrame) else found.raters[0]

    def remove(self, name: str) -> None:
        """Take a rater's votes away: a version without votes is stored, and those before it stay in the store.

        `UnknownName` if there is no such rater.
        """
        with self._state.lock:
            if name not in self.names:
                raise UnknownName("rater", name, self.names)
            said = self._rater(name)
            self._store.add_vote_blocks([VoteDraft(name, [], [], said.kind, said.family)])
            self._unstored = tuple(one for one in self._unstored if one.name != name)
            self._change()

    def votes(self) -> pd.DataFrame:
        """Return what each rater says of each item: a row an item by id, a column a rater, a class name or `None`."""
        with self._state.lock:
            dataset, votes, classes = self._state.dataset, self._state.votes, self._state.classes
        index = pd.Index(dataset.item_ids, name="item")
        if votes is None:
            return pd.DataFrame(index=index)
        matrix = votes.matrix()
        columns = {name: names_of(matrix[:, column], classes) for column, name in enumerate(votes.names)}
        return pd.DataFrame(columns, index=index, dtype=object)

    def table(self) -> pd.DataFrame:
        """Describe the raters, a row each.

        Returns
        -------
        pandas.DataFrame
            Indexed by rater: kind, family, votes, abstentions (items it saw and gave no class), items_agree (votes that
            are the item's label now), agreement (their share among votes on labelled items; NaN where there is none).
        """
        with self._state.lock:
            votes, codes = self._state.votes, self._state.codes.copy()
        rows = []
        for one in votes or ():
            here = (one.codes >= 0) & (codes[one.items] >= 0)
            same, of = int((one.codes[here] == codes[one.items[here]]).sum()), int(here.sum())
            rows.append((one.name, one.kind, one.family, one.voted, one.abstentions, same, same / of if of else np.nan))
        names = ["rater", "kind", "family", "votes", "abstentions", "items_agree", "agreement"]
        return pd.DataFrame(rows, columns=names).set_index("rater")

    def consensus(self, method: Method = "best", *, model: bool = True, gold: bool = True) -> Consensus:
        """Make one label of what all raters say, with how sure it is, and how good each rater is (`quality`).

        Parameters
        ----------
        method
            "best", "majority", "dawid_skene", "glad", "mace", "crowdlab" or "pooled"; see
            `explorer.consensus.page`.
        model
            Whether held-out probabilities join in, where there are any ("crowdlab" and "pooled" need them).
        gold
            Whether raters are also scored by the labels that people have settled here.

        Raises
        ------
        DataError, UnknownName, MissingExtra
            No raters; a method that there is none of, or that lacks what it needs.
        """
        with self._state.lock:
            state = self._state
            votes, classes, found = self._some(), state.classes, state.results.probs
            settled = np.where(is_settled(state.states), state.codes, -1)
        probs = widened(found, len(classes)) if model and found is not None and len(found) == votes.n else None
        answers = answers_of(votes, max(1, len(classes)))
        assert answers is not None
        known = settled if gold and (settled >= 0).any() else None
        return consensus(answers, probs, method, gold=known, names=votes.names, classes=classes)

    def agreement(self, *, pairs: bool = False) -> Agreement | pd.DataFrame:
        """Return how far the raters agree beyond chance (Krippendorff's alpha), or with `pairs` each two of them."""
        with self._state.lock:
            votes, classes = self._some(), self._state.classes
        answers = answers_of(votes, max(1, len(classes)))
        assert answers is not None
        return of_pairs(answers, votes.names) if pairs else krippendorff(answers)

    def ask_next(
        self,
        n: int = 10,
        *,
        policy: Policy = "least_sure",
        raters: Sequence[str] | None = None,
        most: int | None = None,
    ) -> pd.DataFrame:
        """Return what to ask next, and whom: items that nobody has decided on, the most urgent first.

        Parameters
        ----------
        n
            How many items.
        policy
            "least_sure", "activelab" (needs held-out probabilities), "fewest" or "random".
        raters
            Names of those who can be asked; all by default.
        most
            Most answers that an item may have already.

        Returns
        -------
        pandas.DataFrame
            Indexed by item id: `rater` (`None` where everybody has answered), `urgency`, `answers` (how many there
            are), `likeliest` and `second` (classes).

        Raises
        ------
        UnknownName, DataError
            A rater or policy that there is none of; no raters.
        """
        found = self.consensus(model=True, gold=False)
        with self._state.lock:
            dataset, classes, skip = self._state.dataset, self._state.classes, self._state.decided()
            probs, names = self._state.results.probs, self._some().names
        asked = None if raters is None else [_place(name, names) for name in raters]
        table = ask_next(
            found,
            n,
            policy=policy,
            raters=asked,
            probs=None if probs is None else widened(probs, len(classes)),
            skip=skip,
            most=most,
        )
        return pd.DataFrame(
            {
                "rater": [names[r] if r >= 0 else None for r in table["rater"]],
                "urgency": table["urgency"].to_numpy(),
                "answers": table["answers"].to_numpy(),
                "likeliest": [classes[c] for c in table["likeliest"]],
                "second": [classes[c] for c in table["second"]],
            },
            index=pd.Index(dataset.item_ids[table["item"].to_numpy(dtype=np.intp)], name="item"),
        )

    def refresh(self) -> None:
        """Read the votes of the store anew, as others may have added some; starts nothing."""
        state = self._state
        with state.lock:
            standing = vote_blocks.standing(self._store)
            index = pd.Index(state.dataset.item_ids if standing else [], dtype=object)
            found = [self._read(one, index) for one in standing]
            self._seen = tuple(one.block.digest for one in standing)
            stored = {one.name for one in found}
            found += [one for one in self._unstored if one.name not in stored]
            state.votes = Votes(tuple(found), len(state.dataset)) if found else None

    def catch_up(self) -> None:
        """Take up what others have added to the store; nothing happens where there is nothing new."""
        with self._state.lock:
            seen = self._seen
            self.refresh()
            if self._seen != seen:
                self._events.emit(VotesChanged())

    def _some(self) -> Votes:
        votes = self._state.votes
        if votes is None:
            raise DataError("There are no raters.", "Add one: review.add_rater(name, labels).")
        return votes

    def _rater(self, name: str) -> RaterVotes:
        votes = self._state.votes
        if votes is None:
            raise UnknownName("rater", name, ())
        return votes.rater(name)

    def _change(self) -> None:
        self.refresh()
        self._events.emit(VotesChanged())

    def _view(self) -> Dataset:
        """Return the items with the classes that the review has now, without votes."""
        state = self._state
        dataset, classes = state.dataset, state.classes
        values = (*dataset.class_values, *classes[len(dataset.class_values) :])
        return replace(dataset, classes=classes, class_values=values, votes=None)

    def _columns(
        self, view: Dataset, rater: Any, labels: Any, kind: Any, family: str, confidence: Any
    ) -> tuple[Sequence[RaterColumn], list[str]]:
        if isinstance(rater, pd.DataFrame):
            if labels is not None:
                raise DataError("A table of votes has its labels.", "Leave labels= out.")
            return of_table(view, rater), []
        if isinstance(rater, LabellingFunction):
            if labels is not None:
                raise DataError(f"The labelling function {rater.name!r} gives its labels.", "Leave labels= out.")
            spec = RaterSpec(rater.name, "function", family or rater.family, function=rater)
        elif not isinstance(rater, str):
            raise DataError(f"The rater is a {type(rater).__name__}.", "Give its name, as text, and its labels.")
        elif labels is None:
            raise DataError(f"There are no labels of {rater!r}.", "Give one label per row, or a Series by item.")
        elif callable(labels):
            function = labels if isinstance(labels, LabellingFunction) else LabellingFunction(rater, labels)
            spec = RaterSpec(rater, "function", family or function.family, function=function)
        else:
            spec = RaterSpec(rater, kind, family, labels=labels, confidence=confidence)
        column, note = of_spec(view, spec)
        return [column], [note] if note else []

    def _bind(self, bound: Dataset, votes: Votes) -> None:
        """Store the votes that a dataset brings, but for those that the store has, or that somebody took away."""
        if self._store.read_only:
            order = np.append(np.arange(len(bound.classes), dtype=np.int32), np.int32(-1))
            self._unstored = votes.recoded(self._state.labels.reading(order)).raters
            return
        drafts = [_draft(one, bound.item_ids, bound.classes) for one in votes]
        written = self._store.vote_blocks()
        taken = {
            name
            for name, newest in written.groupby("rater").last().iterrows()
            if not newest["votes"] and not newest["abstentions"]
        }
        kept = [draft for draft in drafts if draft.rater not in taken]
        if taken and len(kept) < len(drafts):
            log.info("%s taken away in the label store, and stay so.", counted(len(drafts) - len(kept), "rater"))
        if kept:
            self._store.add_vote_blocks(kept)

    def _read(self, one: vote_blocks.Standing, index: pd.Index[Any]) -> RaterVotes:
        """Return the votes of a block over the review's items, of which `index` has the ids."""
        state = self._state
        code = {name: number for number, name in enumerate(state.classes)}
        if any(name not in code for name in one.classes):
            state.labels.load_classes()
            code = {name: number for number, name in enumerate(state.classes)}
        own = np.array([*(code[name] for name in one.classes), -1], dtype=np.int32)
        places = index.get_indexer(pd.Index(one.items, dtype=object)).astype(np.int32)
        return _in_order(one, places, own[one.codes])


def _in_order(one: vote_blocks.Standing, places: NDArray[np.int32], codes: NDArray[np.int32]) -> RaterVotes:
    order = np.argsort(places, kind="stable")
    order = order[places[order] >= 0]
    block, confidence = one.block, None if one.confidence is None else one.confidence[order]
    return RaterVotes(block.rater, checked_kind(block.kind), block.family, places[order], codes[order], confidence)


def _place(name: str, names: Sequence[str]) -> int:
    if name not in names:
        raise UnknownName("rater", name, names)
    return list(names).index(name)


def _draft(one: RaterVotes, ids: NDArray[np.object_], classes: Sequence[str]) -> VoteDraft:
    labels = names_of(one.codes, classes).tolist()
    return VoteDraft(one.name, ids[one.items].tolist(), labels, one.kind, one.family, one.confidence)
