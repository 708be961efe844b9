"""The types of value that a field can have, and both ways between what people pass and what is stored.

    type        what people pass and get                                             stored (typed JSON)
    class       "cat"                                                                {"class": id}
    classes     ("cat", "dog"), in the order of the classes                          {"classes": [ids]}
    number      3.5                                                                  {"number": 3.5}
    spans       ({"start": 0, "end": 4, "class": "cat"}, …), 0 <= start < end        {"spans": […]}
    boxes       ({"x": 1, "y": 2, "w": 3, "h": 4, "class": "cat"}, …), w, h > 0      {"boxes": […]}
    soft        {"cat": 0.75, "dog": 0.25}, which sums to 1                          {"soft": {id: p}}
    candidates  ("cat", "dog"): one of these                                         {"candidates": [ids]}

`None` is unlabelled, in every type. Names are stored as class ids, so that renaming a class rewrites nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from explorer.errors import DataError, UnknownName
from explorer.labels.model.schema import Names
from explorer.labels.model.types import FIELD, Value

_NO_CLASS = "A new class is added on purpose with add_class()."


def to_stored(value: Any, kind: str, names: Names, item: str, field: str = FIELD) -> Value:
    """Check a value that a caller passed, and return its stored form.

    Parameters
    ----------
    kind
        Type of the field.
    item, field
        What the value is for, for errors.

    Raises
    ------
    UnknownName
        A class that does not exist, or takes no new labels.
    DataError
        A value that does not fit the type.
    """
    if value is None:
        return None
    where = f"Item {item!r}" if field == FIELD else f"Item {item!r}, field {field!r}"
    return _STORED[kind](value, names, where)


def to_public(value: Value, names: Names) -> Any:
    """Return a stored value as people get it; the names are those of a schema."""
    if value is None:
        return None
    if isinstance(value, str):
        return names.name(value)
    ((kind, inner),) = value.items()
    return _PUBLIC[kind](inner, names)


# To stored form


def _class(value: Any, names: Names, where: str) -> str:
    if not isinstance(value, str) and (hasattr(value, "__len__") or hasattr(value, "shape")):
        raise DataError(
            f"{where}: the label is a {type(value).__name__}.",
            "Only one class per item fits this field; add_field() makes one for several labels, spans or boxes.",
        )
    return _class_id(value, names)


def _class_id(value: Any, names: Names) -> str:
    if not isinstance(value, str) or value not in names.active:
        raise UnknownName("class", value, names.active, _NO_CLASS)
    return names.ids[str(value)]


def _distinct(value: Any, names: Names, where: str, what: str) -> list[str]:
    if isinstance(value, str) or not isinstance(value, Sequence | set | frozenset):
        raise DataError(f"{where}: {value!r} is no list of classes.", f"Pass {what} as a list of class names.")
    ids = [_class_id(v, names) for v in value]
    if len(frozenset(ids)) != len(ids):
        raise DataError(f"{where}: a class stands twice in {list(value)!r}.", "Name each class once.")
    return ids


def _classes(value: Any, names: Names, where: str) -> dict[str, Any]:
    ids = _distinct(value, names, where, "the labels")
    return {"classes": sorted(ids, key=lambda i: names.order[names.name(i)])}


def _candidates(value: Any, names: Names, where: str) -> dict[str, Any]:
    ids = _distinct(value, names, where, "the candidates")
    if not ids:
        raise DataError(f"{where}: there are no candidates.", "Name one class or more; None is unlabelled.")
    return {"candidates": ids}


def _number(value: Any, names: Names, where: str) -> dict[str, Any]:  # noqa: ARG001  # one form for all types
    return {"number": _finite(value, where, "the number")}


def _spans(value: Any, names: Names, where: str) -> dict[str, Any]:
    spans = []
    for span in _mappings(value, ("start", "end", "class"), where, names, "spans"):
        start, end = (_whole(span[key], where, key) for key in ("start", "end"))
        if not 0 <= start < end:
            raise DataError(
                f"{where}: a span from {start} to {end}.",
                f"A span needs 0 <= start < end: {_example('spans', names)!r}.",
            )
        spans.append({"start": start, "end": end, "class": _class_id(span["class"], names)})
    return {"spans": spans}


def _boxes(value: Any, names: Names, where: str) -> dict[str, Any]:
    boxes = []
    for box in _mappings(value, ("x", "y", "w", "h", "class"), where, names, "boxes"):
        sides = {key: _finite(box[key], where, key) for key in ("x", "y", "w", "h")}
        if sides["w"] <= 0 or sides["h"] <= 0:
            raise DataError(
                f"{where}: a box of {sides['w']} by {sides['h']}.",
                f"A box needs w > 0 and h > 0: {_example('boxes', names)!r}.",
            )
        boxes.append({**sides, "class": _class_id(box["class"], names)})
    return {"boxes": boxes}


def _soft(value: Any, names: Names, where: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise DataError(f"{where}: {value!r} is no soft label.", "Pass class names with their probabilities.")
    soft = {_class_id(name, names): _finite(p, where, "a probability") for name, p in value.items()}
    if any(p < 0 for p in soft.values()) or abs(math.fsum(soft.values()) - 1) > 1e-6:
        raise DataError(
            f"{where}: the probabilities {dict(value)!r} are no distribution.", "They are 0 or more, and sum to 1."
        )
    return {"soft": soft}


def _example(what: str, names: Names) -> dict[str, Any]:
    """Return a value that is right, for errors."""
    place = {"start": 0, "end": 4} if what == "spans" else {"x": 10, "y": 20, "w": 30, "h": 40}
    return {**place, "class": names.active[0] if names.active else "cat"}


def _mappings(value: Any, keys: tuple[str, ...], where: str, names: Names, what: str) -> list[Mapping[str, Any]]:
    example = repr([_example(what, names)])
    if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
        raise DataError(f"{where}: {value!r} are no {what}.", f"Pass {what} as a list, such as {example}.")
    for one in value:
        if not isinstance(one, Mapping) or set(one) != set(keys):
            raise DataError(
                f"{where}: {one!r} is none of {what}.", f"Each needs {', '.join(keys)}, and no more: {example[1:-1]}."
            )
    return list(value)


def _plain(value: Any) -> Any:
    """Return a numpy scalar as a Python number."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        return value.item()
    return value


