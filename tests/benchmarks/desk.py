"""From a key press to the next item's card, and what the desk costs at rest, in a real JupyterLab in a real Chromium.

    python tests/benchmarks/desk.py [--items 3000] [--kind vectors|texts] [--window 1640x1400] [--map none]
                               [--decisions 120] [--burst 60] [--idle 30] [--trace trace.json]

Opens `explorer.show(review)` on items made here: a tenth of the labels is planted wrong, ten classes. Then decides by
keyboard: at a person's pace (one key each 600 ms, accept and keep by turns), and as quickly as cards come (the next key
as soon as the next card is drawn). All times are taken inside the page:

- "card": from the key press (the event's own time stamp) to the animation frame after the one in which the card has
  `data-drawn` of another item, which is set when the browser has painted it. That is two frames later than what the
  person sees.
- "in the page": to the moment at which the next card stands in the document.
- "paint": from the key press to the next paint as the browser itself tells it (Event Timing, steps of 8 ms).

CPU is that of all threads of a process: the kernel's, and of all processes of the browser together. At rest nobody
touches anything: what is counted are calls of requestAnimationFrame, frames that the browser has drawn (from its
trace), and CPU, with the desk and without it in turn (JupyterLab by itself costs something too). The load of the
machine is printed beside it: the figures are of a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.pop(0)  # a library that others import is called `click`, as a file here is
sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

import jupyter
from chromium import started
from jupyter import Lab, Server
from playwright.sync_api import Page

PATIENCE = jupyter.PATIENCE = 1_200_000
"""Milliseconds: a map of 50,000 items takes its time."""
PACE_S = 0.6
SETTLE_S = 6.0
"""Seconds of rest before anything is measured: scopes, counts and previews have come by then."""

VECTORS = """
import numpy as np, explorer
rng = np.random.default_rng(0)
n = {items}
truth = rng.integers(0, 10, n)
items = (rng.normal(size=(10, 64))[truth] * .3 + rng.normal(size=(n, 64))).astype(np.float32)
"""

TEXTS = """
import numpy as np, explorer
rng = np.random.default_rng(0)
n = {items}
truth = rng.integers(0, 10, n)
ends = "dan fel gor him jas kor lum".split()
words = np.array([a + b for a in "ba ke li mo nu pa re si to vu".split() for b in ends])
common = words[rng.integers(0, len(words), (n, 28))]
own = words[truth[:, None] * 7 + rng.integers(0, 7, (n, 8))]
items = [" ".join(rng.permutation(np.concatenate([a, b]))).capitalize() + "." for a, b in zip(common, own)]
"""

REVIEW = """
wrong = rng.random(n) < .1
given = np.where(wrong, (truth + rng.integers(1, 10, n)) % 10, truth)
names = np.array("airplane automobile bird cat deer dog frog horse ship truck".split())
read = explorer.read(items, label=names[given])
review = explorer.Review(read, store="desk.labels.db", rater="ann").wait(progress=False)
"""

WATCH = """() => {
  const card = [...document.querySelectorAll(".dqx-explorer [data-dqx=card]")].find(each => each.checkVisibility());
  const at = performance.now.bind(performance);
  const watch = window.deskWatch = {times: [], paints: [], pending: null, frames: 0, moves: 0};
  document.addEventListener("keydown", event => {
    if (event.repeat) return;
    watch.pending = {key: event.key, from: card.dataset.item, pressed: event.timeStamp, heard: at()};
  }, {capture: true});
  const look = () => {
    const now = watch.pending;
    if (!now) return;
    if (now.there === undefined && card.dataset.item !== now.from && card.ariaBusy !== "true") now.there = at();
    if (now.there === undefined || now.drawing || card.dataset.drawn !== card.dataset.item) return;
    now.drawing = true;
    now.drawn = at();
    requestAnimationFrame(() => {
      const next = at();
      watch.times.push({key: now.key, heard: now.heard - now.pressed, there: now.there - now.pressed,
        drawn: now.drawn - now.pressed, card: next - now.pressed});
      if (watch.pending === now) watch.pending = null;
    });
  };
  new MutationObserver(look).observe(card, {attributes: true});
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (entry.name === "keydown")
      watch.paints.push({paint: entry.duration, run: entry.processingEnd - entry.processingStart});
  }).observe({type: "event", durationThreshold: 16});
  document.querySelector(".dqx-explorer").focus({preventScroll: true});
}"""

TRACED = (
    "devtools.timeline,disabled-by-default-devtools.timeline,disabled-by-default-v8.cpu_profiler,blink.user_timing,"
    "v8.execute,gpu,cc,viz,toplevel"
)

COUNT_FRAMES = """() => {
  const ask = window.requestAnimationFrame.bind(window);
  window.deskFrames = [];
  window.requestAnimationFrame = wanted => {
    window.deskFrames.push((new Error().stack ?? "").split("\\n").slice(2, 4).join(" < "));
    return ask(wanted);
  };
}"""


def notebook(folder: Path, items: int, kind: str) -> str:
    """Write a notebook that opens the desk; returns its name."""
    made = (VECTORS if kind == "vectors" else TEXTS).format(items=items) + REVIEW
    cells = [
        {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None, "id": f"c{n}"}
        for n, source in enumerate([made, "explorer.show(review)"])
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "desk.ipynb").write_text(json.dumps(book))
    return "desk.ipynb"


def cpu_of(pids: list[int]) -> float:
    """Return the CPU seconds of some processes so far, all threads, user and system."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def browsers() -> list[int]:
    """Process ids of the Chromium that this process has started, with all its own."""
    parents: dict[int, int] = {}
    names: dict[int, str] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            head, fields = (folder / "stat").read_text().rsplit(")", 1)
        except OSError:
            continue
        parents[int(folder.name)] = int(fields.split()[1])
        names[int(folder.name)] = head.split("(", 1)[1]
    mine = {os.getpid()}
    while True:
        more = {pid for pid, parent in parents.items() if parent in mine} - mine
        if not more:
            break
        mine |= more
    return [pid for pid in mine if "chrom" in names.get(pid, "")]


