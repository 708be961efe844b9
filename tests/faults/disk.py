"""A disk that loses power: what was asked of it, and what may be on it afterwards.

The model is that of a POSIX file system without any promise beyond `fsync`. What was written to a file and not synced
since is there whole, not at all, or in part (torn at sectors), each write for itself and in no order. The size of a
file may have grown without the data. A name that was made or removed and whose folder was not synced since may or may
not be so, in the order of what happened to that name. What was synced is there.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Make:
    """A name came to be; `inode` tells the file apart from one that had the name before."""

    name: str
    inode: int


@dataclass(frozen=True, slots=True)
class Remove:
    """A name went away."""

    name: str


@dataclass(frozen=True, slots=True)
class SyncFolder:
    """Names are as they are now, for good."""


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes of a file changed."""

    inode: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    """A file was cut."""

    inode: int
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    """The bytes and the size of a file are as they are now, for good."""

    inode: int


Step = Make | Remove | SyncFolder | Write | Truncate | Sync


@dataclass
class Recording:
    """What was asked of a disk, in order, from a state that is on it for good.

    Attributes
    ----------
    start
        Bytes of each file, by name; the i-th of them has inode i.
    steps
        What happened since.
    """

    start: dict[str, bytes]
    steps: list[Step] = field(default_factory=list)

    def cut(self, after: int, rng: random.Random) -> dict[str, bytes]:
        """Return what is on the disk when the power fails after so many steps: one of the many possibilities."""
        files = {i: bytearray(data) for i, data in enumerate(self.start.values())}
        names: dict[str, int] = {name: i for i, name in enumerate(self.start)}
        moves: dict[str, list[int | None]] = {}  # what happened to each name and is not synced
        waiting: dict[int, list[Write | Truncate]] = {}  # what happened to each file and is not synced
        for step in self.steps[:after]:
            match step:
                case Make(name, inode):
                    moves.setdefault(name, []).append(inode)
                    files[inode] = bytearray()
                case Remove(name):
                    moves.setdefault(name, []).append(None)
                case SyncFolder():
                    for name, through in moves.items():
                        _point(names, name, through[-1])
                    moves.clear()
                case Sync(inode):
                    for change in waiting.pop(inode, []):
                        _apply(files[inode], change)
                case Write(inode) | Truncate(inode):
                    waiting.setdefault(inode, []).append(step)
        for name, through in moves.items():
            if reached := rng.randint(0, len(through)):
                _point(names, name, through[reached - 1])
        # Often nothing, or all but one, of what waits is there: those are the states where an order was relied on.
        likely = rng.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        for inode, changes in waiting.items():
            missed = rng.randrange(len(changes)) if rng.random() < 0.2 else -1
            for i, change in enumerate(changes):
                _maybe(files[inode], change, 0.0 if i == missed else likely, rng)
        return {name: bytes(files[inode]) for name, inode in names.items()}


def _point(names: dict[str, int], name: str, inode: int | None) -> None:
    if inode is None:
        names.pop(name, None)
    else:
        names[name] = inode


def _apply(file: bytearray, change: Write | Truncate) -> None:
    size = change.size if isinstance(change, Truncate) else change.offset + len(change.data)
    if isinstance(change, Truncate):
        del file[size:]
    if len(file) < size:
        file.extend(bytes(size - len(file)))
    if isinstance(change, Write):
        file[change.offset : size] = change.data


def _maybe(file: bytearray, change: Write | Truncate, likely: float, rng: random.Random) -> None:
    """Let a change that was not synced be there whole, in part or not at all."""
    if rng.random() < likely:
        _apply(file, change)
    elif isinstance(change, Write):
        if rng.random() < 0.5:  # some of its sectors
            end = change.offset + len(change.data)
            there = rng.choice((0.2, 0.5, 0.8))
            for first in range(change.offset - change.offset % SECTOR, end, SECTOR):
                if rng.random() < there:
                    start, stop = max(first, change.offset), min(first + SECTOR, end)
                    _apply(file, Write(change.inode, start, change.data[start - change.offset : stop - change.offset]))
        if rng.random() < 0.3 and len(file) < change.offset + len(change.data):  # the size alone
            file.extend(bytes(change.offset + len(change.data) - len(file)))
