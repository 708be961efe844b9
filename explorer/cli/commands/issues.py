"""`explorer issues`, the ranking and the share of wrong labels for a person or a build; and `explorer methods`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from explorer.cli.data_options import data_options, existing, names_of, names_option, options_of, read_data, store_of
from explorer.cli.messages import worded
from explorer.cli.output import FORMATS, lines, plain, positive, show, show_frame, unread
from explorer.cli.ranking import for_people, in_words
from explorer.cli.stores import corrections_of
from explorer.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from explorer.dataset.dataset import Dataset
    from explorer.estimates.slice_rates import SliceRates
    from explorer.review.label_columns import CurrentLabels

FIRST = 20
"""Rows of a table where no number is given."""

EITHER = {"beta_mixture": "probs or dynamics"}
"""What a method needs that makes do with one thing or another."""


def _describe_issues(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Rank the labels that are probably wrong. The estimated share of wrong labels and its range go to stderr, and "
        "into the head of --format json."
    )
    parser.add_argument("data", help="folder with a sub-folder per class, or a CSV, TSV, Parquet or JSONL file")
    data_options(parser)
    parser.add_argument(
        "--store",
        help="label store to look into: what is decided on there comes last (the estimate is of the given labels)",
    )
    parser.add_argument("--embedder", help="embedder (auto; none where --probs is given and nothing to embed)")
    names_option(parser)
    parser.add_argument("--methods", nargs="+", metavar="NAME", help="only these (`explorer methods` lists them)")
    parser.add_argument("--format", choices=(*FORMATS, "json"), default="table", help="(%(default)s)")
    parser.add_argument("-n", "--limit", type=positive, help=f"at most this many rows ({FIRST} of a table, else all)")
    parser.add_argument(
        "--fail-over", type=_share, metavar="SHARE", help="exit with 1 if more than this share of the labels is wrong"
    )
    parser.add_argument(
        "--by", metavar="COLUMN", help="say how many labels are wrong in each slice of another column, not item by item"
    )
    parser.add_argument("--seed", type=int, default=0, help="(%(default)s)")
    parser.set_defaults(run=_issues, answer="the estimated share of wrong labels is over the limit")


def _describe_methods(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help="print the page of this one (p_error: how they are combined)")
    parser.add_argument("--format", choices=FORMATS, default="table", help="of the list (%(default)s)")
    parser.set_defaults(run=_methods)


COMMANDS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "issues": _describe_issues,
    "methods": _describe_methods,
}
"""How the parser of each command is made."""


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share between 0 and 1, such as 0.02")
    return value


def _issues(given: argparse.Namespace) -> int:
    found, dataset = _found(given)
    estimate, note = found.attrs["estimate"], found.attrs["note"]
    slices = None if given.by is None else _slices(found, dataset, given.by)
    try:
        _say(given, found, dataset.keyed, slices)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read has enough; the exit status is the answer all the same
        unread()
    if given.fail_over is None:
        return 0
    if estimate["error_rate"] is None:
        raise DataError("There is no estimate to compare with --fail-over.", note)
    over = estimate["error_rate"] > given.fail_over
    rate, limit, side = 100 * estimate["error_rate"], 100 * given.fail_over, "over" if over else "within"
    print(f"An estimated {rate:.2f} % are wrong, {side} the limit of {limit:.2f} % (--fail-over).", file=sys.stderr)
    return int(over)


def _slices(found: pd.DataFrame, dataset: Dataset, by: str) -> SliceRates:
    from explorer.review.slices import rates_of

    return rates_of(dataset, found, by)


def _say(given: argparse.Namespace, found: pd.DataFrame, keyed: bool, slices: SliceRates | None) -> None:
    estimate, attrs = found.attrs["estimate"], found.attrs
    for name, reason in attrs["failures"].items():
        print(f"The method {name!r} failed: {plain(reason)}", file=sys.stderr)
    words = in_words(estimate, of_given=given.store is not None)
    print(" ".join(filter(None, (words, worded(attrs["note"])))), file=sys.stderr)
    limit = given.limit if given.limit is not None else FIRST if given.format == "table" else None
    if slices is not None and given.format != "json":
        print(slices.sentence(), file=sys.stderr)
        table = slices.table if limit is None else slices.table.head(max(0, limit))
        if given.format == "table":
            _by_slice(table)
        else:
            show_frame(table.rename_axis("slice"), given.format)
        return
    rows = found if limit is None else found.head(max(0, limit))
    if given.format == "json":
        head = {"estimate": estimate, "limit": given.fail_over}
        head |= {"note": worded(attrs["note"]), "warnings": [worded(text) for text in attrs["warnings"]]}
        head["failures"] = attrs["failures"]
        if slices is not None:
            by_slice = json.loads(slices.table.rename_axis("slice").reset_index().to_json(orient="records"))
            head["slices"] = {"by": slices.by, "sentence": slices.sentence(), "table": by_slice}
        issues = json.loads(rows.reset_index().to_json(orient="records"))
        print(json.dumps({**head, "issues": issues}, indent=1, ensure_ascii=False))
    elif given.format == "table":
        for_people(rows, keyed=keyed)
    else:
        show_frame(rows, given.format)


def _by_slice(table: pd.DataFrame) -> None:
    """Print slices for people."""
    rows = []
    for name, row in zip(table.index, table.to_dict("records"), strict=True):
        rate, low, high = (100 * row[column] for column in ("rate", "low", "high"))
        counts = f"{int(row['items']):,}", f"{int(row['labels']):,}", f"{row['wrong']:,.0f}"
        rows.append([plain(name), *counts, f"{rate:.1f} %", f"{low:.1f} to {high:.1f}", row["differs"]])
    lines([str(table.index.name), "items", "labels", "wrong", "rate", "between", "than elsewhere"], rows)


def _standing(dataset: Dataset, given: argparse.Namespace) -> CurrentLabels:
    """Read what the store says of the items; before all that takes long, since the path may be wrong."""
    from explorer.review.label_columns import CurrentLabels

    with corrections_of(dataset, store_of(given.store, existing(given.data), dataset)) as store:
        return CurrentLabels(dataset, store)


def _decided_last(found: pd.DataFrame, dataset: Dataset, now: CurrentLabels) -> pd.DataFrame:
    """Put the items last that somebody has decided on, and say of all what stands now."""
    import numpy as np
    import pandas as pd

    from explorer.review.label_columns import is_decided, standing

    row = pd.Index(dataset.item_ids).get_indexer(found.index)
    decided = is_decided(now.states[row])
    found = found.assign(**standing(now.codes, now.states, now.classes, row), decided=decided)
    print(f"{int(decided.sum()):,} of {len(found):,} items are decided on; they come last.", file=sys.stderr)
    return found.iloc[np.argsort(decided, kind="stable")]


def _found(given: argparse.Namespace) -> tuple[pd.DataFrame, Dataset]:
    """Return the ranking, and what was ranked."""
    import numpy as np

    from explorer.pipeline.find_issues import find_issues_in
    from explorer.readers.tabular import rows_of
    from explorer.review.slice_cuts import cut

    data, options = existing(given.data), options_of(given)
    alone = (
        "probs" in options and given.embedder is None and not {"features", "embedding", "text", "image"} & set(options)
    )
    if alone and data.is_file() and given.store is None:  # a store knows the items by their content
        # Nothing but the label column is needed then: rows are told apart by their number.
        options["features"] = np.arange(rows_of(data, given.encoding), dtype=np.float32)[:, None]
    dataset = read_data(data, options)
    print(dataset, file=sys.stderr)
    if given.by is not None:
        cut(dataset, given.by)  # before all that takes long, since the name may be wrong
    now = None if given.store is None else _standing(dataset, given)
    embedder = None if alone else given.embedder or "auto"
    found = find_issues_in(dataset, embedder=embedder, detectors=given.methods, seed=given.seed, names=names_of(given))
    if now is not None:
        found = _decided_last(found, dataset, now)
    return found, dataset


def _methods(given: argparse.Namespace) -> int:
    from explorer import detectors

    if given.name is not None:
        print(detectors.page(given.name))
        return 0
    import pandas as pd

    from explorer.pipeline.requirements import ARRAYS, WORDS

    rows = [
        (
            name,
            detectors.get(name).issue,
            EITHER.get(name) or " ".join(sorted(detectors.get(name).needs)),
            first(detectors.page(name)),
        )
        for name in detectors.names()
    ]
    rows.append(("p_error", "label", "", first(detectors.page("p_error"))))
    table = pd.DataFrame(rows, columns=["name", "finds", "needs", "about"])
    if given.format == "table":
        lines(["name", "finds", "needs"], [row[:3] for row in rows])
        print("\nWhat they need, and how it is given to find_issues; a review has it, or says in review.detectors how:")
        for need, words in WORDS.items():
            print(f"  {need:<12} {words}: {ARRAYS[need]}")
        print("\nexplorer methods NAME says what one does, how, and when to trust it.")
        return 0
    show(table, given.format)
    return 0


def first(page: str) -> str:
    """Return the first paragraph of a page on one line."""
    return " ".join(page.split("\n\n", maxsplit=1)[0].split())
