"""Scores of class names for a run: by which model, whether at all, and what is said of it.

By default (`names="auto"`) names are read where that costs next to nothing: where the run's own embedder puts texts
into the space of its items, so that the vectors are there already. A model that is named embeds the items once more,
with progress, cancellable, and from the cache the next time.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.embedding import class_names, registry
from explorer.embedding.class_names import NameScores, SharedSpace
from explorer.engine.devices import pick
from explorer.errors import Cancelled, DataError, ExplorerError, Option, Said
from explorer.pipeline import result_cache
from explorer.pipeline.results import Options, Results
from explorer.progress import Progress
from explorer.utils.arrays import array_in, float32, numbers_in
from explorer.utils.cache import digest
from explorer.utils.text import joined

if TYPE_CHECKING:
    from explorer.dataset.dataset import Dataset
    from explorer.media.base import MediaKind

log = logging.getLogger("explorer")

AUTO = "auto"

KINDS = ("text", "image")
"""Kinds of items that names can be compared with."""

Names = str | bool
"""What a person says: "auto", a model's name or folder, or `False`."""


def check_names(names: Any, kind: MediaKind) -> Names:
    """Return what a person says of names, all of which can be right.

    Raises
    ------
    DataError
        Anything else; a model for items that are neither texts nor pictures.
    """
    if names is False or names == AUTO:
        return AUTO if names == AUTO else False
    if not isinstance(names, str) or not names.strip():
        raise DataError(
            Said("{} is {}.", Option("names"), repr(names)),
            Said('Give the model that shall read class names, "auto", or {} for none.', Option("no names", "False")),
        )
    if kind not in KINDS:
        raise DataError(
            f"Class names are compared with texts and pictures; these are {kind} items.", "Leave names= out."
        )
    registry.find(model_name(names, kind), kind)
    return names


def model_name(names: str, kind: MediaKind) -> str:
    """Return what the embedder is called: sentence models may be given by their short names.

    >>> model_name("all-MiniLM-L6-v2", "text"), model_name("google/siglip-base-patch16-224", "image")
    ('sentence-transformers/all-MiniLM-L6-v2', 'google/siglip-base-patch16-224')
    """
    from pathlib import Path

    short = kind == "text" and "/" not in names and "\\" not in names and names not in ("tfidf", "precomputed")
    return f"sentence-transformers/{names}" if short and not Path(names).is_dir() else names


def of_run(
    dataset: Dataset | None, classes: tuple[str, ...], options: Options, results: Results, progress: Progress
) -> tuple[NameScores | None, str]:
    """Return the scores for a run, `None` for none, and what the note of its stage says of them, "" for nothing.

    What fails costs the names and nothing else, and is said.
    """
    if dataset is None or options.names is False or dataset.kind not in KINDS:
        return None, ""
    about = descriptions(dataset, classes)
    asked = options.names != AUTO or bool(about) or bool((dataset.given < 0).all())
    try:
        why = class_names.unreadable(classes, about)
        model = None if why else _model(dataset, options, results)
        if not why and model is None:
            why = Said("The embedder does not read them: name a model that does ({}).", Option("names"))
        if model is None:
            return None, f"class names are not used: {why}" if asked else ""
        return _scores(dataset, classes, about, options, results, model, progress)
    except Cancelled:
        raise
    except ExplorerError as error:
        log.warning("Class names are not used: %s", error)
        return None, f"class names are not used: {error}"
    except Exception as error:  # a model that fails costs the names, and nothing else
        log.exception("Class names could not be compared with the items.")
        return None, f"class names are not used: {type(error).__name__}: {error}"


def descriptions(dataset: Dataset, classes: tuple[str, ...]) -> Mapping[str, str]:
    """Return the descriptions by the classes' names of now: a class keeps its own when it is renamed."""
    before = {code: dataset.descriptions.get(name, "") for code, name in enumerate(dataset.classes)}
    found = {name: dataset.descriptions.get(name) or before.get(code, "") for code, name in enumerate(classes)}
    return {name: text for name, text in found.items() if text}


