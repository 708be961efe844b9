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
    from explorer.dataset import Dataset

DATA_OPTIONS = ("label", "text", "image", "key", "features", "embedding", "encoding", "root", "probs", "classes")


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
        "--print",
        type=positive,
        metavar="N",
        help="print the N most suspicious items, those already decided on last, and open nothing",
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
    """Describe how a dataset is read: the same for every command that reads one."""
    parser.add_argument("--label", help="label column")
    parser.add_argument("--text", help="text column")
    parser.add_argument("--image", help="column of image paths or bytes")
    parser.add_argument("--key", help="column whose values name the items")
    parser.add_argument(
        "--features",
        nargs="+",
        metavar="COLUMN",
        help="feature columns of a table, or a .npy file [rows, numbers] with an embedding",
    )
    parser.add_argument("--embedding", help="column with a precomputed embedding")
    parser.add_argument(
        "--probs",
        action="append",
        metavar="FILE|COLUMNS",
        help="held-out class probabilities: a .npy file [rows, classes], or the prefix that their columns share; or "
        "one column, and the option again for each of the others",
    )
    parser.add_argument(
        "--classes",
        nargs="+",
        metavar="CLASS",
        help="all classes; those of a .npy file of --probs in the order of its columns",
    )
    parser.add_argument("--encoding", help="text encoding of a CSV file")
    parser.add_argument("--root", help="folder that image paths are relative to, and may not leave")


def existing(data: str) -> Path:
    """Return the path of the data that a command names; `DataError` if there are none."""
    path = Path(data)
    if not path.exists():
        raise DataError(f"There is no file or folder {data!r}.", "Check the path.")
    return path.resolve()


def options_of(given: argparse.Namespace) -> dict[str, Any]:
    """Return what `explorer.read` shall be told; a .npy file is an `ArrayFile`, and `DataError` if it is not there."""
    from explorer.lab import ArrayFile

    options = {name: getattr(given, name) for name in DATA_OPTIONS if getattr(given, name) is not None}
    if "probs" in options and len(options["probs"]) == 1:
        options["probs"] = options["probs"][0]
    for name in ("features", "probs"):
        value = options.get(name)
        only = value[0] if isinstance(value, list) and len(value) == 1 else value
        if isinstance(only, str) and only.endswith((".npy", ".npz")):
            if not Path(only).exists():
                raise DataError(f"There is no file {only!r}.", f"Check the path: it was given as {name}=.")
            options[name] = ArrayFile(only)
    return options


def read_data(data: Path, options: dict[str, Any]) -> Dataset:
    """Read a dataset as a command's options say."""
    from explorer import read
    from explorer.bench.sets import array_in
    from explorer.lab import ArrayFile

    loaded: dict[str, Any] = {
        name: array_in(value.path) if isinstance(value, ArrayFile) else value for name, value in options.items()
    }
    return read(data, **loaded)


def _demo(given: argparse.Namespace) -> int:
    from explorer.lab import demo

    return demo(given.folder, browser=not given.no_browser, port=given.port)


def _review(given: argparse.Namespace) -> int:
    data = existing(given.data)
    options = options_of(given)
    store = store_of(given.store, data)
    if given.print is not None:
        _print_ranking(read_data(data, options), store, given)
        return 0
    from explorer.lab import open_lab, review_cells, write_notebook

    if isinstance(store, str) and urlsplit(store).password:
        raise DataError(
            "The address of the store has a password, which would be written into the notebook.",
            "Leave it out of the address, and put it into ~/.pgpass or PGPASSWORD.",
        )
    print(read_data(data, options))  # a wrong column is said now, not in the notebook
    notebook = given.notebook or Path(f"{data.stem}.review.ipynb")
    if not notebook.exists():
        write_notebook(notebook, review_cells(data, options, store, _typed(given)))
    return 2 if open_lab(notebook, browser=not given.no_browser, port=given.port) else 0


def _typed(given: argparse.Namespace) -> list[str]:
    """Return the command as one would type it."""
    words = ["explorer", "review", given.data]
    for name in DATA_OPTIONS:
        value = getattr(given, name)
        if isinstance(value, list) and name != "probs":
            words += [f"--{name}", *value]
        else:
            words += [f"--{name}={one}" for one in (value if isinstance(value, list) else [value]) if one is not None]
    return words


def store_of(store: str | None, data: Path) -> Path | str:
    """Return the store that a command names, else the one beside the data."""
    if store is None:
        return data.with_name(f"{data.stem}.labels.db").resolve()
    return store if is_url(store) else Path(store).expanduser().resolve()


def _print_ranking(dataset: Dataset, store: Path | str, given: argparse.Namespace) -> None:
    from explorer import Review
    from explorer.api import estimate
    from explorer.cli import said_here
    from explorer.cli.ranking import for_people, in_words

    print(dataset, *map(said_here, dataset.notes), sep="\n", file=sys.stderr)
    review = Review(dataset, store, embedder=given.embedder, seed=given.seed)
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
