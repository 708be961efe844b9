"""Data options."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.cli.stores import is_url
from explorer.errors import DataError

if TYPE_CHECKING:
    from explorer.dataset.dataset import Dataset


DATA_OPTIONS = ("label", "text", "image", "key", "features", "embedding", "encoding", "root", "probs", "classes")


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
    from explorer.cli.jupyter import ArrayFile

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
    from explorer.cli.jupyter import ArrayFile
    from explorer.readers.arrays import array_of_file

    loaded: dict[str, Any] = {
        name: array_of_file(value.path) if isinstance(value, ArrayFile) else value for name, value in options.items()
    }
    return read(data, **loaded)


def store_of(store: str | None, data: Path) -> Path | str:
    """Return the store that a command names, else the one beside the data."""
    if store is None:
        return data.with_name(f"{data.stem}.labels.db").resolve()
    return store if is_url(store) else Path(store).expanduser().resolve()
