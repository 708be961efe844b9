"""Lives of a store on a recorded disk, and what is left of it when the power fails at some moment of one."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from disk import Recording
from stream import Deed, State, deeds, opened, state
from vfs import Disk, recorded

from explorer import labels
from explorer.labels import StoreError

NAME = "pets.labels.db"


@dataclass(frozen=True)
class Life:
    """A store from its opening on.

    Attributes
    ----------
    states
        What it said when it was opened, and after each deed.
    ends
        Number of steps of the disk at those moments: from there on the deed was acknowledged.
    """

    recording: Recording
    todo: list[Deed]
    states: list[State]
    ends: list[int]


def live(folder: Path, todo: list[Deed], pragmas: Sequence[str] = (), more: Sequence[str] = ()) -> Life:
    """Open a store, do things, and write down what was asked of the disk."""
    disk = Disk(folder)
    with recorded(disk, tuple(pragmas), tuple(more)):
        store = labels.open(folder / NAME, rater="ann")
        states, ends = [state(store)], [0]  # 0: what was there before counts as acknowledged, also while it is opened
        for deed in todo:
            deed.do(store)
            ends.append(len(disk.recording.steps))
            states.append(state(store))
        store.close()
    disk.unregister()
    return Life(disk.recording, todo, states, ends)


def lay(files: dict[str, bytes], folder: Path) -> Path:
    """Make a folder with these files; return the path of the store in it."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder / NAME


def after_the_cut(life: Life, after: int, path: Path) -> tuple[str, State | None]:
    """Open what is left with the shipped engine and say what is wrong with it; "" is nothing.

    Returns
    -------
    problem, state
        "lost": something acknowledged is missing. "damaged": the store says so, or `verify()` does. "other": neither
        what was acknowledged nor that and the deed that was under way. "doubled": repeating the deed that was under way
        or one before it changed what it should not. And what the store said when it was opened.
    """
    done = sum(end <= after for end in life.ends) - 1
    allowed = life.states[done : done + 2]
    try:
        with labels.open(path, rater="ann") as store:
            found = state(store)
            verified = store.verify()
            if not frozenset(life.states[done].commits) <= frozenset(found.commits):
                return "lost", found
            if not verified.ok:
                return f"damaged: {verified.problem}", found
            if found not in allowed:
                return "other", found
            if done > 0:
                life.todo[done - 1].do(store)
                if state(store) != found:
                    return "doubled", found
            if done < len(life.todo):
                life.todo[done].do(store)
                again = state(store)
                written = len(life.states[done + 1].commits) - len(life.states[done].commits)
                if len(again.commits) != len(life.states[done].commits) + written or (
                    found == life.states[done + 1] and again != found
                ):
                    return "doubled", found
                labelled = [{i: cell[:2] for i, cell in s.cells.items()} for s in (again, life.states[done + 1])]
                if labelled[0] != labelled[1] or not store.verify().ok:
                    return "other", found
            return "", found
    except StoreError as error:
        return f"damaged: {error}", None


def cuts(
    tmp_path: Path, lives: int, each: int, seed: int, pragmas: Sequence[str] = (), more: Sequence[str] = ()
) -> tuple[Counter[str], int]:
    """Cut the power many times; a life goes on from one of the cuts of the life before.

    Returns
    -------
    found, caught
        How often each outcome of `after_the_cut` came about, "" being nothing; and how many cuts came in the middle of
        a deed whose changes were in the file already, so that opening had something to roll back or to keep.
    """
    rng = random.Random(seed)
    found: Counter[str] = Counter()
    caught = 0
    seen: set[bytes] = set()
    folder = tmp_path / "start"
    folder.mkdir()
    opened(folder / NAME).close()
    for number in range(lives):
        before = {p.name: p.read_bytes() for p in folder.iterdir()}
        start = after_the_cut(Life(Recording(before), [], [_looked_at(before, tmp_path)], [0]), 0, _copy(folder))
        life = live(folder, deeds(f"{seed}/{number}", 12, rng), pragmas, more)
        if start[1] != life.states[0]:
            found["mended in two ways"] += 1
        for _ in range(each):
            after = rng.randint(0, len(life.recording.steps))
            files = life.recording.cut(after, rng)
            caught += after not in life.ends and files[NAME] not in seen
            seen.add(files[NAME])
            path = lay(files, tmp_path / "cut")
            outcome = after_the_cut(life, after, path)[0]
            found[outcome.split(":", maxsplit=1)[0]] += 1
        if not outcome:
            folder = lay(files, tmp_path / f"life-{number + 1}").parent
    return found, caught


def _copy(folder: Path) -> Path:
    return lay({p.name: p.read_bytes() for p in folder.iterdir()}, folder.with_name("copy"))


def _looked_at(files: dict[str, bytes], tmp_path: Path) -> State:
    with labels.open(lay(files, tmp_path / "looked at"), rater="ann") as store:
        return state(store)
