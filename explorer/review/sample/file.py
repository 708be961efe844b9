"""The file of a random sample: written whole, read whole, and shared by all reviews of a store.

It is an `.npz` with a SHA-256 of it behind, moved into its place at once. One that is damaged, or of other items or
labels, is refused and set aside, never written over. No pickle.

Several reviews may have the same store open, in one process or in many. Whoever changes the file holds the store's own
lock for writers, and reads it again first: of the same sample everything counts that any of them asked about, and
of two samples the newer one stands. The others take that over as soon as they look.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.labels import StoreError
from explorer.review.sample.codec import OtherLabels, Refused, packed, parsed
from explorer.review.sample.draws import Sample
from explorer.review.sample.frame import Reading
from explorer.review.sample.location import Location
from explorer.utils import files

if TYPE_CHECKING:
    from explorer.labels import Store


log = logging.getLogger("explorer")


class SampleFile:
    """The file of a sample, as one review sees it. Whoever calls holds that review's lock.

    Attributes
    ----------
    home
        Where it belongs.
    """

    def __init__(self, home: Location, store: Store) -> None:
        self.home = home
        self._store = store
        self._path = home.path  # `None` once it must be left alone
        self._seen: tuple[int, int, int] | None = None
        self._place = home.place  # where the file that was last read says that its store is

    def changed(self) -> bool:
        """Whether somebody has written it since it was last read or written here: one look at the folder."""
        return self._path is not None and self._mark() != self._seen

    def find(self, now: Reading) -> Sample | None:
        """Return the sample that was kept, here or of the same labels elsewhere; `None` where there is none that fits.

        A file that does not fit is set aside, and a warning says why and where. One that the system does not let us
        read is left alone from now on, and a warning says so.
        """
        try:
            found = self._fitting(now)
        except Refused:
            with ExitStack() as held:  # somebody else may have set it aside, and begun another
                return self._sound(now, self._hold(held), opening=True)
        if found is None:
            return self._elsewhere(now)
        if self._place != self.home.place and self.home.kept:
            # All of the folder was moved or copied. The old place would tell a copy of the store that this one is gone.
            with self.changing(found, now) as standing:
                return standing
        return found

    def newest(self, sample: Sample, now: Reading) -> Sample:
        """Return the sample that stands: this one, with what others have asked, or a newer one of theirs."""
        if not self.changed():
            return sample
        try:
            return _standing(sample, self._fitting(now))
        except Refused:
            with self.changing(sample, now) as standing:  # set aside, and written anew
                return standing

    @contextmanager
    def changing(self, sample: Sample, now: Reading) -> Iterator[Sample]:
        """Change the sample that stands, alone among all reviews; it is written when the block ends.

        A disk or a store that does not take it costs its life beyond the review, which is said.
        """
        with ExitStack() as held:
            mine = self._hold(held)
            standing = _standing(sample, self._sound(now, mine))
            yield standing
            if mine:
                self._write(standing)

    def begin(self, new: Sample, now: Reading, over: Sample | None, *, meant: bool) -> Sample:
        """Put a new sample in the place of another; returns the one that stands.

        Parameters
        ----------
        over
            The one it is begun for; where somebody has asked about that since, or begun another, theirs stands.
        meant
            Somebody asked for a new one: only a newer one stands.
        """
        with ExitStack() as held:
            mine = self._hold(held)
            found = self._sound(now, mine) if mine else None
            if found is not None:
                before = new if meant else over
                same = before is not None and found.frame.id == before.frame.id
                if before is None or (found.asked > 0 if same else found.newer(before)):
                    return found
            if mine:
                self._write(new)
            return new

    # Reading -----------------------------------------------------------------------------------------------------

    def _mark(self) -> tuple[int, int, int] | None:
        assert self._path is not None
        try:
            stat = self._path.stat()
        except OSError:
            return None  # absent; where the system fails, reading says so
        return stat.st_mtime_ns, stat.st_ino, stat.st_size

    def _fitting(self, now: Reading) -> Sample | None:
        """Return the sample in the file, `None` where there is none to be read; `Refused` where it does not fit."""
        if self._path is None:
            return None
        self._seen = self._mark()  # before it is read: what is written meanwhile is seen at the next look
        try:
            data = self._path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            log.warning(
                "The random sample in %s cannot be read (%s): what is drawn from now on lasts as long as this review, "
                "and the file stays as it is.",
                self._path,
                error.strerror or error,
            )
            self._path = None
            return None
        sample, self._place = parsed(data, self.home, now)
        return sample

    def _sound(self, now: Reading, mine: bool, *, opening: bool = False) -> Sample | None:
        """Return the sample in the file; one that does not fit is set aside, where the file is `mine` to change.

        One of other given labels that came while this review was open is another review's: it is left alone.
        """
        try:
            return self._fitting(now)
        except Refused as refused:
            assert self._path is not None
            if isinstance(refused, OtherLabels) and not opening:
                self._leave("another review of the store has begun one, drawn from other given labels")
            elif mine:
                _set_aside(self._path, str(refused))
                self._seen = None
            else:
                self._leave(str(refused))
            return None

    def _leave(self, why: str) -> None:
        log.warning(
            "The file %s holds no random sample that goes on here: %s. It stays as it is, and what is drawn from now "
            "on lasts as long as this review.",
            self._path,
            why,
        )
        self._path = None

    def _elsewhere(self, now: Reading) -> Sample | None:
        """Return the sample of the same labels in another place, and write it here; see `sample.location`."""
        if self._path is None:
            return None
        best: tuple[tuple[bool, dt.datetime, str, int], Sample, Path, str] | None = None
        for path in self.home.known():
            try:
                sample, place = parsed(path.read_bytes(), self.home, now)
                gone = self.home.is_gone(path, place)
            except (OSError, ValueError) as error:  # that of another place: it is for those there to set it aside
                log.info("The random sample in %s is not taken over: %s.", path, error)
                continue
            rank = gone, sample.frame.began, sample.frame.id, sample.asked
            if best is None or rank > best[0]:
                best = rank, sample, path, place
        if best is None:
            return None
        (gone, *_), found, path, place = best
        log.info(
            "The random sample in %s goes on in %s: the label store was %s.",
            path,
            self._path,
            "moved" if gone else "copied",
        )
        with ExitStack() as held:
            mine = self._hold(held)
            standing = _standing(found, self._sound(now, mine))
            written = mine and self._write(standing)
            # The store may have come back while this one was waited for.
            if written and gone and standing is found and self.home.is_gone(path, place):
                self.home.left_behind(path, place)
        return standing

    # Writing -----------------------------------------------------------------------------------------------------

    def _hold(self, held: ExitStack) -> bool:
        """Hold the store's lock for writers until the stack ends; says whether the file may be changed."""
        if self._path is None or not self.home.kept:
            return False
        try:
            held.enter_context(self._store.working_copy.backend.exclusive(self.home.branch))
        except StoreError as error:
            self._ends_with_review(str(error))
            return False
        return True

    def _write(self, sample: Sample) -> bool:
        """Write a sample, and say whether it is kept. Whoever calls holds the store's lock for writers."""
        if self._path is None:
            return False
        try:
            files.write(self._path, packed(sample, self.home), durable=True, mode=self.home.mode, alone=True)
        except OSError as error:
            self._ends_with_review(error.strerror or str(error))
            return False
        self._seen = self._mark()
        self.home.note()
        return True

    def _ends_with_review(self, why: str) -> None:
        log.warning(
            "The random sample cannot be kept in %s (%s): what was asked about since it was last kept is known until "
            "this review is closed.",
            self._path,
            why,
        )


def _standing(sample: Sample, found: Sample | None) -> Sample:
    """Return the newer one; of the same one what either knows has been asked about."""
    if found is None:
        return sample
    if found.frame.id == sample.frame.id:
        sample.join(found)
        return sample
    return found if found.newer(sample) else sample


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
