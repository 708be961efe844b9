"""The bases of all messages, and the arrays and files that travel beside the JSON."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]
Int32Array = NDArray[np.int32]
Uint8Array = NDArray[np.uint8]

Natural = Annotated[int, Meta(ge=0, le=2**53)]
"""A number of something, or a place: what JavaScript holds exactly."""


class Args(Struct, forbid_unknown_fields=True):
    """Arguments of a call. A field with a default may be left out."""


class Answer(Struct):
    """Something that the kernel says. A field that is `UNSET` is not sent."""


class Blob(Struct, frozen=True):
    """A file for the browser: its bytes and their media type."""

    data: bytes
    type: str
