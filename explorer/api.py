"""`find_issues`: from plain arrays to the ranking, without a dataset, a store or a widget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.dataset import check_probs, encode_labels
from explorer.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from explorer.graph import NeighbourGraph


def find_issues(
    labels: Sequence[Any] | NDArray[Any] | pd.Series[Any],
    *,
    features: NDArray[Any] | None = None,
    probs: NDArray[Any] | None = None,
    graph: NeighbourGraph | None = None,
    classes: Sequence[Any] | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Rank labels by how likely they are wrong.

    Any of the inputs but the labels may be absent: probabilities are computed from the features (held out), the graph
    is built from them.

    Parameters
    ----------
    labels
        [N] of any plain type; `None`, NaN and "" mean unlabelled.
    features
        float [N, D]: an embedding of the items.
    probs
        float [N, K]: held-out class probabilities, columns in the order of `classes`.
    graph
        A neighbour graph of the same N items, instead of one built from `features`.
    classes
        Class values in the order of the columns of `probs`; sorted naturally when left out.
    seed
        Seed of everything that is drawn.

    Returns
    -------
    pandas.DataFrame
        Aligned to the rows of `labels` (and indexed like it when it is a Series), with the columns of
        `explorer.detectors.table`.

    Raises
    ------
    DataError
        Nothing to judge the labels by; inputs of different lengths; features or probabilities that are none.

    Examples
    --------
    >>> import numpy as np, explorer
    >>> labels = ["cat", "cat", "dog", "dog"]
    >>> probs = np.array([[.9, .1], [.2, .8], [.1, .9], [.3, .7]])
    >>> explorer.find_issues(labels, probs=probs).suggested_label.tolist()
    ['cat', 'dog', 'dog', 'dog']
    """
    import pandas as pd

    from explorer import detectors, probe
    from explorer import graph as graphs

    if features is None and probs is None and graph is None:
        raise DataError("There is nothing to judge the labels by.", "Give features=, probs= or graph=.")
    index = labels.index if isinstance(labels, pd.Series) else pd.RangeIndex(len(labels))
    codes, names, _ = encode_labels(list(labels), classes)
    n = len(codes)
    if n == 0:
        raise DataError("There are no labels.", "Give one label per item.")
    vectors = None if features is None else np.asarray(features)
    if vectors is not None and (vectors.ndim != 2 or len(vectors) != n):
        raise DataError(f"The features have the shape {vectors.shape}; {n:,} rows were expected, one per label.")
    checked = None if probs is None else check_probs(np.asarray(probs), n, names)
    if vectors is not None and checked is None:
        checked = probe.out_of_fold(vectors, codes, len(names), seed=seed).probs
    if vectors is not None and graph is None and n > 1:
        graph = graphs.build(vectors, seed=seed)
    inputs = detectors.Inputs(codes, len(names), graph=graph, probs=checked, vectors=vectors, seed=seed)
    findings = detectors.run(inputs)
    combined = detectors.combine(inputs, findings)
    frame = detectors.table(np.arange(n), names, inputs, findings, combined, sort=False)
    frame.index = index
    return frame
