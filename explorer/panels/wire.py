"""The envelope between kernel and browser: calls by name, answers with binary columns.

A call comes as `{id, call, args}`; the answer is `{id, ok, result}` or `{id, ok: false, error}`. An answer with `push`
is news of that name for every page on the same comm that did not ask. Arrays and files leave the JSON and travel as
buffers: in their place stands `{"$array": i, dtype, shape}` or `{"$blob": i, type}`. The browser's half is
`widgets/core/kernel/wire.ts`; the types of all messages are in `explorer.panels.schema`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np

from explorer.errors import ExplorerError
from explorer.labels import Conflict, StoreError
from explorer.panels.schema.base import Blob
from explorer.panels.schema.labels import Cell, WireError

TYPES = {"float32": "f32", "int32": "i32", "uint8": "u8", "uint32": "u32"}


def pack(value: Any) -> tuple[Any, list[bytes]]:
    """Split a message into JSON and buffers. NaN and infinity become null outside of arrays."""
    buffers: list[bytes] = []
    return _pack(value, buffers), buffers


def error(problem: Exception, cells: Callable[[Conflict], list[Cell]]) -> WireError:
    """Describe a failed call: its type, what was wrong, what to do, and for a conflict what stands there now."""
    body = WireError(type=type(problem).__name__, message=str(problem), remedy="")
    if isinstance(problem, ExplorerError):
        body.message, body.remedy = problem.problem, problem.remedy
    if isinstance(problem, StoreError) and problem.transient:
        body.transient = True  # the decision may be saved yet
    if isinstance(problem, Conflict):
        body.cells = cells(problem)
    return body


def _pack(value: Any, buffers: list[bytes]) -> Any:
    if isinstance(value, np.ndarray):
        if str(value.dtype) not in TYPES:
            raise TypeError(f"An array of {value.dtype} cannot be sent; convert it to one of {', '.join(TYPES)}.")
        buffers.append(np.ascontiguousarray(value).tobytes())
        return {"$array": len(buffers) - 1, "dtype": TYPES[str(value.dtype)], "shape": list(value.shape)}
    if isinstance(value, Blob):
        buffers.append(value.data)
        return {"$blob": len(buffers) - 1, "type": value.type}
    if isinstance(value, msgspec.Struct):
        return _pack_struct(value, buffers)
    if isinstance(value, Mapping):
        return {str(k): _pack(v, buffers) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_pack(v, buffers) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _pack_struct(value: msgspec.Struct, buffers: list[bytes]) -> dict[str, Any]:
    config = value.__struct_config__
    body: dict[str, Any] = {} if config.tag_field is None else {config.tag_field: config.tag}
    for name, sent in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
        found = getattr(value, name)
        if found is not msgspec.UNSET:
            body[sent] = _pack(found, buffers)
    return body
