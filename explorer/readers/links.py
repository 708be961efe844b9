"""Links that the user brings (edges, a sparse matrix, a graph that is made) → `NeighbourGraph` over the items."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import DataError
from explorer.graph import NeighbourGraph
from explorer.readers.arrays import array_of_file
from explorer.readers.training_files import SUFFIXES, checked, members, table
from explorer.utils.text import counted

TAKEN = (
    "Give edges [E, 2] of row numbers, edges [E, 3] with a weight each, a pair (edges, weights), a sparse matrix of "
    "one row and column an item, an explorer.graph.NeighbourGraph, or the path of a .npy, .npz or .parquet file of one."
)

SPARSE = {"indices", "indptr", "data", "shape"}
"""Arrays of what `scipy.sparse.save_npz` writes."""


def graph_of(
    given: Any,
    n: int,
    items: NDArray[np.integer],
    first: NDArray[np.integer],
    keys: Sequence[str] | None = None,
) -> NeighbourGraph | None:
    """Return the graph over the items; `None` where nothing is given.

    Parameters
    ----------
    n
        R, how many rows there are.
    items
        int [R]: item of each row, -1 where it is set aside: its links are left out.
    first
        int [N]: the row of each item.
    keys
        [R] names of the items: ends of edges that are text are these.

    Raises
    ------
    DataError
        What is no graph, or one of another number of rows; the first edge that is wrong is named.
    """
    if given is None:
        return None
    if isinstance(given, str | os.PathLike):
        if Path(given).suffix.lower() not in SUFFIXES:
            raise DataError(
                f"The graph is a {type(given).__name__}, {str(given)[:60]!r}, and no path of a file.", TAKEN
            )
        given = _of_file(checked(given, "graph"))
    if isinstance(given, NeighbourGraph):
        if given.n == len(first):
            return given
        if given.n == n:
            return given.part(np.asarray(first, dtype=np.intp))
        raise DataError(
            f"There are {n:,} labels and {given.n:,} rows of graph.", "They must be aligned: one row an item."
        )
    edges, weights = _edges(given, n)
    ends = _places(edges, keys, n)
    moved = np.asarray(items, dtype=np.int64)
    if n != len(first) or not np.array_equal(moved, np.arange(n)):
        NeighbourGraph.from_edges(ends, n, weights)  # what is wrong is told by the user's own rows
        ends = moved[np.asarray(ends, dtype=np.int64)]
        kept = (ends >= 0).all(axis=1)
        ends, weights = ends[kept], None if weights is None else np.asarray(weights)[kept]
    return NeighbourGraph.from_edges(ends, len(first), weights)


def _of_file(path: Path) -> Any:
    """Return what a file holds, in memory."""
    if path.suffix.lower() == ".npy":
        return array_of_file(path)
    if path.suffix.lower() != ".npz":
        return table(path)
    found = members(path)
    if "similarity" in found:
        return NeighbourGraph.load(path)
    if set(found) >= SPARSE:
        from scipy.sparse import csr_array

        try:
            return csr_array((found["data"], found["indices"], found["indptr"]), shape=tuple(found["shape"].tolist()))
        except (ValueError, TypeError) as error:
            raise DataError(f"{path.name} holds no sparse matrix ({error}).", "Write it in the format csr.") from error
    if "edges" in found:
        return (found["edges"], found["weights"]) if "weights" in found else found["edges"]
    if len(found) == 1:
        return next(iter(found.values()))
    raise DataError(f"{path.name} holds no graph, but {', '.join(map(repr, found))}.", TAKEN)


def _edges(given: Any, n: int) -> tuple[Any, Any]:
    """Return edges [E, 2] and their weights [E], `None` for none."""
    if hasattr(given, "tocoo") and hasattr(given, "shape"):
        if tuple(given.shape) != (n, n):
            raise DataError(
                f"The graph is a sparse matrix of the shape {tuple(given.shape)}; {counted(n, 'row')} × "
                f"{counted(n, 'column')} were expected.",
                "Give one row and one column an item.",
            )
        matrix = given.tocoo()
        there = matrix.data != 0
        ends = np.stack([np.asarray(matrix.row), np.asarray(matrix.col)], axis=1)[there]
        return ends, np.asarray(matrix.data)[there]
    if isinstance(given, pd.DataFrame):
        named = [name for name in ("source", "target") if name in given.columns]
        columns = named if len(named) == 2 else list(given.columns[:2])
        if len(columns) < 2:
            raise DataError("The table of edges has fewer than two columns.", "Name them source and target.")
        weight = given["weight"].to_numpy() if "weight" in given.columns else None
        if weight is None and len(named) < 2 and len(given.columns) == 3:
            weight = given[given.columns[2]].to_numpy()
        return given[columns].to_numpy(), weight
    if isinstance(given, tuple) and len(given) == 2 and np.ndim(given[0]) == 2:
        return np.asarray(given[0]), given[1]
    if hasattr(given, "detach") and hasattr(given, "cpu"):
        given = given.detach().cpu().numpy()
    try:
        edges = np.asarray(given)
    except (ValueError, TypeError) as error:
        raise DataError(f"The graph cannot be read as edges ({error}).", TAKEN) from error
    if edges.ndim == 2 and edges.shape[0] == 2 and edges.shape[1] > 3:
        edges = edges.T  # as PyTorch Geometric has them
    if edges.ndim == 2 and edges.shape[1] == 3 and edges.dtype.kind in "iuf" and (edges[:, 2] > 0).any():
        return edges[:, :2], edges[:, 2]
    if edges.ndim != 2 or edges.shape[1] != 2:
        raise DataError(f"The graph is a {type(given).__name__} of the shape {edges.shape}.", TAKEN)
    return edges, None


def _places(edges: Any, keys: Sequence[str] | None, n: int) -> Any:
    """Return edges by row number: ends that are text are keys."""
    found = np.asarray(edges)
    if found.dtype.kind not in "OUS" or keys is None or not found.size:
        return found
    place = {key: row for row, key in enumerate(keys) if key}
    ends = np.empty(found.shape, dtype=np.int64)
    for at, pair in enumerate(found.tolist()):
        for side, end in enumerate(pair):
            row = place.get(str(end))
            if row is None:
                raise DataError(
                    f"Edge {at} names {str(end)[:60]!r}, which is the key of none of the {n:,} rows.",
                    "Name the ends by the keys of the items, or by row numbers.",
                )
            ends[at, side] = row
    return ends
