"""Slices in the details: wrong labels by a column of the user's, and labels that mean something else in one."""

from __future__ import annotations

import numpy as np

from explorer.errors import DataError, ExplorerError
from explorer.media.table import Table
from explorer.panels.registry import call
from explorer.panels.schema import slices as schema
from explorer.review.review import Review

MOST = 100
"""Slices, and findings, that an answer lists."""


@call("slices", slow=True, locked=False)
def slices(review: Review, args: schema.SlicesArgs) -> schema.SlicesReply:
    """Say what is known slice by slice; of no column, which there are."""
    content = review.dataset.content
    columns = [*review.dataset.other.names, *(map(str, content.frame.columns) if isinstance(content, Table) else ())]
    if not args.by:
        return schema.SlicesReply(columns=columns, by="", sentence="", rows=[], more=0, shift="", shifts=[])
    _scored(review)
    found = review.slices(args.by)
    try:
        shift = review.shift(args.by)
    except ExplorerError as problem:  # there is no opinion to compare labels with
        said, shifts = str(problem), []
    else:
        said = shift.sentence()
        shifts = [
            schema.ShiftRow(**{name: row[name] for name in schema.ShiftRow.__struct_fields__})
            for row in shift.table.head(MOST).to_dict("records")
        ]
    # Those that differ come first where not all are listed.
    table = found.table
    if len(table) > MOST:
        table = table.iloc[np.argsort((table["differs"] == "").to_numpy(), kind="stable")]
    rows = [
        schema.SliceRow(name=str(name), **{column: row[column] for column in schema.SliceRow.__struct_fields__[1:]})
        for name, row in zip(table.index[:MOST], table.head(MOST).to_dict("records"), strict=True)
    ]
    return schema.SlicesReply(
        columns=columns,
        by=args.by,
        sentence=found.sentence(),
        rows=rows,
        more=max(0, len(table) - MOST),
        shift=said,
        shifts=shifts,
    )


@call("slice_items", slow=True, locked=False)
def items(review: Review, args: schema.SliceItemsArgs) -> schema.SliceItems:
    """Return the items of a slice or of a finding."""
    _scored(review)
    if args.finding is None:
        ids = review.by_slice.items(args.by, args.name)
    else:
        ids = review.shift(args.by).items(args.finding)
    with review.state.lock:
        combined, place = review.state.results.combined, review.dataset.place
        found = np.array([at for at in map(place, ids) if at is not None], dtype=np.int32)
        if combined is not None and len(found):
            found = found[np.argsort(-np.nan_to_num(combined.p_error[found], nan=-1), kind="stable")]
    return schema.SliceItems(items=found)


def _scored(review: Review) -> None:
    if not review.scores.scored:
        raise DataError("There are no scores yet.", "Wait for the stage 'score'.")
