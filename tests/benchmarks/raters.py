"""How good a consensus of raters is: ours, CROWDLAB, Dawid–Skene of crowd-kit and the majority, on real raters.

    EXPLORER_DATA=… python tests/benchmarks/raters.py [--parts crowd cifar10n next labels certificate …] [--seeds 5] […]

Reads `kinds-data/raters_crowd.parquet` and `kinds-data/raters_cifar10n.npz` beside the folder that EXPLORER_DATA names.

- crowd: sets of many raters, no model. Accuracy of the consensus, the same after the 5 % least sure items are put
  right, average precision of the errors in the majority's labels (ties at random, alike for all), and Spearman's
  correlation of each rater's estimated accuracy with the true one (raters with at least five items of known class).
- cifar10n: three raters of 50,000 items, without and with a model's held-out probabilities.
- next: what to ask next. 8,000 items begin with one answer each; 800 more a round, the same answers for all policies.
- certificate: simulated raters of equal error; where it says so, the majority's errors beside an oracle's.
- copies: simulated raters, some of whom copy one; Dawid–Skene of crowd-kit and ours, and ours with the family named.
- wnut: seven systems for named entities that were taught on the same tweets, and so err together. F1 of entities: a
  span counts with both ends and its kind. Tokens are the items (`kinds-data/ner_wnut17.parquet`).
- labels: votes as an opinion in `p_error`: average precision of the wrong labels without and with them.

`--slow` adds GLAD and MACE. The rivals are cleanlab and crowd-kit, each left out where it is not installed.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
import pandas as pd
from cases import DATA
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, roc_auc_score

from explorer import detectors, graph
from explorer.consensus import Answers, consensus, dawid_skene, krippendorff, urgency
from explorer.consensus.crowdlab import crowdlab
from explorer.consensus.majority import against, certificate, labels_of, shares

KINDS = DATA.parent / "kinds-data"
ITEMS, ROUND, ROUNDS = 8_000, 800, 8
PARTS = ("crowd", "cifar10n", "certificate", "copies", "wnut", "next", "labels")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", default=list(PARTS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--policies", nargs="+", help="of the part next: some of those that it prints")
    parser.add_argument("--slow", action="store_true")
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    for part in given.parts:
        {
            "crowd": crowd,
            "cifar10n": cifar10n,
            "next": next_answers,
            "labels": as_an_opinion,
            "certificate": certified,
            "copies": copies,
            "wnut": wnut,
        }[part](given)


# Measuring ------------------------------------------------------------------------------------------------------------


def measured(truth, posterior=None, labels=None, doubt=None, first=None, quality=None, accuracy=None, seconds=np.nan):
    """Return one row. `first` are the majority's labels; `quality` and `accuracy` are the raters'."""
    known = truth >= 0
    labels = posterior.argmax(axis=1) if labels is None else labels
    doubt = against(posterior, labels) if doubt is None else doubt
    wrong = (labels != truth)[known]
    ranked = wrong[np.argsort(-doubt[known], kind="stable")]
    row = {
        "consensus": 1 - wrong.mean(),
        "AUROC": roc_auc_score(wrong, doubt[known]) if wrong.any() else np.nan,
        "after 5 %": 1 - ranked[len(ranked) // 20 :].sum() / len(ranked),
    }
    if posterior is not None and first is not None:
        row["AP majority's errors"] = average_precision_score((first != truth)[known], against(posterior, first)[known])
    if quality is not None:
        row["rater ranking"] = spearmanr(quality, accuracy).statistic
    row["s"] = seconds
    return row


def timed(call):
    began = time.perf_counter()
    found = call()
    return found, time.perf_counter() - began


def crowd_kit(wide, k, rule="DawidSkene"):
    """Return the rival's posterior [N, K] and its rater accuracies; `None` where crowd-kit is not installed."""
    try:
        from crowdkit import aggregation
    except ImportError:
        return None
    items, raters = np.nonzero(wide >= 0)
    table = pd.DataFrame({"task": items, "worker": raters, "label": wide[items, raters]})
    one = aggregation.DawidSkene(100) if rule == "DawidSkene" else getattr(aggregation, rule)()
    q = one.fit_predict_proba(table).reindex(index=range(len(wide)), columns=range(k)).fillna(0).to_numpy()
    if rule != "DawidSkene":
        return q, None
    # errors_: P(answer | class) by worker; accuracy = Σ_k prior(k)·P(k | k).
    prior, matrices = one.priors_, one.errors_
    found = np.full(wide.shape[1], np.nan)
    for j in range(wide.shape[1]):
        matrix = matrices.loc[j] if j in matrices.index.get_level_values(0) else None
        if matrix is not None:
            found[j] = sum(prior.get(c, 0) * matrix[c].get(c, 0) for c in range(k) if c in matrix.columns)
    return q, found


