"""Arrays on disk, each file named by a hash of everything that they depend on. No pickle.

Files are whole or not there: see `files.write`. Those that were read or written last stay; beyond `MOST` bytes in all
the others go.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.utils import files

MOST = 2 * 2**30
"""Bytes of all files together."""

LARGEST = 2**29
"""Bytes of one entry; what is larger is not kept."""


def digest(*parts: Any) -> str:
    """Return a SHA-256 in hex of arrays and plain JSON: equal for equal parts, and for these only.

    Examples
    --------
    >>> digest(np.arange(3), "a", {"k": 5}) == digest(np.arange(3), "a", {"k": 5})
    True
    >>> digest(np.arange(3)) == digest(np.arange(3, dtype=np.float32))
    False
    """
    sha = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            values = part
            if part.dtype.hasobject:
                values = np.asarray([str(each) for each in part.ravel()], dtype=np.str_).reshape(part.shape)
            sha.update(f"array {values.dtype.str} {values.shape}\n".encode())
            sha.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
        else:
            text = json.dumps(part, sort_keys=True)
            sha.update(f"text {len(text)}\n{text}\n".encode())
    return sha.hexdigest()


class ArrayCache:
    """Entries of named arrays.

    Parameters
    ----------
    folder
        The cache as a whole.

    Examples
    --------
    >>> import tempfile
    >>> cache = ArrayCache(Path(tempfile.mkdtemp()))
    >>> cache.read("sums", "key") is None
    True
    >>> cache.write("sums", "key", {"total": np.arange(3)})
    >>> cache.read("sums", "key")["total"].tolist()
    [0, 1, 2]
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "results"

    def read(self, kind: str, key: str) -> dict[str, NDArray[Any]] | None:
        """Return an entry; `None` where it is absent or damaged."""
        path = self._path(kind, key)
        try:
            body = files.body_of(path.read_bytes())
            os.utime(path)
        except OSError:
            return None  # absent, or not readable: either way it is computed
        try:
            return None if body is None else files.unpacked(body)
        except (ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None  # whole, yet not what `write` writes

    def write(self, kind: str, key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep an entry, if it is not too large; `OSError` where the disk does not take it."""
        if sum(values.nbytes for values in arrays.values()) > LARGEST:
            return
        files.write(self._path(kind, key), files.packed(arrays))
        self._shrink()

    def has(self, kind: str, key: str) -> bool:
        """Whether there is an entry, whole or not."""
        return self._path(kind, key).is_file()

    def _path(self, kind: str, key: str) -> Path:
        return self.folder / kind / f"{key}.npz"

    def _shrink(self) -> None:
        found = []
        for path in self.folder.rglob("*.npz"):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue  # another process shrinks as well
            found.append((status.st_mtime_ns, status.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= MOST:
                break
            path.unlink(missing_ok=True)
            total -= size
