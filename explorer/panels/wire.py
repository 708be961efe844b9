"""The envelope between kernel and browser: calls by name, answers with binary columns.

A call comes as `{id, call, args}`; the answer is `{id, ok, result}` or `{id, ok: false, error}`. Arrays and files leave
the JSON and travel as buffers: in their place stands `{"$array": i, dtype, shape}` or `{"$blob": i, type}`.
The browser's half is `widgets/core/kernel/wire.ts`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from explorer.errors import ExplorerError
from explorer.labels import Conflict, StoreError

TYPES = {"float32": "f32", "int32": "i32", "uint8": "u8", "uint32": "u32"}


@dataclasses.dataclass(frozen=True)
class Blob:
    """A file for the browser."""

    data: bytes
    type: str


def pack(value: Any) -> tuple[Any, list[bytes]]:
    """Split a result into JSON and buffers. NaN and infinity become null outside of arrays."""
    buffers: list[bytes] = []
    return _pack(value, buffers), buffers


def _pack(value: Any, buffers: list[bytes]) -> Any:
    if isinstance(value, np.ndarray):
        if str(value.dtype) not in TYPES:
            raise TypeError(f"An array of {value.dtype} cannot be sent; convert it to one of {', '.join(TYPES)}.")
        buffers.append(np.ascontiguousarray(value).tobytes())
        return {"$array": len(buffers) - 1, "dtype": TYPES[str(value.dtype)], "shape": list(value.shape)}
    if isinstance(value, Blob):
        buffers.append(value.data)
        return {"$blob": len(buffers) - 1, "type": value.type}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): _pack(v, buffers) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_pack(v, buffers) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def error(problem: Exception, cells: Callable[[Conflict], Any]) -> dict[str, Any]:
    """Describe a failed call: its type, what was wrong, what to do, and for a conflict what stands there now."""
    body: dict[str, Any] = {"type": type(problem).__name__, "message": str(problem), "remedy": ""}
    if isinstance(problem, ExplorerError):
        body |= {"message": problem.problem, "remedy": problem.remedy}
    if isinstance(problem, StoreError) and problem.transient:
        body["transient"] = True  # the decision may be saved yet
    if isinstance(problem, Conflict):
        body["cells"] = cells(problem)
    return body