def _finite(value: Any, where: str, what: str) -> float:
    number = _plain(value)
    # Beyond 2**53 whole numbers would come back from JSON as integers that have no canonical form.
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise DataError(f"{where}: {what} is {value!r}.", "It has to be a finite number.")
    if abs(number) >= 2**53:
        raise DataError(f"{where}: {what} is {value!r}.", "It has to be smaller than 2**53.")
    return float(number)


def _whole(value: Any, where: str, what: str) -> int:
    number = _plain(value)
    if isinstance(number, bool) or not isinstance(number, int) or abs(number) >= 2**53:
        raise DataError(f"{where}: {what} is {value!r}.", "It has to be a whole number.")
    return int(number)


_STORED: dict[str, Callable[[Any, Names, str], Value]] = {
    "class": _class,
    "classes": _classes,
    "number": _number,
    "spans": _spans,
    "boxes": _boxes,
    "soft": _soft,
    "candidates": _candidates,
}


# To what people get


def _names(ids: Sequence[str], names: Names) -> tuple[str, ...]:
    """Return the names of ids, once each: two ids may read as one class since they were merged."""
    return tuple(dict.fromkeys(names.name(i) for i in ids))


def _sorted_names(ids: Sequence[str], names: Names) -> tuple[str, ...]:
    return tuple(sorted(_names(ids, names), key=lambda n: (names.order.get(n, len(names.order)), n)))


def _placed(items: Sequence[Mapping[str, Any]], names: Names) -> tuple[dict[str, Any], ...]:
    return tuple(
        {k: names.name(v) if k == "class" else v if k in ("start", "end") else float(v) for k, v in one.items()}
        for one in items
    )


def _soft_names(soft: Mapping[str, float], names: Names) -> dict[str, float]:
    found: dict[str, float] = {}
    for class_id, p in soft.items():
        name = names.name(class_id)
        found[name] = found.get(name, 0.0) + float(p)
    return {name: found[name] for name in sorted(found, key=lambda n: (names.order.get(n, len(names.order)), n))}


_PUBLIC: dict[str, Callable[[Any, Names], Any]] = {
    "classes": _sorted_names,
    "number": lambda number, names: float(number),  # noqa: ARG005  # one form for all types
    "spans": _placed,
    "boxes": _placed,
    "soft": _soft_names,
    "candidates": _names,
}
