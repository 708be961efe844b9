"""Files that are whole or refused: moved into their place at once; a sealed one has a SHA-256 behind what it holds.

`replacing`, or `move` where a library writes it by its name, is the one way by which the package writes a file that
somebody may read or lose.
"""

from __future__ import annotations

import hashlib
import io
import os
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import platformdirs
from numpy.typing import NDArray

_DIGEST = hashlib.sha256().digest_size


@contextmanager
def replacing(
    path: Path, *, durable: bool = True, private: bool = False, mode: int | None = None, alone: bool = False
) -> Iterator[BinaryIO]:
    """Write a file beside its name, and move it there when the block ends; after an error what was there stays.

    Parameters
    ----------
    path
        Where to. The folder must be there. A link is replaced, not what it leads to: `path.resolve()` first for that.
    durable
        Return only when the disk has the file and its name, for what cannot be computed again.
    private
        Its owner alone may read and write it, until `mode` says otherwise; else as any new file.
    mode
        Permissions of the file when it is whole.
    alone
        Nobody else writes it now, which the caller sees to: what a writer that was killed left goes.

    Yields
    ------
    BinaryIO
        The file, empty.

    Raises
    ------
    OSError
        Where the disk does not take it.

    Examples
    --------
    >>> with replacing(Path("labels.csv")) as file:  # doctest: +SKIP
    ...     _ = file.write(b"item_id,label")
    """
    temporary = path.with_name(f"{path.name}.part" if alone else f".{uuid.uuid4().hex}.part")
    if alone:
        temporary.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)  # through no link that somebody laid
    handle = os.open(temporary, flags, 0o600 if private else 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def move(finished: Path, path: Path) -> None:
    """Move a file that another library has written to its place in the same folder, and return when the disk has both.

    Raises
    ------
    OSError
        Where the disk does not take it.
    """
    with finished.open("rb+") as file:
        os.fsync(file.fileno())
    finished.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Return when the disk has the folder's names; only a POSIX system can be asked to."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        pass  # some file systems of networks cannot: the file itself is on the disk
    finally:
        os.close(handle)


def put(path: Path, *parts: bytes, durable: bool = False, mode: int | None = None, alone: bool = False) -> None:
    """Write a private file of these parts, one after the other, and its folder where it is missing; as `replacing`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path, durable=durable, private=True, mode=mode, alone=alone) as file:
        file.writelines(parts)


def write(path: Path, body: bytes, *, durable: bool = False, mode: int | None = None, alone: bool = False) -> None:
    """Write a file with the SHA-256 of its body behind it; as `put`."""
    put(path, body, hashlib.sha256(body).digest(), durable=durable, mode=mode, alone=alone)


def body_of(data: bytes) -> bytes | None:
    """Return what the bytes of a file hold that `write` wrote, `None` where they are damaged."""
    body, digest = data[:-_DIGEST], data[-_DIGEST:]
    return body if hashlib.sha256(body).digest() == digest else None


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
