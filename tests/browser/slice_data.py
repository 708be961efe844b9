"""Pictures from several labs: a giveaway, a class in two spellings, labels of other rows, other columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import explorer

LABS = np.array(["Aachen", "Bergen", "Cork"])
"""Bergen has many wrong labels; Cork calls newts dogs."""

N = 600


def pictures(store: Path) -> explorer.Review:
    """Make a review of pictures in which every fact of the whole has something to say.

    Cats are bright; some newts are spelt "Newt"; rows 400 to 499 carry the label of the row before; of the others
    three of five in Bergen that are no cats are wrong, and Cork calls newts dogs.
    """
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, N)
    lab = rng.choice(3, N, p=[0.45, 0.35, 0.2])
    vectors = ((rng.normal(size=(4, 8)) * 4)[truth] + rng.normal(size=(N, 8))).astype("float32")
    light = np.where(truth == 0, 140, 20)[:, None, None, None]
    images = (light + rng.integers(0, 100, (N, 16, 16, 3))).astype("uint8")
    codes = truth.copy()
    wrong = (lab == 1) & (truth > 0) & (rng.random(N) < 0.6)
    codes[wrong] = 1 + (codes[wrong] - 1 + rng.integers(1, 3, wrong.sum())) % 3
    codes[(lab == 2) & (truth == 2)] = 1
    labels = np.array(["cat", "dog", "newt", "yak"], dtype=object)[codes]
    labels[(codes == 2) & (rng.random(N) < 0.15)] = "Newt"
    labels[400:500] = np.array(["cat", "dog", "newt", "yak"], dtype=object)[truth[399:499]]
    dataset = explorer.read(
        images,
        label=labels.tolist(),
        features=vectors,
        columns={"lab": LABS[lab].tolist(), "seconds": rng.gamma(2, 10, N).round(1).tolist()},
    )
    made = explorer.Review(dataset, store=store, k=10, rater="ann", cache=False)
    made.wait("score", progress=False).cancel()
    return made
