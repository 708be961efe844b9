"""The tables of a label store, format 2, for SQLite and PostgreSQL, and the triggers that make the log append-only.

Rows are small because they hold numbers where the hashes that they stand for can be looked up. A commit's number is
`lane << 28 | position`, an event's is `commit << 20 | order`, so that a range of numbers is a stretch of history. Ids
are SHA-256 as 32 bytes, times are microseconds since 1970 in UTC, values are typed JSON, each kept once.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Mapping
from functools import cache

FORMAT = 2
"""Format that this version writes. A store with a higher number is refused, format 1 is brought up."""
APPLICATION = 0x44514C53
"""SQLite application id ("DQLS"): tells a label store from any other SQLite file."""

_TABLES = """
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
);
CREATE TABLE lane (                       -- the commits of one branch, from where it was made; 0 is main
  n {serial},
  name TEXT NOT NULL UNIQUE               -- the branch; a second one of its name has the lane "name~2"
);
CREATE TABLE snapshot (
  n {serial},
  id {blob} NOT NULL UNIQUE,              -- hash over the sorted (item id, content hash, given label)
  parent {int} REFERENCES snapshot (n),   -- the snapshot that was bound when this one was first seen
  items {int} NOT NULL,
  labels {blob} NOT NULL,                 -- Parquet: item_id, content_hash (null = the item id), given_label
  digest {blob} NOT NULL,                 -- SHA-256 of `ids`, a line break and these bytes
  ids TEXT NOT NULL CHECK (ids IN ('content', 'key'))
);
CREATE TABLE label_schema (
  n {serial},
  id {blob} NOT NULL UNIQUE,
  parent {int} REFERENCES label_schema (n),
  classes TEXT NOT NULL,                  -- JSON list of {{id, name, retired}}
  migrations TEXT NOT NULL,               -- JSON list: rename, merge, split
  fields TEXT NOT NULL DEFAULT ''         -- JSON list of {{name, type}}; '' is none
);
CREATE TABLE rater (
  n {serial},
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('person', 'model', 'import'))
);
CREATE TABLE value (
  n {serial},                             -- 0 is null: unlabelled
  digest {blob} NOT NULL UNIQUE,          -- SHA-256 of the JSON
  json TEXT NOT NULL
);
CREATE TABLE tool (
  n {serial},
  name TEXT NOT NULL UNIQUE               -- the package that wrote a commit, with its version
);
CREATE TABLE commits (
  n {key},
  id {blob} NOT NULL,
  parent {int} REFERENCES commits (n),    -- null = n - 1
  merge_parent {int} REFERENCES commits (n),
  rater {int} NOT NULL REFERENCES rater (n),
  time {int} NOT NULL,
  message TEXT NOT NULL,
  kind {int} NOT NULL CHECK (kind BETWEEN 0 AND 6),  -- place among edit, bulk, keep, merge, revert, schema, import
  schema {int} NOT NULL REFERENCES label_schema (n),
  snapshot {int} NOT NULL REFERENCES snapshot (n),
  tool {int} NOT NULL REFERENCES tool (n),
  op_id {blob}                            -- made by the client: its events have it with their order behind a colon
);
CREATE INDEX commits_id ON commits (substr(id, 1, 4));
CREATE INDEX commits_merge ON commits (merge_parent) WHERE merge_parent IS NOT NULL;
CREATE UNIQUE INDEX commits_op ON commits (op_id) WHERE op_id IS NOT NULL;
CREATE TABLE events (
  n {key},
  id {blob} NOT NULL,
  op_id {blob},                           -- made by the client for this very event
  item {blob} NOT NULL,                   -- UTF-8, or 0xFE or 0xFF and the bytes of an id of 32 or 64 hex digits
  content_hash {blob},                    -- written like the item; null = as in the snapshot of the commit
  field TEXT NOT NULL,                    -- '' is label
  rater {int} NOT NULL REFERENCES rater (n),
  op {int} NOT NULL CHECK (op BETWEEN 0 AND 3),      -- place among set, keep, clear, flag
  previous {int} REFERENCES events (n),
  old {int} NOT NULL REFERENCES value (n),
  new {int} NOT NULL REFERENCES value (n),
  reason TEXT NOT NULL,
  note TEXT NOT NULL,
  evidence TEXT,
  undoes {int} REFERENCES events (n),
  restores {int} REFERENCES events (n)
);
CREATE INDEX events_item ON events ({item});
CREATE INDEX events_undoes ON events (undoes) WHERE undoes IS NOT NULL;
CREATE UNIQUE INDEX events_op ON events (op_id) WHERE op_id IS NOT NULL;
CREATE TABLE head (                       -- a cache: newest event per (branch, item, field, rater)
  branch {int} NOT NULL,
  event {int} NOT NULL,
  PRIMARY KEY (branch, event)
){compact};
CREATE TABLE ref (
  n {serial},
  name TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('branch', 'tag')),
  lane {int} REFERENCES lane (n),         -- where the next commit of a branch goes
  "commit" {int} REFERENCES commits (n)   -- null: main before its first commit
);
CREATE TABLE reflog (                     -- moves other than by a commit: made, deleted, tagged
  n {serial},
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  old {int} REFERENCES commits (n),
  new {int} REFERENCES commits (n),
  rater {int} NOT NULL REFERENCES rater (n),
  time {int} NOT NULL,
  why TEXT NOT NULL,
  digest {blob} NOT NULL                  -- SHA-256 of the JSON list of the columns from name to why
);
CREATE TABLE resolution (                 -- of a merge that is not committed yet
  "into" TEXT NOT NULL,
  source TEXT NOT NULL,
  item TEXT NOT NULL,
  field TEXT NOT NULL,
  ours TEXT NOT NULL,
  theirs TEXT NOT NULL,
  pick TEXT NOT NULL,
  value TEXT NOT NULL,
  rater TEXT NOT NULL,                    -- id of whoever settled it
  time {int} NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY ("into", source, item, field)
);
CREATE VIEW log AS                        -- for people who open the store with other tools
SELECT {time} AS time, r.name AS rater, {text} AS item,
       CASE e.field WHEN '' THEN 'label' ELSE e.field END AS field,
       CASE e.op WHEN 0 THEN 'set' WHEN 1 THEN 'keep' WHEN 2 THEN 'clear' ELSE 'flag' END AS op,
       o.json AS old, w.json AS new, e.reason, e.note AS why, e.evidence,
       CASE c.kind WHEN 0 THEN 'edit' WHEN 1 THEN 'bulk' WHEN 2 THEN 'keep' WHEN 3 THEN 'merge' WHEN 4 THEN 'revert'
       WHEN 5 THEN 'schema' ELSE 'import' END AS kind, l.name AS branch, {commit} AS "commit", {event} AS event
