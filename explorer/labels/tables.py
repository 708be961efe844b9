"""The tables of a label store, format 1, and the triggers that make the log append-only.

Values in `events.old` and `events.new` are typed JSON text. Times are UTC text of fixed width. Ids are SHA-256 in hex.
"""

from __future__ import annotations

FORMAT = 1
"""Format that this version writes. A store with a higher number is refused, a lower one would be brought up."""
APPLICATION = 0x44514C53
"""SQLite application id ("DQLS"): tells a label store from any other SQLite file."""

_TABLES = """
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
);
CREATE TABLE snapshot (
  id TEXT PRIMARY KEY,                    -- hash over the sorted (item id, content hash, given label)
  parent TEXT REFERENCES snapshot (id),   -- the snapshot that was bound when this one was first seen
  n INTEGER NOT NULL,
  labels BLOB NOT NULL,                   -- Parquet: item_id, content_hash (null = the item id), given_label
  ids TEXT NOT NULL CHECK (ids IN ('content', 'key'))
);
CREATE TABLE label_schema (
  id TEXT PRIMARY KEY,
  parent TEXT REFERENCES label_schema (id),
  classes TEXT NOT NULL,                  -- JSON list of {id, name, retired}
  migrations TEXT NOT NULL                -- JSON list: rename, merge, split
);
CREATE TABLE rater (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('person', 'model', 'import'))
);
CREATE TABLE commits (
  id TEXT PRIMARY KEY,
  parent TEXT REFERENCES commits (id),
  merge_parent TEXT REFERENCES commits (id),
  branch TEXT NOT NULL,
  position INTEGER NOT NULL,
  rater TEXT NOT NULL REFERENCES rater (id),
  time TEXT NOT NULL,
  message TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('edit', 'bulk', 'keep', 'merge', 'revert', 'schema', 'import')),
  schema TEXT NOT NULL REFERENCES label_schema (id),
  snapshot TEXT NOT NULL REFERENCES snapshot (id),
  root TEXT NOT NULL,
  tool TEXT NOT NULL,
  UNIQUE (branch, position)
);
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- order of arrival in this file; not part of the hash
  id TEXT NOT NULL UNIQUE,
  op_id TEXT NOT NULL UNIQUE,
  commit_id TEXT NOT NULL REFERENCES commits (id),
  ord INTEGER NOT NULL,
  item TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  field TEXT NOT NULL,
  rater TEXT NOT NULL REFERENCES rater (id),
  op TEXT NOT NULL CHECK (op IN ('set', 'keep', 'clear', 'flag')),
  previous TEXT REFERENCES events (id),
  old TEXT NOT NULL,
  new TEXT NOT NULL,
  reason TEXT NOT NULL,
  note TEXT NOT NULL,
  evidence TEXT,
  undoes TEXT REFERENCES events (id),
  restores TEXT REFERENCES events (id),
  UNIQUE (commit_id, ord)
);
CREATE INDEX events_item ON events (item);
CREATE INDEX events_undoes ON events (undoes) WHERE undoes IS NOT NULL;
CREATE TABLE head (
  branch TEXT NOT NULL,
  item TEXT NOT NULL,
  field TEXT NOT NULL,
  rater TEXT NOT NULL REFERENCES rater (id),
  event TEXT NOT NULL REFERENCES events (id),
  value TEXT NOT NULL,
  PRIMARY KEY (branch, item, field, rater)
) WITHOUT ROWID;
CREATE TABLE ref (
  name TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('branch', 'tag')),
  commit_id TEXT NOT NULL REFERENCES commits (id)
) WITHOUT ROWID;
CREATE TABLE reflog (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  old TEXT,
  new TEXT NOT NULL REFERENCES commits (id),
  rater TEXT NOT NULL REFERENCES rater (id),
  time TEXT NOT NULL,
  why TEXT NOT NULL
);
"""

_LOG = {
    "snapshot": ("id",),
    "label_schema": ("id",),
    "rater": ("id",),
    "commits": ("id",),
    "events": ("seq", "id", "op_id"),
    "reflog": ("seq",),
}
"""Tables that only grow, with the columns that tell their rows apart. Only `head` and `ref` change."""


def _guards() -> str:
    parts = []
    for table, keys in _LOG.items():
        refusal = f"SELECT RAISE(ABORT, 'the table {table} is append-only');"
        # INSERT OR REPLACE deletes without firing a delete trigger, so a known key is refused before the insert.
        same = " OR ".join(f"{key} = NEW.{key}" for key in keys)
        parts += [
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN {refusal} END;",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {refusal} END;",
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS "  # noqa: S608  # our own names
            f"(SELECT 1 FROM {table} WHERE {same}) BEGIN {refusal} END;",
        ]
    return "\n".join(parts)


SCRIPT = _TABLES + _guards()
"""Everything a new file is made with, as SQL."""
