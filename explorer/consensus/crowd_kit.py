"""GLAD and MACE, as crowd-kit has them."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from explorer.consensus.answers import Answers
from explorer.errors import DataError, MissingExtra

Rule = Literal["glad", "mace"]

ROUNDS = 100
"""Steps of EM."""

RESTARTS = 10
"""Starts of MACE, of which the likeliest end is kept."""


def by_crowd_kit(answers: Answers, rule: Rule, seed: int = 0) -> NDArray[np.float64]:
    """Return each item's class by GLAD or MACE, float64 [N, K]; alike for all classes where nobody answered.

    Raises
    ------
    MissingExtra
        crowd-kit is not installed.
    DataError
        No answers.

    References
    ----------
    Whitehill, Ruvolo, Wu, Bergsma, Movellan: Whose vote should count more (NeurIPS 2009); Hovy, Berg-Kirkpatrick,
    Vaswani, Hovy: Learning whom to trust with MACE (NAACL 2013); Ustalov, Pavlichenko, Tseitlin: Learning from crowds
    with Crowd-Kit (JOSS, 2024).
    """
    import pandas as pd

    if not len(answers):
        raise DataError("There are no answers to make a consensus of.")
    try:
        from crowdkit import aggregation
    except ImportError as error:
        raise MissingExtra(f"The consensus by {rule.upper()}", "crowd-kit", "crowd") from error
    table = pd.DataFrame({"task": answers.items, "worker": answers.raters, "label": answers.codes})
    one: Any = (
        aggregation.GLAD(n_iter=ROUNDS, silent=True)
        if rule == "glad"
        else aggregation.MACE(n_restarts=RESTARTS, n_iter=ROUNDS, random_state=seed)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # what crowd-kit asks of pandas is its own business
        found = one.fit_predict_proba(table)
    wide = found.reindex(index=range(answers.n_items), columns=range(answers.n_classes))
    result = wide.fillna(0.0).to_numpy(np.float64)
    total = result.sum(axis=1, keepdims=True)
    even = np.full_like(result, 1 / answers.n_classes)
    shares: NDArray[np.float64] = np.divide(result, total, out=even, where=total > 0)
    return shares
