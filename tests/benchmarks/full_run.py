"""All methods and `p_error` on 50,000 × 256 against cleanlab's Datalab, and what following one relabel takes.

    EXPLORER_DATA=… python tests/benchmarks/full_run.py [--repeats 5] [--only ours …] [--items 50000] [--quick]

Needs `pip install 'cleanlab[datalab]'`, which is cleanlab and Hugging Face's `datasets`.

Data: CIFAR-10N as `cifar10n_aggregate_vectors.npz` and `cifar10n.parquet` hold it: 50,000 × 256 features of a small CNN
(float16 there, float32 here, otherwise untouched), the raters' aggregate labels (9 % wrong), 10 classes, out-of-fold
probabilities of a ResNet-18 (float32, rows brought to sum 1 after the rounding of float16). Prepared once, untimed by
the contenders: the exact graph of 50; the probe's training dynamics and suites on these vectors; hashes of the
pictures' bytes; and, standing for what a reviewer has settled, 1,000 drawn items whose label is right. So no method of
ours is skipped.

Contenders, each in a process of its own, all in turn in every round, another one first each round; on the first two
cores that this process may use:

- ours: the graph of 50 (seconds apart), every method, `combine`.
- ours, graph given: the same without the search.
- Datalab: `find_issues` with label, outlier and near_duplicate at their defaults; its own search finds 10 neighbours.
- Datalab, graph given: the same with the first 10 neighbours of our graph as its `knn_graph`.
- relabels: the labels with the worst `p_error` become the suggested ones, one after the other in a warm process, with
  `update` and `combine(like=, changed=)` after each, in place as a review does it; once more with the copy that a
  review then shows (snapshot). The first one is not among the figures: it makes what is kept (the graph's reverse
  view, copies to write to). CPU is the time of all the process's threads together, a library's included.

Seconds are wall and begin after the data are read and the packages imported; what a contender imports later counts.
CPU s is what the process and those that it started took of all cores. Base is the peak memory by the begin of the
timing, peak by its end, child that of the largest process that it started (which shares most of it with its parent).
Load is the machine's highest load average before a run: beyond 2, others had the cores too. AP (of ranking the labels
that are wrong first) and the numbers of issues show that everybody did the work.

Writes `full_run.json` beside this file (not with --quick).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from contenders import CONTENDERS, DATA, K, prepare
from tables import figures_of, relabel_rows, show, verdicts

RESULT = Path(__file__).with_suffix(".json")
THEIRS = ("cleanlab", "datasets")
ITEMS = 50_000  # what is required is about


def started(what: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Run one contender (or the preparation) in a process of its own."""
    given = ["--inside", what, "--folder", str(folder), "--items", str(options.items)]
    command = [sys.executable, __file__, *given, "--relabels", str(options.relabels)]
    load = os.getloadavg()[0]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{what}: {done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found | {"load": round(load, 2)}


def prepared(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Prepare the data, unless the folder holds those of an earlier run; say what they are."""
    facts = folder / "facts.json"
    if facts.is_file():
        found: dict[str, Any] = json.loads(facts.read_text())
        if found["items"] != options.items:
            sys.exit(f"{folder} holds {found['items']:,} prepared items, not {options.items:,}: name another folder.")
        return found
    folder.mkdir(parents=True, exist_ok=True)
    found = started("prepare", folder, options)
    facts.write_text(json.dumps(found))
    return found


def machine() -> dict[str, Any]:
    names = ["data-quality-explorer", *THEIRS, "numpy", "scipy", "scikit-learn", "faiss-cpu", "torch"]
    names = [name for name in names if name not in THEIRS or importlib.util.find_spec(name)]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "versions": {name: version(name) for name in names},
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": cores,
    }


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def main() -> None:
    """Run the contenders in turn and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--items", type=int, default=ITEMS, help="the first so many")
    parser.add_argument("--relabels", type=int, default=61, help="one after the other; the first is reported apart")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="keep the prepared data here, or take them from here")
    parser.add_argument("--out", type=Path, help=f"where to put the figures as JSON; by default {RESULT.name}")
    parser.add_argument("--quick", action="store_true", help="5,000 items, one round, to see that everything runs")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        work = (lambda f, o: prepare(f, o.items)) if options.inside == "prepare" else CONTENDERS[options.inside]
        print(json.dumps(work(options.folder, options)))
        return
    if not DATA.is_dir():
        sys.exit(f"There is no reference data in {DATA}; point EXPLORER_DATA at it.")
    lacking = [name for name in THEIRS if importlib.util.find_spec(name) is None]
    if lacking and any(name.startswith("Datalab") for name in options.only):
        sys.exit(f"Datalab lacks {' and '.join(lacking)}: pip install 'cleanlab[datalab]', or name --only ours.")
    if options.quick:
        options.items, options.repeats = 5_000, 1
    if hasattr(os, "sched_setaffinity"):  # whatever is started from here inherits it
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    about = machine()
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in options.only}
    with tempfile.TemporaryDirectory(prefix="full-run-") as place:
        folder = options.folder or Path(place)
        data = prepared(folder, options)
        say(f"prepared: {data}")
        for part in range(options.repeats):
            k = part % len(options.only)
            for name in options.only[k:] + options.only[:k]:
                runs[name].append(started(name, folder, options))
                took = runs[name][-1].get("seconds")
                say(f"round {part + 1} of {options.repeats}: {name}{'' if took is None else f', {took:.1f} s'}")
    rows = figures_of(runs)
    relabelled = relabel_rows(runs["relabels"]) if runs.get("relabels") else []
    if rows:
        print(show(f"{data['items']:,} × {data['dimensions']}, k = {K}, medians of {options.repeats}", rows))
    if relabelled:
        print(show(f"one relabel of {data['items']:,}, {runs['relabels'][0]['relabels']} a run", relabelled))
    said = verdicts(rows, relabelled) if data["items"] == ITEMS else []
    print("", *said, sep="\n")
    print(f"\n{json.dumps(about)}")
    out = options.out or (None if options.quick else RESULT)
    if out:
        result = {"machine": about, "data": data, "verdicts": said, "rows": rows, "relabels": relabelled, "runs": runs}
        out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
