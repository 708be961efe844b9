"""Commands that begin with data: `explorer demo` and `explorer review`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from explorer.cli.opening import is_url
from explorer.cli.printing import FORMATS, positive, show_frame
from explorer.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

DATA_OPTIONS = ("label", "text", "image", "key", "features", "embedding", "encoding", "root")

FOR_PEOPLE = (
    "given_label",
    "suggested_label",
    "p_error",
    "is_label_issue",
    "is_outlier_issue",
    "is_near_duplicate_issue",
    "is_conflicting_duplicate_issue",
)
"""Columns of the ranking that fit on a screen; other formats have them all."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe these commands."""
    demo = commands.add_parser("demo", help="open the quickstart notebook in JupyterLab")
    demo.add_argument(
        "--folder", type=Path, default=Path("explorer-demo"), help="where the notebook is put (%(default)s)"
    )
    _lab_options(demo)
    demo.set_defaults(run=_demo)

    review = commands.add_parser(
        "review", help="review a labelled dataset: ranking here, or the explorer in JupyterLab"
    )
    review.add_argument("data", help="folder with a sub-folder per class, or a CSV, TSV, Parquet or JSONL file")
    data_options(review)
    review.add_argument("--store", help="label store: a file (DATA.labels.db beside the data) or postgresql://…")
    review.add_argument("--notebook", type=Path, help="notebook to make (default: DATA.review.ipynb here)")
    review.add_argument(
        "--print", type=positive, metavar="N", help="print the N most suspicious items and open nothing"
    )
    review.add_argument("--format", choices=FORMATS, default="table", help="how --print prints (%(default)s)")
    review.add_argument("--embedder", default="auto", help="embedder for --print (%(default)s)")
    review.add_argument("--seed", type=int, default=0, help="seed for --print (%(default)s)")
    _lab_options(review)
    review.set_defaults(run=_review)


def _lab_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-browser", action="store_true", help="start the server and print its address only")
    parser.add_argument("--port", type=int, help="port of the server")


def data_options(parser: argparse.ArgumentParser) -> None:
    """Describe how a dataset is read."""
    parser.add_argument("--label", help="label column")
    parser.add_argument("--text", help="text column")
    parser.add_argument("--image", help="column of image paths or bytes")
    parser.add_argument("--key", help="column whose values name the items")
    parser.add_argument("--features", nargs="+", metavar="COLUMN", help="feature columns of a table")
    parser.add_argument("--embedding", help="column with a precomputed embedding")
    parser.add_argument("--encoding", help="text encoding of a CSV file")
    parser.add_argument("--root", help="folder that image paths are relative to, and may not leave")


def _demo(given: argparse.Namespace) -> int:
    from explorer.lab import demo

    return demo(given.folder, browser=not given.no_browser, port=given.port)


def _review(given: argparse.Namespace) -> int:
    data = Path(given.data)
    if not data.exists():
        raise DataError(f"There is no file or folder {str(data)!r}.", "Check the path.")
    data = data.resolve()
    options = {name: getattr(given, name) for name in DATA_OPTIONS if getattr(given, name) is not None}
    store = store_of(given.store, data)
    if given.print is not None:
        show_frame(_ranking(data, options, store, given).head(given.print), given.format)
        return 0
    from explorer import read
    from explorer.lab import open_lab, review_cells, write_notebook

    if isinstance(store, str) and urlsplit(store).password:
        raise DataError(
            "The address of the store has a password, which would be written into the notebook.",
            "Leave it out of the address, and put it into ~/.pgpass or PGPASSWORD.",
        )
    print(read(data, **options))  # a wrong column is said now, not in the notebook
    notebook = given.notebook or Path(f"{data.stem}.review.ipynb")
    if not notebook.exists():
        command = ["explorer", "review", given.data, *(f"--{k}={v}" for k, v in options.items())]
        write_notebook(notebook, review_cells(data, options, store, command))
    return open_lab(notebook, browser=not given.no_browser, port=given.port)


def store_of(store: str | None, data: Path) -> Path | str:
    """Return the store that a command names, else the one beside the data."""
    if store is None:
        return data.with_name(f"{data.stem}.labels.db").resolve()
    return store if is_url(store) else Path(store).expanduser().resolve()


def _ranking(data: Path, options: dict[str, Any], store: Path | str, given: argparse.Namespace) -> pd.DataFrame:
    from explorer import Review, read

    dataset = read(data, **options)
    print(dataset, *dataset.notes, sep="\n", file=sys.stderr)
    review = Review(dataset, store, embedder=given.embedder, seed=given.seed)
    issues = review.issues
    trust = review.trust
    if trust is not None and trust.warning:
        print(f"Warning: {trust.warning}", file=sys.stderr)
    columns = FOR_PEOPLE if given.format == "table" else list(issues.columns.drop("where"))
    return issues.head(given.print)[["where", *(c for c in columns if c in issues)]]
