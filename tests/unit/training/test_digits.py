"""A small network trained on digits with wrong labels among them, recorded, and what a review makes of the record."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import average_precision_score

import explorer
from explorer import detectors
from explorer.training import Numbered, Recorder

EPOCHS = 12


@pytest.fixture(scope="module")
def digits():
    data = load_digits()
    x = (data.data / 16).astype(np.float32)[:800]
    truth = data.target[:800]
    rng = np.random.default_rng(0)
    wrong = rng.random(800) < 0.1
    return x, np.where(wrong, (truth + rng.integers(1, 10, 800)) % 10, truth), truth


@pytest.fixture(scope="module")
def recorder(digits):
    """The record of one training on all items."""
    x, labels, _ = digits
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
    optimiser = torch.optim.Adam(net.parameters(), 3e-3)
    pairs = list(zip(torch.tensor(x), torch.tensor(labels), strict=True))
    loader = torch.utils.data.DataLoader(Numbered(pairs), batch_size=32, shuffle=True)
    recorder = Recorder(len(x), EPOCHS)
    for _ in range(EPOCHS):
        for items, given, rows in loader:
            logits = net(items)
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(logits, given).backward()
            optimiser.step()
            recorder.record(rows, logits, given)
        recorder.end_epoch()
    return recorder


def test_the_networks_margins_find_the_wrong_labels(digits, recorder):
    x, labels, truth = digits
    frame = explorer.find_issues(labels, features=x - x.mean(axis=0), dynamics=recorder)
    wrong = labels != truth
    for name in ("averaged_margin", "aum"):
        assert average_precision_score(wrong, frame[f"{name}_raw"]) > 0.9
    assert not frame.attrs["failures"]
    assert not frame.attrs["warnings"]
    shuffled = recorder.dynamics()[np.random.default_rng(1).permutation(len(x))]
    warned = explorer.find_issues(labels, features=x - x.mean(axis=0), dynamics=shuffled).attrs["warnings"]
    assert any("in another order" in one for one in warned)


def test_a_review_reads_the_networks_training(digits, recorder, tmp_path):
    x, labels, truth = digits
    dataset = explorer.read(x, label=labels.tolist(), dynamics=recorder.save(tmp_path / "run.npz"))
    with explorer_review(dataset, tmp_path, checkpoints=recorder) as review:
        note = review.status["probe"].note
        assert "dynamics and checkpoints of your own training" in note
        inputs = review.results.inputs
        np.testing.assert_array_equal(inputs.dynamics, recorder.dynamics())
        np.testing.assert_array_equal(inputs.checkpoints, review.dataset.training.checkpoints)
        assert review.detectors.state["archaeology"] == "skipped"
        worst = int(np.nanargmax(review.results.findings.results["averaged_margin"].score))
        assert labels[worst] != truth[worst]
        method = detectors.get("averaged_margin")
        (reason,) = method.explain(worst, inputs, review.results.findings.results[method.name], review.classes)
        assert "in your training" in reason.text
        # A label that was not trained on has no score in that record, and the record is stale from then on.
        review.relabel(review.dataset.item_ids[worst], str(truth[worst]))
        assert len(review.issues) == len(x)  # the scores have followed
        result = review.results.findings.results["averaged_margin"]
        assert result.stale
        assert np.isnan(result.score[worst])
    # Opened again, the store's labels stand; the record is still about those that were read.
    with explorer_review(dataset, tmp_path) as review:
        result = review.results.findings.results["averaged_margin"]
        assert result.stale
        assert np.isnan(result.score[worst])


class explorer_review:
    """A review that is closed."""

    def __init__(self, dataset, folder, **given):
        self.review = explorer.Review(dataset, folder / "digits.labels.db", cache=False, device="cpu", **given)

    def __enter__(self):
        return self.review.wait("score", progress=False)

    def __exit__(self, *_):
        self.review.close()
