"""How well the level of p_error is known: the share of wrong labels, its range, the flag, before and after answers.

    EXPLORER_DATA=… python tests/benchmarks/level.py [--seeds 10] [--items 5000] [--sets digits ag_news …] [--cache DIR]

Rows: planted errors (uniform, confusable, instance; 5, 10, 20 and 40 %) in digits, AG News and SST-2, by the protocol
of `explorer bench`, with features and probabilities both, and some with either alone; and the human errors of
CIFAR-10N: its aggregate (given probabilities of two models; and a probe on vectors that never saw these labels, those
of the embedder `patches`), each rater, and a "worst" label made of the three, a wrong one wherever a rater was wrong;
and raters alone: the first rater's labels judged by the other two, the aggregate and the worst by all three.

What the pipeline finds is kept in the folder --cache, a file a row and seed, so that what is made of it (levels, cuts,
answers) is measured again in seconds. Answers are drawn as the random checks draw them, --draws times. Each row has
the ratio of the flag's F1 to that of the best cut along the ranking, before answers and after 30 and 100 of them;
cleanlab's flag and estimate, of the same probabilities, stand beside.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("EXPLORER_DATA", "../shared/data")
DATA = Path(os.environ["EXPLORER_DATA"])
RATES = (0.05, 0.1, 0.2, 0.4)
KINDS = ("uniform", "confusable", "instance")
ALONE_RATES = (0.1, 0.2)
ANSWERS = (30, 100)
REACHES = 0.7
HOLDS = 0.95


@dataclass(frozen=True)
class Case:
    family: str
    name: str
    seed: int
    make: Callable[[], dict[str, Any]]

    def file(self, items: int) -> str:
        return f"{self.family} {self.name} {self.seed} {items}.npz".replace(" ", "_")


# What the pipeline finds


def found(
    labels: Any, truth: Any, n_classes: int, vectors: Any = None, probs: Any = None, votes: Any = None
) -> dict[str, Any]:
    """Run everything once, and keep what levels and cuts are made of."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    from explorer import detectors, graph
    from explorer.bench.running import _cleanlab

    built = None if vectors is None else graph.build(vectors)
    inputs = detectors.Inputs(
        labels.astype(np.int32), n_classes, graph=built, probs=probs, vectors=vectors, votes=votes
    )
    findings = detectors.run(inputs)
    combined = detectors.combine(inputs, findings)
    model, wrong = combined.model, labels != truth
    assert model is not None
    assert model.noise is not None
    assert combined.read is not None
    noise = model.noise
    size = np.bincount(noise.group, minlength=len(noise.rate))
    kept = {
        "labels": labels.astype(np.int16),
        "wrong": wrong,
        "odds": combined.read.odds.astype(np.float32),
        "p_error": combined.p_error,
        "suggested": combined.suggested.astype(np.int16),
        "q": model.read.opinion(inputs, findings, np.arange(inputs.n)).astype(np.float32),
        "level": np.array([model.level.slope, model.level.shift]),
        "today": np.array((noise.rate * size).sum() / size.sum()),
        "floor": np.array(noise.floor),
        "disagreement": np.array(noise.disagreement),
        "by_chance": np.array(noise.by_chance),
        "counted": np.array(noise.counted),
        "share": np.array(noise.overall),
        "blind": np.array(bool(model.blind)),
        "told": np.array(noise.told),
        "AUROC": np.array(roc_auc_score(wrong, combined.p_error) if wrong.any() else np.nan),
        "AP": np.array(average_precision_score(wrong, combined.p_error) if wrong.any() else np.nan),
    }
    shown = kept["q"] if probs is None else probs
    _, flags, estimated = _cleanlab(labels, shown)
    return kept | {"cleanlab_flags": flags, "cleanlab": np.array(estimated if probs is not None else np.nan)}


