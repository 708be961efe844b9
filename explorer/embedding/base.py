"""What an embedder is, and what comes out of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.progress import Progress


@dataclass(frozen=True, eq=False)
class Embedding:
    """Vectors of a dataset's items, and how they came about.

    Attributes
    ----------
    vectors
        float32 [N, D] as the embedder gives them (not normalised); rows of failed items are NaN.
    name, revision
        The embedder, and the commit or hash of its weights ("" where the code is all there is).
    why
        Why this embedder was chosen, and what would usually do better.
    device
        Readable name of the device.
    failed
        Position of each item that could not be embedded → reason. `Dataset.without` takes it as it is.
    seconds
        Wall-clock time of the whole call.
    from_cache
        Every vector came from the cache.
    notes
        What happened on the way (a batch that was halved, a cache that could not be written).
    """

    vectors: NDArray[np.float32]
    name: str
    why: str
    device: str
    failed: dict[int, str] = field(default_factory=dict)
    seconds: float = 0.0
    from_cache: bool = False
    revision: str = ""
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        rows, columns = self.vectors.shape
        failed = f", {len(self.failed):,} failed" if self.failed else ""
        return f"Embedding({self.name}: {rows:,} × {columns} on {self.device}{failed}, {self.seconds:.1f} s)"


class Embedder(Protocol):
    """Turns items into vectors, a batch at a time. `run.run` calls `prepare` once, then `load` and `encode`.

    Attributes
    ----------
    name, revision
        Part of the cache key, together with `options()`.
    device
        What `device.pick` returned: "cuda:0", "mps" or "cpu". Embedders that do not use torch say "cpu".
    batch_size
        How many items `encode` gets at most; halved when memory runs out.
    chunk
        Items in one file of the cache. `None`: all items at once, for what is fitted and computed in one piece.
    fitted
        The vectors depend on the whole dataset, so the cache key covers all of it.
    """

    name: str
    revision: str
    device: str
    batch_size: int
    chunk: int | None
    fitted: bool

    def options(self) -> dict[str, Any]:
        """Return everything else that the vectors depend on, as plain JSON."""
        ...

    def prepare(self, dataset: Dataset, progress: Progress) -> None:
        """Load the model or fit the statistic. Not called when the cache holds every vector."""
        ...

    def state(self) -> dict[str, NDArray[Any]]:
        """Return what `prepare` fitted, kept in the cache so that a cancelled run goes on with the same; or {}."""
        ...

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Take back what `state` returned, in place of `prepare`."""
        ...

    def load(self, dataset: Dataset, item: int) -> Any:
        """Read and preprocess one item, on any thread; `UnreadableItem` where its content is broken."""
        ...

    def encode(self, batch: list[Any]) -> NDArray[np.float32]:
        """Return float32 [len(batch), D]."""
        ...


class Stateless:
    """Default answers of embedders that fit nothing: vectors of an item depend on that item alone."""

    revision = ""
    chunk: int | None = 256
    fitted = False

    def state(self) -> dict[str, NDArray[Any]]:
        """Return nothing: nothing is fitted."""
        return {}

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Take nothing back."""
        del state


def spread_sample(dataset: Dataset, count: int, seed: int) -> NDArray[np.intp]:
    """Draw up to `count` items at random so that the draw does not depend on the order of the rows.

    Returns
    -------
    intp [min(count, N)]
        Positions, in the order of the content hashes.
    """
    by_content = np.argsort(dataset.content_hashes.astype(str), kind="stable")
    if len(by_content) <= count:
        return by_content
    chosen = np.random.default_rng(seed).choice(len(by_content), size=count, replace=False)
    return by_content[np.sort(chosen)]
