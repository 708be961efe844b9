"""What is measured of one ranking."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

COLUMNS = {
    "AUROC": "chance that a wrong label is ranked above a right one",
    "AP": "average precision",
    "precision@n": "share of wrong labels among the 100 ranked worst (or as many as there are wrong ones)",
    "recall@rate": "share of the wrong labels among as many ranked worst as there are wrong ones",
    "missed@rate": "false negative rate at the noise rate: share of the wrong labels missed by reviewing as many "
    "items as there are wrong ones",
    "missed@2x": "share of the wrong labels missed by reviewing twice as many items as there are wrong ones",
    "reviews@80": "reviews, worst first, until 80 % of the wrong labels have been seen",
    "F1": "F1 of the method's own flag",
    "best F1": "F1 at the best cut of the ranking, which needs the truth to be found",
    "F1 ratio": "F1 / best F1: how much of what the ranking holds the flag makes use of",
    "ECE": "expected calibration error of the score as a probability, 10 bins of equal width",
    "estimated": "estimated share of wrong labels",
    "true": "true share of wrong labels",
    "seconds": "time, without probabilities and graph",
    "MB": "peak memory above what was in use before",
}
"""The figures, in the order in which they are shown."""

FIRST = 100
BINS = 10
INTERVAL = 0.01
"""Seconds between two looks at the memory."""

T = TypeVar("T")


def figures(
    score: NDArray[np.floating],
    wrong: NDArray[np.bool_],
    flags: NDArray[np.bool_] | None = None,
    *,
    probability: bool = False,
) -> dict[str, float]:
    """Measure a ranking.

    Parameters
    ----------
    score
        float [N], high = suspicious; NaN ranks last.
    wrong
        bool [N]: at least one wrong and one right.
    flags
        bool [N]: what the method itself calls wrong.
    probability
        The score is meant as a probability, so its calibration is measured.

    Returns
    -------
    dict
        Figures by the names of `COLUMNS`; NaN where there is none.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score

    known = np.nan_to_num(score.astype(np.float64), nan=np.nanmin(score))
    hits = np.cumsum(wrong[np.argsort(-known, kind="stable")])
    n, errors = len(wrong), int(wrong.sum())
    first = min(FIRST, errors)
    best = float((2 * hits / (np.arange(1, n + 1) + errors)).max())
    f1 = float("nan") if flags is None else 2 * float((flags & wrong).sum()) / max(1, int(flags.sum()) + errors)
    return {
        "AUROC": float(roc_auc_score(wrong, known)),
        "AP": float(average_precision_score(wrong, known)),
        "precision@n": float(hits[first - 1] / first),
        "recall@rate": float(hits[errors - 1] / errors),
        "missed@rate": float(1 - hits[errors - 1] / errors),
        "missed@2x": float(1 - hits[min(n, 2 * errors) - 1] / errors),
        "reviews@80": float(1 + np.searchsorted(hits, np.ceil(0.8 * errors))),
        "F1": f1,
        "best F1": best,
        "F1 ratio": f1 / best,
        "ECE": calibration_error(known, wrong) if probability else float("nan"),
        "true": float(wrong.mean()),
    }


def calibration_error(p: NDArray[np.float64], wrong: NDArray[np.bool_], bins: int = BINS) -> float:
    """Return the expected calibration error: mean over items of |share − mean p| of their bin."""
    place = np.minimum((p * bins).astype(np.intp), bins - 1)
    gap = np.bincount(place, p, bins) - np.bincount(place, wrong.astype(float), bins)
    return float(np.abs(gap).sum() / len(p))


def timed(work: Callable[[], T]) -> tuple[T, float, float]:
    """Do some work; return its result, the seconds it took and its peak memory in MB above what was in use before."""
    import psutil

    process = psutil.Process()
    before = peak = process.memory_info().rss
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(INTERVAL):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch, name="explorer-bench-memory", daemon=True)
    watcher.start()
    began = time.perf_counter()
    try:
        result = work()
    finally:
        seconds = time.perf_counter() - began
        done.set()
        watcher.join()
    return result, seconds, max(0.0, max(peak, process.memory_info().rss) - before) / 2**20
