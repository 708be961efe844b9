"""Cases that the benchmarks of the reviewer and of what is left go through: vectors, labels, and which are wrong.

- vectors: digits as pixels / 16, centred; texts and CIFAR-10N as given in the data folder;
- planting: every item flipped with probability .1, `uniform` to any other class, `confusable` in proportion to its
  held-out probability (+ .001) under logistic regression on the clean labels; CIFAR-10N has its own human errors;
- held-out probabilities of logistic regression (C 10 for texts, 1 for digits; 5 stratified folds, seed 0), or the
  given ones.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

DATA = Path(os.environ.get("EXPLORER_DATA", "../shared/data"))


def vectors_and_truth(name: str) -> tuple[np.ndarray, np.ndarray]:
    if name.startswith("digits"):
        digits = load_digits()
        x = digits.data / 16
        return (x - x.mean(axis=0)).astype(np.float32), digits.target.astype(np.int32)
    labels = pd.read_csv(DATA / f"{name}.csv").label.astype("category").cat.codes.to_numpy(np.int32)
    return np.load(DATA / "text_minilm_vectors.npz")[name].astype(np.float32), labels


def held_out(name: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    model = LogisticRegression(C=1 if name.startswith("digits") else 10, max_iter=300)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    return cross_val_predict(model, x, y, cv=folds, method="predict_proba")


def planted(name: str, seeds: int):
    x, truth = vectors_and_truth(name)
    clean, classes = held_out(name, x, truth), int(truth.max()) + 1
    for kind in ("uniform", "confusable") if classes > 2 else ("uniform",):
        chance = np.ones_like(clean) if kind == "uniform" else clean + 0.001
        chance[np.arange(len(truth)), truth] = 0
        ladder = np.cumsum(chance / chance.sum(axis=1, keepdims=True), axis=1)
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            wrong = rng.random(len(truth)) < 0.1
            other = np.minimum((ladder < rng.random((len(truth), 1))).sum(axis=1), classes - 1)
            y = np.where(wrong, other, truth).astype(np.int32)
            yield f"{name} {kind}", x, y, wrong, held_out(name, x, y)


def human(_name: str, _seeds: int):
    frame = pd.read_parquet(DATA / "cifar10n.parquet", columns=["clean", "aggregate"])
    classes = sorted(frame.clean.unique())
    y, truth = (pd.Categorical(frame[c], classes).codes.astype(np.int32) for c in ("aggregate", "clean"))
    with np.load(DATA / "cifar10n_aggregate_vectors.npz") as arrays:
        x = arrays["features"].astype(np.float32)
        for model in ("resnet18", "swin"):
            probs = arrays[f"oof_probs_{model}"].astype(np.float32)
            probs /= probs.sum(axis=1, keepdims=True)
            yield f"CIFAR-10N {model}", x, y, y != truth, probs
