"""The merge view's half in the kernel: what a merge would bring, its conflicts, and how they are settled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.errors import DataError
from explorer.labels import StoreError
from explorer.labels.display import seen_p_error
from explorer.panels.handlers.history import plain
from explorer.panels.payloads import edit_reply
from explorer.panels.registry import call, item_at
from explorer.review import item as evidence

if TYPE_CHECKING:
    from explorer.labels import Cell
    from explorer.labels.changes.merge import Merge
    from explorer.panels.session import Session

PICKS = ("ours", "theirs", "value")


@call("merge")
def merge(session: Session, *, source: str) -> dict[str, Any]:
    """Return what a merge of a branch into the current one would do; writes nothing."""
    return view(session, session.review.labels.merge(source, commit=False))


@call("nearest")
def nearest(session: Session, *, item: int, labels: list[str | None], count: int = 5) -> list[list[int]]:
    """Return, for each label, the items nearest to one whose label now it is, most similar first."""
    review = session.review
    i = item_at(session, item)
    codes = [review.classes.index(name) if name in review.classes else -1 for name in labels]
    return [evidence.nearest_of(review.results, review.codes, i, code, min(int(count), 20)) for code in codes]


@call("resolve")
def resolve(
    session: Session,
    *,
    source: str,
    itemId: str,  # noqa: N803  # the browser's spelling
    pick: str,
    field: str = "label",
    label: str | None = None,
    why: str = "",
) -> dict[str, Any]:
    """Settle one conflict; that is kept at once, also for others."""
    if pick not in PICKS:
        raise DataError(f"A conflict cannot be settled by {pick!r}.", "Pick ours, theirs or a value.")
    if pick == "value" and label is None:
        raise DataError("No label is given.", "Choose the label that the item shall have.")
    found = session.review.labels.merge(source, commit=False)
    found.resolve(itemId, pick, label if pick == "value" else None, field=field, why=why)
    return view(session, found)


@call("unresolve")
def unresolve(session: Session, *, source: str, itemId: str, field: str = "label") -> dict[str, Any]:  # noqa: N803
    """Open a conflict again."""
    found = session.review.labels.merge(source, commit=False)
    found.unresolve(itemId, field=field)
    return view(session, found)


@call("mergeCommit")
def merge_commit(session: Session, *, source: str, op_id: str, why: str = "") -> dict[str, Any]:
    """Write the merge; refused while a conflict is open."""
    found = session.review.labels.merge(source, commit=False)
    try:
        found.commit(why, op_id)  # which says so if a conflict is open, and knows what it has written before
    except StoreError:
        if not found.up_to_date:
            raise
    return {**edit_reply(session, found.made), "merged": 0 if found.made is None else len(found.made.events)}


@call("mergeAbort")
def merge_abort(session: Session, *, source: str) -> None:
    """Forget how conflicts were settled so far."""
    session.review.labels.merge(source, commit=False).abort()


def view(session: Session, found: Merge) -> dict[str, Any]:
    """Turn a merge into the browser's `MergeView`."""
    place = session.review.dataset.place
    return {
        "source": found.source,
        "into": found.into,
        "base": found.base or found.theirs,
        "theirs": found.theirs,
        "taken": found.taken,
        "same": found.same,
        "notes": list(found.notes),
        "open": len(found.open),
        "upToDate": found.up_to_date,
        "conflicts": [
            {
                "item": place(c.item),
                "itemId": c.item,
                "field": c.field,
                "base": _side(c.base),
                "ours": _side(c.ours),
                "theirs": _side(c.theirs),
                "pick": c.pick,
                "value": plain(c.value),
            }
            for c in found.conflicts
        ],
    }


def _side(cell: Cell) -> dict[str, Any]:
    return {
        "label": plain(cell.value),
        "state": cell.state,
        "rater": cell.rater or "",
        "time": None if cell.time is None else cell.time.isoformat(),
        "why": cell.why or "",
        "reason": cell.reason or "",
        "event": cell.event,
        "pError": seen_p_error(cell.evidence),  # NaN travels as null
    }
