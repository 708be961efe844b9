"""An order of the items that does not depend on the order of the user's rows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def id_hashes(ids: Sequence[Any] | NDArray[Any], salt: str = "") -> NDArray[np.uint64]:
    """Hash every item id to 64 bits, uint64 [N]; equal on every machine and in every process."""
    prefix = salt.encode()
    digests = b"".join(hashlib.blake2b(prefix + str(i).encode(), digest_size=8).digest() for i in ids)
    return np.frombuffer(digests, dtype=np.uint64)


def canonical_order(ids: Sequence[Any] | NDArray[Any] | None, n: int) -> NDArray[np.intp]:
    """Return the positions of the items sorted by a hash of their ids, intp [N].

    Graph and probe compute in this order and put their results back, so that shuffling the rows shuffles the result
    and changes nothing else, not even the last bit of a float. Without ids the rows are taken as they come.
    """
    if ids is None:
        return np.arange(n, dtype=np.intp)
    return np.argsort(id_hashes(ids), kind="stable")
