"""Did it help: starting the comparison, stopping it, and where it stands. Each call returns at once."""

from __future__ import annotations

from explorer.errors import DataError
from explorer.panels.registry import call
from explorer.panels.schema.scores import HelpedState
from explorer.panels.session import Session
from explorer.review.estimates import check_judged
from explorer.review.review import Review


@call("helped", locked=False, session=True)
def helped(_review: Review, *, session: Session) -> HelpedState:
    """Return where it stands."""
    return session.comparison.standing()


@call("helped_start", locked=False, session=True)
def start(review: Review, *, session: Session) -> HelpedState:
    """Begin to compare, unless that is under way; returns where it stands.

    Raises
    ------
    DataError
        No label has been kept or changed, or there is no embedding yet.
    """
    state = review.state
    if state.results.embedding is None:
        raise DataError("The items are not embedded yet, so there is no model to teach.", "Wait until they are.")
    with state.lock:
        review.sync.catch_up()
        check_judged(state.states, state.given, state.codes)
    session.comparison.start()
    return session.comparison.standing()


@call("helped_cancel", locked=False, session=True)
def cancel(_review: Review, *, session: Session) -> HelpedState:
    """Stop at the next step of the training; returns where it stands."""
    session.comparison.cancel()
    return session.comparison.standing()
