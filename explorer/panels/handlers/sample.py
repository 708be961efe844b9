"""How many errors are left, and the random audit that tells: the kernel's half."""

from __future__ import annotations

import pandas as pd

from explorer.estimates.results import ENOUGH, FEWEST_DRAWS, more
from explorer.panels.registry import call
from explorer.panels.schema import scores as schema
from explorer.review.review import Review

MOST_CLASSES = 100
"""Rows of the table by class, those with most errors left."""


@call("left", slow=True, locked=False)
def left(review: Review, args: schema.LeftArgs) -> schema.LeftReply:
    """Return the estimate of the errors left, in words and numbers, since when its sample runs, and what drifts."""
    cuts = [None] if args.cut is None else [None, args.cut]
    found, below = review.estimates.left_and_below(cuts, wait=False)
    since = review.sample.since
    return schema.LeftReply(
        sentence=found.sentence(),
        ask=found.ask,
        between=found.between,
        missing=max(0, ENOUGH - found.draws),
        enough=ENOUGH,
        known=found.known,
        left=found.left,
        low=found.low,
        high=found.high,
        unreviewed=found.unreviewed,
        found=found.found,
        basis="audit" if found.basis == "audit" else "model",
        draws=found.draws,
        fewest=FEWEST_DRAWS,
        since="" if since is None else since.isoformat(),
        more=more(found),
        stop=schema.Stops(
            suspects=below[0].sentence(),
            cut="" if args.cut is None else below[1].sentence(),
        ),
        classes=[] if found.per_class is None else _rows(found.per_class),
        drift=review.estimates.drift(wait=False).note,
    )


@call("audit")
def audit(review: Review, args: schema.AuditArgs) -> schema.AuditReply:
    """Draw the next items of the random audit; those that nobody has decided on yet, in the order to look at them.

    Every widget is told of them, and of those that are left for the queue to mix in.
    """
    items = [review.dataset.position(item) for item in review.sample.draw(args.count, wait=False)]
    return schema.AuditReply(items=items, draws=review.sample.draws())


@call("new_sample")
def new_sample(review: Review) -> schema.NewSampleReply:
    """Begin a new random sample on the scores as they stand; what is decided stays decided.

    Every widget is told as of new scores, so that all of them ask anew.
    """
    review.sample.new(wait=False)
    return schema.NewSampleReply(draws=review.sample.draws())


def _rows(table: pd.DataFrame) -> list[schema.ClassLeft]:
    """Return the classes with labels as the browser lists them, most errors left first."""
    table = table[table["labels"] > 0].sort_values("left", ascending=False, kind="stable").head(MOST_CLASSES)
    columns = ["name", *table.columns]
    return [schema.ClassLeft(**dict(zip(columns, row, strict=True))) for row in table.itertuples(name=None)]
