"""Canonical JSON and the hashes made of it: the ids of events, commits, label schemas and snapshots.

Ids are SHA-256 (hex) over RFC 8785 canonical JSON, so that anybody can recompute them from the rows, in any language.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

import rfc8785

from explorer.errors import DataError
from explorer.labels.model.types import Event, StoreError, Value

P = ParamSpec("P")
R = TypeVar("R")


_OF_DAMAGE = (TypeError, ValueError, LookupError, AttributeError, OverflowError, NotImplementedError, OSError)
"""What comes of reading what is no row any more; the last two are pyarrow's."""


def of_rows(read: Callable[P, R]) -> Callable[P, R]:
    """Make a function that reads rows say what is the matter when a row is damaged; `StoreError` then."""

    @wraps(read)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return read(*args, **kwargs)
        except _OF_DAMAGE as error:
            raise StoreError(
                f"A row of the label store cannot be read: it is damaged ({error}).",
                "Run verify(), and go back to a copy of the file; keep the damaged one for rescue.",
            ) from error

    return checked


def canonical(value: Any) -> bytes:
    """Return the RFC 8785 form of a JSON value; `DataError` where it has none (NaN, bad text, integers from 2⁵³)."""
    try:
        if _plain(value):
            return _ENCODER.encode(value).encode()
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise DataError(f"A value cannot be stored: {error}", "Pass plain text and ordinary numbers.") from error


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False)


def _plain(value: Any) -> bool:
    """Tell whether the standard encoder, 20 times as fast, writes a value exactly as RFC 8785 asks.

    It does for text, and where keys are ASCII and numbers are neither written with an exponent nor with ".0" or too
    many digits by one of the two. A test compares both.
    """
    if value is None or isinstance(value, str | bool):
        return True
    if isinstance(value, float):
        return 1e-4 <= abs(value) < 1e15 and not value.is_integer()
    if isinstance(value, int):
        return abs(value) < 2**53
    if isinstance(value, dict):
        return all(isinstance(k, str) and k.isascii() and _plain(v) for k, v in value.items())
    return isinstance(value, list) and all(map(_plain, value))


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical form, in hex."""
    return hashlib.sha256(canonical(value)).hexdigest()


def check_text(value: object, what: str) -> str:
    """Return text that UTF-8 can hold; `DataError` otherwise."""
    if not isinstance(value, str):
        raise DataError(f"The {what} is {value!r}, which is no text.", f"Pass the {what} as text.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise DataError(
            f"The {what} {value!r} is no valid text: {error.reason}.", "Remove the bad characters."
        ) from error
    return str(value)  # numpy's text becomes plain text


VALUE_TYPES = ("class", "classes", "number", "spans", "boxes", "soft", "candidates")
"""Keys of typed JSON: the type of a value is its key."""


def value_json(value: Value) -> dict[str, Any] | None:
    """Return the typed JSON of a value in stored form."""
    return {"class": value} if isinstance(value, str) else value


def value_text(value: Value) -> str:
    """Return `value_json` as canonical text, the form in which the table holds it."""
    if value is None:
        return "null"
    return _class_text(value) if isinstance(value, str) else canonical(value).decode()


@lru_cache(maxsize=4096)
def _class_text(class_id: str) -> str:
    return canonical({"class": class_id}).decode()


@lru_cache(maxsize=4096)
@of_rows
def read_value(text: str) -> Value:
    """Return the stored form of typed JSON text; `StoreError` for a type that this version does not know.

    The same text gives the same object: it is not to be changed.
    """
    value = json.loads(text)
    if value is None:
        return None
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in VALUE_TYPES:
        if "class" not in value:
            return value
        if isinstance(value["class"], str):
            return value["class"]
    raise StoreError(
        f"The store holds a value of a type that this version does not know: {text[:80]}",
        "Open it with the version of the package that wrote it, or a newer one.",
    )


def event_id(event: Event, content_hash: str | None = None) -> str:
    """Return the id of an event: the hash of all that it says. The commit is left out, since it hashes the ids.

    Parameters
    ----------
    content_hash
        What the snapshot of the event's commit says, for an event that leaves it to that.
    """
    said = {
        "op_id": event.op_id,
        "order": event.order,
        "item": event.item,
        "content_hash": content_hash if event.content_hash is None else event.content_hash,
        "field": event.field,
        "rater": event.rater,
        "op": event.op,
        "previous": event.previous,
        "old": value_json(event.old),
        "new": value_json(event.new),
        "reason": event.reason,
        "note": event.why,
        "evidence": event.evidence,
        "undoes": event.undoes,
        "restores": event.restores,
    }
    # The rest is text and a small number, which need no look.
    if _plain(event.evidence) and _plain(said["old"]) and _plain(said["new"]):
        with suppress(UnicodeEncodeError):
            return hashlib.sha256(_ENCODER.encode(said).encode()).hexdigest()
    return digest(said)


def root_hash(events: Iterable[Event]) -> str:
    """Return the root hash of a commit's events: the hash of their ids, in order."""
    return digest([e.id for e in events])


