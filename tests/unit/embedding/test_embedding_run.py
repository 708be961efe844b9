"""The loop that embedders share: cache, resume, cancel, halving, failures, devices and names."""

from __future__ import annotations

import io
import threading

import numpy as np
import pytest
import torch
from PIL import Image

from explorer.embedding import available, cache, embed
from explorer.embedding.base import Stateless
from explorer.engine import devices
from explorer.errors import Cancelled, DataError, UnknownName, UnreadableItem
from explorer.progress import Progress
from explorer.readers import read


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def texts(n: int = 40):
    return read([f"text number {i}" for i in range(n)], label=[i % 2 for i in range(n)])


class Lengths(Stateless):
    """An embedder for tests: (number in the text, its length); remembers the sizes of its batches."""

    name = "lengths"
    device = "cpu"
    batch_size = 4
    chunk = 8

    def __init__(self, memory: int = 1000, scale: float = 1.0):
        self.batches: list[int] = []
        self.prepared = 0
        self.memory = memory
        self.scale = scale

    def options(self):
        return {"scale": self.scale}

    def prepare(self, dataset, progress):
        self.prepared += 1

    def load(self, dataset, item):
        text = dataset.load(item)
        if "broken" in text:
            raise UnreadableItem(f"{text} is broken.")
        return text

    def encode(self, batch):
        if len(batch) > self.memory:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        self.batches.append(len(batch))
        return np.array([[float(text.split()[-1]) * self.scale, len(text)] for text in batch], dtype=np.float32)


def test_vectors_come_in_order_and_then_from_the_cache():
    first = embed(texts(), Lengths())
    assert first.vectors.dtype == np.float32
    assert first.vectors[:, 0].tolist() == list(range(40))
    assert not first.from_cache
    again = Lengths()
    second = embed(texts(), again)
    assert second.from_cache
    assert not again.batches
    assert again.prepared == 0
    np.testing.assert_array_equal(second.vectors, first.vectors)


def test_other_options_and_no_cache_are_computed_anew(own_cache):
    embed(texts(), Lengths())
    assert embed(texts(), Lengths(scale=2)).vectors[3, 0] == 6
    assert not embed(texts(), Lengths(), cache=False).from_cache
    elsewhere = embed(texts(), Lengths(), cache=own_cache / "elsewhere")
    assert not elsewhere.from_cache
    assert (own_cache / "elsewhere").exists()


def test_a_grown_dataset_computes_only_what_is_new():
    embed(texts(32), Lengths())
    grown = Lengths()
    result = embed(texts(40), grown)
    assert sum(grown.batches) == 8
    assert result.vectors[:, 0].tolist() == list(range(40))
    assert not result.from_cache


def test_cancel_leaves_finished_chunks_and_the_next_run_goes_on():
    cancel = threading.Event()
    seen = []

    def stop_at_twenty(stage):
        seen.append(stage)
        if stage.done >= 20:
            cancel.set()

    interrupted = Lengths()
    with pytest.raises(Cancelled):
        embed(texts(), interrupted, progress=Progress(report=stop_at_twenty, cancel=cancel, interval=0))
    assert sum(interrupted.batches) <= 24
    rest = Lengths()
    notes = []
    progress = Progress(report=lambda stage: notes.append(stage.note), interval=0)
    result = embed(texts(), rest, progress=progress)
    assert sum(rest.batches) == 24  # two chunks of eight were done
    assert result.vectors[:, 0].tolist() == list(range(40))
    assert any("16 of 40 items come from the cache" in note for note in notes)
    assert progress.stage.state == "done"


def test_cancel_before_the_start():
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        embed(texts(), Lengths(), progress=Progress(cancel=cancel))


def test_batches_halve_when_memory_runs_out_and_stay_small():
    tight = Lengths(memory=3)
    result = embed(texts(20), tight, batch_size=16)
    assert result.vectors[:, 0].tolist() == list(range(20))
    assert max(tight.batches) <= 3
    assert any("memory ran out with 8 items" in note for note in result.notes)


