"""Data options."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.cli.stores import holds, is_url
from explorer.errors import DataError

if TYPE_CHECKING:
    from explorer.dataset.dataset import Dataset


DATA_OPTIONS = (
    "label", "text", "image", "key", "features", "embedding", "encoding", "root", "probs", "classes", "raters", "votes",
    "descriptions",
)  # fmt: skip


def data_options(parser: argparse.ArgumentParser) -> None:
    """Describe how a dataset is read: the same for every command that reads one."""
    parser.add_argument("--label", help="label column")
    parser.add_argument(
        "--unlabelled",
        dest="label",
        action="store_const",
        const=False,
        help="nothing is labelled: take no column (and no sub-folder) as the label",
    )
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
    parser.add_argument(
        "--descriptions",
        metavar="FILE",
        help='JSON file that says what belongs into a class: {"Sports": "news about games and players", …}',
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
    if "descriptions" in options:
        options["descriptions"] = descriptions_in(options["descriptions"])
    for name in ("features", "probs"):
        value = options.get(name)
        only = value[0] if isinstance(value, list) and len(value) == 1 else value
        if isinstance(only, str) and only.endswith((".npy", ".npz")):
            if not Path(only).exists():
                raise DataError(f"There is no file {only!r}.", f"Check the path: it was given as --{name}.")
            options[name] = ArrayFile(only)
    return options


def descriptions_in(path: str) -> dict[str, Any]:
    """Return what a JSON file says of the classes; `DataError` where there is none, or no object in it."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8-sig"), object_pairs_hook=_each_once)
    except OSError as error:
        raise DataError(
            f"{path!r} cannot be read: {error.strerror}.", "Check the path given as --descriptions."
        ) from error
    except ValueError as error:  # no JSON, or not UTF-8
        raise DataError(f"{path!r} is no JSON: {error}.", _DESCRIPTIONS) from error
    if not isinstance(found, dict):
        raise DataError(f"{path!r} holds no JSON object.", _DESCRIPTIONS)
    return found


_DESCRIPTIONS = 'Write an object of classes and short texts: {"Sports": "news about games and players"}.'


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a dict of what stands in a JSON object; a name that stands there twice would lose one of its texts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for number, (name, _) in enumerate(pairs) if name in dict(pairs[:number]))
        raise ValueError(f"{twice!r} stands there twice")
    return found


def names_option(parser: argparse.ArgumentParser) -> None:
    """Describe which model reads class names: for the commands that rank."""
    parser.add_argument(
        "--names",
        metavar="MODEL",
        help="model that compares class names with the items, such as all-MiniLM-L6-v2; "
        "auto: the embedder, where it can; none: no names (%(default)s)",
        default="auto",
    )


def names_of(given: argparse.Namespace) -> str | bool:
    """Return what `Review` and `find_issues_in` are told of names."""
    names: str = given.names
    return False if names == "none" else names


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
