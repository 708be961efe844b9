"""The recorder: what it writes down batch by batch is what the formulas say of all logits at once."""

import numpy as np
import pytest

import explorer
from explorer.errors import DataError
from explorer.training import Numbered, Recorder, record
from explorer.training.recorder import moments


def slow(logits, labels):
    """Probability of the label and logit margin of every item, in plain Python."""
    found = []
    for z, y in zip(logits.tolist(), labels.tolist(), strict=True):
        total = sum(np.exp(c - max(z)) for c in z)
        found.append((np.exp(z[y] - max(z)) / total, z[y] - max(c for k, c in enumerate(z) if k != y)))
    return np.array(found)


def trained(n=30, k=4, epochs=3, seed=0, **how):
    """A recorder of random logits in shuffled batches, the logits [T, N, K] and the labels."""
    rng = np.random.default_rng(seed)
    logits, labels = rng.normal(size=(epochs, n, k)).astype(np.float32) * 3, rng.integers(0, k, n)
    recorder = Recorder(n, epochs, **how)
    for epoch in range(epochs):
        for batch in np.array_split(rng.permutation(n), 4):
            recorder.record(batch, logits[epoch, batch], labels[batch])
        recorder.end_epoch()
    return recorder, logits, labels


def test_what_is_recorded_is_what_the_formulas_say():
    recorder, logits, labels = trained()
    found = recorder.dynamics()
    assert found.dtype == np.float16
    assert found.shape == (30, 3, 2)
    for epoch in range(3):
        np.testing.assert_allclose(found[:, epoch], slow(logits[epoch], labels), atol=2e-2, rtol=1e-3)
    np.testing.assert_array_equal(recorder.labels, labels)
    assert "30 of 30 items, epoch 3 of 3" in repr(recorder)


def test_checkpoints_are_the_softmax_at_their_moments():
    recorder, logits, _ = trained(epochs=6, checkpoints=3)
    found = recorder.checkpoints()
    assert found.shape == (3, 30, 4)
    for values, epoch in zip(found, moments(6, 3), strict=True):
        p = np.exp(logits[epoch])
        np.testing.assert_allclose(values, p / p.sum(axis=1, keepdims=True), atol=1e-3)
    with pytest.raises(DataError, match="No checkpoint was recorded"):
        trained(checkpoints=0)[0].checkpoints()


def test_tensors_on_the_way_and_two_classes_with_one_logit():
    import torch

    recorder = Recorder(2, 1, checkpoints=0)
    logits = torch.tensor([[2.0], [-1.0]], requires_grad=True)
    recorder.record(torch.tensor([1, 0]), logits, torch.tensor([1, 1]))
    np.testing.assert_allclose(recorder.dynamics()[:, 0, 1], [-1, 2])
    np.testing.assert_allclose(recorder.dynamics()[:, 0, 0], 1 / (1 + np.exp([1, -2])), atol=1e-3)


def test_trained_and_held_out_are_kept_apart():
    rng = np.random.default_rng(1)
    n, k, labels = 20, 3, np.arange(20) % 3
    recorder = Recorder(n, 2, checkpoints=1)
    held, taught = {}, np.zeros((n, 2))
    for fold in range(2):
        out = np.arange(n) % 2 == fold
        for epoch in range(2):
            logits = rng.normal(size=(n, k)).astype(np.float32)
            recorder.record(np.flatnonzero(~out), logits[~out], labels[~out])
            recorder.record(np.flatnonzero(out), logits[out], labels[out], held_out=True)
            recorder.end_epoch()
            taught[~out, epoch] = slow(logits, labels)[~out, 1]
            held.update({(i, epoch): logits[i] for i in np.flatnonzero(out)})
        recorder.end_training()
    np.testing.assert_allclose(recorder.dynamics()[..., 1], taught, atol=1e-2)
    own = np.stack([held[i, 1] for i in range(n)])
    expected = np.exp(own) / np.exp(own).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(recorder.probs(), expected, atol=1e-3)
    np.testing.assert_allclose(recorder.checkpoints()[-1], expected, atol=1e-3)  # held-out ones, as there are as many
    assert not np.allclose(recorder.checkpoints(held_out=False)[-1], expected, atol=0.1)
    assert recorder.dynamics(held_out=True).shape == (n, 2, 2)


def test_several_trainings_are_averaged_and_gaps_filled():
    recorder = Recorder(2, 3, checkpoints=0)
    for margin in (1.0, 3.0):
        recorder.record([0, 1], [[margin, 0], [margin, 0]], [0, 0])
        recorder.end_epoch()
        recorder.record([0], [[margin, 0]], [0])  # row 1 was in the batch that was dropped
        recorder.end_epoch()
        recorder.end_training()
    assert recorder.dynamics()[:, :, 1].tolist() == [[2, 2], [2, 2]]
    twice = Recorder(1, 1, checkpoints=0)
    twice.record([0, 0], [[1.0, 0], [3.0, 0]], [0, 0])  # a weighted sampler gives an item twice
    assert twice.dynamics()[0, 0, 1] == 2


