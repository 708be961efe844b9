"""One run of the stages on a worker thread, each reporting and cancellable.

A stage that fails is shown by name with its error; stages that do not need it go on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.dataset.votes import Votes
from explorer.errors import Cancelled, ExplorerError
from explorer.pipeline import result_cache
from explorer.pipeline.results import Options, Results
from explorer.pipeline.stages import FUNCTIONS, NOT_NEEDED, STAGES, layout, needed
from explorer.pipeline.task import Step, Task
from explorer.progress import Progress, Stage

if TYPE_CHECKING:
    from explorer.layout import Worker

log = logging.getLogger("explorer")


class _StageProgress(Progress):
    """A stage ends when its result has been published, which only the pipeline knows: not when its work reports so."""

    def finish(self, state: str = "done", note: str | None = None) -> None:  # noqa: ARG002  # not yet
        """Keep the note; the stage goes on."""
        if note is not None:
            self.say(note)

    def end(self, state: str, note: str | None = None) -> None:
        """End the stage."""
        super().finish(state, note)


class Pipeline:
    """One run over one dataset.

    Parameters
    ----------
    dataset, labels, classes
        The items; the label of each now as a class code int32 [N] (-1 = unlabelled); the class names.
    publish
        Called on the worker thread after each stage with (what, results, dataset); `what` is "dataset", "layout",
        "graph", "probe" or "scores". The dataset is a smaller one when items could not be embedded.
    report
        Called with all stages whenever one of them moves.
    trusted
        Bool [N]: items whose label a person has settled.
    given
        int32 [N]: class codes as they were given, where some are settled.
    marked_wrong
        bool [N]: items whose label a person has called wrong, without another.
    votes
        What raters say, in the codes of `classes`; `None` for no raters.
    """

    def __init__(
        self,
        dataset: Dataset,
        labels: NDArray[np.int32],
        classes: tuple[str, ...],
        options: Options,
        publish: Callable[[str, Results, Dataset], None],
        report: Callable[[tuple[Stage, ...]], None],
        trusted: NDArray[np.bool_] | None = None,
        given: NDArray[np.int32] | None = None,
        marked_wrong: NDArray[np.bool_] | None = None,
        votes: Votes | None = None,
    ) -> None:
        self._task = Task(labels, classes, options, dataset, given, trusted, marked_wrong, votes=votes)
        self.results = Results()
        self.failures: dict[str, Exception] = {}
        self._publish = publish
        self._report = report
        self._umap: Worker | None = None
        self._cancel = threading.Event()
        self._moved = threading.Condition()
        self._stages = {name: Stage(name) for name in STAGES}
        self._thread = threading.Thread(target=self._run, name="explorer-pipeline", daemon=True)

    @property
    def dataset(self) -> Dataset:
        """The items, without those that could not be embedded."""
        dataset = self._task.dataset
        assert dataset is not None  # a run is over a dataset
        return dataset

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All stages as they stand."""
        return tuple(self._stages[name] for name in STAGES)

    @property
    def begun(self) -> bool:
        """Whether it was started, ever."""
        return self._thread.ident is not None

    @property
    def running(self) -> bool:
        """Whether work goes on."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin on the worker thread, unless that has been done."""
        with self._moved:
            if self._thread.ident is None:
                self._thread.start()

    def cancel(self) -> None:
        """Ask the work to stop at the next batch; what is finished stays."""
        self._cancel.set()

    def wait(self, stage: str | None = None, timeout: float | None = None) -> bool:
        """Wait until a stage (default: the last) has ended, for at most `timeout` seconds; say whether it has."""
        name = stage or STAGES[-1]
        with self._moved:
            return self._moved.wait_for(lambda: self._ended(name), timeout)

    def _ended(self, name: str) -> bool:
        return self._stages[name].state not in ("waiting", "running")

    def _run(self) -> None:
        from explorer.layout import borrowed

        begun, options = self.dataset, self._task.options
        with ExitStack() as stack:
            try:
                # UMAP compiles for seconds: its process does so beside the embedding, and is warm when it is needed.
                if not result_cache.laid_out(begun, options):
                    self._umap = stack.enter_context(borrowed())
            except Exception:  # the stage "layout" tries again, and fails under its own name
                log.exception("The process for UMAP could not be started.")
            try:
                self._run_stages()
                if self.results.layout_name == "umap":
                    result_cache.note_layout(begun, options)
            except Exception as error:  # whoever waits must hear of it
                log.exception("The pipeline stopped.")
                for name in STAGES:
                    if not self._ended(name):
                        self.failures[name] = error
                        self._heard(replace(self._stages[name], state="failed", note=str(error)))

    def _run_stages(self) -> None:
        for name in STAGES:
            progress = _StageProgress(self._stages[name], self._heard, self._cancel)
            lacking = [n for n in needed(name, self._task) if self._stages[n].state in ("failed", "cancelled")]
            if self._cancel.is_set():
                progress.end("cancelled")
            elif lacking:
                progress.end("skipped", f"needs the stage {lacking[0]!r}, which did not finish")
            else:
                progress.start()
                self._stage(name, progress)

    def _stage(self, name: str, progress: _StageProgress) -> None:
        try:
            note = ""
            for step in self._steps(name, progress):
                note = step.note or note
                self._take(step)
        except Cancelled:
            progress.end("cancelled", "cancelled; finished batches are kept")
        except Exception as error:  # shown by name on the stage and raised to whoever asks for its result
            if not isinstance(error, ExplorerError):
                log.exception("The stage %r failed.", name)
            self.failures[name] = error
            progress.end("failed", str(error) or type(error).__name__)
        else:
            progress.end("skipped" if note.startswith(NOT_NEEDED) else "done", note)

    def _heard(self, stage: Stage) -> None:
        with self._moved:
            self._stages[stage.name] = stage
            self._moved.notify_all()
        self._report(self.stages)

    def _steps(self, name: str, progress: Progress) -> Iterator[Step]:
        if name == "layout":  # the one stage with a process of its own, which is warm by now
            return layout(self._task, self.results, progress, self._umap)
        return FUNCTIONS[name](self._task, self.results, progress)

    def _take(self, step: Step) -> None:
        if step.task is not None:
            self._task = step.task
        if step.what is not None:
            self.results = replace(self.results, **step.changes)
            self._publish(step.what, self.results, self.dataset)
