"""Raters beside plain arrays: what `find_issues` takes, by the same rules as `explorer.read`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.dataset.dataset import Dataset
from explorer.dataset.votes import Votes
from explorer.media.vector import Vectors
from explorer.readers.options import Options
from explorer.readers.vote_sources import voted


class Judged(NamedTuple):
    """Labels together with what raters say: class codes int32 [N], class names, probabilities [N, K], and votes."""

    labels: NDArray[np.int32]
    classes: tuple[str, ...]
    probs: NDArray[np.float32] | None
    votes: Votes | None


def with_raters(
    raters: Any,
    labels: NDArray[np.int32],
    classes: tuple[str, ...],
    values: tuple[Any, ...],
    probs: NDArray[np.float32] | None,
    index: pd.Index[Any] | None,
    given: Sequence[Any] | None,
) -> Judged:
    """Return labels, classes and probabilities with the votes of raters, and the classes that only they name.

    Parameters
    ----------
    raters
        What `explorer.read` takes as `raters`, but for names of columns.
    labels, classes, values
        int32 [N] class codes; names and the user's own values of the classes.
    given
        The classes, where the user gave them: then a vote for another one is an error.
    """
    n = len(labels)
    ids = np.array([str(i) for i in range(n)], dtype=object)
    rows = np.arange(n, dtype=np.int32)
    plain = Dataset(
        content=Vectors(np.zeros((n, 1), dtype=np.float32)),
        item_ids=ids,
        content_hashes=ids,
        classes=classes,
        class_values=values,
        given=labels,
        conflicting=np.zeros(n, dtype=bool),
        row_item=rows,
        row_given=labels,
        first_row=rows,
        keyed=False,
        row_index=pd.RangeIndex(n) if index is None else index,
        probs=probs,
    )
    found = voted(plain, Options(label="label" if (labels >= 0).any() else None, classes=given, raters=raters))
    return Judged(found.given, found.classes, found.probs, found.votes)
