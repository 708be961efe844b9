"""Which embedders there are. A new one is one file and one `register` call."""

from __future__ import annotations

import difflib
import importlib.util
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from explorer.dataset.dataset import Dataset
from explorer.embedding.base import Embedder
from explorer.errors import DataError, UnknownName
from explorer.media.base import MediaKind


@dataclass(frozen=True, eq=False)
class Request:
    """What a factory may use: the name as the person wrote it, the dataset, the device and the person's options."""

    name: str
    dataset: Dataset
    device: str
    seed: int
    options: dict[str, Any]

    def make(self, create: Callable[..., Embedder], **fixed: Any) -> Embedder:
        """Call `create` with the person's options; one that it does not know is an error with the nearest names."""
        known = [n for n in inspect.signature(create).parameters if n not in fixed]
        for option in self.options:
            if option not in known:
                raise UnknownName(f"option of the embedder {self.name!r} called", option, known)
        return create(**fixed, **self.options)


@dataclass(frozen=True)
class Entry:
    """One embedder, or one family of them told by a prefix.

    Attributes
    ----------
    name
        What people write. A trailing ":" marks a prefix ("timm:"), angle brackets a description ("<model id>").
    kinds
        Media kinds that it takes.
    line
        One line for people.
    create
        Makes the embedder from a `Request`.
    needs
        Module that must be installed, or "".
    """

    name: str
    kinds: tuple[MediaKind, ...]
    line: str
    create: Callable[[Request], Embedder]
    needs: str = ""

    @property
    def installed(self) -> bool:
        """Say whether the module it needs is there."""
        return not self.needs or importlib.util.find_spec(self.needs) is not None


class Available(NamedTuple):
    """One line of `available`."""

    name: str
    line: str
    installed: bool


_entries: dict[str, Entry] = {}


def register(entry: Entry) -> None:
    """Add an embedder, or replace the one of the same name."""
    _entries[entry.name] = entry


def available(kind: MediaKind | None = None) -> list[Available]:
    """List the embedders for a media kind (all without one), in the order of registration."""
    return [Available(e.name, e.line, e.installed) for e in _entries.values() if kind is None or kind in e.kinds]


def find(name: str, kind: MediaKind) -> Entry:
    """Return the entry for a name: an exact one, a prefix, or the family that takes model ids and folders.

    Raises
    ------
    UnknownName
        A name that is none, or looks like a slip of one.
    DataError
        The embedder does not take this media kind.
    """
    entry = _entries.get(name)
    if entry is None:
        entry = next((e for e in _entries.values() if e.name.endswith(":") and name.startswith(e.name)), None)
    if entry is None:
        families = [e for e in _entries.values() if e.name.startswith("<")]
        names = [e.name for e in _entries.values() if kind in e.kinds and not e.name.startswith("<")]
        slip = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
        entry = next((e for e in families if kind in e.kinds), None)
        if entry is None or slip:
            raise UnknownName("embedder", name, names, f"It is for items of kind {kind!r}.")
    if kind not in entry.kinds:
        fitting = ", ".join(repr(e.name) for e in _entries.values() if kind in e.kinds)
        raise DataError(
            f"The embedder {name!r} takes {' or '.join(entry.kinds)} items; these are {kind} items.",
            f"For them there is {fitting}.",
        )
    return entry
