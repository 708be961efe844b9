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
import platformdirs
from numpy.typing import NDArray

_DIGEST = hashlib.sha256().digest_size


def body_of(data: bytes) -> bytes | None:
    """Return what a file's bytes hold, `None` where they are damaged."""
    body, digest = data[:-_DIGEST], data[-_DIGEST:]
    return body if hashlib.sha256(body).digest() == digest else None


def write(path: Path, body: bytes, *, durable: bool = False, mode: int | None = None, alone: bool = False) -> None:
    """Write a file with the SHA-256 of its body behind it; as `put`."""
    put(path, body, hashlib.sha256(body).digest(), durable=durable, mode=mode, alone=alone)


def put(path: Path, *parts: bytes, durable: bool = False, mode: int | None = None, alone: bool = False) -> None:
    """Write a file beside its name and move it there; `OSError` where the disk does not take it.

    Parameters
    ----------
    parts
        What it holds, one after the other.
    durable
        Return only when the disk has it, for what cannot be computed again.
    mode
        Permissions of the file; by default its owner alone may read and write it.
    alone
        Nobody else writes it now, which the caller sees to: what a writer that was killed left goes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = _begun(path) if alone else _temporary(path)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(parts)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _temporary(path: Path) -> tuple[int, Path]:
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    return handle, Path(name)


def _begun(path: Path) -> tuple[int, Path]:
    """Open the one file that a single writer writes before it is moved: always of the same name, and always new."""
    temporary = path.with_name(f"{path.name}.part")
    temporary.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)  # through no link that somebody laid
    return os.open(temporary, flags, 0o600), temporary


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


def location() -> Path:
    """Return the cache's folder: the environment variable EXPLORER_CACHE, else where the system keeps caches."""
    given = os.environ.get("EXPLORER_CACHE")
    return Path(given).expanduser() if given else platformdirs.user_cache_path("data-quality-explorer", appauthor=False)