def cleanlab_consensus(wide, probs):
    """Return the rival's table and its raters' quality; `None` where cleanlab is not installed."""
    try:
        from cleanlab.multiannotator import get_label_quality_multiannotator
    except ImportError:
        return None
    frame = pd.DataFrame(np.where(wide >= 0, wide, np.nan))
    return get_label_quality_multiannotator(frame, probs, verbose=False)


def cleanlab_score(wide, probs, labels):
    """Return cleanlab's quality of fixed labels."""
    from cleanlab.multiannotator import get_label_quality_multiannotator

    frame = pd.DataFrame(np.where(wide >= 0, wide, np.nan))
    found = get_label_quality_multiannotator(frame, probs, consensus_method="majority_vote", verbose=False)
    return found["label_quality"]


def show(title, rows):
    print(f"\n{title}")
    print(pd.DataFrame(rows).T.round(4).to_string(), flush=True)


# Parts ----------------------------------------------------------------------------------------------------------------


def crowd(given):
    frame = pd.read_parquet(KINDS / "raters_crowd.parquet")
    for name in frame["set"].unique():
        part = frame[frame["set"] == name]
        classes = {c: i for i, c in enumerate(sorted({*part["label"], *part["truth"].dropna()}))}
        table = part.assign(label=part["label"].map(classes)).pivot(index="task", columns="worker", values="label")
        wide = table.fillna(-1).to_numpy(int)
        truth = part.drop_duplicates("task").set_index("task")["truth"].reindex(table.index).map(classes)
        compare_raters(name, wide, truth.fillna(-1).to_numpy(int), len(classes), given.slow)


def compare_raters(name, wide, truth, k, slow):
    answers = Answers.of(wide, k)
    known, has = truth >= 0, wide >= 0
    enough = has[known].sum(axis=0) >= 5
    accuracy = np.array([(wide[:, j] == truth)[known & has[:, j]].mean() for j in np.flatnonzero(enough)])
    counts = answers.counts()
    first = (counts + np.random.default_rng(0).random(counts.shape) * 1e-3).argmax(axis=1)
    agreed = np.array([(wide[:, j] == first)[has[:, j]].mean() for j in np.flatnonzero(enough)])
    q = shares(answers).astype(float)
    rows = {"majority": measured(truth, q, first, first=first, quality=agreed, accuracy=accuracy)}
    rival, seconds = timed(lambda: crowd_kit(wide, k))
    if rival is not None:
        rows["Dawid–Skene, crowd-kit"] = measured(
            truth, rival[0], first=first, quality=rival[1][enough], accuracy=accuracy, seconds=seconds
        )
    for rule in ("GLAD", "MACE") if slow and rival is not None else ():
        other, seconds = timed(lambda rule=rule: crowd_kit(wide, k, rule))
        rows[f"{rule}, crowd-kit"] = measured(truth, other[0], first=first, seconds=seconds)
    found, seconds = timed(lambda: consensus(answers))
    quality = found.quality["accuracy"].to_numpy()[enough]
    ours = found.posterior.astype(float)
    rows[f"ours ({found.method})"] = measured(
        truth, ours, found.labels, first=first, quality=quality, accuracy=accuracy, seconds=seconds
    )
    show(
        f"{name}: {len(truth)} items, {wide.shape[1]} raters, {len(answers)} answers, {k} classes. "
        f"{krippendorff(answers)}",
        rows,
    )
    print("  " + " ".join(found.notes))


def cifar10n_data():
    stored = np.load(KINDS / "raters_cifar10n.npz")
    probs = {}
    for model in ("resnet18", "swin"):
        p = stored[f"probs_{model}"].astype(np.float64)
        probs[model] = p / p.sum(axis=1, keepdims=True)
    return stored["raters"].astype(int), stored["clean"].astype(int), probs


