"""Growing a selection: the items that belong with the selected ones, found without looking at the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.detectors.protocol import Inputs
from explorer.errors import DataError
from explorer.graph import NeighbourGraph

OTHER = 0.05
"""Weight of an edge between items of different labels, where one of the same label weighs 1."""

NEAR = 20
"""Nearest neighbours that an item is joined to, and those that have it among theirs; more blur where a group ends."""

TELEPORT = 0.1
"""Share of what an item receives that it keeps; the rest goes on. Smaller spreads farther."""

COARSE = 1e-4
"""Residual per unit of degree at which spreading stops first, each selected item having started with 1; divided by ten
until enough items are reached."""

FINE = 1e-7
"""Residual per unit of degree at which it stops for good: it has then gone through everything that is near."""

REACHED = 1_000
"""Items that are reached before the natural size is looked for."""

RISE = 1.3
"""The sweep ends where the share of weight that leaves has risen to this multiple of its least so far (and by SLACK).
Without, it would go on to several classes together, which are cut off even better."""

SLACK = 0.02

STEP = 8
"""Least number of items that a selection grows by when it grows farther than its natural size."""

ROUNDS = 1_000
"""Most rounds of spreading at one residual; each takes at least a share TELEPORT from what is left to spread."""


class Grown(NamedTuple):
    """A selection that grew.

    Attributes
    ----------
    positions
        intp [M]: the selection first, ascending, then what was added, the closest first.
    scores
        float32 [M]: how strongly each belongs to the selection: diffused mass by degree, 1 for the strongest.
    natural
        The size at which the group ends by itself, whatever `size` was asked for.
    conductance
        Weight of the edges that leave the M items by all the weight that they have, 0 (cut off) to 1.
    """

    positions: NDArray[np.intp]
    scores: NDArray[np.float32]
    natural: int
    conductance: float


def grow(
    selection: Sequence[int] | NDArray[np.integer],
    inputs: Inputs,
    *,
    same_label: bool = True,
    size: int | None = None,
    other: float = OTHER,
) -> Grown:
    """Add to a selection the items that hang together with it.

    Mass starts at the selection and spreads along the edges of the neighbour graph, each taken both ways (an edge that
    both ends have weighs 2): approximate personalised PageRank by pushes. Edges within a label weigh 1, others `other`,
    so that the mass stays within the label where it can and still crosses to items that are alike under a wrong label.
    Items are ordered by mass over degree; the m at which the first m have the least of their weight across their edge
    (the sweep cut), before that share rises again, is the natural size. Only the neighbourhood is read; nothing is
    drawn, so that the same click gives the same. Of items that tie the one that comes first in the dataset is first.

    Parameters
    ----------
    selection
        Positions of the selected items.
    same_label
        Let labels weigh the edges; without, all weigh the same and only likeness counts.
    size
        Items wanted, the selection included; fewer come back where fewer hang together with it. By default the
        natural size.
    other
        Weight of an edge between different labels, or where a label is missing; above 0 and at most 1.

    Raises
    ------
    DataError
        No neighbour graph, an empty selection, positions that do not exist, a size smaller than the selection, a
        weight out of range.

    References
    ----------
    Andersen, Chung, Lang: Local graph partitioning using PageRank vectors (FOCS 2006).
    Back de Luca, Fountoulakis, Yang: Local graph clustering with noisy labels (ICLR 2024).
    """
    chosen = _checked(selection, inputs, size, other)
    assert inputs.graph is not None
    labels = inputs.labels if same_label else None
    # Fresh pages of zeros cost nothing until they are written, so this stays local in N.
    mass, residual, degree = (np.zeros(inputs.n) for _ in range(3))
    residual[chosen] = 1
    wanted = min(max(REACHED, 2 * (size or 0), 2 * len(chosen)), inputs.n)
    least, reached = COARSE, chosen
    while True:
        reached = _spread(inputs.graph, labels, other, mass, residual, degree, reached, least)
        if (mass[reached] > 0).sum() >= wanted or least <= FINE:
            break
        least /= 10
    reached = reached[mass[reached] > 0]
    strength = mass[reached] / np.maximum(degree[reached], 1e-300)
    picked = np.isin(reached, chosen)
    # Rounded, so that what ties in truth is ordered by position and not by the last bit.
    order = np.lexsort((reached, np.where(picked, 0, -_rounded(strength)), ~picked))
    ordered, strength = reached[order], strength[order]
    across = _conductance(inputs.graph, labels, other, ordered, degree)
    natural = len(chosen) + _first_dip(across[len(chosen) - 1 :])
    m = natural if size is None else min(size, len(ordered))
    scores = (strength[:m] / max(strength.max(), 1e-300)).astype(np.float32)
    return Grown(ordered[:m], scores, natural, float(across[m - 1]))


def farther(
    selection: Sequence[int] | NDArray[np.integer], inputs: Inputs, *, have: int = 0, same_label: bool = True
) -> Grown:
    """Grow by one step: to the natural size, or where the selection has come that far, by half as many again.

    Parameters
    ----------
    selection
        Positions of what it grew from at first: mass starts there at every step, so that it stays one group.
    have
        Items that it has grown to.
    same_label
        As in `grow`.

    Raises
    ------
    DataError
        As in `grow`.
    """
    grown = grow(selection, inputs, same_label=same_label)
    least = max(have, len(np.unique(selection)))
    if grown.natural > least:
        return grown
    wanted = min(inputs.n, least + max(STEP, least // 2))
    return grow(selection, inputs, same_label=same_label, size=wanted)


def _checked(
    selection: Sequence[int] | NDArray[np.integer], inputs: Inputs, size: int | None, other: float
) -> NDArray[np.intp]:
    if inputs.graph is None:
        raise DataError("A selection grows along the neighbour graph, and there is none.", "Build the graph first.")
    chosen = np.unique(np.asarray(selection, dtype=np.intp).ravel())
    if not len(chosen):
        raise DataError("There is no selection to grow.", "Select at least one item.")
    if chosen[0] < 0 or chosen[-1] >= inputs.n:
        outside = chosen[0] if chosen[0] < 0 else chosen[-1]
        raise DataError(f"There is no item at position {outside}.", f"Positions go from 0 to {inputs.n - 1:,}.")
    if size is not None and size < len(chosen):
        raise DataError(
            f"A selection of {len(chosen):,} items cannot grow to {size:,}.", "Ask for more items than are selected."
        )
    if not 0 < other <= 1:
        raise DataError(f"The weight of an edge between labels is {other}.", "Give a number above 0 and at most 1.")
    return chosen


def _edges(
    graph: NeighbourGraph, labels: NDArray[np.int32] | None, other: float, items: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Return the edges of some items, both ways: which of `items` (its number), to which item, and the weight."""
    each = np.arange(len(items))
    indptr, rows, slots = graph.reverse
    begin, count = indptr[items], indptr[items + 1] - indptr[items]
    incoming = np.repeat(begin - np.append(0, np.cumsum(count)[:-1]), count) + np.arange(count.sum())
    near = slots[incoming] < NEAR
    near_by = graph.indices[items, :NEAR]
    of = np.concatenate([np.repeat(each, near_by.shape[1]), np.repeat(each, count)[near]])
    to = np.concatenate([near_by.ravel(), rows[incoming[near]]]).astype(np.intp)
    alike = np.concatenate(
        [graph.similarity[items, :NEAR].ravel(), graph.similarity[rows[incoming[near]], slots[incoming[near]]]]
    )
    weight = (alike > 0).astype(np.float64)  # a neighbour only for want of nearer ones joins nothing
    if labels is not None:
        own = labels[items][of]
        weight *= np.where((own == labels[to]) & (own >= 0), 1, other)
    return of, to, weight


