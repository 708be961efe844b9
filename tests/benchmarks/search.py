"""The exact search beside `faiss.knn`: ours cancels, reports and shares the cores, and must not be slower for it.

    python tests/benchmarks/search.py [--items 50000] [--dimensions 32 64 …] [--threads 2] [--rounds 3] [--json FILE]

Every measurement is a process of its own (unit vectors, 59 of the nearest of each, as the graph asks for k = 50); the
contenders take turns, round after round; a ratio is that of the medians. "512" is ours with 512 queries at a time, as
it was until November 2026. Memory is what the process grew by at most, over its vectors.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

FETCH = 59
CONTENDERS = ("ours", "knn", "512")


def inside(contender: str, n: int, d: int) -> None:
    """Search in this process, and print seconds, CPU seconds and megabytes as JSON."""
    import faiss

    from explorer.graph.exact import search_faiss, search_index
    from explorer.progress import Progress

    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, d), dtype=np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    faiss.knn(x[:64], x[:64], 5, metric=faiss.METRIC_INNER_PRODUCT)  # loads what is loaded once
    resting = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    if contender == "knn":
        _, found = faiss.knn(x, x, FETCH, metric=faiss.METRIC_INNER_PRODUCT)
    elif contender == "ours":
        found, _ = search_faiss(x, x, FETCH, Progress())
    else:
        index = faiss.IndexFlatIP(d)
        index.add(x)
        found, _ = search_index(index, x, FETCH, Progress(), block=512)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert (found[:, 0] == np.arange(n)).all()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resting) / 1024
    print(json.dumps({"s": wall, "cpu": cpu, "mb": grown}))


def measure(contender: str, n: int, d: int, threads: int) -> dict[str, float]:
    """Search once in a process of its own."""
    command = [sys.executable, __file__, "--inside", contender, str(n), str(d)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def main() -> None:
    """Measure every number of dimensions, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--dimensions", type=int, nargs="+", default=[32, 64, 128, 256, 512, 1024])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--inside", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        contender, n, d = given.inside
        inside(contender, int(n), int(d))
        return
    n, rows = given.items, []
    for d in given.dimensions:
        taken: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
        for _ in range(given.rounds):
            for name in CONTENDERS:
                taken[name].append(measure(name, n, d, given.threads))
        row: dict[str, float] = {"items": n, "dimensions": d, "threads": given.threads}
        for name, runs in taken.items():
            for key in ("s", "cpu", "mb"):
                row[f"{name}_{key}"] = round(statistics.median(run[key] for run in runs), 2)
        row["ratio"] = round(row["ours_s"] / row["knn_s"], 3)
        row["cpu_ratio"] = round(row["ours_cpu"] / row["knn_cpu"], 3)
        row["gflops"] = round(2e-9 * n * n * d / row["ours_cpu"], 1)
        rows.append(row)
        print(
            f"{n:,} × {d}, {given.threads} threads: ours {row['ours_s']:.2f} s ({row['gflops']} GFLOP/s a core, "
            f"{row['ours_mb']:.0f} MB), faiss.knn {row['knn_s']:.2f} s ({row['knn_mb']:.0f} MB), 512 at a time "
            f"{row['512_s']:.2f} s; ours / knn: {row['ratio']:.2f}, of CPU {row['cpu_ratio']:.2f}",
            flush=True,
        )
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
