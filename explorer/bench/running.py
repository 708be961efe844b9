"""Runs every method on every set, and puts the figures together."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from explorer.bench import noise as planting
from explorer.bench.measure import COLUMNS, figures, timed
from explorer.bench.sets import SETS, Known, load
from explorer.bench.sets import own as own_set
from explorer.errors import DataError, UnknownName

if TYPE_CHECKING:
    import pandas as pd

OURS = "p_error"
THEIRS = "cleanlab"
AS_FOUND = "as found"
"""Kind of the errors that a set came with."""

SINGLE = {
    "confident": "self-confidence",
    "confident/confident_margin": "margin",
    "vote": "neighbour vote",
    "relation": "relation",
    "relation/relation_first_pass": "relation, first pass",
}
"""Columns that `p_error` is to beat, each alone, and what they are called elsewhere."""


@dataclass(frozen=True)
class Run:
    """What one method reached on one set, once.

    Attributes
    ----------
    set, noise, rate, seed
        Which; `noise` is "as found" where the set has errors of its own, and `rate` is then theirs.
    method
        "p_error", "cleanlab", or the column of a detector.
    figures
        By the names of `COLUMNS`.
    """

    set: str
    noise: str
    rate: float
    seed: int
    method: str
    figures: Mapping[str, float]


def run(
    sets: Sequence[str] = ("digits",),
    *,
    own: Mapping[str, str | Path] | None = None,
    noise: Sequence[str] = planting.KINDS,
    rates: Sequence[float] = (0.1,),
    seeds: int = 3,
    methods: bool = True,
    heard: Callable[[str], None] = lambda _: None,
) -> list[Run]:
    """Measure `p_error`, cleanlab and, if asked for, every single method.

    Parameters
    ----------
    sets
        Some of `SETS`.
    own
        Sets of the user's own: name → folder (see `explorer.bench.own`).
    noise, rates, seeds
        What is planted: kinds, shares, and how often each. Errors that a set came with are measured once.
    methods
        Every column of every detector of label issues too.
    heard
        Is told what has been done, one line at a time.

    Raises
    ------
    UnknownName, DataError
        A set or kind of noise that does not exist, or a set that cannot be read: before anything is measured.
    """
    for name in sets:
        if name not in SETS:
            raise UnknownName("set", name, SETS, "Add one of your own with name=folder.")
    for kind in noise:
        if kind not in planting.KINDS:
            raise UnknownName("kind of noise", kind, planting.KINDS)
    for rate in rates:
        if not 0 < rate < 1:
            raise DataError(f"A share of {rate:g} wrong labels cannot be planted.", "Give rates between 0 and 1.")
    if seeds < 1:
        raise DataError(f"{seeds} seeds measure nothing.", "Give at least one.")
    if importlib.util.find_spec("cleanlab") is None:
        heard("cleanlab is not installed (pip install 'data-quality-explorer[bench]'): ours alone are measured.")
    own_sets = [own_set(name, folder) for name, folder in (own or {}).items()]
    runs: list[Run] = []
    for known in _known(sets, own_sets):
        graph = None
        for kind, rate, seed, labels, wrong, probs in _cases(known, noise, rates, seeds):
            if graph is None:
                from explorer import graph as graphs

                graph = graphs.build(known.vectors)
            found = list(_compared(known, graph, labels, wrong, probs, methods))
            runs += [Run(known.name, kind, rate, seed, method, figure) for method, figure in found]
            said = ", ".join(f"{method} AP {figure['AP']:.3f}" for method, figure in found[:2])
            heard(f"{known.name}, {kind} {rate:g}, seed {seed}: {said}")
    if not runs:
        raise DataError("Nothing was measured.", "Name a set, and a kind of noise that it can have.")
    return runs


def _known(sets: Sequence[str], own_sets: Sequence[Known]) -> Iterator[Known]:
    for name in sets:
        yield from load(name)
    yield from own_sets


Case = tuple[str, float, int, NDArray[np.int32], NDArray[np.bool_], NDArray[np.float32]]


def _cases(known: Known, noise: Sequence[str], rates: Sequence[float], seeds: int) -> Iterator[Case]:
    if known.labels is not None:
        wrong = known.labels != known.truth
        if not wrong.any() or wrong.all():
            raise DataError(
                f"{'All' if wrong.any() else 'None'} of the labels of the set {known.name!r} are wrong.",
                "Leave true.npy out to have errors planted.",
            )
        probs = known.held_out(known.labels) if known.probs is None else known.probs
        yield AS_FOUND, round(float(wrong.mean()), 3), 0, known.labels, wrong, probs
        return
    clean = known.held_out(known.truth)
    for kind in noise:
        if kind == "confusable" and known.n_classes == 2:
            continue
        for rate in rates:
            for seed in range(seeds):
                labels, wrong = planting.plant(known.truth, clean, known.vectors, kind, rate, seed)
                if wrong.any() and not wrong.all():
                    yield kind, rate, seed, labels, wrong, known.held_out(labels)


def _compared(
    known: Known,
    graph: Any,
    labels: NDArray[np.int32],
    wrong: NDArray[np.bool_],
    probs: NDArray[np.float32],
    methods: bool,
) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield each method's figures: ours, cleanlab's, then every column's."""
    from explorer import detectors

    inputs = detectors.Inputs(labels, known.n_classes, graph=graph, probs=probs, vectors=known.vectors)

    def ours() -> tuple[detectors.Findings, detectors.Combined]:
        findings = detectors.run(inputs)
        return findings, detectors.combine(inputs, findings)

    (findings, combined), seconds, megabytes = timed(ours)
    cost = {"seconds": seconds, "MB": megabytes}
    found = figures(combined.p_error, wrong, combined.is_issue, probability=True)
    yield OURS, {**found, "estimated": combined.noise_rate, **cost}
    if importlib.util.find_spec("cleanlab") is not None:
        importlib.import_module("cleanlab.filter")  # importing it is not what is timed
        (score, flags, estimated), seconds, megabytes = timed(lambda: _cleanlab(labels, probs))
        cost = {"seconds": seconds, "MB": megabytes}
        yield THEIRS, {**figures(score, wrong, flags, probability=True), "estimated": estimated, **cost}
    if not methods:
        return
    for name, result in findings.results.items():
        if detectors.get(name).issue != "label":
            continue
        columns = {name: result.score, **{f"{name}/{c}": values for c, values in result.columns.items()}}
        for column, values in columns.items():
            if np.isfinite(values).any():
                yield column, figures(values, wrong, result.flags if column == name else None)


