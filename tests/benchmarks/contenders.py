"""The contenders of `full_run.py`, each run in a process of its own, and the data that all of them are given."""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

# Nothing large is imported here: on Linux a child's peak memory begins with what its parent had when it started it.

DATA = Path(os.environ.get("EXPLORER_DATA", "../shared/data"))
K = 50
THEIR_K = 10  # Datalab's default for outliers and near-duplicates
ISSUES = ("label", "outlier", "near_duplicate")
TRUSTED = 1_000


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

    combined = replace(combined, findings=findings)
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
            findings = findings.shared()  # which the next update pays for: it copies
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
            result.give()
            results[name] = detectors.get(name).update(inputs, result, np.array([item]))
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
