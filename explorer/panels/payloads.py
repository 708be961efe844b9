"""What several calls and pushes hold: cells, counts, the answer to a change, stages, versions."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import UNSET

from explorer.labels import Cell
from explorer.labels.history import overview
from explorer.panels.schema import history, labels
from explorer.progress import Stage
from explorer.review.review import Review
from explorer.review.sync import FEW, Written


def saved(review: Review) -> str | None:
    """Return the time of the newest commit, ISO 8601."""
    time = overview.saved(review.labels)
    return None if time is None else time.isoformat()


def counts(review: Review) -> labels.Counts:
    """Return how many items stand how."""
    return labels.Counts(**review.state.counts())


def stage(found: Stage) -> labels.Stage:
    """Turn a stage into the browser's."""
    return labels.Stage(**vars(found))


def cells(review: Review, positions: Iterable[int], found: Iterable[Cell]) -> list[labels.Cell]:
    """Turn cells of the store, of items at these positions, into the browser's. Whoever calls holds the lock."""
    codes = review.state.codes
    return [
        labels.Cell(
            item=int(position),
            label=int(codes[position]),
            state=cell.state,
            event=cell.event,
            rater=cell.rater or "",
            time="" if cell.time is None else str(cell.time),
            why=cell.why or "",
        )
        for position, cell in zip(positions, found, strict=True)
    ]


def edit_reply(review: Review, written: Written | None) -> labels.EditReply:
    """Describe a change: its commit, and the cells of its items as they are now.

    Of a change of many items the cells are left out: every panel reads its columns anew then.
    """
    few = written is not None and len(written.positions) <= FEW
    return labels.EditReply(
        commit=None if written is None else written.commit.id,
        saved=saved(review),
        cells=cells(review, written.positions, written.cells) if written is not None and few else [],
        counts=counts(review),
        changed=UNSET if written is None or few else len(written.positions),
    )


def versions(review: Review) -> history.Versions:
    """Return the branch that is shown, all branches and all tags."""
    store = review.labels
    return history.Versions(
        branch=store.current_branch,
        branches=[
            history.Branch(name=b.name, current=b.current, commit=b.tip.id, time=b.tip.time.isoformat(), ahead=b.ahead)
            for b in overview.branches(store)
        ],
        tags=[
            history.Tag(
                name=t.name,
                commit=t.commit,
                time=None if t.move is None else t.move.time.isoformat(),
                rater="" if t.move is None else t.move.rater,
                why="" if t.move is None else t.move.why,
            )
            for t in overview.tags(store)
        ],
    )