def _model(dataset: Dataset, options: Options, results: Results) -> SharedSpace | None:
    """Return the embedder that reads names: the one that is named, or the run's own if it can."""
    if options.names != AUTO:
        assert isinstance(options.names, str)
        name = model_name(options.names, dataset.kind)
        made = registry.find(name, dataset.kind).create(_request(name, dataset, options, {}))
        if not isinstance(made, SharedSpace) or not made.reads_texts():
            raise DataError(
                f"The embedder {name!r} does not read texts into the space of its items.",
                "Give a sentence-transformers model for texts, one of the kind of CLIP or SigLIP for pictures.",
            )
        return made
    own: Any = options.embedder
    if not isinstance(own, str):
        return own if isinstance(own, SharedSpace) and own.reads_texts() else None
    if results.embedding is None or results.embedding.name in ("precomputed", "given"):
        return None
    name = results.embedding.name if options.embedder == AUTO else options.embedder
    how = {option: value for option, value in options.embedder_options.items() if option != "batch_size"}
    entry = registry.find(name, dataset.kind)
    if not entry.name.startswith("<"):  # those that are made of the items themselves, or of pictures alone
        return None
    made = entry.create(_request(name, dataset, options, how))
    return made if isinstance(made, SharedSpace) and made.reads_texts() else None


def _request(name: str, dataset: Dataset, options: Options, how: dict[str, Any]) -> registry.Request:
    return registry.Request(name, dataset, pick(options.device)[0], options.seed, how)


def _scores(
    dataset: Dataset,
    classes: tuple[str, ...],
    about: Mapping[str, str],
    options: Options,
    results: Results,
    model: SharedSpace,
    progress: Progress,
) -> tuple[NameScores, str]:
    said = class_names.phrasings(classes, about, dataset.kind)
    embedder: Any = model
    of_model = (embedder.name, embedder.revision, embedder.options())
    named, _ = result_cache.cached(
        options,
        "names",
        lambda: digest(result_cache.FORMAT, *of_model, [list(texts) for texts in said]),
        lambda: class_names.encode(model, said, progress),
        lambda vectors: {"vectors": vectors},
        lambda arrays: arrays["vectors"],
    )
    own = results.embedding
    same = own is not None and (own.name, own.revision) == of_model[:2] and options.names == AUTO
    vectors = own.vectors if same and own is not None else _embedded(dataset, model, options, progress)
    scores = class_names.compare(vectors, named, class_names.TEMPERATURE[dataset.kind])
    heard: NDArray[np.bool_] = np.asarray(np.isfinite(vectors).all(axis=1))
    near = _neighbours(dataset, vectors, heard, options, results if same else None, progress)
    if near is not None:
        scores = class_names.smoothed(scores, near, heard, progress)
    return NameScores(scores, embedder.name, said), f"class names by {embedder.name}"


def _neighbours(
    dataset: Dataset,
    vectors: NDArray[np.float32],
    heard: NDArray[np.bool_],
    options: Options,
    own: Results | None,
    progress: Progress,
) -> NDArray[np.int32] | None:
    """Return the nearest items of each in the space of the names, int32 [N, k]; those of the run where it is its own.

    `None` with fewer than two items.
    """
    from explorer import graph

    k = class_names.NEIGHBOURS
    if own is not None:
        for known in (own.distances, own.graph):
            if known is not None and known.measured and known.k >= min(k, known.n - 1):
                return known.indices[:, :k]
    if len(vectors) < 2:
        return None
    vectors = np.where(heard[:, None], vectors, 0)
    options = replace(options, k=k)
    device = None if options.device == "cpu" else str(pick(options.device)[0])
    device = None if device == "cpu" else device
    found, _ = result_cache.cached(
        options,
        "graph",
        lambda: result_cache.graph_key(vectors, dataset.item_ids, options, device),
        lambda: graph.build(vectors, k, ids=dataset.item_ids, device=device, seed=options.seed, progress=progress),
        result_cache.pack_graph,
        result_cache.unpack_graph,
    )
    return found.indices


def _embedded(dataset: Dataset, model: Any, options: Options, progress: Progress) -> NDArray[np.float32]:
    """Embed all items with the model that reads the names; those that it cannot read say nothing."""
    from explorer.embedding import embed

    return embed(
        dataset, model, device=options.device, seed=options.seed, cache=options.cache, progress=progress
    ).vectors


def given_scores(scores: Any, n: int, classes: Sequence[str]) -> NameScores:
    """Check scores that somebody brought, [N, K].

    Raises
    ------
    DataError
        Another shape, or what is no number, with the first row that is wrong.
    """
    array = array_in(scores, "name scores")
    if array.shape != (n, len(classes)):
        raise DataError(
            f"The name scores have the shape {array.shape}; {n:,} rows × {len(classes)} classes were expected.",
            f"Give one row per label, with one column per class (classes: {joined(classes)}).",
        )
    values = float32(numbers_in(array, "name scores"))
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if len(bad):
        raise DataError(
            f"The name scores of row {int(bad[0])} hold NaN or infinite values ({len(bad):,} rows in all).",
            "Give 0 for every class where nothing is known of an item.",
        )
    return NameScores(values, "given", tuple((name,) for name in classes))
