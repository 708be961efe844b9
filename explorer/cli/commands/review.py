"""Commands that begin with data: `explorer demo` and `explorer review`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from explorer.cli.data_options import (
    DATA_OPTIONS,
    base_name,
    data_options,
    existing,
    names_of,
    names_option,
    options_of,
    read_data,
    store_of,
)
from explorer.cli.messages import worded
from explorer.cli.output import FORMATS, positive, show_frame
from explorer.cli.stores import is_url
from explorer.errors import DataError

if TYPE_CHECKING:
    from explorer.dataset.dataset import Dataset


def _describe_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--folder", type=Path, default=Path("explorer-demo"), help="where the notebooks are put (%(default)s)"
    )
    _lab_options(parser)
    parser.set_defaults(run=_demo)


def _describe_review(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", help="folder with a sub-folder per class, or a CSV, TSV, Parquet or JSONL file")
    data_options(parser)
    parser.add_argument("--store", help="label store: a file (DATA.labels.db beside the data) or postgresql://…")
    parser.add_argument("--notebook", type=Path, help="notebook to make (default: DATA.review.ipynb here)")
    parser.add_argument(
        "--print",
        type=positive,
        metavar="N",
        help="print the N most suspicious items, those already decided on last, and open nothing",
    )
    parser.add_argument("--format", choices=FORMATS, default="table", help="how --print prints (%(default)s)")
    parser.add_argument("--embedder", default="auto", help="embedder for --print (%(default)s)")
    names_option(parser)
    parser.add_argument("--seed", type=int, default=0, help="seed for --print (%(default)s)")
    _lab_options(parser)
    parser.set_defaults(run=_review)


COMMANDS: dict[str, Callable[[argparse.ArgumentParser], None]] = {"demo": _describe_demo, "review": _describe_review}
"""How the parser of each command is made."""


def _lab_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-browser", action="store_true", help="start the server and print its address only")
    parser.add_argument("--port", type=int, help="port of the server")


def _demo(given: argparse.Namespace) -> int:
    from explorer.cli.jupyter import demo

    return demo(given.folder, browser=not given.no_browser, port=given.port)


def _review(given: argparse.Namespace) -> int:
    data = existing(given.data)
    options = options_of(given)
    if given.print is None and given.store is not None and is_url(given.store) and urlsplit(given.store).password:
        raise DataError(
            "The address of the store has a password, which would be written into the notebook.",
            "Leave it out of the address, and put it into ~/.pgpass or PGPASSWORD.",
        )
    dataset = read_data(data, options)
    store = store_of(given.store, data, dataset)
    if given.print is not None:
        _print_ranking(dataset, store, given)
        return 0
    from explorer.cli.jupyter import ReviewNotebook, open_lab

    print(dataset)  # a wrong column is said now, not in the notebook
    made = ReviewNotebook(data, options, store, _typed(given), names=names_of(given))
    notebook = made.at(given.notebook) if given.notebook is not None else made.beside(base_name(data))
    return 2 if open_lab(notebook, browser=not given.no_browser, port=given.port) else 0


def _typed(given: argparse.Namespace) -> list[str]:
    """Return the command as one would type it."""
    words = ["explorer", "review", given.data]
    for name in DATA_OPTIONS:
        value = getattr(given, name)
        if value is False:
            words.append("--unlabelled")
        elif isinstance(value, list) and name != "probs":
            words += [f"--{name}", *value]
        else:
            words += [f"--{name}={one}" for one in (value if isinstance(value, list) else [value]) if one is not None]
    return [*words, f"--names={given.names}"] if given.names != "auto" else words


def _print_ranking(dataset: Dataset, store: Path | str, given: argparse.Namespace) -> None:
    from explorer.cli.ranking import for_people, in_words
    from explorer.pipeline.find_issues import estimate
    from explorer.review.review import Review

    print(dataset, *map(worded, dataset.notes), sep="\n", file=sys.stderr)
    review = Review(dataset, store, embedder=given.embedder, seed=given.seed, names=names_of(given))
    issues = review.issues
    trust = review.trust
    if trust is not None and trust.warning:
        print(f"Warning: {trust.warning}", file=sys.stderr)
    decided = int(issues["decided"].sum())
    if decided:  # a share of the given labels would be that of before
        print(f"{decided:,} of {len(issues):,} items are decided on; they come last.", file=sys.stderr)
        print(review.left().sentence(), file=sys.stderr)
    elif review.results.combined is not None:
        print(in_words(estimate(review.results.combined)), file=sys.stderr)
    rows = issues.head(given.print)
    if given.format == "table":
        for_people(rows, keyed=dataset.keyed)
    else:
        show_frame(rows[["where", *rows.columns.drop("where")]], given.format)
