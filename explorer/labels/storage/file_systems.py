"""Whether a file lies on a network file system, whose locks and syncs SQLite cannot rely on."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path

_NETWORK = (
    "nfs", "cifs", "smb", "afpfs", "afs", "webdav", "davfs", "lustre", "ceph", "glusterfs", "gpfs", "beegfs",
    "ncpfs", "panfs", "orangefs", "pvfs", "fuse.sshfs", "fuse.rclone", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs",
    "fuse.gcsfuse", "fuse.davfs", "fuse.juicefs", "fuse.smbnetfs",
)  # fmt: skip
"""How the names of such file systems begin."""


class StoreWarning(UserWarning):
    """A label store works, but not as safely as it could."""


def file_system(path: Path) -> str | None:
    """Return the name of the network file system that a path lies on, such as "nfs4", and `None` on a local one.

    Nothing is found out where the system does not say what is mounted.
    """
    import psutil

    found: tuple[int, str] = (-1, "")
    real = path.resolve()
    for mounted in psutil.disk_partitions(all=True):
        point = Path(mounted.mountpoint)
        # Of two on the same point the later one hides the earlier one.
        if (real == point or point in real.parents) and len(point.parts) >= found[0]:
            found = len(point.parts), mounted.fstype
    return found[1] if mounted_remotely(found[1]) else None


def mounted_remotely(name: str) -> bool:
    """Tell whether a file system of this name keeps its files on another machine."""
    return name.lower().startswith(_NETWORK)


def warn(path: Path) -> str | None:
    """Return what `file_system` does, and warn once per path if it is a network file system."""
    name = file_system(path)
    if name is not None:
        _warn(path, name)
    return name


@cache
def _warn(path: Path, name: str) -> None:
    """Warn, once a process for each path."""
    warnings.warn(
        f"The label store {path} lies on a network file system ({name}), where locks and syncs may not hold: two "
        "machines that write at once can damage it. Keep it on a local disk, or on a server that several people "
        'share: store="postgresql://user@host/database".',
        StoreWarning,
        stacklevel=3,
    )
