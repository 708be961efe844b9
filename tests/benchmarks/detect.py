"""How well wrong labels are found: all methods, `p_error` and cleanlab, on all sets.

    EXPLORER_DATA=… python tests/benchmarks/detect.py [--seeds 10] [--sets digits ag_news sst2 cifar10n] [--rates .1]

The protocol stands in `explorer.bench`. Writes the means to detect.json beside this file, and prints for each set
whether `p_error` ranks at least as well as the best single column of self-confidence, margin, neighbour vote and
relation. `explorer bench` does the same for sets of your own.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("EXPLORER_DATA", "../shared/data")

from explorer import bench


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--sets", nargs="+", default=bench.SETS, choices=bench.SETS)
    parser.add_argument("--noise", nargs="+", default=("uniform", "confusable", "instance"))
    parser.add_argument("--rates", nargs="+", type=float, default=(0.1,))
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    given = parser.parse_args()
    runs = bench.run(
        given.sets,
        noise=given.noise,
        rates=given.rates,
        seeds=given.seeds,
        heard=lambda text: print(text, file=sys.stderr, flush=True),
    )
    accepted = bench.accepted(runs)
    table = bench.summary(runs)
    means = json.loads(table.round(4).reset_index().to_json(orient="records"))
    given.out.write_text(json.dumps({"accepted": accepted, "means": means}) + "\n")
    print(bench.as_text(table), end="\n\n")
    for row in accepted:
        for name in ("AUROC", "AP"):
            one = row[name]
            verdict = "at least the best single" if one["ours"] >= one["best"] - 5e-4 else "BELOW the best single"
            print(
                f"{row['set']}, {row['noise']} {row['rate']:g}: {name} {one['ours']:.3f}, "
                f"best single {one['best']:.3f} ({one['best_is']}), "
                f"self-confidence {one['self_confidence']:.3f}: {verdict}"
            )


if __name__ == "__main__":
    main()