def test_probabilities_need_everybody_held_out_once():
    recorder = trained()[0]
    with pytest.raises(DataError, match="No item was held out"):
        recorder.probs()
    recorder.end_training()
    recorder.record([3], [[0.0, 0, 0, 0]], [recorder.labels[3]], held_out=True)
    with pytest.raises(DataError, match=r"29 items are never held out, the first in row 0"):
        recorder.probs()


def test_saved_and_loaded(tmp_path, monkeypatch):
    recorder = trained(epochs=4)[0]
    recorder.end_training()
    recorder.record([0, 1], np.zeros((2, 4)), recorder.labels[:2], held_out=True)
    again = Recorder.load(recorder.save(tmp_path / "run.npz"))
    np.testing.assert_array_equal(again.dynamics(), recorder.dynamics())
    np.testing.assert_array_equal(again.checkpoints(), recorder.checkpoints())
    np.testing.assert_array_equal(again.dynamics(held_out=True), recorder.dynamics(held_out=True))
    np.testing.assert_array_equal(again.labels, recorder.labels)
    assert repr(again) == repr(recorder)
    with pytest.raises(DataError, match=r"does not end in \.npz"):
        recorder.save(tmp_path / "run.npy")
    with pytest.raises(DataError, match="Nothing was recorded"):
        Recorder(2, 1).save(tmp_path / "none.npz")
    whole = (tmp_path / "run.npz").read_bytes()
    monkeypatch.setattr(np, "savez", lambda file, **_: file.write(b"PK") and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        recorder.save(tmp_path / "run.npz")
    assert (tmp_path / "run.npz").read_bytes() == whole, "what was there stays until the new one is whole"
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]
    (tmp_path / "broken.npz").write_bytes(b"PK")
    with pytest.raises(DataError, match="no file of a recorder"):
        Recorder.load(tmp_path / "broken.npz")


def test_large_arrays_lie_in_files(tmp_path, monkeypatch):
    monkeypatch.setattr(record, "LARGE", 100)
    recorder, logits, labels = trained(folder=tmp_path)
    np.testing.assert_allclose(recorder.dynamics()[:, 0], slow(logits[0], labels), atol=2e-2)
    assert {path.name for path in tmp_path.rglob("*.npy")} == {"dynamics.npy", "last.npy", "checkpoints.npy"}
    np.testing.assert_array_equal(trained()[0].dynamics(), recorder.dynamics())


@pytest.mark.parametrize(
    ("rows", "logits", "labels", "said"),
    [
        ([0, 1], np.zeros((2, 3)), [0], "labels of"),
        ([0, 9], np.zeros((2, 3)), [0, 1], "There is no row 9"),
        ([0, -1], np.zeros((2, 3)), [0, 1], "There is no row -1"),
        ([0, 1], np.zeros((2, 3)), [0, 3], "Row 1 has the label 3, and the logits have 3 columns"),
        ([0, 1], np.array([[0, 1, 2], [0, np.nan, 0]]), [0, 1], "logits of row 1 are not finite in epoch 0"),
        ([0.5, 1], np.zeros((2, 3)), [0, 1], "indices of the batch are of the type float64"),
        (["a", "b"], np.zeros((2, 3)), [0, 1], "indices of the batch"),
        ([0, 1], np.zeros((2, 3)), ["cat", "dog"], "labels of the batch"),
    ],
)
def test_bad_batches(rows, logits, labels, said):
    with pytest.raises(DataError, match=said):
        Recorder(3, 2).record(rows, logits, labels)


def test_bad_loops():
    recorder = Recorder(3, 1)
    recorder.record([0, 1], np.zeros((2, 3)), [0, 1])
    with pytest.raises(DataError, match="Row 0 was recorded with the label 0 and is now with 2"):
        recorder.record([0, 2], np.zeros((2, 3)), [2, 1])
    with pytest.raises(DataError, match="had 3 before"):
        recorder.record([0], np.zeros((1, 4)), [0])
    recorder.end_epoch()
    with pytest.raises(DataError, match="made for 1 epoch"):
        recorder.record([0], np.zeros((1, 3)), [0])
    with pytest.raises(DataError, match="Nothing was recorded"):
        Recorder(3, 1).dynamics()
    for n, epochs in ((0, 1), (3, 0), (2.5, 1)):
        with pytest.raises(DataError):
            Recorder(n, epochs)


def test_unlabelled_rows_are_left_out():
    recorder = Recorder(3, 1, checkpoints=0)
    recorder.record([0, 1, 2], np.eye(3), [0, -1, 2])
    assert np.isnan(recorder.dynamics()[1]).all()
    assert recorder.labels.tolist() == [0, -1, 2]


def test_numbered():
    assert len(Numbered([("a", 0)])) == 1
    assert Numbered([("a", 0), ("b", 1)])[1] == ("b", 1, 1)
    assert Numbered(["a"])[0] == ("a", 0)


def test_it_is_at_hand():
    assert explorer.Recorder is Recorder
