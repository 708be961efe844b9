"""How many errors are left, and the random audit that tells: the kernel's half."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.estimates.results import more
from explorer.panels.registry import call
from explorer.review.estimates import FEWEST_DRAWS

if TYPE_CHECKING:
    import pandas as pd

    from explorer.panels.session import Session

MOST_CLASSES = 100
"""Rows of the table by class, those with most errors left."""


@call("left")
def left(session: Session, *, cut: int | None = None) -> dict[str, Any]:
    """Return the estimate of the errors left, in words and numbers, since when its sample runs, and what drifts.

    Parameters
    ----------
    cut
        Items of the ranking above the line of the dial; `stop` speaks of it, and of the line below the last suspect.
    """
    review = session.review
    cuts = [None] if cut is None else [None, cut]
    found, below = review.left_and_below(cuts, wait=False)
    since = review.sample_since
    return {
        "sentence": found.sentence(),
        "left": found.left,
        "low": found.low,
        "high": found.high,
        "unreviewed": found.unreviewed,
        "found": found.found,
        "basis": found.basis,
        "draws": found.draws,
        "fewest": FEWEST_DRAWS,
        "since": "" if since is None else since.isoformat(),
        "more": more(found),
        "stop": {
            "suspects": below[0].sentence(),
            "cut": "" if cut is None else below[1].sentence(),
        },
        "classes": [] if found.per_class is None else _rows(found.per_class),
        "drift": review.drift(wait=False).note,
    }


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the classes with labels as the browser lists them, most errors left first."""
    table = table[table["labels"] > 0].sort_values("left", ascending=False, kind="stable").head(MOST_CLASSES)
    columns = ["name", *table.columns]
    return [dict(zip(columns, row, strict=True)) for row in table.itertuples(name=None)]


@call("audit")
def audit(session: Session, *, count: int = 20) -> dict[str, Any]:
    """Draw the next items of the random audit; those that nobody has decided on yet, in the order to look at them.

    `draws` are those that are left for the queue to mix in. Every widget is told of both.
    """
    review = session.review
    items = [review.dataset.position(item) for item in review.audit(count, wait=False)]
    return {"items": items, "draws": review.draws()}


@call("new_sample")
def new_sample(session: Session) -> dict[str, Any]:
    """Begin a new random sample on the scores as they stand; what is decided stays decided.

    `draws` are those for the queue to mix in. Every widget is told as of new scores, so that all of them ask anew.
    """
    review = session.review
    review.new_sample(wait=False)
    return {"draws": review.draws()}