def _cleanlab(
    labels: NDArray[np.int32], probs: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_], float]:
    """Return cleanlab's score (1 − self-confidence), default flag and estimated share of wrong labels."""
    from cleanlab.count import estimate_joint
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    flags = np.asarray(find_label_issues(labels, probs, n_jobs=1), dtype=bool)
    score = 1 - np.asarray(get_label_quality_scores(labels, probs), dtype=np.float32)
    return score, flags, float(1 - np.trace(estimate_joint(labels, probs)))


def as_plain(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return every run as plain values; `None` for what is not measured."""
    return [
        {
            "set": one.set,
            "noise": one.noise,
            "rate": one.rate,
            "seed": one.seed,
            "method": one.method,
            **{name: _plain(one.figures.get(name)) for name in COLUMNS},
        }
        for one in runs
    ]


def _plain(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), 6)


def summary(runs: Sequence[Run]) -> pd.DataFrame:
    """Return the mean over seeds, a row a set, noise, rate and method, with their number and the spread of AP."""
    import pandas as pd

    frame = pd.DataFrame(as_plain(runs)).astype(dict.fromkeys(COLUMNS, float))
    groups = frame.groupby(["set", "noise", "rate", "method"], sort=False)
    table = groups[list(COLUMNS)].mean()
    table.insert(2, "AP ±", groups["AP"].std().fillna(0))
    table.insert(0, "seeds", groups.size())
    return table


def as_text(table: pd.DataFrame) -> str:
    """Lay a summary out for a terminal, a block a set and noise."""
    places = {"reviews@80": 0, "seconds": 2, "MB": 0, "seeds": 0}
    parts = []
    for (name, kind, rate), shown in _cases_of(table):
        texts = {
            column: [("–" if np.isnan(v) else f"{v:.{places.get(column, 3)}f}") for v in shown[column].astype(float)]
            for column in map(str, shown.columns)
        }
        width = max(len("method"), *(len(str(m)) for m in shown.index))
        head = [f"{'method':{width}}", *(f"{c:>{max(len(c), *map(len, v))}}" for c, v in texts.items())]
        rows = [
            "  ".join([f"{m!s:{width}}", *(f"{v[i]:>{max(len(c), *map(len, v))}}" for c, v in texts.items())])
            for i, m in enumerate(shown.index)
        ]
        parts.append("\n".join([f"{name}, {kind}, {rate:g} wrong", "  ".join(head), *rows]))
    return "\n\n".join(parts)


def accepted(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Compare `p_error` with the single columns that it is to beat, by set, noise and rate, in the mean over seeds.

    Returns
    -------
    list of dict
        `set`, `noise`, `rate`, and for AUROC and AP: `ours`, `best` (the best single column) and `best_is` (its name),
        `self_confidence`.
    """
    table = summary(runs)
    rows = []
    for (of, kind, rate), shown in _cases_of(table):
        row: dict[str, Any] = {"set": of, "noise": kind, "rate": rate}
        for name in ("AUROC", "AP"):
            reached = {str(method): float(value) for method, value in zip(shown.index, shown[name], strict=True)}
            single = {column: reached[column] for column in SINGLE if column in reached}
            if not single or OURS not in reached:
                break
            best = max(single, key=lambda column: single[column])
            row[name] = {
                "ours": reached[OURS],
                "best": single[best],
                "best_is": SINGLE[best],
                "self_confidence": single.get("confident"),
            }
        else:
            rows.append(row)
    return rows


def _cases_of(table: pd.DataFrame) -> Iterator[tuple[tuple[str, str, float], pd.DataFrame]]:
    """Yield ((set, noise, rate), its rows by method) of a summary."""
    for keys, block in table.groupby(["set", "noise", "rate"], sort=False):
        of, kind, rate = cast("tuple[str, str, float]", keys)
        yield (of, kind, rate), block.droplevel([0, 1, 2])
