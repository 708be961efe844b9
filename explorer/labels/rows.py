"""Between table rows and the store's values: the column lists, and both directions."""

from __future__ import annotations

import json
from typing import Any

from explorer.labels.canonical import canonical, read_time, read_value, time_text, value_text
from explorer.labels.engine import LabelClass, LabelSchema
from explorer.labels.model import Commit, Event, Logged

EVENT_COLUMNS = (
    "id", "op_id", "ord", "item", "content_hash", "field", "rater", "op", "previous", "old", "new", "reason", "note",
    "evidence", "undoes", "restores",
)  # fmt: skip
COMMIT_COLUMNS = (
    "id", "parent", "merge_parent", "branch", "position", "rater", "time", "message", "kind", "schema", "snapshot",
    "root", "tool",
)  # fmt: skip

_N = len(EVENT_COLUMNS)
# An event that undoes another one stands for the decision it restores, so it keeps the snapshot of that decision.
SELECT_LOGGED = f"""
SELECT {", ".join("e." + c for c in EVENT_COLUMNS)},
       c.id, c.kind, c.time, r.name, COALESCE(oc.snapshot, c.snapshot)
FROM events e
JOIN commits c ON c.id = e.commit_id
JOIN rater r ON r.id = e.rater
LEFT JOIN events o ON o.id = e.restores
LEFT JOIN commits oc ON oc.id = o.commit_id
"""  # noqa: S608  # our own column names
SELECT_COMMIT = f"""
SELECT {", ".join("c." + c for c in COMMIT_COLUMNS)}, r.name, r.kind
FROM commits c JOIN rater r ON r.id = c.rater
"""  # noqa: S608  # our own column names
INSERT_EVENT = (
    f"INSERT INTO events ({', '.join(EVENT_COLUMNS)}, commit_id) "  # noqa: S608  # our own column names
    f"VALUES ({', '.join('?' * (_N + 1))})"
)
INSERT_COMMIT = (
    f"INSERT INTO commits ({', '.join(COMMIT_COLUMNS)}) "  # noqa: S608  # our own column names
    f"VALUES ({', '.join('?' * len(COMMIT_COLUMNS))})"
)


def read_event(row: tuple[Any, ...]) -> Event:
    """Make an event of the `EVENT_COLUMNS` of a row."""
    return Event(
        id=row[0],
        op_id=row[1],
        order=row[2],
        item=row[3],
        content_hash=row[4],
        field=row[5],
        rater=row[6],
        op=row[7],
        previous=row[8],
        old=read_value(row[9]),
        new=read_value(row[10]),
        reason=row[11],
        why=row[12],
        evidence=None if row[13] is None else json.loads(row[13]),
        undoes=row[14],
        restores=row[15],
    )


def event_row(event: Event, commit_id: str) -> tuple[Any, ...]:
    """Return the values of `INSERT_EVENT`."""
    return (
        event.id,
        event.op_id,
        event.order,
        event.item,
        event.content_hash,
        event.field,
        event.rater,
        event.op,
        event.previous,
        value_text(event.old),
        value_text(event.new),
        event.reason,
        event.why,
        None if event.evidence is None else canonical(event.evidence).decode(),
        event.undoes,
        event.restores,
        commit_id,
    )


def read_logged(row: tuple[Any, ...]) -> Logged:
    """Make a logged event of a row of `SELECT_LOGGED`."""
    commit, kind, time, rater, decided = row[_N:]
    return Logged(read_event(row), commit, kind, read_time(time), rater, decided)


def read_commit(row: tuple[Any, ...], events: tuple[Event, ...] = ()) -> Commit:
    """Make a commit of a row of `SELECT_COMMIT`."""
    return Commit(
        id=row[0],
        parent=row[1],
        merge_parent=row[2],
        branch=row[3],
        position=row[4],
        time=read_time(row[6]),
        message=row[7],
        kind=row[8],
        schema=row[9],
        snapshot=row[10],
        root=row[11],
        tool=row[12],
        rater=row[13],
        rater_kind=row[14],
        events=events,
    )


def commit_row(commit: Commit, rater_id: str) -> tuple[Any, ...]:
    """Return the values of `INSERT_COMMIT`."""
    return (
        commit.id,
        commit.parent,
        commit.merge_parent,
        commit.branch,
        commit.position,
        rater_id,
        time_text(commit.time),
        commit.message,
        commit.kind,
        commit.schema,
        commit.snapshot,
        commit.root,
        commit.tool,
    )


def classes_json(schema: LabelSchema) -> list[dict[str, Any]]:
    """Return the classes of a schema as the table and its hash have them."""
    return [{"id": c.id, "name": c.name, "retired": c.retired} for c in schema.classes]


def read_schema(row: tuple[Any, ...]) -> LabelSchema:
    """Make a label schema of (id, parent, classes, migrations)."""
    classes = tuple(LabelClass(c["id"], c["name"], c["retired"]) for c in json.loads(row[2]))
    return LabelSchema(row[0], row[1], classes, tuple(json.loads(row[3])))