FROM events e JOIN commits c ON c.n = (e.n >> 20) JOIN lane l ON l.n = (e.n >> 48) JOIN rater r ON r.n = e.rater
JOIN value o ON o.n = e.old JOIN value w ON w.n = e.new;
INSERT INTO value (n, digest, json) VALUES (0, {null}, 'null');
INSERT INTO lane (n, name) VALUES (0, 'main');
INSERT INTO ref (n, name, kind, lane) VALUES (0, 'main', 'branch', 0);
"""

_VOTES = """
CREATE TABLE vote_block (                 -- the votes of one rater on many items; the newest version counts
  n {serial},
  voter TEXT NOT NULL,
  version {int} NOT NULL CHECK (version > 0),
  kind TEXT NOT NULL CHECK (kind IN ('person', 'model', 'import', 'function')),
  family TEXT NOT NULL,                   -- what raters share whose errors are alike; '' is nothing
  snapshot {int} NOT NULL REFERENCES snapshot (n),
  votes {blob} NOT NULL,                  -- Parquet: position (in the snapshot), label (class id, or null), confidence
  given {int} NOT NULL,                   -- how many of them are votes
  abstained {int} NOT NULL,
  rater {int} NOT NULL REFERENCES rater (n),  -- whoever wrote the block
  time {int} NOT NULL,
  op_id {blob},                           -- made by the client
  digest {blob} NOT NULL,                 -- SHA-256 of the row, and of the digest of the version before
  UNIQUE (voter, version)
);
CREATE UNIQUE INDEX vote_block_op ON vote_block (op_id) WHERE op_id IS NOT NULL;
"""
"""Made once somebody has votes: so a store without any is what earlier versions of the package write and read."""

_LOG = {
    "lane": "name",
    "snapshot": "id",
    "label_schema": "id",
    "rater": "id",
    "value": "digest",
    "tool": "name",
    "commits": "op_id",
    "events": "op_id",
    "reflog": "n",
}
"""Tables that only grow, and the column that, with n, tells their rows apart. `head`, `ref` and `resolution` change."""

_NULL = hashlib.sha256(b"null").hexdigest()
_SQLITE = {
    "serial": "INTEGER PRIMARY KEY",
    "key": "INTEGER PRIMARY KEY",
    "int": "INTEGER",
    "blob": "BLOB",
    "null": f"x'{_NULL}'",
    "item": "item",  # SQLite adds the row's number to every index
    "compact": " WITHOUT ROWID",
    "time": "strftime('%Y-%m-%dT%H:%M:%S', c.time / 1000000, 'unixepoch') || printf('.%06dZ', c.time % 1000000)",
    "text": "CASE WHEN substr(e.item, 1, 1) IN (x'FE', x'FF') THEN lower(hex(substr(e.item, 2))) "
    "ELSE CAST(e.item AS TEXT) END",
    "commit": "lower(hex(c.id))",
    "event": "lower(hex(e.id))",
}
_POSTGRES = {
    "serial": "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
    "key": "BIGINT PRIMARY KEY",
    "int": "BIGINT",
    "blob": "BYTEA",
    "null": f"decode('{_NULL}', 'hex')",
    "item": "item, n",
    "compact": "",
    "time": "to_timestamp(c.time / 1000000) + mod(c.time, 1000000) * interval '1 microsecond'",
    "text": "CASE WHEN get_byte(e.item, 0) >= 254 THEN encode(substr(e.item, 2), 'hex') "
    "ELSE convert_from(e.item, 'UTF8') END",
    "commit": "encode(c.id, 'hex')",
    "event": "encode(e.id, 'hex')",
}


def _sqlite_guards(log: Mapping[str, str], more: str = "") -> str:
    parts = []
    for table, key in log.items():
        refusal = f"SELECT RAISE(ABORT, 'the table {table} is append-only');"
        # INSERT OR REPLACE deletes without firing a delete trigger, so a known key is refused before the insert.
        same = " OR ".join(
            f"(NEW.{k} IS NOT NULL AND EXISTS (SELECT 1 FROM {table} WHERE {k} = NEW.{k} AND {k} IS NOT NULL))"  # noqa: S608  # our own names
            for k in dict.fromkeys(("n", key))
        )
        same += more
        parts += [
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN {refusal} END;",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {refusal} END;",
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {same} BEGIN {refusal} END;",
        ]
    return "\n".join(parts) + "\n"


def _postgres_guards() -> list[str]:
    parts = [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ BEGIN "
        "RAISE EXCEPTION USING MESSAGE = 'the table ' || TG_TABLE_NAME || ' is append-only', "
        "ERRCODE = 'integrity_constraint_violation'; END $$",
        # Whoever is logged in signs the commit. Events may name others: an import brings their decisions.
        "CREATE FUNCTION signed() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ BEGIN "
        "IF NOT EXISTS (SELECT 1 FROM rater WHERE n = NEW.rater AND name = session_user) THEN "
        "RAISE EXCEPTION USING MESSAGE = 'the rater of a commit has to be ' || session_user || ', who is logged in', "
        "ERRCODE = 'insufficient_privilege'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER commits_signed BEFORE INSERT ON commits FOR EACH ROW EXECUTE FUNCTION signed()",
        "CREATE TRIGGER reflog_signed BEFORE INSERT ON reflog FOR EACH ROW EXECUTE FUNCTION signed()",
    ]
    for table in _LOG:
        parts += [
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse()",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse()",
        ]
    everything = ", ".join(("meta", *_LOG))
    parts.append(f"REVOKE UPDATE, DELETE, TRUNCATE ON {everything} FROM PUBLIC, CURRENT_USER")
    return parts


SCRIPT = _TABLES.format(**_SQLITE) + _sqlite_guards(_LOG)
"""Everything a new file is made with, as SQL."""

VOTES_SCRIPT = _VOTES.format(**_SQLITE) + _sqlite_guards(
    {"vote_block": "op_id"}, " OR EXISTS (SELECT 1 FROM vote_block WHERE voter = NEW.voter AND version = NEW.version)"
)
"""What a file gets that has votes."""


def meta(identity: str, made: str) -> dict[str, str]:
    """Return the rows of `meta`: format, id of the store, when it was made, and the SHA-256 of these."""
    said = {"format": str(FORMAT), "id": identity, "made": made}
    return {**said, "digest": hashlib.sha256(repr(sorted(said.items())).encode()).hexdigest()}


def statements(script: str) -> Iterator[str]:
    """Cut a script into statements. `executescript` would do it too, but it commits, and the tables come as one."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