def command(pid: int) -> str:
    """Return a process's command line."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


class Costs:
    """CPU of the kernel and of the browser, and seconds, from here on."""

    def __init__(self, server: Server) -> None:
        self._kernels, self._browsers = server.kernels(), browsers()
        self._drawing = [pid for pid in self._browsers if "--type=gpu-process" in command(pid)]
        self._began = self._now()

    def _now(self) -> tuple[float, float, float, float]:
        return cpu_of(self._kernels), cpu_of(self._browsers), cpu_of(self._drawing), time.perf_counter()

    def spent(self) -> tuple[float, float, float, float]:
        """Return the kernel's CPU, the browser's, what its graphics process has of that, and the seconds since."""
        kernel, browser, drawing, wall = (now - then for now, then in zip(self._now(), self._began, strict=True))
        return kernel, browser, drawing, wall


def said(values: list[float]) -> str:
    """Median, 90th percentile and largest, in ms."""
    if not values:
        return "none"
    ordered = sorted(values)
    p90 = ordered[min(len(ordered) - 1, len(ordered) * 9 // 10)]
    return f"median {statistics.median(ordered):.0f} ms, p90 {p90:.0f}, largest {ordered[-1]:.0f}"


def report(name: str, page: Page, costs: Costs, count: int) -> dict[str, Any]:
    """Print what some decisions took."""
    kernel, browser, drawing, wall = costs.spent()
    watch = page.evaluate("() => { const {times, paints} = window.deskWatch; return {times, paints}; }")
    page.evaluate("() => { window.deskWatch.times = []; window.deskWatch.paints = []; }")
    times, paints = watch["times"], watch["paints"]
    print(f"{name}: {len(times)} of {count} keys in {wall:.0f} s, load {os.getloadavg()[0]:.1f}")
    for what, values in (
        ("card", [t["card"] for t in times]),
        ("drawn", [t["drawn"] for t in times]),
        ("in the page", [t["there"] for t in times]),
        ("key heard", [t["heard"] for t in times]),
        ("paint", [p["paint"] for p in paints]),
        ("handlers", [p["run"] for p in paints]),
    ):
        print(f"  {what:12} {said(values)}")
    each = max(1, len(times))
    print(
        f"  CPU a decision: kernel {kernel / each:.3f} s, browser {browser / each:.3f} s"
        f" ({drawing / each:.3f} s of it the graphics process)",
        flush=True,
    )
    return {"name": name, "times": times, "paints": paints, "kernel": kernel, "browser": browser, "wall": wall}


def keys(n: int) -> str:
    """Accept and keep by turns."""
    return "k" if n % 2 else "Enter"


def at_a_pace(page: Page, count: int, pace: float) -> None:
    """Press a key at each beat."""
    began = time.perf_counter()
    for n in range(count):
        time.sleep(max(0.0, began + n * pace - time.perf_counter()))
        page.keyboard.press(keys(n))
    time.sleep(1.0)


def in_a_burst(page: Page, count: int) -> None:
    """Press the next key as soon as the next card is drawn."""
    for n in range(count):
        page.keyboard.press(keys(n))
        page.wait_for_function(f"() => window.deskWatch.times.length > {n}", timeout=PATIENCE, polling=10)


class Trace:
    """A trace of the browser, from here until `end`."""

    def __init__(self, page: Page, categories: str) -> None:
        self._page = page
        self._cdp = page.context.new_cdp_session(page)
        self.events: list[dict[str, Any]] = []
        self._ended = False
        self._cdp.on("Tracing.dataCollected", lambda part: self.events.extend(part["value"]))
        self._cdp.on("Tracing.tracingComplete", lambda _: self._end())
        self._cdp.send("Tracing.start", {"categories": categories, "transferMode": "ReportEvents"})

    def _end(self) -> None:
        self._ended = True

    def end(self) -> list[dict[str, Any]]:
        """Stop, and return the events."""
        self._cdp.send("Tracing.end")
        while not self._ended:
            self._page.wait_for_timeout(50)
        self._cdp.detach()
        return self.events


def at_rest(lab: Lab, server: Server, seconds: float, rounds: int) -> None:
    """Print what the desk costs while nobody touches it: frames of its own, and CPU beside the same JupyterLab alone.

    The desk is taken away by clearing the output of its cell, and comes back by running that cell again. The trace that
    tells the frames costs CPU itself, so it runs apart.
    """
    page = lab.page
    page.evaluate(COUNT_FRAMES)
    trace = Trace(page, "devtools.timeline.frame")
    time.sleep(10)
    frames = sum(1 for event in trace.end() if event.get("name") == "DrawFrame")
    asked = page.evaluate("() => window.deskFrames")
    print(f"at rest for 10 s: {len(asked)} animation frames asked for, {frames} frames drawn")
    for where in sorted(set(asked)):
        print(f"  {asked.count(where)} x {where}")
    found: dict[str, list[tuple[float, float]]] = {"with the desk": [], "without it": []}
    for turn in range(rounds):
        if turn:
            lab.command("notebook:run-cell")
            page.wait_for_selector(".dqx-explorer [data-dqx=card][data-drawn]", timeout=PATIENCE)
        for name, costs_of in found.items():
            if name == "without it":
                lab.command("notebook:clear-cell-output")
                page.wait_for_selector(".dqx-explorer", state="detached", timeout=PATIENCE)
            time.sleep(SETTLE_S)
            costs = Costs(server)
            time.sleep(seconds)
            kernel, browser, _, wall = costs.spent()
            costs_of.append((100 * kernel / wall, 100 * browser / wall))
    for name, costs_of in found.items():
        ours, theirs = zip(*costs_of, strict=True)
        print(
            f"  {name:13}: of a core, kernel {statistics.median(ours):.2f} %, browser {statistics.median(theirs):.2f} %"
            f" (each {seconds:.0f} s: {', '.join(f'{each:.2f}' for each in theirs)})"
        )


def traced(page: Page, path: Path, count: int) -> None:
    """Write a performance trace of some decisions, for the browser's own developer tools."""
    trace = Trace(page, TRACED)
    at_a_pace(page, count, PACE_S)
    path.write_text(json.dumps({"traceEvents": trace.end()}))
    page.evaluate("() => { window.deskWatch.times = []; window.deskWatch.paints = []; }")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=3000)
    parser.add_argument("--kind", choices=("vectors", "texts"), default="vectors")
    parser.add_argument("--window", default="1640x1400")
    parser.add_argument("--decisions", type=int, default=120)
    parser.add_argument("--burst", type=int, default=60)
    parser.add_argument("--idle", type=float, default=30, help="seconds of rest, each time; 0: none")
    parser.add_argument("--rounds", type=int, default=3, help="how often at rest, with the desk and without it")
    parser.add_argument(
        "--map", choices=("default", "none"), default="default", help="none: without the map beside the item"
    )
    parser.add_argument("--trace", type=Path, help="write a trace of 20 more decisions here")
    parser.add_argument("--picture", type=Path, help="write a picture of the window here")
    parser.add_argument("--json", type=Path, help="write every single time here")
    args = parser.parse_args()
    width, height = map(int, args.window.split("x"))
    with tempfile.TemporaryDirectory(prefix="desk-") as place, started() as browser:
        folder = Path(place) / "notebooks"
        folder.mkdir()
        name = notebook(folder, args.items, args.kind)
        server = Server(folder, Path(place) / "state")
        try:
            lab = Lab(browser, server)
            page = lab.page
            page.set_viewport_size({"width": width, "height": height})
            began = time.perf_counter()
            lab.open(name)
            lab.run_all()
            page.wait_for_selector(".dqx-explorer", timeout=PATIENCE)
            page.wait_for_selector(".dqx-explorer [data-dqx=card][data-drawn]", timeout=PATIENCE)
            # In a narrow window the map stands on a page of its own, which nobody has opened.
            if page.locator(".dqx-explorer .dqx-map").count():
                lab.drawn()
            lab.shown()
            if args.map == "none":
                page.add_style_tag(content=".dqx-explorer .dqx-map { display: none !important }")
            page.locator(".dqx-explorer").first.evaluate("each => each.scrollIntoView({block: 'start'})")
            time.sleep(SETTLE_S)
            page.evaluate(WATCH)
            inside = page.evaluate(
                """() => { const {width, height} = document.querySelector('.dqx-explorer').getBoundingClientRect();
                     return `${Math.round(width)} x ${Math.round(height)}`; }"""
            )
            beside = page.evaluate(
                "() => [...document.querySelectorAll('.dqx-map')].some(each => each.checkVisibility())"
            )
            print(
                f"{args.items} {args.kind}, window {args.window}, desk {inside}, map beside the item: {beside};"
                f" open after {time.perf_counter() - began:.0f} s, load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
            if args.picture:
                page.screenshot(path=args.picture)
            found = []
            for what, count in (("at a pace", args.decisions), ("in a burst", args.burst)):
                costs = Costs(server)
                if what == "at a pace":
                    at_a_pace(page, count, PACE_S)
                else:
                    in_a_burst(page, count)
                found.append(report(what, page, costs, count))
            if args.trace:
                traced(page, args.trace, 20)
            if args.idle:
                time.sleep(SETTLE_S)
                at_rest(lab, server, args.idle, args.rounds)
            if args.json:
                args.json.write_text(json.dumps(found))
            for line in lab.console[:5]:
                print("console:", line)
        finally:
            server.kill()


if __name__ == "__main__":
    main()
