"""The stages from items to ranked issues and a map, as plain functions.

    embed ─▶ graph ─▶ probe ─▶ score ─▶ layout

Each takes the task, the results so far and a `Progress`, and yields what it has found, piece by piece; the note of the
last piece stays beside the stage. None of them knows threads, reviews or widgets: `runner` runs them in the background
for a review, `find_issues` one after the other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import Cancelled, DataError, ExplorerError
from explorer.pipeline import names, result_cache
from explorer.pipeline.records import brought, misplaced, recorded
from explorer.pipeline.results import Options, Results
from explorer.pipeline.task import Step, Task
from explorer.progress import Progress
from explorer.utils.arrays import moderate

if TYPE_CHECKING:
    from explorer.detectors import Inputs
    from explorer.layout import Worker

log = logging.getLogger("explorer")

SUITES_FROM = 700
"""Least number of items with which probe suites are trained along: fewer would feel them."""

CHECKPOINTS = 5
"""Moments of the probe's training that the relation map shows."""

CHECKPOINT_CELLS = 2**25
"""Most cells [N, K] of one such moment; beyond, none are kept."""

NOT_NEEDED = "not needed"
"""How the note of a stage begins that had nothing to do."""

Stage = Callable[[Task, Results, Progress], Iterator[Step]]


def embed(task: Task, results: Results, progress: Progress) -> Iterator[Step]:
    """Make the vectors of all items, and a first map of them. Items that cannot be embedded are left out."""
    del results
    from explorer import embedding as embeddings
    from explorer import layout

    if task.dataset is None:
        raise DataError("There are no items to embed.", "Give a dataset.")
    o = task.options
    if not o.embedder:
        yield Step(note=f"{NOT_NEEDED}: no embedder was asked for")
        return
    found = embeddings.embed(
        task.dataset, o.embedder, device=o.device, seed=o.seed, cache=o.cache, progress=progress, **o.embedder_options
    )
    note = f"{found.name}: {found.why}"
    if found.failed:
        count = len(found.failed)
        keep = np.ones(len(task.labels), dtype=bool)
        keep[list(found.failed)] = False
        task = task.without(found.failed)
        found = replace(found, vectors=found.vectors[keep], failed={})
        note += f"; {count:,} items set aside (see review.dataset.set_aside_table())"
    found = replace(found, vectors=moderate(found.vectors))
    yield Step("dataset", {"embedding": found}, note, task)
    if len(task.labels) > 1:
        try:
            first = layout.principal(found.vectors, seed=o.seed)
        except Cancelled:
            raise
        except Exception as error:  # a map that fails costs the map, and nothing else
            log.exception("The first map could not be made.")
            yield Step(note=f"{note}; no map: {error}")
        else:
            yield Step("layout", {"layout": first, "layout_name": "principal"}, note)


def graph(task: Task, results: Results, progress: Progress) -> Iterator[Step]:
    """Find the nearest neighbours of every item."""
    from explorer import graph as graphs

    given = task.links if results.graph is None else results.graph
    if given is not None and (given.measured or results.embedding is None):
        yield Step("graph", {"graph": given}, f"given: {given}")
        return
    o, vectors, device = task.options, vectors_of(results), accelerator(task.options)
    found, origin = result_cache.cached(
        o,
        "graph",
        lambda: result_cache.graph_key(vectors, task.ids, o, device),
        lambda: graphs.build(vectors, o.k, ids=task.ids, device=device, seed=o.seed, progress=progress),
        result_cache.pack_graph,
        result_cache.unpack_graph,
    )
    recall = "" if found.method == "exact" or found.recall is None else f", recall {found.recall:.3f}"
    note = f"k {found.k}, {found.method}{recall}{origin}"
    if given is None:
        yield Step("graph", {"graph": found}, note)
    else:
        yield Step("graph", {"graph": given, "distances": found}, f"given: {given}; distances: {note}")


def probe(task: Task, results: Results, progress: Progress) -> Iterator[Step]:
    """Predict every item by a classifier that has not seen it, unless probabilities were given."""
    from explorer import probe as probes

    own = task.own
    if task.dataset is not None and task.dataset.probs is not None:
        from explorer.readers.column_check import doubts

        parts = (f"{NOT_NEEDED}: probabilities were given{brought(own)}", doubts(task.dataset))
        note = ". ".join(filter(None, parts))
        yield Step("probe", {"probs": task.dataset.probs}, note)
        return
    if len(np.unique(task.labels[task.labels >= 0])) < 2:
        yield Step(note=f"{NOT_NEEDED}: fewer than two classes are in use")
        return
    if results.embedding is None and task.links is not None:
        yield Step(note=f"{NOT_NEEDED}: there are no vectors to fit it to{brought(own)}")
        return
    few = len(task.labels) * len(task.classes) <= CHECKPOINT_CELLS
    o, vectors, device = task.options, vectors_of(results), accelerator(task.options)
    # Suites have to train along with what they are compared with; checkpoints that were given need no second ones.
    suites = task.training and len(task.labels) >= SUITES_FROM and (own is None or own.dynamics is None)
    checkpoints = CHECKPOINTS if task.training and few and (own is None or own.checkpoints is None) else 0
    found, origin = result_cache.cached(
        o,
        "probe",
        lambda: result_cache.probe_key(
            vectors,
            task.labels,
            task.ids,
            o,
            classes=len(task.classes),
            device=device,
            suites=suites,
            checkpoints=checkpoints,
        ),
        lambda: probes.out_of_fold(
            vectors,
            task.labels,
            len(task.classes),
            ids=task.ids,
            seed=o.seed,
            device=device,
            progress=progress,
            suites=suites,
            checkpoints=checkpoints,
        ),
        result_cache.pack_probe,
        result_cache.unpack_probe,
    )
    note = f"out-of-fold accuracy {found.accuracy:.3f}{origin}{brought(own)}"
    doubt = misplaced(own, found.probs)
    if doubt:
        log.warning("%s", doubt)
    yield Step("probe", {"probe": found, "probs": found.probs}, ". ".join(filter(None, (note, doubt))))


