"""The schema of the wire as TypeScript: `python -m explorer.panels.typescript` writes it for the widgets."""

from __future__ import annotations

import ast
import inspect
import sys
import types
import typing
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from explorer.labels.model.states import Reason, State
from explorer.panels.schema import (
    calls,
    export,
    facts,
    history,
    items,
    labels,
    raters,
    scopes,
    scores,
    slices,
    verdicts,
)
from explorer.panels.schema.base import Answer, Args, Blob

TARGET = Path(__file__).parents[2] / "widgets" / "core" / "kernel" / "schema.ts"
MODULES = (scopes, labels, history, verdicts, raters, items, scores, facts, slices, export, calls)
PLAIN = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
    Any: "unknown",
    Blob: "Blob",
}
COLUMNS = {np.float32: "Float32Array", np.int32: "Int32Array", np.uint8: "Uint8Array"}

LONG = 80
"""Characters of a list that is written in one line."""

WIDE = 110
"""Characters of a line."""

HEAD = """\
/** What goes over the wire. Made from explorer/panels/schema by `make schema`: change it there. */

/** States of an item, as the kernel numbers them in the `state` column. */
export const STATES = {states} as const;
export type ItemState = (typeof STATES)[number];
/** States of an item on which somebody has decided, so that the decision holds. */
export const DECIDED: readonly ItemState[] = {decided};
/** States of an item of which somebody has said which label is right. */
export const SETTLED: readonly ItemState[] = {settled};
/** Why an item is set aside, or why its label was changed. */
export const REASONS = {reasons} as const;
"""


def typescript() -> str:
    """Return the whole file."""
    head = HEAD.format(
        states=_list(State),
        decided=_list(s for s in State if s.decided),
        settled=_list(s for s in State if s.settled),
        reasons=_list(Reason),
    )
    return "\n".join([head, *(part for module in MODULES for part in _declared(module)), _calls(), _pushes()])


def type_of(kind: Any, names: dict[Any, str]) -> str:
    """Write a type in TypeScript; `names` are those of types that are declared apart."""
    with_name = next((name for other, name in names.items() if other == kind), None)
    if with_name is not None:
        return with_name
    if kind in PLAIN:
        return PLAIN[kind]
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return type_of(parts[0], names)
    if origin is typing.Literal:
        return " | ".join(_text(value) if isinstance(value, str) else str(value) for value in parts)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(type_of(part, names) for part in parts if part is not msgspec.UnsetType)
    if origin is list:
        inner = type_of(parts[0], names)
        return f"({inner})[]" if " " in inner and not inner.startswith("[") else f"{inner}[]"
    if origin is tuple:
        return f"[{', '.join(type_of(part, names) for part in parts)}]"
    if origin is dict:
        return f"Record<string, {type_of(parts[1], names)}>"
    if origin is np.ndarray:
        return COLUMNS[typing.get_args(parts[1])[0]]
    raise TypeError(f"{kind!r} has no counterpart in TypeScript.")


def _names() -> dict[Any, str]:
    """Return every type that has a name of its own."""
    found: dict[Any, str] = {State: "ItemState"}
    for module in MODULES:
        for name, value in vars(module).items():
            own = isinstance(value, type) and value.__module__ == module.__name__ and issubclass(value, Answer | Args)
            if own or typing.get_origin(value) in (typing.Literal, typing.Union, types.UnionType):
                found[value] = name
    return found


def _declared(module: types.ModuleType) -> Iterator[str]:
    names = _names()
    docs = _docs(module)
    for kind, name in names.items():
        if isinstance(kind, type) and kind.__module__ == module.__name__ and issubclass(kind, msgspec.Struct):
            yield _interface(kind, names, docs)
        elif not isinstance(kind, type) and vars(module).get(name) == kind and module is not calls:
            yield _alias(name, type_of(kind, {k: v for k, v in names.items() if v != name}))


def _alias(name: str, kind: str) -> str:
    line = f"export type {name} = {kind};"
    parts = kind.split(" | ")
    if len(line) <= WIDE or len(parts) == 1:
        return f"{line}\n"
    return "\n".join([f"export type {name} =", *(f"  | {part}" for part in parts)]) + ";\n"


def _interface(kind: type[msgspec.Struct], names: dict[Any, str], docs: dict[tuple[str, str], str]) -> str:
    base = kind.__bases__[0]
    extends = f" extends {names[base]}" if base in names else ""
    inherited = {each.name for each in msgspec.structs.fields(base)} if extends else set()
    config = kind.__struct_config__
    lines = [f"/** {inspect.cleandoc(kind.__doc__ or '').strip()} */", f"export interface {kind.__name__}{extends} {{"]
    if config.tag is not None:
        lines.append(f"  {config.tag_field}: {_text(str(config.tag))};")
    hints = typing.get_type_hints(kind, include_extras=True)
    for each in msgspec.structs.fields(kind):
        if each.name in inherited:
            continue
        doc = docs.get((kind.__name__, each.name))
        lines += [f"  /** {doc} */"] if doc else []
        mark = "" if each.required else "?"
        lines.append(f"  {each.encode_name}{mark}: {type_of(hints[each.name], names)};")
    return "\n".join([*lines, "}", ""])


def _calls() -> str:
    names = _names()
    lines = ["/** Every call: its arguments and its answer. */", "export interface Calls {"]
    for name, call in calls.CALLS.items():
        args = "Record<string, never>" if call.args is None else names[call.args]
        lines.append(f"  {name}: {{ args: {args}; answer: {type_of(call.answer or type(None), names)} }};")
    return "\n".join([*lines, "}", ""])


def _pushes() -> str:
    names = [kind.__name__ for kind in typing.get_args(calls.Push)]
    doc = "/** What the kernel says by itself, told apart by `event`. */"
    return "\n".join([doc, "export type Push =", *(f"  | {name}" for name in names)]) + ";\n"


def _docs(module: types.ModuleType) -> dict[tuple[str, str], str]:
    """Return the texts that stand below fields, by class and field."""
    found = {}
    for node in ast.parse(inspect.getsource(module)).body:
        if not isinstance(node, ast.ClassDef):
            continue
        for before, after in zip(node.body, node.body[1:], strict=False):
            if (
                isinstance(before, ast.AnnAssign)
                and isinstance(before.target, ast.Name)
                and isinstance(after, ast.Expr)
                and isinstance(after.value, ast.Constant)
            ):
                found[node.name, before.target.id] = " ".join(str(after.value.value).split())
    return found


def _list(values: Iterable[str]) -> str:
    texts = [_text(str(value)) for value in values]
    line = f"[{', '.join(texts)}]"
    return line if len(line) < LONG else "\n".join(["[", *(f"  {text}," for text in texts), "]"])


def _text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.write_text(typescript(), encoding="utf-8")