def test_memory_errors_of_mps_count_and_other_errors_do_not():
    assert devices.ran_out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"))
    assert devices.ran_out_of_memory(torch.cuda.OutOfMemoryError("x"))
    assert not devices.ran_out_of_memory(RuntimeError("shape mismatch"))

    class Bad(Lengths):
        def encode(self, batch):
            raise RuntimeError("shape mismatch")

    with pytest.raises(RuntimeError, match="shape mismatch"):
        embed(texts(), Bad())


def test_one_item_too_large_for_memory_is_an_error():
    with pytest.raises(DataError, match="One item does not fit"):
        embed(texts(), Lengths(memory=0))


@pytest.mark.parametrize("damage", ["cut", "flip", "empty"])
def test_a_damaged_chunk_is_computed_again(own_cache, damage):
    first = embed(texts(), Lengths())
    files = sorted((own_cache / "vectors").rglob("*.npy"))
    assert len(files) == 5
    data = bytearray(files[2].read_bytes())
    data[-40] ^= 1
    files[2].write_bytes({"cut": bytes(data[:-50]), "flip": bytes(data), "empty": b""}[damage])
    again = Lengths()
    second = embed(texts(), again)
    assert sum(again.batches) == 8
    np.testing.assert_array_equal(second.vectors, first.vectors)
    assert embed(texts(), Lengths()).from_cache


def test_chunks_are_plain_arrays_without_pickle(own_cache):
    embed(texts(), Lengths())
    for path in (own_cache / "vectors").rglob("*.npy"):
        assert np.load(path, allow_pickle=False).shape == (8, 2)
    assert not list(own_cache.rglob("*.part"))
    assert cache.size() > 0
    cache.clear()
    assert cache.size() == 0
    assert not embed(texts(), Lengths()).from_cache


class Offset(Lengths):
    """Fits two arrays that are of use together alone."""

    fitted = True

    def prepare(self, dataset, progress):
        super().prepare(dataset, progress)
        self.offset, self.axes = np.arange(2, dtype=np.float32), np.eye(2, dtype=np.float32)

    def state(self):
        return {"offset": self.offset, "axes": self.axes}

    def restore(self, state):
        self.offset, self.axes = state["offset"], state["axes"]

    def encode(self, batch):
        return super().encode(batch) @ self.axes + self.offset


