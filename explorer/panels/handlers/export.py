"""Export on the screen: what `Review.export` would write and where, said before; and the writing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from explorer.errors import DataError
from explorer.panels.registry import call
from explorer.panels.schema import export as schema
from explorer.review.review import Review

MORE = ("votes", "columns", "soft", "weights")
"""What a file may hold besides the labels."""


@call("export_outlook", slow=True, locked=False)
def outlook(review: Review, args: schema.ExportArgs) -> schema.ExportOutlook:
    """Say what would be written, and why not if it cannot be; writes nothing."""
    path, problem, size, time = "", "", -1, ""
    try:
        target = _target(review, args)
        path = str(target)
        if target.exists():
            found = target.stat()
            size, time = found.st_size, dt.datetime.fromtimestamp(found.st_mtime, dt.UTC).isoformat()
    except DataError as error:
        problem = str(error)
    except OSError as error:  # it went, or may not be looked at
        problem = f"{path} cannot be looked at: {error.strerror or error}. Give another name."
    extent = review.exports.extent(drop=args.drop, changed=args.changed)
    return schema.ExportOutlook(
        folder=str(Path.cwd()),
        path=path,
        exists=size >= 0,
        size=max(0, size),
        time=time,
        rows=extent.rows,
        relabelled=extent.relabelled,
        left_out=extent.left_out,
        offers=_offers(review),
        problem=problem,
    )


@call("export", slow=True, locked=False)
def export(review: Review, args: schema.ExportArgs) -> schema.ExportReply:
    """Write the file; refuses to replace one unless that is asked for."""
    target = _target(review, args)
    if target.exists() and not args.replace:
        raise DataError(f"{target} exists already.", "Give another name, or say that it may be replaced.")
    written, extent = review.exports.write(
        args.path,
        format=args.format,
        drop=args.drop,
        changed=args.changed,
        votes=args.votes,
        columns=args.columns,
        soft=args.soft,
        weights=args.weights,
    )
    return schema.ExportReply(
        path=str(written),
        rows=extent.rows,
        relabelled=extent.relabelled,
        left_out=extent.left_out,
        line=line_of(args),
    )


def line_of(args: schema.ExportArgs) -> str:
    """Return the line of Python that writes the same file, as a notebook says it."""
    given = [repr(args.path)]
    if args.format is not None:
        given.append(f"format={args.format!r}")
    given += [f"{name}=True" for name in ("drop", "changed", *MORE) if getattr(args, name)]
    return f"review.export({', '.join(given)})"


def _offers(review: Review) -> list[str]:
    """Return which of `MORE` there is something to write of."""
    with review.state.lock:
        votes, scored = review.state.votes, review.state.scored > 0
        other = len(review.dataset.other.names) > 0
    return [name for name, on in zip(MORE, (votes is not None, other, scored, scored), strict=True) if on]


def _target(review: Review, args: schema.ExportArgs) -> Path:
    if not args.path.strip():
        raise DataError("The file has no name.", "Type one, such as corrected.csv.")
    return review.exports.target(args.path, format=args.format)
