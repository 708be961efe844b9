"""What raters are asked next, and how a budget of answers is spent best."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from explorer.consensus import Budget, Consensus, Policy, ask_next
from explorer.consensus import spend as simulated
from explorer.errors import DataError, UnknownName
from explorer.pipeline.stages import widened
from explorer.review.state import ReviewState


def questions(
    state: ReviewState,
    found: Consensus,
    names: Sequence[str],
    n: int,
    policy: Policy,
    raters: Sequence[str] | None,
    most: int | None,
) -> pd.DataFrame:
    """Return what to ask next, and whom; see `Raters.ask_next`."""
    with state.lock:
        dataset, classes, skip, probs = state.dataset, state.classes, state.decided(), state.results.probs
    table = ask_next(
        found,
        n,
        policy=policy,
        raters=None if raters is None else [_place(name, names) for name in raters],
        probs=None if probs is None else widened(probs, len(classes)),
        skip=skip,
        most=most,
    )
    return pd.DataFrame(
        {
            "rater": [names[r] if r >= 0 else None for r in table["rater"]],
            "urgency": table["urgency"].to_numpy(),
            "answers": table["answers"].to_numpy(),
            "likeliest": [classes[c] for c in table["likeliest"]],
            "second": [classes[c] for c in table["second"]],
        },
        index=pd.Index(dataset.item_ids[table["item"].to_numpy(dtype=np.intp)], name="item"),
    )


def budget_of(state: ReviewState, found: Consensus, budget: int, votes: Sequence[int]) -> Budget:
    """Simulate how a budget of answers is spent best; see `Raters.spend`.

    The best known label of an item is the one that somebody has decided on, else the consensus, else the given one.

    Raises
    ------
    DataError
        No vectors yet; nobody has answered; as of `consensus.spend`.
    """
    with state.lock:
        embedding, codes, decided = state.results.embedding, state.codes.copy(), state.decided()
    if embedding is None:
        raise DataError("There are no vectors to teach a model on.", "Wait for the embedding: review.wait().")
    active = np.flatnonzero(found.answers.per_rater > 0)
    if not len(active):
        raise DataError("Nobody has answered, so nothing is known of the raters.")
    best = np.where(decided | (found.labels < 0), codes, found.labels)
    matrices = np.stack([found.confusion(rater) for rater in active.tolist()])
    return simulated(budget, embedding.vectors, best, matrices, votes=votes)


def _place(name: str, names: Sequence[str]) -> int:
    if name not in names:
        raise UnknownName("rater", name, names)
    return list(names).index(name)
