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
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

# The parent imports nothing large: on Linux a child's peak memory begins with what its parent had when it started it.

DATA = Path(os.environ.get("EXPLORER_DATA", "../shared/data"))
RESULT = Path(__file__).with_suffix(".json")
K = 50
THEIR_K = 10  # Datalab's default for outliers and near-duplicates
THEIRS = ("cleanlab", "datasets")
ISSUES = ("label", "outlier", "near_duplicate")
TRUSTED = 1_000
ITEMS = 50_000  # what is required is about
REQUIRED = {"seconds": 20.0, "peak MB": 2_000.0, "relabel ms": 2.0}


# What is given to all of them


def prepare(folder: Path, items: int) -> dict[str, Any]:
    """Write the data and what is made of them once; return how long that took."""
    import hashlib

    import pandas as pd

    from explorer import graph, probe

    frame = pd.read_parquet(DATA / "cifar10n.parquet", columns=["image", "clean", "aggregate"]).head(items)
    classes = sorted(frame["clean"].unique())
    labels, truth = (pd.Categorical(frame[c], classes).codes.astype(np.int32) for c in ("aggregate", "clean"))
    with np.load(DATA / "cifar10n_aggregate_vectors.npz") as file:
        vectors = file["features"][:items].astype(np.float32)
        probs = file["oof_probs_resnet18"][:items].astype(np.float32)
    probs /= probs.sum(axis=1, keepdims=True)
    begun = time.perf_counter()
    graph.build(vectors, K).save(folder / "graph.npz")
    graph_s = time.perf_counter() - begun
    trained = probe.out_of_fold(vectors, labels, len(classes), suites=True)
    if trained.suites is None:
        sys.exit("The probe made no suites of these data.")
    rng = np.random.default_rng(0)
    right = np.flatnonzero(labels == truth)
    trusted = np.zeros(len(labels), dtype=bool)
    trusted[rng.choice(right, min(TRUSTED, len(right) // 10), replace=False)] = True
    arrays = {
        "vectors": vectors,
        "probs": probs,
        "labels": labels,
        "truth": truth,
        "trusted": trusted,
        "hashes": np.array([hashlib.sha256(picture).hexdigest() for picture in frame["image"]]),
        "dynamics": trained.dynamics,
        "kind": trained.suites.kind,
        "suites": trained.suites.dynamics,
    }
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return {
        "items": len(labels),
        "dimensions": vectors.shape[1],
        "classes": len(classes),
        "wrong": float((labels != truth).mean()),
        "graph_s": round(graph_s, 1),
        "probe_s": round(trained.seconds, 1),
    }


def array(folder: Path, name: str) -> Any:
    return np.load(folder / f"{name}.npy", allow_pickle=False)


def inputs_of(folder: Path, with_graph: bool) -> Any:
    """Return all that a method of ours can need."""
    from explorer.detectors import Inputs, Suites
    from explorer.graph import NeighbourGraph
    from explorer.probe.suites import KINDS

    probs = array(folder, "probs")
    return Inputs(
        labels=array(folder, "labels"),
        n_classes=probs.shape[1],
        graph=NeighbourGraph.load(folder / "graph.npz") if with_graph else None,
        probs=probs,
        vectors=array(folder, "vectors"),
        dynamics=array(folder, "dynamics"),
        trusted=array(folder, "trusted"),
        suites=Suites(KINDS, array(folder, "kind"), array(folder, "suites")),
        conflicting=np.zeros(len(probs), dtype=bool),
        content_hashes=array(folder, "hashes").astype(object),
    )


# The contenders


def ours(folder: Path, build: bool) -> dict[str, Any]:
    from explorer import detectors, graph

    inputs = inputs_of(folder, with_graph=not build)
    parts: dict[str, float] = {}

    def work() -> Any:
        begun = time.perf_counter()
        complete = replace(inputs, graph=graph.build(inputs.vectors, K)) if build else inputs
        built = time.perf_counter()
        findings = detectors.run(complete)
        found = time.perf_counter()
        combined = detectors.combine(complete, findings)
        ended = time.perf_counter()
        parts.update({"graph s": built - begun, "methods s": found - built, "combine s": ended - found})
        return findings, combined

    figures, (findings, combined) = measured(work)
    complain(findings)
    if findings.skipped:
        sys.exit(f"Methods were skipped: {findings.skipped}")
    counts = {"label": int(combined.is_issue.sum())}
    counts |= {name: int(findings.results[name].flags.sum()) for name in ISSUES[1:]}
    found = {"methods": len(findings.results), "issues": counts, "AP": precision(folder, combined.p_error)}
    return (
        figures | ({} if build else {"graph s": None}) | {k: v for k, v in parts.items() if build or v > 0.01} | found
    )


def datalab(folder: Path, build: bool) -> dict[str, Any]:
    import warnings

    from cleanlab import Datalab
    from scipy.sparse import csr_matrix

    labels, probs = array(folder, "labels"), array(folder, "probs")
    given: dict[str, Any] = {}
    if build:
        given["features"] = array(folder, "vectors")
    else:
        with np.load(folder / "graph.npz") as file:
            near, similarity = file["indices"][:, :THEIR_K], file["similarity"][:, :THEIR_K]
        distance = np.maximum(1 - similarity.astype(np.float64), 0)
        ends = np.arange(0, near.size + 1, near.shape[1])
        given["knn_graph"] = csr_matrix((distance.ravel(), near.ravel(), ends), shape=(len(near), len(near)))

    def work() -> Any:
        lab = Datalab({"label": labels}, label_name="label", verbosity=0)
        lab.find_issues(pred_probs=probs, issue_types={name: {} for name in ISSUES}, **given)
        return lab

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        figures, lab = measured(work)
    issues = lab.get_issues()
    counts = {name: int(issues[f"is_{name}_issue"].sum()) for name in ISSUES}
    return figures | {"methods": len(ISSUES), "issues": counts, "AP": precision(folder, 1 - issues["label_score"])}


def relabels(folder: Path, count: int) -> dict[str, Any]:
    """Follow relabels three times over: with all methods, with those in `p_error` alone, and method by method."""
    from explorer import detectors

    inputs = inputs_of(folder, with_graph=True)
    findings = detectors.run(inputs)
    complain(findings)
    combined = detectors.combine(inputs, findings)
    worst = np.argsort(-np.nan_to_num(combined.p_error), kind="stable")
    worst = worst[combined.suggested[worst] != inputs.labels[worst]][:count]
    changes = [(int(i), int(combined.suggested[i])) for i in worst]
    inside = replace(findings, results={name: findings.results[name] for name in combined.columns})
    times, last = {}, {}
    for name, some in (("all", findings), ("in p_error", inside)):
        times[name], last[name] = follow(inputs, some, combined, changes)
    times["shown"], _ = follow(inputs, findings, combined, changes, shown=True)
    if not np.allclose(last["all"], last["in p_error"], atol=1e-6, equal_nan=True):
        sys.exit("p_error differs with the methods that have no say in it.")
    each = one_by_one(inputs, findings, changes)
    return {
        "in_p_error": list(combined.columns),
        "relabels": len(changes),
        "times": times,
        "methods": each,
        "peak MB": peak_mb(resource.RUSAGE_SELF),
    }


def follow(
    inputs: Any, findings: Any, combined: Any, changes: Sequence[tuple[int, int]], *, shown: bool = False
) -> tuple[dict[str, list[float]], Any]:
    """Relabel one item after the other; milliseconds of each part of each change, and `p_error` in the end."""
    from explorer import detectors
    from explorer.detectors.copies import Snapshots

    combined, snapshots = replace(combined, findings=findings), Snapshots(findings)
    parts = ("inputs", "update", "combine", "total", "snapshot", "processor")
    times: dict[str, list[float]] = {part: [] for part in parts}
    for item, label in changes:
        begun = time.perf_counter()
        inputs = inputs.relabelled({item: label})
        processor, changed = time.process_time(), time.perf_counter()
        findings = detectors.update(inputs, findings, [item], inplace=True)
        updated = time.perf_counter()
        combined = detectors.combine(inputs, findings, like=combined, changed=[item], inplace=True)
        ended, processor = time.perf_counter(), time.process_time() - processor
        if shown:
            snapshots.take(findings)
        taken = time.perf_counter()
        complain(findings)
        marks = {
            "inputs": changed - begun,
            "update": updated - changed,
            "combine": ended - updated,
            "snapshot": taken - ended,
            "processor": processor,
        }
        for name, seconds in (marks | {"total": ended - changed}).items():
            times[name].append(1e3 * seconds)
    return times, combined.p_error


def one_by_one(inputs: Any, findings: Any, changes: Sequence[tuple[int, int]]) -> dict[str, list[float]]:
    """Milliseconds of each method's own update for each change."""
    from explorer import detectors

    times: dict[str, list[float]] = {name: [] for name in findings.results}
    results = dict(findings.results)
    for item, label in changes:
        inputs = inputs.relabelled({item: label})
        for name, result in results.items():
            begun = time.perf_counter()
            results[name] = detectors.get(name).update(inputs, result.lent(), np.array([item]))
            times[name].append(1e3 * (time.perf_counter() - begun))
    return times


CONTENDERS: dict[str, Callable[[Path, argparse.Namespace], dict[str, Any]]] = {
    "ours": lambda folder, _: ours(folder, build=True),
    "Datalab": lambda folder, _: datalab(folder, build=True),
    "ours, graph given": lambda folder, _: ours(folder, build=False),
    "Datalab, graph given": lambda folder, _: datalab(folder, build=False),
    "relabels": lambda folder, options: relabels(folder, options.relabels),
}


# Measuring


def peak_mb(who: int) -> float:
    return resource.getrusage(who).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def cpu_seconds() -> float:
    """Seconds of all cores, with those of processes that were started and have ended."""
    return sum(os.times()[:4])


def measured(work: Callable[[], Any]) -> tuple[dict[str, Any], Any]:
    """Return seconds and memory of some work, and what it returns."""
    base, processor, begun = peak_mb(resource.RUSAGE_SELF), cpu_seconds(), time.perf_counter()
    found = work()
    figures = {
        "seconds": time.perf_counter() - begun,
        "cpu s": cpu_seconds() - processor,
        "peak MB": peak_mb(resource.RUSAGE_SELF),
        "base MB": base,
        "child MB": peak_mb(resource.RUSAGE_CHILDREN),
    }
    return figures | {"added MB": figures["peak MB"] - base}, found


def precision(folder: Path, score: Any) -> float:
    """Average precision of ranking the wrong labels first."""
    from sklearn.metrics import average_precision_score

    wrong = array(folder, "labels") != array(folder, "truth")
    return float(average_precision_score(wrong, np.nan_to_num(np.asarray(score))))


def complain(findings: Any) -> None:
    if findings.failures:
        sys.exit(f"Methods failed, so the time means nothing: {findings.failures}")


# Around them


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


def figures_of(runs: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return a row for each contender: medians over the rounds; for the seconds the range too."""
    rows = []
    for name, found in runs.items():
        if name != "relabels":
            row: dict[str, Any] = {"contender": name}
            for key in ("seconds", "graph s", "methods s", "combine s", "cpu s"):
                values = [run[key] for run in found if run.get(key) is not None]
                row[key] = statistics.median(values) if values else None
            row |= {"least s": min(run["seconds"] for run in found), "most s": max(run["seconds"] for run in found)}
            row |= {
                key: max(run[key] for run in found) for key in ("peak MB", "base MB", "added MB", "child MB", "load")
            }
            rows.append(row | {key: found[0][key] for key in ("methods", "AP", "issues")})
    return rows


def spread(name: str, runs: Sequence[Sequence[float]]) -> dict[str, Any]:
    """Summarise milliseconds, the first relabel of every run apart."""
    values = [value for run in runs for value in run[1:]]
    return {
        "what": name,
        "median ms": statistics.median(values),
        "least ms": min(values),
        "p90 ms": float(np.percentile(values, 90)),
        "first ms": max(run[0] for run in runs),
    }


def relabel_rows(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    parts = {
        "total": "update + combine",
        "processor": "(CPU of both)",
        "update": "update",
        "combine": "combine",
        "inputs": "(making the inputs)",
        "snapshot": "snapshot",
    }
    some = {"in p_error": f"{len(runs[0]['in_p_error'])} methods in p_error", "all": f"all {len(runs[0]['methods'])}"}
    some["shown"] = f"{some['all']}, shown after each"
    rows = [
        spread(f"{title}: {said}", [run["times"][name][part] for run in runs])
        for name, title in some.items()
        for part, said in parts.items()
        if part != "snapshot" or name == "shown"
    ]
    inside = runs[0]["in_p_error"]
    methods = [
        spread(f"- {name}{'' if name in inside else ' (not in p_error)'}", [run["methods"][name] for run in runs])
        for name in runs[0]["methods"]
    ]
    return rows + methods


def show(title: str, rows: Sequence[dict[str, Any]]) -> str:
    """Make a table of text."""

    def text(value: Any) -> str:
        if isinstance(value, dict):
            return ", ".join(f"{v:,} {k}" for k, v in value.items())
        return "" if value is None else f"{value:,.3g}" if isinstance(value, float) and value < 100 else _whole(value)

    cells = [list(rows[0]), *([text(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[c]) for line in cells) for c in range(len(cells[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([f"\n{title}", *lines])


def _whole(value: Any) -> str:
    return f"{value:,.0f}" if isinstance(value, float) else str(value)


def verdicts(rows: Sequence[dict[str, Any]], relabelled: Sequence[dict[str, Any]]) -> list[str]:
    """Say of what is required whether it is reached, and how ours stands to Datalab."""
    by_name = {row["contender"]: row for row in rows}
    given = by_name.get("ours, graph given", {})
    found = [("ours, graph given", key, given[key]) for key in ("seconds", "peak MB") if given]
    totals = [row for row in relabelled if row["what"].endswith("update + combine")]
    found += [(row["what"], "relabel ms", row["median ms"]) for row in totals]
    said = []
    for who, key, value in found:
        verdict = "reached" if value <= REQUIRED[key] else "NOT REACHED"
        said.append(f"{who}: {key} {value:,.4g}, required {REQUIRED[key]:,g}: {verdict}")
    if "ours" in by_name and "Datalab" in by_name:
        one, two = by_name["ours"], by_name["Datalab"]
        said += [
            f"{key}: ours with its graph {one[key]:,.4g}, Datalab {two[key]:,.4g}" for key in ("seconds", "peak MB")
        ]
    return said


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
