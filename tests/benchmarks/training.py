"""What the record of a network's own training brings: wrong labels planted in digits, with and without it.

    python tests/benchmarks/training.py [--seeds 3] [--rates .1 .2] [--epochs 20]

The network (64-128-10, Adam) trains on the labels with the errors in them. `explorer.Recorder` records one ordinary
training on all items, and then five folds, whose held-out predictions are probabilities for `probs=`. Nothing is chosen
by the truth: the number of epochs is the one of the command line.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd
import torch

import explorer
from explorer.bench import figures, load, noise
from explorer.training import Recorder

BATCH, RATE, FOLDS = 64, 2e-3, 5


def fit(x, labels, recorder, taught, held, seed):
    """Train on some rows and record them; rows that are held out are predicted after each epoch."""
    torch.manual_seed(seed)
    net = torch.nn.Sequential(torch.nn.Linear(x.shape[1], 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
    optimiser = torch.optim.Adam(net.parameters(), RATE)
    for _ in range(recorder.epochs):
        for rows in torch.as_tensor(taught)[torch.randperm(len(taught))].split(BATCH):
            logits = net(x[rows])
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(logits, labels[rows]).backward()
            optimiser.step()
            recorder.record(rows, logits, labels[rows])
        if len(held):
            with torch.no_grad():
                recorder.record(held, net(x[held]), labels[held], held_out=True)
        recorder.end_epoch()
    recorder.end_training()


def recorded(x, labels, epochs, seed, folds):
    """Return the recorder of one training, or of several."""
    recorder = Recorder(len(x), epochs, checkpoints=0)
    x, labels = torch.as_tensor(x), torch.as_tensor(labels, dtype=torch.long)
    everyone = np.arange(len(x))
    place = np.random.default_rng(seed).permutation(len(x)) % folds
    for fold in range(folds):
        held = everyone[place == fold] if folds > 1 else everyone[:0]
        fit(x, labels, recorder, np.setdiff1d(everyone, held), held, seed * FOLDS + fold)
    return recorder


def rankings(known, labels, epochs, seed):
    """Yield the name and the scores of each ranking."""
    features = known.vectors
    alone = explorer.find_issues(labels, features=features, classes=range(known.n_classes))
    yield "p_error, features alone", alone.p_error
    for name in ("aum", "averaged_margin"):
        yield f"{name}, probe", alone[f"{name}_raw"]
    once, folds = (recorded(features, labels, epochs, seed, n) for n in (1, FOLDS))
    own = explorer.find_issues(labels, features=features, dynamics=once, classes=range(known.n_classes))
    for name in ("aum", "averaged_margin"):
        yield f"{name}, network", own[f"{name}_raw"]
    both = explorer.find_issues(
        labels, features=features, probs=folds.probs(), dynamics=folds, classes=range(known.n_classes)
    )
    yield "averaged_margin, network of 5 folds", both["averaged_margin_raw"]
    yield "self-confidence, network held out", both["confident_raw"]
    yield "p_error, network held out", both.p_error


def main() -> None:
    """Print a table of average precision and of the false negative rate at the noise rate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rates", type=float, nargs="+", default=[0.1, 0.2])
    parser.add_argument("--epochs", type=int, default=20)
    args = parser.parse_args()
    (known,) = load("digits")
    clean = known.held_out(known.truth)
    rows = []
    for kind in noise.KINDS:
        for rate in args.rates:
            for seed in range(args.seeds):
                labels, wrong = noise.plant(known.truth, clean, known.vectors, kind, rate, seed)
                for name, score in rankings(known, labels, args.epochs, seed):
                    found = figures(np.asarray(score, dtype=np.float64), wrong)
                    rows.append((f"{kind} {rate:g}", name, found["AP"], found["missed@rate"]))
                    print(f"{kind} {rate:g}, seed {seed}, {name}: AP {found['AP']:.3f}", flush=True)
    table = pd.DataFrame(rows, columns=["noise", "ranking", "AP", "missed@rate"])
    means = table.groupby(["ranking", "noise"], sort=False).mean().unstack("noise").round(3)
    for figure in ("AP", "missed@rate"):
        print(f"\n{figure}\n{means[figure].assign(mean=means[figure].mean(axis=1).round(3)).to_string()}")


if __name__ == "__main__":
    main()
