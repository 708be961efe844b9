"""Raters who repeat others: Dawid and Skene's model in which a rater may copy another's answer, fitted by EM."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.consensus.answers import Answers
from explorer.consensus.rater_models import TINY, shrunk

STEPS = 200
"""Most steps of EM."""

SETTLED = 0.02
"""EM ends when the log-likelihood of all answers gains less than this: small beside the gain that a source needs."""

SMOOTH = 0.1
"""Votes that each class has to begin with."""


@dataclass(frozen=True, eq=False)
class Copying:
    """What EM came to.

    Attributes
    ----------
    log_likelihood
        log P(answers), summed over the items.
    copied
        float64 [R]: in which share of the answers a rater repeats its source, where both have answered.
    posterior
        float64 [N, K]: each item's class.
    """

    log_likelihood: float
    copied: NDArray[np.float64]
    posterior: NDArray[np.float64]


def fit(
    answers: Answers,
    source: NDArray[np.int32],
    copied: NDArray[np.float64],
    begin: NDArray[np.float64] | None = None,
    check: Callable[[], None] | None = None,
) -> Copying:
    """Fit a model in which rater s says what its source r said with probability c, and else judges for itself.

    P(y_s | class k, y_r) = c·[y_s = y_r] + (1 − c)·C_s[k, y_s] where both have answered, and C_s[k, y_s] elsewhere:
    with c = 0 it is Dawid and Skene's model, so that twice the gain in log-likelihood tells whether there is copying.

    Parameters
    ----------
    source
        int32 [R]: whom a rater may copy, -1 for nobody. There are no circles.
    copied
        float64 [R]: c to begin with.
    begin
        float64 [N, K]: each item's class to begin with; by default the share of the votes, in which an answer that may
        be copied counts 1 − c.
    """
    from scipy.sparse import csr_matrix

    n, k, r, m = answers.n_items, answers.n_classes, answers.n_raters, len(answers)
    linked, same = repeated(answers, source)
    c = np.where(source >= 0, copied, 0.0)
    cell = answers.raters.astype(np.int64) * k + answers.codes
    by_cell = csr_matrix((np.ones(m), (cell, np.arange(m))), shape=(r * k, m))
    by_item = csr_matrix((np.ones(m), np.arange(m), answers.starts), shape=(n, m))
    if begin is None:
        votes = answers.counts(np.where(linked, 1 - c[answers.raters], 1.0)) + SMOOTH
        q = votes / votes.sum(axis=1, keepdims=True)
    else:
        q = begin
    own = np.ones((m, k))
    answered = answers.answered
    count, total = max(1, int(answered.sum())), -np.inf
    for _ in range(STEPS):
        if check is not None:
            check()
        judged = own * q[answers.items]
        counts = np.asarray(by_cell @ judged).reshape(r, k, k)  # rater, answer, class
        right = np.trace(counts, axis1=1, axis2=2)
        matrices = shrunk(counts, right, counts.sum(axis=(1, 2)))
        prior = (q[answered].sum(axis=0) + 1 / k) / (count + 1)
        mine = matrices[answers.raters, answers.codes]
        share = np.where(linked, c[answers.raters], 0.0)[:, None]
        heard = (1 - share) * mine
        said = np.maximum(heard + share * same[:, None], TINY)
        z = np.log(prior) + np.asarray(by_item @ np.log(said))
        most = z.max(axis=1, keepdims=True)
        q = np.exp(z - most)
        norm = q.sum(axis=1, keepdims=True)
        q /= norm
        before, total = total, float((np.log(norm) + most)[answered].sum())
        own = heard / said
        repeats = ((1 - own) * q[answers.items]).sum(axis=1)
        among = np.bincount(answers.raters, linked, r)
        c = np.where(source >= 0, np.bincount(answers.raters, repeats * linked, r) / np.maximum(among, 1), 0.0)
        c = np.clip(c, 0, 1 - 1e-6)
        if total - before < SETTLED:
            break
    return Copying(total, c, q)


def repeated(answers: Answers, source: NDArray[np.int32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which answers have their source's beside them, and which are the same as that, bool [M] each."""
    r = np.int64(max(1, answers.n_raters))
    key = answers.items * r + answers.raters
    wanted = answers.items * r + source[answers.raters]
    at = np.minimum(np.searchsorted(key, wanted), max(0, len(key) - 1))
    linked = (source[answers.raters] >= 0) & (key[at] == wanted) if len(key) else np.zeros(0, bool)
    return linked, linked & (answers.codes == answers.codes[at])