def planted(name: str, items: int, seeds: int) -> Iterator[Case]:
    from explorer import bench
    from explorer.bench.noise import plant
    from explorer.bench.sets import Known

    whole = next(iter(bench.load(name)))
    keep = np.sort(np.random.default_rng(0).permutation(len(whole.truth))[:items])
    known = Known(name, whole.vectors[keep], whole.truth[keep], whole.n_classes, freedom=whole.freedom)
    clean: list[Any] = []

    def make(kind: str, rate: float, seed: int, given: str) -> Callable[[], dict[str, Any]]:
        def made() -> dict[str, Any]:
            if not clean:
                clean.append(known.held_out(known.truth))
            labels = known.truth
            if kind != "clean":
                labels, _ = plant(known.truth, clean[0], known.vectors, kind, rate, seed)
            probs = None if given == "features" else known.held_out(labels)
            vectors = None if given == "probabilities" else known.vectors
            return found(labels, known.truth, known.n_classes, vectors, probs)

        return made

    kinds = KINDS if known.n_classes > 2 else ("uniform", "instance")
    for seed in range(seeds):
        for kind in kinds:
            for rate in RATES:
                yield Case(name, f"{kind} {rate:g}", seed, make(kind, rate, seed, "both"))
        for given in ("features", "probabilities"):
            for kind in kinds:
                for rate in ALONE_RATES:
                    yield Case(name, f"{kind} {rate:g} {given}", seed, make(kind, rate, seed, given))
        if seed == 0:
            yield Case(name, "clean", seed, make("clean", 0, 0, "both"))


def cifar10n(cache: Path, items: int, seeds: int) -> Iterator[Case]:
    """The human errors; a seed is another part of the items, where they are not all taken."""
    import pandas as pd

    frame = pd.read_parquet(DATA / "cifar10n.parquet", columns=["clean", "aggregate", "rater_1", "rater_2", "rater_3"])
    classes = sorted(frame["clean"].unique())
    codes = {column: pd.Categorical(frame[column], classes).codes.astype(np.int32) for column in frame}
    truth = codes["clean"]
    raters = np.stack([codes[f"rater_{r}"] for r in (1, 2, 3)], axis=1)
    off = raters != truth[:, None]
    first = off.argmax(axis=1)
    worst = np.where(off.any(axis=1), raters[np.arange(len(raters)), first], truth)
    labels = {"aggregate": codes["aggregate"], "worst": worst, **{f"rater {r}": raters[:, r - 1] for r in (1, 2, 3)}}

    def part(seed: int) -> Any:
        return np.sort(np.random.default_rng(seed).permutation(len(truth))[:items])

    def patches(seed: int) -> Any:
        file = cache / f"patches_{items}_{seed}.npy"
        if not file.exists():
            np.save(file, _patches(part(seed)))
        return np.load(file)

    def make(name: str, seed: int, how: str) -> Callable[[], dict[str, Any]]:
        def made() -> dict[str, Any]:
            rows = part(seed)
            given, true = labels[name][rows], truth[rows]
            if how in ("resnet18", "swin"):
                with np.load(DATA / "cifar10n_aggregate_vectors.npz") as file:
                    probs = file[f"oof_probs_{how}"][rows].astype(np.float32)
                return found(given, true, 10, None, probs / probs.sum(axis=1, keepdims=True))
            if how == "raters":
                vectors = None
            elif how == "given vectors":
                with np.load(DATA / "cifar10n_aggregate_vectors.npz") as file:
                    vectors = file["features"][rows].astype(np.float32)
            else:
                vectors = patches(seed)
            from explorer import probe
            from explorer.consensus import Answers

            if how == "raters":
                others = np.delete(raters[rows], int(name[-1]) - 1, axis=1) if name[-1].isdigit() else raters[rows]
                return found(given, true, 10, votes=Answers.of(others, n_classes=10))
            probs = None if how.endswith("features") else probe.out_of_fold(vectors, given, 10).probs
            return found(given, true, 10, None if how.endswith("alone") else vectors, probs)

        return made

    for seed in range(seeds):
        for how in ("resnet18", "swin"):
            yield Case("cifar10n", f"aggregate {how}", seed, make("aggregate", seed, how))
        for name in labels:
            for how in ("given vectors", "patches"):
                yield Case("cifar10n", f"{name} {how}", seed, make(name, seed, how))
        for name in ("aggregate", "worst"):
            for how in ("patches features", "patches alone"):
                yield Case("cifar10n", f"{name} {how}", seed, make(name, seed, how))
        for name in ("rater 1", "aggregate", "worst"):
            yield Case("cifar10n", f"{name} raters", seed, make(name, seed, "raters"))


def _patches(rows: Any) -> Any:
    import pandas as pd
    from PIL import Image

    import explorer
    from explorer.embedding import embed

    images = pd.read_parquet(DATA / "cifar10n.parquet", columns=["image"])["image"].iloc[rows]
    pixels = np.stack([np.asarray(Image.open(io.BytesIO(one)).convert("RGB")) for one in images])
    with tempfile.TemporaryDirectory() as folder:
        for number, picture in enumerate(pixels):
            Image.fromarray(picture).save(Path(folder) / f"{number:06d}.png")
        dataset = explorer.read(sorted(Path(folder).glob("*.png")), label=["any"] * len(pixels), root=folder)
        return embed(dataset, "patches").vectors.astype(np.float32)


