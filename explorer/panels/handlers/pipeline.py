"""The pipeline strip's half in the kernel: cancel, run again, and which embedders there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.panels.registry import call

if TYPE_CHECKING:
    from explorer.panels.session import Session


@call("cancel")
def cancel(session: Session) -> None:
    """Stop at the next batch."""
    session.review.cancel()


@call("rerun")
def rerun(session: Session, *, embedder: str) -> None:
    """Run again with another embedder."""
    session.review.rerun(embedder or None)


@call("embedders")
def embedders(session: Session) -> list[dict[str, Any]]:
    """List what can embed this dataset's items."""
    from explorer.embedding import available

    return [
        {"name": name, "about": about, "installed": installed}
        # Vectors that came with the data are there or not; nothing could be installed for them.
        for name, about, installed in available(session.review.dataset.kind)
        if name != "precomputed" or session.review.dataset.features is not None
    ]
