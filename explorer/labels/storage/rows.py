"""Between table rows and the store's values: the packed forms, the column lists, and both directions."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from explorer.labels.model.hashing import canonical, read_value
from explorer.labels.model.times import moment
from explorer.labels.model.types import FIELD, KINDS, OPS, Commit, Event, Field, LabelClass, LabelSchema

Row = tuple[Any, ...]

POSITION_BITS = 28
ORDER_BITS = 20
LANES = 1 << 15
POSITIONS = 1 << POSITION_BITS
ORDERS = 1 << ORDER_BITS

_HEX = {32: b"\xfe", 64: b"\xff"}  # bytes that no UTF-8 text begins with
_is_hex = re.compile(r"[0-9a-f]*").fullmatch


def pack(text: str) -> bytes:
    """Return text as UTF-8, or, where it is 32 or 64 lower-case hex digits, as a mark and the bytes they stand for."""
    mark = _HEX.get(len(text))
    return mark + bytes.fromhex(text) if mark and _is_hex(text) else text.encode()


def unpack(packed: bytes) -> str:
    """Return the text that was packed."""
    return packed.decode() if packed[:1] < b"\xfe" else packed[1:].hex()


def unpack_all(packed: Sequence[bytes]) -> list[str]:
    """Return the texts that were packed, many at once."""
    try:
        return list(map(bytes.decode, packed))
    except UnicodeDecodeError:  # the mark of one of them
        return list(map(unpack, packed))


COMMIT_OF = f"(e.n >> {ORDER_BITS})"
"""Number of the commit of an event `e`, in SQL."""
IN_COMMIT = f"e.n BETWEEN (c.n << {ORDER_BITS}) AND ((c.n << {ORDER_BITS}) | {ORDERS - 1})"
"""An event `e` is one of a commit `c`, in SQL."""
COMMIT_COLUMNS = "c.n, c.id, p.id, m.id, c.rater, c.time, c.message, c.kind, c.schema, c.snapshot, c.tool, c.op_id"
SELECT_COMMIT = (
    f"SELECT {COMMIT_COLUMNS} FROM commits c LEFT JOIN commits p ON p.n = COALESCE(c.parent, c.n - 1) "  # noqa: S608  # our own names
    "LEFT JOIN commits m ON m.n = c.merge_parent"
)

_LOGGED_COLUMNS = (
    "e.n, e.id, e.op_id, e.item, e.content_hash, e.field, e.rater, e.op, p.id, vo.json, vn.json, e.reason, e.note, "
    "e.evidence, u.id, s.id, c.id, c.kind, c.time, c.snapshot, c.op_id, sc.snapshot"
)
# Left joins, so that SQLite starts from the events. An event that restores another one's decision keeps its snapshot.
_LOGGED_JOINS = (
    f"LEFT JOIN commits c ON c.n = {COMMIT_OF} LEFT JOIN value vo ON vo.n = e.old LEFT JOIN value vn ON vn.n = e.new "
    "LEFT JOIN events p ON p.n = e.previous LEFT JOIN events u ON u.n = e.undoes "
    f"LEFT JOIN events s ON s.n = e.restores LEFT JOIN commits sc ON sc.n = (e.restores >> {ORDER_BITS})"
)
SELECT_LOGGED = f"SELECT {_LOGGED_COLUMNS} FROM events e {_LOGGED_JOINS}"  # noqa: S608  # our own names
SELECT_CHECKED = (
    f"SELECT {_LOGGED_COLUMNS}, e.previous, e.old, e.new FROM events e {_LOGGED_JOINS} "  # noqa: S608  # our own names
    "WHERE e.n BETWEEN :lo AND :hi ORDER BY e.n"
)

INSERT_COMMIT = (
    "INSERT INTO commits (n, id, parent, merge_parent, rater, time, message, kind, schema, snapshot, tool, op_id) "
    "VALUES (:n, :id, :parent, :merge_parent, :rater, :time, :message, :kind, :schema, :snapshot, :tool, :op_id)"
)
INSERT_EVENT = (
    "INSERT INTO events (n, id, op_id, item, content_hash, field, rater, op, previous, old, new, reason, note, "
    "evidence, undoes, restores) VALUES (:n, :id, :op_id, :item, :content_hash, :field, :rater, :op, :previous, :old, "
    ":new, :reason, :note, :evidence, :undoes, :restores)"
)

INSERT_MOVE = (
    "INSERT INTO reflog (name, kind, old, new, rater, time, why, digest) "
    "VALUES (:name, :kind, :old, :new, :rater, :time, :why, :digest)"
)


def move_row(
    name: str, kind: str, old: int | None, new: int | None, rater: int | None, time: int, why: str
) -> dict[str, Any]:
    """Return the values of `INSERT_MOVE`; commits and rater are numbers."""
    said = {"name": name, "kind": kind, "old": old, "new": new, "rater": rater, "time": time, "why": why}
    return {**said, "digest": hashlib.sha256(json.dumps(list(said.values())).encode()).digest()}


def op_id_of(own: bytes | None, of_commit: bytes | None, lane: str, number: int) -> str:
    """Return the operation id of an event: its own, or the commit's with its order, or its place in the history."""
    if own is not None:
        return unpack(own)
    order = number & (ORDERS - 1)
    if of_commit is not None:
        return f"{unpack(of_commit)}:{order}"
    return f"{lane}/{(number >> ORDER_BITS) & (POSITIONS - 1)}:{order}"


