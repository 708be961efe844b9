"""What a cell that waits costs the cell before it: seconds from *Run all* to the first map, in a real JupyterLab.

`python tests/benchmarks/first_map.py` runs two notebooks in turn, each time with a new kernel, a new store and nothing
cached: one ends with the review, in the other `review.issues` follows, which waits for the scores. 3,000 vectors, ten
classes, a tenth of the labels wrong. What counts is the ratio of the medians. `--check` exits with 1 beyond the limit.
RESULTS.md has the last figures.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from chromium import started
from jupyter import Lab, Server
from playwright.sync_api import Browser

REVIEW = """
import numpy as np, explorer
rng = np.random.default_rng(0)
truth = rng.integers(0, 10, ITEMS)
vectors = (rng.normal(size=(10, 64)) * 1.5)[truth] + rng.normal(size=(ITEMS, 64))
given = np.where(rng.random(ITEMS) < 0.1, (truth + 1) % 10, truth)
dataset = explorer.read(vectors.astype("float32"), label=[f"class {c}" for c in given])
review = explorer.Review(dataset, store="STORE.labels.db", cache=False)
review
"""

CELLS = {"alone": [REVIEW], "followed": [REVIEW, "review.issues"]}
LIMIT = 0.2
"""How far apart the medians may be, as a share of the one alone."""

# Asked at each frame, so that asking costs the page next to nothing.
WATCH = """async () => {
  const began = performance.now();
  const cells = [...window.jupyterapp.shell.currentWidget.content.widgets];
  window.jupyterapp.commands.execute('notebook:run-all-cells');
  while (!document.querySelector('[data-dqx=map][data-drawn]:not([data-drawn=""])'))
    await new Promise(requestAnimationFrame);
  return { map: (performance.now() - began) / 1000, waits: !cells.every(cell => cell.model.executionCount) };
}"""


def once(browser: Browser, server: Server, kind: str, name: str, items: int) -> tuple[float, bool]:
    """Run all of a new notebook; returns the seconds to the first map, and whether a cell was running still."""
    made = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(cell.strip().replace("ITEMS", str(items)).replace("STORE", name))
            for cell in CELLS[kind]
        ]
    )
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(made, server.folder / f"{name}.ipynb")
    page = Lab(browser, server)
    page.open(f"{name}.ipynb")
    seen = page.page.evaluate(WATCH)
    page.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.close()
    return round(float(seen["map"]), 2), bool(seen["waits"])


def main() -> int:
    """Measure, and print every run and the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=4)
    parser.add_argument("--items", type=int, default=3000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--check", action="store_true", help="exit with 1 beyond the limit")
    given = parser.parse_args()
    taken: dict[str, list[float]] = {kind: [] for kind in CELLS}
    with tempfile.TemporaryDirectory() as made, started() as browser:
        folder = Path(made) / "notebooks"
        folder.mkdir()
        server = Server(folder, Path(made) / "state")
        try:
            once(browser, server, "alone", "first", given.items)  # compiles, and fetches the files from disk
            for run in range(given.runs):
                for kind in CELLS:
                    seconds, waits = once(browser, server, kind, f"{kind}-{run}", given.items)
                    taken[kind].append(seconds)
                    print(f"{kind:<9} {seconds:6.2f} s{', a cell still running' if waits else ''}", flush=True)
        finally:
            server.kill()
    medians = {kind: round(statistics.median(seconds), 2) for kind, seconds in taken.items()}
    for kind, median in medians.items():
        print(f"{kind:<9} {median:6.2f} s, median")
    ratio = medians["followed"] / medians["alone"]
    print(f"first map, followed / alone: {ratio:.2f} (limit {1 - LIMIT} to {1 + LIMIT})")
    if given.json:
        figures = {"seconds": taken, "medians": medians, "ratio": round(ratio, 3)}
        given.json.write_text(json.dumps(figures, indent=1) + "\n")
    return int(given.check and abs(ratio - 1) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