def cifar10n(_given):
    wide, truth, models = cifar10n_data()
    answers = Answers.of(wide, 10)
    accuracy = (wide == truth[:, None]).mean(axis=0)
    counts = answers.counts()
    first = (counts + np.random.default_rng(0).random(counts.shape) * 1e-3).argmax(axis=1)
    agreed = (wide == first[:, None]).mean(axis=0)
    rows = {"majority": measured(truth, counts / 3, first, first=first, quality=agreed, accuracy=accuracy)}
    rival, seconds = timed(lambda: crowd_kit(wide, 10))
    if rival is not None:
        rows["Dawid–Skene, crowd-kit"] = measured(
            truth, rival[0], first=first, quality=rival[1], accuracy=accuracy, seconds=seconds
        )
    found, seconds = timed(lambda: consensus(answers))
    rows[f"ours ({found.method})"] = measured(
        truth,
        found.posterior.astype(float),
        found.labels,
        first=first,
        quality=found.quality["accuracy"],
        accuracy=accuracy,
        seconds=seconds,
    )
    show("CIFAR-10N, three raters, 50,000 items, no model", rows)
    print("  " + " ".join(found.notes))
    for name, probs in models.items():
        rows = {"model alone": measured(truth, probs, first=first)}
        rival, seconds = timed(lambda probs=probs: cleanlab_consensus(wide, probs))
        fixed = None
        if rival is not None:
            table = rival["label_quality"]
            stats = rival["annotator_stats"]["annotator_quality"].sort_index()
            rows["CROWDLAB, cleanlab"] = measured(
                truth,
                labels=table["consensus_label"].to_numpy(int),
                doubt=1 - table["consensus_quality_score"].to_numpy(float),
                quality=stats,
                accuracy=accuracy,
                seconds=seconds,
            )
            fixed = cleanlab_score(wide, probs, None)
        own, seconds = timed(lambda probs=probs: crowdlab(answers, probs))
        rows["CROWDLAB, ours"] = measured(
            truth, own.posterior, first=first, quality=own.quality, accuracy=accuracy, seconds=seconds
        )
        found, seconds = timed(lambda probs=probs: consensus(answers, probs))
        ours = found.posterior.astype(float)
        rows[f"ours ({found.method})"] = measured(
            truth,
            ours,
            found.labels,
            first=first,
            quality=found.quality["accuracy"],
            accuracy=accuracy,
            seconds=seconds,
        )
        show(f"CIFAR-10N, three raters, 50,000 items, {name}", rows)
        print("  " + " ".join(found.notes))
        if fixed is not None:
            labels = fixed["consensus_label"].to_numpy(int)
            wrong = labels != truth
            theirs = average_precision_score(wrong, 1 - fixed["consensus_quality_score"].to_numpy(float))
            mine = average_precision_score(wrong, 1 - ours[np.arange(len(labels)), labels])
            print(
                f"  cleanlab's own majority labels ({1 - wrong.mean():.3f} right), AP of their errors: "
                f"cleanlab {theirs:.3f}, ours {mine:.3f}"
            )


def next_answers(given):
    wide, truth, models = cifar10n_data()
    probs = models["resnet18"]
    policies = {
        "random, ours": ("random", "ours"),
        "fewest votes, ours": ("fewest", "ours"),
        "margin of the model, ours": ("margin", "ours"),
        "ActiveLab and CROWDLAB": ("activelab", "crowdlab"),
        "ActiveLab, ours": ("activelab", "ours"),
        "least sure, ours": ("least_sure", "ours"),
    }
    policies = {name: how for name, how in policies.items() if not given.policies or name in given.policies}
    runs = {name: [] for name in policies}
    for seed in range(given.seeds):
        rng = np.random.default_rng(seed)
        items = rng.choice(len(truth), ITEMS, replace=False)
        order = rng.permuted(np.tile(np.arange(3), (ITEMS, 1)), axis=1)  # who answers first, second, third
        theirs = np.take_along_axis(wide[items], order, axis=1)
        for name, how in policies.items():
            runs[name].append(curve(how, theirs, order, truth[items], probs[items], seed))
    rows = {}
    for name, curves in runs.items():
        mean, each = np.mean(curves, axis=0), np.mean(curves, axis=1)
        rows[name] = {
            **{str(r): mean[r] for r in (0, 1, 2, 3, ROUNDS)},
            "mean": each.mean(),
            "sd": each.std(ddof=1) if len(each) > 1 else np.nan,
        }
    show(f"What to ask next: {ITEMS:,} items, one answer each, {ROUND} more a round; accuracy after r rounds", rows)


