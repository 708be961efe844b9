"""Labels of which it is known who is wrong, and a reviewer who answers an audit of them."""

import numpy as np
from scipy.special import expit, logit

from explorer.estimates import errors_left
from explorer.estimates.audit import Audit

REPEATS = 200


def population(seed, n, off=0.0):
    """Return p_error whose log-odds are `off`, and which labels are wrong."""
    rng = np.random.default_rng(seed)
    p = rng.beta(0.3, 2.5, n)
    return expit(logit(p) + off), (rng.random(n) < p).astype(float)


def reviewed(p, wrong, seed, draws, top_before=0, top_after=0, labels=None):
    """Look at the top of the queue, do an audit, look at more of the queue; return the estimate and what is left."""
    audit = Audit.design(p, seed, labels=labels)
    queue = np.argsort(-p, kind="stable")
    answers, otherwise = np.full(len(p), np.nan), np.zeros(len(p), bool)

    def work_off(count):
        rows = queue[np.isnan(answers[queue])][:count]
        answers[rows], otherwise[rows] = wrong[rows], True

    work_off(top_before)
    drawn = audit.draw(draws)
    answers[drawn] = wrong[drawn]
    work_off(top_after)
    return errors_left.estimate(audit, answers, draws, otherwise), wrong[np.isnan(answers)].sum(), answers
