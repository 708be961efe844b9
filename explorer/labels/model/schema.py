"""What names mean: classes with their former names and aliases, fields with their types, and how both change.

A class is its id; its name may change. Every change is kept in the schema's `migrations`, oldest first, and a schema
has those of its parents too, so that one schema alone tells what any name or id ever meant:

    {"kind": "rename", "class": id, "old": name, "new": name}     given labels under the old name mean the class still
    {"kind": "merge", "class": id, "into": id}                    the first reads as the second; nothing is rewritten
    {"kind": "split", "class": id, "into": [ids]}                 the first is retired; labels wait to be given anew
    {"kind": "retire", "class": id}                               no new labels of this class
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from explorer.errors import DataError, UnknownName
from explorer.labels.model.hashing import VALUE_TYPES, check_text, schema_id
from explorer.labels.model.types import FIELD, Field, LabelClass, LabelSchema

Migration = dict[str, Any]


class Names:
    """What the names and ids of one schema mean.

    Attributes
    ----------
    active
        Names that a label may have, in order.
    public
        Name that each class id reads as: its own, or that of the class it was merged into.
    order
        Position of each name in the schema, for values that hold several.
    types
        Type of each field, "label" first.
    splits
        Names that a split class id was split into.
    """

    def __init__(self, schema: LabelSchema) -> None:
        self.schema = schema
        own = {c.id: c.name for c in schema.classes}
        self.aliases = aliases(schema.migrations)
        self.public = {i: own.get(self.alias(i), self.alias(i)) for i in own}
        self.active = tuple(c.name for c in schema.classes if not c.retired)
        self.order = {c.name: n for n, c in enumerate(schema.classes)}
        self.types = {FIELD: "class", **{f.name: f.type for f in schema.fields}}
        self.splits = {
            m["class"]: tuple(own.get(i, i) for i in m["into"]) for m in schema.migrations if m["kind"] == "split"
        }
        # What a name means: its class now, else the class that had it before, else the class whose id it is.
        self.ids = {i: i for i in own}
        # (Both names of a rename: on another branch a class may have had one that it never had here.)
        renames = [m for m in schema.migrations if m["kind"] == "rename"]
        self.ids.update((m[which], m["class"]) for which in ("new", "old") for m in renames)
        self.ids.update((name, i) for i, name in own.items())

    def alias(self, class_id: str) -> str:
        """Return the id of the class that an id reads as."""
        while class_id in self.aliases:
            class_id = self.aliases[class_id]
        return class_id

    def class_id(self, name: str | None) -> str | None:
        """Return the id of the class that a name means, now or before; an unknown name stands for itself."""
        return None if name is None else self.ids.get(name, name)

    def name(self, class_id: str) -> str:
        """Return the name that a class id reads as."""
        return self.public.get(class_id, class_id)

    def given(self, name: str | None) -> str | None:
        """Return what a given label reads as, which is a name as of some binding."""
        return None if name is None else self.name(self.ids.get(name, name))

    def type_of(self, field: str) -> str:
        """Return the type of a field; `UnknownName` if there is no such field."""
        if field not in self.types:
            raise UnknownName("field", field, self.types, "A new field is added on purpose with add_field().")
        return self.types[field]


def aliases(migrations: Iterable[Migration]) -> dict[str, str]:
    """Return which class id was merged into which."""
    return {m["class"]: m["into"] for m in migrations if m["kind"] == "merge"}


_KNOWN: dict[str, Names] = {}


def names_of(schema: LabelSchema) -> Names:
    """Return the names of a schema, the same object for the same schema."""
    found = _KNOWN.get(schema.id)
    if found is None:
        if len(_KNOWN) >= 64:
            _KNOWN.clear()
        found = _KNOWN[schema.id] = Names(schema)
    return found


def derived(
    parent: LabelSchema | None,
    classes: Sequence[LabelClass],
    migrations: Sequence[Migration] = (),
    fields: Sequence[Field] | None = None,
) -> LabelSchema:
    """Return a schema that follows another: with these classes, these migrations after its own, and its fields."""
    kept = parent.migrations if parent else ()
    said = parent.fields if fields is None and parent else tuple(fields or ())
    return finished(parent.id if parent else None, tuple(classes), (*kept, *migrations), said)


def finished(
    parent: str | None, classes: tuple[LabelClass, ...], migrations: tuple[Migration, ...], fields: tuple[Field, ...]
) -> LabelSchema:
    """Return a schema with its id."""
    said = [{"id": c.id, "name": c.name, "retired": c.retired} for c in classes]
    typed = [{"name": f.name, "type": f.type} for f in fields]
    return LabelSchema(schema_id(said, parent, migrations, typed), parent, classes, migrations, fields)


def class_name(name: object) -> str:
    """Return a class name as text; `DataError` if it is empty or no text."""
    text = check_text(name, "class name")
    if not text.strip():
        raise DataError("A class name is empty.", "Give every class a name; an unlabelled item has the label None.")
    return text


def extend(schema: LabelSchema | None, names: Sequence[object]) -> LabelSchema:
    """Return the schema with the classes that it lacks at its end; the same one if it lacks none.

    A class that a dataset no longer has stays: labels may have been given with it. A name that a class had before is
    not added again: it means that class.

    Raises
    ------
    DataError
        A name that is empty or no text.
    """
    known = names_of(schema).ids if schema else {}
    new = [name for name in dict.fromkeys(class_name(n) for n in names) if name not in known]
    if schema is not None and not new:
        return schema
    return derived(schema, [*(schema.classes if schema else ()), *(LabelClass(name, name) for name in new)])


def rename(schema: LabelSchema, old: str, new: object) -> LabelSchema:
    """Give a class another name; the class stays the same, and so does every label."""
    found = _active(schema, old)
    name = _free(schema, new, but=found.id)
    classes = [replace(c, name=name) if c.id == found.id else c for c in schema.classes]
    return derived(schema, classes, [{"kind": "rename", "class": found.id, "old": found.name, "new": name}])


def merge(schema: LabelSchema, old: str, into: str) -> LabelSchema:
    """Make a class read as another one, and retire it."""
    source, target = _active(schema, old), _active(schema, into)
    if source.id == target.id:
        raise DataError(f"The class {old!r} cannot be merged into itself.", "Name two classes.")
    return derived(schema, _retired(schema, source.id), [{"kind": "merge", "class": source.id, "into": target.id}])


def split(schema: LabelSchema, name: str, into: Sequence[object]) -> LabelSchema:
    """Retire a class in favour of several others, which are added where they do not exist."""
    found = _active(schema, name)
    targets = list(dict.fromkeys(class_name(n) for n in into)) if not isinstance(into, str) else [into]
    if len(targets) < 2 or name in targets:
        raise DataError(
            f"The class {name!r} cannot be split into {', '.join(map(repr, targets)) or 'nothing'}.",
            "Name two classes or more, other than the one that is split.",
        )
    present = {c.name: c.id for c in schema.classes if not c.retired}
    ids = [present.get(t) or _free(schema, t) for t in targets]
    added = [LabelClass(i, i) for t, i in zip(targets, ids, strict=True) if t not in present]
    return derived(schema, [*_retired(schema, found.id), *added], [{"kind": "split", "class": found.id, "into": ids}])


def retire(schema: LabelSchema, name: str) -> LabelSchema:
    """Take no new labels of a class; those that were given stay."""
    found = _active(schema, name)
    return derived(schema, _retired(schema, found.id), [{"kind": "retire", "class": found.id}])


def with_field(schema: LabelSchema, name: object, kind: str) -> LabelSchema:
    """Return the schema with a field more; the same one if it has the field already.

    Raises
    ------
    DataError, UnknownName
        A name that is empty, or that has another type already; a type that does not exist.
    """
    text = check_text(name, "field")
    if not text.strip():
        raise DataError("The name of a field is empty.", "Give the field a name.")
    if kind not in VALUE_TYPES:
        raise UnknownName("type of field", kind, VALUE_TYPES)
    types = names_of(schema).types
    if text in types:
        if types[text] == kind:
            return schema
        raise DataError(f"The field {text!r} exists, with the type {types[text]!r}.", "Choose another name.")
    return derived(schema, schema.classes, (), (*schema.fields, Field(text, kind)))


def _active(schema: LabelSchema, name: object) -> LabelClass:
    for c in schema.classes:
        if c.name == name and not c.retired:
            return c
    remedy = "It is retired." if any(c.name == name for c in schema.classes) else ""
    raise UnknownName("class", name, names_of(schema).active, remedy)


def _retired(schema: LabelSchema, class_id: str) -> list[LabelClass]:
    return [replace(c, retired=True) if c.id == class_id else c for c in schema.classes]


def _free(schema: LabelSchema, name: object, but: str | None = None) -> str:
    """Return a name that no class has or had; `DataError` otherwise. `but` is a class that may have had it."""
    text = class_name(name)
    names = names_of(schema)
    found = names.ids.get(text)
    present = {c.name for c in schema.classes}
    if found is None or (found == but and text not in present):
        return text
    if text in present:
        raise DataError(f"The class {text!r} exists already.", "Choose another name, or merge_classes() the two.")
    raise DataError(
        f"{text!r} is a former name of the class {names.name(found)!r}: labels given under it mean that class.",
        "Choose another name.",
    )


def is_former(schema: LabelSchema, name: str) -> bool:
    """Tell whether a name means a class that has another name now."""
    return name in names_of(schema).ids and all(c.name != name for c in schema.classes)


def check_new_class(schema: LabelSchema, name: object) -> None:
    """Raise `DataError` if a class cannot be added since another one had its name, or since it is retired."""
    text = class_name(name)
    if is_former(schema, text):
        _free(schema, text)
    if any(c.name == text and c.retired for c in schema.classes):
        raise DataError(f"The class {text!r} is retired.", "Choose another name.")


def ways_back(before: LabelSchema, after: LabelSchema, now: LabelSchema) -> list[str]:
    """Return the calls that take back what changed from one schema to the next, the newest change first.

    Parameters
    ----------
    now
        The newest schema: the calls use its names.
    """
    names = names_of(now)
    calls: list[str] = []
    made: set[str] = {i for m in after.migrations[len(before.migrations) :] if m["kind"] == "split" for i in m["into"]}
    for m in after.migrations[len(before.migrations) :]:
        name = names.name(m["class"])
        if m["kind"] == "rename":
            calls.append(f"rename_class({name!r}, {m['old']!r})")
        elif m["kind"] == "merge":
            old = next((c.name for c in before.classes if c.id == m["class"]), m["class"])
            parts = [_unused(names, name), _unused(names, old)]
            calls.append(f"split_class({name!r}, {parts!r}), and label the items of to_split() anew")
        elif m["kind"] == "split":
            first, *rest = [names.name(i) for i in m["into"]]
            merges = [f"merge_classes({other!r}, {first!r})" for other in rest]
            back = f"rename_class({first!r}, {_unused(names, name)!r})"
            calls.append(", then ".join([*merges, back]))
        else:
            calls.append(f"add_class({_unused(names, name)!r}), since a retired class stays so")
    known = {c.id for c in before.classes}
    calls += [f"retire_class({names.name(c.id)!r})" for c in after.classes if c.id not in known and c.id not in made]
    fields = {f.name for f in before.fields}
    calls += [f"leave the field {f.name!r} empty" for f in after.fields if f.name not in fields]
    return calls[::-1]


def _unused(names: Names, name: str) -> str:
    """Return a name like another one that no class has or had."""
    return next(other for n in range(2, len(names.ids) + 3) if (other := f"{name} {n}") not in names.ids)


# Three ways


def merged(base: LabelSchema, ours: LabelSchema, theirs: LabelSchema, source: str) -> tuple[LabelSchema, list[str]]:
    """Merge the schemas of two branches: the classes and fields of both.

    Parameters
    ----------
    base
        Schema of the merge base.
    source
        Name of the branch that `theirs` is of, for the notes.

    Returns
    -------
    schema, notes
        One sentence for each place where both changed the same and ours holds.

    Raises
    ------
    DataError
        A field that has one type here and another there.
    """
    if theirs.id in (base.id, ours.id):
        return ours, []
    if ours.id == base.id:
        return theirs, []
    notes: list[str] = []
    migrations = _migrations(ours, theirs, source, notes)
    classes = _classes(base, ours, theirs, aliases(migrations), source, notes)
    fields = list(ours.fields)
    types = {f.name: f.type for f in fields}
    for field in theirs.fields:
        if types.setdefault(field.name, field.type) != field.type:
            raise DataError(
                f"The field {field.name!r} has the type {types[field.name]!r} here and {field.type!r} in {source!r}.",
                "The two branches cannot be merged; add fields of different names.",
            )
        if field not in fields:
            fields.append(field)
    for side in (ours, theirs):
        if (side.classes, list(side.migrations), list(side.fields)) == (tuple(classes), migrations, fields):
            return side, notes
    return finished(ours.id, tuple(classes), tuple(migrations), tuple(fields)), notes


def _migrations(ours: LabelSchema, theirs: LabelSchema, source: str, notes: list[str]) -> list[Migration]:
    """Put theirs after ours, less those that would make a class read as two, or as itself."""
    all_of = list(ours.migrations)
    for migration in theirs.migrations:
        if migration in all_of:
            continue
        if migration["kind"] == "merge":
            mapped = aliases(all_of)
            end = migration["into"]
            while end in mapped:
                end = mapped[end]
            if migration["class"] in mapped or end == migration["class"]:
                notes.append(
                    f"the class {migration['class']!r} was merged into {migration['into']!r} in {source}; "
                    "the merge of classes here holds"
                )
                continue
        all_of.append(migration)
    return all_of


def _classes(
    base: LabelSchema, ours: LabelSchema, theirs: LabelSchema, merges: dict[str, str], source: str, notes: list[str]
) -> list[LabelClass]:
    """Unite classes by id: ours in our order, then theirs."""
    before = {c.id: c for c in base.classes}
    there = {c.id: c for c in theirs.classes}
    dropped = {i for i in aliases(theirs.migrations) if i not in merges}
    classes: list[LabelClass] = []
    for our in ours.classes:
        their, old = there.get(our.id, our), before.get(our.id)
        name = our.name
        if their.name != our.name:
            if old is not None and our.name == old.name:
                name = their.name
            elif old is None or their.name != old.name:
                notes.append(f"the class {our.name!r} is called {their.name!r} in {source}; the name here holds")
        retired = our.retired or (their.retired and our.id not in dropped)
        classes.append(LabelClass(our.id, name, retired))
    own = {c.id for c in ours.classes}
    classes += [c for c in theirs.classes if c.id not in own]
    taken: set[str] = set()
    for n, c in enumerate(classes):
        if c.name in taken:
            other = next(
                name for k in range(len(classes)) if (name := f"{c.name} ({source}{f' {k}' if k else ''})") not in taken
            )
            notes.append(f"two classes were called {c.name!r}; the one of {source} is now {other!r}")
            classes[n] = replace(c, name=other)
        taken.add(classes[n].name)
    return classes
