"""Votes: the newest standing decision of each rater on each item."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from explorer.labels.model import Logged
from explorer.labels.schema import Names
from explorer.labels.undoing import taken_back
from explorer.labels.values import to_public

VOTE_COLUMNS = ("item", "rater", "value", "op", "time", "why", "reason", "event")


@dataclass(frozen=True, slots=True)
class Vote:
    """What one rater said last on an item, and did not take back. `value` is the label as the event recorded it."""

    item: str
    rater: str
    value: Any
    op: str
    time: dt.datetime
    why: str
    reason: str
    event: str


def votes_of(path: Iterable[Logged], names: Names) -> list[Vote]:
    """Return the votes on one cell, newest first.

    Parameters
    ----------
    path
        The events of the cell, newest first. An undo is no vote: it takes one back. A decision that a merge brought
        over is the vote of the rater who made it.
    """
    path = list(path)
    gone = taken_back(path)
    votes: dict[str, Vote] = {}
    for logged in path:
        event = logged.event
        if event.undoes is not None or event.id in gone or event.rater in votes:
            continue
        votes[event.rater] = Vote(
            event.item,
            logged.rater,
            to_public(event.new, names),
            event.op,
            logged.time,
            event.why,
            event.reason,
            event.id,
        )
    return list(votes.values())


def all_votes(events: Iterable[Logged], field: str, names: Names) -> list[Vote]:
    """Return the votes of one field on all items, by item in the order of their first events.

    Parameters
    ----------
    events
        The events of a history, oldest first.
    """
    paths: dict[str, list[Logged]] = {}
    for logged in events:
        if logged.event.field == field:
            paths.setdefault(logged.event.item, []).append(logged)
    return [vote for path in paths.values() for vote in votes_of(reversed(path), names)]
