"""The queue's half in the kernel: the scores as columns, from which the browser makes the order."""

from __future__ import annotations

from msgspec import UNSET

from explorer.errors import DataError
from explorer.panels.registry import call
from explorer.panels.schema.items import FindArgs, FindReply
from explorer.panels.schema.scores import Scores
from explorer.panels.session import Session
from explorer.review.review import Review


@call("scores", session=True)
def scores(review: Review, *, session: Session) -> Scores:
    """Return suggested label, p_error and issue flags by item, and what the random sample has drawn."""
    if not review.scores.scored:
        raise DataError("There are no scores yet.", "Wait for the stage 'score'.")
    draws, asked = session.sample_sent()
    return Scores(
        # Said here too: the page greeted the kernel before anything was scored.
        calibrated=review.scores.calibrated,
        version=review.state.version,
        draws=draws,
        asked=asked,
        audit_rate=review.sample.rate,
        levelless=UNSET if review.state.level.same else review.scores.levelless(),
        fits=review.scores.fits() if review.scores.binary else UNSET,
        **review.scores.columns(),
    )


@call("find", slow=True, locked=False)
def find(review: Review, args: FindArgs) -> FindReply:
    """Return the items that a search finds; it reads all texts, and takes the lock itself."""
    order, items, exact = review.listings.positions(args.text)
    return FindReply(order=order, items=items, exact=exact)