def read_event(row: Row, rater: str, op_id: str) -> Event:
    """Make an event of the first 16 columns of a row of `SELECT_LOGGED`."""
    evidence = row[13]
    return Event(
        row[1].hex(),
        op_id,
        row[0] & (ORDERS - 1),
        unpack(row[3]),
        None if row[4] is None else unpack(row[4]),
        row[5] or FIELD,
        rater,
        OPS[row[7]],
        None if row[8] is None else row[8].hex(),
        read_value(row[9]),
        read_value(row[10]),
        row[11],
        row[12],
        None if evidence is None else json.loads(evidence),
        None if row[14] is None else row[14].hex(),
        None if row[15] is None else row[15].hex(),
    )


def event_row(event: Event, number: int, op_id: bytes | None, numbers: Callable[[str, Any], int]) -> dict[str, Any]:
    """Return the values of `INSERT_EVENT`.

    Parameters
    ----------
    op_id
        Packed, of an event that has one of its own.
    numbers
        Gives the number of a "rater", a "value" or an "event".
    """

    def found(identity: str | None) -> int | None:
        return None if identity is None else numbers("event", identity)

    return {
        "n": number,
        "id": bytes.fromhex(event.id),
        "op_id": op_id,
        "item": pack(event.item),
        "content_hash": None if event.content_hash is None else pack(event.content_hash),
        "field": "" if event.field == FIELD else event.field,
        "rater": numbers("rater", event.rater),
        "op": OPS.index(event.op),
        "previous": found(event.previous),
        "old": numbers("value", event.old),
        "new": numbers("value", event.new),
        "reason": event.reason,
        "note": event.why,
        "evidence": None if event.evidence is None else canonical(event.evidence).decode(),
        "undoes": found(event.undoes),
        "restores": found(event.restores),
    }


def read_commit(row: Row, lane: str, rater: tuple[str, str], schema: str, snapshot: str, tool: str) -> Commit:
    """Make a commit, without its events, of a row of `SELECT_COMMIT` and what its numbers stand for."""
    return Commit(
        id=row[1].hex(),
        kind=KINDS[row[7]],
        rater=rater[0],
        time=moment(row[5]),
        message=row[6],
        rater_kind=rater[1],
        parent=None if row[2] is None else row[2].hex(),
        merge_parent=None if row[3] is None else row[3].hex(),
        branch=lane,
        position=row[0] & (POSITIONS - 1),
        schema=schema,
        snapshot=snapshot,
        tool=tool,
    )


def classes_json(schema: LabelSchema) -> list[dict[str, Any]]:
    """Return the classes of a schema as the table and its hash have them."""
    return [{"id": c.id, "name": c.name, "retired": c.retired} for c in schema.classes]


def fields_json(schema: LabelSchema) -> list[dict[str, str]]:
    """Return the fields of a schema as the table and its hash have them."""
    return [{"name": f.name, "type": f.type} for f in schema.fields]


def read_schema(identity: str, parent: str | None, classes: str, migrations: str, fields: str) -> LabelSchema:
    """Make a label schema of its columns."""
    return LabelSchema(
        identity,
        parent,
        tuple(LabelClass(c["id"], c["name"], c["retired"]) for c in json.loads(classes)),
        tuple(json.loads(migrations)),
        tuple(Field(f["name"], f["type"]) for f in json.loads(fields)) if fields else (),
    )
