"""How commands name and open a label store: looking never makes, migrates or changes a file."""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.cli.output import plain
from explorer.errors import DataError
from explorer.utils.files import move

if TYPE_CHECKING:
    from collections.abc import Iterator

    from explorer.dataset.dataset import Dataset
    from explorer.labels import Store


def is_url(store: str) -> bool:
    """Say whether a store is on a server."""
    return "://" in store


def store_options(parser: argparse.ArgumentParser, *, write: bool = False, branch: bool = True) -> None:
    """Describe STORE and how it is opened: the same for every command on one store."""
    parser.add_argument("store", metavar="STORE", help="the store's file, or its postgresql:// address")
    if branch:
        parser.add_argument("--branch", default="main", help="branch to look at or to write to (%(default)s)")
    if write:
        parser.add_argument("--rater", help="who does this (default: the system's user name; on a server, the login)")


def open_store(given: argparse.Namespace, *, write: bool = False) -> Store:
    """Open the store that a command names; `DataError` if there is none."""
    from explorer import labels

    store = given.store
    if not is_url(store):
        path = Path(store).expanduser()
        if path.is_dir():
            raise DataError(f"{str(path)!r} is a folder.", "Give the label store in it, a file such as x.labels.db.")
        if not path.is_file():
            raise DataError(f"There is no label store {str(path)!r}.", "Check the path; a review makes one.")
        store = str(path)
    return labels.open(
        store,
        rater=getattr(given, "rater", None) if write else None,
        branch=getattr(given, "branch", "main"),
        read_only=not write,
    )


def copy_store(source: Path, target: Path) -> None:
    """Copy a store's file while others may write to it; the copy is complete or not there at all."""
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        with (
            closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as old,
            closing(sqlite3.connect(unfinished)) as new,
        ):
            old.backup(new)
        move(unfinished, target)
    except (OSError, sqlite3.Error) as error:
        raise DataError(f"{target} cannot be written: {error}.", "Check the folder and its free space.") from error
    finally:
        unfinished.unlink(missing_ok=True)


def holds(store: Path, dataset: Dataset) -> bool:
    """Say whether a store is of this dataset, maybe as it was before. Tried on a copy: the store stays as it is."""
    from explorer import labels
    from explorer.labels import StoreError
    from explorer.review.label_columns import bind

    with tempfile.TemporaryDirectory(prefix="explorer-") as folder:
        copy = Path(folder) / store.name
        copy_store(store, copy)
        try:
            with labels.open(copy) as opened:
                bind(dataset, opened)
        except StoreError:
            return False
    return True


@contextmanager
def corrections_of(dataset: Dataset, store: Path | str, branch: str = "main") -> Iterator[Store]:
    """Open the store with the corrections of a dataset, and change nothing.

    Raises
    ------
    DataError
        There is none; its labels are for other data.
    """
    from explorer import labels
    from explorer.labels import StoreError
    from explorer.review.label_columns import bind

    if not is_url(str(store)) and not Path(store).is_file():
        raise DataError(
            f"There is no label store {str(store)!r}, so nothing was corrected.",
            "Name another one with --store; a review makes one.",
        )
    with labels.open(store, branch=branch, read_only=True) as opened:
        try:
            bind(dataset, opened)  # binding what is bound already writes nothing
        except StoreError as error:
            if "read-only" not in error.problem:
                raise
            raise DataError(
                f"The data are not what the label store {plain(opened.path)} was last bound to: items, labels or "
                "classes differ.",
                "Name the same columns as in the review (--label, --key, --probs, …), or review the new data.",
            ) from error
        yield opened
