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
  const began = performance.now(), seen = {};
  const cells = [...window.jupyterapp.shell.currentWidget.content.widgets];
  const there = {
    map: () => document.querySelector('[data-dqx=map][data-drawn]:not([data-drawn=""])'),
    queue: () => document.querySelector('[data-dqx=queue-tile]'),
    end: () => cells.every(cell => cell.model.executionCount),
  };
  window.jupyterapp.commands.execute('notebook:run-all-cells');
  while (Object.keys(seen).length < 3) {
    await new Promise(requestAnimationFrame);
    for (const [name, is] of Object.entries(there))
      if (!(name in seen) && is()) seen[name] = (performance.now() - began) / 1000;
  }
  return seen;
}"""


def once(browser: Browser, server: Server, kind: str, name: str, items: int) -> dict[str, float]:
    """Run all of a new notebook; returns the seconds to the first map, to the queue and to the end of the cells."""
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
    seen: dict[str, float] = page.page.evaluate(WATCH)
    page.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.close()
    return {what: round(seconds, 2) for what, seconds in seen.items()}


def main() -> int:
    """Measure, and print every run and the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=4)
    parser.add_argument("--items", type=int, default=3000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--check", action="store_true", help="exit with 1 beyond the limit")
    given = parser.parse_args()
    taken: dict[str, list[dict[str, float]]] = {kind: [] for kind in CELLS}
    with tempfile.TemporaryDirectory() as made, started() as browser:
        folder = Path(made) / "notebooks"
        folder.mkdir()
        server = Server(folder, Path(made) / "state")
        try:
            once(browser, server, "alone", "first", given.items)  # compiles, and fetches the files from disk
            for run in range(given.runs):
                for kind in CELLS:
                    taken[kind].append(once(browser, server, kind, f"{kind}-{run}", given.items))
                    print(f"{kind:<9} {taken[kind][-1]}", flush=True)
        finally:
            server.kill()
    medians = {
        kind: {what: statistics.median(run[what] for run in runs) for what in runs[0]} for kind, runs in taken.items()
    }
    for kind, seconds in medians.items():
        print(f"{kind:<9} median {seconds}")
    ratio = medians["followed"]["map"] / medians["alone"]["map"]
    print(f"first map, followed / alone: {ratio:.2f} (limit {1 - LIMIT} to {1 + LIMIT})")
    if given.json:
        given.json.write_text(
            json.dumps({"runs": taken, "medians": medians, "ratio": round(ratio, 3)}, indent=1) + "\n"
        )
    return int(given.check and abs(ratio - 1) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