def score(task: Task, results: Results, progress: Progress) -> Iterator[Step]:
    """Run the methods, and join what they say."""
    from explorer import detectors
    from explorer.detectors.combine import rescore
    from explorer.estimates.trust import trust

    named, said = results.names, ""
    if named is None and (task.only is None or "names" in task.only):
        named, said = names.of_run(task.dataset, task.classes, task.options, results, progress)
    inputs = inputs_of(task, replace(results, names=named))
    if task.only is None:
        given = task.labels if task.given is None else task.given
        findings, combined, settled = rescore.score(inputs, given, inputs.trusted, progress, task.marked_wrong)
    else:
        findings = detectors.run(inputs, only=task.only, progress=progress)
        combined, settled = detectors.combine(inputs, findings, progress=progress), None
    found: dict[str, Any] = {"names": named, "inputs": inputs, "findings": findings}
    found |= {"combined": combined, "settled": settled}
    if task.training and results.graph is not None and inputs.probs is not None:
        found["trust"] = trust(results.graph, inputs.probs, task.labels, task.classes)
    note = f"{len(findings.results)} methods"
    for name, reason in findings.failures.items():
        note += f"; {name} failed: {reason}"
    if said:
        note += f"; {said}"
    if "names" in findings.results:
        note += f". {findings.results['names'].summary['why']}"
    yield Step("scores", found, note)


def layout(task: Task, results: Results, progress: Progress, worker: Worker | None = None) -> Iterator[Step]:
    """Lay the neighbour graph out as a map."""
    from explorer import layout as layouts

    neighbours = results.graph if results.distances is None else results.distances
    if neighbours is None or neighbours.n < 4:
        yield Step(note=f"{NOT_NEEDED}: too few items for a UMAP")
        return
    o, start = task.options, results.layout
    if start is None and results.embedding is None:
        start = layouts.linked(neighbours, seed=o.seed)
        yield Step("layout", {"layout": start, "layout_name": "principal"})
    if start is None:
        yield Step(note=f"{NOT_NEEDED}: there is no first map to start from")
        return
    found, origin = result_cache.cached(
        o,
        "layout",
        lambda: result_cache.layout_key(neighbours, start, o),
        lambda: layouts.umap(neighbours, start, seed=o.seed, progress=progress, worker=worker),
        lambda points: {"points": points},
        lambda arrays: arrays["points"],
    )
    yield Step("layout", {"layout": found, "layout_name": "umap"}, f"UMAP of the neighbour graph{origin}")


FUNCTIONS: dict[str, Stage] = {"embed": embed, "graph": graph, "probe": probe, "score": score, "layout": layout}
"""By name, in the order in which they run."""

STAGES = tuple(FUNCTIONS)
"""Their names."""

NEEDS: dict[str, tuple[str, ...]] = {
    "embed": (),
    "graph": ("embed",),
    "probe": ("embed",),
    "score": ("embed",),
    "layout": ("graph",),
}
"""Stages that must have finished before each."""


def needed(name: str, task: Task) -> tuple[str, ...]:
    """Return the stages that must have finished before one: with links that were given, vectors may be wanting."""
    if task.links is None:
        return NEEDS[name]
    return ("graph",) if name == "layout" else ()


def inputs_of(task: Task, results: Results) -> Inputs:
    """Return what the methods read, of whatever has been found."""
    from explorer import detectors
    from explorer.pipeline.answers import answers_of, labellers

    dataset, found = task.dataset, results.probe
    own, course, moments = recorded(task.own, found)
    return detectors.Inputs(
        labels=task.labels,
        n_classes=task.n_classes,
        graph=results.graph,
        probs=widened(results.probs, task.n_classes),
        vectors=None if results.embedding is None else results.embedding.vectors,
        dynamics=course,
        trusted=task.trusted if task.trusted is not None and task.trusted.any() else None,
        checkpoints=widened(moments, task.n_classes),
        suites=None if found is None or own is not None else found.suites,
        conflicting=None if dataset is None else dataset.conflicting,
        content_hashes=None if dataset is None else dataset.content_hashes,
        name_scores=None if results.names is None else widened(results.names.scores, task.n_classes),
        votes=answers_of(task.votes, task.n_classes),
        labelled_by=labellers(task.votes, () if dataset is None else dataset.labelled_by),
        seed=task.options.seed,
        cosines=results.distances,
        trained_on=own,
    )


def accelerator(options: Options) -> str | None:
    """Return where graph and probe run: the device that the embedding would take, `None` for the CPU's own way."""
    if options.device == "cpu":
        return None  # without a look at torch, which takes a second to import
    from explorer.engine.devices import pick

    device = str(pick(options.device)[0])
    return None if device == "cpu" else device


def vectors_of(results: Results) -> NDArray[np.float32]:
    """Return the vectors, float32 [N, D]; `ExplorerError` where there are none."""
    if results.embedding is None:
        raise ExplorerError("There is no embedding.", "See why the stage 'embed' did not finish: review.status.")
    return results.embedding.vectors


def widened(values: NDArray[Any] | None, classes: int) -> NDArray[Any] | None:
    """Give classes that were added after [… , K] values were made a column of zeros each."""
    if values is None or values.shape[-1] == classes:
        return values
    return np.pad(values, (*((0, 0) for _ in values.shape[:-1]), (0, classes - values.shape[-1])))
