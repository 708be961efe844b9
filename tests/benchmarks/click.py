"""What one click costs: bytes to the browser and CPU of the kernel, for relabels one after another.

    python tests/benchmarks/click.py [--items 5000 200000] [--json tests/benchmarks/click.json --name now]

Each size runs in a process of its own. Vectors are 32 wide around ten centres, a tenth of the labels is planted wrong,
probabilities are given. Once the scores are there, the items at the top of the queue are relabelled to the suggested
class, as the explorer does it: through the widget's comm, as the page would, which also asks what the page asks when
the kernel tells it of a change (`page.py`). A click has ended when the scores have followed the label and the page has
all of it. Learning from decisions is off. Then ten clicks with what the open panels ask of the kernel besides (the next
item's card, and how many errors are left), and 50 with learning on; a learning that goes out apart from the clicks is
measured apart.

"bytes" are those of all messages to the page that the click caused; "CPU" is the process time of the kernel, all
threads. `PYTHONPATH=OTHER_TREE` measures another version, that of before November 2026 too.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from page import Page

sys.path.pop(0)  # a library that others import is called `click`, as this file is

CLICKS = 50
CLASSES = 10
WIDE = 32
LEARNT_IN = 3.0
"""Seconds after a click's scores within which a learning of its own comes."""


