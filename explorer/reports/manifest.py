"""What made a set of results: goes with them wherever they go."""

from __future__ import annotations

import datetime as dt
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

from explorer.progress import Stage

if TYPE_CHECKING:
    from explorer.embedding import Embedding

PACKAGES = ("data-quality-explorer", "numpy", "pandas", "torch", "faiss-cpu", "umap-learn", "scikit-learn")


@dataclass(frozen=True, eq=False)
class ReportParts:
    """What a report says about results, as plain values.

    Attributes
    ----------
    options
        What the run was made with.
    source, items, set_aside, digest
        Of the dataset: its name, how many items it has and lost, and its SHA-256.
    embedding
        With its name, revision and device; `None` where there is none.
    store, snapshot, head
        Of the label store: its name for people, and the ids of what is bound and of the newest commit.
    stages
        Of the pipeline, as they stand.
    """

    options: Mapping[str, Any]
    source: str
    items: int
    set_aside: int
    digest: str
    embedding: Embedding | None
    store: str
    snapshot: str | None
    head: str | None
    stages: Sequence[Stage]


def manifest(parts: ReportParts) -> dict[str, Any]:
    """Return versions, options, seed, device and hashes as plain JSON values.

    Examples
    --------
    >>> parts = ReportParts({"seed": 0}, "a.csv", 2, 0, "0f", None, "a.labels.db", None, None, ())
    >>> manifest(parts)["dataset"]["items"]
    2
    """
    e = parts.embedding
    return {
        "versions": {"python": platform.python_version()} | {name: metadata.version(name) for name in PACKAGES},
        "options": dict(parts.options),
        "dataset": {
            "source": parts.source,
            "items": parts.items,
            "set_aside": parts.set_aside,
            "sha256": parts.digest,
        },
        "embedding": None if e is None else {"name": e.name, "revision": e.revision, "device": e.device},
        "store": {"path": parts.store, "snapshot": parts.snapshot, "head": parts.head},
        "stages": {s.name: {"state": s.state, "seconds": round(s.seconds, 3)} for s in parts.stages},
        "made": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }
