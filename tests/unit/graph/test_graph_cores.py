"""Our own threads: as many as there are cores, single-threaded inside, without a trace outside."""

import threading

import numpy as np
import pytest
import torch

from explorer import graph, probe
from explorer.engine.threads import cores, torch_workers, workers


def test_counts_what_it_may_use(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert cores() == 3
    monkeypatch.setenv("OMP_NUM_THREADS", "4,2")
    assert cores() >= 1
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert cores() >= 1


def test_workers_are_all_limited(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    limited = []
    with workers("test", lambda: limited.append(threading.get_ident())) as pool:
        assert len(set(limited)) == 4
        assert set(pool.map(lambda _: threading.current_thread().name.startswith("explorer-test"), range(9))) == {True}


def test_an_error_inside_is_raised_and_the_threads_end():
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), workers("test") as pool:
        list(pool.map(lambda x: 1 / x, [1, 0]))
    assert threading.active_count() == before


def test_torch_keeps_its_threads_outside(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    before = torch.get_num_threads()
    with torch_workers("test") as pool:
        assert set(pool.map(lambda _: torch.get_num_threads(), range(8))) == {1}
    assert torch.get_num_threads() == before


def test_results_do_not_depend_on_the_number_of_threads(monkeypatch):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5000, 12)).astype(np.float32)
    y = (x[:, 0] + rng.normal(size=5000) > 0).astype(np.int32)
    found = []
    for count in ("1", "3"):
        monkeypatch.setenv("OMP_NUM_THREADS", count)
        found.append((graph.build(x, 10), probe.out_of_fold(x, y, 2)))
    (g1, p1), (g3, p3) = found
    np.testing.assert_array_equal(g1.indices, g3.indices)
    np.testing.assert_array_equal(p1.probs, p3.probs)