def commit_id(
    *,
    parent: str | None,
    merge_parent: str | None,
    branch: str,
    position: int,
    rater: str,
    time: str,
    message: str,
    kind: str,
    schema: str,
    snapshot: str,
    root: str,
    tool: str,
) -> str:
    """Return the id of a commit; each argument is the column of that name."""
    return digest(
        {
            "parent": parent,
            "merge_parent": merge_parent,
            "branch": branch,
            "position": position,
            "rater": rater,
            "time": time,
            "message": message,
            "kind": kind,
            "schema": schema,
            "snapshot": snapshot,
            "root": root,
            "tool": tool,
        }
    )


def schema_id(
    classes: Sequence[Mapping[str, Any]],
    parent: str | None,
    migrations: Sequence[Any],
    fields: Sequence[Mapping[str, str]] = (),
) -> str:
    """Return the id of a label schema. Fields are part of it only where there are any, as before there were fields."""
    said = {"classes": list(classes), "parent": parent, "migrations": list(migrations)}
    return digest({**said, "fields": list(fields)} if fields else said)


def snapshot_id(ids: Sequence[str], hashes: Sequence[str], given: Sequence[str | None]) -> str:
    """Return the id of a snapshot: the hash of its rows `[item id, content hash, given label]`, sorted by item id.

    So equal rows in any order have the same id.
    """
    rows = sorted(zip(ids, hashes, given, strict=True))
    return hashlib.sha256(_ENCODER.encode(rows).encode()).hexdigest()


def clean_evidence(evidence: Mapping[str, Any] | None, item: str) -> dict[str, Any] | None:
    """Bring evidence to plain JSON.

    What is missing (`None`, NaN, infinite) is left out, at any depth of a mapping; in a list it becomes null, so that
    positions stay. Numpy scalars become numbers; whole numbers from 2⁵³ up become text. Anything that is no JSON value
    raises `DataError`.
    """
    if evidence is None:
        return None
    cleaned = _clean(dict(evidence), item)
    return cleaned or None


def _clean(value: Any, item: str) -> Any:
    if isinstance(value, Mapping):
        if bad := [k for k in value if not isinstance(k, str)]:
            raise DataError(f"Item {item!r}: the evidence has the key {bad[0]!r}.", "Keys of evidence are text.")
        pairs = ((k, _clean(v, item)) for k, v in value.items())
        return {k: v for k, v in pairs if v is not None}
    if isinstance(value, list | tuple):
        return [_clean(v, item) for v in value]
    if not isinstance(value, str) and getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()  # a numpy scalar
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int | float) and abs(value) >= 2**53 and value == int(value):
        # As a number it would come back as an integer that canonical JSON has no form for.
        return str(value)
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise DataError(
        f"Item {item!r}: the evidence holds a {type(value).__name__}.",
        "Evidence is text, numbers, true or false, and lists and mappings of these.",
    )