# What is made of it


def f1(flag: Any, wrong: Any) -> float:
    return 2 * float((flag & wrong).sum()) / max(1, int(flag.sum()) + int(wrong.sum()))


def best_f1(score: Any, wrong: Any) -> float:
    hits = np.cumsum(wrong[np.argsort(-score, kind="stable")])
    return float((2 * hits / (np.arange(1, len(score) + 1) + wrong.sum())).max())


def calibration(p: Any, wrong: Any) -> float:
    from explorer.bench.measure import calibration_error

    return calibration_error(np.asarray(p, dtype=np.float64), wrong)


def row(kept: dict[str, Any], draws: int) -> dict[str, float]:
    """Return the figures of one case."""
    from explorer.detectors.combine.noise_level import share as estimated
    from explorer.estimates.level import Level, Population
    from explorer.estimates.noise_range import NoiseRange

    wrong, odds = kept["wrong"], kept["odds"].astype(np.float64)
    n = len(wrong)
    today, counted = float(kept["today"]), float(kept["counted"])
    share = float(kept["share"]) if "share" in kept else estimated(today, counted)
    population = Population(odds)
    level = population.reaching(share * n, 1.0)
    p, labels = level.apply(odds), kept["labels"].astype(np.int32)

    def issues(p: Any, cut: float) -> Any:
        return Level(cut=cut).issues(p, kept["suggested"].astype(np.int32), labels, kept["q"].shape[1])[1]

    best = best_f1(odds, wrong)
    said = NoiseRange.of(share, float(kept["floor"]), float(kept["disagreement"]), float(kept["told"]))
    before = NoiseRange.of(today, float(kept["floor"]), float(kept["disagreement"]))
    flag = f1(issues(p, 0.5), wrong)
    result = {
        "true": float(wrong.mean()),
        "estimate": share,
        "earlier": today,
        "low": said.low,
        "high": said.high,
        "inside": float(said.low <= wrong.mean() <= said.high),
        "inside earlier": float(before.low <= wrong.mean() <= before.high),
        "width": said.high - said.low,
        "width earlier": before.high - before.low,
        "best": best,
        "flag": flag,
        "ratio": flag / best if best else float("nan"),
        "ECE": calibration(p, wrong),
        **bounds(odds, wrong),
        "theirs": f1(kept["cleanlab_flags"], wrong) / best if best else float("nan"),
        "cleanlab": float(kept["cleanlab"]),
        "AUROC": float(kept["AUROC"]),
        "AP": float(kept["AP"]),
    }
    plain = np.asarray(p, dtype=np.float32)
    for answers in ANSWERS:
        several = [after(plain, issues, wrong, answers, seed) for seed in range(draws)]
        for name in several[0] if several else ():
            result[f"{name} {answers}"] = float(np.mean([one[name] for one in several]))
        if several and best:
            result[f"ratio {answers}"] = result[f"flag {answers}"] / best
    return result


def bounds(odds: Any, wrong: Any) -> dict[str, float]:
    """Return what ECE comes to where the truth is known: of the share alone, of shift and slope; and by chance alone.

    The last is that of errors drawn by the probabilities themselves: what a score that is right has on so many items.
    """
    from scipy.optimize import minimize

    from explorer.estimates.level import Level, Population

    if not wrong.any():
        return dict.fromkeys(("ECE share", "ECE fitted", "ECE chance"), 0.0)

    def loss(point: Any) -> float:
        z = point[0] + point[1] * odds
        return float((np.logaddexp(0, z) - z * wrong).mean())

    shift, slope = minimize(loss, [0.0, 1.0]).x
    p = Level(float(slope), float(shift)).apply(odds)
    rng = np.random.default_rng(0)
    return {
        "ECE share": calibration(Population(odds).reaching(float(wrong.sum()), 1.0).apply(odds), wrong),
        "ECE fitted": calibration(p, wrong),
        "ECE chance": float(np.mean([calibration(p, rng.random(len(p)) < p) for _ in range(5)])),
    }


