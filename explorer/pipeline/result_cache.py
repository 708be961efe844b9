"""Graph, probe and layout from disk where nothing that they depend on has changed, else computed and kept."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from explorer.pipeline.results import Options
from explorer.utils.cache import ArrayCache, digest
from explorer.utils.files import location

if TYPE_CHECKING:
    from explorer.dataset.dataset import Dataset
    from explorer.graph import NeighbourGraph
    from explorer.probe import Probe

log = logging.getLogger("explorer")

FORMAT = 1
"""Raised when results of the same key would come out differently."""

FROM_CACHE = ", from the cache"

Arrays = dict[str, NDArray[Any]]
T = TypeVar("T")


def cached(
    options: Options,
    kind: str,
    key: Callable[[], str],
    compute: Callable[[], T],
    pack: Callable[[T], Arrays],
    unpack: Callable[[Arrays], T],
) -> tuple[T, str]:
    """Return what is kept under a key or computed now, and what the stage's note says of it.

    Parameters
    ----------
    options
        Where the cache is, if there is one.
    kind
        Folder of its entries.
    key
        Hash of everything that the result depends on; asked for where there is a cache.
    compute, pack, unpack
        Make the result; turn it to arrays, and back.
    """
    cache = opened(options)
    if cache is None:
        return compute(), ""
    name = key()
    found = cache.read(kind, name)
    if found is not None:
        try:
            return unpack(found), FROM_CACHE
        except (KeyError, ValueError, IndexError) as error:
            log.warning("An entry of the cache is of another make (%s) and is made again.", error)
    made = compute()
    try:
        cache.write(kind, name, pack(made))
    except OSError as error:  # a full or read-only disk costs the cache, not the result
        log.warning("The result %r cannot be kept: %s", kind, error)
        return made, f", the cache cannot be written ({error.strerror})"
    return made, ""


def opened(options: Options) -> ArrayCache | None:
    """Return the cache that a run uses, `None` for none."""
    if options.cache is False:
        return None
    return ArrayCache(location() if options.cache is True else Path(options.cache).expanduser())


def graph_key(vectors: NDArray[Any], ids: NDArray[Any] | None, options: Options, device: str | None) -> str:
    """Hash what a neighbour graph depends on."""
    return digest(FORMAT, vectors, ids, options.k, options.seed, device)


def pack_graph(graph: NeighbourGraph) -> Arrays:
    """Return a graph as arrays."""
    found: Arrays = {"indices": graph.indices, "similarity": graph.similarity}
    return found | {name: np.array(getattr(graph, name)) for name in ("method", "recall", "device")}


def unpack_graph(arrays: Arrays) -> NeighbourGraph:
    """Return a graph of arrays."""
    from explorer.graph import NeighbourGraph

    method, recall, device = str(arrays["method"]), float(arrays["recall"]), str(arrays["device"])
    return NeighbourGraph(arrays["indices"], arrays["similarity"], method, recall, device)


def probe_key(
    vectors: NDArray[Any], labels: NDArray[np.int32], ids: NDArray[Any] | None, options: Options, **how: Any
) -> str:
    """Hash what a probe depends on."""
    return digest(FORMAT, vectors, labels, ids, options.seed, how)


def pack_probe(probe: Probe) -> Arrays:
    """Return a probe as arrays."""
    found: Arrays = {
        "probs": probe.probs,
        "dynamics": probe.dynamics,
        "numbers": np.array([probe.accuracy, probe.seconds, probe.penalty]),
        "items": probe.per_class["items"].to_numpy(),
        "accuracy": probe.per_class["accuracy"].to_numpy(),
    }
    if probe.suites is not None:
        found["kinds"] = np.array(probe.suites.kinds, dtype=np.str_)
        found["kind"], found["suite_dynamics"] = probe.suites.kind, probe.suites.dynamics
    if probe.checkpoints is not None:
        found["checkpoints"] = probe.checkpoints
    return found


def unpack_probe(arrays: Arrays) -> Probe:
    """Return a probe of arrays."""
    import pandas as pd

    from explorer.probe import Probe
    from explorer.probe.suites import Suites

    accuracy, seconds, penalty = arrays["numbers"].tolist()
    index = pd.RangeIndex(len(arrays["items"]), name="class")
    per_class = pd.DataFrame({"items": arrays["items"], "accuracy": arrays["accuracy"]}, index=index)
    found = Probe(arrays["probs"], arrays["dynamics"], accuracy, per_class, seconds, penalty)
    if "kind" in arrays:
        suites = Suites(tuple(arrays["kinds"].tolist()), arrays["kind"], arrays["suite_dynamics"])
        found = replace(found, suites=suites)
    return replace(found, checkpoints=arrays.get("checkpoints"))


def layout_key(graph: NeighbourGraph, start: NDArray[np.float32], options: Options) -> str:
    """Hash what a layout depends on."""
    return digest(FORMAT, graph.indices, graph.similarity, start, options.seed)


def laid_out(dataset: Dataset, options: Options) -> bool:
    """Whether a run over the same items, made with the same options, has left its layout."""
    cache, key = opened(options), _run_key(dataset, options)
    return cache is not None and key is not None and cache.has("runs", key)


def note_layout(dataset: Dataset, options: Options) -> None:
    """Note for `laid_out` that the layout was kept."""
    cache, key = opened(options), _run_key(dataset, options)
    if cache is not None and key is not None and not cache.has("runs", key):
        try:
            cache.write("runs", key, {"items": np.array(len(dataset))})
        except OSError as error:  # the next run makes ready for a layout that it need not compute
            log.info("A run cannot be noted: %s", error)


def _run_key(dataset: Dataset, options: Options) -> str | None:
    links = [] if dataset.graph is None else [dataset.graph.indices, dataset.graph.similarity]
    try:
        return digest(
            FORMAT, dataset.content_hashes, options.embedder, options.embedder_options, options.k, options.seed, *links
        )
    except TypeError:  # an embedder that was made by hand, or an option of it, is no plain JSON
        return None
