"""The runs of the pipeline behind a review: one at a time, and a newer one replaces it."""

from __future__ import annotations

from typing import Any

from explorer.dataset.dataset import Dataset
from explorer.errors import Cancelled, ExplorerError, UnknownName
from explorer.pipeline.names import check_names
from explorer.pipeline.results import Options, Results, other_options
from explorer.pipeline.runner import Pipeline
from explorer.pipeline.stages import STAGES
from explorer.pipeline.status import Status
from explorer.progress import Stage
from explorer.review.events import (
    Events,
    LabelsReset,
    LayoutChanged,
    ScoresChanged,
    ScoresReady,
    StagesChanged,
    VotesChanged,
)
from explorer.review.label_columns import is_settled
from explorer.review.state import ReviewState


class Runs:
    """The newest run of the pipeline, which publishes into the state.

    Emits `StagesChanged`, `ScoresReady`, `ScoresChanged`, `LayoutChanged` and, with fewer items, `LabelsReset`.
    """

    def __init__(self, state: ReviewState, events: Events) -> None:
        self._state = state
        self._events = events
        self._run = self._new(state.options)
        events.subscribe(VotesChanged, self._votes_changed)

    @property
    def status(self) -> Status:
        """The stages of the newest run as they stand."""
        return Status(self._run.stages)

    def start(self) -> None:
        """Begin, unless that has been done."""
        self._run.start()

    def cancel(self) -> None:
        """Stop at the next batch; what is finished stays."""
        self._run.cancel()

    def wait(self, stage: str | None = None, timeout: float | None = None, *, progress: bool = True) -> None:
        """Wait for a stage (default: all), and begin if nobody has.

        Raises
        ------
        UnknownName
            No stage of that name.
        TimeoutError
            After `timeout` seconds; the work goes on.
        """
        if stage is not None and stage not in STAGES:
            raise UnknownName("stage", stage, STAGES)
        from explorer.pipeline.progress_bar import follow

        run = self._run
        run.start()
        if not follow(run, stage, timeout, progress):
            raise TimeoutError(f"The stage {stage or STAGES[-1]!r} has not finished after {timeout} s; it goes on.")

    def need(self, stage: str) -> None:
        """Wait for a stage whose result is needed; raises why there is none (`Cancelled`, `ExplorerError`)."""
        run = self._run
        self.wait(stage)
        ended = next(s for s in run.stages if s.name == stage)
        if ended.state == "cancelled":
            raise Cancelled(f"The stage {stage!r} was cancelled.", "review.rerun() goes on from the cache.")
        if ended.state in ("failed", "skipped") and stage != "probe":
            failures = run.failures
            cause = failures.get(stage) or next(iter(failures.values()), None)
            if cause is not None:
                failed = next((name for name, error in failures.items() if error is cause), stage)
                raise ExplorerError(f"The stage {failed!r} failed: {cause}", "See review.status.") from cause

    def rerun(
        self,
        embedder: str | None,
        device: str | None,
        embedder_options: dict[str, Any],
        names: str | bool | None = None,
    ) -> None:
        """Run again, on the labels as they stand; see `Review.rerun`."""
        state = self._state
        if names is not None:
            check_names(names, state.dataset.kind)
        options = other_options(state.dataset, state.options, embedder, device, embedder_options, names)
        with state.lock:
            self._run.cancel()
            self._run = self._new(options)
        self._run.start()

    def _votes_changed(self, _event: VotesChanged) -> None:
        """Compute the scores anew, which votes are a part of; a run that has not begun begins with them."""
        begun = self._run.begun
        self._run.cancel()
        self._run = self._new(self._state.options)
        if begun:
            self._run.start()

    def _new(self, options: Options) -> Pipeline:
        state = self._state
        generation = state.begin_run(options)

        def publish(what: str, results: Results, dataset: Dataset) -> None:
            if what == "scores":
                self._events.emit(ScoresReady(dataset))
            self._publish(generation, what, results, dataset)

        def report(stages: tuple[Stage, ...]) -> None:
            with state.lock:
                if generation == state.generation:
                    self._events.emit(StagesChanged(stages))

        now = state.read()
        settled = is_settled(now.states)
        return Pipeline(
            now.dataset,
            now.codes,
            now.classes,
            options,
            publish,
            report,
            settled,
            now.given,
            now.marked_wrong,
            now.votes,
        )

    def _publish(self, generation: int, what: str, results: Results, dataset: Dataset) -> None:
        state = self._state
        with state.lock:
            before, epoch = state.scored, state.epoch
            if not state.publish(generation, results, dataset):
                return
            if state.epoch != epoch:
                self._events.emit(LabelsReset())
            if what == "scores":
                if before:
                    self._events.emit(LayoutChanged())  # that of this run, which waited for its scores
                self._events.emit(ScoresChanged(state.version))
            elif what == "layout" and state.results.layout is results.layout:
                self._events.emit(LayoutChanged())
