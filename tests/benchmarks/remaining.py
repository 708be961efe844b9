"""How well the number of errors left is known: coverage and width of the audit's interval.

    EXPLORER_DATA=… python tests/benchmarks/remaining.py [--seeds 5] [--repeats 300] [--sets digits ag_news sst2 …]

Vectors, planted or human errors and held-out probabilities as `cases.py` has them. For every seed the detectors and the
combiner run once; then the audit is repeated with other draws, `--repeats` times a set in all at least. Each audit has
100 draws, on three courses: by itself; after the top 100 of the queue was reviewed; and before the next 300 were.

- coverage: share of the 95 % intervals that hold the true number of errors among the labels nobody looked at;
- half width, and the same of the binomial interval from a simple random sample of 200 of the same labels (at its true
  share): the audit asks half as many questions;
- bias: mean of estimate − truth.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil

import numpy as np
import pandas as pd
from cases import human, planted

from explorer import detectors, graph
from explorer.estimates import errors_left
from explorer.estimates.audit import Audit

DRAWS, SIMPLE = 100, 200
COURSES = {"audit alone": (0, 0), "100 of the queue first": (100, 0), "300 of the queue after": (0, 300)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=300)
    parser.add_argument("--sets", nargs="+", default=["digits", "ag_news", "sst2", "cifar10n"])
    options = parser.parse_args()
    for module in pkgutil.iter_modules(detectors.__path__):
        importlib.import_module(f"explorer.detectors.{module.name}")
    for name in options.sets:
        rows, found = [], None
        cases = human(name, 1) if name == "cifar10n" else planted(name, options.seeds)
        repeats = options.repeats if name == "cifar10n" else -(-options.repeats // options.seeds)
        for number, (case, x, y, wrong, probs) in enumerate(cases):
            found = found or graph.build(x)
            inputs = detectors.Inputs(y, probs.shape[1], graph=found, probs=probs.astype(np.float32), vectors=x)
            p = detectors.combine(inputs, detectors.run(inputs)).p_error
            for course, (first, after) in COURSES.items():
                for repeat in range(repeats):
                    seed = 1000 * number + repeat
                    rows.append({"case": case, "course": course, **audit(p, wrong.astype(float), seed, first, after)})
        table = (
            pd.DataFrame(rows)
            .groupby(["case", "course"], sort=False)
            .agg(
                repeats=("covered", "size"),
                coverage=("covered", "mean"),
                left=("left", "mean"),
                bias=("error", "mean"),
                half_width=("half", "mean"),
                binomial_200=("simple", "mean"),
            )
        )
        table["ratio"] = table.half_width / table.binomial_200
        print(table.round(3).to_string(), flush=True)


def audit(p, wrong, seed, first, after):
    made = Audit.design(p, seed)
    queue = np.argsort(-p, kind="stable")
    answers, otherwise = np.full(len(p), np.nan), np.zeros(len(p), bool)
    drawn = made.draw(DRAWS)
    for step in (queue[:first], None, after):
        if step is None:
            answers[drawn] = wrong[drawn]
            continue
        rows = step if isinstance(step, np.ndarray) else queue[np.isnan(answers[queue])][:step]
        answers[rows], otherwise[rows] = wrong[rows], True
    left = errors_left.estimate(made, answers, DRAWS, otherwise)
    rest = np.isnan(answers)
    truth, share = wrong[rest].sum(), wrong[rest].mean()
    return {
        "covered": left.low <= truth <= left.high,
        "left": truth,
        "error": left.left - truth,
        "half": (left.high - left.low) / 2,
        "simple": 1.96 * rest.sum() * np.sqrt(share * (1 - share) / SIMPLE),
    }


if __name__ == "__main__":
    main()