def curve(how, theirs, order, truth, probs, seed):
    """Return the accuracy after each round."""
    policy, rule = how
    rng = np.random.default_rng(seed)
    have = np.ones(len(truth), int)
    top = np.sort(probs, axis=1)
    found = []
    for step in range(ROUNDS + 1):
        wide = np.full((len(truth), 3), -1)
        for place in range(3):
            rows = np.flatnonzero(have > place)
            wide[rows, order[rows, place]] = theirs[rows, place]
        answers = Answers.of(wide, probs.shape[1])
        posterior = (crowdlab if rule == "crowdlab" else consensus)(answers, probs).posterior
        found.append((labels_of(posterior, answers.answered) == truth).mean())
        if policy == "margin":
            score = -(top[:, -1] - top[:, -2])
        else:
            score = urgency(answers, posterior, policy, probs, seed=int(rng.integers(2**31)))
        chosen = np.argsort(np.where(have < 3, -score, np.inf), kind="stable")[:ROUND]
        have[chosen] += 1
        if step == ROUNDS:
            break
    return found


def as_an_opinion(given):
    wide, truth, models = cifar10n_data()
    stored = np.load(DATA / "cifar10n_aggregate_vectors.npz")
    aggregate = pd.read_parquet(DATA / "cifar10n.parquet", columns=["aggregate"])["aggregate"]
    codes = aggregate.to_numpy()
    if codes.dtype.kind not in "iu":
        clean = pd.read_parquet(DATA / "cifar10n.parquet", columns=["clean"])["clean"]
        names = dict(zip(clean, truth.tolist(), strict=True))
        codes = aggregate.map(names).to_numpy()
    rows = {}
    rng = np.random.default_rng(0)
    some = np.sort(rng.choice(len(truth), 10_000, replace=False))
    x = stored["features"][some].astype(np.float32)
    found = graph.build(x)
    y = truth[some]
    random_wrong = np.where(rng.random(len(y)) < 0.2, (y + rng.integers(1, 10, len(y))) % 10, y)
    labels = {
        "the raters' aggregate": codes[some],
        "rater 1's": wide[some, 0],
        "planted apart from the raters, 20 %": random_wrong,
    }
    for name, given_labels in labels.items():
        for model, probs in {"no model": None, "resnet18": models["resnet18"][some].astype(np.float32)}.items():
            for heard in (None, Answers.of(wide[some], 10)):
                inputs = detectors.Inputs(
                    given_labels.astype(np.int32), 10, graph=found, probs=probs, vectors=x, votes=heard
                )
                findings = detectors.run(inputs)
                combined = detectors.combine(inputs, findings)
                wrong = given_labels != y
                key = f"{name} labels, {model}"
                row = rows.setdefault(key, {"wrong": wrong.mean()})
                said = "with votes" if heard is not None else "without"
                row[f"AP {said}"] = average_precision_score(wrong, combined.p_error)
                row[f"AUROC {said}"] = roc_auc_score(wrong, combined.p_error)
                row[f"noise {said}"] = combined.noise_rate
                if heard is not None:
                    row["weight"] = dict(
                        zip(combined.model.read.opinions, combined.model.read.pool.weights, strict=True)
                    )["raters"]
                    row["AP raters"] = average_precision_score(
                        wrong, np.nan_to_num(findings.results["raters"].score, nan=0)
                    )
    show("Votes as an opinion in p_error: CIFAR-10N, 10,000 items", rows)


def said(rng, truth, accuracy, k):
    return np.where(rng.random(len(truth)) < accuracy, truth, (truth + rng.integers(1, k, len(truth))) % k)


