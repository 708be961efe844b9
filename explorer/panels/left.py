"""How many errors are left, and the random audit that tells: the kernel's half."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.panels.calls import call

if TYPE_CHECKING:
    from explorer.panels.session import Session


@call("left")
def left(session: Session) -> dict[str, Any]:
    """Return the estimate of the errors left, in words and numbers, and what drifts."""
    review = session.review
    found, drift = review.left(wait=False), review.drift(wait=False)
    return {
        "sentence": found.sentence(),
        "left": found.left,
        "low": found.low,
        "high": found.high,
        "unreviewed": found.unreviewed,
        "found": found.found,
        "basis": found.basis,
        "draws": found.draws,
        "drift": drift.note,
    }


@call("audit")
def audit(session: Session, *, count: int = 20) -> dict[str, Any]:
    """Draw the next items of the random audit; those that nobody has decided on yet, in the order to look at them."""
    review = session.review
    return {"items": [review.dataset.position(item) for item in review.audit(count, wait=False)]}
