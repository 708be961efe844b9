"""How well labels are ranked: this package against cleanlab on the benchmark data.

    EXPLORER_DATA=… python tests/benchmarks/rank.py [--seeds 3] [--sets digits ag_news sst2 cifar10n digits5]

Each set runs in a process of its own, so that seconds and peak memory are its own. The protocol:

- vectors: digits as pixels / 16, centred; texts and CIFAR-10N as given in the data folder;
- planting: every item flipped with probability .1, `uniform` to any other class, `confusable` in proportion to its
  held-out probability (+ .001) under logistic regression on the clean labels; `digits5` flips exactly 5 % uniformly;
  CIFAR-10N has its own human errors;
- cleanlab: on held-out probabilities of logistic regression (C 10 for texts, 1 for digits; 5 stratified folds, seed 0),
  self-confidence and the default flag;
- ours: from the same vectors by graph, probe, detectors and combiner. On CIFAR-10N both get the given probabilities.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

DATA = Path(os.environ.get("EXPLORER_DATA", "../shared/data"))
SETS = ("digits", "digits5", "ag_news", "sst2", "cifar10n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sets", nargs="+", default=SETS, choices=SETS)
    options = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    for name in options.sets:
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            rows, megabytes = pool.submit(measure_set, name, options.seeds).result()
        frame = pd.DataFrame(rows)
        print(f"\n{name} (peak memory {megabytes:,.0f} MB)")
        print(frame.groupby(["case", "method"], sort=False).mean(numeric_only=True).round(3).to_string(), flush=True)


def measure_set(name: str, seeds: int) -> tuple[list[dict[str, object]], float]:
    cases = {"digits5": exact_share, "cifar10n": human}.get(name, planted)(name, seeds)
    rows = [row for case in cases for row in compare(*case)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return rows, peak / (2**20 if sys.platform == "darwin" else 2**10)


def vectors_and_truth(name: str) -> tuple[np.ndarray, np.ndarray]:
    if name.startswith("digits"):
        digits = load_digits()
        x = digits.data / 16
        return (x - x.mean(axis=0)).astype(np.float32), digits.target.astype(np.int32)
    labels = pd.read_csv(DATA / f"{name}.csv").label.astype("category").cat.codes.to_numpy(np.int32)
    return np.load(DATA / "text_minilm_vectors.npz")[name].astype(np.float32), labels


def held_out(name: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    model = LogisticRegression(C=1 if name.startswith("digits") else 10, max_iter=300)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    return cross_val_predict(model, x, y, cv=folds, method="predict_proba")


def planted(name: str, seeds: int):
    x, truth = vectors_and_truth(name)
    clean, classes = held_out(name, x, truth), int(truth.max()) + 1
    for kind in ("uniform", "confusable") if classes > 2 else ("uniform",):
        chance = np.ones_like(clean) if kind == "uniform" else clean + 0.001
        chance[np.arange(len(truth)), truth] = 0
        ladder = np.cumsum(chance / chance.sum(axis=1, keepdims=True), axis=1)
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            wrong = rng.random(len(truth)) < 0.1
            other = np.minimum((ladder < rng.random((len(truth), 1))).sum(axis=1), classes - 1)
            y = np.where(wrong, other, truth).astype(np.int32)
            yield f"{name} {kind}", x, y, wrong, held_out(name, x, y), None


def exact_share(name: str, seeds: int):
    x, truth = vectors_and_truth(name)
    count = round(0.05 * len(truth))
    for seed in range(max(5, seeds)):
        rng = np.random.default_rng(seed)
        wrong = np.zeros(len(truth), dtype=bool)
        wrong[rng.choice(len(truth), count, replace=False)] = True
        y = np.where(wrong, (truth + rng.integers(1, 10, len(truth))) % 10, truth).astype(np.int32)
        yield "digits 5 % uniform", x, y, wrong, held_out(name, x, y), None


def human(_name: str, _seeds: int):
    frame = pd.read_parquet(DATA / "cifar10n.parquet", columns=["clean", "aggregate"])
    classes = sorted(frame.clean.unique())
    y, truth = (pd.Categorical(frame[c], classes).codes.astype(np.int32) for c in ("aggregate", "clean"))
    with np.load(DATA / "cifar10n_aggregate_vectors.npz") as arrays:
        x = arrays["features"].astype(np.float32)
        for model in ("resnet18", "swin"):
            probs = arrays[f"oof_probs_{model}"].astype(np.float32)
            probs /= probs.sum(axis=1, keepdims=True)
            yield f"CIFAR-10N {model}", x, y, y != truth, probs, probs


def compare(case: str, x: np.ndarray, y: np.ndarray, wrong: np.ndarray, theirs: np.ndarray, given: np.ndarray | None):
    from cleanlab.filter import find_label_issues

    from explorer import detectors, graph, probe

    classes = theirs.shape[1]
    began = time.perf_counter()
    flags = find_label_issues(y, theirs, n_jobs=1)
    yield line(case, "cleanlab", 1 - theirs[np.arange(len(y)), y], wrong, flags, time.perf_counter() - began)
    began = time.perf_counter()
    found = graph.build(x)
    probs = probe.out_of_fold(x, y, classes).probs if given is None else given
    inputs = detectors.Inputs(y, classes, graph=found, probs=probs, vectors=x)
    findings = detectors.run(inputs)
    combined = detectors.combine(inputs, findings)
    seconds = time.perf_counter() - began
    for name in combined.columns:
        result = findings.results[name]
        yield line(case, name, np.nan_to_num(result.score), wrong, result.flags, float("nan"))
    yield line(case, "combined", combined.p_error, wrong, combined.is_issue, seconds)


def line(case: str, method: str, score: np.ndarray, wrong: np.ndarray, flags: np.ndarray | None, seconds: float):
    hits = np.cumsum(wrong[np.argsort(-score, kind="stable")])
    seen, errors = np.arange(1, len(score) + 1), int(wrong.sum())
    return {
        "case": case,
        "method": method,
        "AUROC": roc_auc_score(wrong, score),
        "AP": average_precision_score(wrong, score),
        "found in top n": hits[errors - 1] / errors,  # n = the number of errors
        "flag F1": np.nan if flags is None else 2 * (flags & wrong).sum() / max(1, flags.sum() + errors),
        "best F1": (2 * hits / (seen + errors)).max(),
        "seconds": seconds,
    }


if __name__ == "__main__":
    main()
