"""`embed`: choose the embedder and the device, run, and say what was done."""

from __future__ import annotations

import hashlib
import logging
import time
from pathlib import Path
from typing import Any

from explorer.dataset.dataset import Dataset
from explorer.embedding import auto, builtin, registry
from explorer.embedding.base import Embedder, Embedding
from explorer.embedding.cache import Cache
from explorer.embedding.precomputed import Precomputed
from explorer.embedding.run import Run
from explorer.engine import devices
from explorer.errors import DataError
from explorer.progress import Progress
from explorer.utils.files import location

_log = logging.getLogger("explorer")

builtin.register_all()


def embed(
    dataset: Dataset,
    embedder: str | Embedder = "auto",
    *,
    device: str | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    cache: bool | str | Path = True,
    progress: Progress | None = None,
    **options: Any,
) -> Embedding:
    """Turn a dataset's items into vectors.

    Parameters
    ----------
    embedder
        A name from `available(dataset.kind)`; for pictures also the id or folder of a Hugging Face vision model or
        "timm:<name>"; for texts also the id or folder of a sentence-transformers model. "auto" chooses, and
        `Embedding.why` says why. Or an object of your own that fits `Embedder`.
    device
        "cuda", "mps" or "cpu"; the best there is if not given.
    batch_size
        Items at once; halved by itself when memory runs out.
    seed
        For what is drawn at random. Equal seeds give equal vectors.
    cache
        `True` for the cache folder of the system (see `cache.location`), `False` for none, or a folder.
    progress
        Hears how far it is, and can cancel: finished chunks stay in the cache and the next call goes on from them.
    options
        Of the embedder, such as `revision=` of a model or `filters=` of "patches".

    Raises
    ------
    UnknownName, MissingExtra, DataError
        No such embedder or option, a package that is not installed, a model that cannot be had or is unsafe to load.
    Cancelled
        The person asked for it.

    Examples
    --------
    >>> import explorer
    >>> dataset = explorer.read(["good film", "dull film", "fine play"], label=["+", "-", "+"])
    >>> embed(dataset, "tfidf", cache=False).name
    'tfidf'
    """
    started = time.perf_counter()
    progress = progress or Progress()
    picked, device_name = devices.pick(device)
    if isinstance(embedder, str):
        name, why = auto.choose(dataset, picked) if embedder == "auto" else (embedder, "it was asked for")
        entry = registry.find(name, dataset.kind)
        made = entry.create(registry.Request(name, dataset, picked, seed, options))
    else:
        if options:
            raise DataError("Options were given beside an embedder that is made already.", "Give them when making it.")
        made, why = embedder, "it was asked for"
    if batch_size is not None:
        if batch_size < 1:
            raise DataError(f"batch_size={batch_size} is less than 1.", "Give how many items to embed at once.")
        if made.chunk is not None:  # what is fitted in one piece has no batches
            made.batch_size = batch_size
    if made.device == "cpu":
        device_name = devices.pick("cpu")[1]
    _log.info("embedding with %s on %s: %s", made.name, device_name, why)
    note = f"{made.name}: {why}"
    progress.begin(len(dataset), "items", device_name, note)
    run = Run(dataset, made, _cache(dataset, made, cache), progress)
    if isinstance(made, Precomputed):
        run.vectors = made.vectors
    else:
        run.go()
    seconds = time.perf_counter() - started
    progress.finish(note=note + (", from the cache" if run.from_cache else ""))
    return Embedding(
        vectors=run.vectors,
        name=made.name,
        why=why,
        device=device_name,
        failed=dict(sorted(run.failed.items())),
        seconds=seconds,
        from_cache=run.from_cache,
        revision=made.revision,
        notes=tuple(run.notes),
    )


def _cache(dataset: Dataset, embedder: Embedder, cache: bool | str | Path) -> Cache | None:
    if cache is False or isinstance(embedder, Precomputed):
        return None
    folder = location() if cache is True else Path(cache).expanduser()
    what: dict[str, Any] = {"embedder": embedder.name, "revision": embedder.revision, "options": embedder.options()}
    if embedder.fitted:
        sha = hashlib.sha256()
        for value in sorted(dataset.content_hashes):
            sha.update(value.encode() + b"\n")
        what["dataset"] = sha.hexdigest()
    return Cache(folder, what)
