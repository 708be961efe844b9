"""What a detector sees, what it returns, and what it must be able to do."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from explorer.consensus import Answers
from explorer.detectors.incremental import Change, Owned, Shared, next_number
from explorer.errors import DataError
from explorer.graph import NeighbourGraph
from explorer.probe.suites import Suites
from explorer.progress import Progress

Need = Literal["graph", "probs", "vectors", "dynamics", "trusted", "checkpoints", "suites", "votes", "names"]
FIELDS: Mapping[Need, str] = {"names": "name_scores"}
"""Fields of `Inputs` that are called otherwise than the need."""

Issue = Literal[
    "label",
    "outlier",
    "near_duplicate",
    "conflicting_duplicate",
    "ambiguous",
    "underperforming",
    "imbalance",
    "non_iid",
    "value",
]
"""Kinds of issues, in the order in which a table has their columns."""


@dataclass(eq=False)
class Inputs:
    """Everything that a detector may read about N items of K classes; what is absent is `None`.

    Attributes
    ----------
    labels
        int32 [N]: class codes, -1 where unlabelled. Not to be written to: results remember it.
    n_classes
        K.
    graph
        The neighbour graph, or links that somebody gave.
    probs
        float32 [N, K], rows sum to 1; out-of-fold.
    vectors
        float32 [N, D].
    dynamics
        float16 [N, T, 2]: probability of the given label and logit margin per epoch.
    trusted
        bool [N]: items whose label somebody has looked at and settled.
    checkpoints
        float16 [C, N, K]: held-out probabilities at C moments of the probe's training.
    suites
        Items put into the training on purpose, whose kind is known, with their dynamics.
    conflicting
        bool [N]: the item's occurrences carry different given labels.
    content_hashes
        [N] of str: items with equal ones have equal content.
    votes
        What raters have called the items, whatever the labels are.
    labelled_by
        Positions of the raters whose plurality the given labels are, where that is known; empty otherwise.
    name_scores
        float32 [N, K]: log-odds of each class by its name or description alone (see `embedding.class_names`).
    seed
        Seed of whatever is drawn.
    cosines
        The neighbour graph by cosine, where `graph` holds links that somebody gave; see `distances`.
    trained_on
        int32 [N]: the labels that `dynamics` are about, where these are of the user's own training.

    Raises
    ------
    DataError
        Arrays that do not belong together.
    """

    labels: NDArray[np.int32]
    n_classes: int
    graph: NeighbourGraph | None = None
    probs: NDArray[np.float32] | None = None
    vectors: NDArray[np.float32] | None = None
    dynamics: NDArray[np.float16] | None = None
    trusted: NDArray[np.bool_] | None = None
    checkpoints: NDArray[np.float16] | None = None
    suites: Suites | None = None
    conflicting: NDArray[np.bool_] | None = None
    content_hashes: NDArray[Any] | None = None
    votes: Answers | None = None
    name_scores: NDArray[np.float32] | None = None
    seed: int = 0
    cosines: NeighbourGraph | None = None
    trained_on: NDArray[np.int32] | None = None
    labelled_by: tuple[int, ...] = ()
    shared: Shared = field(default_factory=Shared, init=False, repr=False)

    def __post_init__(self) -> None:
        n = len(self.labels)
        lengths = {
            "graph": None if self.graph is None else self.graph.n,
            "distances": None if self.cosines is None else self.cosines.n,
            **{
                name: None if getattr(self, name) is None else len(getattr(self, name))
                for name in (
                    "probs",
                    "vectors",
                    "dynamics",
                    "trusted",
                    "conflicting",
                    "content_hashes",
                    "name_scores",
                    "trained_on",
                )
            },
            "checkpoints": None if self.checkpoints is None else self.checkpoints.shape[1],
            "votes": None if self.votes is None else self.votes.n_items,
        }
        for name, length in lengths.items():
            if length is not None and length != n:
                raise DataError(f"There are {n:,} labels and {length:,} rows of {name}.", "They must be aligned.")
        if self.probs is not None and self.probs.shape[1] != self.n_classes:
            raise DataError(f"The probabilities have {self.probs.shape[1]} columns for {self.n_classes} classes.")
        if self.votes is not None and self.votes.n_classes != self.n_classes:
            raise DataError(f"The votes are for {self.votes.n_classes} classes, and there are {self.n_classes}.")
        if self.name_scores is not None and self.name_scores.shape[1] != self.n_classes:
            raise DataError(f"There are scores of {self.name_scores.shape[1]} names for {self.n_classes} classes.")
        if n and (self.labels.min() < -1 or self.labels.max() >= self.n_classes):
            raise DataError(f"Labels are class codes from 0 to {self.n_classes - 1}, or -1 for unlabelled.")

    @property
    def n(self) -> int:
        """Number of items."""
        return len(self.labels)

    @property
    def distances(self) -> NeighbourGraph | None:
        """The graph whose similarities are cosines: `graph` itself, or the one beside links; `None` for links alone."""
        return self.graph if self.graph is not None and self.graph.measured else self.cosines

    @cached_property
    def sizes(self) -> NDArray[np.intp]:
        """How many items carry each class, [K]."""
        return np.bincount(np.add(self.labels, 1, dtype=np.intp), minlength=self.n_classes + 1)[1:]

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """Bool [N]: which items have a given label."""
        return self.labels >= 0

    def has(self, need: Need) -> bool:
        """Say whether an input is there."""
        return getattr(self, FIELDS.get(need, need)) is not None

    def relabelled(self, changes: Mapping[int, int]) -> Inputs:
        """Return the same inputs with other labels at some positions."""
        labels = self.labels.copy()
        labels[list(changes)] = list(changes.values())
        return self.following(labels, np.fromiter(changes, dtype=np.intp, count=len(changes)))

    def following(self, labels: NDArray[np.int32], changed: NDArray[np.intp]) -> Inputs:
        """Return the same inputs with other labels int32 [N], which differ at `changed` alone; looks at no others.

        Raises
        ------
        DataError
            A code that is no class.
        """
        before, now = self.labels[changed], labels[changed]
        if len(now) and (now.min() < -1 or now.max() >= self.n_classes):
            raise DataError(f"Labels are class codes from 0 to {self.n_classes - 1}, or -1 for unlabelled.")
        sizes = self.sizes.copy()
        for codes, step in ((before, -1), (now, 1)):
            np.add.at(sizes, codes[codes >= 0], step)
        after = copy.copy(self)  # what is checked when inputs are made needs no second look
        after.labels, after.sizes, after.shared = labels, sizes, Shared()
        return after


@dataclass(eq=False)
class Result(Owned):
    """What one detector found.

    Attributes
    ----------
    score
        float32 [N], high = suspicious, on the detector's own scale; NaN where it has no say (an unlabelled item).
    suggestion
        int32 [N]: the class it would give, -1 for none.
    flags
        bool [N]: which items it calls an issue.
    pairs
        int32 [M, 2]: items that belong together (duplicates).
    columns
        Further scores float32 [N] of the same kind, for the combiner.
    frozen
        The globals that an update holds fixed (thresholds, normalisers), and what it needs to be fast.
    summary
        Facts about the whole dataset in plain numbers, texts and lists of them (a rate, a table by class).
    stale
        Labels changed since it was computed, and only a new run can take that into account.
    moved
        Positions of all items of which the last update may have changed a score, a column, a suggestion or a flag, as
        a `Change` or intp [n]; `None` where that is not known.
    checked
        Shapes and types of its arrays have been looked at. A result made by `updated` keeps that.
    """

    score: NDArray[np.float32]
    suggestion: NDArray[np.int32] | None = None
    flags: NDArray[np.bool_] | None = None
    pairs: NDArray[np.int32] | None = None
    columns: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    frozen: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    stale: bool = False
    moved: Change | NDArray[np.intp] | None = None
    checked: bool = field(default=False, init=False, repr=False)

    def updated(
        self,
        moved: Change | NDArray[np.intp],
        *,
        score: NDArray[np.float32],
        suggestion: NDArray[np.int32] | None = None,
        flags: NDArray[np.bool_] | None = None,
        columns: Mapping[str, NDArray[np.float32]] | None = None,
        frozen: Mapping[str, Any] | None = None,
        summary: Mapping[str, Any] | None = None,
        stale: bool | None = None,
    ) -> Result:
        """Return what an update has come to that took all arrays it wrote to from `own`; `None` is as before."""
        made = Result(
            score,
            self.suggestion if suggestion is None else suggestion,
            self.flags if flags is None else flags,
            self.pairs,
            self.columns if columns is None else columns,
            self.frozen if frozen is None else frozen,
            self.summary if summary is None else summary,
            self.stale if stale is None else stale,
            moved,
        )
        made.fresh, made.checked = True, self.checked
        return made

    def aged(self) -> Result:
        """Return the result as it is, stale, after an update that wrote to nothing."""
        made = copy.copy(self)
        made.owned, made.stale, made.moved = False, True, Change(np.empty(0, np.intp))
        return made


class Reason(NamedTuple):
    """One piece of evidence about one item: in words, with its number for whoever asks.

    `method` is the detector that holds it, whose page says how; `push` by how much it moves the log-odds of a wrong
    label, NaN where it is no part of `p_error`. `explain` fills these two in.
    """

    name: str
    text: str
    value: float
    method: str = ""
    push: float = math.nan


class Detector(Protocol):
    """One way to find issues. Stateless: what it learnt from the data is in the `Result`."""

    name: str
    issue: Issue
    needs: frozenset[Need]
    # and, where it is not the name with spaces, `title: str`, its name for people;
    # `measures = True` where it compares distances, which links in place of the graph do not have

    def run(self, inputs: Inputs, progress: Progress, /) -> Result:
        """Score every item."""
        ...

    def update(self, inputs: Inputs, result: Result, changed: NDArray[np.intp], /) -> Result:
        """Score again after the labels at positions `changed` became what `inputs.labels` now says.

        Equal to `run` on the same inputs with the frozen globals of `result`. Arrays of `result` are written to only
        as `Result.own` gives them; what is written to goes into `Result.updated`.
        """
        ...

    def explain(self, item: int, inputs: Inputs, result: Result, classes: tuple[str, ...], /) -> list[Reason]:
        """Say in words what it holds about one item; nothing where it has no say."""
        ...


@runtime_checkable
class Freezing(Protocol):
    """A detector with globals (thresholds, a transition matrix, a fitted model) that a full run can hold fixed."""

    def rerun(self, inputs: Inputs, result: Result, progress: Progress, /) -> Result:
        """Score every item with the frozen globals of an earlier result; what `update` must equal."""
        ...


@runtime_checkable
class Opinionated(Protocol):
    """A detector that also holds an opinion on each item's class; the combiner pools these.

    Where it has a method `held(result) -> bool`, and that says so, its weight stays as it is: the labels were made of
    what it holds, and would confirm it.

    Attributes
    ----------
    weight
        Weight that the combiner starts from (a calibrated probability has 1).
    floor
        What a probability of zero is worth: added to the opinion before its logarithm is taken.
    """

    weight: float
    floor: float

    def opinion(self, inputs: Inputs, result: Result, rows: NDArray[np.intp], /) -> NDArray[np.float32]:
        """Return a distribution over the classes for some items, [rows, K], that does not read their own labels.

        Alike for all classes where it knows nothing.
        """
        ...


@runtime_checkable
class Tabled(Protocol):
    """A detector of another issue than wrong labels whose score has columns of its own in the table of issues."""

    def public_score(self, result: Result, /) -> NDArray[np.float32]:
        """Return the score as a table shows it, float32 [N] in [0, 1], low = bad."""
        ...


@runtime_checkable
class Listing(Protocol):
    """A detector with further columns in the table of issues."""

    def columns(self, result: Result, /) -> Mapping[str, Any]:
        """Return these columns by name, [N] each."""
        ...


@dataclass(frozen=True)
class Findings:
    """What all detectors found; those that failed are named with the reason.

    Attributes
    ----------
    results, failures, skipped
        By detector.
    moved
        After an update: the items of which a score or a column may be another one than before, by detector.
    number
        Tells these findings from all others, but from those with some of their results replaced.
    after
        `number` of the findings that were updated; 0 for those of a run.
    """

    results: Mapping[str, Result] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    moved: Mapping[str, Change] = field(default_factory=dict)
    after: int = 0
    number: int = field(default_factory=next_number, repr=False, compare=False)

    def shared(self) -> Findings:
        """Return the same findings for others to read: no later update writes to their arrays. Copies no array.

        The next update in place of what is returned copies what it writes to, and goes on in its copies.
        """
        return replace(self, results={name: result.shared() for name, result in self.results.items()})
