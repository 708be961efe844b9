"""Vectors on disk: one `.npy` file a chunk of items, named by the hash of everything the vectors depend on.

What an embedder fitted is one `.npz` file beside them: the arrays of a fit only make sense together. Files are written
beside their name and moved onto it, so that a reader never sees half a file. A SHA-256 of the content follows it (numpy
ignores what comes after an array), so that a damaged file is found and computed again. No pickle.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.utils import files
from explorer.utils.files import location

_STATE = "state.npz"
_FORMAT = 2  # raised when vectors of the same key would come out differently


def size(folder: Path | None = None) -> int:
    """Return how many bytes the cached vectors take."""
    return sum(path.stat().st_size for path in ((folder or location()) / "vectors").rglob("*.np[yz]"))


def clear(folder: Path | None = None) -> None:
    """Delete all cached vectors."""
    shutil.rmtree((folder or location()) / "vectors", ignore_errors=True)


class Cache:
    """The cached vectors of one embedder with one set of options.

    Parameters
    ----------
    folder
        The cache as a whole.
    what
        Plain JSON: embedder, revision, options, and the dataset's digest where the embedder is fitted to it.
    """

    def __init__(self, folder: Path, what: dict[str, Any]) -> None:
        text = json.dumps({"format": _FORMAT, **what}, sort_keys=True, ensure_ascii=False)
        self.folder = folder / "vectors" / hashlib.sha256(text.encode()).hexdigest()[:32]

    @staticmethod
    def key(content_hashes: Iterable[str]) -> str:
        """Return the name of a chunk: the hash of its items' content hashes, in order."""
        sha = hashlib.sha256()
        for value in content_hashes:
            sha.update(value.encode() + b"\n")
        return sha.hexdigest()

    def read(self, key: str, rows: int) -> NDArray[np.float32] | None:
        """Return the vectors [rows, D] of a chunk, or `None` if they are absent or damaged."""
        vectors = self._read(self.folder / f"{key}.npy")
        if vectors is None or vectors.dtype != np.float32 or vectors.ndim != 2 or len(vectors) != rows:
            return None
        return vectors

    def write(self, key: str, vectors: NDArray[np.float32]) -> None:
        """Store the vectors of a chunk; `OSError` where the disk does not take them."""
        self._write(self.folder / f"{key}.npy", vectors)

    def read_state(self) -> dict[str, NDArray[Any]] | None:
        """Return the fitted arrays by name, or `None` if they are absent or damaged: all of them or none."""
        body = self._read_body(self.folder / _STATE)
        if body is None:
            return None
        try:
            return files.unpacked(body)
        except (OSError, ValueError, KeyError, EOFError, AttributeError, TypeError, zipfile.BadZipFile):
            return None  # whole, yet not what `write_state` writes

    def write_state(self, state: dict[str, NDArray[Any]]) -> None:
        """Store fitted arrays together; `OSError` where the disk does not take them."""
        files.write(self.folder / _STATE, files.packed(state))

    @classmethod
    def _read(cls, path: Path) -> NDArray[Any] | None:
        body = cls._read_body(path)
        if body is None:
            return None
        values: NDArray[Any] = np.load(io.BytesIO(body), allow_pickle=False)
        return values

    def _write(self, path: Path, values: NDArray[Any]) -> None:
        buffer = io.BytesIO()
        np.save(buffer, values, allow_pickle=False)
        files.write(path, buffer.getvalue())

    @staticmethod
    def _read_body(path: Path) -> bytes | None:
        try:
            data = path.read_bytes()
        except OSError:
            return None  # absent, or not readable: either way it is computed
        return files.body_of(data)
