"""`explorer helped`: whether the corrections of a label store made a model better. It only looks."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.cli.data import DATA_OPTIONS, data_options, store_of
from explorer.cli.opening import is_url
from explorer.cli.printing import lines, plain
from explorer.errors import DataError

if TYPE_CHECKING:
    from explorer.dataset import Dataset
    from explorer.detectors.helped import Helped
    from explorer.labels import Store
    from explorer.progress import Progress, Stage

NOTHING: dict[str, Any] = {
    **dict.fromkeys(("before", "after", "difference", "low", "high")),
    "judged": 0,
    "changed": 0,
    "reviewed": False,
    "note": "",
    "per_class": [],
}
"""The answer to programs where no label has been kept or changed."""


def add_commands(commands: Any) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "helped",
        help="compare a model taught on the given labels with one taught on the corrected ones",
        description="Compare the probe taught on the given labels with the probe taught on the labels as a store has "
        "them now: accuracy of both on the items that people have decided on, the difference with its 95 % interval, "
        "and the same by class. Writes nothing into the store.",
    )
    parser.add_argument("data", help="folder with a sub-folder per class, or a CSV, TSV, Parquet or JSONL file")
    data_options(parser)
    parser.add_argument("--store", help="label store: a file (DATA.labels.db beside the data) or postgresql://…")
    parser.add_argument("--branch", default="main", help="branch to look at (%(default)s)")
    parser.add_argument("--embedder", default="auto", help="embedder (%(default)s)")
    parser.add_argument("--device", help='where to compute: "cpu", "cuda", "mps" (chosen when not given)')
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="(%(default)s)")
    parser.set_defaults(run=_helped)


def _helped(given: argparse.Namespace) -> int:
    from explorer import read
    from explorer.current import CurrentLabels
    from explorer.insight import check_judged

    data = Path(given.data)
    if not data.exists():
        raise DataError(f"There is no file or folder {str(data)!r}.", "Check the path.")
    options = {name: getattr(given, name) for name in DATA_OPTIONS if getattr(given, name) is not None}
    dataset = read(data.resolve(), **options)
    print(dataset, file=sys.stderr)
    with _open(given, data) as store:
        _bind(dataset, store)
        now = CurrentLabels(dataset, store)
        try:
            check_judged(now.states, now.given, now.codes)
        except DataError as error:
            answer = {"sentence": error.problem, **NOTHING}
            print(json.dumps(answer, indent=1) if given.format == "json" else error.problem)
            return 0  # that is an answer, and no failure
        found = _compared(dataset, store, given)
    if given.format == "json":
        print(json.dumps(_as_plain(found), indent=1, ensure_ascii=False))
    else:
        _for_people(found)
    return 0


def _open(given: argparse.Namespace, data: Path) -> Store:
    from explorer import labels

    store = store_of(given.store, data.resolve())
    if not is_url(str(store)) and not Path(store).is_file():
        raise DataError(
            f"There is no label store {str(store)!r}, so nothing was corrected.",
            "Name another one with --store; a review makes one.",
        )
    return labels.open(store, branch=given.branch, read_only=True)


def _bind(dataset: Dataset, store: Store) -> None:
    """Check that a store's labels are for these data."""
    from explorer.current import bind
    from explorer.labels import StoreError

    try:
        bind(dataset, store)  # binding what is bound already writes nothing
    except StoreError as error:
        if "read-only" not in error.problem:
            raise
        raise DataError(
            f"The data are not what the label store {plain(store.path)} was last bound to: items, labels or classes "
            "differ.",
            "Name the same columns as in the review (--label, --key, …), or open a review of the new data first.",
        ) from error


def _compared(dataset: Dataset, store: Store, given: argparse.Namespace) -> Helped:
    """Embed what a store's labels are for, and compare; the embedding comes from the cache where a review made it."""
    from dataclasses import replace

    import pandas as pd

    from explorer.current import CurrentLabels
    from explorer.detectors.helped import helped
    from explorer.embedding import embed
    from explorer.embedding.device import pick
    from explorer.judging import SETTLED

    embedding = embed(dataset, given.embedder, device=given.device, seed=given.seed, progress=_shown("embed"))
    vectors = embedding.vectors
    if embedding.failed:
        keep = np.ones(len(dataset), dtype=bool)
        keep[list(embedding.failed)] = False
        dataset, vectors = dataset.without(embedding.failed), vectors[keep]
        print(f"{int((~keep).sum()):,} items cannot be read and are left out.", file=sys.stderr)
    now = CurrentLabels(dataset, store)
    settled, device = np.isin(now.states, SETTLED), str(pick(given.device)[0])
    count = max(1, len(now.classes))
    found = helped(vectors, now.given, now.codes, settled, count, given.seed, _shown("compare"), device)
    if not now.classes:
        return found
    return replace(found, per_class=found.per_class.set_axis(pd.Index(now.classes, name="class")))


def _shown(name: str) -> Progress:
    """Return a progress that draws a bar where somebody watches: a log file needs none."""
    from tqdm import tqdm

    from explorer.progress import Progress, Stage

    if not sys.stderr.isatty():
        return Progress(Stage(name))
    bars: list[tqdm[None]] = []

    def report(stage: Stage) -> None:
        if not bars:
            bars.append(tqdm(total=stage.total, desc=name, leave=False, file=sys.stderr, unit=f" {stage.unit}"))
        bars[0].total, bars[0].n = stage.total, stage.done
        if stage.state == "running":
            bars[0].refresh()
        else:
            bars[0].close()

    return Progress(Stage(name), report)


def _as_plain(found: Helped) -> dict[str, Any]:
    """Return the whole result in types that JSON has; what is not a number becomes null."""

    def number(value: float) -> float | None:
        return float(value) if np.isfinite(value) else None

    names = ("before", "after", "difference", "low", "high")
    rows = [
        {"class": str(label), "judged": int(row["judged"]), **{name: number(row[name]) for name in names}}
        for label, row in zip(found.per_class.index, found.per_class.to_dict("records"), strict=True)
    ]
    return {
        "sentence": found.sentence(),
        **{name: number(getattr(found, name)) for name in names},
        "judged": found.judged,
        "changed": found.changed,
        "reviewed": found.reviewed,
        "note": found.note,
        "per_class": rows,
    }


def _for_people(found: Helped) -> None:
    print(found.sentence())
    if found.note:
        print(found.note)
    if not found.judged or not found.changed:
        return
    judged = found.per_class[found.per_class["judged"] > 0]
    rows = []
    for label, row in zip(judged.index, judged.to_dict("records"), strict=True):
        counted = [plain(label), f"{int(row['judged']):,}", f"{row['before']:.3f}", f"{row['after']:.3f}"]
        rows.append([*counted, f"{row['difference']:+.3f}", f"{row['low']:+.3f} to {row['high']:+.3f}"])
    print()
    lines(["class", "judged", "before", "after", "difference", "95 % interval"], rows)