def after(p: Any, issues: Callable[[Any, float], Any], wrong: Any, answers: int, seed: int) -> dict[str, float]:
    """Answer some random checks as they are drawn, and look at flag and level as the review has them then."""
    from explorer.estimates.audit import Audit
    from explorer.estimates.errors_left import hear
    from explorer.estimates.level import Population
    from explorer.estimates.level_posterior import posterior
    from explorer.utils.logits import clipped_logit

    audit = Audit.design(p, seed=seed)
    z = clipped_logit(p.astype(np.float64))
    count = answers
    while len(np.unique(drawn := audit.draw(count))) < min(answers, len(p)):
        count += 1
    answer = np.full(len(p), np.nan)
    answer[drawn] = wrong[drawn]
    asked = np.unique(drawn)
    population = Population(z)
    level = posterior(population, z[asked], wrong[asked].astype(float))
    open_ = np.isnan(answer)
    heard = hear(audit, answer, count, np.zeros(len(p), dtype=bool)).left()
    rest = Population(z[open_])
    left = rest.total(level)
    if not heard.low <= left <= heard.high:
        level = rest.reaching(min(max(left, heard.low), heard.high), level.slope)
    moved = level.apply(z)
    flag = issues(moved, population.best_cut(level))
    true = int(wrong[open_].sum())
    return {
        "flag": f1(flag, wrong),
        "flag half": f1(issues(moved, 0.5), wrong),
        "ECE": calibration(moved, wrong),
        "off": abs(float(np.log(max(moved.mean(), 1e-4) / max(wrong.mean(), 1e-4)))),
        "covered": float(heard.low <= true <= heard.high),
        "left off": abs(float(moved[open_].sum()) - true) / len(p),
        "audit off": abs(heard.left - true) / len(p),
    }


def cases(sets: list[str], items: int, seeds: int, cache: Path) -> Iterator[Case]:
    for name in sets:
        yield from cifar10n(cache, items, seeds) if name == "cifar10n" else planted(name, items, seeds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--items", type=int, default=5000, help="at most so many of each set")
    parser.add_argument("--sets", nargs="+", default=["digits", "ag_news", "sst2", "cifar10n"])
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "explorer-level")
    parser.add_argument("--limit", type=float, default=1e9, help="seconds; what is not made by then is left out")
    parser.add_argument("--csv", type=Path)
    given = parser.parse_args()
    import pandas as pd

    given.cache.mkdir(parents=True, exist_ok=True)
    begun, rows = time.perf_counter(), []
    for case in cases(given.sets, given.items, given.seeds, given.cache):
        file = given.cache / case.file(given.items)
        if not file.exists():
            if time.perf_counter() - begun > given.limit:
                continue
            started = time.perf_counter()
            np.savez(file, **case.make())
            print(f"{case.family} {case.name} {case.seed}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
        with np.load(file) as kept:
            rows.append({"family": case.family, "row": case.name, **row(dict(kept), given.draws)})
    show(pd.DataFrame(rows), given.csv)


def show(frame: Any, csv: Path | None) -> None:
    import pandas as pd

    table = frame.groupby(["family", "row"], sort=False).mean()
    if csv:
        table.to_csv(csv)
    pd.set_option("display.width", 250, "display.max_columns", 50, "display.max_rows", 500)
    columns = ["true", "estimate", "earlier", "low", "high", "inside", "best", "ratio", "theirs", "cleanlab", "ECE"]
    columns += ["ECE share", "ECE fitted", "ECE chance"]
    later = [f"{name} {answers}" for answers in ANSWERS for name in ("ratio", "ECE", "off", "covered")]
    print(table[[*columns, *(name for name in later if name in table)]].round(3).to_string())
    judged = table[(table["true"] > 0) & (table["best"] >= REACHES)]
    for name in ("ratio", *(f"ratio {answers}" for answers in ANSWERS), "theirs"):
        if name in judged:
            worst = judged[name].idxmin()
            print(f"{name}: worst {judged[name].min():.3f} ({' '.join(worst)}), mean {judged[name].mean():.3f}")
    for name in ("ECE", "ECE share", "ECE fitted", "ECE chance", *(f"ECE {answers}" for answers in ANSWERS)):
        if name in table:
            worst = " ".join(table[name].idxmax())
            print(f"{name}: worst {table[name].max():.3f} ({worst}), mean {table[name].mean():.3f}")
    width = table[["width", "width earlier"]].mean()
    held = (table.loc[table["true"] > 0, ["inside", "inside earlier"]] >= HOLDS).sum()
    print(f"range: of {(table['true'] > 0).sum()} rows with errors it holds in {HOLDS:.0%} of the runs in ", end="")
    print(f"{held.iloc[0]} (earlier {held.iloc[1]}), ", end="")
    print(f"width {width.iloc[0]:.3f} (earlier {width.iloc[1]:.3f})")


if __name__ == "__main__":
    main()
