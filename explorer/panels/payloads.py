"""What several calls and pushes hold: cells, counts, the answer to a change, stages, versions."""

from __future__ import annotations

from collections.abc import Iterable

from explorer.labels import Commit
from explorer.labels.history import overview
from explorer.panels.schema import history, labels
from explorer.progress import Stage
from explorer.review.review import Review
from explorer.review.sync import FEW


def saved(review: Review) -> str | None:
    """Return the time of the newest commit, ISO 8601."""
    time = overview.saved(review.labels)
    return None if time is None else time.isoformat()


def counts(review: Review) -> labels.Counts:
    """Return how many items stand how."""
    return labels.Counts(**review.counts())


def stage(found: Stage) -> labels.Stage:
    """Turn a stage into the browser's."""
    return labels.Stage(**vars(found))


def cells(review: Review, positions: Iterable[int]) -> list[labels.Cell]:
    """Return the labels of some items now."""
    found = []
    for position in positions:
        cell = review.labels.get(str(review.dataset.item_ids[position]))
        found.append(
            labels.Cell(
                item=int(position),
                label=int(review.codes[position]),
                state=cell.state,
                event=cell.event,
                rater=cell.rater or "",
                time="" if cell.time is None else str(cell.time),
                why=cell.why or "",
            )
        )
    return found


def edit_reply(review: Review, commit: Commit | None, items: Iterable[str] | None = None) -> labels.EditReply:
    """Describe a change: its commit, and the cells of its items (or of these) as they are now.

    Of a change of many items the cells are left out: every panel reads its columns anew then.
    """
    names = [e.item for e in commit.events] if items is None and commit is not None else list(items or ())
    positions = [p for p in map(review.dataset.place, dict.fromkeys(names)) if p is not None]
    return labels.EditReply(
        commit=None if commit is None else commit.id,
        saved=saved(review),
        cells=cells(review, positions) if len(positions) <= FEW or items is not None else [],
        counts=counts(review),
        classes=list(review.classes),
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
