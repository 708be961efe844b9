"""What goes over the wire, and that nothing else does."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest
from msgspec import UNSET, UnsetType

from explorer.errors import UnknownName
from explorer.labels import StoreError
from explorer.panels import wire
from explorer.panels.schema.base import Answer


class Thing(Answer, kw_only=True):
    name: str
    left_out: int | UnsetType = UNSET
    value: float = msgspec.field(name="itsValue")


def test_arrays_and_blobs_leave_the_json() -> None:
    xy = np.arange(6, dtype=np.float32).reshape(3, 2)
    body, buffers = wire.pack(
        {"xy": xy, "list": [wire.Blob(b"data", "image/png")], "thing": Thing(name="a", value=0.5)}
    )
    assert json.loads(json.dumps(body)) == {
        "xy": {"$array": 0, "dtype": "f32", "shape": [3, 2]},
        "list": [{"$blob": 1, "type": "image/png"}],
        "thing": {"name": "a", "itsValue": 0.5},
    }
    assert np.frombuffer(buffers[0], np.float32).tolist() == [0, 1, 2, 3, 4, 5]
    assert buffers[1] == b"data"


def test_nan_becomes_null_because_json_has_none() -> None:
    body, _ = wire.pack({"p": float("nan"), "q": np.float32("inf"), "r": np.int64(3), "s": np.bool_(True)})
    assert json.loads(json.dumps(body, allow_nan=False)) == {"p": None, "q": None, "r": 3, "s": True}


def test_an_array_type_that_the_browser_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError, match="int64"):
        wire.pack({"a": np.arange(3)})


def test_an_error_carries_its_remedy_apart() -> None:
    body, _ = wire.pack(wire.error(UnknownName("class", "cta", ["cat"]), lambda _: []))
    assert body == {"type": "UnknownName", "message": "There is no class 'cta'.", "remedy": "Did you mean 'cat'?"}


def test_only_what_may_pass_by_itself_is_sent_again() -> None:
    damaged = wire.error(StoreError("The file is damaged.", "Go back to a copy."), lambda _: [])
    locked = wire.error(StoreError("The file is locked.", "Try again.", transient=True), lambda _: [])
    assert "transient" not in wire.pack(damaged)[0]
    assert locked.transient is True
