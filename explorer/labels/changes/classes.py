"""Changes of what labels there are: classes and fields. Each is one commit, and rewrites no label."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from explorer.errors import DataError
from explorer.labels.model import schema
from explorer.labels.model.hashing import check_text
from explorer.labels.model.types import Commit, LabelSchema, StoreError
from explorer.labels.storage.origins import brought
from explorer.labels.working_copy import Changer


class Classes(Changer):
    """The part of `Store` that changes classes and fields.

    Every call writes on top of the newest commit, whoever made it, and raises `UnknownName` for a class that does not
    exist or is retired, `DataError` for a name that is taken.
    """

    def add_class(self, name: str, why: str = "") -> Commit:
        """Add a class on purpose; for one that exists already, return the commit that brought it."""
        schema.class_name(name)
        with self._engine.lock:
            state = self._live.now()
            schema.check_new_class(state.schema, name)
            lacks = schema.extend(state.schema, [name]).id != state.schema.id
        if lacks:
            return self._evolve(lambda s: schema.extend(s, [name]), f"add class {name}", why)
        return self._brought(lambda s: name in schema.names_of(s).ids, f"class {name!r}")

    def rename_class(self, old: str, new: str, why: str = "") -> Commit:
        """Give a class another name. Every label of it reads so from now on; the given labels of a dataset that still
        has the old name mean it too.
        """
        return self._evolve(lambda s: schema.rename(s, old, new), f"rename class {old} to {new}", why)

    def merge_classes(self, old: str, into: str | None = None, why: str = "") -> Commit:
        """Make a class read as another one, and retire it. No label is rewritten; older versions keep their words."""
        state = self._live.now()
        named = schema.names_of(state.schema).active
        parts = [x.strip() for x in old.split(",")] if isinstance(old, str) and old not in named else [old]
        _check_one(parts if len(parts) > 1 and set(parts) <= set(named) else old, into)
        assert into is not None
        return self._evolve(lambda s: schema.merge(s, old, into), f"merge class {old} into {into}", why)

    def split_class(self, name: str, into: Sequence[str], why: str = "") -> Commit:
        """Retire a class in favour of several others. Items keep it until they are labelled anew: see `to_split`."""
        names = [into] if isinstance(into, str) else list(into)
        message = f"split class {name} into {', '.join(map(str, names))}"
        return self._evolve(lambda s: schema.split(s, name, names), message, why)

    def retire_class(self, name: str, why: str = "") -> Commit:
        """Take no new labels of a class; those that were given stay."""
        return self._evolve(lambda s: schema.retire(s, name), f"retire class {name}", why)

    def add_field(self, name: str, type: str, why: str = "") -> Commit:  # noqa: A002  # what callers call it
        """Add a field that items can be labelled with.

        Parameters
        ----------
        type
            One of class, classes, number, spans, boxes, soft, candidates; see `labels.model.values`. For a field
            that exists with this type already, the commit that brought it is returned.
        """
        with self._engine.lock:
            state = self._live.now()
            lacks = schema.with_field(state.schema, name, type).id != state.schema.id
        if lacks:
            return self._evolve(lambda s: schema.with_field(s, name, type), f"add field {name} ({type})", why)

        return self._brought(lambda s: name in schema.names_of(s).types, f"field {name!r}")

    def _evolve(self, change: Callable[[LabelSchema], LabelSchema], message: str, why: str) -> Commit:
        text = f"{message}: {check_text(why, 'why')}" if why else message
        with self._changing() as work:
            now = self._live.now().schema
            after = change(now)
            if after.id != now.id:
                return work.append(self._draft("schema", text, schema=after))
        return self._commit(self._live.tip().id)  # somebody else has just done the same

    def _brought(self, has: Callable[[LabelSchema], bool], what: str) -> Commit:
        """Return the commit since which something has been there."""
        with self._engine.lock, self._engine.reading():
            found = brought(self._engine, self._live.tip(), has)
        if found is None:
            raise StoreError(f"{self.path} has the {what}, but no commit that brought it.", "Run verify().")
        return self._commit(found.id)


def _check_one(name: object, into: object) -> None:
    """Raise `DataError` where several classes are passed to be merged in one call, or no class to merge them into."""
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
