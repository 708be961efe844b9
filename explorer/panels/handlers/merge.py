"""The merge view's half in the kernel: what a merge would bring, its conflicts, and how they are settled."""

from __future__ import annotations

from typing import cast

from explorer.errors import DataError
from explorer.labels import Cell, Commit, Store, StoreError
from explorer.labels.changes.merge import Merge
from explorer.labels.display import seen_p_error
from explorer.panels.handlers.history import plain
from explorer.panels.payloads import edit_reply
from explorer.panels.registry import call, item_at
from explorer.panels.schema import history as schema
from explorer.review import item as evidence
from explorer.review.review import Review

MOST_NEAREST = 20
"""Items that one answer holds at most for each label."""


@call("merge", slow=True, locked=False)
def merge(review: Review, args: schema.MergeArgs) -> schema.MergeView:
    """Return what a merge of a branch into the current one would do; writes nothing."""
    return view(review, review.labels.merge(args.source, commit=False))


@call("nearest", slow=True, locked=False)
def nearest(review: Review, args: schema.NearestArgs) -> list[list[int]]:
    """Return, for each label, the items nearest to one that are examples of it, most similar first."""
    state = review.state
    with state.lock:
        i = item_at(review, args.item)
        results, now = state.results, state.codes.copy()
        doubtful = evidence.examples_doubted(state)
        codes = [state.classes.index(name) if name in state.classes else -1 for name in args.labels]
    count = min(args.count, MOST_NEAREST)
    # Without the lock: no click waits for a search among all items of a class.
    return [evidence.nearest_of(results, now, i, code, count, doubtful=doubtful) for code in codes]


@call("resolve")
def resolve(review: Review, args: schema.ResolveArgs) -> schema.MergeView:
    """Settle one conflict; that is kept at once, also for others."""
    if args.pick == "value" and args.label is None:
        raise DataError("No label is given.", "Choose the label that the item shall have.")
    found = review.labels.merge(args.source, commit=False)
    label = args.label if args.pick == "value" else None
    found.resolve(args.item_id, args.pick, label, field=args.field, why=args.why)
    return view(review, found)


@call("unresolve")
def unresolve(review: Review, args: schema.UnresolveArgs) -> schema.MergeView:
    """Open a conflict again."""
    found = review.labels.merge(args.source, commit=False)
    found.unresolve(args.item_id, field=args.field)
    return view(review, found)


@call("mergeCommit")
def merge_commit(review: Review, args: schema.MergeCommitArgs) -> schema.MergeReply:
    """Write the merge; refused while a conflict is open."""
    found = review.labels.merge(args.source, commit=False)

    def commit(_store: Store) -> Commit | None:
        try:
            found.commit(args.why, args.op_id)  # which says so if a conflict is open, and knows what it wrote before
        except StoreError:
            if not found.up_to_date:
                raise
        return found.made

    reply = edit_reply(review, review.sync.write(commit))
    return schema.MergeReply(
        commit=reply.commit,
        saved=reply.saved,
        cells=reply.cells,
        counts=reply.counts,
        merged=0 if found.made is None else len(found.made.events),
    )


@call("mergeAbort")
def merge_abort(review: Review, args: schema.MergeArgs) -> None:
    """Forget how conflicts were settled so far."""
    review.labels.merge(args.source, commit=False).abort()


def view(review: Review, found: Merge) -> schema.MergeView:
    """Turn a merge into the browser's."""
    place = review.dataset.place
    return schema.MergeView(
        source=found.source,
        into=found.into,
        base=found.base or found.theirs,
        theirs=found.theirs,
        taken=found.taken,
        same=found.same,
        notes=list(found.notes),
        open=len(found.open),
        up_to_date=found.up_to_date,
        conflicts=[
            schema.MergeConflict(
                item=place(c.item),
                item_id=c.item,
                field=c.field,
                base=_side(c.base),
                ours=_side(c.ours),
                theirs=_side(c.theirs),
                pick=cast("schema.Pick | None", c.pick),
                value=plain(c.value),
            )
            for c in found.conflicts
        ],
    )


def _side(cell: Cell) -> schema.Side:
    return schema.Side(
        label=plain(cell.value),
        state=cell.state,
        rater=cell.rater or "",
        time=None if cell.time is None else cell.time.isoformat(),
        why=cell.why or "",
        reason=cell.reason or "",
        event=cell.event,
        p_error=seen_p_error(cell.evidence),  # NaN travels as null
    )
