"""The label store against the same job done with Delta and with Lance: commits, bytes, versions, blame and diff.

    python tests/benchmarks/label_store.py [--parts commits history depth] [--items 1000000] [--rounds 20] [--quick]

The designs and what is fair about them: `label_designs.py`. Each has a process of its own (so that peak memory is its
own; making the base is part of it) and all take turns in every round. Files are in the system's page cache throughout;
"cold" is a handle opened anew.

- commits: one-row commits on top of the base. Changing in place rewrites files, so it does `--in-place` commits, and
  its bytes after `--commits` are extrapolated from them, which is marked "~". Only ours fsyncs; "ours, no fsync" shows
  what that costs.
- history: 100 corrections a commit, a tag, 4,000 more events, of which half are on items that were corrected before.
  Labels as of the tag (not the newest version), blame of one item, and the diff from the tag to the newest version:
  "first" is the first one after the store was opened anew (and labels and blame were read), one a round; the others
  are the ones after it, `--again` a round. Both are medians over all rounds.
  "ours, one by one" has the same corrections as one commit each.
- depth: labels and heads at the tip of a short and of a long history of the same 500 of 10,000 items; ours alone.

Writes `label_store.json` beside this file (not with --quick).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import platform
import resource
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))
import label_designs as designs

RESULT = Path(__file__).with_name("label_store.json")
BATCH = 100  # corrections in a commit of the history
LATER = 4_000  # events after the tag
IN_PLACE = ("Delta, in place", "Lance, in place")

state: dict[str, Any] = {}  # of a design's own process


# What a design's own process does


def begin(name: str, folder: str, items: int) -> tuple[int, int]:
    state["it"] = designs.make(name, folder, items)
    state["folder"] = Path(folder)
    return designs.sizes(state["folder"])


def commit(items: list[str], times: int, size: int) -> list[float]:
    """Correct items, `size` in a commit; seconds of each commit."""
    seconds = []
    for start in range(0, len(items), size):
        some = items[start : start + size]
        labels = [designs.corrected(i, times) for i in some]
        begun = time.perf_counter()
        state["it"].correct(some, labels)
        seconds.append(time.perf_counter() - begun)
    return seconds


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    found = call()
    return time.perf_counter() - begun, found


def mark(name: str) -> None:
    state[name] = state["it"].mark(name)


def labels(name: str, cold: bool, check: bool) -> tuple[float, str | None]:
    """Seconds of reading all labels; with `check`, which costs memory that is not counted, their digest too."""

    def look() -> Any:
        if cold:
            state["it"].open()
        return state["it"].labels(state[name])

    seconds, found = timed(look)
    if not check:
        return seconds, None
    state.setdefault("peak", peak_mb())
    return seconds, digest(state["it"].plain(found))


def digest(values: np.ndarray) -> str:
    return hashlib.sha256(pd.util.hash_array(values).tobytes()).hexdigest()


def blame(items: list[str]) -> list[tuple[float, tuple[str, ...]]]:
    return [timed(lambda: state["it"].blame(item)) for item in items]  # noqa: B023  # called at once


def diff(a: str, b: str, again: int) -> tuple[list[float], pd.DataFrame]:
    """Seconds of the first diff since the store was opened and of `again` more, and what it says."""
    looks = [timed(lambda: state["it"].diff(state[a], state[b])) for _ in range(1 + again)]
    seconds, table = [s for s, _ in looks], looks[-1][1]
    return seconds, table[["item", "old", "new", "rater", "why"]].astype(object)


def tip() -> tuple[float, float, float]:
    """Seconds to open a store and read its heads, to read all labels then, and to do so again."""

    def heads() -> None:
        state["it"].open()
        state["it"].store.head_cells()

    first = timed(heads)[0]
    return first, timed(lambda: state["it"].labels("head"))[0], timed(lambda: state["it"].labels("head"))[0]


def size() -> tuple[int, int]:
    return designs.sizes(state["folder"])


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def peak_before_checks() -> float:
    return state.get("peak") or peak_mb()


class Side:
    """A design in a process of its own."""

    def __init__(self, name: str, folder: Path, items: int) -> None:
        self.name = name
        self.pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
        self.base = self(begin, name, str(folder / name.replace(", ", "-").replace(" ", "-")), items)

    def __call__(self, call: Callable[..., Any], *given: Any) -> Any:
        return self.pool.submit(call, *given).result()

    def grown(self) -> tuple[int, int]:
        """Bytes on top of the base: of the files, and of the blocks of the disk that they take."""
        long, blocks = self(size)
        return long - self.base[0], blocks - self.base[1]

    def end(self) -> float:
        """Peak memory in MB."""
        peak = self(peak_before_checks)
        self.pool.shutdown()
        return peak


# The parts


def commits(options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    names = ("ours", "ours, no fsync", "Delta, log", "Delta, in place", "Lance, log", "Lance, in place")
    sides = [Side(name, folder, options.items) for name in names]
    rng = np.random.default_rng(0)
    items = designs.ids_of(options.items)[rng.choice(options.items, options.commits, replace=False)].tolist()
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for part in range(options.rounds):
        for side in turn(sides, part):
            n = options.in_place if side.name in IN_PLACE else options.commits
            some = items[part * n // options.rounds : (part + 1) * n // options.rounds]
            seconds[side.name] += side(commit, some, 1, 1)
        say(f"commits: round {part + 1} of {options.rounds}")
    rows = []
    for side in sides:
        done = seconds[side.name]
        scale = options.commits / len(done)
        long, blocks = (round(b * scale) for b in side.grown())
        rows.append(
            {
                "design": side.name,
                "commits": len(done),
                "median ms": 1e3 * statistics.median(done),
                "p99 ms": 1e3 * float(np.percentile(done, 99)),
                f"MB after {options.commits:,}": long / 1e6,
                "MB on disk": blocks / 1e6,
                "bytes a commit": long / options.commits,
                "extrapolated": scale != 1,
                "peak MB": side.end(),
            }
        )
    return rows


def history(options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    names = ("ours", "ours, one by one", "Delta, log", "Delta, in place", "Lance, log", "Lance, in place")
    sides = [Side(name, folder, options.items) for name in options.designs or names]
    rng = np.random.default_rng(1)
    before = options.corrections
    later = min(LATER, before)
    chosen = designs.ids_of(options.items)[rng.choice(options.items, before + later // 2, replace=False)].tolist()
    again = chosen[: later - later // 2]
    bytes_then: dict[str, tuple[int, int]] = {}
    for side in sides:
        batch = 1 if side.name == "ours, one by one" else BATCH
        side(commit, chosen[:before], 1, batch)
        bytes_then[side.name] = side.grown()
        side(mark, "reviewed")
        side(commit, again, 2, batch)
        side(commit, chosen[before:], 1, batch)
        side(mark, "done")
        say(f"history: {side.name} has its corrections")
    expected = pd.Series(designs.base_labels(options.items), index=designs.ids_of(options.items))
    expected[chosen[:before]] = [designs.corrected(i) for i in chosen[:before]]
    wanted = digest(expected.to_numpy(dtype=object))
    looked = [again[k] for k in rng.choice(len(again), 10)]
    found: dict[str, dict[str, list[float]]] = {
        s.name: {c: [] for c in ("cold", "warm", "blame", "first diff", "diff")} for s in sides
    }
    for part in range(options.rounds):
        for side in turn(sides, part):
            times = found[side.name]
            for kind in ("cold", "warm"):
                seconds, then = side(labels, "reviewed", kind == "cold", part == options.rounds - 1)
                times[kind].append(seconds)
                agree(side.name, "as of", then in (None, wanted))
            for item, (seconds, said) in zip(looked, side(blame, looked), strict=True):
                times["blame"].append(seconds)
                agree(side.name, "blame", tuple(said) == (designs.corrected(item, 2), "ann", designs.WHY))
            (first, *more), table = side(diff, "reviewed", "done", options.again)
            times["first diff"].append(first)
            times["diff"] += more
            agree(side.name, "diff", checks(table, again, chosen[before:]))
        say(f"history: round {part + 1} of {options.rounds}")
    rows = []
    for side in sides:
        long, blocks = bytes_then[side.name]
        columns = {
            "as of, cold ms": "cold",
            "as of, warm ms": "warm",
            "blame ms": "blame",
            f"diff of {later:,}, first ms": "first diff",
            f"diff of {later:,}, again ms": "diff",
        }
        rows.append(
            {"design": side.name}
            | {title: 1e3 * statistics.median(found[side.name][key]) for title, key in columns.items()}
            | {f"MB of {before:,} corrections": long / 1e6, "MB on disk": blocks / 1e6, "peak MB": side.end()}
        )
    return rows


def checks(table: pd.DataFrame, again: list[str], new: list[str]) -> bool:
    """Tell whether a diff says what was written."""
    wanted = {i: (designs.corrected(i, 1), designs.corrected(i, 2)) for i in again}
    wanted |= {i: (designs.corrected(i, 0), designs.corrected(i, 1)) for i in new}
    found = {row.item: (row.old, row.new) for row in table.itertuples()}
    return found == wanted and set(table["rater"]) == {"ann"} and set(table["why"]) == {designs.WHY}


def depth(options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Unsynced, so that the long history is there soon; what is read is the same."""
    items = designs.ids_of(10_000)[:: 10_000 // min(500, options.deep // 100)].tolist()
    rows = []
    sides = []
    for deep in (options.deep // 100, options.deep):
        side = Side("ours, no fsync", folder / str(deep), 10_000)
        taken: list[float] = []
        while len(taken) < deep:
            times = len(taken) // len(items) + 1
            taken += side(commit, items[: deep - len(taken)], times, 1)
        say(f"depth: {deep:,} commits are made")
        rows.append({"commits deep": deep, "last 500 commits, median ms": 1e3 * statistics.median(taken[-500:])})
        sides.append(side)
    looks: list[list[tuple[float, float, float]]] = [[], []]
    for part in range(max(5, options.rounds)):
        for k in (0, 1) if part % 2 else (1, 0):
            looks[k].append(sides[k](tip))
    for row, side, found in zip(rows, sides, looks, strict=True):
        titles = ("open and heads ms", "as of head, first ms", "as of head, again ms")
        row |= {t: 1e3 * statistics.median(x) for t, x in zip(titles, zip(*found, strict=True), strict=True)}
        row |= {"MB": side(size)[0] / 1e6, "peak MB": side.end()}
    ratio = {key: rows[1][key] / rows[0][key] for key in rows[0]}
    return [*rows, ratio | {"commits deep": "ratio"}]


PARTS = {"commits": commits, "history": history, "depth": depth}


# Around them


def turn(sides: list[Side], part: int) -> list[Side]:
    """Return the sides, another one first each round."""
    k = part % len(sides)
    return sides[k:] + sides[:k]


def agree(name: str, what: str, right: bool) -> None:
    if not right:
        sys.exit(f"{name}: {what} does not give what was written, so its time means nothing.")


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def show(title: str, rows: list[dict[str, Any]]) -> str:
    """Make a table; behind each figure of a rival, how many times ours it is."""
    frame = pd.DataFrame(rows)
    text = frame.astype(object)
    for column in frame.columns[1:]:
        if column in ("commits", "extrapolated"):
            continue
        against = "design" in frame and column != "peak MB"
        for k, value in enumerate(frame[column]):
            ratio = f" (x{value / frame[column][0]:.3g})" if against and k and frame[column][0] else ""
            mark = "~" if column.startswith(("MB", "bytes")) and rows[k].get("extrapolated") else ""
            text.loc[k, column] = f"{mark}{value:,.4g}{ratio}"
    return f"\n{title}\n{text.drop(columns='extrapolated', errors='ignore').to_string(index=False)}"


def machine() -> dict[str, Any]:
    import lance

    names = ("deltalake", "pyarrow", "pandas", "numpy", "data-quality-explorer")
    return {
        "versions": {n: version(n) for n in names} | {"pylance": lance.__version__, "sqlite": sqlite3.sqlite_version},
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
    }


def main() -> None:
    """Run the parts and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--commits", type=int, default=2_000, help="one-row commits")
    parser.add_argument("--in-place", type=int, default=50, help="one-row commits of the rivals that change in place")
    parser.add_argument("--corrections", type=int, default=10_000, help="corrections before the tag")
    parser.add_argument("--again", type=int, default=3, help="diffs a round after its first")
    parser.add_argument("--designs", nargs="+", help="only these designs in the history, such as ours")
    parser.add_argument(
        "--deep", type=int, default=100_000, help="commits of the long history; the short has 1 %% of it"
    )
    parser.add_argument("--folder", type=Path, help="where to write; by default a temporary folder")
    parser.add_argument("--out", type=Path, help=f"where to put the figures as JSON; by default {RESULT.name}")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that everything runs")
    options = parser.parse_args()
    if options.quick:
        small = {"items": 20_000, "rounds": 3, "commits": 60, "in_place": 6, "corrections": 1_000, "deep": 2_000}
        vars(options).update(small)
    about = machine() | {"options": {k: str(v) if isinstance(v, Path) else v for k, v in vars(options).items()}}
    result: dict[str, Any] = {"machine": about, "parts": {}}
    for part in options.parts:
        folder = Path(tempfile.mkdtemp(prefix="label-store-", dir=options.folder))
        try:
            result["parts"][part] = PARTS[part](options, folder)
        finally:
            shutil.rmtree(folder)
        print(show(part, result["parts"][part]), flush=True)
    print(f"\n{json.dumps(about)}")
    out = options.out or (None if options.quick else RESULT)
    if out:
        out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