def _spread(
    graph: NeighbourGraph,
    labels: NDArray[np.int32] | None,
    other: float,
    mass: NDArray[np.float64],
    residual: NDArray[np.float64],
    degree: NDArray[np.float64],
    reached: NDArray[np.intp],
    least: float,
) -> NDArray[np.intp]:
    """Push, in place, until no residual is above its item's degree times `least`; return the items with any.

    All that are above it push at once, so that no order of the items matters.
    """
    for _ in range(ROUNDS):
        new = reached[degree[reached] == 0]
        if len(new):
            of, _, weight = _edges(graph, labels, other, new)
            degree[new] = np.bincount(of, weight, minlength=len(new))
        active = reached[residual[reached] > least * degree[reached]]
        if not len(active):
            break
        of, to, weight = _edges(graph, labels, other, active)
        given = residual[active]
        mass[active] += TELEPORT * given
        residual[active] = 0
        passed = ((1 - TELEPORT) * given / np.maximum(degree[active], 1e-300))[of] * weight
        targets, where = np.unique(to, return_inverse=True)
        residual[targets] += np.bincount(where, passed)
        reached = np.union1d(reached, targets)
    return reached


def _conductance(
    graph: NeighbourGraph,
    labels: NDArray[np.int32] | None,
    other: float,
    ordered: NDArray[np.intp],
    degree: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return for each m how much of the weight of the first m items goes out of them, [M]."""
    place = np.zeros(graph.n, dtype=np.int64)  # from 1; 0 for those outside
    place[ordered] = np.arange(1, len(ordered) + 1)
    of, to, weight = _edges(graph, labels, other, ordered)
    inside = (place[to] > 0) & (place[to] <= of)  # to an item that came earlier
    joined = np.bincount(of[inside], weight[inside], minlength=len(ordered))
    volume = np.cumsum(degree[ordered])
    across = volume - 2 * np.cumsum(joined)
    # Of a set of more than half the rest is the smaller side; its weight is at most this.
    rest = np.maximum(2.0 * graph.n * min(graph.k, NEAR) - volume, 0)
    result: NDArray[np.float64] = np.maximum(across, 0) / np.maximum(np.minimum(volume, rest), 1e-300)
    return result.round(12)


def _first_dip(across: NDArray[np.float64]) -> int:
    """Return where a curve is least before it first rises for good."""
    risen = across > RISE * np.minimum.accumulate(across) + SLACK
    end = int(np.argmax(risen)) if risen.any() else len(across)
    return int(np.argmin(across[:end]))


def _rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to ten significant digits of the largest."""
    largest = float(values.max(initial=0)) or 1.0
    result: NDArray[np.float64] = (values / largest).round(10)
    return result
