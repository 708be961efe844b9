"""Many processes that write to a few cells of one store, run as a program: see `race`.

It is started as a process of its own and forks the writers, so that dozens of them cost one start of Python.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ITEMS = 4
"""Cells that all writers write to."""


@dataclass(frozen=True)
class Race:
    """What the writers saw and did, in seconds of one clock that all processes share.

    Attributes
    ----------
    reads
        {item, event, began, ended}: the event that was shown.
    writes
        {item, seen, event, op, began, ended}: acknowledged.
    conflicts
        {item, seen, cited, began, ended}: refused, with the event that the refusal cites.
    """

    reads: list[dict[str, Any]]
    writes: list[dict[str, Any]]
    conflicts: list[dict[str, Any]]
    seconds: float

    def text(self) -> str:
        """Say how fast and how fair it was."""
        took = sorted(w["ended"] - w["began"] for w in self.writes)
        slowest = max(x["ended"] - x["began"] for x in (*self.reads, *self.conflicts, *self.writes))
        each: dict[str, int] = {}
        for write in self.writes:
            who = write["op"].split("/")[0]
            each[who] = each.get(who, 0) + 1
        return (
            f"{len(self.writes) / self.seconds:.0f} commits/s, {len(self.conflicts)} conflicts to {len(self.writes)} "
            f"commits; a commit took {took[len(took) // 2] * 1e3:.1f} ms (median), "
            f"{took[len(took) * 99 // 100] * 1e3:.0f} ms (99 %), {took[-1] * 1e3:.0f} ms (slowest); "
            f"the slowest call of all, refused or not, took {slowest * 1e3:.0f} ms; "
            f"commits of a writer: {min(each.values())} to {max(each.values())} ({len(each)} writers)"
        )


def race(where: str, writers: int, seconds: float, folder: Path, timeout: float = 30.0) -> Race:
    """Let processes write to the items `item-0000` … of a store for a while."""
    command = [sys.executable, __file__, where, str(writers), str(seconds), str(folder), str(timeout)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = [json.loads((folder / f"{n}.json").read_text()) for n in range(writers)]
    return Race(*([x for one in found for x in one[key]] for key in ("reads", "writes", "conflicts")), seconds)


def check(told: Race, log: list[tuple[str, str, str]], base: dict[str, str]) -> None:
    """Make sure that what the writers were told can have been so.

    Parameters
    ----------
    log
        (item, event, why) of all events, oldest first.
    base
        What a writer sees at an item that has no event.
    """
    writes = {w["event"]: w for w in told.writes}
    assert len(writes) == len(told.writes)
    events = [event for _, event, _ in log]
    assert sorted(events) == sorted(writes)  # no update is lost, none is there twice, none that nobody was told of
    assert len(frozenset(why for *_, why in log)) == len(log)
    order = {event: n for n, event in enumerate(events)}
    chains: dict[str, list[str]] = {item: [seen] for item, seen in base.items()}
    for item, event, why in log:
        write = writes[event]
        assert (write["item"], write["op"]) == (item, why)
        assert write["seen"] == chains[item][-1]  # it was made by somebody who saw the one before it
        chains[item].append(event)
    after = {(item, event): chain[n + 1] for item, chain in chains.items() for n, event in enumerate(chain[:-1])}
    for look in (*told.reads, *({**c, "event": c["cited"]} for c in told.conflicts)):
        event, cell = look["event"], (look["item"], look["event"])
        assert event in chains[look["item"]]
        # It was current at some moment of the call: it was not written after, and not followed before.
        assert event not in writes or writes[event]["began"] <= look["ended"]
        assert cell not in after or writes[after[cell]]["ended"] >= look["began"]
    for conflict in told.conflicts:
        assert order[conflict["cited"]] > order.get(conflict["seen"], -1)


def _write(where: str, name: str, ready: int, begin: int, seconds: float, timeout: float) -> dict[str, Any]:
    from explorer import labels
    from explorer.labels import Conflict

    server = where.startswith("postgresql:")
    reads, writes, conflicts = [], [], []
    with labels.open(where, rater=None if server else name, timeout=timeout) as store:
        store.get("item-0000")
        os.write(ready, b".")
        os.read(begin, 1)  # returns when everybody is there
        stop = time.monotonic() + seconds
        n = 0
        while time.monotonic() < stop or not writes:  # whoever is kept out for good is found by the test's time limit
            item = f"item-{(n * 7 + len(conflicts)) % ITEMS:04d}"
            began = time.monotonic()
            cell = store.get(item)
            ended = time.monotonic()
            reads.append({"item": item, "event": cell.event, "began": began, "ended": ended})
            op = f"{name}/{n}"
            told = {"item": item, "seen": cell.event, "op": op, "began": time.monotonic()}
            try:
                commit = store.set(item, ("cat", "dog", "emu")[n % 3], expected=cell.event, why=op, op_id=op)
                writes.append({**told, "event": commit.events[0].id, "ended": time.monotonic()})
                n += 1
            except Conflict as conflict:
                (now,) = conflict.cells
                conflicts.append({**told, "cited": now.event, "ended": time.monotonic()})
    return {"reads": reads, "writes": writes, "conflicts": conflicts}


def main() -> None:
    """Fork the writers, let them begin together, and fail if one of them fails."""
    where, count, seconds, folder, timeout = sys.argv[1:]
    import explorer.labels  # noqa: F401  # before the forks, once for all

    begin, go = os.pipe()
    here, ready = os.pipe()
    children = []
    for n in range(int(count)):
        child = os.fork()
        if child == 0:
            os.close(go)
            told = _write(where, f"writer{n}", ready, begin, float(seconds), float(timeout))
            Path(folder, f"{n}.json").write_text(json.dumps(told))
            os._exit(0)
        children.append(child)
    os.close(ready)
    waiting = int(count)
    while waiting and (told := os.read(here, waiting)):  # nothing more to read: the others have failed
        waiting -= len(told)
    os.close(go)
    if frozenset(os.waitpid(child, 0)[1] for child in children) != {0}:
        sys.exit("a writer failed")


if __name__ == "__main__":
    main()
