"""What is expected of the labels that are left, once suspects have been reviewed and scores are made anew.

    EXPLORER_DATA=… python tests/benchmarks/anew.py [--seeds 10] [--sets digits ag_news sst2]

Vectors, planted errors and held-out probabilities as `cases.py` has them. Per seed somebody who knows which labels are
planted reviews either all suspects, or the top 90 and 10 at random. Of those that nobody has looked at, three verdicts:

- open: the one that has followed the labels, with what was learnt from the reviewer;
- plain: scores made anew on the labels as they stand (and held-out probabilities of a model taught on these), as if
  nobody had decided on anything;
- anew: `settled.score`, which is taught on the labels as they were given and read off the labels as they stand, with
  what is learnt from the settled ones.

`expected` is the sum of p_error, `left` the errors that are left, `ece` in 10 equal bins; `f1` of the flag, `best` at
the best cut.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
from cases import held_out, planted, vectors_and_truth
from sklearn.metrics import average_precision_score

from explorer import detectors, graph
from explorer.detectors.combine.rescore import score
from explorer.labels.model.states import State
from explorer.review.baseline import Baseline

TOP, RANDOM, BINS = 90, 10, 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--sets", nargs="+", default=["digits", "ag_news", "sst2"])
    options = parser.parse_args()
    for name in options.sets:
        rows, found = [], None
        truth = vectors_and_truth(name)[1]
        for seed, (case, x, y, _, probs) in enumerate(planted(name, options.seeds)):
            found = found or graph.build(x)
            random = np.random.default_rng(seed % options.seeds)
            rows.extend({"case": case, **each} for each in measure(name, x, y, truth, probs, found, random))
        table = pd.DataFrame(rows).groupby(["case", "reviewed", "scores"], sort=False).mean()
        print(table.round(3).to_string(), flush=True)


def measure(name, x, y, truth, probs, found, random):
    first = detectors.Inputs(y, probs.shape[1], graph=found, probs=probs.astype(np.float32), vectors=x)
    findings = detectors.run(first)
    verdict = detectors.combine(first, findings)
    order = np.argsort(-verdict.p_error, kind="stable")
    some = np.concatenate([order[:TOP], random.choice(order[TOP:], RANDOM, replace=False)])
    for what, rows in (("suspects", np.flatnonzero(verdict.is_issue)), ("100", some)):
        settled, now = np.zeros(len(y), dtype=bool), y.copy()
        settled[rows] = True
        now[rows] = truth[rows]
        changed = np.flatnonzero(now != y)
        followed = first.following(now, changed)
        moved = detectors.rerun(followed, findings, changed)
        opened = detectors.combine(followed, moved, like=verdict)
        yield row(
            what,
            "open",
            lessons(Baseline(verdict, y, np.zeros(len(y), bool)), opened, followed, settled, y),
            now,
            truth,
        )
        new = held_out(name, x, now).astype(np.float32)
        inputs = detectors.Inputs(now, probs.shape[1], graph=found, probs=new, vectors=x, trusted=settled)
        plain = detectors.combine(inputs, detectors.run(inputs))
        yield row(what, "plain", np.where(settled, np.nan, plain.p_error), now, truth)
        _, anew, before = score(inputs, y, settled)
        yield row(what, "anew", lessons(Baseline(anew, now, settled, before), anew, inputs, settled, y), now, truth)


def lessons(begun, verdict, inputs, settled, given):
    """Return p_error of whom nobody has looked at, with what is learnt from the decisions; NaN for others."""
    states = np.where(settled, State.RELABELLED.code, 0).astype(np.uint8)
    begun.note(np.arange(len(states)), settled, begun.combined.p_error, verdict.p_error, inputs.labels, states, given)
    shown = begun.adjusted(verdict, begun.teach(inputs), inputs)
    return np.where(settled, np.nan, shown.p_error)


def row(what, scores, p_error, now, truth):
    rest = np.isfinite(p_error)
    p, wrong = p_error[rest], (now != truth)[rest]
    flag = p > 0.5
    cut = np.cumsum(wrong[np.argsort(-p, kind="stable")])
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    off = [abs(wrong[bins == b].mean() - p[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    return {
        "reviewed": what,
        "scores": scores,
        "left": wrong.sum(),
        "expected": p.sum(),
        "suspects": flag.sum(),
        "right": wrong[flag].sum(),
        "ap": average_precision_score(wrong, p) if wrong.any() else np.nan,
        "ece": sum(off),
        "f1": 2 * wrong[flag].sum() / max(1, wrong.sum() + flag.sum()),
        "best": (2 * cut / (wrong.sum() + np.arange(1, len(cut) + 1))).max(),
    }


if __name__ == "__main__":
    main()
