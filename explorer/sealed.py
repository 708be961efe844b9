"""Files that are whole or refused: moved into their place at once, with a SHA-256 of what they hold behind it."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DIGEST = hashlib.sha256().digest_size


def body_of(data: bytes) -> bytes | None:
    """Return what a file's bytes hold, `None` where they are damaged."""
    body, digest = data[:-_DIGEST], data[-_DIGEST:]
    return body if hashlib.sha256(body).digest() == digest else None


def write(path: Path, body: bytes, *, durable: bool = False, mode: int | None = None) -> None:
    """Write a file beside its name and move it there; `OSError` where the disk does not take it.

    Parameters
    ----------
    durable
        Return only when the disk has it, for what cannot be computed again.
    mode
        Permissions of the file; by default its owner alone may read and write it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.write(hashlib.sha256(body).digest())
            if durable:
                file.flush()
                os.fsync(file.fileno())
        if mode is not None:
            Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def packed(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return arrays as the bytes of an `.npz` file; as `numpy.savez`, which would pickle."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, values in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.save(member, values, allow_pickle=False)
    return buffer.getvalue()


def unpacked(body: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of an `.npz` file's bytes; numpy's and zipfile's errors where these are none."""
    with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
