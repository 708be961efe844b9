"""The history's half in the kernel: decisions newest first, commit by commit, and what differs between two versions."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
from msgspec import UNSET

from explorer.errors import DataError
from explorer.labels.history import overview
from explorer.labels.history import timeline as timelines
from explorer.labels.model.states import Reason, State
from explorer.panels import payloads
from explorer.panels.registry import call
from explorer.panels.schema import history as schema
from explorer.panels.schema.labels import EditReply
from explorer.review.review import Review

SAME = ("rater", "op", "why", "reason", "p_error", "commit", "event", "kind", "branch", "field")
"""What `schema.Entry` has under the same name."""
MOST = 10_000
"""Rows that one answer holds at most."""


@call("history", slow=True, locked=False)
def history(review: Review, args: schema.HistoryArgs) -> schema.EntriesReply:
    """Return the newest events, at most `limit`, and how many there are."""
    store = review.labels
    found = timelines.newest(store, _some(args.limit))
    return schema.EntriesReply(entries=entries_of(review, found), total=store.count_events())


@call("timeline", slow=True, locked=False)
def timeline(review: Review, args: schema.TimelineArgs) -> schema.Timeline:
    """Return the newest commits with changes that match, and everything to choose from."""
    store = review.labels
    wanted = timelines.Wanted(args.item or None, args.rater or None, args.reason or None, args.label or None)
    found = timelines.timeline(store, _some(args.limit), wanted)
    now = payloads.versions(review)
    return schema.Timeline(
        branch=now.branch,
        branches=now.branches,
        tags=now.tags,
        commits=[_row(review, row) for row in found.rows],
        total=found.total,
        raters=overview.raters(store),
        reasons=[*Reason, State.LEFT_OUT.value],
        labels=list(review.classes),
    )


@call("entries", slow=True, locked=False)
def entries(review: Review, args: schema.EntriesArgs) -> schema.EntriesReply:
    """Return some of a commit's changes, in their order."""
    found, total = timelines.changes(review.labels, args.commit, args.offset, _some(args.limit))
    return schema.EntriesReply(entries=entries_of(review, found), total=total)


@call("diff", slow=True, locked=False)
def diff(review: Review, args: schema.DiffArgs) -> schema.Diff:
    """Return the items whose label differs between two versions, newest names, with who, when and why."""
    store = review.labels
    found = store.diff(args.a, args.b, schema="latest")
    return schema.Diff(
        a=store.commit_id(args.a),
        b=store.commit_id(args.b),
        rows=[
            schema.DiffRow(
                item=review.dataset.place(row["item"]),
                item_id=row["item"],
                old=plain(row["old"]),
                new=plain(row["new"]),
                rater=plain(row["rater"]) or "",
                time=None if pd.isna(row["time"]) else row["time"].isoformat(),
                why=plain(row["why"]) or "",
                commit=plain(row["commit"]) or "",
                left_out=row["left_out"] or UNSET,
            )
            for row in found.head(_some(args.limit)).to_dict("records")
        ],
        total=len(found),
        counts=[(plain(old), plain(new), int(n)) for (old, new), n in found.attrs["counts"].items()],
        added=int(found.attrs["added"]),
        removed=int(found.attrs["removed"]),
    )


@call("revert")
def revert(review: Review, args: schema.RevertArgs) -> EditReply:
    """Take commits back by their inverse; refused where somebody has decided otherwise since."""
    if not args.commits:
        raise DataError("There is nothing to take back: no commit is chosen.", "Choose one or more.")
    written = review.sync.write(
        lambda store: store.revert(*args.commits, items=args.items, why=args.why, op_id=args.op_id)
    )
    return payloads.edit_reply(review, written)


def entries_of(review: Review, found: list[dict[str, Any]]) -> list[schema.Entry]:
    """Turn changes into the browser's entries."""
    place = review.dataset.place
    return [
        schema.Entry(
            **{k: e[k] for k in SAME},
            time=e["time"].isoformat(),
            item=place(e["item"]),
            item_id=e["item"],
            old=plain(e["old"]),
            new=plain(e["new"]),
            merged_from=e["merged_from"],
        )
        for e in found
    ]


def plain(value: Any) -> str | None:
    """Write a label as text; values of several parts as JSON."""
    if value is None or (isinstance(value, float) and pd.isna(value)) or value is pd.NaT or value is pd.NA:
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _row(review: Review, row: timelines.Row) -> schema.CommitRow:
    c = row.commit
    return schema.CommitRow(
        commit=c.id,
        time=c.time.isoformat(),
        rater=c.rater,
        rater_kind=c.rater_kind,
        kind=c.kind,
        message=c.message,
        branch=c.branch,
        merge_parent=c.merge_parent,
        merged_from=row.merged_from,
        tags=list(row.tags),
        undone=row.undone,
        undoable=row.count > 0 and not row.undone,
        count=row.count,
        entries=entries_of(review, row.entries),
    )


def _some(limit: int) -> int:
    return max(1, min(limit, MOST))