def planted(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return vectors float32 [n, 32], labels int [n] with a tenth wrong, probabilities float32 [n, 10]."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(CLASSES, WIDE)).astype(np.float32)
    truth = rng.integers(0, CLASSES, n)
    vectors = centres[truth] + rng.normal(scale=1.3, size=(n, WIDE)).astype(np.float32)
    wrong = rng.random(n) < 0.1
    labels = np.where(wrong, (truth + rng.integers(1, CLASSES, n)) % CLASSES, truth)
    logits = vectors @ centres.T - (centres**2).sum(axis=1) / 2 + rng.normal(scale=3, size=(n, CLASSES))
    logits /= 4
    probs = np.exp(logits - logits.max(axis=1, keepdims=True))
    return vectors, labels, (probs / probs.sum(axis=1, keepdims=True)).astype(np.float32)


def _switch() -> tuple[Any, str, Any]:
    """Return what turns learning off: an object, its attribute, and that attribute's value."""
    homes = ("explorer.review.score_updates", "explorer.review.baseline", "explorer.judging")
    for home in homes:
        try:
            module = importlib.import_module(home)
        except ImportError:
            continue
        if hasattr(module, "LEARN_EVERY"):
            return module, "LEARN_EVERY", 10**9
        if hasattr(module, "Begun"):  # which taught after every click
            return module.Begun, "teach", lambda *_: None
    raise SystemExit("This tree learns from decisions in another place: name it in `_switch`.")


@contextlib.contextmanager
def unlearning() -> Iterator[None]:
    """Let nothing be learnt from decisions."""
    owner, name, off = _switch()
    before = getattr(owner, name)
    setattr(owner, name, off)
    try:
        yield
    finally:
        setattr(owner, name, before)


class Clicks:
    """Relabels items one after another and notes what each costs."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.names = list(page.hello["dataset"]["classes"])
        self.left = self._queue()

    def _queue(self) -> Iterator[int]:
        """Items from the top of the queue as it was at first, that would get another label."""
        suggested, given = self.page.scores["suggested"].copy(), self.page.labels["current"].copy()
        for item in self.page.order():
            if suggested[item] >= 0 and suggested[item] != given[item]:
                yield int(item)

    def one(self, *, panels: bool = False) -> dict[str, Any]:
        """Relabel the next item; returns bytes, seconds and CPU seconds until the page knows all that followed."""
        page = self.page
        item, follower = next(self.left), next(self.left) if panels else None
        page.react()
        since, cpu, wall = len(page.sent), time.process_time(), time.perf_counter()
        page.call(
            "edit",
            op_id=f"click-{item}",
            action="relabel",
            items=[item],
            order=page.labels["order"],
            expected={str(item): page.labels["seen"]["base"]},
            label=self.names[int(page.scores["suggested"][item])],
        )
        answered = time.perf_counter() - wall
        if panels:
            page.call("select", item=follower, items=[])
            page.call("card", item=follower)
        end = page.follow(since)
        if panels:
            page.call("card", item=follower)
            page.call("left", cut=None)
        cost = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, "answered": answered}
        self._end = end
        return {**cost, **self._sizes(since)}

    def learning(self) -> dict[str, Any] | None:
        """Wait for what is learnt by now, where that goes out after the click; `None` if nothing comes."""
        page = self.page
        cpu, wall = time.process_time(), time.perf_counter()
        try:
            page.follow(self._end, LEARNT_IN)
        except TimeoutError:
            return None
        cost = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, "answered": 0.0}
        return {**cost, **self._sizes(self._end)}

    def _sizes(self, since: int) -> dict[str, Any]:
        sizes: Counter[str] = Counter()
        for message in self.page.sent[since:]:
            sizes[message.name] += message.size
        return {"bytes": sum(sizes.values()), "by_message": dict(sizes)}


def figures(clicks: list[dict[str, Any]]) -> dict[str, float]:
    """Return medians and the largest of what clicks cost."""
    of = {key: [click[key] for click in clicks] for key in ("bytes", "cpu", "wall", "answered")}
    return {
        "clicks": len(clicks),
        "bytes_median": int(statistics.median(of["bytes"])),
        "bytes_largest": max(of["bytes"]),
        "cpu_ms_median": round(statistics.median(of["cpu"]) * 1e3, 2),
        "cpu_ms_largest": round(max(of["cpu"]) * 1e3, 2),
        "answered_ms_median": round(statistics.median(of["answered"]) * 1e3, 2),
        "followed_ms_median": round(statistics.median(of["wall"]) * 1e3, 2),
    }


def inside(n: int) -> dict[str, Any]:
    """Measure one size in this process."""
    import explorer

    vectors, labels, probs = planted(n)
    names = np.array([f"class {c}" for c in range(CLASSES)], dtype=object)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EXPLORER_CACHE"] = folder
        dataset = explorer.read(vectors, label=names[labels], probs=probs, classes=list(names))
        began = time.perf_counter()
        review = explorer.Review(dataset, Path(folder) / "s.labels.db", rater="clicker")
        review.wait("score", progress=False)
        review.cancel()  # the map is not needed
        review.wait(progress=False)
        result: dict[str, Any] = {"items": n, "stages_s": round(time.perf_counter() - began, 1)}
        page = Page(review, explorer.show)
        clicks = Clicks(page)
        with unlearning():
            first = clicks.one()  # makes what is made once
            result["first"] = figures([first])
            plain = [clicks.one() for _ in range(CLICKS)]
            result["plain"] = figures(plain) | {"by_message": plain[CLICKS // 2]["by_message"]}
            panels = [clicks.one(panels=True) for _ in range(CLICKS // 5)]
            result["panels"] = figures(panels)
        taught, learnings = [], []
        for _ in range(CLICKS):
            taught.append(clicks.one())
            # Where every click brings all columns, as before November 2026, what is learnt is among them.
            if "scores" not in taught[-1]["by_message"] and (learning := clicks.learning()):
                learnings.append(learning)
        result["learning"] = figures(taught) | {"by_message": max(taught, key=lambda c: c["bytes"])["by_message"]}
        if learnings:
            result["apart"] = figures(learnings) | {"by_message": learnings[-1]["by_message"]}
        review.close()
    return result


def main() -> None:
    """Measure every size in a process of its own, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", nargs="+", type=int, default=[5_000, 200_000])
    parser.add_argument("--json", type=Path, help="put the figures there, beside those of other names")
    parser.add_argument("--name", default="now", help="what the figures are called there")
    parser.add_argument("--inside", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        print(json.dumps(inside(given.inside)))
        return
    found: dict[str, Any] = {}
    for n in given.items:
        command = [sys.executable, __file__, "--inside", str(n)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
        found[str(n)] = result = json.loads(done.stdout.splitlines()[-1])
        print(f"{n:,} items; pipeline to scores {result['stages_s']} s")
        for kind in ("first", "plain", "panels", "learning", "apart"):
            if kind not in result:
                continue
            f = result[kind]
            print(
                f"  {kind:<9} {f['clicks']:>3}: {f['bytes_median']:>11,} bytes (largest {f['bytes_largest']:,}), "
                f"CPU {f['cpu_ms_median']:>8.1f} ms, answered after {f['answered_ms_median']:.1f} ms, "
                f"followed after {f['followed_ms_median']:.0f} ms",
                flush=True,
            )
        print(f"  by message: {result['plain']['by_message']}")
    small, large = (found[str(n)]["plain"] for n in (min(given.items), max(given.items)))
    ratio = large["cpu_ms_median"] / small["cpu_ms_median"]
    found["cpu_ratio"] = round(ratio, 2)
    print(f"CPU of a click, {max(given.items):,} / {min(given.items):,} items: {ratio:.2f}")
    if given.json:
        known = json.loads(given.json.read_text()) if given.json.exists() else {}
        given.json.write_text(json.dumps(known | {given.name: found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
