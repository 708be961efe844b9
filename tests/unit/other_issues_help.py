"""Small random cases and a renumbering of them: what the tests of the issues beside labels share."""

from dataclasses import replace

import numpy as np

from explorer.detectors import Inputs
from explorer.graph import NeighbourGraph, build


def random_case(seed, n=40, k=8, n_classes=4, *, probs=True, unlabelled=0.1, copies=0):
    """Return inputs of a random graph, with negative similarities, unlabelled items and, if asked, exact copies."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 5)).astype(np.float32)
    if copies:
        x[rng.choice(n, copies, replace=False)] = x[0]
    labels = rng.integers(0, n_classes, n).astype(np.int32)
    labels[rng.random(n) < unlabelled] = -1
    p = rng.dirichlet(np.full(n_classes, 0.5), n).astype(np.float32) if probs else None
    hashes = np.array([x[i].tobytes().hex() for i in range(n)], dtype=object)
    graph = build(x, k, ids=np.arange(n))
    conflicting = rng.random(n) < 0.05
    return Inputs(
        labels, n_classes, graph=graph, probs=p, vectors=x, content_hashes=hashes, conflicting=conflicting, seed=seed
    )


def renumbered(inputs, seed=0):
    """Return the same items in another order, and `order`: item i of the new ones is item `order[i]` of the old."""
    order = np.random.default_rng(seed).permutation(inputs.n)
    place = np.empty(inputs.n, np.int32)
    place[order] = np.arange(inputs.n)
    arrays = {
        name: getattr(inputs, name)[order]
        for name in ("labels", "probs", "vectors", "conflicting", "content_hashes")
        if getattr(inputs, name) is not None
    }
    graph = NeighbourGraph(place[inputs.graph.indices[order]], inputs.graph.similarity[order])
    return replace(inputs, graph=graph, **arrays), order


def partition(group):
    """Return groups as a set of sets of items, whatever their numbers."""
    return {frozenset(np.flatnonzero(group == g).tolist()) for g in np.unique(group[group >= 0])}
