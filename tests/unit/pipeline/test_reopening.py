"""What a run has computed is taken from the cache by the next run over the same: nothing is computed twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import explorer
from explorer import graph, layout, probe
from explorer.layout import worker
from explorer.utils.cache import ArrayCache, digest

COUNTED = {"graph": (graph, "build"), "probe": (probe, "out_of_fold"), "layout": (layout, "umap")}


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How often each stage has computed something."""
    found = dict.fromkeys(COUNTED, 0)

    def counted(name: str) -> None:
        module, function = COUNTED[name]
        original = getattr(module, function)

        def count(*args, **kwargs):
            found[name] += 1
            return original(*args, **kwargs)

        monkeypatch.setattr(module, function, count)

    for name in COUNTED:
        counted(name)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(tmp_path / "cache")


@pytest.fixture(scope="module")
def arrays() -> tuple[np.ndarray, list[str]]:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 3, 800)
    vectors = (2 * np.eye(3, 12)[labels] + rng.normal(size=(800, 12))).astype(np.float32)
    return vectors, [f"class {label}" for label in labels]


def reviewed(arrays, store: Path, cache: str | bool, **options) -> explorer.Review:
    vectors, labels = arrays
    dataset = explorer.read(vectors, label=labels, key=[f"k{i}" for i in range(len(labels))])
    review = explorer.Review(dataset, store, cache=cache, **options)
    review.wait(progress=False)
    assert [s.state for s in review.status.stages] == ["done"] * 5
    return review


@pytest.fixture
def first(arrays, tmp_path: Path, folder: str, counts: dict[str, int]) -> Iterator[explorer.Review]:
    with_all = reviewed(arrays, tmp_path / "a.labels.db", folder)
    assert set(counts.values()) == {1}
    yield with_all
    with_all.close()


def test_reopening_computes_nothing_and_says_the_same(first, arrays, tmp_path, folder, counts):
    again = reviewed(arrays, tmp_path / "a.labels.db", folder)
    assert set(counts.values()) == {1}, counts
    assert all("from the cache" in again.status[name].note for name in COUNTED)
    one, two = first.results, again.results
    assert (one.graph.indices == two.graph.indices).all()
    assert one.graph.similarity.tobytes() == two.graph.similarity.tobytes()
    assert (one.graph.method, one.graph.recall, one.graph.device) == (
        two.graph.method,
        two.graph.recall,
        two.graph.device,
    )
    for name in ("probs", "dynamics", "checkpoints"):
        before, after = getattr(one.probe, name), getattr(two.probe, name)
        assert before.dtype == after.dtype
        assert before.tobytes() == after.tobytes(), name
    assert (one.probe.accuracy, one.probe.penalty) == (two.probe.accuracy, two.probe.penalty)
    assert one.probe.per_class.equals(two.probe.per_class)
    assert one.probe.suites.kinds == two.probe.suites.kinds
    assert one.probe.suites.kind.tobytes() == two.probe.suites.kind.tobytes()
    assert one.probe.suites.dynamics.tobytes() == two.probe.suites.dynamics.tobytes()
    assert one.layout.tobytes() == two.layout.tobytes()
    assert first.issues.p_error.equals(again.issues.p_error)
    again.close()


def test_reopening_makes_no_process_ready_for_a_map_that_is_there(first, arrays, tmp_path, folder, monkeypatch):
    made = []
    worker.end_idle()
    monkeypatch.setattr(worker.Worker, "__init__", lambda self: made.append(self))
    reviewed(arrays, tmp_path / "a.labels.db", folder).close()
    assert not made


def test_other_labels_are_learnt_anew_and_nothing_else(first, arrays, tmp_path, folder, counts):
    first.relabel("k0", "class 1" if first.issues.loc["k0", "label"] != "class 1" else "class 2")
    first.close()
    reviewed(arrays, tmp_path / "a.labels.db", folder).close()
    assert counts == {"graph": 1, "probe": 2, "layout": 1}


def test_another_seed_or_k_is_another_result(first, arrays, tmp_path, folder, counts):
    reviewed(arrays, tmp_path / "b.labels.db", folder, k=20).close()
    assert counts == {"graph": 2, "probe": 1, "layout": 2}
    reviewed(arrays, tmp_path / "c.labels.db", folder, seed=1).close()
    assert counts == {"graph": 3, "probe": 2, "layout": 3}


def test_without_a_cache_everything_is_computed_and_nothing_is_written(arrays, tmp_path, own_cache, counts):
    before = sorted(own_cache.rglob("*.npz"))
    for _ in range(2):
        reviewed(arrays, tmp_path / "a.labels.db", cache=False).close()
    assert set(counts.values()) == {2}
    assert sorted(own_cache.rglob("*.npz")) == before


def test_a_damaged_entry_is_computed_again(first, arrays, tmp_path, folder, counts):
    entry = next(Path(folder, "results", "probe").glob("*.npz"))
    whole = entry.read_bytes()
    entry.write_bytes(whole[:100] + b"!" + whole[101:])
    reviewed(arrays, tmp_path / "a.labels.db", folder).close()
    assert counts == {"graph": 1, "probe": 2, "layout": 1}
    assert len(entry.read_bytes()) == len(whole)


def test_a_cache_that_cannot_be_written_costs_no_result(arrays, tmp_path, counts):
    (tmp_path / "cache").write_text("a file, where a folder should be")
    review = reviewed(arrays, tmp_path / "a.labels.db", str(tmp_path / "cache"))
    assert "the cache cannot be written" in review.status["probe"].note
    review.close()


def test_find_issues_writes_nothing(arrays, own_cache):
    before = sorted(own_cache.rglob("*"))
    explorer.find_issues(arrays[1], features=arrays[0])
    assert sorted(own_cache.rglob("*")) == before


def test_the_cache_drops_what_was_used_longest_ago(tmp_path, monkeypatch):
    from explorer.utils import cache as module

    monkeypatch.setattr(module, "MOST", 10_000)
    cache = ArrayCache(tmp_path)
    values = {"values": np.zeros(1_000, np.float32)}  # 4 kB each
    cache.write("a", "one", values)
    cache.write("b", "two", values)
    for entry in tmp_path.rglob("*.npz"):
        os.utime(entry, (1, 1))
    assert cache.read("a", "one") is not None  # used last
    cache.write("b", "three", values)
    assert [cache.has("a", "one"), cache.has("b", "two"), cache.has("b", "three")] == [True, False, True]
    monkeypatch.setattr(module, "LARGEST", 100)
    cache.write("a", "four", values)
    assert not cache.has("a", "four")


def test_a_digest_tells_types_shapes_and_borders_apart():
    zeros = np.zeros(6, np.int32)
    found = [
        digest(zeros),
        digest(zeros.astype(np.int64)),
        digest(zeros.reshape(2, 3)),
        digest(zeros[:3], zeros[:3]),
        digest("a", "bc"),
        digest("ab", "c"),
        digest(None),
        digest(np.array(["x", "y"], dtype=object)),
    ]
    assert len(set(found)) == len(found)
    assert digest(np.arange(6)[::2]) == digest(np.array([0, 2, 4]))
