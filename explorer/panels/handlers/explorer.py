"""The whole explorer: what every panel needs first (`hello`, `labels`), edits, undo, selection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explorer.errors import DataError
from explorer.panels.payloads import edit_reply, saved
from explorer.panels.registry import call, item_at
from explorer.review.decisions import REASONS
from explorer.review.review import Review

if TYPE_CHECKING:
    from explorer.panels.session import Session

OPS = {"relabel": "set", "keep": "keep", "mark": "flag", "clear": "clear"}


def retired(review: Review) -> list[str]:
    """Names among the classes that no label may have any more: they were merged, split or retired."""
    open_ones = frozenset(review.labels.classes())
    return [name for name in review.classes if name not in open_ones]


@call("hello")
def hello(session: Session) -> dict[str, Any]:
    """Return all that panels need before any column."""
    review = session.review
    review.catch_up()
    d, r = review.dataset, review.results
    return {
        "protocol": 1,
        "review": review.id,
        "epoch": review.epoch,
        "store": {
            "id": review.labels.id,
            "name": review.store_name,
            "temporary": review.temporary,
            "branch": review.labels.current_branch,
            "saved": saved(review),
        },
        "dataset": {
            "n": len(d),
            "kind": d.kind,
            "classes": list(review.classes),
            "retired": retired(review),
            "source": d.source,
            "unlabelled": int((d.given < 0).sum()),
            "setAside": len(d.set_aside),
            "notes": [*d.notes, *filter(None, [review.binding_note])],
        },
        "rater": review.rater,
        "calibrated": review.calibrated,
        "embedder": "" if r.embedding is None else r.embedding.name,
        "trust": None if r.trust is None else r.trust.warning,
        "stages": list(review.status.stages),
        "counts": review.counts(),
        "reasons": list(REASONS),
        "ready": {"layout": r.layout_name, "scores": r.combined is not None},
    }


@call("labels")
def labels(session: Session) -> dict[str, Any]:
    """Return given label, label now and state of every item, and the events that a change must name."""
    review = session.review
    return {
        "given": review.given,
        "current": review.codes,
        "state": review.states,
        "order": review.dataset.order,
        "seen": {"base": review.base_event, "events": review.events},
    }


@call("edit")
def edit(
    session: Session,
    *,
    op_id: str,
    action: str,
    items: list[int],
    expected: dict[str, str],
    order: str,
    ids: list[str] | None = None,
    label: str | None = None,
    new_class: bool = False,
    newClass: bool = False,  # noqa: N803  # the browser's spelling
    reason: str = "",
    why: str = "",
) -> dict[str, Any]:
    """Write one decision; answers with the new cells, or with what stands there when somebody was faster."""
    review = session.review
    if action not in OPS:
        raise DataError(f"There is no action {action!r}.", "Reload the page.")
    # The browser may have kept this decision through a restart, and the items may have moved since. The caller holds
    # the review's lock, so the order that is checked is the order that is used.
    if order != review.dataset.order and not ids:
        raise DataError(
            f"A decision on {len(items):,} items was made before the dataset changed and was not saved.",
            "Decide again.",
        )
    names = list(ids) if ids else [str(review.dataset.item_ids[item_at(session, i)]) for i in items]
    named = dict(zip(items, names, strict=True))
    seen = {named[int(i)]: event for i, event in expected.items() if int(i) in named}
    if action == "relabel":
        if label is None:
            raise DataError("A relabelling names no label.", "Choose one.")
        review.check_label(label, new_class=new_class or newClass)
    commit = review.edit(OPS[action], names, label=label, why=why, reason=reason, expected=seen, op_id=op_id)
    return edit_reply(session, commit, names)


@call("undo")
def undo(session: Session, *, op_id: str) -> dict[str, Any]:
    """Take back the newest decision that still stands."""
    return edit_reply(session, session.review.undo(op_id=op_id))


@call("select")
def select(session: Session, *, item: int | None, items: list[int]) -> None:
    """Note what the person looks at, for `review.current` and `review.selection`."""
    session.review.remember_selection(
        None if item is None else item_at(session, item), [item_at(session, i) for i in items]
    )


@call("rater")
def rater(session: Session, *, name: str) -> None:
    """Store corrections under another name from now on."""
    session.review.rater = name
