"""What learning from the reviewer brings: the share of wrong labels among the next items of the queue.

    EXPLORER_DATA=… python tests/benchmarks/reviewer.py [--seeds 10] [--sets digits ag_news sst2]

Vectors, planted errors and held-out probabilities as `cases.py` has them (probabilities by logistic regression on the
planted labels, so that figures compare with the reference's). Per seed: the detectors and the combiner run once; the
top 90 of the queue and 10 at random are reviewed, by somebody who knows which labels are planted; then the precision of
the next 300 that nobody has looked at, by three rankings:

- base: `p_error` as it was;
- classes, learnt: adjusted by what `reviewer.teach` learnt, without and with the vectors;
- taught all, columns, columns and vectors: what could be had if *all* true errors were known. Held-out predictions (5
  folds) of the same model taught on every item, and of logistic regressions over the detectors' columns and the pairs
  of classes, without and with the vectors by class. The best of the three is the ceiling. They have no items to leave
  out, so they and "base, 100 to 400" skip the first 100 of their own ranking.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import time

import numpy as np
import pandas as pd
from cases import planted
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from explorer import detectors, graph
from explorer.detectors.combine import feedback
from explorer.utils.logits import clipped_logit

TOP, RANDOM, NEXT = 90, 10, 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--sets", nargs="+", default=["digits", "ag_news", "sst2"])
    parser.add_argument("--no-ceiling", action="store_true", help="leave out the slow part")
    options = parser.parse_args()
    for module in pkgutil.iter_modules(detectors.__path__):
        importlib.import_module(f"explorer.detectors.{module.name}")
    for name in options.sets:
        rows, began, found = [], time.perf_counter(), None
        for seed, (case, x, y, wrong, probs) in enumerate(planted(name, options.seeds)):
            found = found or graph.build(x)
            random = np.random.default_rng(seed % options.seeds)
            rows.append({"case": case, **measure(x, y, wrong, probs, found, random, not options.no_ceiling)})
        print(pd.DataFrame(rows).groupby("case", sort=False).mean().round(3).to_string())
        print(f"  {(time.perf_counter() - began) / len(rows):.1f} s a seed", flush=True)


def measure(x, y, wrong, probs, found, random, ceiling):
    classes = probs.shape[1]
    inputs = detectors.Inputs(y, classes, graph=found, probs=probs.astype(np.float32), vectors=x)
    findings = detectors.run(inputs)
    combined = detectors.combine(inputs, findings)
    read, every = combined.model.read, np.arange(len(y))
    q = read.opinion(inputs, findings, every)
    p, rivals = combined.p_error, feedback.rivals_of(q, y)
    order = np.argsort(-p, kind="stable")
    looked = np.concatenate([order[:TOP], random.choice(order[TOP:], RANDOM, replace=False)])
    rest = np.ones(len(y), bool)
    rest[looked] = False

    def precision(score):
        ranked = np.argsort(-score, kind="stable")
        return wrong[ranked[rest[ranked]][:NEXT]].mean()

    result = {"base": precision(p)}
    for name, vectors in (("classes", None), ("learnt", x)):
        began = time.perf_counter()
        taught = feedback.teach(looked, wrong[looked], p, y, rivals, classes, vectors)
        result[name] = precision(taught.adjust(p, y, rivals, vectors))
    result["milliseconds"] = 1000 * (time.perf_counter() - began)
    if ceiling:
        columns = read.matrix(q, y, findings, every)
        columns = (columns - columns.mean(axis=0)) / np.maximum(columns.std(axis=0), 1e-9)
        units = x - x.mean(axis=0)
        units /= np.maximum(np.linalg.norm(units, axis=1, keepdims=True), 1e-12)
        pairs = np.eye(classes**2)[y * classes + rivals]
        told = np.concatenate([columns, pairs[:, pairs.any(axis=0)]], axis=1)
        model, folds = LogisticRegression(C=0.1, max_iter=500), StratifiedKFold(5, shuffle=True, random_state=0)
        taught_all = np.empty(len(y))
        for heard, out in folds.split(told, wrong):
            taught = feedback.teach(heard, wrong[heard], p, y, rivals, classes, x)
            taught_all[out] = clipped_logit(p[out].astype(float)) + taught.shift(out, y, rivals, x)
        rankings = {"base, 100 to 400": p, "taught all": taught_all}
        with_vectors = np.concatenate([told, *(10 * units * (y == c)[:, None] for c in range(classes))], axis=1)
        for name, features in (("columns", told), ("columns and vectors", with_vectors)):
            rankings[name] = cross_val_predict(model, features, wrong, cv=folds, method="predict_proba")[:, 1]
        for name, score in rankings.items():
            result[name] = wrong[np.argsort(-score, kind="stable")[TOP + RANDOM :][:NEXT]].mean()
        result["ceiling"] = max(result[name] for name in ("taught all", "columns", "columns and vectors"))
    return result


if __name__ == "__main__":
    main()
