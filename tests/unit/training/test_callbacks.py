"""The callbacks of Lightning and Keras: by the signatures of their hooks, and for real where they are installed."""

import sys
import types

import numpy as np
import pytest

from explorer.errors import DataError, ExplorerError
from explorer.training import Numbered, Recorder, keras_callback, lightning_callback
from explorer.training.callbacks import last_of_batch


@pytest.fixture
def stand_in(monkeypatch):
    """Modules with a `Callback` of the names that are looked for."""

    class Callback:
        def __init__(self):
            self.made = True

    for name in ("lightning", "lightning.pytorch", "keras", "keras.callbacks"):
        monkeypatch.setitem(sys.modules, name, types.SimpleNamespace(Callback=Callback))
    return Callback


def test_lightning_hooks(stand_in):
    recorder = Recorder(4, 2, checkpoints=0)
    callback = lightning_callback(recorder)
    assert isinstance(callback, stand_in)
    assert callback.made
    trainer = types.SimpleNamespace(sanity_checking=True)
    out = {"loss": 0.1, "logits": np.array([[2.0, 0.0], [0.0, 1.0]])}
    held = (None, np.array([0, 1]), np.array([1, 3]))
    # As Lightning calls them: positionally, with the number of the batch, and of the loader.
    callback.on_validation_batch_end(trainer, None, out, held, 0, 0)
    assert recorder.labels.tolist() == [-1] * 4
    trainer.sanity_checking = False
    for _ in range(2):
        callback.on_train_batch_end(trainer, None, out, (None, np.array([0, 0]), np.array([2, 0])), 0)
        callback.on_validation_batch_end(trainer, None, out, held, 0, 0)
        callback.on_validation_batch_end(trainer, None, None, held, 1)  # a step that returns nothing
        callback.on_train_epoch_end(trainer, None)
    callback.on_fit_end(trainer, None)
    assert recorder.trainings == 1
    assert recorder.dynamics()[[2, 0], 1, 1].tolist() == [2, -1]
    assert recorder.dynamics(held_out=True)[[1, 3], 1, 1].tolist() == [2, 1]


def test_lightning_reads_as_it_is_told(stand_in):
    recorder = Recorder(2, 1, checkpoints=0)
    callback = lightning_callback(recorder, read=lambda out, batch: (batch["row"], out, batch["y"]))
    callback.on_train_batch_end(None, None, np.eye(2), {"row": [0, 1], "y": [0, 1]}, 0)
    assert recorder.dynamics()[:, 0, 1].tolist() == [1, 1]
    with pytest.raises(DataError, match="returned no logits"):
        last_of_batch(0.5, (1, 2, 3))
    with pytest.raises(DataError, match="does not say which rows"):
        last_of_batch({"logits": 1}, (1, 2))


@pytest.mark.parametrize("logits", [False, True])
def test_keras_hooks(stand_in, logits):
    z = np.array([[1.0, 0.0, 0.0], [0.0, 3.0, 0.0]])
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    recorder = Recorder(5, 1, checkpoints=0)
    x, y = np.zeros((2, 1)), np.eye(3)[[0, 1]]
    callback = keras_callback(recorder, x, y, rows=[4, 1], validation=(x, [2, 1], [0, 2]), logits=logits)
    assert callback.made
    callback.model = types.SimpleNamespace(predict=lambda _x, batch_size, verbose: z if logits else p)
    callback.on_epoch_end(0, {})
    callback.on_train_end({})
    np.testing.assert_allclose(recorder.dynamics()[[4, 1], 0, 1], [1, 3], atol=1e-2)
    np.testing.assert_allclose(recorder.dynamics(held_out=True)[[0, 2], 0, 1], [-1, 3], atol=1e-2)


def test_keras_with_one_probability(stand_in):
    recorder = Recorder(2, 1, checkpoints=0)
    callback = keras_callback(recorder, np.zeros((2, 1)), np.array([1, 0]))
    callback.model = types.SimpleNamespace(predict=lambda *_args, **_how: np.array([[0.8], [0.8]]))
    callback.on_epoch_end(0)
    np.testing.assert_allclose(recorder.dynamics()[:, 0, 0], [0.8, 0.2], atol=1e-2)


def test_without_the_libraries(monkeypatch):
    for name in ("lightning", "lightning.pytorch", "pytorch_lightning", "keras", "keras.callbacks", "tensorflow"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ExplorerError, match="pip install lightning"):
        lightning_callback(Recorder(1, 1))
    with pytest.raises(ExplorerError, match="pip install keras"):
        keras_callback(Recorder(1, 1), [0], [0])


def test_lightning_for_real(tmp_path):
    lightning = pytest.importorskip("lightning.pytorch")
    import torch

    class Net(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(4, 2)

        def training_step(self, batch, _number):
            logits = self.layer(batch[0])
            return {"loss": torch.nn.functional.cross_entropy(logits, batch[1]), "logits": logits}

        def validation_step(self, batch, _number):
            return {"logits": self.layer(batch[0])}

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.1)

    data = [(torch.randn(4), i % 2) for i in range(20)]
    numbered = Numbered(data)
    taught, held = torch.utils.data.Subset(numbered, range(15)), torch.utils.data.Subset(numbered, range(15, 20))
    recorder = Recorder(20, 2)
    trainer = lightning.Trainer(
        max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, default_root_dir=tmp_path, callbacks=[lightning_callback(recorder)],
    )  # fmt: skip
    trainer.fit(
        Net(),
        torch.utils.data.DataLoader(taught, batch_size=4, shuffle=True),
        torch.utils.data.DataLoader(held, batch_size=4),
    )
    assert np.isfinite(recorder.dynamics()[:15]).all()
    assert np.isnan(recorder.dynamics()[15:]).all()
    assert np.isfinite(recorder.dynamics(held_out=True)[15:]).all()
    assert recorder.labels.tolist() == [i % 2 for i in range(20)]
    assert recorder.trainings == 1


def test_keras_for_real(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    x, y = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32), np.arange(12) % 3
    model = keras.Sequential([keras.layers.Dense(3, activation="softmax")])
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    recorder = Recorder(12, 2)
    model.fit(x, y, epochs=2, verbose=0, callbacks=[keras_callback(recorder, x, y)])
    p = np.asarray(model.predict(x, verbose=0))[np.arange(12), y]
    np.testing.assert_allclose(recorder.dynamics()[:, 1, 0], p, atol=1e-2)
    assert recorder.trainings == 1
