"""The history's half in the kernel: decisions, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from explorer.panels.calls import call

if TYPE_CHECKING:
    from explorer.panels.session import Session


@call("history")
def history(session: Session, *, limit: int = 100) -> dict[str, Any]:
    """Return the newest events, at most `limit`, and how many there are."""
    review = session.review
    log = review.labels.log(limit=max(1, min(int(limit), 10_000)))
    return {"entries": entries(session, log), "total": review.labels.count_events()}


def entries(session: Session, log: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn rows of `Store.log` into the browser's `HistoryEntry`."""
    ids = session.review.dataset.item_ids
    known = {str(v): i for i, v in enumerate(ids)} if len(log) > 50 else None
    rows = []
    for row in log.to_dict("records"):
        item = str(row["item"])
        rows.append(
            {
                "time": row["time"].isoformat(),
                "item": known.get(item) if known is not None else _position(session, item),
                "itemId": item,
                **{k: _text(row[k]) for k in ("rater", "op", "why", "reason", "commit", "event", "kind")},
                **{k: None if pd.isna(row[k]) else str(row[k]) for k in ("old", "new")},
                "p_error": None if pd.isna(row["p_error"]) else float(row["p_error"]),
            }
        )
    return rows


def _position(session: Session, item: str) -> int | None:
    from explorer.errors import UnknownName

    try:
        return session.review.dataset.position(item)
    except UnknownName:
        return None  # an item that this dataset does not hold any more


def _text(value: Any) -> str:
    return "" if value is None or (isinstance(value, float) and pd.isna(value)) else str(value)
