"""What a review's methods say of the items: the ranking, why, and how each method stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import ExplorerError
from explorer.estimates.level import BINARY
from explorer.pipeline.requirements import REVIEW, needs
from explorer.pipeline.results import Results
from explorer.review.issues_frame import IssuesFrame
from explorer.review.label_columns import is_decided, standing
from explorer.review.runs import Runs
from explorer.review.score_updates import ScoreUpdates
from explorer.review.state import FLAGS, ReviewState
from explorer.review.sync import StoreSync
from explorer.utils.logits import clipped_logit

if TYPE_CHECKING:
    from explorer.detectors import Findings, Inputs
    from explorer.detectors.protocol import Reason

NO_SCORES = "There are no scores yet."


@dataclass(frozen=True, eq=False)
class ItemScores:
    """What is said of one item.

    Attributes
    ----------
    p_error, suggested_p
        As `detectors.Combined` has them; NaN for none.
    suggested
        Class code; -1 for none.
    rank, ranked
        Its place in the ranking by `p_error`, from 1, `None` for an unlabelled item; and how many have one.
    reasons
        In words, why it is suspect.
    second
        The class that the model prefers, and its probability, where that is neither the label now nor the suggestion.
    pushes, start
        What each method adds to the log-odds of a wrong label, the most first; and what is left of them without the
        methods. Nothing for an unlabelled item, and where `p_error` is no probability.
    """

    p_error: float
    suggested: int
    suggested_p: float
    rank: int | None
    ranked: int
    reasons: tuple[Reason, ...]
    second: tuple[int, float] | None
    pushes: Mapping[str, float]
    start: float


class Scores:
    """The scores of a review, which follow the labels.

    Examples
    --------
    >>> review.scores
    Scores of 60 items, 4 of them suspects, up to date at ...
    >>> review.scores.table["p_error"].is_monotonic_decreasing
    True
    >>> review.scores.methods.loc["vote", "state"]
    'done'
    >>> review.scores.why("k04")["name"].iloc[0]
    'neighbours'
    """

    def __init__(self, state: ReviewState, sync: StoreSync, runs: Runs, updates: ScoreUpdates) -> None:
        self._state = state
        self._sync = sync
        self._runs = runs
        self._updates = updates
        self._made: tuple[tuple[Any, ...], pd.DataFrame, NDArray[np.intp]] | None = None
        self._results: tuple[Results, Results] | None = None

    def __repr__(self) -> str:
        with self._state.lock:
            if not self.scored:
                return "No scores yet: they come with the stage 'score'."
            n, suspects = len(self._state.codes), self._state.suspects
        since = "" if self.updated is None else f", up to date at {self.updated:%Y-%m-%d %H:%M:%S} UTC"
        return f"Scores of {n:,} items, {suspects:,} of them suspects{since}."

    def ready(self) -> None:
        """Wait for the scores, and for them to follow the labels; raises why there are none."""
        self._runs.need("score")
        self._sync.catch_up()
        self._updates.settle()

    # What people ask ------------------------------------------------------------------------------------------------

    @property
    def table(self) -> pd.DataFrame:
        """All items, worst first, as `explorer.detectors.table` has them (waits for "score"); see `Review.issues`.

        Made when somebody reads it, and kept until a score changes.
        """
        self.ready()
        with self._state.lock:
            return self._table()[0]

    @property
    def methods(self) -> pd.DataFrame:
        """List every method: what it looks for, whether it ran, and whether it is in step with the labels.

        Indexed by `method`; columns `issue`, `state` ("done", "skipped", "failed"), `note` (what it lacks and how to
        give that, how it failed, or what is doubtful), `in_p_error`, `stale_since` (missing where it is in step).
        """
        from explorer import detectors
        from explorer.readers.column_check import doubts

        self.ready()
        with self._state.lock, self._updates.reading() as (inputs, findings):
            combined, dataset = self._state.results.combined, self._state.dataset
            stale_since, error = self._updates.stale_since, self.error
            if combined is None:
                raise ExplorerError(NO_SCORES, "See review.status.")
            results = {
                name: (result.stale, str(result.summary.get("note") or "")) for name, result in findings.results.items()
            }
            failures, skipped = findings.failures, findings.skipped
        doubtful = "the columns of the probabilities look swapped: see review.status" if doubts(dataset) else ""
        rows = []
        for name in detectors.names():
            found, failed = results.get(name), failures.get(name)
            state = "failed" if failed else "done" if found is not None else "skipped"
            note = failed or (needs(name, inputs, REVIEW) if name in skipped else "")
            if found is None and not note:
                note = "registered since the last run; review.rerun() runs it"
            elif found is not None and not note:
                note = found[1]
                if "probs" in detectors.get(name).needs:
                    note = "; ".join(filter(None, (note, doubtful)))
                if error is not None:
                    note = f"has not followed the labels: {type(error).__name__}: {error}"
            stale = stale_since if found is not None and found[0] else None
            rows.append((name, detectors.get(name).issue, state, note, name in combined.columns, stale))
        frame = pd.DataFrame(rows, columns=["method", "issue", "state", "note", "in_p_error", "stale_since"])
        return frame.set_index("method").astype({"stale_since": "datetime64[us, UTC]"})

    def why(self, item: str | int) -> pd.DataFrame:
        """Say in words why an item is suspect (waits for "score").

        Returns
        -------
        pandas.DataFrame
            Columns `name`, `text` and `value` of a piece of evidence, the `method` that holds it, and by how much that
            `push`es the log-odds of a wrong label.

        Raises
        ------
        UnknownName
            No such item.
        """
        self._runs.need("score")
        with self._state.lock:
            reasons = self.of_item(self._state.dataset.find(item)).reasons
        columns = ["name", "text", "value", "method", "push"]
        return pd.DataFrame([reason._asdict() for reason in reasons], columns=columns)

    @property
    def updated(self) -> dt.datetime | None:
        """When the scores were made, or last followed the labels, UTC; `None` before there are any. Does not wait."""
        return self._updates.updated

    @property
    def error(self) -> Exception | None:
        """Why the scores could not follow the labels the last time; `None` where they did."""
        return self._updates.error

    @property
    def calibrated(self) -> bool:
        """Whether `p_error` may be read as a probability. Does not wait."""
        combined = self._state.results.combined
        return combined is not None and combined.calibrated

    @property
    def trust(self) -> Any:
        """Whether the embedding is good enough to trust: probe accuracy and neighbour agreement, also per class."""
        self._runs.need("score")
        return self._state.results.trust

    @property
    def behind(self) -> tuple[dt.datetime | None, int]:
        """Since when methods that need a new run are behind the labels, and on how many items. Does not wait."""
        state = self._state
        with state.lock:
            baseline = state.baseline
            if baseline is None or len(baseline.labels) != len(state.codes):
                return None, 0
            return self._updates.stale_since, int((state.codes != baseline.labels).sum())

    @property
    def issues(self) -> pd.DataFrame:
        """All items, those to be decided on first, each part worst first; see `Review.issues`."""
        self.ready()
        with self._state.lock:
            return self.issues_now()

    # For other parts: whoever calls holds the state's lock ----------------------------------------------------------

    @property
    def scored(self) -> bool:
        """Whether there are scores of the items as they are."""
        return self._state.scored > 0

    def ranking(self) -> NDArray[np.intp]:
        """Return the positions of the items, worst label first, unlabelled ones last; not to be written to."""
        return self._table()[1]

    def issues_now(self) -> IssuesFrame:
        """Return `issues` as the scores stand."""
        decided = self._state.decided()[self.ranking()]
        if not decided.any():
            return self.listed(slice(None))  # nothing moves, so nothing is copied
        return self.listed(np.concatenate([np.flatnonzero(~decided), np.flatnonzero(decided)]))

    def listed(self, places: slice | NDArray[np.intp]) -> IssuesFrame:
        """Return some places of the ranking as `issues` has them, with what stands now."""
        state = self._state
        table, ranked = self._table()
        position = ranked[places]
        return IssuesFrame(
            table.iloc[places].assign(
                where=[state.dataset.name(p) for p in position],
                **standing(state.codes, state.states, state.classes, position),
                decided=is_decided(state.states[position]),
            )
        )

    def of_item(self, position: int) -> ItemScores:
        """Return what is said of one item.

        Its rank is counted, which looks at all items: 0.2 ms at 200,000, once a card, and no list of ranks is kept.
        """
        from explorer import detectors

        state = self._state
        if state.results.combined is None:
            raise ExplorerError(NO_SCORES, "See review.status.")
        with self._updates.in_step() as (inputs, findings):
            combined = state.results.combined
            reasons = tuple(detectors.explain(position, inputs, findings, combined, state.classes))
            second = detectors.second_class(position, inputs, combined)
            pushes = detectors.pushes(position, inputs, findings, combined) if combined.calibrated else {}
            pushes = {name: state.level.slope * push for name, push in pushes.items()}
        p_error = combined.p_error
        p = p_error[position]
        rank = int((p_error > p).sum()) + int((p_error[:position] == p).sum()) + 1
        return ItemScores(
            float(p),
            int(combined.suggested[position]),
            float(combined.suggested_p[position]),
            None if np.isnan(p) else rank,
            int(np.isfinite(p_error).sum()),
            reasons,
            second,
            pushes,
            float(clipped_logit(np.array(p, dtype=np.float64))) - sum(pushes.values()) if pushes else 0.0,
        )

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return suggestion, `p_error` and flags of all items by position, in arrays of their own.

        `suggested` int32, `p_error` float32; `is_label_issue` and the names of `state.FLAGS` uint8.
        """
        combined = self._state.results.combined
        if combined is None:
            raise ExplorerError(NO_SCORES, "Wait for the stage 'score'.")
        flags = {"is_label_issue": combined.is_issue} | {name: self._state.flags[name] for name in FLAGS}
        return {
            "suggested": combined.suggested.astype(np.int32),
            "p_error": combined.p_error.astype(np.float32),
            **{name: values.astype(np.uint8) for name, values in flags.items()},
        }

    def levelless(self) -> NDArray[np.float32]:
        """Return `p_error` of all items before it is levelled, float32 [N], in an array of its own."""
        found = self._state.levelless
        if found is None:
            raise ExplorerError(NO_SCORES, "Wait for the stage 'score'.")
        return found.p_error.copy()

    def fits(self) -> NDArray[np.int32]:
        """Return the class that fits each item best, int32 [N], in an array of its own."""
        found = self._state.levelless
        if found is None:
            raise ExplorerError(NO_SCORES, "Wait for the stage 'score'.")
        return found.fits.copy()

    @property
    def binary(self) -> bool:
        """Whether what is scored has two classes: then the other one is suggested for whatever is above the cut."""
        found = self._state.levelless
        return found is not None and found.n_classes == BINARY

    @contextmanager
    def reading(self) -> Iterator[tuple[Inputs, Findings]]:
        """Give inputs and findings as they are now; nobody writes to them until the block ends, so be quick."""
        with self._updates.reading() as found:
            yield found

    def results(self) -> Results:
        """Return all that has been computed, for whoever keeps it: nobody writes to it. Costs O(N) after a change."""
        state = self._state
        with state.lock:
            now = state.results
            if self._results is not None and self._results[0] is now:
                return self._results[1]
            if now.combined is None or not self.scored:
                own = state.read().results
            else:
                table = self._table()[0]
                with self._updates.in_step():
                    now, own, findings = state.results, state.read().results, self._updates.shared()
                assert own.combined is not None
                combined = replace(own.combined, findings=findings)
                own = replace(own, findings=findings, combined=combined, table=table)
            self._results = now, own
            return own

    def _table(self) -> tuple[pd.DataFrame, NDArray[np.intp]]:
        """Return the table, and the position of the item of each of its rows."""
        from explorer import detectors

        state = self._state
        if state.results.combined is None or not self.scored:
            raise ExplorerError(NO_SCORES, "See review.status.")
        if self._made is None or self._made[0] != (state.scored, state.version, state.classes):
            dataset = state.dataset
            with self._updates.in_step() as (inputs, findings):
                combined, of = state.results.combined, (state.scored, state.version, state.classes)
                table = detectors.table(
                    dataset.item_ids, state.classes, inputs, findings, combined, given=dataset.given, sort=False
                )
            ranked = detectors.ranking(combined)
            self._made = of, table.iloc[ranked], ranked
        return self._made[1:]
