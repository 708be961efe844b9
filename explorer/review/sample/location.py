"""Where the random sample of a review belongs: beside its label store, whatever is done with the cache.

A sample cannot be computed again, so it is not kept among what can. That of a store in a file lies beside that file,
and goes where its folder goes. That of a store on a server lies in the default cache folder.

Copies of a store have the same id. So the name of the file says which store it is of, and the file itself says where
that store was. Where a store has no sample of its own, those of the same labels elsewhere are looked for (`known`).
That of a store that is gone is the one of this store, which was moved; that of a store that is still there is copied,
and the two part. A folder that was moved whole took its store along, so a store is gone only if none stands beside the
file either. To find them again a note in the default cache folder says where each sample beside a store lies.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.utils import files
from explorer.utils.files import location

if TYPE_CHECKING:
    from explorer.dataset.dataset import Dataset
    from explorer.labels import Store

WIDE = 2**28
"""Bytes beyond which item ids are not laid out side by side to be sorted: one long id would make all as long."""

log = logging.getLogger("explorer")


class ItemOrder(NamedTuple):
    """The items that a sample is of. Takes a moment for a million of them, and no lock.

    Attributes
    ----------
    by_id
        intp [N]: positions in the order of the item ids.
    digest
        SHA-256 of the item ids, whatever their order.
    sequence
        `Dataset.order`: positions mean something only together with it.
    """

    by_id: NDArray[np.intp]
    digest: str
    sequence: str

    @classmethod
    def of(cls, dataset: Dataset) -> ItemOrder:
        """Sort the item ids, and hash them."""
        ids = [str(item).encode("utf-8", "surrogatepass") for item in dataset.item_ids]
        longest = max(map(len, ids), default=0)
        if len(ids) * longest <= WIDE:
            values = np.array(ids, dtype=f"S{max(1, longest)}")
            by_id = np.argsort(values, kind="stable")
            digest = hashlib.sha256(values[by_id].tobytes() + str(values.dtype).encode()).hexdigest()
        else:
            by_id = np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.intp)
            digest = hashlib.sha256(b"\0".join([ids[i] for i in by_id.tolist()])).hexdigest()
        return cls(by_id, digest, dataset.order)


@dataclass(frozen=True, eq=False)
class Location:
    """Where the sample of some items belongs.

    Attributes
    ----------
    path
        Its file; `None` where it lasts only as long as the review.
    key
        Hash of the store's id, the branch and the item ids, whatever their order.
    place
        Where the store is: its file, or its server and database.
    items
        That it is of.
    branch
        Of the store: what is decided on one branch is not decided on another.
    kept
        Whether the file may be written: not that of a store that is only read.
    """

    path: Path | None
    key: str
    place: str
    items: ItemOrder
    branch: str = "main"
    kept: bool = True

    def is_of(self, dataset: Dataset, store: Store) -> bool:
        """Whether it is that of these items, in this order, on the branch that is read now."""
        return (self.items.sequence, self.branch) == (dataset.order, store.current_branch)

    @classmethod
    def of(cls, items: ItemOrder, store: Store, temporary: bool) -> Location:
        """Find it: beside the store's file; in the default cache folder for a server's; nowhere for a temporary one."""
        branch = store.current_branch
        text = "\0".join([store.id, branch, items.digest])
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        path: Path | None = None
        place = str(store.path)
        if "://" not in place:
            file = Path(place).resolve()  # two names of one file are one store
            place = str(file)
            path = file.with_name(f"{file.name}{_ending(key)}")
        else:
            path = _folder() / f"{_name(key, place)}.npz"
        return cls(None if temporary else path, key, place, items, branch, not store.read_only)

    @property
    def mode(self) -> int | None:
        """Who may read and write the file: whoever may read and write the store's. `None` on a server."""
        try:
            return Path(self.place).stat().st_mode & 0o666 if self._beside else None
        except OSError:
            return None  # the store's file is gone, and whoever writes to it is told

    @property
    def _beside(self) -> bool:
        return "://" not in self.place

    @property
    def _note(self) -> Path:
        return _folder() / f"{_name(self.key, self.place)}.at"

    def note(self) -> None:
        """Note where the file is, so that it is found when the store alone is moved or copied.

        Whoever calls holds the store's lock for writers.
        """
        if self.path is None or not self._beside:
            return
        text = str(self.path).encode("utf-8", "surrogateescape")
        try:
            if not self._note.exists() or self._note.read_bytes() != text:
                files.put(self._note, text, durable=True, alone=True)
        except OSError as error:
            log.info("It could not be noted in %s where the random sample %s lies: %s.", self._note, self.path, error)

    def known(self) -> list[Path]:
        """Return the files of samples of the same labels in other places, also ones that are there no longer."""
        found = [*_folder().glob(f"{self.key[:32]}-*.npz")]
        for note in _folder().glob(f"{self.key[:32]}-*.at"):
            try:
                found.append(Path(note.read_text(encoding="utf-8", errors="surrogateescape")))
            except OSError as error:
                log.info("The note %s of where a random sample lies cannot be read: %s.", note, error)
        if self._beside:
            found += Path(self.place).parent.glob(f"*{_ending(self.key)}")
        return [path for path in dict.fromkeys(found) if path != self.path]

    def is_gone(self, path: Path, place: str) -> bool:
        """Whether the store of a sample's file is gone: it is not in its `place`, and none is beside the file.

        Of a server nobody can say, nor of a folder that one may not look into: what may be there is not gone.
        """
        beside = path.with_name(path.name.removesuffix(_ending(self.key)))
        return "://" not in place and _absent(Path(place)) and _absent(beside)

    def left_behind(self, path: Path, place: str) -> None:
        """Delete a file that a store which is now here left where it was, and the note of it."""
        for file in (path, _folder() / f"{_name(self.key, place)}.at"):
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                log.info("%s, which goes on in %s, could not be deleted: %s.", file, self.path, error)


def _absent(file: Path) -> bool:
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _ending(key: str) -> str:
    """Return what follows the name of a store's file in that of its sample's."""
    return f".{key[:16]}.sample.npz"


def _folder() -> Path:
    return location() / "samples"


def _name(key: str, place: str) -> str:
    return f"{key[:32]}-{hashlib.sha256(place.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
