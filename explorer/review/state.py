"""What a review knows at one moment, and the one lock that is held by whoever reads or changes several parts of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.dataset.votes import RaterVotes, Votes
from explorer.estimates.level import Level
from explorer.labels import Store
from explorer.pipeline.results import Options, Results
from explorer.review.baseline import Baseline
from explorer.review.events import ScoreValues
from explorer.review.label_columns import CurrentLabels, is_decided
from explorer.review.levelless import Levelless, levelled
from explorer.review.lock import StateLock

if TYPE_CHECKING:
    from explorer.detectors import Combined, Findings, Inputs

FLAGS = {"is_outlier_issue": "outlier", "is_near_duplicate_issue": "near_duplicate"}
"""Columns of flags that are kept beside the verdict, for whoever shows them, and the detector that each is of."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The labels and results of one moment. Its arrays are its own, so it costs O(N); see `ReviewState.read`.

    Attributes
    ----------
    dataset, results, classes
        As they stood.
    codes, given
        int32 [N]: class codes of the labels then, and of the given ones; -1 = unlabelled.
    states
        uint8 [N]: codes of `State`.
    marked_wrong
        bool [N]: somebody said that the label is wrong, and not which one is right.
    generation
        Number of the newest run of the pipeline.
    votes
        What raters say, in the codes of `classes`; `None` for no raters.
    """

    dataset: Dataset
    results: Results
    classes: tuple[str, ...]
    codes: NDArray[np.int32]
    given: NDArray[np.int32]
    states: NDArray[np.uint8]
    marked_wrong: NDArray[np.bool_]
    generation: int
    votes: Votes | None = None


class ReviewState:
    """Dataset, results and label columns, which belong together, and their lock.

    Hold `lock` while you read two of them, or an array of one: rows are written in place. It is reentrant.

    Attributes
    ----------
    lock
        Held by whoever reads or changes several of the others.
    dataset
        The items; fewer than at first once some could not be embedded.
    epoch
        How often the dataset has become another one.
    options
        What the pipeline runs with.
    results
        All that has been computed. `combined` is the verdict that is shown, whose arrays are written to row by row.
        `findings` are those of the last update of the scores, which the next one may write into: read them as
        `Scores.reading` gives them.
    generation
        Number of the newest run of the pipeline: no other may publish.
    scored
        Number of the run that the scores are of; 0 for none.
    baseline
        What the scores began with, and what was decided since; `None` before there are any.
    level
        What brings `p_error` to the level that the answers to the random checks tell of.
    levelless
        The verdict before that, row by row as `results.combined`; `None` before there is one.
    flags
        By name of `FLAGS`: bool [N].
    suspects
        How many label issues there are.
    version
        Counts the changes of the scores.
    votes
        What raters say of the items, in the codes of `classes`; `None` for no raters. `Raters` writes to it.

    Examples
    --------
    >>> import explorer
    >>> dataset = explorer.read(["a", "b"], label=["x", "y"])
    >>> review = explorer.Review(dataset, start=False)
    >>> review.state.read().states.tolist(), review.state.counts()["reviewed"]
    ([0, 0], 0)
    """

    def __init__(self, dataset: Dataset, store: Store, options: Options) -> None:
        self.lock = StateLock()
        self.dataset = dataset
        self.epoch = 0
        self.options = options
        self.results = Results()
        self.labels = CurrentLabels(dataset, store)
        self.generation = 0
        self.scored = 0
        self.baseline: Baseline | None = None
        self.level = Level()
        self.levelless: Levelless | None = None
        self.flags: dict[str, NDArray[np.bool_]] = {}
        self.suspects = 0
        self.version = 0
        self._votes: Votes | None = None
        self._answers: dict[str, tuple[RaterVotes, dict[int, tuple[int, float]]]] = {}
        self._store = store

    @property
    def votes(self) -> Votes | None:
        """What raters say; what came one by one is put in its place here, where somebody reads it."""
        with self.lock:
            if self._answers:
                found = self._votes or Votes((), len(self.dataset))
                for rater, answers in self._answers.values():
                    said = found.rater(rater.name) if rater.name in found.names else rater
                    found = found.having(said.saying(answers))
                self._votes, self._answers = found, {}
            return self._votes

    @votes.setter
    def votes(self, votes: Votes | None) -> None:
        self._votes, self._answers = votes, {}

    def take_answer(self, rater: RaterVotes, position: int, code: int, confidence: float) -> None:
        """Note one vote, of the rater of that name, or of `rater` itself where there is none yet. Costs O(1)."""
        with self.lock:
            self._answers.setdefault(rater.name, (rater, {}))[1][position] = (code, confidence)

    # Labels ---------------------------------------------------------------------------------------------------------

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names by code, as the store has them now: the dataset's own, then those added on purpose."""
        return self.labels.classes

    @property
    def codes(self) -> NDArray[np.int32]:
        """Class code of each item's label now, int32 [N]; -1 = unlabelled. Written to in place, under the lock."""
        return self.labels.codes

    @property
    def given(self) -> NDArray[np.int32]:
        """Class code that each item's given label reads as, int32 [N]; -1 = unlabelled."""
        return self.labels.given

    @property
    def states(self) -> NDArray[np.uint8]:
        """Code of each item's `State`, uint8 [N]. Written to in place, under the lock."""
        return self.labels.states

    @property
    def events(self) -> dict[int, str]:
        """Newest event of each item that has one, by position."""
        return dict(self.labels.events)

    @property
    def base_event(self) -> str:
        """Stands for "no event yet" in a compare-and-swap."""
        return f"base:{self._store.snapshot}"

    def event_of(self, position: int) -> str:
        """Event that the next change of an item must name: its newest, or the base of the snapshot."""
        return self.labels.events.get(position) or self.base_event

    def counts(self) -> dict[str, int]:
        """Return how many items people have decided on, and how; and the suspects. Costs O(1)."""
        with self.lock:
            return self.labels.reviewed_counts() | {"suspects": self.suspects}

    def decided(self) -> NDArray[np.bool_]:
        """Return which items have been decided on, bool [N]. Whoever calls holds the lock."""
        return is_decided(self.states)

    # Reading and publishing -----------------------------------------------------------------------------------------

    def read(self) -> Snapshot:
        """Return everything as it stands, in arrays of its own. Costs O(N): not for what happens at every click."""
        with self.lock:
            results = self.results
            if results.combined is not None:
                results = replace(results, combined=_own(results.combined))
            columns = self.codes.copy(), self.given.copy(), self.states.copy(), self.labels.marked_wrong.copy()
            return Snapshot(self.dataset, results, self.classes, *columns, self.generation, self.votes)

    def begin_run(self, options: Options) -> int:
        """Return the number of a new run, which alone may publish from now on."""
        with self.lock:
            self.options = options
            self.generation += 1
            return self.generation

    def publish(self, generation: int, results: Results, dataset: Dataset) -> bool:
        """Put what a run has found in place; says whether it did, which it does not for a run that was replaced.

        A run over the same items leaves the scores that stand until it has its own.
        """
        with self.lock:
            if generation != self.generation:
                return False
            others = dataset is not self.dataset
            if others:
                if self.votes is not None:
                    places = [dataset.place(str(item)) for item in self.dataset.item_ids]
                    moved = np.array([-1 if place is None else place for place in places], dtype=np.int32)
                    self.votes = self.votes.moved(moved, len(dataset))
                self.dataset = dataset
                self.epoch += 1
                self.labels.refresh(dataset)
                self.scored, self.baseline, self.flags, self.suspects = 0, None, {}, 0
                self.level, self.levelless = Level(), None
            elif results.combined is None and self.scored:
                return True
            if results.combined is None:
                self.results = results
            elif self.baseline is not None and self.baseline.combined is results.combined and not others:
                now = self.results  # the scores have followed the labels since the run made them
                self.results = replace(results, inputs=now.inputs, findings=now.findings, combined=now.combined)
            else:
                self._score(generation, results)
            return True

    def publish_rows(
        self,
        generation: int,
        rows: NDArray[np.int32],
        values: ScoreValues,
        inputs: Inputs,
        findings: Findings,
        note: str = "",
    ) -> ScoreValues | None:
        """Write the scores of some rows, before they are levelled; returns them as they are shown.

        It does not write the scores of an earlier run (`None`). Costs O(rows). `inputs`, `findings` and `note` are
        those that the scores rest on now.
        """
        with self.lock:
            results, shown = self.results, self.results.combined
            if generation != self.scored or shown is None or self.levelless is None:
                return None
            self.levelless.write(rows, values)
            values = levelled(values, self.level, self.levelless.n_classes)
            self.suspects += int(values.is_issue.sum()) - int(shown.is_issue[rows].sum())
            shown.p_error[rows] = values.p_error
            shown.suggested[rows] = values.suggested
            shown.suggested_p[rows] = values.suggested_p
            shown.is_issue[rows] = values.is_issue
            for name, (at, flags) in values.flags.items():
                self.flags[name][at] = flags
            verdict = replace(shown, findings=findings, note=note)
            self.results = replace(results, inputs=inputs, findings=findings, combined=verdict, table=None)
            self.version += 1
            return values

    def set_level(self, level: Level) -> None:
        """Bring all that is open to another level; what was decided on keeps the verdict that was seen. Costs O(N)."""
        with self.lock:
            shown = self.results.combined
            if level == self.level or shown is None or self.levelless is None:
                return
            self.level = level
            rows = np.flatnonzero(~self.decided())
            values = self.levelless.read(rows, level)
            self.suspects += int(values.is_issue.sum()) - int(shown.is_issue[rows].sum())
            shown.p_error[rows], shown.suggested_p[rows] = values.p_error, values.suggested_p
            shown.suggested[rows] = values.suggested
            shown.is_issue[rows] = values.is_issue
            self.results = replace(self.results, combined=replace(shown), table=None)
            self.version += 1

    def _score(self, generation: int, results: Results) -> None:
        combined, inputs, findings = results.combined, results.inputs, results.findings
        assert combined is not None
        assert inputs is not None
        assert findings is not None
        self.scored = generation
        self.baseline = Baseline(combined, inputs.labels, self.decided(), results.settled)
        self.results = replace(results, combined=_own(combined))
        self.level, self.levelless = Level(), Levelless.of(combined, inputs.labels, inputs.n_classes)
        self.suspects = int(combined.is_issue.sum())
        self.flags = {name: _flags(findings, detector, inputs.n) for name, detector in FLAGS.items()}
        self.version += 1


def _own(combined: Combined) -> Combined:
    """Return a verdict whose columns are its own, to be written to."""
    return replace(
        combined,
        p_error=combined.p_error.copy(),
        suggested=combined.suggested.copy(),
        suggested_p=combined.suggested_p.copy(),
        is_issue=combined.is_issue.copy(),
        read=None,
    )


def _flags(findings: Findings, detector: str, n: int) -> NDArray[np.bool_]:
    found = findings.results.get(detector)
    return np.zeros(n, dtype=bool) if found is None or found.flags is None else found.flags.copy()
