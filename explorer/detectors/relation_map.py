"""The relation map of one item: how each neighbour relates to it, and how steady that was through the training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.protocol import Inputs
from explorer.errors import DataError


@dataclass(frozen=True, eq=False)
class RelationMap:
    """The relations of one item to its k stored neighbours (of links, to those it has), nearest first.

    Attributes
    ----------
    item
        Position of the item.
    neighbours
        int32 [k]: positions of the neighbours.
    mean
        float32 [k], in [-1, 1]: mean of the relation over the checkpoints; the map's first axis.
    variance
        float32 [k]: its variance over them; the second axis.
    last
        float32 [k], in [-1, 1]: the relation at the last checkpoint; the colour.
    """

    item: int
    neighbours: NDArray[np.int32]
    mean: NDArray[np.float32]
    variance: NDArray[np.float32]
    last: NDArray[np.float32]


def relation_map(item: int, inputs: Inputs) -> RelationMap:
    """Relate one item to each of its neighbours at every checkpoint of the training, the probe's or the user's own.

    The relation is r_ij = ±max(0, cosine)·(P_i·P_j), + for the same given label, − for another, 0 where either is
    unlabelled. Neither the power nor the cut of the score is applied: a map shows the weak relations too. Steadily
    positive neighbours (mean high, variance low) confirm the label; steadily negative ones conflict with it; a high
    variance marks items that the probe changed its mind about. The labels are those of `inputs`, also after a relabel;
    the checkpoints stay those of the training.

    Parameters
    ----------
    item
        Position of the item, 0 to N − 1.
    inputs
        With a graph and checkpoints.

    Raises
    ------
    DataError
        The graph or the checkpoints are missing, or there is no such item.

    References
    ----------
    Kim, Jeong, Kim, Cho, Yun, Song: Neural Relation Graph: a unified framework for identifying label noise and outlier
    data (NeurIPS 2023), figure of the relation map.
    """
    if inputs.graph is None or inputs.checkpoints is None or not len(inputs.checkpoints):
        raise DataError(
            "A relation map needs the neighbour graph and checkpoints of the probe's training.",
            "Fit the probe with checkpoints=5 or so, or give those of a training of your own.",
        )
    if not 0 <= item < inputs.n:
        raise DataError(f"There is no item at position {item}: there are {inputs.n:,} items.")
    neighbours = inputs.graph.near(item)
    own = inputs.checkpoints[:, item].astype(np.float32)
    others = inputs.checkpoints[:, neighbours].astype(np.float32)  # [C, k, K]
    agreement = np.einsum("cjk,ck->cj", others, own)
    labels, given = inputs.labels[neighbours], inputs.labels[item]
    sign = np.where((labels < 0) | (given < 0), 0, np.where(labels == given, 1, -1))
    relations = (
        np.clip(sign * (np.maximum(inputs.graph.similarity[item, : len(neighbours)], 0) * agreement), -1, 1) + 0.0
    )  # no -0
    return RelationMap(
        item,
        neighbours,
        relations.mean(axis=0).astype(np.float32),
        relations.var(axis=0).astype(np.float32),
        relations[-1].astype(np.float32),
    )