def certified(given):
    rows = {}
    for error in (0.1, 0.2, 0.3):
        for prior in (0.5, 0.7, 0.9):
            held, ours, oracle = 0, [], []
            for seed in range(given.seeds):
                rng = np.random.default_rng(seed)
                truth = (rng.random(4000) < prior).astype(int)
                wide = np.stack([said(rng, truth, 1 - error, 2) for _ in range(5)], axis=1)
                if not certificate(Answers.of(wide, 2)).holds:
                    continue
                held += 1
                ones = wide.sum(axis=1)
                ours.append(((ones > 2) != truth).mean())
                odds = (2 * ones - 5) * np.log((1 - error) / error) + np.log(prior / (1 - prior))
                oracle.append(((odds > 0) != truth).mean())
            met = abs(np.log(prior / (1 - prior))) < np.log((1 - error) / error)
            mean = (np.mean(ours), np.mean(oracle)) if held else (np.nan, np.nan)
            rows[f"error {error}, class {prior}"] = {
                "rule met": met,
                "says so": held / given.seeds,
                "majority": mean[0],
                "oracle": mean[1],
            }
    show(f"Certificate: 4,000 items, five raters, {given.seeds} seeds", rows)


def copies(given):
    rows = {}
    for bots in (0, 2, 4):
        for share in (0.95, 0.7, 0.4) if bots else (0.0,):
            found = []
            for seed in range(given.seeds):
                rng = np.random.default_rng(seed)
                truth = rng.integers(0, 4, 1000)
                good = [said(rng, truth, rng.uniform(0.7, 0.92), 4) for _ in range(4)]
                source = said(rng, truth, 0.6, 4)
                theirs = [np.where(rng.random(1000) < share, source, said(rng, truth, 0.6, 4)) for _ in range(bots)]
                wide = np.stack([*good, *theirs], axis=1)
                rival = crowd_kit(wide, 4)
                named = consensus(Answers.of(wide, 4, [""] * 4 + ["bot"] * bots)).labels
                labels = consensus(Answers.of(wide, 4)).labels
                first = np.nan if rival is None else (rival[0].argmax(axis=1) == truth).mean()
                found.append((first, (labels == truth).mean(), (named == truth).mean()))
            names = ("Dawid–Skene, crowd-kit", "ours", "ours, family named")
            rows[f"{bots} copies of {share:.0%}"] = dict(zip(names, np.mean(found, axis=0), strict=True))
    show(f"Copies beside four raters who err apart: 1,000 items, {given.seeds} seeds", rows)


def wnut(_given):
    frame = pd.read_parquet(KINDS / "ner_wnut17.parquet").query("split == 'test'").reset_index(drop=True)
    systems = [column for column in frame if column.startswith("sys_")]
    names = sorted({tag for column in ("tags", *systems) for tags in frame[column] for tag in tags})
    code = {name: number for number, name in enumerate(names)}
    sentence = np.repeat(np.arange(len(frame)), frame["tags"].map(len))
    wide = np.stack([[code[tag] for tags in frame[column] for tag in tags] for column in systems], axis=1)
    truth = entities([tag for tags in frame["tags"] for tag in tags], sentence)

    def row(labels):
        found = entities([names[label] for label in labels], sentence)
        right = len(found & truth)
        return {
            "precision": right / len(found),
            "recall": right / len(truth),
            "F1": 2 * right / (len(found) + len(truth)),
        }

    answers = Answers.of(wide, len(names))
    best = max(range(len(systems)), key=lambda j: row(wide[:, j])["F1"])
    rows = {f"best single ({systems[best].removeprefix('sys_')})": row(wide[:, best])}
    rows["majority"] = row(consensus(answers, method="majority").labels)
    rival = crowd_kit(wide, len(names))
    if rival is not None:
        rows["Dawid–Skene, crowd-kit"] = row(rival[0].argmax(axis=1))
    found, seconds = timed(lambda: consensus(answers))
    rows[f"ours ({found.method})"] = row(found.labels) | {"s": seconds}
    rows["ours without looking for copies"] = row(dawid_skene.fit(answers).posterior.argmax(axis=1))
    show(f"WNUT-17, seven systems, {len(wide):,} tokens, {len(names)} tags", rows)
    print("  " + " ".join(found.notes))
    print(found.quality.round(3).to_string())


def entities(tags, sentence):
    """Return the spans of tags B-x, I-x, as (first token, end, kind); an I-x without a beginning begins one."""
    found, begin, kind = set(), None, None
    for at, (tag, of) in enumerate(zip([*tags, "O"], [*sentence, -1], strict=True)):
        goes_on = begin is not None and tag == f"I-{kind}" and of == sentence[begin]
        if begin is not None and not goes_on:
            found.add((begin, at, kind))
            begin = None
        if begin is None and tag != "O":
            begin, kind = at, tag[2:]
    return found


if __name__ == "__main__":
    main()