@pytest.mark.parametrize("damage", ["none", "cut", "flip", "empty", "part"])
def test_what_was_fitted_is_restored_whole_or_not_at_all(own_cache, damage):
    first = embed(texts(), Offset())
    folder = next((own_cache / "vectors").iterdir())
    others = [path for path in folder.iterdir() if path.suffix != ".npy"]
    assert len(others) == 1  # one file, so that no array of a fit is there without the others
    state, data = others[0], bytearray(others[0].read_bytes())
    data[100] ^= damage != "none"
    whole = state.with_suffix(".part")
    damaged = {
        "none": bytes(data),
        "cut": bytes(data[: len(data) // 2]),
        "flip": bytes(data),
        "empty": b"",
        "part": b"",
    }
    (whole if damage == "part" else state).write_bytes(damaged[damage])
    if damage == "part":  # a process that was killed while it wrote
        state.unlink()
    sorted(folder.glob("*.npy"))[0].unlink()
    again = Offset()
    second = embed(texts(), again)
    assert again.prepared == (damage != "none")
    np.testing.assert_array_equal(second.vectors, first.vectors)
    assert state.exists()


def test_what_was_fitted_is_read_without_pickle(tmp_path):
    kept = cache.Cache(tmp_path, {"embedder": "x"})
    kept.write_state({"a": np.arange(3), "file": np.ones((2, 2))})
    back = kept.read_state()
    assert sorted(back) == ["a", "file"]
    np.testing.assert_array_equal(back["a"], np.arange(3))
    with pytest.raises(ValueError, match="Object arrays"):
        kept.write_state({"a": np.array([{}], dtype=object)})
    assert cache.size(tmp_path) > 0


def test_a_cache_that_cannot_be_written_costs_only_the_cache(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    result = embed(texts(), Lengths(), cache=tmp_path / "file")
    assert result.vectors.shape == (40, 2)
    assert any("cannot be written" in note for note in result.notes)


def test_broken_items_fail_alone_and_are_named_again_from_the_cache():
    dataset = read(["text 1", "broken 2", "text 3"], label=[0, 1, 0])
    for _ in range(2):
        result = embed(dataset, Lengths())
        assert list(result.failed) == [1]
        assert "broken 2" in result.failed[1]
        assert np.isnan(result.vectors[1]).all()
        assert np.isfinite(result.vectors[[0, 2]]).all()
    assert result.from_cache
    rest = dataset.without(result.failed)
    assert len(rest) == 2
    assert "broken 2" in rest.set_aside[0].reason


def test_numbers_that_are_not_finite_fail_by_item():
    dataset = read(["text 1", "text nan", "text 3"], label=[0, 1, 0])
    result = embed(dataset, Lengths())
    assert "no finite numbers" in result.failed[1]


def test_nothing_embeddable_is_an_error():
    with pytest.raises(DataError, match="None of the 2 items"):
        embed(read(["broken 1", "broken 2"], label=[0, 1]), Lengths())


def test_unreadable_pictures_are_counted_not_fatal(tmp_path):
    data = []
    for i in range(6):
        stream = io.BytesIO()
        noise = np.random.default_rng(i).integers(0, 255, (120, 90, 3), dtype=np.uint8)
        Image.fromarray(noise).save(stream, "JPEG")
        data.append(stream.getvalue())
    # Both have whole headers, so only decoding finds out.
    data[2] = data[2][: len(data[2]) // 2]
    data[4] = data[4][: len(data[4]) * 3 // 4]
    import pandas as pd

    dataset = read(pd.DataFrame({"image": data, "label": list("ababab")}))
    assert len(dataset) == 6
    for name in ("patches", "pixels"):
        result = embed(dataset, name)
        assert sorted(result.failed) == [2, 4]
        assert "row 4" in result.failed[4]
        assert np.isfinite(np.delete(result.vectors, [2, 4], axis=0)).all()


def test_progress_tells_rate_device_and_why():
    stages = []
    embed(texts(), "tfidf", progress=Progress(report=stages.append, interval=0))
    assert stages[-1].state == "done"
    assert stages[-1].done == stages[-1].total == 40
    assert stages[-1].rate > 0
    assert "cpu" in stages[-1].device
    assert "tfidf" in stages[-1].note


def test_devices_are_named_and_absent_ones_refused():
    picked, name = devices.pick("cpu")
    assert picked == "cpu"
    assert "thread" in name
    assert devices.precision("cpu") == "float32"
    with pytest.raises(DataError, match="no device 'gpuu'"):
        devices.pick("gpuu")
    if not torch.cuda.is_available():
        assert devices.pick(None)[0] in ("cpu", "mps")
        with pytest.raises(DataError, match="0 CUDA devices"):
            devices.pick("cuda")


def test_names_that_are_none():
    with pytest.raises(UnknownName, match="Did you mean 'tfidf'"):
        embed(texts(), "tfdif")
    with pytest.raises(DataError, match="takes image items; these are text items"):
        embed(texts(), "pixels")
    with pytest.raises(UnknownName, match="option.*'dimension'.*'dimensions'"):
        embed(texts(), "tfidf", dimension=3)
    with pytest.raises(DataError, match="batch_size=0"):
        embed(texts(), "tfidf", batch_size=0)
    with pytest.raises(DataError, match="no precomputed features"):
        embed(texts(), "precomputed")


def test_available_lists_every_kind():
    for kind in ("image", "text", "table", "vector"):
        assert any(line.installed for line in available(kind))
    assert next(line.name for line in available("text")) == "tfidf"
