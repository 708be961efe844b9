"""`explorer helped`: whether the corrections of a label store made a model better. It only looks."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from explorer.cli.data_options import data_options, existing, options_of, read_data, store_of
from explorer.cli.output import lines, plain
from explorer.cli.stores import corrections_of
from explorer.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from explorer.dataset.dataset import Dataset
    from explorer.estimates.helped import Helped
    from explorer.estimates.removal import Removal
    from explorer.progress import Progress, Stage
    from explorer.review.label_columns import CurrentLabels

NOTHING: dict[str, Any] = {
    **dict.fromkeys(("before", "after", "difference", "low", "high")),
    "judged": 0,
    "changed": 0,
    "gained": 0,
    "lost": 0,
    "lost_items": [],
    "reviewed": False,
    "note": "",
    "per_class": [],
}
"""The answer to programs where no label has been kept or changed."""


def _describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Compare a small model (the probe) taught on the given labels with the same taught on the labels as a store "
        "has them now: accuracy of both on the items that people have decided on, the difference with its 95 % "
        "interval, and the same by class. Writes nothing into the store."
    )
    parser.add_argument("data", help="folder with a sub-folder per class, or a CSV, TSV, Parquet or JSONL file")
    data_options(parser)
    parser.add_argument("--store", help="label store: a file (DATA.labels.db beside the data) or postgresql://…")
    parser.add_argument("--branch", default="main", help="branch to look at (%(default)s)")
    parser.add_argument("--embedder", default="auto", help="embedder (%(default)s)")
    parser.add_argument("--device", help='where to compute: "cpu", "cuda", "mps" (chosen when not given)')
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="(%(default)s)")
    parser.add_argument(
        "--mode",
        choices=("relabel", "remove"),
        default="relabel",
        help="remove: what if the labels that look worst were left out, up to 30 %% of them (%(default)s)",
    )
    parser.set_defaults(run=_helped)


COMMANDS: dict[str, Callable[[argparse.ArgumentParser], None]] = {"helped": _describe}
"""How the parser of each command is made."""


def _helped(given: argparse.Namespace) -> int:
    from explorer.review.estimates import check_judged
    from explorer.review.label_columns import CurrentLabels

    data = existing(given.data)
    dataset = read_data(data, options_of(given))
    print(dataset, file=sys.stderr)
    with corrections_of(dataset, store_of(given.store, data, dataset), given.branch) as store:
        now = CurrentLabels(dataset, store)
        try:
            if given.mode == "relabel":
                check_judged(now.states, now.given, now.codes)
        except DataError as error:
            answer = {"sentence": error.problem, **NOTHING}
            print(json.dumps(answer, indent=1) if given.format == "json" else error.problem)
            return 0  # that is an answer, and no failure
    if given.mode == "remove":
        _say_removed(_removed(dataset, now, given), given.format)
        return 0
    found = _compared(dataset, now, given)
    if given.format == "json":
        print(json.dumps(_as_plain(found), indent=1, ensure_ascii=False))
    else:
        _for_people(found)
    return 0


def _compared(dataset: Dataset, now: CurrentLabels, given: argparse.Namespace) -> Helped:
    """Embed what the labels are for, and compare; the embedding comes from the cache where a review made it."""
    from dataclasses import replace

    import pandas as pd

    from explorer.engine.devices import pick
    from explorer.estimates.helped import helped
    from explorer.review.label_columns import is_settled

    vectors, keep = _embedded(dataset, given)
    before, after = now.given[keep], now.codes[keep]
    settled, device = is_settled(now.states[keep]), str(pick(given.device)[0])
    count = max(1, len(now.classes))
    found = helped(vectors, before, after, settled, count, given.seed, _shown("compare"), device)
    ids = dataset.item_ids[keep]
    found = replace(found, lost_items=tuple(str(ids[i]) for i in found.lost_at))
    if not now.classes:
        return found
    return replace(found, per_class=found.per_class.set_axis(pd.Index(now.classes, name="class")))


def _removed(dataset: Dataset, now: CurrentLabels, given: argparse.Namespace) -> Removal:
    """Rank the given labels, and compare models taught with and without the worst."""
    from explorer.engine.devices import pick
    from explorer.estimates.removal import removal
    from explorer.pipeline.find_issues import find_issues_in
    from explorer.review.label_columns import is_settled

    vectors, keep = _embedded(dataset, given)
    ranked = find_issues_in(dataset, embedder=given.embedder, seed=given.seed)
    suspicion = ranked["p_error"].reindex(dataset.item_ids[keep]).to_numpy(float)
    settled, device = is_settled(now.states[keep]), str(pick(given.device)[0])
    labels = now.given[keep], now.codes[keep]
    count = max(1, len(now.classes))
    return removal(vectors, *labels, suspicion, settled, count, given.seed, _shown("compare"), device)


def _say_removed(found: Removal, form: str) -> None:
    """Print what removing the worst labels does."""
    if form == "json":
        curve = json.loads(found.table.reset_index().to_json(orient="records"))
        whole = {"sentence": found.sentence(), "judged": found.judged, "reviewed": found.reviewed, "curve": curve}
        print(json.dumps(whole, indent=1, ensure_ascii=False))
        return
    print(found.sentence())
    rows = [
        [
            f"{100 * share:.0f} %",
            f"{int(row['removed']):,}",
            *(f"{100 * row[name]:.1f} %" for name in ("worst", "random")),
            f"{100 * row['low']:+.1f} to {100 * row['high']:+.1f}",
            f"{int(row['lost']):,}",
        ]
        for share, row in zip(found.table.index, found.table.to_dict("records"), strict=True)
    ]
    print("\nAccuracy without the worst labels, and without as many at random:")
    lines(["share", "removed", "worst", "random", "95 % interval", "lost"], rows)


def _embedded(dataset: Dataset, given: argparse.Namespace) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the vectors of the items that can be read, and which those are, bool [N]."""
    import numpy as np

    from explorer.embedding import embed

    embedding = embed(dataset, given.embedder, device=given.device, seed=given.seed, progress=_shown("embed"))
    keep = np.ones(len(dataset), dtype=bool)
    keep[list(embedding.failed)] = False
    left_out = int((~keep).sum())
    if left_out:
        items, are = ("item", "is") if left_out == 1 else ("items", "are")
        print(f"{left_out:,} {items} cannot be read and {are} left out.", file=sys.stderr)
    return embedding.vectors[keep], keep


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
        return float(value) if math.isfinite(value) else None

    names = ("before", "after", "difference", "low", "high")
    rows = [
        {
            "class": str(label),
            **{name: int(row[name]) for name in ("judged", "gained", "lost")},
            **{name: number(row[name]) for name in names},
        }
        for label, row in zip(found.per_class.index, found.per_class.to_dict("records"), strict=True)
    ]
    return {
        "sentence": found.sentence(),
        **{name: number(getattr(found, name)) for name in names},
        "judged": found.judged,
        "changed": found.changed,
        "reviewed": found.reviewed,
        "gained": found.gained,
        "lost": found.lost,
        "lost_items": list(found.lost_items),
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
        counted = [
            plain(label),
            f"{int(row['judged']):,}",
            f"{100 * row['before']:.1f} %",
            f"{100 * row['after']:.1f} %",
        ]
        between = f"{100 * row['low']:+.1f} to {100 * row['high']:+.1f}"
        rows.append([*counted, f"{100 * row['difference']:+.1f}", between])
    print("\nAccuracy by class; the difference is in percentage points:")
    lines(["class", "judged", "before", "after", "difference", "95 % interval"], rows)
