"""The stages from items to ranked issues and a map, run on one worker thread, each reporting and cancellable.

    embed ─▶ (principal layout) ─▶ graph ─▶ probe ─▶ score ─▶ layout

A stage that fails is shown by name with its error; stages that do not need it go on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.errors import Cancelled, ExplorerError
from explorer.pipeline.results import Options, Results
from explorer.pipeline.stages import CHECKPOINT_CELLS, CHECKPOINTS, SUITES_FROM, _pad, _padded
from explorer.progress import Progress, Stage

if TYPE_CHECKING:
    from explorer.layout import Worker

log = logging.getLogger("explorer")


STAGES = ("embed", "graph", "probe", "score", "layout")
NEEDS: dict[str, tuple[str, ...]] = {
    "embed": (),
    "graph": ("embed",),
    "probe": ("embed",),
    "score": ("embed",),
    "layout": ("graph",),
}


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
    ) -> None:
        self.dataset = dataset
        self.labels = labels
        self.trusted = trusted
        self.given = labels if given is None else given
        self.classes = classes
        self.options = options
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
    def stages(self) -> tuple[Stage, ...]:
        """All stages as they stand."""
        return tuple(self._stages[name] for name in STAGES)

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

        with ExitStack() as stack:
            try:
                # UMAP compiles for seconds: its process does so beside the embedding, and is warm when it is needed.
                self._umap = stack.enter_context(borrowed())
            except Exception:  # the stage "layout" tries again, and fails under its own name
                log.exception("The process for UMAP could not be started.")
            try:
                self._run_stages()
            except Exception as error:  # whoever waits must hear of it
                log.exception("The pipeline stopped.")
                for name in STAGES:
                    if not self._ended(name):
                        self.failures[name] = error
                        self._heard(replace(self._stages[name], state="failed", note=str(error)))

    def _run_stages(self) -> None:
        for name in STAGES:
            progress = _StageProgress(self._stages[name], self._heard, self._cancel)
            lacking = [n for n in NEEDS[name] if self._stages[n].state in ("failed", "cancelled")]
            if self._cancel.is_set():
                progress.end("cancelled")
            elif lacking:
                progress.end("skipped", f"needs the stage {lacking[0]!r}, which did not finish")
            else:
                self._stage(name, progress)

    def _stage(self, name: str, progress: _StageProgress) -> None:
        try:
            note = getattr(self, f"_{name}")(progress)
        except Cancelled:
            progress.end("cancelled", "cancelled; finished batches are kept")
        except Exception as error:  # shown by name on the stage and raised to whoever asks for its result
            if not isinstance(error, ExplorerError):
                log.exception("The stage %r failed.", name)
            self.failures[name] = error
            progress.end("failed", str(error) or type(error).__name__)
        else:
            progress.end("skipped" if note and note.startswith("not needed") else "done", note)

    def _heard(self, stage: Stage) -> None:
        with self._moved:
            self._stages[stage.name] = stage
            self._moved.notify_all()
        self._report(self.stages)

    def _set(self, what: str, **changes: Any) -> None:
        self.results = replace(self.results, **changes)
        self._publish(what, self.results, self.dataset)

    # The stages; each returns the note that stays beside it -----------------------------------------------------

    def _embed(self, progress: Progress) -> str:
        from explorer import layout
        from explorer.embedding import embed

        o = self.options
        embedding = embed(
            self.dataset,
            o.embedder,
            device=o.device,
            seed=o.seed,
            cache=o.cache,
            progress=progress,
            **o.embedder_options,
        )
        note = f"{embedding.name}: {embedding.why}"
        if embedding.failed:
            keep = np.ones(len(self.dataset), dtype=bool)
            keep[list(embedding.failed)] = False
            self.dataset = self.dataset.without(embedding.failed)
            self.labels = self.labels[keep]
            self.given = self.given[keep]
            self.trusted = None if self.trusted is None else self.trusted[keep]
            embedding = replace(embedding, vectors=embedding.vectors[keep], failed={})
            note += f"; {int((~keep).sum()):,} items set aside (see review.dataset.set_aside_table())"
        self._set("dataset", embedding=embedding)
        if len(self.dataset) > 1:
            first = layout.principal(embedding.vectors, seed=o.seed)
            self._set("layout", layout=first, layout_name="principal")
        return note

    def _graph(self, progress: Progress) -> str:
        from explorer import graph

        vectors = self._vectors()
        ids = self.dataset.item_ids
        found = graph.build(
            vectors, self.options.k, ids=ids, device=self._device(), seed=self.options.seed, progress=progress
        )
        self._set("graph", graph=found)
        recall = "" if found.method == "exact" or found.recall is None else f", recall {found.recall:.3f}"
        return f"k {found.k}, {found.method}{recall}"

    def _probe(self, progress: Progress) -> str:
        from explorer import probe

        if self.dataset.probs is not None:
            from explorer.readers.column_check import doubts

            self._set("probe", probs=self.dataset.probs)
            return ". ".join(filter(None, ("not needed: probabilities were given", doubts(self.dataset))))
        if len(np.unique(self.labels[self.labels >= 0])) < 2:
            return "not needed: fewer than two classes are in use"
        found = probe.out_of_fold(
            self._vectors(),
            self.labels,
            len(self.classes),
            ids=self.dataset.item_ids,
            seed=self.options.seed,
            device=self._device(),
            progress=progress,
            suites=len(self.labels) >= SUITES_FROM,
            checkpoints=CHECKPOINTS if len(self.labels) * len(self.classes) <= CHECKPOINT_CELLS else 0,
        )
        self._set("probe", probe=found, probs=found.probs)
        return f"out-of-fold accuracy {found.accuracy:.3f}"

    def _score(self, progress: Progress) -> str:
        from explorer import detectors
        from explorer.detectors.combine.rescore import score
        from explorer.estimates.trust import trust as measure_trust

        r = self.results
        inputs = detectors.Inputs(
            labels=self.labels,
            n_classes=max(1, len(self.classes)),  # with nothing labelled there is nothing to rank, and no error
            graph=r.graph,
            probs=_pad(r.probs, max(1, len(self.classes))),
            vectors=self._vectors(),
            dynamics=None if r.probe is None else r.probe.dynamics,
            trusted=self.trusted if self.trusted is not None and self.trusted.any() else None,
            checkpoints=None if r.probe is None else _padded(r.probe.checkpoints, max(1, len(self.classes))),
            suites=None if r.probe is None else r.probe.suites,
            conflicting=self.dataset.conflicting,
            content_hashes=self.dataset.content_hashes,
            seed=self.options.seed,
        )
        findings, combined, settled = score(inputs, self.given, inputs.trusted, progress)
        table = detectors.table(
            self.dataset.item_ids, self.classes, inputs, findings, combined, given=self.dataset.given
        )
        trust = None
        if r.graph is not None and inputs.probs is not None:
            trust = measure_trust(r.graph, inputs.probs, self.labels, self.classes)
        self._set(
            "scores", inputs=inputs, findings=findings, combined=combined, table=table, trust=trust, settled=settled
        )
        note = f"{len(findings.results)} methods"
        for name, reason in findings.failures.items():
            note += f"; {name} failed: {reason}"
        return note

    def _layout(self, progress: Progress) -> str:
        from explorer import layout

        graph, first = self.results.graph, self.results.layout
        if graph is None or first is None or graph.n < 4:
            return "not needed: too few items for a UMAP"
        found = layout.umap(graph, first, seed=self.options.seed, progress=progress, worker=self._umap)
        self._set("layout", layout=found, layout_name="umap")
        return "UMAP of the neighbour graph"

    def _device(self) -> str | None:
        """Where graph and probe run: the accelerator that the embedding would take, `None` for the CPU's own way."""
        from explorer.engine.devices import pick

        device = str(pick(self.options.device)[0])
        return None if device == "cpu" else device

    def _vectors(self) -> NDArray[np.float32]:
        embedding = self.results.embedding
        if embedding is None:
            raise ExplorerError("There is no embedding.", "See why the stage 'embed' did not finish: review.status.")
        return embedding.vectors
