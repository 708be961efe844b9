"""A random sample that an earlier version kept opens, and goes on."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import explorer
from explorer import Review

KEPT = Path(__file__).parents[2] / "fixtures" / "sample_v2"
"""A store with two decisions on 60 items, its sample, the items, and what that version said of the sample."""


@pytest.fixture
def reviewed(tmp_path):
    for file in KEPT.glob("s.labels.db*"):
        shutil.copy(file, tmp_path)
    items = np.load(KEPT / "items.npz")
    dataset = explorer.read(items["x"], label=items["given"], key=[f"k{i:02d}" for i in range(60)])
    review = Review(dataset, tmp_path / "s.labels.db", rater="ann", k=8, cache=False)
    review.wait("score", progress=False)
    yield review
    review.close()


def test_the_sample_of_an_earlier_version_goes_on(reviewed, tmp_path):
    facts = json.loads((KEPT / "facts.json").read_text("utf-8"))
    assert reviewed.sample.since.isoformat() == facts["since"]
    assert {str(reviewed.dataset.item_ids[i]) for i in reviewed.sample.asked()} == set(facts["asked"])
    assert reviewed.sample.draws().tolist() == facts["draws"]
    left = reviewed.left()
    assert (left.found, left.draws, left.basis) == (facts["found"], facts["left_draws"], facts["basis"])
    assert reviewed.sample.draw(4) == facts["asked"][2:], "those that are left open come again"
    assert len(reviewed.sample.draw(6)) == 6
    assert reviewed.sample.since.isoformat() == facts["since"]
    assert not list(tmp_path.glob("*.refused-*"))
