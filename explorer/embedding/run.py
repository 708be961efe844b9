"""The loop that all embedders share: cache, threads that read ahead, halving batches, progress, cancel and resume."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.embedding.base import Embedder
from explorer.embedding.cache import Cache
from explorer.engine import devices
from explorer.errors import DataError, ExplorerError, UnreadableItem
from explorer.progress import Progress

_log = logging.getLogger("explorer")


class Run:
    """One pass of an embedder over a dataset.

    Attributes
    ----------
    vectors
        float32 [N, D] once `go` is done; NaN rows for the failed items.
    failed
        Position → reason.
    from_cache
        Nothing had to be computed.
    notes
        What happened on the way.
    """

    def __init__(self, dataset: Dataset, embedder: Embedder, cache: Cache | None, progress: Progress) -> None:
        self.dataset = dataset
        self.embedder = embedder
        self.cache = cache
        self.progress = progress
        self.batch_size = max(1, embedder.batch_size)
        self.failed: dict[int, str] = {}
        self.notes: list[str] = []
        self.from_cache = False
        self.vectors: NDArray[np.float32] = np.empty((0, 0), dtype=np.float32)

    def go(self) -> None:
        """Fill `vectors`. `Cancelled` leaves every finished chunk in the cache; the next run begins after them."""
        size = self.embedder.chunk or len(self.dataset)
        chunks = [np.arange(a, min(a + size, len(self.dataset))) for a in range(0, len(self.dataset), size)]
        done: list[NDArray[np.float32] | None] = [self._cached(chunk) for chunk in chunks]
        missing = [number for number, vectors in enumerate(done) if vectors is None]
        self.from_cache = not missing
        found = sum(len(chunks[n]) for n in range(len(chunks)) if done[n] is not None)
        if missing:
            stage = self.progress.stage
            self._prepare()
            items = np.concatenate([chunks[number] for number in missing])
            # Begun anew, so that neither fitting nor cached chunks distort the rate.
            resumed = f"; {found:,} of {len(self.dataset):,} items come from the cache" if found else ""
            self.progress.begin(len(items), "items", stage.device, stage.note + resumed)
            with ThreadPoolExecutor(max(1, min(8, os.cpu_count() or 1))) as pool:
                loaded = self._read_ahead(pool, items)
                for number in missing:
                    done[number] = self._compute(chunks[number], loaded)
                    self._store(chunks[number], done[number])
        self.vectors = self._join(chunks, done)

    def _cached(self, chunk: NDArray[np.intp]) -> NDArray[np.float32] | None:
        """Return the chunk from the cache. Items that failed are tried again: the reason is not stored."""
        if self.cache is None:
            return None
        vectors = self.cache.read(self._key(chunk), len(chunk))
        if vectors is None:
            return None
        for item in chunk[np.isnan(vectors).any(axis=1)]:
            try:
                self.embedder.load(self.dataset, int(item))
            except UnreadableItem as error:
                self.failed[int(item)] = str(error)
            else:
                return None
        self.progress.check()
        return vectors

    def _key(self, chunk: NDArray[np.intp]) -> str:
        return Cache.key(self.dataset.content_hashes[chunk])

    def _prepare(self) -> None:
        state = None
        if self.cache is not None and self.embedder.fitted:
            state = self.cache.read_state()
        if state:
            self.embedder.restore(state)
            return
        self.embedder.prepare(self.dataset, self.progress)
        if self.cache is not None and (fresh := self.embedder.state()):
            self._keep(self.cache.write_state, fresh)

    def _read_ahead(self, pool: ThreadPoolExecutor, items: NDArray[np.intp]) -> Iterator[tuple[int, Any]]:
        """Yield (item, content or `UnreadableItem`) in order; pictures are decoded on threads, two batches ahead."""
        if self.dataset.kind != "image":
            yield from ((int(item), self._load(int(item))) for item in items)
            return
        waiting: deque[tuple[int, Future[Any]]] = deque()
        try:
            for item in items:
                waiting.append((int(item), pool.submit(self._load, int(item))))
                if len(waiting) > 2 * self.batch_size:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            for _, future in waiting:
                future.cancel()

    def _load(self, item: int) -> Any:
        try:
            return self.embedder.load(self.dataset, item)
        except UnreadableItem as error:
            return error

    def _compute(self, chunk: NDArray[np.intp], loaded: Iterator[tuple[int, Any]]) -> NDArray[np.float32] | None:
        """Return the vectors of a chunk, NaN where an item failed, or `None` where every item did."""
        vectors: NDArray[np.float32] | None = None
        position = 0
        while position < len(chunk):
            batch = [next(loaded) for _ in range(min(self.batch_size, len(chunk) - position))]
            good = [(item, content) for item, content in batch if not isinstance(content, UnreadableItem)]
            self.failed.update({i: str(c) for i, c in batch if isinstance(c, UnreadableItem)})
            if good:
                encoded = self._encode([content for _, content in good])
                if vectors is None:
                    vectors = np.full((len(chunk), encoded.shape[1]), np.nan, dtype=np.float32)
                finite: NDArray[np.bool_] = np.asarray(np.isfinite(encoded).all(axis=1))
                for (item, _), is_finite in zip(good, finite, strict=True):
                    if not is_finite:
                        self.failed[item] = f"{self.dataset.name(item)}: {self.embedder.name} gave no finite numbers."
                encoded[~finite] = np.nan
                vectors[np.array([item for item, _ in good]) - chunk[0]] = encoded
            position += len(batch)
            self.progress.advance(len(batch))
        return vectors

    def _encode(self, batch: Sequence[Any]) -> NDArray[np.float32]:
        """Encode a batch in parts that fit into memory; after a failure the smaller size stays."""
        parts: list[NDArray[np.float32]] = []
        start = 0
        while start < len(batch):
            part = list(batch[start : start + self.batch_size])
            try:
                encoded = np.array(self.embedder.encode(part), dtype=np.float32)
            except (RuntimeError, MemoryError) as error:
                if isinstance(error, ExplorerError) or not devices.ran_out_of_memory(error):
                    raise
                if len(part) == 1 or self.embedder.chunk is None:
                    what = "One item does" if len(part) == 1 else f"The {len(part):,} items do"
                    raise DataError(
                        f"{what} not fit into the memory of {self.embedder.device} with {self.embedder.name}.",
                        'Give a smaller model, or device="cpu".',
                    ) from error
                self.batch_size = max(1, len(part) // 2)
                self._note(f"memory ran out with {len(part)} items at once; going on with {self.batch_size}")
                devices.free(self.embedder.device)
                continue
            parts.append(encoded)
            start += len(part)
        return np.concatenate(parts)

    def _store(self, chunk: NDArray[np.intp], vectors: NDArray[np.float32] | None) -> None:
        if self.cache is not None and vectors is not None:
            self._keep(self.cache.write, self._key(chunk), vectors)

    def _keep(self, write: Any, *values: Any) -> None:
        """Write to the cache; a disk that is full or read-only costs the cache, not the vectors."""
        try:
            write(*values)
        except OSError as error:
            self._note(
                f"the cache cannot be written ({error.strerror}): these vectors will be computed again next time"
            )
            self.cache = None

    def _note(self, note: str) -> None:
        self.notes.append(note)
        self.progress.say(note)
        _log.warning("%s: %s", self.embedder.name, note)

    def _join(self, chunks: list[NDArray[np.intp]], done: list[NDArray[np.float32] | None]) -> NDArray[np.float32]:
        widths = {vectors.shape[1] for vectors in done if vectors is not None}
        if not widths:
            first = next(iter(self.failed.values()))
            raise DataError(f"None of the {len(self.dataset):,} items can be embedded; the first: {first}")
        joined = np.full((len(self.dataset), widths.pop()), np.nan, dtype=np.float32)
        for chunk, vectors in zip(chunks, done, strict=True):
            if vectors is not None:
                joined[chunk] = vectors
        return joined
