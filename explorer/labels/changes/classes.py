"""Changes of what labels there are: classes and fields. Each is one commit, and rewrites no label."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from explorer.errors import DataError
from explorer.labels.model import schema
from explorer.labels.model.hashing import check_text
from explorer.labels.model.types import Commit, LabelSchema, StoreError
from explorer.labels.working_copy import WorkingCopy


def add(copy: WorkingCopy, name: str, why: str) -> Commit:
    """Add a class; for one that exists already, return the commit that brought it."""
    schema.class_name(name)
    with copy.backend.lock:
        now = copy.head.now()
        schema.check_new_class(now.schema, name)
        lacks = schema.extend(now.schema, [name]).id != now.schema.id
    if lacks:
        return _evolve(copy, lambda s: schema.extend(s, [name]), f"add class {name}", why)
    return _brought(copy, lambda s: name in schema.names_of(s).ids, f"class {name!r}")


def rename(copy: WorkingCopy, old: str, new: str, why: str) -> Commit:
    """Give a class another name."""
    return _evolve(copy, lambda s: schema.rename(s, old, new), f"rename class {old} to {new}", why)


def merge(copy: WorkingCopy, old: str, into: str | None, why: str) -> Commit:
    """Make a class read as another one, and retire it."""
    named = schema.names_of(copy.head.now().schema).active
    parts = [x.strip() for x in old.split(",")] if isinstance(old, str) and old not in named else [old]
    target = _check_one(parts if len(parts) > 1 and set(parts) <= set(named) else old, into)
    return _evolve(copy, lambda s: schema.merge(s, old, target), f"merge class {old} into {target}", why)


def split(copy: WorkingCopy, name: str, into: Sequence[str], why: str) -> Commit:
    """Retire a class in favour of several others."""
    names = [into] if isinstance(into, str) else list(into)
    message = f"split class {name} into {', '.join(map(str, names))}"
    return _evolve(copy, lambda s: schema.split(s, name, names), message, why)


def retire(copy: WorkingCopy, name: str, why: str) -> Commit:
    """Take no new labels of a class."""
    return _evolve(copy, lambda s: schema.retire(s, name), f"retire class {name}", why)


def add_field(copy: WorkingCopy, name: str, kind: str, why: str) -> Commit:
    """Add a field; for one that exists with this type already, return the commit that brought it."""
    with copy.backend.lock:
        now = copy.head.now().schema
        lacks = schema.with_field(now, name, kind).id != now.id
    if lacks:
        return _evolve(copy, lambda s: schema.with_field(s, name, kind), f"add field {name} ({kind})", why)
    return _brought(copy, lambda s: name in schema.names_of(s).types, f"field {name!r}")


def _evolve(copy: WorkingCopy, change: Callable[[LabelSchema], LabelSchema], message: str, why: str) -> Commit:
    text = f"{message}: {check_text(why, 'why')}" if why else message
    with copy.exclusive():
        now = copy.head.now().schema
        after = change(now)
        if after.id != now.id:
            return copy.commit(copy.draft("schema", text, schema=after))
    return copy.whole(copy.head.tip().id)  # somebody else has just done the same


def _brought(copy: WorkingCopy, has: Callable[[LabelSchema], bool], what: str) -> Commit:
    """Return the commit since which something has been there."""
    with copy.backend.lock, copy.backend.reading():
        found = copy.backend.brought(copy.head.tip(), has)
    if found is None:
        raise StoreError(f"{copy.backend.path} has the {what}, but no commit that brought it.", "Run verify().")
    return copy.whole(found.id)


def _check_one(name: object, into: object) -> str:
    """Return the class to merge into; `DataError` where there is none, or several classes are passed to be merged."""
    if into is None or not isinstance(into, str):
        target = "the class that it shall read as" if into is None else "one class to merge into"
        raise DataError(
            f"merge_classes({name!r}{'' if into is None else f', {into!r}'}) does not name {target}.",
            "Name two classes, the old one first: merge_classes('old', 'into').",
        )
    if not isinstance(name, str):
        names = list(name) if isinstance(name, Iterable) else []
        calls = ", then ".join(f"merge_classes({n!r}, {into!r})" for n in names if n != into)
        raise DataError(
            f"{name!r} is no name of a class: merge_classes takes one class at a time.",
            f"Call {calls}." if calls else "Name two classes, the old one first: merge_classes('old', 'into').",
        )
    return into
