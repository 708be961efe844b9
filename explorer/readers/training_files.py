"""Files that hold the record of a training or links: .npy, .npz and .parquet, never an object of Python's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import DataError, UnknownName
from explorer.readers.arrays import array_of_file
from explorer.utils.text import printable

SUFFIXES = (".npy", ".npz", ".parquet", ".pq")


def stored(path: str | os.PathLike[str], name: str) -> tuple[Any, NDArray[Any] | None]:
    """Return what a file holds under a name, and the labels beside it, if any.

    Parameters
    ----------
    path
        A .npy file with the array; a .npz file with it by its name (`Recorder.save` writes one), or it alone; a
        .parquet file with a table.
    name
        "dynamics" or "checkpoints".

    Raises
    ------
    DataError
        No such file, or one that holds something else.
    """
    place = checked(path, name)
    if place.suffix.lower() == ".npy":
        return array_of_file(place), None
    if place.suffix.lower() != ".npz":
        return table(place), None
    found = members(place)
    if name in found:
        return found[name], found.get("labels")
    if len(found) == 1:
        return next(iter(found.values())), None
    raise UnknownName(f"array of {printable(str(place))} called", name, found)


def checked(path: str | os.PathLike[str], what: str) -> Path:
    """Return a path to a file that is there and of a known suffix."""
    place = Path(path).expanduser()
    if place.suffix.lower() not in SUFFIXES:
        raise DataError(
            f"{printable(str(place))!r} was given as {what}, and ends in none of {', '.join(SUFFIXES)}.",
            "Write it with numpy.save, numpy.savez, Recorder.save or DataFrame.to_parquet.",
        )
    if not place.is_file():
        raise DataError(f"There is no file {printable(str(place))!r}, given as {what}.", "Check the path.")
    return place


def members(place: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a .npz file by name."""
    try:
        with np.load(place, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except Exception as error:  # numpy's parsers raise whatever they meet in a damaged file
        why = printable(" ".join(str(error).split()))[:300] or type(error).__name__
        raise DataError(
            f"{printable(str(place))!r} cannot be read as arrays: {why}.", "Write it with numpy.savez."
        ) from error


def table(place: Path) -> pd.DataFrame:
    """Return the table of a .parquet file."""
    import pyarrow as pa

    try:
        return pd.read_parquet(place)
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, NotImplementedError) as error:
        why = " ".join(str(error).split())[:300]
        raise DataError(f"{place.name} cannot be read as Parquet: {why}.", "Write the file again.") from error
