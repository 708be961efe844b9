"""On the reference texts with 10 % of the labels flipped uniformly: no worse than what simple scores reach there."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

import explorer

DATA = Path(os.environ.get("EXPLORER_DATA", "../shared/data"))


@pytest.mark.reference
@pytest.mark.skipif(not (DATA / "text_minilm_vectors.npz").exists(), reason=f"no reference data in {DATA}")
@pytest.mark.parametrize(("name", "auroc", "precision"), [("ag_news", 0.976, 0.806), ("sst2", 0.869, 0.502)])
def test_ranks_texts_better_than_the_best_simple_score(name, auroc, precision):
    truth = pd.read_csv(DATA / f"{name}.csv").label.astype("category").cat.codes.to_numpy()
    x = np.load(DATA / "text_minilm_vectors.npz")[name].astype(np.float32)
    rng = np.random.default_rng(0)
    wrong = rng.random(len(truth)) < 0.1
    classes = truth.max() + 1
    y = np.where(wrong, (truth + rng.integers(1, classes, len(truth))) % classes, truth)
    found = explorer.find_issues(y, features=x)
    assert roc_auc_score(wrong, found.p_error) > auroc - 0.005
    assert average_precision_score(wrong, found.p_error) > precision - 0.005
