"""The raters of a review: whoever gives labels beside the one under review, and what each says."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.consensus import Agreement, Budget, Consensus, Method, Policy, consensus, krippendorff
from explorer.consensus import pairs as of_pairs
from explorer.dataset.dataset import Dataset
from explorer.dataset.labelling_function import LabellingFunction
from explorer.dataset.votes import RaterVotes, Votes, checked_kind
from explorer.errors import DataError, UnknownName
from explorer.labels import Store, VoteDraft
from explorer.pipeline.answers import answers_of
from explorer.pipeline.stages import widened
from explorer.readers.votes import attach
from explorer.review.arguments import Items
from explorer.review.blind import BlindQueue, Mode
from explorer.review.decisions import Decisions
from explorer.review.events import CellsChanged, Events, LabelsReset, VersionsMoved, VotesChanged
from explorer.review.label_columns import is_settled, names_of
from explorer.review.rater_blocks import columns_of, draft_of, table_of, view_of
from explorer.review.rater_questions import budget_of, questions
from explorer.review.resolution import Ballot, Outlook, Resolution, Rule, ballot, outlook, resolve, weighed
from explorer.review.state import ReviewState
from explorer.review.stored_votes import StoredVotes

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
    decisions
        Writes what votes are resolved to.

    Examples
    --------
    >>> import explorer
    >>> review = explorer.Review(explorer.read(["good film", "dull film"], label=["+", "-"]), start=False)
    >>> review.raters.add("gpt", ["+", "+"], kind="model", family="gpt")
    RaterVotes('gpt', model, family 'gpt', 2 votes)
    >>> review.raters.table().agreement.tolist()
    [0.5]
    """

    def __init__(self, state: ReviewState, store: Store, events: Events, bound: Dataset, decisions: Decisions) -> None:
        self._state, self._events, self._decisions = state, events, decisions
        self._stored = StoredVotes(state, store, bound)
        self._weighed: tuple[tuple[RaterVotes, ...], tuple[str, ...], NDArray[np.float32] | None] = (), (), None
        events.subscribe(LabelsReset, lambda _: self.catch_up())  # another branch, or classes that became one
        events.subscribe(CellsChanged, lambda event: self.look() if event.commit is None else None)
        events.subscribe(VersionsMoved, lambda _: self.look())

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
            view = view_of(state)
        columns, notes = columns_of(view, rater, labels, checked_kind(kind), family, confidence)
        voted = attach(view, columns, fixed=True)
        found = voted.votes
        assert found is not None
        for note in (*voted.notes[len(view.notes) + 1 :], *notes):
            log.warning("%s", note)
        with state.lock:
            self._stored.write([draft_of(one, view.item_ids, view.classes) for one in found])
            self._events.emit(VotesChanged())
        return found if isinstance(rater, pd.DataFrame) else found.raters[0]

    def extend(self, draft: VoteDraft) -> None:
        """Store votes as a draft has them, and have the scores computed anew."""
        with self._state.lock:
            self._stored.write([draft])
            self._events.emit(VotesChanged())

    def remove(self, name: str) -> None:
        """Take a rater's votes away: a version without votes is stored, and those before it stay in the store.

        `UnknownName` if there is no such rater.
        """
        with self._state.lock:
            if name not in self.names:
                raise UnknownName("rater", name, self.names)
            self._stored.take_away(self._some().rater(name))
            self._events.emit(VotesChanged())

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
        return table_of(votes, codes)

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
            Names of those who can be asked; by default all but labelling functions, which have said all that they
            say. Items that each of them has answered are left out; with an empty list nobody is named and none is.
        most
            Most answers that an item may have already.

        Returns
        -------
        pandas.DataFrame
            Indexed by item id: `rater`, `urgency`, `answers` (how many there are), `likeliest` and `second` (classes).

        Raises
        ------
        UnknownName, DataError
            A rater or policy that there is none of; no raters.
        """
        found = self.consensus(model=True, gold=False)
        if raters is None:
            raters = [one.name for one in self._some() if one.kind != "function"]
        return questions(self._state, found, self._some().names, n, policy, raters, most)

    def spend(self, budget: int, *, votes: Sequence[int] = (1, 2, 3, 5)) -> Budget:
        """Simulate a budget of answers by these raters: many new items with one each, or fewer with several.

        Parameters
        ----------
        budget
            Answers that can be had.
        votes
            Answers an item to compare.

        Returns
        -------
        Budget
            Which way is best, and a table of all; the best known labels are taken as true (`explorer.consensus.spend`).

        Raises
        ------
        DataError
            No raters; no vectors yet; fewer than 20 labelled items; a budget that buys nothing.
        """
        return budget_of(self._state, self.consensus(gold=False), budget, votes)

    def blind(
        self,
        rater: str,
        *,
        votes: int = 3,
        hide_suggestion: bool = True,
        items: Items | None = None,
        mode: Mode = "label",
    ) -> BlindQueue:
        """Begin a queue of second opinions, which shows a rater neither the label nor what others say.

        Answers are kept as the rater's votes, at once, and touch no label; the same call later goes on.

        Parameters
        ----------
        rater
            Whose opinions they are.
        votes
            Votes of people that are wanted an item; those that have as many are not asked about.
        hide_suggestion
            Whether the suggested label is hidden as well.
        items
            As `Review.relabel` takes them; by default the suspects that nobody has decided on, the worst first.
        mode
            "label": which class is it? "choice": the review of *Pervasive Label Errors in Test Sets* (Northcutt et al.,
            2021), given or suggested label, both or neither, the two in random order; five votes were used there.
        """
        asked = None if items is None else [self._state.dataset.position(i) for i in self._decisions.ids(items)]
        return BlindQueue(self._state, self._stored, self._change, rater, votes, hide_suggestion, asked, mode)

    def resolve(
        self,
        rule: Rule = "majority",
        *,
        votes: int = 3,
        items: Items | None = None,
        raters: Sequence[str] | None = None,
    ) -> Resolution:
        """Write what people voted into the labels; the commit keeps the rule, and the votes as evidence.

        Parameters
        ----------
        rule
            "majority" (more than half of an item's votes), "unanimous", or "consensus": where more than half of them
            name no single class as "majority", else the class that is at least .5 likely by `consensus` of these
            raters alone, without the model's probabilities.
        votes
            Fewest votes that an item needs.
        items
            By default all that nobody has decided on.
        raters
            Whose votes count; by default those of people.

        Returns
        -------
        Resolution
            What became of each item; "both" and "neither" are marked, with "several fit" and "none fits". A class that
            was merged, split or retired is no answer.

        Raises
        ------
        Conflict
            Somebody decided on one of the items meanwhile; nothing was written.
        """
        return self.settle(self.outlook(rule, votes=votes, items=items, raters=raters))

    def settle(self, found: Outlook) -> Resolution:
        """Write what `outlook` has said, and nothing else."""
        return resolve(self._state, self._decisions, found)

    def outlook(
        self,
        rule: Rule = "majority",
        *,
        votes: int = 3,
        items: Items | None = None,
        raters: Sequence[str] | None = None,
    ) -> Outlook:
        """Say what `resolve` would write; writes nothing, and takes what `resolve` takes."""
        with self._state.lock:
            self._stored.follow()
            seen = ballot(self._state, self._some(), raters)
            positions = None if items is None else [self._state.dataset.position(i) for i in self._decisions.ids(items)]
        asked = np.flatnonzero(~seen.decided) if positions is None else np.array(positions, dtype=np.intp)
        return outlook(seen, rule, votes, asked, self._posterior(seen) if rule == "consensus" else None)

    def _posterior(self, seen: Ballot) -> NDArray[np.float32] | None:
        """Return the consensus of those who are heard, made anew where one of them says something else now."""
        votes, classes, posterior = self._weighed
        if votes != seen.heard or classes != seen.classes:
            posterior = weighed(seen)
            self._weighed = seen.heard, seen.classes, posterior
        return posterior

    def refresh(self) -> None:
        """Read the votes of the store anew, as others may have added some; starts nothing."""
        self._stored.refresh()

    def catch_up(self) -> None:
        """Read all votes of the store anew, and have the scores computed anew where they say something else."""
        with self._state.lock:
            self._stored.refresh()
            if self._stored.news():
                self._events.emit(VotesChanged())

    def look(self) -> None:
        """Take up what others have written since. Costs one look at the store where nothing was."""
        with self._state.lock:
            self._stored.follow()
            if self._stored.news():
                self._events.emit(VotesChanged())

    def _some(self) -> Votes:
        votes = self._state.votes
        if votes is None:
            raise DataError("There are no raters.", "Add one: review.add_rater(name, labels).")
        return votes

    def _change(self) -> None:
        self._stored.refresh()
        self._stored.news()
        self._events.emit(VotesChanged())
