"""The whole explorer: what every panel needs first (`hello`, `labels`), edits, undo, selection."""

from __future__ import annotations

from typing import cast

import numpy as np
from msgspec import UNSET

from explorer.errors import DataError
from explorer.labels.model.states import Reason
from explorer.panels import payloads
from explorer.panels.registry import call, item_at
from explorer.panels.schema import labels as schema
from explorer.panels.schema.scopes import Opened, ScopeName
from explorer.review.review import Review

OPS = {"relabel": "set", "keep": "keep", "mark": "flag", "clear": "clear", "leave_out": "leave_out"}


@call("hello")
def hello(review: Review) -> schema.Hello:
    """Return all that panels need before any column."""
    review.sync.catch_up()
    state = review.state
    d, r = state.dataset, state.results
    opened = review.selected.opened
    shining = [place for name in review.selected.highlighted if (place := d.place(name)) is not None]
    return schema.Hello(
        protocol=1,
        review=review.id,
        epoch=state.epoch,
        store=schema.StoreInfo(
            id=review.labels.id,
            name=review.store_name,
            temporary=review.temporary,
            branch=review.labels.current_branch,
            saved=payloads.saved(review),
        ),
        dataset=schema.DatasetInfo(
            n=len(d),
            kind=d.kind,
            classes=list(review.classes),
            retired=retired(review),
            source=d.source,
            unlabelled=int((d.given < 0).sum()),
            set_aside=len(d.set_aside),
            notes=[*d.notes, *filter(None, [review.binding_note])],
        ),
        rater=review.rater,
        calibrated=review.scores.calibrated,
        embedder="" if r.embedding is None else r.embedding.name,
        trust=None if r.trust is None else r.trust.warning,
        stages=[payloads.stage(each) for each in review.status.stages],
        counts=payloads.counts(review),
        reasons=list(Reason),
        ready=schema.Ready(layout=r.layout_name, scores=r.combined is not None),
        opened=UNSET if opened is None else Opened(scope=cast("ScopeName", opened.scope), token=opened.token),
        highlighted=np.array(shining, dtype=np.int32) if shining else UNSET,
    )


@call("labels")
def labels(review: Review) -> schema.Labels:
    """Return given label, label now and state of every item, and the events that a change must name."""
    state = review.state
    return schema.Labels(
        given=state.given,
        current=state.codes,
        state=state.states,
        order=state.dataset.order,
        seen=schema.Seen(base=state.base_event, events={str(item): event for item, event in state.events.items()}),
    )


@call("edit")
def edit(review: Review, args: schema.Edit) -> schema.EditReply:
    """Write one decision; answers with the new cells, or with what stands there when somebody was faster."""
    # The browser may have kept this decision through a restart, and the items may have moved since. The caller holds
    # the review's lock, so the order that is checked is the order that is used.
    if args.order != review.dataset.order and not args.ids:
        raise DataError(
            f"A decision on {len(args.items):,} items was made before the dataset changed and was not saved.",
            "Decide again.",
        )
    names = args.ids or [str(review.dataset.item_ids[item_at(review, i)]) for i in args.items]
    if len(names) != len(args.items):
        raise DataError(f"{len(names):,} ids were given for {len(args.items):,} items.", "Decide again.")
    named = dict(zip(args.items, names, strict=True))
    seen = {} if args.base is UNSET else dict.fromkeys(names, args.base)
    seen |= {named[i]: event for i, event in args.expected.items() if i in named}
    label = _label(review, args)
    kept = frozenset(() if args.kept is UNSET else args.kept)
    written = review.decisions.edit(
        ["keep" if i in kept else OPS[args.action] for i in args.items] if kept else OPS[args.action],
        names,
        label=label,
        why=args.why or "",
        reason=args.reason or "",
        expected=seen,
        op_id=args.op_id,
    )
    return payloads.edit_reply(review, written)


def _label(review: Review, args: schema.Edit) -> str | list[str] | None:
    """Return the label that an edit gives, or one an item; refuses a name that is no class, and adds a new one."""
    if args.action != "relabel":
        return None
    if args.labels is not UNSET:
        if len(args.labels) != len(args.items):
            raise DataError(f"{len(args.labels):,} labels were given for {len(args.items):,} items.", "Decide again.")
        for name in dict.fromkeys(args.labels):
            review.decisions.check_label(name)
        return args.labels
    if args.label is UNSET:
        raise DataError("A relabelling names no label.", "Choose one.")
    review.decisions.check_label(args.label, new_class=args.new_class is True)
    return args.label


@call("undo")
def undo(review: Review, args: schema.UndoArgs) -> schema.EditReply:
    """Take back the newest decision that still stands."""
    return payloads.edit_reply(review, review.decisions.undo(op_id=args.op_id))


@call("select")
def select(review: Review, args: schema.SelectArgs) -> None:
    """Note what the person looks at, for `review.current` and `review.selection`."""
    current = None if args.item is None else item_at(review, args.item)
    review.selected.remember(current, None if args.items is UNSET else [item_at(review, i) for i in args.items])


@call("rater")
def rater(review: Review, args: schema.NameArgs) -> None:
    """Store corrections under another name from now on."""
    review.rater = args.name


def retired(review: Review) -> list[str]:
    """Names among the classes that no label may have any more: they were merged, split or retired."""
    open_ones = frozenset(review.labels.classes())
    return [name for name in review.classes if name not in open_ones]