MADE = "SELECT name, type, tbl_name, sql FROM sqlite_master"
"""The definition of every table, index, trigger and view of a file, as SQLite keeps it."""


@cache
def made(*, votes: bool = False) -> frozenset[tuple[str, str, str, str | None]]:
    """Return what `MADE` gives of a new file, and of what votes are kept in."""
    db = sqlite3.connect(":memory:")
    try:
        db.executescript(SCRIPT + VOTES_SCRIPT if votes else SCRIPT)
        return frozenset(db.execute(MADE).fetchall())
    finally:
        db.close()


def postgres() -> list[str]:
    """Return the statements that make an empty schema of a PostgreSQL database a label store."""
    return [*_postgres_script(_TABLES), *_postgres_guards(), *postgres_votes()]


def postgres_votes() -> list[str]:
    """Return the statements that make what votes are kept in, where a store of an earlier version lacks it."""
    return [
        *_postgres_script(_VOTES),
        "CREATE TRIGGER vote_block_signed BEFORE INSERT ON vote_block FOR EACH ROW EXECUTE FUNCTION signed()",
        "CREATE TRIGGER vote_block_no_change BEFORE UPDATE OR DELETE ON vote_block "
        "FOR EACH ROW EXECUTE FUNCTION refuse()",
        "CREATE TRIGGER vote_block_no_truncate BEFORE TRUNCATE ON vote_block EXECUTE FUNCTION refuse()",
        "REVOKE UPDATE, DELETE, TRUNCATE ON vote_block FROM PUBLIC, CURRENT_USER",
    ]


def _postgres_script(tables: str) -> list[str]:
    # A foreign key locks the row that it points to, which needs the right to update it, and nobody has that.
    script = re.sub(r" REFERENCES \w+ \(n\)", "", re.sub(r" *--.*", "", tables.format(**_POSTGRES)))
    return [s.strip() for s in script.split(";") if s.strip()]


def grants(login: str) -> list[str]:
    """Return the statements that let a login (quoted already) look and give labels, but change nothing written."""
    changing = "head, ref, resolution"
    return [
        f"GRANT SELECT ON {', '.join(('meta', 'log', *_LOG))}, {changing} TO {login}",
        f"GRANT INSERT ON {', '.join(_LOG)}, {changing} TO {login}",
        f"GRANT UPDATE, DELETE ON {changing} TO {login}",
        *vote_grants(login),
    ]


def vote_grants(login: str) -> list[str]:
    """Return the statement that lets a login (quoted already) look at votes and add some."""
    return [f"GRANT SELECT, INSERT ON vote_block TO {login}"]
