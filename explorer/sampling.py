"""The random sample of a review: what it was drawn from, what its answers are, and the file that keeps it.

A sample lasts as long as its items and the labels that they were given: the scores may be made anew, and the review
may be closed and opened again. What it was drawn from is frozen when it begins (`Frame`). Its answers are not stored a
second time: they follow from the labels as they stand, so that what is undone, or written elsewhere, counts as well.

The file is an `.npz` with a SHA-256 of it behind, named by the hash of the label store's id and the item ids, and moved
into its place whole. One that is damaged, or of other items or labels, is refused and set aside. No pickle.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer import sealed
from explorer.current import STATES
from explorer.detectors.noise import NoiseLevel
from explorer.detectors.remaining import Audit
from explorer.judging import DECIDED, SETTLED
from explorer.mixing import Sampling

if TYPE_CHECKING:
    from explorer.dataset import Dataset
    from explorer.detectors.remaining import Heard
    from explorer.labels import Store
    from explorer.labels.schema import Names

FLAGGED = STATES.index("flagged")

FORMAT = 1
"""Of the file; raised when an older one would be misread."""

LEVELS = ("floor", "disagreement", "by_chance", "overall")
"""What is kept of the estimated share of wrong labels."""

_UNREADABLE = (ValueError, KeyError, TypeError, EOFError, AttributeError, OverflowError, zipfile.BadZipFile)

log = logging.getLogger("explorer")


@dataclass(frozen=True, eq=False)
class Frame:
    """What a sample is drawn from. It never changes.

    Attributes
    ----------
    p_error
        float32 [N]: `p_error` when the sample began; NaN for items without a label, and for those decided on before.
    labels
        int32 [N]: the labels then, as positions in `classes`; -1 for none.
    classes
        Ids of the classes in the label store, which a rename leaves as they are.
    seed
        The draws follow from it.
    began
        When, UTC.
    noise
        Share of wrong labels as it was estimated then.
    """

    p_error: NDArray[np.float32]
    labels: NDArray[np.int32]
    classes: tuple[str, ...]
    seed: int
    began: dt.datetime
    noise: NoiseLevel | None = None


@dataclass(frozen=True, eq=False)
class Home:
    """Where the sample of some items belongs.

    Attributes
    ----------
    path
        Its file; `None` where it lasts only as long as the review.
    key
        Hash of the store's id and the item ids, whatever their order.
    sequence
        `Dataset.order`: positions mean something only together with it.
    by_id
        intp [N]: positions of the items in the order of their ids.
    branch
        Of the store: what is decided on one branch is not decided on another.
    kept
        Whether the file may be written: not that of a store that is only read.
    """

    path: Path | None
    key: str
    sequence: str
    by_id: NDArray[np.intp]
    branch: str = "main"
    kept: bool = True

    def is_of(self, dataset: Dataset, store: Store) -> bool:
        """Whether it is that of these items, in this order, on the branch that is read now."""
        return (self.sequence, self.branch) == (dataset.order, store.current_branch)

    @classmethod
    def of(cls, dataset: Dataset, store: Store, cache: bool | str | Path, temporary: bool) -> Home:
        """Find it: in the cache's folder, without a cache beside the store's file, for a temporary store nowhere."""
        from explorer.embedding.cache import location

        ids = [str(item) for item in dataset.item_ids]
        by_id = sorted(range(len(ids)), key=ids.__getitem__)
        branch = store.current_branch
        text = "\0".join([store.id, branch, *(ids[i] for i in by_id)])
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        path: Path | None = None
        if not temporary and cache is not False:
            path = (location() if cache is True else Path(cache).expanduser()) / "samples" / f"{key[:32]}.npz"
        elif not temporary and Path(store.path).is_file():
            path = Path(f"{store.path}.{key[:16]}.sample.npz")
        return cls(path, key, dataset.order, np.array(by_id, dtype=np.intp), branch, not store.read_only)


class _Reading(NamedTuple):
    """What a frame's classes read as: a code for each, and -1, int32 [K + 1]; the codes that some were split into."""

    codes: NDArray[np.int32]
    splits: dict[int, list[int]]


