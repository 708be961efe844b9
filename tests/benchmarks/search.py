"""The exact search beside `faiss.knn`: ours cancels, reports and shares the cores, and must not be slower for it.

    python tests/benchmarks/search.py [--items 50000] [--dimensions 32 64 …] [--threads 2] [--rounds 3] [--json FILE]
    python tests/benchmarks/search.py --blocks [--items 200000]      # what the block of queries was chosen by

Every measurement is a process of its own (unit vectors, 59 of the nearest of each, as the graph asks for k = 50); the
contenders take turns, round after round. Seconds are medians, CPU seconds the least of the rounds: where others use
the machine too, only the latter compare, and only on one thread (faiss' threads wait for each other by spinning).
"512" is ours with 512 queries at a time, as it was until November 2026. Memory is what the process
grew by at most, over its vectors.
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
from itertools import product
from pathlib import Path

import numpy as np

FETCH = 59
CONTENDERS = ("ours", "knn", "512")
BLOCKS = (128, 256, 512, 1024, 2048, 4096, 8192, 16384)
ENOUGH = 1e10
"""Multiplications after which the speed of a block is known."""


def inside(contender: str, n: int, d: int) -> None:
    """Search in this process, and print seconds, CPU seconds and megabytes as JSON."""
    import faiss

    from explorer.graph.exact_search import search_faiss, search_index
    from explorer.progress import Progress

    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, d), dtype=np.float32)
    x /= np.sqrt(np.einsum("nd,nd->n", x, x))[:, None]  # with no second array, which would raise the peak
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


def blocks(n: int, d: int) -> str:
    """Return the speed of one core, and how long it is busy, by the number of queries asked at a time."""
    import faiss

    faiss.omp_set_num_threads(1)
    x = np.random.default_rng(0).standard_normal((n, d), dtype=np.float32)
    index = faiss.IndexFlatIP(d)
    index.add(x)
    said = []
    for block in (block for block in BLOCKS if block <= n):
        times = []
        for start in range(0, n - block + 1, block):
            began = time.thread_time()
            index.search(x[start : start + block], FETCH)
            times.append(time.thread_time() - began)
            if len(times) * block * n * d > ENOUGH and len(times) > 1:
                break
        best = min(times)
        said.append(f"{block}: {2e-9 * block * n * d / best:.0f} GFLOP/s, {best:.2f} s")
    return f"{n:,} × {d}: " + "; ".join(said)


def main() -> None:
    """Measure every number of dimensions, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--dimensions", type=int, nargs="+", default=[32, 64, 128, 256, 512, 1024])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--blocks", action="store_true", help="measure blocks of queries instead")
    parser.add_argument("--inside", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        contender, n, d = given.inside
        inside(contender, int(n), int(d))
        return
    if given.blocks:
        for d in given.dimensions:
            print(blocks(given.items, d), flush=True)
        return
    n, rows = given.items, []
    for d in given.dimensions:
        taken: dict[str, list[dict[str, float]]] = {name: [] for name in given.only}
        for _ in range(given.rounds):
            for name in given.only:
                taken[name].append(measure(name, n, d, given.threads))
        row: dict[str, float] = {"items": n, "dimensions": d, "threads": given.threads}
        for name, runs in taken.items():
            row[f"{name}_s"] = round(statistics.median(run["s"] for run in runs), 2)
            row[f"{name}_cpu"] = round(min(run["cpu"] for run in runs), 2)
            row[f"{name}_mb"] = round(max(run["mb"] for run in runs))
            row[f"{name}_gflops"] = round(2e-9 * n * n * d / row[f"{name}_cpu"], 1)
        for name, key in product(given.only, ("s", "cpu")):
            if name != "knn" and "knn" in taken:
                row[f"{name} / knn, {key}"] = round(row[f"{name}_{key}"] / row[f"knn_{key}"], 2)
        rows.append(row)
        print(row, flush=True)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
