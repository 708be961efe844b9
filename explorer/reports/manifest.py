"""What made a set of results: goes with them wherever they go."""

from __future__ import annotations

import datetime as dt
import platform
from importlib import metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explorer.review.review import Review

PACKAGES = ("data-quality-explorer", "numpy", "pandas", "torch", "faiss-cpu", "umap-learn", "scikit-learn")


def manifest(review: Review) -> dict[str, Any]:
    """Versions, options, seed, device and hashes of a review as plain JSON values."""
    e = review.results.embedding
    return {
        "versions": {"python": platform.python_version()} | {name: metadata.version(name) for name in PACKAGES},
        "options": vars(review.options) | {"rater": review.rater},
        "dataset": {
            "source": review.dataset.source,
            "items": len(review.dataset),
            "set_aside": len(review.dataset.set_aside),
            "sha256": review.dataset.digest(),
        },
        "embedding": None if e is None else {"name": e.name, "revision": e.revision, "device": e.device},
        "store": {"path": review.store_name, "snapshot": review.labels.snapshot, "head": review.labels.head},
        "stages": {s.name: {"state": s.state, "seconds": round(s.seconds, 3)} for s in review.status.stages},
        "made": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }
