"""The history's half in the kernel: decisions newest first, commit by commit, and what differs between two versions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from explorer.errors import DataError
from explorer.labels.history import overview
from explorer.labels.history import timeline as timelines
from explorer.panels.payloads import edit_reply, versions
from explorer.panels.registry import call
from explorer.review.decisions import REASONS

if TYPE_CHECKING:
    from explorer.labels import Commit
    from explorer.panels.session import Session

SAME = ("rater", "op", "why", "reason", "p_error", "commit", "event", "kind", "branch", "field")
"""What the browser's `HistoryEntry` has under the same name."""
MOST = 10_000
"""Rows that one answer holds at most."""


@call("history")
def history(session: Session, *, limit: int = 100) -> dict[str, Any]:
    """Return the newest events, at most `limit`, and how many there are."""
    store = session.review.labels
    return {"entries": entries_of(session, timelines.newest(store, _some(limit))), "total": store.count_events()}


@call("timeline")
def timeline(
    session: Session,
    *,
    limit: int = 100,
    rater: str | None = None,
    label: str | None = None,
    reason: str | None = None,
    item: str | None = None,
) -> dict[str, Any]:
    """Return the newest commits with changes that match, and everything to choose from; `item` is an item id."""
    store = session.review.labels
    wanted = timelines.Wanted(item or None, rater or None, reason or None, label or None)
    found = timelines.timeline(store, _some(limit), wanted)
    return {
        "commits": [_row(session, row) for row in found.rows],
        "total": found.total,
        "raters": overview.raters(store),
        "reasons": list(REASONS),
        "labels": list(session.review.classes),
        **versions(session.review),
    }


@call("entries")
def entries(session: Session, *, commit: str, offset: int = 0, limit: int = 100) -> dict[str, Any]:
    """Return some of a commit's changes, in their order."""
    found, total = timelines.changes(session.review.labels, commit, max(0, int(offset)), _some(limit))
    return {"entries": entries_of(session, found), "total": total}


@call("diff")
def diff(session: Session, *, a: str, b: str = "head", limit: int = 500) -> dict[str, Any]:
    """Return the items whose label differs between two versions, newest names, with who, when and why."""
    store = session.review.labels
    found = store.diff(a, b, schema="latest")
    rows = found.head(_some(limit))
    place = session.review.dataset.place
    counts = [[plain(old), plain(new), int(n)] for (old, new), n in found.attrs["counts"].items()]
    return {
        "a": store.commit_id(a),
        "b": store.commit_id(b),
        "rows": [
            {
                "item": place(row["item"]),
                "itemId": row["item"],
                "old": plain(row["old"]),
                "new": plain(row["new"]),
                "rater": plain(row["rater"]) or "",
                "time": None if pd.isna(row["time"]) else row["time"].isoformat(),
                "why": plain(row["why"]) or "",
                "commit": plain(row["commit"]) or "",
            }
            for row in rows.to_dict("records")
        ],
        "total": len(found),
        "counts": counts,
        "added": int(found.attrs["added"]),
        "removed": int(found.attrs["removed"]),
    }


@call("revert")
def revert(
    session: Session, *, commits: list[str], op_id: str, why: str = "", items: list[str] | None = None
) -> dict[str, Any]:
    """Take commits back by their inverse; refused where somebody has decided otherwise since."""
    if not commits:
        raise DataError("There is nothing to take back: no commit is chosen.", "Choose one or more.")
    made: Commit = session.review.labels.revert(*commits, items=items, why=why, op_id=op_id)
    return edit_reply(session, made)


def entries_of(session: Session, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Turn changes into the browser's `HistoryEntry`."""
    place = session.review.dataset.place
    return [
        {
            **{k: e[k] for k in SAME},
            "time": e["time"].isoformat(),
            "item": place(e["item"]),
            "itemId": e["item"],
            "old": plain(e["old"]),
            "new": plain(e["new"]),
            "mergedFrom": e["merged_from"],
        }
        for e in found
    ]


def plain(value: Any) -> str | None:
    """Write a label as text; values of several parts as JSON."""
    if value is None or (isinstance(value, float) and pd.isna(value)) or value is pd.NaT or value is pd.NA:
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _row(session: Session, row: timelines.Row) -> dict[str, Any]:
    c = row.commit
    return {
        "commit": c.id,
        "time": c.time.isoformat(),
        "rater": c.rater,
        "raterKind": c.rater_kind,
        "kind": c.kind,
        "message": c.message,
        "branch": c.branch,
        "mergeParent": c.merge_parent,
        "mergedFrom": row.merged_from,
        "tags": row.tags,
        "undone": row.undone,
        "undoable": row.count > 0 and not row.undone,
        "count": row.count,
        "entries": entries_of(session, row.entries),
    }


def _some(limit: Any) -> int:
    return max(1, min(int(limit), MOST))
