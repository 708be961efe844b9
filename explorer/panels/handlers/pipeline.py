"""The pipeline strip's half in the kernel: cancel, run again, and which embedders there are."""

from __future__ import annotations

from explorer.panels.registry import call
from explorer.panels.schema.scores import Embedder, RerunArgs
from explorer.review.review import Review


@call("cancel")
def cancel(review: Review) -> None:
    """Stop at the next batch."""
    review.runs.cancel()


@call("rerun", slow=True, locked=False)
def rerun(review: Review, args: RerunArgs) -> None:
    """Run again with another embedder."""
    review.rerun(args.embedder or None)


@call("embedders")
def embedders(review: Review) -> list[Embedder]:
    """List what can embed this dataset's items."""
    from explorer.embedding import available

    return [
        Embedder(name=name, about=about, installed=installed)
        # Vectors that came with the data are there or not; nothing could be installed for them.
        for name, about, installed in available(review.dataset.kind)
        if name != "precomputed" or review.dataset.features is not None
    ]
