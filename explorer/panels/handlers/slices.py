"""Slices in the details: wrong labels by a column of the user's, and labels that mean something else in one."""

from __future__ import annotations

import numpy as np

from explorer.errors import DataError, ExplorerError
from explorer.media.table import Table
from explorer.panels.registry import call
from explorer.panels.schema import slices as schema
from explorer.review.review import Review
from explorer.utils.text import shortened

MOST = 100
"""Slices, and findings, that an answer lists."""

LONGEST = 80
"""Characters of a slice's name that travel."""


FIGURES, MEANING = (each.__struct_fields__[2:] for each in (schema.SliceRow, schema.ShiftRow))
"""Columns of slices, and of labels that mean something else, that travel as they are."""


@call("slices", slow=True, locked=False)
def slices(review: Review, args: schema.SlicesArgs) -> schema.SlicesReply:
    """Say what is known slice by slice; of no column, which there are."""
    content = review.dataset.content
    columns = [*review.dataset.other.names, *(map(str, content.frame.columns) if isinstance(content, Table) else ())]
    if not args.by:
        return schema.SlicesReply(columns=columns, by="", sentence="", rows=[], more=0, shift="", shifts=[])
    _scored(review)
    found = review.slices(args.by)
    code = {name: n for n, name in enumerate(found.members[2])}
    try:
        shift = review.shift(args.by)
    except ExplorerError as problem:  # there is no opinion to compare labels with
        said, shifts = str(problem), []
    else:
        said = shift.sentence("below")
        shifts = [
            schema.ShiftRow(code=code[row["slice"]], slice=_short(row["slice"]), **{c: row[c] for c in MEANING})
            for row in shift.table.head(MOST).to_dict("records")
        ]
    # Those that differ come first where not all are listed.
    table = found.table
    if len(table) > MOST:
        table = table.iloc[np.argsort((table["differs"] == "").to_numpy(), kind="stable")]
    rows = [
        schema.SliceRow(code=code[name], name=_short(name), **{c: row[c] for c in FIGURES})
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
    names = review.by_slice.names(args.by)
    if args.code >= len(names) or _short(names[args.code]) != args.name:
        raise DataError(f"The slices of {args.by!r} are others now: {args.name!r} is gone.", "Look at them again.")
    if args.looks_like:
        ids = review.by_slice.items_like(args.by, names[args.code], args.given, args.looks_like)
    else:
        ids = review.by_slice.items(args.by, names[args.code])
    with review.state.lock:
        combined, place = review.state.results.combined, review.dataset.place
        found = np.array([at for at in map(place, ids) if at is not None], dtype=np.int32)
        if combined is not None and len(found):
            found = found[np.argsort(-np.nan_to_num(combined.p_error[found], nan=-1), kind="stable")]
    return schema.SliceItems(items=found)


def _short(name: str) -> str:
    return shortened(name, LONGEST)


def _scored(review: Review) -> None:
    if not review.scores.scored:
        raise DataError("There are no scores yet.", "Wait for the stage 'score'.")
