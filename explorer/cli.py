"""The `explorer` command: the same work from a shell. Exit status 0 = done, 1 = refused with a reason, 2 = usage."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.errors import DataError, ExplorerError

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("table", "csv", "jsonl")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = build_parser()
    given = parser.parse_args(argv)
    if not hasattr(given, "run"):
        parser.print_help()
        return 0
    try:
        return int(given.run(given) or 0)
    except ExplorerError as error:
        print(f"explorer: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    from explorer import __doc__ as about
    from explorer import __version__

    parser = argparse.ArgumentParser(
        prog="explorer", description=(about or "").splitlines()[0], epilog="explorer COMMAND --help says more of each."
    )
    parser.add_argument("--version", action="version", version=f"explorer {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

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
    _data_options(review)
    review.add_argument("--store", type=Path, help="label store (default: DATA.labels.db beside the data)")
    review.add_argument("--notebook", type=Path, help="notebook to make (default: DATA.review.ipynb here)")
    review.add_argument("--print", type=int, metavar="N", help="print the N most suspicious items and open nothing")
    review.add_argument("--format", choices=FORMATS, default="table", help="how --print prints (%(default)s)")
    review.add_argument("--embedder", default="auto", help="embedder for --print (%(default)s)")
    review.add_argument("--seed", type=int, default=0, help="seed for --print (%(default)s)")
    _lab_options(review)
    review.set_defaults(run=_review)

    log = commands.add_parser("log", help="who changed what, when and why, newest first")
    log.add_argument("store", type=Path)
    log.add_argument("-n", "--limit", type=int, help="at most this many rows")
    log.add_argument("--format", choices=FORMATS, default="table", help="(%(default)s)")
    log.set_defaults(run=_log)

    export = commands.add_parser("export", help="write the labels now to a .csv, .parquet or .jsonl file")
    export.add_argument("store", type=Path)
    export.add_argument("path", type=Path)
    export.add_argument("--format", choices=("csv", "parquet", "jsonl"), help="when the file's name does not say")
    export.set_defaults(run=_export)
    return parser


def _lab_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-browser", action="store_true", help="start the server and print its address only")
    parser.add_argument("--port", type=int, help="port of the server")


def _data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--label", help="label column")
    parser.add_argument("--text", help="text column")
    parser.add_argument("--image", help="column of image paths or bytes")
    parser.add_argument("--key", help="column whose values name the items")
    parser.add_argument("--features", nargs="+", metavar="COLUMN", help="feature columns of a table")
    parser.add_argument("--embedding", help="column with a precomputed embedding")
    parser.add_argument("--encoding", help="text encoding of a CSV file")
    parser.add_argument("--root", help="folder that image paths are relative to, and may not leave")


DATA_OPTIONS = ("label", "text", "image", "key", "features", "embedding", "encoding", "root")


def _demo(given: argparse.Namespace) -> int:
    from explorer.lab import demo

    return demo(given.folder, browser=not given.no_browser, port=given.port)


def _review(given: argparse.Namespace) -> int:
    data = Path(given.data)
    if not data.exists():
        raise DataError(f"There is no file or folder {str(data)!r}.", "Check the path.")
    data = data.resolve()
    options = {name: getattr(given, name) for name in DATA_OPTIONS if getattr(given, name) is not None}
    store = (given.store or data.with_name(f"{data.stem}.labels.db")).resolve()
    if given.print is not None:
        _print(_ranking(data, options, store, given).head(given.print), given.format)
        return 0
    from explorer import read
    from explorer.lab import open_lab, review_cells, write_notebook

    print(read(data, **options))  # a wrong column is said now, not in the notebook
    notebook = given.notebook or Path(f"{data.stem}.review.ipynb")
    if not notebook.exists():
        command = ["explorer", "review", given.data, *(f"--{k}={v}" for k, v in options.items())]
        write_notebook(notebook, review_cells(data, options, store, command))
    return open_lab(notebook, browser=not given.no_browser, port=given.port)


def _ranking(data: Path, options: dict[str, Any], store: Path, given: argparse.Namespace) -> pd.DataFrame:
    from explorer import Review, read

    dataset = read(data, **options)
    print(dataset, *dataset.notes, sep="\n", file=sys.stderr)
    review = Review(dataset, store, embedder=given.embedder, seed=given.seed)
    issues = review.issues
    trust = review.trust
    if trust is not None and trust.warning:
        print(f"Warning: {trust.warning}", file=sys.stderr)
    return issues.head(given.print)[["where", *issues.columns.drop("where")]]


def _log(given: argparse.Namespace) -> int:
    from explorer import labels

    with labels.open(_existing(given.store), read_only=True) as store:
        log = store.log(limit=given.limit)
    if log.empty and given.format == "table":
        print("No corrections yet.")
        return 0
    _print(log, given.format)
    return 0


def _export(given: argparse.Namespace) -> int:
    from explorer import export, labels

    with labels.open(_existing(given.store), read_only=True) as store:
        frame = export.frame(store.cells().index, store)
        path = export.write(frame, given.path, given.format)
    changed = int((frame["state"] != "given").sum())
    print(f"Wrote {len(frame):,} labels, {changed:,} of them reviewed, to {path}")
    return 0


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise DataError(f"There is no label store {str(path)!r}.", "Check the path; a review makes one.")
    return path


def _print(frame: pd.DataFrame, style: str) -> None:
    if style == "csv":
        frame.to_csv(sys.stdout)
    elif style == "jsonl":
        frame.reset_index().to_json(sys.stdout, orient="records", lines=True, force_ascii=False, date_format="iso")
    else:
        print(frame.to_string(max_colwidth=40))


if __name__ == "__main__":
    sys.exit(main())