class Sample(Sampling):
    """A random sample: its frame, how far it has come, and what the labels as they stand answer.

    Parameters
    ----------
    frame
        Its rows are the items in the order that they had when it began.
    home
        Where it is kept.
    at
        intp [N]: position of each row's item; `None` where the items still stand in that order.
    asked, put
        As of `Sampling`.
    """

    def __init__(
        self,
        frame: Frame,
        home: Home,
        at: NDArray[np.intp] | None = None,
        asked: int = 0,
        put: Iterable[int] = (),
    ) -> None:
        audit = Audit.design(frame.p_error.astype(np.float64), seed=frame.seed, labels=frame.labels)
        super().__init__(audit, at, asked, put)
        self.frame, self.home = frame, home
        self._within = self.by_position(np.isfinite(frame.p_error))
        self._labels = self.by_position(frame.labels)
        self._read_with: tuple[Any, ...] = ()
        self._reading = _Reading(np.arange(len(frame.classes) + 1, dtype=np.int32), {})

    def read(self, names: Names, classes: Sequence[str]) -> None:
        """Take the classes as they are now, by code; renamed, merged and split ones read as the store reads them."""
        read_with = names.schema.id, tuple(classes)
        if read_with == self._read_with:
            return
        code = {name: at for at, name in enumerate(classes)}
        own = self.frame.classes
        codes = np.array([*(code.get(names.name(i), -1) for i in own), -1], dtype=np.int32)
        splits = {c: [code[n] for n in names.splits[i] if n in code] for c, i in enumerate(own) if i in names.splits}
        self._read_with, self._reading = read_with, _Reading(codes, splits)
        labels = codes[self.frame.labels]
        if not np.array_equal(labels, self.audit.labels if self.audit.labels is not None else ()):
            self.audit = replace(self.audit, labels=labels)

    def fits(self, given: NDArray[np.int32]) -> bool:
        """Whether it was drawn from the labels that the items are given, int32 [N]; call `read` before.

        Of what had been decided before it began the given label is no matter: the sample is not about it.
        """
        about = self._within | (self._labels < 0)
        return np.array_equal(self._reading.codes[self._labels][about], given[about])

    def decided(self, states: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Return which items it is about have been decided on since it began, bool [N]."""
        found: NDArray[np.bool_] = np.isin(states, DECIDED) & self._within
        return found

    def untouched(self, states: NDArray[np.uint8]) -> bool:
        """Whether nothing hangs on it: nobody has decided on anything since, nor asked about any item."""
        return not self.asked and not self.decided(states).any()

    def marked(self, states: NDArray[np.uint8]) -> NDArray[np.intp]:
        """Return the items that it is about and that are marked: with the reason "wrong" that is an answer."""
        return np.flatnonzero((states == FLAGGED) & self._within)

    def answers(
        self, codes: NDArray[np.int32], states: NDArray[np.uint8], wrong: Iterable[int] = ()
    ) -> NDArray[np.float64]:
        """Return 1 where a label was found wrong since it began, 0 where it was kept, NaN elsewhere, float64 [N].

        Parameters
        ----------
        codes
            int32 [N]: class codes of the labels now.
        wrong
            Those of `marked` whose reason is "wrong": judged, whether or not somebody knows the right label.
        """
        reads, splits = self._reading
        right = codes == reads[self._labels]
        for label, into in splits.items():  # one of those that its class was split into says the same more exactly
            right |= (self._labels == label) & np.isin(codes, into)
        found = np.where(np.isin(states, SETTLED) & self._within, np.where(right, 0.0, 1.0), np.nan)
        found[list(wrong)] = 1
        return found

    def drawn_by(self, p_error: NDArray[np.floating[Any]]) -> bool:
        """Whether these are the scores that it was drawn by, float [N]; others may know more than it does."""
        return np.array_equal(self.frame.p_error, self.by_row(np.where(self._within, p_error, np.nan)), equal_nan=True)

    def beyond(self, p_error: NDArray[np.floating[Any]], states: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return `p_error` of items that it is not about and that are open now, NaN for others, float64 [N].

        Somebody had decided on these when it began, and that was taken back.
        """
        return np.where(~self._within & ~np.isin(states, DECIDED), p_error, np.nan).astype(np.float64)

    def hearing(
        self,
        answers: NDArray[np.float64],
        reached: int,
        elsewhere: bool = False,
        beyond: NDArray[np.float64] | None = None,
    ) -> Callable[[int], tuple[Heard, int]]:
        """Return the way to reckon what answers [N], by position, to so many draws say: it needs no lock.

        It takes how many draws are the fewest to rest on, and returns what the audit has heard, and how many answered
        draws stand for labels that are left. With fewer the audit has heard nothing: what the model believes says more.
        `elsewhere` and `beyond` (by position) are those of `Audit.hear`.
        """
        audit, noise, given = self.audit, self.frame.noise, self.by_row(answers)
        open_ = None if beyond is None else self.by_row(beyond)

        def hear(fewest: int) -> tuple[Heard, int]:
            otherwise = np.isfinite(given)
            otherwise[audit.draw(reached)] = False
            heard = audit.hear(given, reached, otherwise, noise, elsewhere=elsewhere, beyond=open_)
            draws = round(heard.standing)
            if draws < fewest:
                heard = audit.hear(given, 0, np.isfinite(given), noise, beyond=open_)
            return heard, len(heard.draws) or draws

        return hear

    # The file ----------------------------------------------------------------------------------------------------

    def keep(self) -> None:
        """Write it; a disk that does not take it costs its life beyond the review, which is said."""
        path = self.home.path
        if path is None or not self.home.kept:
            return
        frame = self.frame
        rows = np.arange(len(frame.labels))
        if self.at is not None:
            rows[self.at] = np.arange(len(rows))
        facts = {
            "format": FORMAT,
            "key": self.home.key,
            "classes": frame.classes,
            "seed": frame.seed,
            "began": frame.began.isoformat(),
            "asked": self.asked,
            "noise": None if frame.noise is None else {name: float(getattr(frame.noise, name)) for name in LEVELS},
        }
        arrays = {
            "facts": np.array(json.dumps(facts)),
            "p_error": frame.p_error,
            "labels": frame.labels,
            "row_by_id": rows[self.home.by_id].astype(np.int32),
            "put": rows[sorted(self.put)].astype(np.int32),
        }
        try:
            sealed.write(path, sealed.packed(arrays), durable=True)
        except OSError as error:
            log.warning(
                "The random sample cannot be kept in %s (%s): it ends when this review is closed, and the next one "
                "begins another.",
                path,
                error.strerror or error,
            )

    @classmethod
    def kept(cls, home: Home, names: Names, classes: Sequence[str], given: NDArray[np.int32]) -> Sample | None:
        """Return the sample that was kept of these items, `None` where there is none that fits.

        A file that is there and does not fit is set aside, and a warning says why and where. `Unread` where there is
        one that the system does not let us read.
        """
        if home.path is None:
            return None
        try:
            data = home.path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            log.warning(
                "The random sample in %s cannot be read (%s): one begins that lasts as long as this review, and the "
                "file stays as it is.",
                home.path,
                error.strerror or error,
            )
            raise Unread from error
        try:
            sample = cls._parsed(data, home)
            sample.read(names, classes)
            if not sample.fits(given):
                raise _Unfit("it was drawn from other given labels")
        except _UNREADABLE as error:
            why = str(error) if isinstance(error, _Unfit) else "it is damaged"
            _set_aside(home.path, why)
            return None
        return sample

    @classmethod
    def _parsed(cls, data: bytes, home: Home) -> Sample:
        body = sealed.body_of(data)
        if body is None:
            raise _Unfit("it is damaged")
        found = sealed.unpacked(body)
        facts = json.loads(str(found["facts"]))
        if facts["format"] != FORMAT:
            raise _Unfit("another version of this program wrote it")
        p_error, labels, row_by_id, put = (found[name] for name in ("p_error", "labels", "row_by_id", "put"))
        n, known = len(home.by_id), len(facts["classes"])
        if facts["key"] != home.key or not p_error.shape == labels.shape == row_by_id.shape == (n,):
            raise _Unfit("it is of other items")
        if not (
            [str(found[name].dtype) for name in ("p_error", "labels", "row_by_id", "put")]
            == ["float32", *["int32"] * 3]
            and np.array_equal(np.sort(row_by_id), np.arange(n))
            and (n == 0 or (labels.min() >= -1 and labels.max() < known))
            and (not len(put) or (put.min() >= 0 and put.max() < n))
            and 0 <= facts["asked"] < 2**31
        ):
            raise _Unfit("it is damaged")
        at = np.empty(n, dtype=np.intp)
        at[row_by_id] = home.by_id
        levels = facts["noise"]
        noise = None
        if levels is not None:
            noise = _level(*(float(levels[name]) for name in LEVELS))
        began = dt.datetime.fromisoformat(facts["began"])
        frame = Frame(p_error, labels, tuple(map(str, facts["classes"])), int(facts["seed"]), began, noise)
        moved = None if np.array_equal(at, np.arange(n)) else at
        return cls(frame, home, moved, int(facts["asked"]), at[put].tolist())


class Unread(Exception):
    """There is a file, and it cannot be read just now: it must not be written over."""


class _Unfit(ValueError):
    """Why a file is refused, in words that go on from "the file …: "."""


def level_of(noise: NoiseLevel | None) -> NoiseLevel | None:
    """Return what is kept of an estimated share of wrong labels."""
    return None if noise is None else _level(noise.floor, noise.disagreement, noise.by_chance, noise.overall)


def _level(floor: float, disagreement: float, by_chance: float, overall: float) -> NoiseLevel:
    return NoiseLevel(np.empty(0, dtype=np.int32), np.empty(0), floor, disagreement, by_chance, overall)


def _set_aside(path: Path, why: str) -> None:
    """Move a file that is refused out of the way, never over another one, and say so."""
    moved = next(p for n in range(1, 10_000) if not (p := path.with_name(f"{path.name}.refused-{n}")).exists())
    try:
        path.rename(moved)
        where = f"It was moved to {moved}"
    except OSError as error:
        where = f"It could not be moved out of the way ({error.strerror or error})"
    log.warning(
        "The file %s holds no random sample that goes on: %s. %s, and a new sample begins: what is decided stays "
        "decided, and the estimate of what is left begins anew.",
        path,
        why,
        where,
    )
