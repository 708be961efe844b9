"""Data options."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.cli.stores import holds, is_url
from explorer.errors import DataError

if TYPE_CHECKING:
    from explorer.dataset.dataset import Dataset


DATA_OPTIONS = (
    "label", "text", "image", "key", "features", "embedding", "encoding", "root", "probs", "classes", "raters", "votes",
)  # fmt: skip


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
    parser.add_argument("--raters", metavar="COLUMNS", help="columns with other raters' labels, with commas: ann,bob")
    parser.add_argument(
        "--votes", metavar="FILE", help="table with a row a vote: item, rater, label[, time, confidence]"
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
    from explorer.cli.jupyter import ArrayFile

    options = {name: getattr(given, name) for name in DATA_OPTIONS if getattr(given, name) is not None}
    if "probs" in options and len(options["probs"]) == 1:
        options["probs"] = options["probs"][0]
    if "raters" in options:
        options["raters"] = [name.strip() for name in options["raters"].split(",") if name.strip()]
        if not options["raters"]:
            raise DataError("--raters names no columns.", "Write them with commas: --raters ann,bob.")
    if "votes" in options and Path(options["votes"]).exists():
        options["votes"] = str(Path(options["votes"]).resolve())  # a notebook may lie elsewhere
    for name in ("features", "probs"):
        value = options.get(name)
        only = value[0] if isinstance(value, list) and len(value) == 1 else value
        if isinstance(only, str) and only.endswith((".npy", ".npz")):
            if not Path(only).exists():
                raise DataError(f"There is no file {only!r}.", f"Check the path: it was given as --{name}.")
            options[name] = ArrayFile(only)
    return options


def read_data(data: Path, options: dict[str, Any]) -> Dataset:
    """Read a dataset as a command's options say."""
    from explorer.cli.jupyter import ArrayFile
    from explorer.readers.arrays import array_of_file
    from explorer.readers.dispatch import read

    loaded: dict[str, Any] = {
        name: array_of_file(value.path) if isinstance(value, ArrayFile) else value for name, value in options.items()
    }
    return read(data, **loaded)


def base_name(data: Path) -> str:
    """Return what files are called after that belong to a dataset: a folder's name, a file's without its ending."""
    return data.name if data.is_dir() else data.stem


def store_of(store: str | None, data: Path, dataset: Dataset) -> Path | str:
    """Return the store that a command names, else the one beside the data."""
    if store is not None:
        return store if is_url(store) else Path(store).expanduser().resolve()
    beside = data.with_name(f"{base_name(data)}.labels.db").resolve()
    # Earlier versions took what follows the last dot of a folder's name for an ending.
    earlier = data.with_name(f"{data.stem}.labels.db").resolve()
    if earlier != beside and not beside.exists() and earlier.exists() and holds(earlier, dataset):
        return earlier
    return beside
